"""Search instead of a grid: Optuna proposes variants by what is known of earlier ones (Bergstra et al. 2011,
"Algorithms for hyper-parameter optimization"), and ends trainings that are behind the median of the others (Golovin et
al. 2017, "Google Vizier", section 3.2.2).

What is searched for is the least held-out figure in bits; where settings of composing are varied, the least distance of
what is composed from held-out tunes. What is known is read from the study's journal each time: nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunewright.errors import MissingExtraError
from tunewright.study.plan import Plan, Trial
from tunewright.study.results import Ended, Study, open_study
from tunewright.study.space import Dimension, Range, Value, is_decoding
from tunewright.study.trial import held_out_curve

DIGITS = 4
"""Significant ones of a number that is proposed."""
STARTUP = 5
"""Trainings that are brought to their end before any is judged by them."""


def objective(plan: Plan) -> str:
    """The name of the figure that a search makes small."""
    return "distance" if any(is_decoding(one.address) for one in plan.space) else "validation"


def proposals(folder: Path, plan: Plan) -> Iterator[Trial]:
    """New variants, each under every seed, asked for one by one, until there are as many as planned."""
    library = _optuna()
    while True:
        study = open_study(folder)
        variants = _variants([*study.trials, *study.unended])
        met = {one.trial.name for one in (*study.trials, *study.unended)}
        begun = [Trial(variant, seed) for variant in variants for seed in range(plan.seeds)]
        if missing := [trial for trial in begun if trial.name not in met]:
            yield missing[0]
            continue
        if len(variants) >= plan.trials:
            return
        known = _known(library, study)
        # As many draws of chance as there are variants: a search that was left goes on as if it hadn't been.
        known.sampler = library.samplers.TPESampler(seed=len(variants), constant_liar=True)
        asked = known.ask({one.address: _distribution(library, one) for one in plan.space})
        assignments = {one.address: _rounded(one, asked.params[one.address]) for one in plan.space}
        yield Trial(assignments, 0)


@dataclass(frozen=True)
class MedianPruner:
    """Ends a training that after some iterations is worse than the median of those brought to their end was there.

    Attributes:
        folder: of the study.
    """

    folder: Path

    def hopeless(self, curve: Sequence[tuple[int, float]]) -> bool:
        """See :class:`tunewright.study.trial.Pruner`."""
        library = _optuna()
        known = _known(library, open_study(self.folder))
        running = library.trial.create_trial(
            state=library.trial.TrialState.RUNNING, intermediate_values=dict(curve), params={}, distributions={}
        )
        return bool(library.pruners.MedianPruner(n_startup_trials=STARTUP).prune(known, running))


def _known(library: Any, study: Study) -> Any:
    """What has ended, and what is under way, as Optuna likes to be told."""
    figure = objective(study.plan)
    found = library.create_study(direction="minimize")
    distributions = {one.address: _distribution(library, one) for one in study.plan.space}
    for one in [*study.trials, *study.unended]:
        value = one.results.get(figure)
        complete = one.state == "done" and value is not None
        found.add_trial(
            library.trial.create_trial(
                state=library.trial.TrialState.COMPLETE if complete else _state(library, one),
                value=value,
                params=dict(one.trial.assignments),
                distributions=distributions,
                intermediate_values=dict(held_out_curve(study.curve(one.trial))),
            )
        )
    return found


def _state(library: Any, one: Ended) -> Any:
    states = library.trial.TrialState
    return {"pruned": states.PRUNED, "begun": states.RUNNING}.get(one.state, states.FAIL)


def _variants(trials: Sequence[Ended]) -> list[dict[str, Value]]:
    """The different assignments among some trials."""
    found: list[dict[str, Value]] = []
    for one in trials:
        if dict(one.trial.assignments) not in found:
            found.append(dict(one.trial.assignments))
    return found


def _distribution(library: Any, dimension: Dimension) -> Any:
    kinds = library.distributions
    if not isinstance(dimension, Range):
        return kinds.CategoricalDistribution(dimension.values)
    whole = isinstance(dimension.low, int) and isinstance(dimension.high, int)
    kind = kinds.IntDistribution if whole else kinds.FloatDistribution
    return kind(dimension.low, dimension.high, log=dimension.logarithmic)


def _rounded(dimension: Dimension, value: Value) -> Value:
    """A number that people can read, still within its range."""
    if not isinstance(value, float) or not isinstance(dimension, Range):
        return value
    return min(max(float(f"{value:.{DIGITS}g}"), float(dimension.low)), float(dimension.high))


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise MissingExtraError("searches", "search") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
