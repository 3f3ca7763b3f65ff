"""Commands that make pieces and look at them: compose, check, render."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tunewright.cli.common import JSON, PATH, from_each, put_json, run_or_builtin, say

if TYPE_CHECKING:
    from tunewright.contracts import Piece

USUAL_FORMATS = {"tune": "abc,mid,wav,svg,png", "performance": "mid,wav,svg,png"}
"""The files that are written of a piece of each kind where none are named."""


@click.command()
@click.argument("run", required=False, type=PATH)
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 100_000), help="How many pieces.")
@click.option("--out", type=PATH, help="Folder to write to; without it the ABC of tunes is printed.")
@click.option(
    "--to",
    "formats",
    default="",
    help=f"Files to write for each piece [default: {' or '.join(USUAL_FORMATS.values())}].",
)
@click.option("--seed", default=0, show_default=True, help="Same seed, same pieces.")
@click.option("--type", default="", help="Dance, e.g. jig.")
@click.option("--meter", default="", help="E.g. 6/8.")
@click.option("--key", default="", help="E.g. Edor.")
@click.option("--title", default="", help="Title of the tune.")
@click.option(
    "--prompt",
    default="",
    help="ABC that the drawing begins with (excludes type, meter, key and title); \\n is a line end.",
)
@click.option("--bars", default=0, help="How many bars; pickups are none, a repeated part's count once.")
@click.option("--form", default="", help="E.g. AABB: two parts, both repeated.")
@click.option("--range", default="", help="Two pitches, e.g. D4-B5, or of tunes an instrument, e.g. 'D whistle'.")
@click.option("--diatonic", is_flag=True, help="No pitch outside the key signature.")
@click.option("--primer", default="", help="MIDI file that a performance goes on from.")
@click.option("--primer-seconds", default=0.0, help="Read so much of the primer [default: all].")
@click.option("--length", default="", help="Of a performance: e.g. '60 seconds', '500 notes', '1024 events'.")
@click.option("--polyphony", default=0, help="Most keys of a performance that sound at once.")
@click.option("--free", is_flag=True, help="Draw without the constraint that keeps bars right.")
@click.option("--masked", is_flag=True, help="Rule out each wrong symbol instead of drawing a wrong bar again.")
@click.option("--temperature", default=0.85, show_default=True, help="Below 1 plays safer, above 1 wilder.")
@click.option("--top-k", default=0, help="Draw from the k likeliest symbols.")
@click.option("--top-p", default=1.0, help="Draw from the likeliest symbols that reach this probability.")
@click.option("--min-p", default=0.0, help="Draw from symbols at least this share as likely as the likeliest.")
@click.option("--greedy", is_flag=True, help="Always take the likeliest symbol.")
@click.option("--beams", default=0, help="Search for the likeliest tune with so many candidates; draws nothing.")
@click.option("--length-penalty", default=1.0, help="Above 1, --beams prefers longer tunes; below 1 shorter ones.")
@click.option("--min-originality", default=0.0, help="Least share of the notes that no known tune has, 0 to 1.")
@click.option("--replay", "replayed", type=PATH, help="Compose again what this provenance file (.json) tells of.")
@click.option("--soundfont", type=PATH, help="Instruments for .wav files (.sf2).")
@JSON
def compose(
    run: Path | None,
    count: int,
    out: Path | None,
    formats: str,
    replayed: Path | None,
    soundfont: Path | None,
    as_json: bool,
    **wishes: Any,
) -> None:
    """Composes new tunes or performances; RUN left out means the built-in one."""
    from tunewright.compose import iterate, replay
    from tunewright.composer import Composition, Tally
    from tunewright.errors import SettingsError
    from tunewright.music.pieces import uncollected
    from tunewright.publish import Publisher, compositions_json, parse_formats
    from tunewright.wish import Wish

    chosen = parse_formats(formats) if formats else []
    tally = Tally()
    composed: list[Composition] = []
    try:
        if replayed:
            if run or count > 1:
                raise SettingsError("--replay composes the one tune that its file tells of; leave RUN and --count out")
            composed.append(replay(replayed))
        else:
            wishes["prompt"] = wishes["prompt"].replace("\\n", "\n")
            # A provenance tells it, from wherever it is composed again.
            wishes["primer"] = str(Path(wishes["primer"]).resolve()) if wishes["primer"] else ""
            wish = Wish(**wishes)
            with uncollected():
                opened = run_or_builtin(run)
                if opened.kind != "tune" and not out:
                    raise SettingsError(f"run {opened.name} composes {opened.kind}s: name a folder for them with --out")
                for composition in iterate(opened, wish, count=count, tally=tally):
                    composed.append(composition)
                    if not as_json:
                        say(f"  {len(composed)}. {_named(composition.piece)}")
    finally:
        # What stands is kept, whatever happened to the rest.
        files: list[list[Path]] = [[] for _ in composed]
        failed: list[str] = []
        if out and composed:
            usual = USUAL_FORMATS[composed[0].piece.kind].split(",")
            with uncollected():
                files, failed = Publisher(out, chosen or usual, soundfont).publish(composed)
    for message in failed:
        say(f"tunewright: {message}")
    rejected = f"{tally.rejected} attempts rejected {dict(tally.reasons) or ''}".rstrip()
    if as_json:
        put_json(compositions_json(composed, files, tally))
    elif out:
        say(f"{len(composed)} {composed[0].piece.kind}s, {rejected}\nsee and hear them: {out / 'index.html'}")
    else:
        click.echo("\n\n".join(composition.piece.text for composition in composed))
        say(rejected)
    sys.exit(2 if failed else 0)


def _named(piece: Piece) -> str:
    """What is told of a piece as soon as it stands."""
    if piece.kind != "tune":
        return piece.title
    return f"{piece.title or 'untitled'} ({piece.type or 'tune'} in {piece.key})"


@click.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@JSON
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Tells what is wrong in ABC files, bar by bar; exit code 1 if anything is."""
    from tunewright.publish import check_file

    tunes, failed = from_each(files, check_file)
    if as_json:
        put_json({"tunes": tunes, "failed": failed})
    else:
        for tune in tunes:
            for problem in tune["problems"]:
                bar = f"bar {problem['bar']}" if problem["bar"] else "header"
                where = f"{bar}, line {problem['line']} column {problem['column']}"
                name = f"{tune['file']}: tune {tune['number']} '{tune['title']}'"
                click.echo(f"{name}, {where}: {problem['message']} [{problem['severity']}]")
        say(f"{len(tunes)} tunes, {sum(not tune['valid'] for tune in tunes)} with something wrong")
    sys.exit(2 if failed else 0 if all(tune["valid"] for tune in tunes) else 1)


