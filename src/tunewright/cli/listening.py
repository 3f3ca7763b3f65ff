"""The command that asks people: listen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tunewright.cli.common import JSON, PATH, place_of, put_json, say

if TYPE_CHECKING:
    from tunewright.listening.verdicts import Outcome, Verdict


@click.command()
@click.argument("sources", metavar="RUN|STUDY...", nargs=-1, required=True, type=PATH)
@click.option(
    "--out", type=PATH, help="Folder of the page [default: that of its latest, or listening, in the first RUN|STUDY]."
)
@click.option("--count", default=0, type=click.IntRange(0), help="Pieces of each run or variant [default: 20 in all].")
@click.option("--seed", default=0, show_default=True, help="Which pieces.")
@click.option("--language", default="en", show_default=True, help="Of the page: en or uk.")
@click.option("--serve", is_flag=True, help="Show the page at this machine's own address, and store answers at once.")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="For --serve [default: the first it had, or any free one]."
)
@click.option("--answers", multiple=True, type=PATH, help="Take in a file that a listener has saved; repeatable.")
@JSON
def listen(
    sources: tuple[Path, ...],
    out: Path | None,
    count: int,
    seed: int,
    language: str,
    serve: bool,
    port: int,
    answers: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Makes a page for blind listening: composed pieces and real ones, in an order that nobody knows.

    The page is one file that can be sent to listeners; what they save comes back by --answers. A second call leaves a
    page as it is, and tells what was answered. Every RUN and STUDY remembers where its latest page was written, by
    --out too, and so report finds the answers.
    """
    from tunewright.listening.answers import store_file
    from tunewright.listening.page import FOLDER, KEY, PAGE, page_of
    from tunewright.listening.verdicts import outcome

    place = place_of(sources[0])
    folder = out or page_of(place) or place / FOLDER
    if not (folder / KEY).exists():
        _make(folder, sources, count, seed, language)
    taken = sum(store_file(folder, path) for path in answers)
    if answers:
        say(f"{_counted(taken)} taken in")
    if serve:
        _serve(folder, port)
    found = outcome(folder)
    if as_json:
        told = [_figures(one) for one in found.verdicts]
        put_json({"page": str(folder / PAGE), "answers": found.answers, "verdicts": told})
        return
    say(f"page: {folder / PAGE}; what is which: {folder / KEY}")
    _tell(found)


def _make(folder: Path, sources: Sequence[Path], count: int, seed: int, language: str) -> None:
    """A new page, which its sources remember."""
    from tunewright.errors import OutputError
    from tunewright.listening.page import remember, write_listening
    from tunewright.listening.tunes import chosen
    from tunewright.messages import load_messages

    messages = load_messages(language)
    tunes, failed = chosen(sources, count, seed)
    for message in failed:
        say(f"tunewright: {message}")
    write_listening(folder, tunes, messages)
    for source in sources:
        try:
            remember(place_of(source), folder)
        except OutputError as error:
            say(f"tunewright: {error}; a report on {source} won't find this page")


def _serve(folder: Path, port: int) -> None:
    from contextlib import suppress

    from tunewright.listening.page import read_key
    from tunewright.listening.server import ADDRESS, listening_server

    with listening_server(folder, port) as server, suppress(KeyboardInterrupt):
        if server.server_port != (kept := read_key(folder).port):
            say(f"tunewright: port {kept}, where this page was before, is taken; browsers don't know it at another one")
        say(f"listen at http://{ADDRESS}:{server.server_port}/ (Ctrl-C ends it)")
        server.serve_forever()


def _tell(found: Outcome) -> None:
    """A line for each verdict."""
    for one in found.verdicts:
        if one.mean:
            ends = one.mean.interval
            within = f" ({ends[0]:.2f} to {ends[1]:.2f})" if ends else ""
            name = f"real {found.kind}s" if one.is_real else one.source
            level = f", {one.setting} {one.level}" if one.setting else ""
            click.echo(f"{one.mean.value:.2f}{within}  {_counted(one.answers)}  {name}{level}")


def _figures(one: Verdict) -> dict[str, object]:
    """A verdict, for JSON."""
    return {
        "source": one.source,
        "real": one.is_real,
        "setting": one.setting,
        "level": one.level,
        "tunes": one.tunes,
        "answers": one.answers,
        "known": one.known,
        "mean": one.mean and one.mean.value,
        "interval": one.mean and one.mean.interval,
        "difference": one.difference and one.difference.value,
        "difference_interval": one.difference and one.difference.interval,
    }


def _counted(answers: int) -> str:
    return f"{answers} answer{'' if answers == 1 else 's'}"
