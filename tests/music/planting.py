"""Near-duplicates of a tune, made on purpose: transposed, barred anew, ornamented, cut short."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from tunewright.music.tune import SEMITONES, STEPS, Bar, Note, Tune

FIFTHS = "FCGDAEB"
MAJOR_KEYS = dict(zip(range(-7, 8), "Cb Gb Db Ab Eb Bb F C G D A E B F# C#".split(), strict=True))
EIGHTH, QUARTER = Fraction(1, 8), Fraction(1, 4)


@dataclass(frozen=True)
class Tone:
    """A spelled pitch: letter, semitones above it, scientific octave."""

    step: str
    alteration: int
    octave: int

    def neighbour(self, degrees: int) -> Tone:
        """The natural note so many letters higher."""
        index = STEPS.index(self.step) + degrees
        return Tone(STEPS[index % 7], 0, self.octave + index // 7)

    def transposed(self, semitones: int, fifths: int) -> Tone:
        """So many semitones higher, spelled so many places further round the circle of fifths."""
        place = FIFTHS.index(self.step) + 7 * self.alteration + fifths
        place += 12 if place < -7 else -12 if place > 13 else 0
        step, alteration = FIFTHS[place % 7], place // 7
        midi = 12 * (self.octave + 1) + SEMITONES[self.step] + self.alteration + semitones
        return Tone(step, alteration, (midi - alteration - SEMITONES[step]) // 12 - 1)

    def letter(self) -> str:
        """As ABC writes it, without accidental."""
        return self.step.lower() + "'" * (self.octave - 5) if self.octave > 4 else self.step + "," * (4 - self.octave)


@dataclass(frozen=True)
class Sound:
    """A note, chord or rest to be written, and what stands before it."""

    tones: tuple[Tone, ...]
    length: Fraction
    before: str = ""


Ornament = Callable[[Sound, random.Random], list[Sound]]


def written(
    tune: Tune,
    *,
    semitones: int = 0,
    shrink: int = 1,
    halved_bars: bool = False,
    first_part: bool = False,
    ornament: Ornament | None = None,
) -> str:
    """A tune as ABC again, with the same title each time.

    Args:
        semitones: how much higher, under the signature of its new key.
        shrink: lengths are divided by this.
        halved_bars: each bar is written as two.
        first_part: only this is kept.
        ornament: what becomes of each note.
    """
    fifths = (tune.key.fifths + 7 * semitones + 5) % 12 - 5
    chance = random.Random(tune.title)
    lines = []
    for bar in part_one(tune) if first_part else tune.bars:
        sounds = [sound_of(note, semitones, fifths - tune.key.fifths) for note in bar.notes]
        if ornament:
            sounds = [made for sound in sounds for made in ornament(sound, chance)]
        music = bar_text(sounds, fifths, shrink, bar.meter.bar_length / 2 if halved_bars else Fraction(0))
        lines.append(("|:" if bar.opens_repeat else "") + music + (":|" if bar.closes_repeat else "|"))
    meter = "2/4" if shrink == 2 or halved_bars else tune.meter.name
    return f"X:1\nT:Planted\nM:{meter}\nL:1/8\nK:{MAJOR_KEYS[fifths]}\n" + "\n".join(lines)


def part_one(tune: Tune) -> list[Bar]:
    """The bars up to the first double bar or end of a repeat after four whole ones, eight whole ones at most."""
    kept: list[Bar] = []
    for bar in tune.bars:
        kept.append(bar)
        whole = sum(2 * one.length >= one.meter.bar_length for one in kept)
        if whole == 8 or (whole >= 4 and (bar.closes_repeat or bar.line in ("||", "|]", "::"))):
            break
    return kept


def sound_of(note: Note, semitones: int, fifths: int) -> Sound:
    """A note, transposed."""
    tones = (Tone(pitch.step, pitch.alteration, pitch.octave) for pitch in note.pitches)
    return Sound(tuple(tone.transposed(semitones, fifths) for tone in tones), note.length)


def bar_text(sounds: list[Sound], fifths: int, shrink: int, half: Fraction) -> str:
    """One bar; with ``half`` above 0, a bar line comes before the first note from there on."""
    sharpened, flattened = FIFTHS[: max(fifths, 0)], FIFTHS[::-1][: max(-fifths, 0)]
    signature = {step: (step in sharpened) - (step in flattened) for step in STEPS}
    in_force, at, text = dict(signature), Fraction(0), ""
    for sound in sounds:
        if 0 < half <= at:
            text, half, in_force = text + "|", Fraction(0), dict(signature)
        names = ""
        for tone in sound.tones:
            if in_force[tone.step] != tone.alteration:
                in_force[tone.step] = tone.alteration
                names += ["=", "^", "^^", "__", "_"][tone.alteration]
            names += tone.letter()
        names = f"[{names}]" if len(sound.tones) > 1 else names or "z"
        text += f"{sound.before}{names}{sound.length / shrink / EIGHTH} "
        at += sound.length
    return text


def figure(sound: Sound, chance: random.Random, *, shape: str, of: Fraction, share: float = 1.0) -> list[Sound]:
    """The beginning of a note, ``of`` this length, as a figure.

    Args:
        shape: each character a note of the figure, all equally long: ``=`` the note, ``+`` and ``-`` its neighbours.
        share: of the notes long enough that get one.
    """
    if len(sound.tones) != 1 or sound.length < of or chance.random() >= share:
        return [sound]
    (tone,) = sound.tones
    each = of / len(shape)
    degrees = {"=": 0, "+": 1, "-": -1}
    made = [Sound((tone.neighbour(degrees[mark]) if mark != "=" else tone,), each) for mark in shape]
    return [*made, Sound(sound.tones, sound.length - of)] if sound.length > of else made


def marked(sound: Sound, chance: random.Random, *, marks: tuple[str, ...]) -> list[Sound]:
    """A grace note or decoration before every note."""
    return [replace(sound, before=chance.choice(marks)) if sound.tones else sound]


ORNAMENTS: dict[str, Ornament] = {
    "grace notes": partial(marked, marks=("{c}", "{ef}", "{B}")),
    "decorations": partial(marked, marks=("~", "T", "M", ".", "!trill!")),
    "cuts": partial(figure, shape="=+==", of=QUARTER),
    "rolls": partial(figure, shape="=+=-", of=QUARTER),
    "triplets": partial(figure, shape="=+=", of=QUARTER),
    "trills": partial(figure, shape="=+=+", of=QUARTER),
    "trills from above": partial(figure, shape="+=+=", of=QUARTER),
    "appoggiaturas": partial(figure, shape="+===", of=QUARTER),
    "turned eighths": partial(figure, shape="=+", of=QUARTER),
    "passing sixteenths": partial(figure, shape="=-", of=EIGHTH, share=0.5),
    "cut eighths": partial(figure, shape="=+==", of=EIGHTH, share=0.6),
}

SAME_METER: dict[str, Callable[[Tune], str]] = {
    **{f"transposed by {steps}": partial(written, semitones=steps) for steps in range(1, 12)},
    **{name: partial(written, ornament=ornament) for name, ornament in ORNAMENTS.items()},
    "first part": partial(written, first_part=True),
    "transposed, with rolls": partial(written, semitones=5, ornament=ORNAMENTS["rolls"]),
    "transposed first part": partial(written, semitones=7, first_part=True),
}
"""Ways to disguise any tune."""

IN_TWO_FOUR: dict[str, Callable[[Tune], str]] = {
    "bars halved": partial(written, halved_bars=True),
    "lengths halved": partial(written, shrink=2),
    "bars halved, with cuts": partial(written, halved_bars=True, ornament=ORNAMENTS["cuts"]),
}
"""Ways to write a tune in 4/4 in 2/4."""
