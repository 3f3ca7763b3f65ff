"""How a collection writes its music, learned from its tunes: which of ABC's many ways it uses, and which it never does.

A model drifts where a language allows what training never showed, so the language that composes has only what the book
has. What fewer than one tune in five hundred uses is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

from tunewright.music.lexer import LENGTH, PITCH, parse_length
from tunewright.music.reader import read_tune
from tunewright.music.title_spelling import pairs_of

RARE = 500
"""What is used by fewer than one tune in so many is not part of the language."""
MOST_MARKS = 2
"""No pitch is more octaves above ``c`` or below ``C`` than this."""
TITLE = re.compile(r"[^\n\\%#\"\[\]|:!]")
"""What a title may be made of: nothing that begins a comment, an escape or a sign of music."""

_FIELD = re.compile(r"[A-Za-z]:(?![|:])")
_NO_NOTES = re.compile(r"\[[A-Za-z]:[^\]\n]*\]|^[A-Za-z]:(?![|:]).*|\"[^\"\n]*\"|%.*", re.MULTILINE)
"""Fields within the music, texts and comments, the letters of which are no notes."""
_NOTE = re.compile(rf"({PITCH}|[zx])({LENGTH})")
_SIGN = re.compile(r"\^\^?|__?|=")
_KINDS = {
    "broken": re.compile(r"(?<=[A-Ga-gzx\d/,'])([<>])(?=[\^_=A-Ga-gzx])"),
    "tuplets": re.compile(r"\((\d)(?=[\^_=A-Ga-gzx])"),
    "bar_lines": re.compile(r"(?<![:|\[])(\|\||\|\])"),
    "endings": re.compile(r"(\[1 ?|\|1 ?)"),
    "key_changes": re.compile(r"(\[K:[^\]\n]*\])|^(K:[^\n]*\n)", re.MULTILINE),
}


@dataclass(frozen=True)
class Dialect:
    """The ways of writing that a collection uses.

    Attributes:
        lengths: written lengths, e.g. ``("", "2", "3", "/", "3/2")``; the first is always ``""``.
        accidentals: out of ``^^ ^ = _ __``.
        highest_marks: how many ``'`` may follow a letter.
        lowest_marks: how many ``,`` may follow a letter.
        rests: out of ``z x``.
        broken: out of ``< >``.
        tuplets: sizes that stand without further numbers, e.g. ``(3,)``.
        ties: whether notes are tied.
        bar_lines: that end a part which is played once, out of ``|| |]``.
        endings: how the first ending is opened, e.g. ``"[1 "``; ``""`` if there are none.
        key_changes: inline fields or lines that change the key, e.g. ``"[K:Amix]"``.
        opens_repeats: whether repeated parts begin with ``|:``.
        implicit_repeats: whether repeated parts may begin without it.
        line_mark: what stands before the end of each line of music, e.g. ``"!"``.
        title_characters: what titles are made of.
        title_pairs: kinds of them that stand beside one another, as :mod:`tunewright.music.title_spelling` tells them;
            empty if all may.
        longest: characters of the longest tune.
        longest_pickup: that begins a tune, as a part of its bar, e.g. ``"1/2"``.
    """

    lengths: tuple[str, ...]
    accidentals: tuple[str, ...]
    highest_marks: int
    lowest_marks: int
    rests: tuple[str, ...]
    broken: tuple[str, ...]
    tuplets: tuple[int, ...]
    ties: bool
    bar_lines: tuple[str, ...]
    endings: str
    key_changes: tuple[str, ...]
    opens_repeats: bool
    implicit_repeats: bool
    line_mark: str
    title_characters: str
    longest: int
    longest_pickup: str = "1/2"
    title_pairs: tuple[str, ...] = ()

    @classmethod
    def of(cls, texts: Sequence[str]) -> Dialect:
        """The dialect of these tunes' texts."""
        halves = [_header_and_body(text) for text in texts]
        bodies = [body for _, body in halves if body.strip()]
        enough = max(1, len(bodies) // RARE)

        def used(found: Iterable[Iterable[str]]) -> tuple[str, ...]:
            """What is found in enough tunes, the most frequent first."""
            counts = Counter(chain.from_iterable(map(dict.fromkeys, found)))  # unlike sets, of one order in every run
            return tuple(one for one, count in counts.most_common() if count >= enough)

        notes = [_NOTE.findall(_NO_NOTES.sub(" ", body)) for body in bodies]
        kinds = {name: used(_found(kind, body) for body in bodies) for name, kind in _KINDS.items()}
        lengths = used([length for _, length in own if parse_length(length)] for own in notes)
        titles = [line[2:] for header, _ in halves for line in header if line.startswith("T:")]
        return cls(
            lengths=("", *(length for length in lengths if length)),
            accidentals=used(_found(_SIGN, body) for body in bodies),
            highest_marks=_most(used, [pitch for own in notes for pitch, _ in own], "'"),
            lowest_marks=_most(used, [pitch for own in notes for pitch, _ in own], ","),
            rests=tuple(one for one in used([pitch for pitch, _ in own] for own in notes) if one in "zx"),
            broken=kinds["broken"],
            tuplets=tuple(int(size) for size in kinds["tuplets"] if int(size) > 1),
            ties=sum("-" in body for body in bodies) >= enough,
            bar_lines=kinds["bar_lines"] or ("|]",),
            endings=next(iter(kinds["endings"]), ""),
            key_changes=kinds["key_changes"],
            opens_repeats=sum("|:" in body for body in bodies) >= enough,
            implicit_repeats=sum(":|" in body and "|:" not in body for body in bodies) >= enough,
            line_mark="!" if sum("!\n" in body for body in bodies) > len(bodies) // 2 else "",
            title_characters="".join(sorted(set(TITLE.findall("".join(titles))))),
            longest=max(map(len, texts), default=0),
            longest_pickup=_longest_pickup(texts, enough),
            title_pairs=tuple(sorted(used(pairs_of(title) for title in titles if title.strip()))),
        )

    def within(self, alphabet: str) -> Dialect:
        """What of it can be written with these characters; a part played once can always be ended."""
        known = set(alphabet)

        def writable(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(text for text in texts if known.issuperset(text))

        return replace(
            self,
            lengths=writable(self.lengths),
            accidentals=writable(self.accidentals),
            highest_marks=self.highest_marks * ("'" in known),
            lowest_marks=self.lowest_marks * ("," in known),
            rests=writable(self.rests),
            broken=writable(self.broken),
            tuplets=tuple(size for size in self.tuplets if known.issuperset(f"({size}")),
            ties=self.ties and "-" in known,
            bar_lines=writable(self.bar_lines) or ("||",),
            endings=self.endings if known.issuperset(self.endings + "2") else "",
            key_changes=writable(self.key_changes),
        )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Dialect:
        kept: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return cls(**kept)


def _header_and_body(text: str) -> tuple[list[str], str]:
    """The lines up to ``K:``, and the lines of music after it, without the fields between them."""
    lines = text.split("\n")
    key = next((index for index, line in enumerate(lines) if line.startswith("K:")), len(lines) - 1)
    music = [line for line in lines[key + 1 :] if line.startswith("K:") or not _FIELD.match(line)]
    return lines[: key + 1], "\n".join(music)


def _longest_pickup(texts: Sequence[str], enough: int) -> str:
    """The longest that so many tunes have, or a longer one; as a part of a bar."""
    firsts = [tune.bars[0] for tune in map(read_tune, texts) if tune.bars]
    bars = [(bar.length, bar.meter.bar_length) for bar in firsts]
    parts = sorted((length / full for length, full in bars if length < full), reverse=True)
    return str(parts[enough - 1]) if len(parts) >= enough else "0"


def _found(kind: re.Pattern[str], body: str) -> list[str]:
    return [next(filter(None, match.groups()), match.group()) for match in kind.finditer(body)]


def _most(used: Any, pitches: Sequence[str], mark: str) -> int:
    """How many octave marks are used in a row, at most."""
    counts = used([str(pitch.count(mark))] for pitch in pitches)
    return min(MOST_MARKS, max(map(int, counts), default=0))
