"""Search instead of a grid: Optuna proposes variants by what is known of earlier ones (Bergstra et al. 2011,
"Algorithms for hyper-parameter optimization"), and ends trainings that are behind the median of the others (Golovin et
al. 2017, "Google Vizier", section 3.2.2).

What is searched for is the least held-out figure in bits; where settings of composing are varied, the least distance of
what is composed from held-out tunes. What is known is read from the study's journal each time: nothing else is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunewright.errors import MissingExtraError, SettingsError
from tunewright.study.plan import Plan, Trial
from tunewright.study.results import Ended, Study, open_study
from tunewright.study.space import Assignments, Dimension, Range, Value, combinations, size_of
from tunewright.study.trial import share_curve

DIGITS = 4
"""Significant ones of a number that is proposed."""
STARTUP = 5
"""Trainings that are brought to their end before any is judged by them."""
STEPS = 20
"""Into which a training is divided, to compare it with others."""
MOST_ATTEMPTS = 50
"""At a variant that was not met yet, before those are counted through that are left."""


def proposals(folder: Path, plan: Plan) -> Iterator[Trial]:
    """New variants, each under every seed, asked for one by one, until there are as many as planned.

    Raises:
        SettingsError: what was done tells nothing that a search could go by.
    """
    while True:
        study = open_study(folder)
        met = [*study.trials, *study.unended]
        variants = _variants(met)
        names = {one.trial.name for one in met}
        begun = [trial for variant in variants for trial in _worth_their_while(study, variant)]
        missing = [trial for trial in begun if trial.name not in names]
        # A variant's other seeds wait for its first one, as long as there is something else to do.
        if missing and (len(variants) >= plan.variants or not _is_under_way(study, missing[0])):
            yield missing[0]
        elif len(variants) < plan.variants:
            yield Trial(_proposed(study, variants), plan.first_seed)
        else:
            return


def _worth_their_while(study: Study, variant: Assignments) -> list[Trial]:
    """The trials of a variant: of one that was given up, or failed, the first alone."""
    first, *others = study.plan.trials_of(variant)
    ends = {one.trial.name: one.state for one in study.trials}
    return [first] if ends.get(first.name) in ("pruned", "failed") else [first, *others]


def _is_under_way(study: Study, trial: Trial) -> bool:
    """Whether the first trial of a trial's variant hasn't ended."""
    return study.plan.trials_of(trial.assignments)[0].name not in {one.trial.name for one in study.trials}


def _proposed(study: Study, variants: Sequence[Assignments]) -> dict[str, Value]:
    """A variant that was not met yet."""
    library, space = optuna(), study.plan.space
    known = _known(library, study)
    for attempt in range(MOST_ATTEMPTS):
        # As many draws of chance as there are variants: a search that was left goes on as if it hadn't been.
        seed = len(variants) + attempt * study.plan.trials
        known.sampler = library.samplers.TPESampler(seed=seed, constant_liar=True)
        asked = known.ask({one.address: _distribution(library, one) for one in space})
        assignments = {one.address: _rounded(one, asked.params[one.address]) for one in space}
        if assignments not in variants:
            return assignments
    for assignments in combinations(space) if math.isfinite(size_of(space)) else ():
        if assignments not in variants:
            return assignments
    ranges = ", ".join(map(str, space))
    raise SettingsError(f"--vary {ranges}: too narrow a range for {study.plan.trials} different trials")


@dataclass(frozen=True)
class MedianPruner:
    """Ends a training whose best so far is worse than the median of what those brought to their end had reached after
    the same share of theirs.

    Attributes:
        folder: of the study.
    """

    folder: Path

    def hopeless(self, curve: Sequence[tuple[float, float]]) -> bool:
        """See :class:`tunewright.study.trial.Pruner`."""
        library = optuna()
        known = _known(library, open_study(self.folder))
        running = library.trial.create_trial(
            state=library.trial.TrialState.RUNNING, intermediate_values=_by_steps(curve), params={}, distributions={}
        )
        return bool(library.pruners.MedianPruner(n_startup_trials=STARTUP).prune(known, running))


def _by_steps(curve: Sequence[tuple[float, float]]) -> dict[int, float]:
    """The best held-out figure at each step that a training has reached, out of its figures by the share that was
    done. Steps are the same for all, however many iterations fill the budget.
    """
    found: dict[int, float] = {}
    reached = max((share for share, _ in curve), default=0.0)
    for step in range(1, math.floor(reached * STEPS + 1e-9) + 1):
        known = [figure for share, figure in curve if share <= step / STEPS + 1e-9]
        if known:
            found[step] = min(known)
    return found


def _known(library: Any, study: Study) -> Any:
    """What has ended, and what is under way, as Optuna likes to be told."""
    figure = study.plan.objective
    found = library.create_study(direction="minimize")
    if study.done and all(one.results.get(figure) is None for one in study.done):
        raise SettingsError(f"what was done has no figure '{figure}', by which a search goes: too few held-out tunes?")
    distributions = {one.address: _distribution(library, one) for one in study.plan.space}
    for one in [*study.trials, *study.unended]:
        curve = share_curve(study.curve(one.trial), one.results.get("planned_iterations"))
        value = one.results.get(figure)
        complete = one.state == "done" and value is not None and math.isfinite(value)
        found.add_trial(
            library.trial.create_trial(
                state=library.trial.TrialState.COMPLETE if complete else _state(library, one),
                value=value if complete else None,
                params=dict(one.trial.assignments),
                distributions=distributions,
                intermediate_values=_by_steps(curve),
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
    kind = kinds.IntDistribution if dimension.whole else kinds.FloatDistribution
    return kind(dimension.low, dimension.high, log=dimension.logarithmic)


def _rounded(dimension: Dimension, value: Value) -> Value:
    """A number that people can read, still within its range."""
    if not isinstance(value, float) or not isinstance(dimension, Range):
        return value
    return min(max(float(f"{value:.{DIGITS}g}"), float(dimension.low)), float(dimension.high))


def optuna() -> Any:
    """The library.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import optuna as library
    except ImportError:
        raise MissingExtraError("searches", "search") from None
    library.logging.set_verbosity(library.logging.WARNING)
    return library
