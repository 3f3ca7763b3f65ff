"""The command that compares settings: study."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from tunewright.cli.common import JSON, PATH, put_json, refuse_several_budgets, say

if TYPE_CHECKING:
    from tunewright.settings import Settings
    from tunewright.study.results import Study
    from tunewright.train import Budget

ON_RESUMING = ("resume", "out", "workers", "engine", "as_json")
"""Options that don't change what a study does."""


@click.command()
@click.argument("source", metavar="[RECIPE|RUN]", required=False)
@click.option(
    "--vary",
    "varied",
    multiple=True,
    metavar="SECTION.KEY=A,B,C",
    help="Try these values, or with --trials search LOW..HIGH; decoding.KEY varies composing. Repeatable.",
)
@click.option("--corpus", default="", help="Learn from this corpus, .abc file, folder or .zip instead of the recipe's.")
@click.option(
    "--set", "assignments", multiple=True, metavar="SECTION.KEY=VALUE", help="Change a setting of all trials."
)
@click.option("--iterations", type=click.IntRange(1), help="Updates of the weights, in every trial.")
@click.option(
    "--minutes", type=click.FloatRange(0, 100_000, min_open=True), help="Train each for about so long instead."
)
@click.option("--characters", type=click.IntRange(1), help="Train each until so many were read instead.")
@click.option("--seeds", default=1, show_default=True, type=click.IntRange(1, 1000), help="Trials of each variant.")
@click.option(
    "--trials", default=0, type=click.IntRange(0), help="Search with so many variants instead of a whole grid."
)
@click.option(
    "--tunes", default=50, show_default=True, type=click.IntRange(0), help="Each trial composes, to be judged."
)
@click.option("--workers", type=click.IntRange(1), help="Trials at a time [default: one a core].")
@click.option("--engine", default="processes", show_default=True, help="Where they are done: processes or in-process.")
@click.option("--tracker", "trackers", multiple=True, help="Log each training to tensorboard or comet; repeatable.")
@click.option("--out", type=PATH, help="Study folder [default: studies/RECIPE].")
@click.option("--resume", is_flag=True, help="Go on with the study in --out; what failed is tried again.")
@JSON
def study(
    source: str | None,
    varied: tuple[str, ...],
    corpus: str,
    assignments: tuple[str, ...],
    iterations: int | None,
    minutes: float | None,
    characters: int | None,
    seeds: int,
    trials: int,
    tunes: int,
    workers: int | None,
    engine: str,
    trackers: tuple[str, ...],
    out: Path | None,
    resume: bool,
    as_json: bool,
) -> None:
    """Varies settings, trains and composes with each variant, and compares them. Ctrl-C, or worse, loses nothing."""
    from tunewright.errors import SettingsError
    from tunewright.executor import cores, executor
    from tunewright.study.conduct import conduct
    from tunewright.study.plan import Plan
    from tunewright.study.table import LiveTable
    from tunewright.train import Budget

    if resume:
        _refuse_beside_resume()
        if not out:
            raise SettingsError("--resume goes on with a study: expected --out STUDY, its folder")
        plan = None
    else:
        if not source or not varied:
            raise SettingsError("study what? Give a recipe or a run, and what to --vary")
        refuse_several_budgets(iterations, minutes, characters)
        changes = [*assignments, *([f"training.iterations={iterations}"] if iterations else [])]
        budget = Budget(minutes, characters)
        settings, run = _source(source, corpus, changes, budget, varied)
        plan = Plan(settings, run, varied, seeds, trials, budget, tunes, trackers)
    folder = out or Path("studies") / _name(Path(source or ""))
    with LiveTable() as table:
        found = conduct(folder, executor(engine, workers or cores()), plan, table)
    _tell(found, as_json)


def _refuse_beside_resume() -> None:
    """What a study does was laid down when it began."""
    from tunewright.errors import SettingsError

    context = click.get_current_context()
    given = [
        parameter.opts[0] if parameter.opts[0].startswith("-") else "RECIPE"
        for parameter in context.command.params
        if parameter.name not in ON_RESUMING
        and context.get_parameter_source(str(parameter.name)) is not ParameterSource.DEFAULT
    ]
    if given:
        raise SettingsError(f"--resume goes on with the study in --out as it was begun; leave {', '.join(given)} out")


def _name(source: Path) -> str:
    """What a study of a recipe or a run is called."""
    return source.stem if source.suffix == ".toml" else source.resolve().name


def _source(
    source: str, corpus: str, changes: list[str], budget: Budget, varied: tuple[str, ...]
) -> tuple[Settings | None, str]:
    """The settings of a recipe, or else the name of a run that is composed with as it is: of one name, the run where
    nothing of its training is told.
    """
    from tunewright.errors import SettingsError
    from tunewright.run import is_run
    from tunewright.settings import load_recipe, recipe_names
    from tunewright.study.space import is_decoding

    told = bool(corpus or changes or budget.minutes or budget.units)
    trains = told or not all(map(is_decoding, varied))
    if not is_run(source) or (source in recipe_names() and trains):
        settings = load_recipe(source)
        return (settings.with_corpus(corpus) if corpus else settings).changed(changes), ""
    if told:
        raise SettingsError(f"run {source} is trained already; --corpus, --set and how long to train are for recipes")
    return None, source if not Path(source).exists() else str(Path(source).resolve())


def _tell(study: Study, as_json: bool) -> None:
    from tunewright.study.results import TRIALS

    states = {state: sum(one.state == state for one in study.trials) for state in ("done", "pruned", "failed")}
    if as_json:
        trials = [
            {**one.trial.to_dict(), "state": one.state, **one.results} | ({"reason": one.reason} if one.reason else {})
            for one in study.trials
        ]
        put_json({"study": str(study.folder), "planned": study.planned, **states, "left": study.left, "trials": trials})
    else:
        counted = ", ".join(f"{count} {state}" for state, count in states.items() if count) or "none yet"
        say(f"{study.planned} trials: {counted}; table: {study.folder / TRIALS}")
        for one in study.trials:
            if one.state == "failed":
                say(f"tunewright: {one.trial.name}: {one.reason}")
        if study.left:
            say(f"{study.left} left; go on with: tunewright study --resume --out {study.folder}")
    sys.exit(2 if states["failed"] else 0)
