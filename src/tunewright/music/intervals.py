"""How pitches, keys and chord symbols move by an interval, and which key a fiddler would choose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from tunewright.errors import InputError
from tunewright.music.keys import NO_KEY, SIGN_OF, parse_key, signature
from tunewright.music.ranges import pitch_name
from tunewright.music.segments import HIGHEST_OCTAVE
from tunewright.music.tune import SEMITONES, STEPS, Key, Pitch

MOST_ACCIDENTALS = 6
PIPES = ("HP", "Hp")
_KEY_ACCIDENTAL = re.compile(r"(?<!\S)[a-z]+=\S*|(?:\^\^?|__?|=)([A-Ga-g])")  # clef=alto holds none
_TONIC = re.compile(r"[A-G][#b]?")
_CHORD_ROOT = re.compile(r'(^"\s*\(?|/)([A-G][#b]?)')


class Interval(NamedTuple):
    """By how much a pitch rises: in semitones, and in letters."""

    semitones: int
    letters: int


class Change(NamedTuple):
    """What becomes of a key.

    Attributes:
        value: of the new ``K:`` field.
        interval: by which its pitches move.
        before: signature of the old key, as :func:`~tunewright.music.keys.signature` gives it.
        after: signature of the new one.
        fits: every letter's alteration moves with it, as no ``K:none`` can do.
    """

    value: str
    interval: Interval
    before: Mapping[str, int]
    after: Mapping[str, int]
    fits: bool


def read_key(value: str) -> Key | None:
    """The key that a ``K:`` field names; None where it names none."""
    try:
        return parse_key(value)
    except InputError:
        return None


def fifths_of(key: Key) -> int:
    """Sharps (positive) or flats (negative) of a key; where it lists them itself, those that its tonic has else."""
    if key.mode != "none":
        return key.fifths
    return parse_key(key.name).fifths if _TONIC.match(key.name) else sum(signature(key).values())


def usual_fifths(fifths: int, semitones: int) -> int:
    """By how many fifths a key moves to the spelling with the fewest accidentals; of six sharps or flats, to sharps."""
    return (fifths + 7 * semitones + 5) % 12 - 5 - fifths


@lru_cache(maxsize=4096)
def change_of(value: str, semitones: int, fifths: int) -> Change:
    """What becomes of a key, by the value of its ``K:`` field.

    Args:
        fifths: by how many the tune's first key moves; this one too, unless it would need too many accidentals.
    """
    key = read_key(value) or NO_KEY
    if abs(fifths_of(key) + fifths) > MOST_ACCIDENTALS:
        fifths = usual_fifths(fifths_of(key), semitones)
    interval = Interval(semitones, 4 * fifths - 7 * ((7 * fifths - semitones) // 12))
    wanted = _moved_signature(key, interval)
    moved = _moved_key(value, key, interval)
    after = signature(read_key(moved) or NO_KEY)
    return Change(moved, interval, signature(key), after, after == wanted and max(map(abs, after.values())) < 2)


def _moved_signature(key: Key, interval: Interval) -> dict[str, int]:
    places = {step: by_letter(step, 4, interval) for step in STEPS}
    return {place.step: signature(key)[step] + place.alteration for step, place in places.items()}


def _moved_key(value: str, key: Key, interval: Interval) -> str:
    """The value of a ``K:`` field, spelled as it was."""
    if key.name in PIPES:  # these pipes play in one key only
        return value.replace(key.name, _moved_name("D", interval), 1)
    wanted = _moved_signature(key, interval)

    def accidental(match: re.Match[str]) -> str:
        letter = match.group(1)
        if letter is None:
            return match.group()
        step = by_letter(letter.upper(), 4, interval).step
        return SIGN_OF.get(wanted[step], "") + (step.lower() if letter.islower() else step)

    value = _KEY_ACCIDENTAL.sub(accidental, value)
    tonic = _TONIC.match(key.name)
    if tonic:
        value = value.replace(tonic.group(), _moved_name(tonic.group(), interval), 1)
    if key.mode == "none" and key.accidentals:  # it lists them all
        found = signature(parse_key(value))
        value += "".join([f" {SIGN_OF[wanted[step]]}{step.lower()}" for step in STEPS if wanted[step] != found[step]])
    return value


@lru_cache(maxsize=1024)
def moved_chord(symbol: str, interval: Interval) -> str:
    """A chord symbol in its quotation marks, such as ``"D/F#"``."""
    return _CHORD_ROOT.sub(lambda match: match.group(1) + _moved_name(match.group(2), interval), symbol)


def _moved_name(name: str, interval: Interval) -> str:
    """A tonic, or the root of a chord."""
    alteration = {"#": 1, "b": -1}.get(name[1:], 0)
    return pitch_name(moved(Pitch(name[0], alteration, 4), interval))[:-1]


@lru_cache(maxsize=4096)
def moved(pitch: Pitch, interval: Interval, may_double: bool = False) -> Pitch:
    """A pitch in its new place, by another letter where it would need a double sharp or flat that it had not.

    Args:
        may_double: it may get one.

    Raises:
        InputError: as :func:`by_letter`.
    """
    place = by_letter(pitch.step, pitch.octave, interval)
    alteration = place.alteration + pitch.alteration
    if abs(alteration) > (2 if may_double else max(1, min(2, abs(pitch.alteration)))):
        letters = interval.letters + (1 if alteration > 0 else -1)
        return moved(pitch, Interval(interval.semitones, letters), may_double)
    return place._replace(alteration=alteration)


@lru_cache(maxsize=4096)
def by_letter(step: str, octave: int, interval: Interval) -> Pitch:
    """Where a letter moves, with the alteration that its natural has there.

    Raises:
        InputError: it is lower or higher than can be written and played.
    """
    octaves, index = divmod(STEPS.index(step) + interval.letters, len(STEPS))
    if not 0 <= octave + octaves <= HIGHEST_OCTAVE:
        raise InputError(f"{interval.semitones:+} semitones would take a note out of C0 to B8; expected fewer")
    raised = SEMITONES[step] + interval.semitones - SEMITONES[STEPS[index]] - 12 * octaves
    return Pitch(STEPS[index], raised, octave + octaves)
