"""Which tunes may be learned from: a split that near-duplicates can't leak through.

The part of a cluster of near-duplicates is decided by a hash of its smallest content, so it doesn't depend on the order
of the pieces, on what other pieces there are, or on the machine. Only a piece that gains or loses near-duplicates can
change sides. A corpus whose source states a split keeps that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tunewright.contracts import LEFT_OUT, Corpus, Piece, Split
from tunewright.music.fingerprint import Relatives, cluster
from tunewright.music.pieces import fingerprint_piece


def part_of(content: bytes) -> str:
    """The part that this content decides: sha256 modulo 10 is 0 for test, 1 for validation, else training."""
    remainder = int(hashlib.sha256(content).hexdigest(), 16) % 10
    return {0: "test", 1: "validation"}.get(remainder, "training")


def split_pieces(pieces: Sequence[Piece]) -> Split:
    """Clusters near-duplicates and puts each cluster where its smallest content (in the order of bytes) belongs.

    The contents are those that were found, so a corpus is split alike whatever form it is read in.
    """
    return _split(pieces, _fingerprints(pieces))


def split_corpus(corpus: Corpus) -> Split:
    """Splits those pieces of a corpus that may be held out, as if they were alone; all others are for training, but for
    near-duplicates of held-out ones, which are left out. Where the source states the parts, these hold, and pieces of
    one title are a cluster too: the same work goes by many spellings of its title, and by other pianists' fingers.
    """
    if stated := corpus.stated_parts():
        titles = [piece.title for piece in corpus.pieces]
        return Split(stated, tuple(cluster(_fingerprints(corpus.pieces), titles)))
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
    return Split(tuple(found), tuple(cluster(fingerprints, [piece.content for piece in corpus.pieces])))


def _split(pieces: Sequence[Piece], fingerprints: Sequence[Sequence[str]]) -> Split:
    contents = [piece.content for piece in pieces]
    clusters = cluster(fingerprints, contents)
    smallest: dict[int, bytes] = {}
    for number, content in zip(clusters, contents, strict=True):
        smallest[number] = min(content, smallest.get(number, content))
    parts = {number: part_of(content) for number, content in smallest.items()}
    return Split(tuple(parts[number] for number in clusters), tuple(clusters))


def _fingerprints(pieces: Sequence[Piece]) -> list[list[str]]:
    return [fingerprint_piece(piece) for piece in pieces]
