"""What can be asked of a composition, checked as soon as it is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from tunewright import catalogue
from tunewright.contracts import Filter
from tunewright.errors import DecodingError, InputError
from tunewright.music.forms import parse_form
from tunewright.music.keys import house_key, parse_key
from tunewright.music.ranges import parse_range
from tunewright.music.tune import Key, Tune
from tunewright.music.wishes import foreign_pitch_classes, unmet

NEUTRAL = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "greedy": False}
"""The filters in their order, each with the value at which it changes nothing."""
OF_TUNES = ("type", "meter", "key", "title", "prompt", "bars", "form", "diatonic")
"""What only tunes can be asked for."""
OF_PERFORMANCES = ("primer", "primer_seconds", "length", "polyphony")
"""What only performances can be asked for."""
CONSTRAINED = ("bars", "form", "range", "diatonic", "masked", "polyphony")
"""What only the constraint can hold to."""
USUAL_TEMPERATURE = 0.85
MOST_BARS = 256
MOST_BEAMS = 256


@dataclass(frozen=True)
class Wish:
    """What is asked for. Empty means: as the model likes.

    Attributes:
        type: dance, e.g. ``"jig"``.
        meter: e.g. ``"6/8"``.
        key: e.g. ``"Edor"``.
        title: of the tune.
        prompt: ABC that the drawing begins with, to the letter (what is written is its house form); excludes the four
            above.
        temperature: 1 draws as the model predicts; below 1 more safely. Between 0.85 and 0.9 the built-in run's tunes
            are most like its book's.
        top_k: only the likeliest k symbols; 0 for all.
        top_p: only the likeliest symbols that reach this probability; 1 for all.
        min_p: only symbols at least this share as likely as the likeliest; 0 for all.
        greedy: always the likeliest symbol.
        seed: of everything random.
        bars: how many, as :func:`tunewright.music.forms.whole_bars` counts them; 0 for any number.
        form: e.g. ``"AABB"``, as :func:`tunewright.music.forms.parse_form` reads it.
        range: as notated, e.g. ``"D4-B5"`` or ``"D whistle"``; see :func:`tunewright.music.ranges.parse_range`.
        diatonic: no pitch outside the key signature.
        free: draws without the constraint that keeps bars right and these wishes.
        masked: the constraint rules out every symbol that may not come next, instead of drawing a wrong bar again.
        beams: looks for the likeliest tune, following so many candidates at a time; 0 draws at random.
        length_penalty: of beam search: a candidate's log-probability is divided by its length to this power.
        primer: the path of a MIDI file that a performance goes on from.
        primer_seconds: of the primer, from its beginning; 0 for all of it.
        length: of a performance, beyond its primer, e.g. ``"60 seconds"``, ``"500 notes"`` or ``"1024 events"``; as
            :func:`tunewright.decoding.midi_length.parse_length` reads it.
        polyphony: how many keys of a performance sound at once, at most; 0 for as many as pianists let ring.
        min_originality: the least score that will do (:class:`tunewright.evaluation.originality.Originality`), 0 to 1.
    """

    type: str = ""
    meter: str = ""
    key: str = ""
    title: str = ""
    prompt: str = ""
    temperature: float = USUAL_TEMPERATURE
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    greedy: bool = False
    seed: int = 0
    bars: int = 0
    form: str = ""
    range: str = ""
    diatonic: bool = False
    free: bool = False
    masked: bool = False
    beams: int = 0
    length_penalty: float = 1.0
    primer: str = ""
    primer_seconds: float = 0.0
    length: str = ""
    polyphony: int = 0
    min_originality: float = 0.0

    def __post_init__(self) -> None:
        self._check_drawing()
        if self.prompt and (self.type or self.meter or self.key or self.title):
            raise DecodingError("a prompt in ABC already holds the header: give it, or type, meter, key and title")
        if not _is_text(self.prompt + self.title):
            raise DecodingError("prompt and title must be text; this holds bytes that are none")
        self._check_free()
        self._check_shape()
        self._check_pitches()
        self._check_beams()
        self._check_primer()

    def filters(self) -> list[Filter]:
        """The filters that change anything, in their order; none for beam search, which draws nothing."""
        chosen = [name for name, neutral in NEUTRAL.items() if getattr(self, name) != neutral and not self.beams]
        return [partial(catalogue.find("filter", name), value=getattr(self, name)) for name in chosen]

    @property
    def names_title(self) -> bool:
        """Whether the title is asked for."""
        return bool(self.title) or "T:" in self.prompt

    @property
    def redraws(self) -> bool:
        """Whether what the run has nearly copied is drawn anew: not where that is wished or would be no other."""
        return not (self.free or self.greedy or self.beams)

    def refuse(self, names: Sequence[str], run: str, kind: str) -> None:
        """Refuses wishes that a run's pieces know nothing of.

        Raises:
            DecodingError: one of them is wished.
        """
        foreign = [name for name in names if getattr(self, name) != getattr(Wish, name)]
        if foreign:
            options = " and ".join(f"--{name.replace('_', '-')}" for name in foreign)
            raise DecodingError(f"run {run} composes {kind}s, which have no {options}: leave {options} out")

    def freed(self) -> Wish:
        """This wish without the constraint, and without what only that could hold to."""
        return replace(self, free=True, **{name: getattr(Wish, name) for name in CONSTRAINED})

    def unmet(self, tune: Tune) -> list[str]:
        """What of the wishes for its music a finished tune doesn't meet, a sentence each.

        Raises:
            DecodingError: a meter or key that can't be read.
        """
        try:
            return unmet(
                tune,
                type=self.type,
                meter=self.meter,
                key=self.key,
                diatonic=self.diatonic,
                bars=self.bars,
                form=self.form,
                range=self.range,
            )
        except InputError as error:
            raise DecodingError(str(error)) from None

    def _check_drawing(self) -> None:
        if not 0.01 <= self.temperature <= 100:
            raise DecodingError(f"temperature {self.temperature}: expected 0.01 to 100 (--greedy for none at all)")
        if not 0 < self.top_p <= 1:
            raise DecodingError(f"top-p {self.top_p}: expected a probability above 0 and up to 1")
        if not 0 <= self.min_p < 1:
            raise DecodingError(f"min-p {self.min_p}: expected a share from 0 to below 1")
        if self.top_k < 0:
            raise DecodingError(f"top-k {self.top_k}: expected a number of symbols, or 0 for all")
        if not 0 <= self.seed < 2**64:
            raise DecodingError(f"seed {self.seed}: expected a whole number from 0 to 2**64 - 1")
        if not 0 <= self.min_originality <= 1:
            raise DecodingError(f"originality {self.min_originality}: expected a share of the notes, 0 to 1")

    def _check_free(self) -> None:
        """Without the constraint, nothing holds to what only it can hold to."""
        names = [name for name in CONSTRAINED if getattr(self, name)]
        if self.free and names:
            wishes = " and ".join(f"--{name}" for name in names)
            raise DecodingError(f"--free switches off the constraint that {wishes} would need: leave --free out")

    def _check_shape(self) -> None:
        if not 0 <= self.bars <= MOST_BARS:
            raise DecodingError(f"bars {self.bars}: expected 1 to {MOST_BARS}, or 0 for any number")
        parts = parse_form(self.form) if self.form else ()
        if self.bars and self.bars < len(parts):
            raise DecodingError(
                f"bars {self.bars} with form {self.form}: its {len(parts)} parts need at least {len(parts)} bars"
            )

    def _check_pitches(self) -> None:
        if not self.range:
            return
        wished, key = parse_range(self.range), self._known_key()
        if self.diatonic and key:
            foreign = foreign_pitch_classes(key)
            if all(midi % 12 in foreign for midi in range(wished.lowest, wished.highest + 1)):
                raise DecodingError(
                    f"range {wished} with diatonic: it holds no pitch of {house_key(key)}; a wider range, another key, "
                    "or no --diatonic would do"
                )

    def _check_beams(self) -> None:
        if not 0 <= self.beams <= MOST_BEAMS:
            raise DecodingError(f"beams {self.beams}: expected 1 to {MOST_BEAMS}, or 0 for none")
        if not -10 <= self.length_penalty <= 10:
            raise DecodingError(f"length penalty {self.length_penalty}: expected -10 to 10; 1 is usual")
        if self.length_penalty != 1 and not self.beams:
            raise DecodingError(
                f"length penalty {self.length_penalty} without beams: it is for --beams, e.g. --beams 5"
            )
        neutral = {**NEUTRAL, "temperature": USUAL_TEMPERATURE}
        for name in NEUTRAL if self.beams else ():
            if getattr(self, name) not in (neutral[name], NEUTRAL[name]):
                option = f"--{name.replace('_', '-')}"
                raise DecodingError(
                    f"--beams {self.beams} with {option}: beam search looks for the likeliest tune and draws nothing; "
                    f"leave {option} out to search, or --beams to draw"
                )

    def _check_primer(self) -> None:
        if self.polyphony < 0:
            raise DecodingError(f"--polyphony {self.polyphony}: expected 1 or more, or 0 for the usual limit")
        if self.primer_seconds < 0:
            raise DecodingError(f"--primer-seconds {self.primer_seconds:g}: expected more than 0, or 0 for all of it")
        if self.primer_seconds and not self.primer:
            raise DecodingError(f"--primer-seconds {self.primer_seconds:g} without --primer: name a MIDI file with it")

    def _known_key(self) -> Key | None:
        """The key that is wished for or that the prompt's header tells; None where it is open or can't be read."""
        told = re.search(r"^K:(.*)\n", self.prompt, re.MULTILINE)
        text = self.key or (told.group(1) if told else "")
        with suppress(InputError):
            return parse_key(text) if text else None
        return None


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
