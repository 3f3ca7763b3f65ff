"""The command that judges a run: evaluate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from tunewright.cli.common import JSON, PART, PATH, put_json, run_or_builtin, say


@click.command()
@click.argument("run", required=False, type=PATH)
@click.option("--on", default="", help="Corpus, .abc or MIDI file, folder or .zip [default: the run's own].")
@PART
@click.option("--weights", default="best", show_default=True, type=click.Choice(["best", "last"]))
@click.option(
    "--baselines",
    is_flag=True,
    help="Score a 5-gram too (of tunes a copier, too), fitted to the run's training pieces.",
)
@click.option(
    "--per-unit",
    type=PATH,
    metavar="FILE",
    help="Write what each character costs: a page if FILE ends with .html, else JSON lines.",
)
@JSON
def evaluate(
    run: Path | None, on: str, split: str, weights: str, baselines: bool, per_unit: Path | None, as_json: bool
) -> None:
    """How well a run foresees pieces it has not seen: tunes in bits per character, performances in bits per event."""
    from tunewright.evaluate import evaluate as evaluate_run

    result = evaluate_run(run_or_builtin(run), on, split, weights, baselines=baselines, per_unit=per_unit)
    if per_unit:
        say(f"{per_unit}: what each character costs")
    if as_json:
        put_json(result)
    else:
        for line in _told(result):
            click.echo(line)


def _told(result: dict[str, Any]) -> Iterator[str]:
    """An evaluation as lines to read: the figure, the pieces at both ends, the baselines, the fields."""
    form = "" if "notes" in result else f", {result['form']} form"  # performances have but one
    left_out = f", {result['left_out']} left out that the run knows" if result["left_out"] else ""
    yield (
        f"{_figure(result, 4)} bits per {result['unit']} on {result['pieces']} {result['split']} pieces "
        f"of {result['on']}{form}{left_out} "
        f"({result['units']:,} {result['unit']}s, text {result['sha256'][:12]}; in brackets 95 % over pieces)"
    )
    if "notes" in result:
        yield (
            f"{result['nats_per_symbol']:.4f} nats per symbol ({result['symbols']:,} with the ends of pieces), "
            f"{result['nats_per_note']:.4f} nats per note ({result['notes']:,})"
        )
    ordered = sorted(result["tunes"], key=_rate)
    yield f"best foreseen: {_named(ordered[0])}; worst: {_named(ordered[-1])}"
    baselines = result.get("baselines", {})
    for name, one in baselines.items():
        ratio = _bracketed(one["ratio"], one["ratio_interval"], 3)
        per_note = f", {one['nats_per_note']:.4f} nats per note" if "notes" in one else ""
        yield f"{name}: {_figure(one, 4)} bits per {result['unit']}{per_note}, the run has {ratio} times as many"
    if result["fields"]:
        yield ""
        yield from _aligned(_table(result, baselines))


def _table(result: dict[str, Any], baselines: dict[str, Any]) -> Iterator[list[str]]:
    """What each field costs: a head, then a row for each; of baselines the figure alone."""
    yield ["field", f"{result['unit']}s", "share of bits", "bits each", *baselines]
    for name, one in result["fields"].items():
        others = [f"{other['fields'][name]['bits_per_unit']:.3f}" for other in baselines.values()]
        yield [name, f"{one['units']:,}", f"{one['share']:.1%}", _figure(one, 3), *others]


def _aligned(rows: Iterator[list[str]]) -> Iterator[str]:
    """Columns as wide as their widest cell, the first one flush left."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for first, *others in cells:
        yield "  ".join([first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(others, widths[1:], strict=True))])


def _figure(one: dict[str, Any], digits: int) -> str:
    return _bracketed(one["bits_per_unit"], one["interval"], digits)


def _bracketed(value: float, ends: Sequence[float] | None, digits: int) -> str:
    """A figure with its interval, where it has one."""
    return f"{value:.{digits}f}" + (f" ({ends[0]:.{digits}f} to {ends[1]:.{digits}f})" if ends else "")


def _rate(tune: dict[str, Any]) -> float:
    bits: float = tune["nats"] / math.log(2) / max(1, tune["units"])
    return bits


def _named(tune: dict[str, Any]) -> str:
    return f"{tune['title'] or 'untitled'} ({tune['origin']}), {_rate(tune):.2f}"
