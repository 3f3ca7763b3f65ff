"""The command that tells how original tunes are."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from tunewright.cli.common import JSON, PATH, from_each, put_json, run_or_builtin, say


@click.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option("--run", "folder", type=PATH, help="Compare with what this run has learned from [default: the built-in].")
@JSON
def originality(files: tuple[Path, ...], folder: Path | None, as_json: bool) -> None:
    """How much of the tunes in ABC files a run has learned from; or of performances in MIDI files."""
    from tunewright.corpora.sources import ABC, MIDI
    from tunewright.evaluation.originality import NEAR_COPY, near_told, told
    from tunewright.publish import compare_file

    run = run_or_builtin(folder)
    suffixes = MIDI if run.kind == "performance" else ABC
    tunes, failed = from_each(files, partial(compare_file, run=run), suffixes)
    copies = sum(found.verdict == NEAR_COPY for _, found in tunes)
    if as_json:
        put_json({"run": run.name, "tunes": [{**tune, **found.to_dict()} for tune, found in tunes], "failed": failed})
    else:
        for tune, found in tunes:
            name = f"tune {tune['number']} '{tune['title']}': " if "number" in tune else ""
            click.echo(f"{tune['file']}: {name}{told(found)}")
            for near in found.nearest:
                click.echo(f"  {near_told(near)}")
        say(f"{len(tunes)} {run.kind}s, {copies} near-copies of what run {run.name} has learned from")
    sys.exit(2 if failed else 0)
