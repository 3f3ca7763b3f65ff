"""The command that compares sets of tunes: corpus compare."""

from __future__ import annotations

from pathlib import Path

import click

from tunewright.cli.common import JSON, PART, PATH, put_json, say


@click.command()
@click.argument("sets", metavar="SET...", nargs=-1, required=True)
@click.option("--with", "reference", metavar="SET", required=True, help="What to compare with, named like a SET.")
@PART
@click.option("--picture", type=PATH, help="A PNG to draw: each feature's distribution in every set.")
@click.option("--resamples", default=1000, show_default=True, type=click.IntRange(1, 100_000), help="Draws of tunes.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Same seed, same draws.")
@JSON
def compare(
    sets: tuple[str, ...],
    reference: str,
    split: str,
    picture: Path | None,
    resamples: int,
    seed: int,
    as_json: bool,
) -> None:
    """Sets of tunes against another one: what a musician counts, and how far apart they are.

    A SET is [LABEL=]SOURCE[:PART]; the source is a corpus by name, an .abc file, a folder or .zip of them, or a run,
    of which its own corpus is taken; the part is one of --split's, or held-out for validation and test together. A file
    or folder is taken whole, anything else by --split, where no part is named.
    """
    from tunewright.compare import compare as compare_sets
    from tunewright.compare import open_set, told

    result = compare_sets([open_set(own, split) for own in sets], open_set(reference, split), resamples, seed, picture)
    if as_json:
        put_json(result)
        return
    for line in told(result):
        click.echo(line)
    if picture:
        say(f"picture: {picture}")
