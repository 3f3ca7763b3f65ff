"""Performances to be read in training: encoded once into one flat file that is mapped into memory, and varied anew in
each epoch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from tunewright.contracts import Codec, Piece
from tunewright.corpora.download import cache_folder
from tunewright.errors import SettingsError
from tunewright.files import replacing, write_whole
from tunewright.training.batches import Source

Ids = NDArray[Any]
_STREAM = 3
"""Sets these random numbers apart from others drawn by seed and epoch."""


class Mapped:
    """Pieces one after another in a file of 16-bit ids, of which memory holds what is being read.

    Args:
        path: of the file.
        ends: where each piece ends, (pieces,).
    """

    def __init__(self, path: Path, ends: NDArray[np.int64]) -> None:
        ids = np.load(path, mmap_mode="r")
        self.pieces: list[Ids] = np.split(ids, ends[:-1])

    def of(self, epoch: int) -> Sequence[Ids]:
        return self.pieces


def prepared(codec: Codec, pieces: Sequence[Piece]) -> Mapped:
    """The pieces' ids, encoded once and kept in the cache for the next time."""
    ids_path, ends_path = _places(codec, pieces)
    if not ends_path.exists():  # written last
        encoded = [codec.encode(piece).astype(np.int16) for piece in tqdm(pieces, "preparing", unit="piece", delay=2)]
        with replacing(ids_path) as beside, beside.open("wb") as file:
            np.save(file, np.concatenate(encoded))
        ends = np.cumsum([len(ids) for ids in encoded]).tolist()
        write_whole(ends_path, json.dumps(ends))
    return Mapped(ids_path, np.array(json.loads(ends_path.read_text()), dtype=np.int64))


def _places(codec: Codec, pieces: Sequence[Piece]) -> tuple[Path, Path]:
    """Where the ids of these pieces by this codec lie, and where each ends."""
    with TemporaryDirectory() as folder:
        codec.save(Path(folder) / "codec.json")
        digest = hashlib.sha256((Path(folder) / "codec.json").read_bytes())
    digest.update(version("tunewright").encode())  # another one may spell otherwise
    for piece in pieces:
        digest.update(piece.sha256.encode())
    stem = cache_folder() / "prepared" / digest.hexdigest()[:32]
    return stem.with_suffix(".npy"), stem.with_suffix(".json")


class Variable(Protocol):
    """A codec that knows what its ids are in another key and at another pace."""

    def varied(self, ids: Ids, semitones: int, stretch: float) -> Ids:
        """The same performance so much higher, its times so many times as long."""
        ...


class Varied:
    """Every performance in another key and at another pace in each epoch (Huang et al. 2018, section 4.2).

    What is drawn follows from seed, epoch and piece alone.

    Args:
        source: of the pieces, the same in every epoch.
        codec: of their ids.
        semitones: by which they are read higher or lower, at most.
        stretch: share by which they are read slower or faster, at most.
        seed: of the draws.

    Raises:
        SettingsError: a codec that can't vary its ids.
    """

    def __init__(self, source: Source, codec: Any, semitones: int, stretch: float, seed: int) -> None:
        if not hasattr(codec, "varied"):
            raise SettingsError(
                f"training.semitones and training.stretch need a codec that can vary a performance, and {codec.name} "
                "can't: leave both at 0, or set codec.name=midi_events"
            )
        self.source, self.codec, self.seed = source, codec, seed
        self.semitones, self.stretch = semitones, stretch

    def of(self, epoch: int) -> list[Ids]:
        pieces = self.source.of(epoch)
        draws = np.random.default_rng([self.seed, epoch, _STREAM])
        semitones = draws.integers(-self.semitones, self.semitones + 1, len(pieces)).tolist()
        stretches = draws.uniform(1 - self.stretch, 1 + self.stretch, len(pieces)).tolist()
        varied = zip(pieces, semitones, stretches, strict=True)
        return [self.codec.varied(ids, by, stretch).astype(np.int16) for ids, by, stretch in varied]
