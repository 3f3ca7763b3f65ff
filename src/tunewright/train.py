"""From a recipe to a run, read top to bottom: corpus, split, codec, model, batches, loop, results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import replace as replace_field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunewright import catalogue
from tunewright.contracts import Corpus, Split
from tunewright.errors import DecodingError, RunError, SettingsError
from tunewright.run import Run, open_corpus, open_run
from tunewright.run_writer import about_run, write_about, write_run
from tunewright.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tunewright.training.batches import Source
    from tunewright.training.parallel import Alone
    from tunewright.training.trackers import Tracker
    from tunewright.training.trainer import Trainer

MakeTrackers = Callable[[Run, "Trainer"], "Sequence[Tracker]"]


@dataclass(frozen=True)
class Budget:
    """How long to train, where that isn't told in iterations. They are measured out before the training begins, and
    fixed in its settings: the schedule of the learning rate depends on them.

    Attributes:
        minutes: about so many, by the speed of the first seconds.
        units: of text to be read, e.g. characters.
    """

    minutes: float | None = None
    units: int | None = None

    def __post_init__(self) -> None:
        if self.minutes and self.units:
            raise SettingsError("minutes and characters both say how long to train; give one of them")


def divide(settings: Settings, corpus: Corpus) -> Split:
    """Which piece may be learned from."""
    from tunewright.corpora.split import split_corpus

    split = split_corpus(corpus)
    if settings.corpus.split == "none":
        split = replace_field(split, parts=("training",) * len(corpus.pieces))
    if "training" not in split.parts:
        raise SettingsError(
            f"corpus {corpus.name} has no pieces left to learn from; --set corpus.split=none uses them all"
        )
    return split


def start_run(settings: Settings, folder: Path, corpus: Corpus | None = None) -> tuple[Run, dict[str, Any]]:
    """Prepares a run folder: everything but learning; ``run.json``, which makes it a run, is returned and not yet
    written.

    Args:
        corpus: what the settings name, where it is open already.

    Raises:
        RunError: the folder holds a run already, which is left as it is.
    """
    _refuse_a_run_in(folder)
    corpus = corpus or open_corpus(settings)
    split = divide(settings, corpus)
    seen = corpus.pieces if settings.codec.fitted_on == "corpus" else split.select(corpus.pieces, "training")
    _refuse_another_kind(settings, corpus)
    _refuse_other_variations(settings, corpus.kind)
    _check_samples(settings, corpus.kind)
    codec = catalogue.build("codec", settings.codec.name, settings.codec.options, corpus.to_read(seen))
    return write_run(folder, settings, codec, corpus, split), about_run(settings, corpus, split)


def _refuse_another_kind(settings: Settings, corpus: Corpus) -> None:
    """Refuses pieces that the codec can't take, before anything is written."""
    name = settings.codec.name
    kind = catalogue.find("codec", name).__self__.kind
    if kind != corpus.kind:
        fitting = [one for one in catalogue.parts("codec") if catalogue.find("codec", one).__self__.kind == corpus.kind]
        raise SettingsError(
            f"codec {name} takes {kind}s, and corpus {corpus.name} holds {corpus.kind}s: "
            f"a recipe for these has codec.name={' or '.join(fitting)}"
        )


def _refuse_other_variations(settings: Settings, kind: str) -> None:
    """Refuses to vary pieces in a way that they don't know, which would change nothing and look as if it had."""
    foreign = {"tune": ("semitones", "stretch"), "performance": ("transposed",)}[kind]
    known = {"tune": "training.transposed", "performance": "training.semitones and training.stretch"}[kind]
    for name in foreign:
        if getattr(settings.training, name):
            raise SettingsError(f"training.{name}: {kind}s are varied by {known}; leave it at 0")


def _check_samples(settings: Settings, kind: str) -> None:
    """Refuses a length of samples that could only fail along the training, where nobody would be told."""
    from tunewright.decoding.midi_length import parse_length

    length = settings.training.sample_length
    if length and kind != "performance":
        raise SettingsError(f"training.sample_length = {length!r}: only performances have one; leave it out")
    if length:
        try:
            parse_length(length)
        except DecodingError as error:
            raise SettingsError(f"training.sample_length: {error}") from None


def _refuse_a_run_in(folder: Path) -> None:
    if (folder / "run.json").exists():
        raise RunError(f"{folder} holds a run already: --resume goes on with it, another --out leaves it alone")


def build_trainer(run: Run, corpus: Corpus | None = None) -> Trainer:
    """The trainer of a prepared run, with fresh weights (by the seed).

    Args:
        corpus: the run's own, where it is open already.
    """
    import torch

    from tunewright.evaluation.likelihood import HeldOut
    from tunewright.training.batches import WINDOWS
    from tunewright.training.trainer import Trainer

    settings = run.settings.training
    corpus = corpus or open_corpus(run.settings)
    source = _source(run, corpus)
    batches = WINDOWS[settings.windows](source, run.codec.boundary, settings.batch_size, settings.length, settings.seed)
    torch.manual_seed(settings.seed)
    model = run.new_model().to("cuda" if torch.cuda.is_available() else "cpu")
    pieces = run.part_pieces(corpus, "validation")
    smoothing, most = settings.label_smoothing, settings.validate_symbols
    held_out = HeldOut(run.codec, pieces, label_smoothing=smoothing, most_symbols=most)
    return Trainer(model, batches, held_out if pieces else None, settings, run.folder)


