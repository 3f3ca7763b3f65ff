"""From a run and a wish to the language that is composed in: what the run writes, narrowed by what is wished.

A wish that contradicts itself is told here, before anything is drawn.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from tunewright.decoding.bar_grammar import END, AnyState, BarGrammar
from tunewright.decoding.header_grammar import Fields, Head
from tunewright.decoding.hole import HoleGrammar
from tunewright.decoding.measure import Measure, Pitches
from tunewright.decoding.plan import Drawn, Form, Free, Length, Plan
from tunewright.decoding.spelled import PlannedGrammar, SpelledGrammar
from tunewright.decoding.way_out import WayOut
from tunewright.errors import DecodingError, InputError
from tunewright.music.dialect import Dialect
from tunewright.music.fields import parse_unit_length
from tunewright.music.forms import parse_form, share_bars
from tunewright.music.headers import HeaderStyle
from tunewright.music.keys import parse_key, parse_meter
from tunewright.music.ranges import parse_range
from tunewright.music.shapes import Shapes
from tunewright.music.title_spelling import TitleSpelling
from tunewright.wish import Wish

KNOWN_FIELDS = "XTRZMLK"
"""Fields that a composed header may have, if the run's headers have them: none that tells who made a tune or where it
was found, which would be made up.
"""
MOST_ORDERS = 4
_FIELD = re.compile(r"([A-Za-z]):[ \t]*(.*)")


@dataclass(frozen=True)
class _Prompt:
    """A prompt that isn't written as the run writes: what its header says, and the music after it."""

    wish: Wish
    unit_length: str
    music: str


class Writing(Protocol):
    """How a run writes.

    Attributes:
        style: its headers.
        dialect: its music.
        shapes: its forms.
        codec: whose spellings its symbols have.
    """

    @property
    def style(self) -> HeaderStyle: ...

    @property
    def dialect(self) -> Dialect: ...

    @property
    def shapes(self) -> Shapes: ...

    @property
    def codec(self) -> Any: ...


def composing_language(run: Writing, wish: Wish) -> SpelledGrammar:
    """The constraint that keeps every tune of a run right and as it is wished.

    Raises:
        DecodingError: a wish that contradicts itself, or a prompt that no tune begins with.
    """
    if not wish.prompt:
        return _language(run, wish)
    try:
        ids = tuple(run.codec.encode_text(wish.prompt).tolist())
        return _language(run, replace(wish, prompt=""), prompt=ids)
    except DecodingError:
        known = _read_prompt(wish)
    return _language(run, known.wish, unit_length=known.unit_length, opening=known.music)


def rewriting_language(run: Writing, before: str, bars: int, after: str) -> SpelledGrammar:
    """The constraint under which a stretch of a tune's bars is written anew, between what stays.

    Args:
        run: that writes.
        before: the tune up to the bar line before the stretch, that included.
        bars: how many whole bars the stretch has.
        after: the rest of the tune, from the bar line that ends the stretch.

    Raises:
        DecodingError: the tune is not of the run's language, or the stretch is none.
    """
    told = _read_prompt(Wish(prompt=before))
    grammar, _ = _grammar(run, told.wish, Free(), told.unit_length)
    codec = run.codec
    hole = HoleGrammar(grammar, _spelled(codec, before), bars, _spelled(codec, after) + _ending(codec))
    prompt = tuple(codec.encode_text(before).tolist())
    return SpelledGrammar(hole, codec.spellings(), codec.boundary, hole.distance, hole.start, prompt)


def _language(
    run: Writing, wish: Wish, prompt: tuple[int, ...] = (), unit_length: str = "", opening: str = ""
) -> SpelledGrammar:
    """The language of a wish; of a prompt in the run's own writing, or of music that follows any header."""
    spellings = run.codec.spellings()
    grammar, values = _grammar(run, wish, _plan(wish, run.shapes, fixed=opening != ""), unit_length, opening)
    if opening:
        _check_opening(grammar, values)
    given = "".join(spellings[symbol] for symbol in prompt)
    begun = grammar.walk(grammar.start(), given)

    def start(chance: float | None) -> AnyState:
        """After the prompt; where the form that is drawn doesn't go with it, in any form."""
        with suppress(DecodingError):
            return grammar.walk(grammar.start(chance), given)
        return begun

    return PlannedGrammar(grammar, spellings, run.codec.boundary, WayOut(grammar).characters, start, prompt)


def _grammar(
    run: Writing, wish: Wish, plan: Plan, unit_length: str = "", opening: str = ""
) -> tuple[BarGrammar, dict[str, tuple[str, ...]]]:
    """The grammar of a wish, and the values that its header's fields may have."""
    style, dialect, codec = run.style, run.dialect, run.codec
    values = style.values(wish.type, wish.meter, wish.key)
    if unit_length:
        values["L"] = (unit_length,)
    pitches = _pitches(wish)
    values = _possible(values, dialect, pitches, wish)
    if wish.title:
        values["T"] = (" ".join(wish.title.split()),)
    spelled = {value: _spelled(codec, value) for own in values.values() for value in own}
    values = {letter: tuple(spelled[value] for value in own) for letter, own in values.items()}
    wished = {"M", "K", *("T" if wish.title else ""), *("L" if unit_length else "")}
    if wish.type:
        wished.add(style.type_field or "R")
    fields = Fields(
        orders=_orders(style, wished),
        gaps=style.gaps,
        values=values,
        meanings={text: value for value, text in spelled.items()},
        numbered={style.type_field: style.type_suffix} if style.type_suffix else {},
        text=TitleSpelling(dialect.title_characters, dialect.title_pairs),
    )
    written = dialect.within("".join(codec.spellings()))
    return BarGrammar(fields, written, plan, pitches, _ending(codec), opening), values


