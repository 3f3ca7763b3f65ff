"""The command that tells what came out: report."""

from __future__ import annotations

from pathlib import Path

import click

from tunewright.cli.common import JSON, PATH, place_of, put_json, say
from tunewright.messages import languages


@click.command()
@click.argument("sources", metavar="RUN|STUDY...", nargs=-1, required=True, type=PATH)
@click.option("--out", type=PATH, help="Folder to write to [default: report, within the run or study].")
@click.option("--language", default="en", show_default=True, help=f"Of the report: {', '.join(languages())}.")
@click.option("--to", "formats", default="html,md,pdf", show_default=True, help="Forms to write it in.")
@JSON
def report(sources: tuple[Path, ...], out: Path | None, language: str, formats: str, as_json: bool) -> None:
    """Reports on a study, or on a run (with others beside it): pictures, tables, tunes, and what they show."""
    from tunewright.publish import parse_formats
    from tunewright.report.write import WRITERS, write
    from tunewright.report.write import report as make_report

    names, place = parse_formats(formats, WRITERS), place_of(sources[0])
    files = write(make_report(sources, language, lambda section: say(f"  {section}")), out or place / "report", names)
    if as_json:
        put_json({"report": [str(file) for file in files]})
    else:
        for file in files:
            say(f"report: {file}")