def _source(run: Run, corpus: Corpus) -> Source:
    """What each epoch reads: the training pieces, some of them varied, each as often as it weighs."""
    from tunewright.contracts import Piece
    from tunewright.training.augment import Transposed
    from tunewright.training.batches import Same, Weighted
    from tunewright.training.performances import Varied, prepared

    settings = run.settings.training
    pieces = run.part_pieces(corpus, "training")
    read, weights = corpus.to_read(pieces), corpus.weights(pieces)

    def encode(text: str) -> NDArray[np.int64]:
        return run.codec.encode(Piece("", text, ""))

    if run.kind == "performance":
        source: Source = prepared(run.codec, read)
        if settings.semitones or settings.stretch:
            source = Varied(source, run.codec, settings.semitones, settings.stretch, settings.seed)
    elif settings.transposed:
        source = Transposed([piece.text for piece in read], encode, settings.transposed, settings.seed)
    else:
        source = Same([run.codec.encode(piece) for piece in read])
    return Weighted(source, weights, settings.seed) if set(weights) - {1.0} else source


def train(
    settings: Settings,
    folder: Path,
    make_trackers: MakeTrackers,
    *,
    resume: bool = False,
    budget: Budget | None = None,
    stop: Callable[[], bool] = lambda: False,
    workers: int = 1,
) -> Run:
    """Trains what the settings describe into a run folder.

    Args:
        make_trackers: who shall watch, made when run and trainer stand ready.
        resume: go on with the run in this folder, whose own settings then hold.
        budget: how long, where the settings don't say it in iterations.
        stop: asked after each iteration whether to end here, as if the user had stopped it.
        workers: processes that share each batch among them; on CUDA each has a GPU of its own.

    Raises:
        RunError: the folder holds a run and ``resume`` is off, or it holds none and ``resume`` is on.
        SettingsError: so many workers can't share a batch, or how long they need can't be told.
        WorkerError: one has died.
    """
    from tunewright.training.parallel import check_workers, together

    check_workers((open_run(folder).settings if resume else settings).training, workers)
    if workers > 1 and budget and budget.minutes:
        raise SettingsError("minutes are measured out for one process; with several workers give iterations")
    run, trainer = _resumed(folder) if resume else _started(settings, folder, budget or Budget())
    with ExitStack() as closing:
        trainer.join(closing.enter_context(together(workers, partial(_assist, folder, resume))))
        trackers = make_trackers(run, trainer)
        for tracker in trackers:
            closing.callback(tracker.close)
        outcome = trainer.run(trackers, stop)
        results = {"form": run.settings.corpus.form, **_results(trainer, outcome)}
        # Before trackers take their leave: what one of them does wrong there costs nothing of the run.
        write_about(folder, {**run.about, "results": results})
    return open_run(folder)


def _assist(folder: Path, resume: bool, join: Callable[[], Alone]) -> None:
    """What a process does that trains a run beside the first one."""
    trainer = _resumed(folder)[1] if resume else build_trainer(open_run(folder))
    trainer.join(join())
    trainer.run([])


def _started(settings: Settings, folder: Path, budget: Budget) -> tuple[Run, Trainer]:
    _refuse_a_run_in(folder)
    corpus = open_corpus(settings)
    run, about = start_run(settings, folder, corpus)
    trainer = build_trainer(run, corpus)
    if iterations := _iterations(run, corpus, trainer, budget):
        run = _fix_iterations(run, iterations)
        trainer = build_trainer(run, corpus)
    # Only now is it a run: what could not even begin doesn't stand in the way of another try.
    write_about(folder, about)
    return run, trainer


def _resumed(folder: Path) -> tuple[Run, Trainer]:
    run = open_run(folder)
    has_state = (folder / "state.pt").exists()
    if not has_state and run.about["results"]:
        raise RunError(f"{folder} holds what was learned but no state.pt, without which a training can't go on")
    for cut_off in folder.glob(".state.*.pt"):
        cut_off.unlink()  # of a process that was killed as it wrote
    trainer = build_trainer(run)
    if has_state:
        trainer.restore()
    return run, trainer  # one that was killed before its first checkpoint begins anew


def _iterations(run: Run, corpus: Corpus, trainer: Trainer, budget: Budget) -> int:
    """How many iterations make up the budget; 0 where the settings say it."""
    from tunewright.training.trainer import iterations_in

    if budget.minutes:
        return iterations_in(trainer, budget.minutes)
    if budget.units:
        settings = run.settings.training
        per_iteration = settings.batch_size * settings.length * units_per_symbol(run, corpus)
        return max(1, round(budget.units / per_iteration))
    return 0


def _fix_iterations(run: Run, iterations: int) -> Run:
    from tunewright.files import write_whole
    from tunewright.settings import dump_settings

    settings = run.settings.changed([f"training.iterations={iterations}"])
    write_whole(run.folder / "settings.json", dump_settings(settings))
    return Run(run.folder)


def units_per_symbol(run: Run, corpus: Corpus) -> float:
    """Units of text that a symbol of the training pieces stands for, on average."""
    pieces = run.part_pieces(corpus, "training")
    return sum(map(run.codec.units, pieces)) / sum(len(run.codec.encode(piece)) for piece in pieces)


def _results(trainer: Trainer, outcome: Any) -> dict[str, Any]:
    best = outcome.best
    return {
        "iterations": outcome.iterations,
        "stopped": outcome.stopped,
        "seconds": round(outcome.seconds, 1),
        "symbols": trainer.symbols,
        "parameters": sum(parameter.numel() for parameter in trainer.model.parameters()),
        "final": {"loss": outcome.final_loss},
        "best": {"iteration": best[0], "bits_per_unit": best[1]} if best else None,
        "overfitting": dict(zip(("iteration", "epoch"), outcome.overfitting, strict=True))
        if outcome.overfitting
        else None,
    }
