"""Which tunes may be learned from: a split that near-duplicates can't leak through.

The part of a cluster of near-duplicates is decided by a hash of its smallest text, so it doesn't depend on the order of
the tunes, on what other tunes there are, or on the machine. Only a tune that gains or loses near-duplicates can change
sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tunewright.contracts import LEFT_OUT, Corpus, Piece, Split
from tunewright.music.fingerprint import Relatives, cluster, fingerprint
from tunewright.music.reader import read_tune


def part_of(text: str) -> str:
    """The part that this text decides: sha256 modulo 10 is 0 for test, 1 for validation, else training."""
    remainder = int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10
    return {0: "test", 1: "validation"}.get(remainder, "training")


def split_pieces(pieces: Sequence[Piece]) -> Split:
    """Clusters near-duplicates and puts each cluster where its smallest text (in the order of characters) belongs.

    The texts are those that were found, so a corpus is split alike whatever form it is read in.
    """
    return _split(pieces, _fingerprints(pieces))


def split_corpus(corpus: Corpus) -> Split:
    """Splits those pieces of a corpus that may be held out, as if they were alone; all others are for training, but for
    near-duplicates of held-out ones, which are left out.
    """
    fingerprints, own = _fingerprints(corpus.pieces), corpus.may_be_held_out()
    if all(own):
        return _split(corpus.pieces, fingerprints)
    hosts = [index for index, may in enumerate(own) if may]
    split = _split([corpus.pieces[index] for index in hosts], [fingerprints[index] for index in hosts])
    parts = dict(zip(hosts, split.parts, strict=True))
    held_out = Relatives(fingerprints[index] for index, part in parts.items() if part != "training")
    found = (
        parts.get(index) or (LEFT_OUT if held_out.of(one) else "training") for index, one in enumerate(fingerprints)
    )
    return Split(tuple(found), tuple(cluster(fingerprints, [piece.found for piece in corpus.pieces])))


def _split(pieces: Sequence[Piece], fingerprints: Sequence[Sequence[str]]) -> Split:
    texts = [piece.found for piece in pieces]
    clusters = cluster(fingerprints, texts)
    smallest: dict[int, str] = {}
    for number, text in zip(clusters, texts, strict=True):
        smallest[number] = min(text, smallest.get(number, text))
    parts = {number: part_of(text) for number, text in smallest.items()}
    return Split(tuple(parts[number] for number in clusters), tuple(clusters))


def _fingerprints(pieces: Sequence[Piece]) -> list[list[str]]:
    return [fingerprint(read_tune(piece.found)) for piece in pieces]