def _ending(codec: Any) -> str:
    """What the language ends with, over this codec's symbols."""
    spellings = codec.spellings()
    return "".join(spellings[symbol] for symbol in codec.boundary) or END


def _check_opening(grammar: BarGrammar, values: dict[str, tuple[str, ...]]) -> None:
    """Refuses music that no tune of the language begins with, at the first character that leaves it."""
    head = Head(meter=values["M"][0], unit_length=values["L"][0], key=values["K"][0], plan=grammar.plan)
    state: AnyState | None = grammar.music(head)
    for place, char in enumerate(grammar.opening):
        state = grammar.step(state, char) if state is not None else None
        if state is None:
            before, line = grammar.opening[:place], grammar.opening.count("\n", 0, place) + 1
            raise DecodingError(
                f"the prompt's music leaves what this run can write: line {line}, after {before[-20:]!r} there can't "
                f"be {char!r}; bars must be full, and what the run has never seen is no part of its language"
            )


def _orders(style: HeaderStyle, letters: set[str]) -> tuple[str, ...]:
    """The orders of fields that headers with these fields have."""
    orders = [order for order in style.orders[:MOST_ORDERS] if letters <= set(order) and order.endswith("K")]
    chosen = orders or [style.order(letters)]
    known = ["".join(letter for letter in order if letter in KNOWN_FIELDS) for order in chosen]
    return tuple(dict.fromkeys(known))


def _pitches(wish: Wish) -> Pitches:
    if not wish.range:
        return Pitches(diatonic=wish.diatonic)
    limits = parse_range(wish.range)
    return Pitches(None, limits.lowest, limits.highest, wish.diatonic)


def _plan(wish: Wish, shapes: Shapes, fixed: bool) -> Plan:
    """How tunes are divided: like one of those learned from that is as it is wished, if there are any; else in any
    such way.

    Args:
        fixed: whether music is given already, with which not every form would go.
    """
    repeats = [part.times == 2 for part in parse_form(wish.form)] if wish.form else []
    if wish.form and wish.bars:
        parts = tuple(zip(share_bars(wish.bars, len(repeats)), repeats, strict=True))
        return Form(parts, shapes.line, on_tonic=shapes.on_tonic > 0.5)
    plan: Plan = Length.of(wish.bars) if wish.bars else Free()
    if wish.form:
        plan = Form(tuple((0, repeated) for repeated in repeats), on_tonic=shapes.on_tonic > 0.5)
    alike = shapes.like(repeats, wish.bars)
    return Drawn(alike, plan) if alike and not fixed else plan


def _possible(
    values: dict[str, tuple[str, ...]], dialect: Dialect, pitches: Pitches, wish: Wish
) -> dict[str, tuple[str, ...]]:
    """The meters and keys in which something can be written.

    Raises:
        DecodingError: there is none.
    """
    units = [parse_unit_length(text) for text in values["L"]]
    meters = [text for text in values["M"] if all(_is_whole(text, unit, dialect) for unit in units)]
    if not meters:
        raise DecodingError(
            f"meter '{wish.meter}': its bars can't be filled with the lengths that this run has learned"
            if wish.meter
            else "this run has learned no meter in which a bar can be right"
        )
    keys = [text for text in values["K"] if not pitches.limited or _sings(text, dialect, pitches)]
    if not keys:
        asked = [f"range {wish.range}"] if wish.range else []
        asked += ["diatonic"] if wish.diatonic else []
        raise DecodingError(f"{' and '.join(asked)}: no pitch of key '{wish.key or 'any'}' is within it")
    return {**values, "M": tuple(meters), "K": tuple(keys)}


def _is_whole(meter: str, unit: Any, dialect: Dialect) -> bool:
    measure = Measure(parse_meter(meter), unit, dialect)
    return measure.bar > 0 and measure.fills(measure.bar)


def _sings(key: str, dialect: Dialect, pitches: Pitches) -> bool:
    return bool(pitches.in_key(parse_key(key)).spellings(dialect))


def _spelled(codec: Any, text: str) -> str:
    """A text as the codec's symbols spell it."""
    spellings = codec.spellings()
    return "".join(spellings[symbol] for symbol in codec.encode_text(text).tolist())


def _read_prompt(wish: Wish) -> _Prompt:
    """The wishes that a prompt's header tells, and the music after it.

    Raises:
        DecodingError: it is no beginning of a tune.
    """
    lines = wish.prompt.split("\n")
    told: dict[str, str] = {}
    for number, line in enumerate(lines):
        match = _FIELD.match(line)
        if not match:
            raise DecodingError(
                f"the prompt's line {number + 1}, {line[:40]!r}, is no header field; expected the beginning of a tune: "
                "X:1, T:title, M:6/8, L:1/8, K:D, then music"
            )
        told.setdefault(match.group(1), match.group(2).strip())
        if match.group(1) == "K":
            break
    music = "\n".join(lines[len(told) if "K" in told else len(lines) :])
    if music and "M" not in told:
        raise DecodingError("the prompt has music and no meter before it; expected a line such as M:6/8 in its header")
    known = replace(
        wish, prompt="", title=told.get("T", ""), type=told.get("R", ""), meter=told.get("M", ""), key=told.get("K", "")
    )
    unit = told.get("L", "1/8" if music else "")
    try:
        parse_unit_length(unit or "1/8")
    except InputError as error:
        raise DecodingError(f"the prompt: {error}") from None
    return _Prompt(known, unit, music)