@click.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option("--to", "formats", default="wav,png", show_default=True, help="wav, mid, svg, png, pdf, musicxml.")
@click.option("--out", default=Path(), type=PATH, help="Folder to write to [default: here].")
@click.option("--soundfont", type=PATH, help="Instruments for .wav files (.sf2).")
@click.option("--page", is_flag=True, help="Write index.html too, which shows and plays them all.")
@click.option(
    "--tempo",
    type=click.FloatRange(10, 400),
    help="Quarters a minute: writes a score (musicxml, pdf) of a performance whose file knows no beats.",
)
@click.option("--from", "first", default=0.0, type=click.FloatRange(0), help="Draw a performance from this second.")
@click.option("--until", "last", type=click.FloatRange(0), help="Draw a performance up to this second.")
def render(
    files: tuple[Path, ...], formats: str, out: Path, soundfont: Path | None, page: bool, **options: float | None
) -> None:
    """Renders ABC and MIDI files as sound and picture.

    Tunes become scores. Performances become piano rolls (svg, png) and, where they keep to beats, scores for the piano
    (musicxml, pdf).
    """
    from tunewright.corpora.sources import ABC, MIDI
    from tunewright.publish import Publisher, parse_formats, read_pieces

    publisher = Publisher(out, parse_formats(formats), soundfont, **options)
    pieces, unread = from_each(files, read_pieces, ABC + MIDI)
    written, failed = publisher.render_all(pieces, page)
    for message in failed:
        say(f"tunewright: {message}")
    say(f"{len(written)} files in {out}, {len(failed) + len(unread)} failed")
    sys.exit(2 if failed or unread else 0)
