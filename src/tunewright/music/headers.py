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
from tunewright.music.fields import house_type
from tunewright.music.keys import parse_key, parse_meter
from tunewright.music.tune import Tune

_FIELD_LINE = re.compile(r"([A-Za-z]):(\s*)(.*)")
_TYPE_ID = re.compile(r"(id:[a-z]+-[a-z]+)-\d+$")


@dataclass(frozen=True)
class HeaderStyle:
    """The spelling of headers in a collection.

    Attributes:
        orders: the letters of a header in order, e.g. ``"XTZMLK"``; the most frequent order first.
        gaps: what stands between the colon and the value of each field.
        type_field: letter of the field that names the dance; empty if none does.
        type_suffix: what follows the dance in that field, e.g. ``"-"`` before a number.
        types: each dance as the house names it -> its usual spelling in that field, the most frequent first.
        meters: each meter likewise.
        keys: each key likewise.
    """

    orders: tuple[str, ...]
    gaps: dict[str, str]
    type_field: str
    type_suffix: str
    types: dict[str, str]
    meters: dict[str, str]
    keys: dict[str, str]

    @classmethod
    def of(cls, tunes: Sequence[Tune], texts: Sequence[str]) -> HeaderStyle:
        """The style of these tunes; ``texts`` are theirs, in the same order."""
        orders: Counter[str] = Counter()
        gaps: dict[str, Counter[str]] = {}
        counts: dict[str, Counter[tuple[str, str]]] = {letter: Counter() for letter in "MKRZ"}
        for tune, text in zip(tunes, texts, strict=True):
            header = _header(text)
            orders["".join(header)] += 1
            for letter, (gap, value) in header.items():
                gaps.setdefault(letter, Counter())[gap] += 1
                if letter == "M":
                    counts["M"][canonical_meter(tune.meter.name), value] += 1
                elif letter == "K":
                    counts["K"][tune.key.name, value] += 1
                elif letter == "R":
                    counts["R"][tune.type, value] += 1
                elif letter == "Z" and (match := _TYPE_ID.match(value)):
                    counts["Z"][tune.type, match.group(1)] += 1
        type_field = max("RZ", key=lambda letter: counts[letter].total())
        return cls(
            orders=tuple(order for order, _ in orders.most_common()),
            gaps={letter: counter.most_common(1)[0][0] for letter, counter in gaps.items()},
            type_field=type_field if counts[type_field] else "",
            type_suffix="-" if type_field == "Z" and counts["Z"] else "",
            types=_usual(counts[type_field]),
            meters=_usual(counts["M"]),
            keys=_usual(counts["K"]),
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
            known = self._spelling(self.types, house_type(type), type, "type")
            wishes[self.type_field] = self._field(self.type_field) + known + self.type_suffix
        if meter:
            canonical = _canonical(canonical_meter, meter)
            wishes["M"] = self._field("M") + self._spelling(self.meters, canonical, meter, "meter")
        if key:
            canonical = _canonical(canonical_key, key)
            wishes["K"] = self._field("K") + self._spelling(self.keys, canonical, key, "key")
        order = next((order for order in self.orders if wishes.keys() <= set(order)), None)
        if order is None:
            raise DecodingError(f"no tune this run has learned from tells {', '.join(sorted(wishes))} in its header")
        open_fields = {self.type_field} if self.type_suffix else set()
        return [
            (wishes.get(letter, self._field(letter)), letter not in wishes or letter in open_fields) for letter in order
        ]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> HeaderStyle:
        return cls(**{**values, "orders": tuple(values["orders"])})

    def _field(self, letter: str) -> str:
        return f"{letter}:{self.gaps.get(letter, '')}"

    @staticmethod
    def _spelling(known: dict[str, str], canonical: str, wish: str, what: str) -> str:
        if canonical not in known:
            raise DecodingError(f"this run has learned no {what} '{wish}'; it knows: {', '.join(known) or 'none'}")
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


def _header(text: str) -> dict[str, tuple[str, str]]:
    """(gap, value) of each header field up to ``K:``, by its letter, in order; of repeated fields the first."""
    fields: dict[str, tuple[str, str]] = {}
    for line in text.split("\n"):
        match = _FIELD_LINE.match(line)
        if match:
            fields.setdefault(match.group(1), (match.group(2), match.group(3)))
        if (match and match.group(1) == "K") or not (match or line.startswith("%")):
            break
    return fields


def _usual(counts: Counter[tuple[str, str]]) -> dict[str, str]:
    """The most frequent spelling under each name; names by frequency."""
    usual: dict[str, str] = {}
    for (name, spelling), _ in counts.most_common():
        usual.setdefault(name, spelling)
    return usual
