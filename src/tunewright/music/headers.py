"""How a collection writes its headers, learned from its tunes, so that wishes can be put the way a model has seen them.

A model of Irish tunes may have learned ``Z: id:dc-jig-12`` for the dance, ``C`` for 4/4 and ``E Dorian`` for Edor; a
wish for a jig in Edor must be spelled like that to be understood.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from tunewright.errors import DecodingError, InputError
from tunewright.music.fields import house_type, parse_unit_length
from tunewright.music.keys import house_key, parse_key, parse_meter
from tunewright.music.tune import Tune

_FIELD_LINE = re.compile(r"([A-Za-z]):(\s*)(.*)")
_TYPE_ID = re.compile(r"(id:[a-z]+-[a-z]+)-\d+$")
_DANCE = re.compile(r"[a-z]+")
_HOUSE_ORDER = "XTCOZRMLQPK"
"""In which a field that no header of the collection has finds its place."""


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
        unit_lengths: each note length that ``L:`` tells likewise, e.g. ``"1/8"``.
        danced: the meters in which tunes of each type are, the most frequent first; none that only one tune has.
    """

    orders: tuple[str, ...]
    gaps: dict[str, str]
    type_field: str
    type_suffix: str
    types: dict[str, str]
    meters: dict[str, str]
    keys: dict[str, str]
    unit_lengths: dict[str, str] = field(default_factory=lambda: {"1/8": "1/8"})
    danced: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, tunes: Sequence[Tune], texts: Sequence[str]) -> HeaderStyle:
        """The style of these tunes; ``texts`` are theirs, in the same order."""
        orders: Counter[str] = Counter()
        gaps: dict[str, Counter[str]] = {}
        counts: dict[str, Counter[tuple[str, str]]] = {letter: Counter() for letter in "MKRZL"}
        for tune, text in zip(tunes, texts, strict=True):
            header = _header(text)
            orders["".join(header)] += 1
            for letter, (gap, value) in header.items():
                gaps.setdefault(letter, Counter())[gap] += 1
                if letter == "M":
                    counts["M"][canonical_meter(tune.meter.name), value] += 1
                elif letter == "K":
                    counts["K"][house_key(tune.key), value] += 1
                elif letter == "L" and _is_unit_length(value):
                    counts["L"][f"{tune.unit_length.numerator}/{tune.unit_length.denominator}", value] += 1
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
            unit_lengths=_usual(counts["L"]) or {"1/8": "1/8"},
            danced=_meters_by_type(tunes),
        )

    def lines(self, type: str = "", meter: str = "", key: str = "", title: str = "") -> list[tuple[str, bool]]:
        """The header that these wishes ask for: (text, whether the line goes on freely) for each of its lines.

        What the collection has never seen is spelled as the house spells it, in a field of its own where it has none.

        Raises:
            DecodingError: what names no dance, meter or key; the message tells what would.
        """
        wishes = {}
        if title:
            wishes["T"] = self._field("T") + _one_line(title)
        if type:
            letter = self.type_field or "R"
            wishes[letter] = self._field(letter) + self._type(type) + self.type_suffix
        if meter:
            wishes["M"] = self._field("M") + self._meter(meter)
        if key:
            wishes["K"] = self._field("K") + self._key(key)
        open_fields = {self.type_field} if self.type_suffix else set()
        return [
            (wishes.get(letter, self._field(letter)), letter not in wishes or letter in open_fields)
            for letter in self.order(wishes)
        ]

    def values(self, type: str = "", meter: str = "", key: str = "") -> dict[str, tuple[str, ...]]:
        """The values that each field may have under these wishes, as the collection spells them: with a wished type
        the meters that such tunes have, with a wished meter the types of the tunes in it, if there are any.

        Raises:
            DecodingError: as for :meth:`lines`.
        """
        own_meters = self.danced.get(house_type(type), []) if type else []
        meters = {name: text for name, text in self.meters.items() if name in own_meters} or self.meters
        wished = canonical_meter(meter) if meter else ""
        danced = {name for name, own in self.danced.items() if wished in own}
        types = {name: text for name, text in self.types.items() if name in danced} or self.types
        values = {
            "M": (self._meter(meter),) if meter else tuple(meters.values()),
            "L": tuple(self.unit_lengths.values()),
            "K": (self._key(key),) if key else tuple(self.keys.values()),
        }
        letter = self.type_field or ("R" if type else "")
        if letter:
            values[letter] = (self._type(type),) if type else tuple(types.values())
        return values

    def order(self, letters: Iterable[str]) -> str:
        """The letters of a header that has these fields, in order: the most frequent one; where no header has them
        all, the most frequent one with them put in.
        """
        wanted = set(letters)
        order = next((order for order in self.orders if wanted <= set(order)), None)
        if order is not None:
            return order
        order = self.orders[0] if self.orders else ""
        for letter in sorted(wanted - set(order), key=_HOUSE_ORDER.index):
            after = _HOUSE_ORDER[_HOUSE_ORDER.index(letter) + 1 :]
            place = next((place for place, other in enumerate(order) if other in after), len(order))
            order = order[:place] + letter + order[place:]
        return order

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> HeaderStyle:
        return cls(**{**values, "orders": tuple(values["orders"])})

    def _field(self, letter: str) -> str:
        return f"{letter}:{self.gaps.get(letter, '')}"

    def _type(self, wish: str) -> str:
        name = house_type(wish)
        if name in self.types:
            return self.types[name]
        if not _DANCE.fullmatch(name):
            known = ", ".join(self.types) or "none"
            raise DecodingError(f"type '{wish}' names no dance; expected a word, e.g. 'jig'; this run knows: {known}")
        usual = next(iter(self.types.values()), "")
        prefix = usual.rpartition("-")[0] + "-" if self.type_field == "Z" and usual else ""
        return prefix + name

    def _meter(self, wish: str) -> str:
        canonical = _canonical(canonical_meter, wish)
        if canonical not in self.meters and canonical == "none":
            known = ", ".join(self.meters) or "none"
            raise DecodingError(f"meter '{wish}': this run knows no free meter; expected e.g. '6/8'; it knows: {known}")
        return self.meters.get(canonical, parse_meter(wish).name)

    def _key(self, wish: str) -> str:
        canonical = _canonical(canonical_key, wish)
        return self.keys.get(canonical, canonical)


def canonical_meter(text: str) -> str:
    """One name for every spelling of a meter: ``C`` is ``4/4``; ``C|`` is ``2/2``."""
    meter = parse_meter(text)
    return f"{meter.beats}/{meter.unit}" if meter.bar_length != Fraction(0) else "none"


def canonical_key(text: str) -> str:
    """One name for every spelling of a key, e.g. ``"Edor"``, ``"Dphr ^f"``."""
    return house_key(parse_key(text))


def _is_unit_length(text: str) -> bool:
    try:
        return bool(parse_unit_length(text))
    except InputError:
        return False


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


def _meters_by_type(tunes: Sequence[Tune]) -> dict[str, list[str]]:
    """The meters of each type's tunes, but for what only one tune has."""
    counts = Counter((tune.type, canonical_meter(tune.meter.name)) for tune in tunes if tune.type)
    found: dict[str, list[str]] = {}
    for (type_name, meter), count in counts.most_common():
        if count > 1:
            found.setdefault(type_name, []).append(meter)
    return found


def _usual(counts: Counter[tuple[str, str]]) -> dict[str, str]:
    """The most frequent spelling under each name; names by frequency."""
    usual: dict[str, str] = {}
    for (name, spelling), _ in counts.most_common():
        usual.setdefault(name, spelling)
    return usual
