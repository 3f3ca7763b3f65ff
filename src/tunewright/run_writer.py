"""What a run folder holds before anything is learned: see :mod:`tunewright.run` for its files."""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tunewright.contracts import Codec, Corpus, Split
from tunewright.evaluation.originality import calibrated
from tunewright.evaluation.performance_index import PerformanceIndex
from tunewright.evaluation.tune_index import TuneIndex
from tunewright.executor import cores
from tunewright.files import write_whole
from tunewright.music.dialect import Dialect
from tunewright.music.headers import HeaderStyle
from tunewright.music.reader import read_tune
from tunewright.music.shapes import Shapes
from tunewright.run import FORMAT, INDEX, Run
from tunewright.settings import Settings, dump_settings

LIBRARIES = ("torch", "numpy", "safetensors", "symusic", "verovio")


def write_run(folder: Path, settings: Settings, codec: Codec, corpus: Corpus, split: Split) -> Run:
    """Writes everything about a run but what it learns and ``run.json``, which comes when the training stands ready."""
    write_whole(folder / "settings.json", dump_settings(settings))
    codec.save(folder / "codec.json")
    rows = [
        {"origin": piece.origin, "sha256": piece.sha256, "part": part, "cluster": cluster}
        for piece, part, cluster in zip(corpus.pieces, split.parts, split.clusters, strict=True)
    ]
    write_whole(folder / "split.json", "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    {"tune": _write_tunes, "performance": _write_performances}[corpus.kind](folder, corpus, split)
    return Run(folder)


def _write_tunes(folder: Path, corpus: Corpus, split: Split) -> None:
    """Writes what composing tunes needs to know of those that were learned from."""
    learned = split.select(corpus.pieces, "training")
    tunes = [read_tune(piece.text) for piece in learned]
    clusters = split.select(split.clusters, "training")
    write_whole(folder / INDEX, calibrated(TuneIndex.of(tunes, learned), tunes, clusters).to_bytes())
    # What is composed is written like what the run is judged on, whatever else it has learned from.
    judged = split.select(corpus.may_be_held_out(), "training")
    own = [tune for tune, may in zip(tunes, judged, strict=True) if may]
    texts = [piece.text for piece, may in zip(learned, judged, strict=True) if may]
    write_whole(folder / "style.json", json.dumps(HeaderStyle.of(own, texts).to_dict(), indent=1))
    write_whole(folder / "dialect.json", json.dumps(Dialect.of(texts).to_dict(), indent=1))
    write_whole(folder / "shapes.json", json.dumps(Shapes.of(own).to_dict(), indent=1))


def _write_performances(folder: Path, corpus: Corpus, split: Split) -> None:
    """Writes what composing performances needs to know of those that were learned from."""
    clusters = split.select(split.clusters, "training")
    index = PerformanceIndex.of(split.select(corpus.pieces, "training"), clusters)
    write_whole(folder / INDEX, index.to_bytes())


def about_run(settings: Settings, corpus: Corpus, split: Split) -> dict[str, Any]:
    """The contents of ``run.json`` before anything is learned."""
    return {
        "format": FORMAT,
        "recipe": settings.recipe,
        "corpus": {
            "name": corpus.name,
            "kind": corpus.kind,
            "licence": corpus.licence,
            "sha256": corpus.sha256,
            "form": corpus.form,
            "pieces": len(corpus.pieces),
            "skipped": len(corpus.skipped),
            "split": split.counts(),
            "facts": corpus.facts(),
        },
        "versions": {"tunewright": version("tunewright"), "python": platform.python_version()}
        | {library: version(library) for library in LIBRARIES},
        "machine": {"platform": platform.platform(terse=True), "processor": platform.machine(), "cores": cores()},
        "results": {},
    }


def write_about(folder: Path, about: dict[str, Any]) -> None:
    """Writes ``run.json``."""
    write_whole(folder / "run.json", json.dumps(about, indent=1) + "\n")
