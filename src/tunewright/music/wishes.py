"""Whether a finished tune is what was wished for, told in a musician's words."""

from __future__ import annotations

from tunewright.music.fields import house_type
from tunewright.music.forms import form_name, form_of, parse_form, sections_of, share_bars
from tunewright.music.headers import canonical_key, canonical_meter
from tunewright.music.keys import house_key, signature
from tunewright.music.ranges import compass, parse_range, pitch_name, sounding
from tunewright.music.tune import SEMITONES, Key, Tune


def unmet(
    tune: Tune,
    *,
    type: str = "",
    meter: str = "",
    key: str = "",
    diatonic: bool = False,
    bars: int = 0,
    form: str = "",
    range: str = "",
) -> list[str]:
    """What of these wishes a tune doesn't meet, each in a sentence such as ``"bars: 18, wished 16"``.

    Meter and key are those at its start, whatever their spelling: ``C`` is 4/4, ``C|`` is 2/2. Bars and form are
    counted as :mod:`tunewright.music.forms` does; with both wished, the parts must share the bars as
    :func:`share_bars` says. Pitches are taken as notated, grace notes too.

    Args:
        diatonic: wishes that no pitch lies outside the seven of the key signature in force in its bar.
        range: as :func:`parse_range` reads it.

    Raises:
        DecodingError: a form or range that can't be read.
        InputError: a meter or key that can't be read.
    """
    found = [
        _differs("type", tune.type, house_type(type)),
        _differs("meter", canonical_meter(tune.meter.name), meter and canonical_meter(meter)),
        _differs("key", house_key(tune.key), key and canonical_key(key)),
        _outside_key(tune) if diatonic else "",
        *_shape(tune, bars, form),
        _outside_range(tune, range) if range else "",
    ]
    return [sentence for sentence in found if sentence]


def foreign_pitch_classes(key: Key) -> frozenset[int]:
    """The pitch classes (0 for C to 11 for B) outside a key's signature."""
    own = {(SEMITONES[step] + alteration) % 12 for step, alteration in signature(key).items()}
    return frozenset(range(12)) - own


def _differs(what: str, found: str, wished: str) -> str:
    return f"{what}: {found or 'none'}, wished {wished}" if wished and found != wished else ""


def _shape(tune: Tune, bars: int, form: str) -> list[str]:
    """What is wrong with the number of bars, the form, and how the parts share the bars."""
    sections = sections_of(tune)
    count = sum(section.bars for section in sections)
    found = [f"bars: {count}, wished {bars}"] if bars and count != bars else []
    if not form:
        return found
    parts = parse_form(form)
    if form_of(tune) != form_name(parts):
        return [*found, f"form: {form_of(tune) or 'none'}, wished {form_name(parts)}"]
    own = tuple(section.bars for section in sections)
    if bars and not found and own != share_bars(bars, len(parts)):
        return [f"bars of the parts: {_listed(own)}, wished {_listed(share_bars(bars, len(parts)))}"]
    return found


def _outside_key(tune: Tune) -> str:
    for bar in tune.bars:
        foreign = foreign_pitch_classes(bar.key)
        for pitch in sounding(bar.notes):
            if pitch.midi % 12 in foreign:
                return f"diatonic: {pitch_name(pitch)} in bar {bar.number} is outside {house_key(bar.key)}"
    return ""


def _outside_range(tune: Tune, text: str) -> str:
    wished, own = parse_range(text), compass(tune)
    if own is None or (own[0].midi in wished and own[1].midi in wished):
        return ""
    return f"range: {pitch_name(own[0])}-{pitch_name(own[1])}, wished {wished}"


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
