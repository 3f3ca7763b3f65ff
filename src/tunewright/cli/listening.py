"""The command that asks people: listen."""

from __future__ import annotations

from pathlib import Path

import click

from tunewright.cli.common import JSON, PATH, place_of, put_json, say


@click.command()
@click.argument("sources", metavar="RUN|STUDY...", nargs=-1, required=True, type=PATH)
@click.option("--out", type=PATH, help="Folder of the page [default: listening, within the first run or study].")
@click.option("--count", default=0, type=click.IntRange(0), help="Tunes of each run or variant [default: 20 in all].")
@click.option("--seed", default=0, show_default=True, help="Which tunes.")
@click.option("--language", default="en", show_default=True, help="Of the page: en or uk.")
@click.option("--serve", is_flag=True, help="Show the page at this machine's own address, and store answers at once.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="For --serve [default: any that is free].")
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
    """Makes a page for blind listening: composed tunes and real ones, in an order that nobody knows.

    The page is one file that can be sent to listeners; what they save comes back by --answers. A second call leaves a
    page as it is, and tells what was answered.
    """
    from tunewright.listening.answers import store_file, verdicts
    from tunewright.listening.page import KEY, PAGE, write_listening
    from tunewright.listening.tunes import chosen
    from tunewright.messages import load_messages

    messages = load_messages(language)
    folder = out or place_of(sources[0]) / "listening"
    if not (folder / KEY).exists():
        tunes, failed = chosen(sources, count, seed)
        for message in failed:
            say(f"tunewright: {message}")
        write_listening(folder, tunes, messages)
    taken = sum(store_file(folder, path) for path in answers)
    if answers:
        say(f"{taken} answers taken in")
    if serve:
        _serve(folder, port)
    found = verdicts(folder)
    if as_json:
        told = [{"source": one.source, "answers": one.answers, "mean": one.mean} for one in found]
        put_json({"page": str(folder / PAGE), "answers": sum(one.answers for one in found), "verdicts": told})
        return
    say(f"page: {folder / PAGE}; what is which: {folder / KEY}")
    for one in found:
        within = f" ({one.interval[0]:.2f} to {one.interval[1]:.2f})" if one.interval else ""
        click.echo(f"{one.mean:.2f}{within}  {one.answers} answers  {one.source}")


def _serve(folder: Path, port: int) -> None:
    from contextlib import suppress

    from tunewright.listening.server import listening_server

    with listening_server(folder, port) as server, suppress(KeyboardInterrupt):
        say(f"listen at http://127.0.0.1:{server.server_address[1]}/ (Ctrl-C ends it)")
        server.serve_forever()
