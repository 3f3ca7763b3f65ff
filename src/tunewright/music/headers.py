"""How a collection writes its headers, learned from its tunes, so that wishes can be put the way a model has seen them.

A model of Irish tunes may have learned ``Z: id:dc-jig-12`` for the dance, ``C`` for 4/4 and ``E Dorian`` for Edor; a
wish for a jig in Edor must be spelled like that to be understood.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from tunewright.errors import DecodingError, InputError
from tunewright.music.keys import parse_key, parse_meter
from tunewright.music.tune import Tune

_FIELD_LINE = re.compile(r"([A-Za-z]):(\s*)(.*)")
_TYPE_ID = re.compile(r"(id:[a-z]+-)([a-z]+)-\d+$")


@dataclass(frozen=True)
class HeaderStyle:
    """The spelling of headers in a collection.

    Attributes:
        fields: letters in their usual order, e.g. ``"XTZMLK"``.
        gaps: what stands between the colon and the value of each field.
        type_prefix: what stands between the type field's colon and the dance, e.g. ``"id:dc-"``.
        type_field: letter of the field that names the dance; empty if none does.
        type_suffix: what follows the dance, e.g. ``"-"`` before a number.
        types: dances, the most frequent first.
        meters: each meter as the house names it -> its usual spelling, the most frequent first.
        keys: each key likewise.
    """

    fields: str
    gaps: dict[str, str]
    type_field: str
    type_prefix: str
    type_suffix: str
    types: tuple[str, ...]
    meters: dict[str, str]
    keys: dict[str, str]

    @classmethod
    def of(cls, tunes: Sequence[Tune], texts: Sequence[str]) -> HeaderStyle:
        """The style of these tunes; ``texts`` are theirs, in the same order."""
        orders: Counter[str] = Counter()
        gaps: dict[str, Counter[str]] = {}
        types: Counter[str] = Counter()
        spellings: dict[str, Counter[tuple[str, str]]] = {"M": Counter(), "K": Counter(), "T": Counter()}
        for tune, text in zip(tunes, texts, strict=True):
            header = _header(text)
            orders["".join(letter for letter, _, _ in header)] += 1
            for letter, gap, value in header:
                gaps.setdefault(letter, Counter())[gap] += 1
                if letter == "M":
                    spellings["M"][canonical_meter(value), value] += 1
                elif letter == "K":
                    spellings["K"][tune.key.name, value] += 1
                elif letter == "Z" and (match := _TYPE_ID.search(value)):
                    spellings["T"]["Z", match.group(1)] += 1
                elif letter == "R":
                    spellings["T"]["R", ""] += 1
            types[tune.type] += bool(tune.type)
        usual_type = max(spellings["T"].items(), key=lambda item: (item[0][0] == "R", item[1]), default=(("", ""), 0))[
            0
        ]
        return cls(
            fields=orders.most_common(1)[0][0] if orders else "XTMLK",
            gaps={letter: counter.most_common(1)[0][0] for letter, counter in gaps.items()},
            type_field=usual_type[0],
            type_prefix=usual_type[1],
            type_suffix="-" if usual_type[0] == "Z" else "",
            types=tuple(name for name, _ in types.most_common()),
            meters=_usual(spellings["M"]),
            keys=_usual(spellings["K"]),
        )

    def lines(self, type: str = "", meter: str = "", key: str = "", title: str = "") -> list[tuple[str, bool]]:
        """The header that these wishes ask for: (text, whether the line goes on freely) for each of its lines.

        Raises:
            DecodingError: a dance, meter or key that the collection doesn't have; the message lists what it has.
        """
        wishes = {}
        if title:
            wishes["T"] = self._field("T") + _one_line(title)
        if type:
            name = re.sub(r"[\s_-]+", "", type.lower())
            if not self.type_field or name not in self.types:
                raise DecodingError(
                    f"this run has learned no '{type}'; it knows: {', '.join(self.types) or 'no types'}"
                )
            wishes[self.type_field] = self._field(self.type_field) + self.type_prefix + name + self.type_suffix
        if meter:
            wishes["M"] = self._field("M") + self._spelling(
                self.meters, _canonical(canonical_meter, meter), meter, "meter"
            )
        if key:
            wishes["K"] = self._field("K") + self._spelling(self.keys, _canonical(canonical_key, key), key, "key")
        open_fields = {self.type_field} if self.type_suffix else set()
        return [
            (wishes.get(letter, self._field(letter)), letter not in wishes or letter in open_fields)
            for letter in self.fields
        ]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> HeaderStyle:
        return cls(**{**values, "types": tuple(values["types"])})

    def _field(self, letter: str) -> str:
        return f"{letter}:{self.gaps.get(letter, '')}"

    @staticmethod
    def _spelling(known: dict[str, str], canonical: str, wish: str, what: str) -> str:
        if canonical not in known:
            raise DecodingError(f"this run has learned no {what} '{wish}'; it knows: {', '.join(known)}")
        return known[canonical]


def canonical_meter(text: str) -> str:
    """One name for every spelling of a meter: ``C`` is ``4/4``; ``C|`` is ``2/2``."""
    meter = parse_meter(text)
    return f"{meter.beats}/{meter.unit}" if meter.bar_length != Fraction(0) else "none"


def canonical_key(text: str) -> str:
    """One name for every spelling of a key, e.g. ``"Edor"``."""
    return parse_key(text).name


def _canonical(reader: Any, wish: str) -> str:
    try:
        return str(reader(wish))
    except InputError as error:
        raise DecodingError(str(error)) from None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _header(text: str) -> list[tuple[str, str, str]]:
    """(letter, gap, value) of each header line up to ``K:``."""
    rows = []
    for line in text.splitlines():
        match = _FIELD_LINE.match(line)
        if not match:
            break
        rows.append(match.groups())
        if match.group(1) == "K":
            break
    return rows  # type: ignore[return-value]


def _usual(counts: Counter[tuple[str, str]]) -> dict[str, str]:
    """The most frequent spelling under each name; names by frequency."""
    usual: dict[str, str] = {}
    for (name, spelling), _ in counts.most_common():
        usual.setdefault(name, spelling)
    return usual
