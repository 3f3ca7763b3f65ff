"""Commands about what there is to learn from: corpus list, show, fetch, stats, audit, prepare."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tunewright.cli.common import FORM, JSON, PART, PATH, put_json, run_or_builtin, say

if TYPE_CHECKING:
    from tunewright.contracts import Corpus


@click.group()
def corpus() -> None:
    """What there is to learn from."""


@corpus.command("list")
def list_() -> None:
    """Corpora by name."""
    from tunewright.catalogue import find, parts

    for name in parts("corpus"):
        about = (inspect.getdoc(find("corpus", name)) or "").partition("\n")[0]
        click.echo(f"{name if name != 'path' else 'PATH':10} {about}")


@corpus.command()
@click.argument("name")
@JSON
def show(name: str, as_json: bool) -> None:
    """Finds or fetches a corpus, and tells its source, licence and hash."""
    opened = _opened(name)
    facts = {"name": opened.name, "source": opened.source, "licence": opened.licence, "sha256": opened.sha256}
    _put(facts, as_json)


corpus.add_command(show, "fetch")


@corpus.command()
@click.argument("name")
@click.option("--form", default="raw", show_default=True, type=FORM, help="As found, or as we write tunes.")
@JSON
def stats(name: str, form: str, as_json: bool) -> None:
    """Counts of a corpus (by name, or the path of a file or folder) and of its split, and what was skipped."""
    from tunewright.corpora.split import split_corpus

    opened = _opened(name, form)
    split = split_corpus(opened)
    facts = {
        "name": opened.name,
        "form": opened.form,
        "pieces": len(opened.pieces),
        "skipped": len(opened.skipped),
        "reasons": _reasons(opened),
        "splits": split.counts(),
        "clusters": len(set(split.clusters)),
        **opened.facts(),
    }
    _put(facts, as_json)


@corpus.command()
@click.argument("run", required=False, type=PATH)
@click.option("--on", default="", help="Corpus, .abc or MIDI file, folder or .zip [default: the run's own].")
@PART
@JSON
def audit(run: Path | None, on: str, split: str, as_json: bool) -> None:
    """What held-out pieces share with those that a run has learned from."""
    from tunewright.audit import audit as audit_run
    from tunewright.audit import told

    result = audit_run(run_or_builtin(run), on, split)
    if as_json:
        put_json(result)
    else:
        for line in told(result):
            click.echo(line)


@corpus.command()
@click.argument("name")
@click.option("--form", default="house", show_default=True, type=FORM, help="As found, or as we write tunes.")
@click.option("--out", required=True, type=PATH, help="The .abc file to write.")
def prepare(name: str, form: str, out: Path) -> None:
    """Writes a corpus as one clean .abc file, its tunes numbered from 1."""
    from tunewright.errors import SettingsError
    from tunewright.music.pieces import in_form
    from tunewright.publish import write_book

    found = _opened(name)
    if found.kind == "performance":
        raise SettingsError(f"{name} holds performances, in MIDI; a book is written of tunes")
    opened = in_form(found, form)
    source, target = Path(opened.source).resolve(), out.resolve()
    if target == source or source in target.parents:
        raise SettingsError(f"--out {out} lies in what is read, {name}: name another place")
    write_book(opened, out)
    for reason in _reasons(opened):
        say(f"skipped: {reason}")
    say(f"{len(opened.pieces)} tunes in {out}, {len(opened.skipped)} skipped")


def _opened(name: str, form: str = "raw") -> Corpus:
    from tunewright.run import open_corpus
    from tunewright.settings import Settings

    return open_corpus(Settings().with_corpus(name).changed([f"corpus.form={form}"]))


def _reasons(opened: Corpus) -> list[str]:
    return [f"{one.origin}: {one.reason}" for one in opened.skipped]


def _put(facts: dict[str, Any], as_json: bool) -> None:
    """Facts as an object, or line by line for people; what comes in many, such as what was skipped, below its name."""
    if as_json:
        put_json(facts)
        return
    for key, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{count} {name}" for name, count in value.items())
        elif isinstance(value, list):
            value = "".join(f"\n  {one}" for one in value) or "none"
        click.echo(f"{key:16} {value}")
