"""Our reading of a tune beside abc2midi's: the bars that either flags, the first note that differs, and why.

Every difference is put in a class of its own, a habit of one of the two that a test can see: what no class explains is
called unexplained. abc2midi counts bars as it plays them and points at the bar line where it has counted too many or
too few. We judge bars as they are written, with the partner that completes them, and make a mere note of what is right
on paper and odd to play. So the bar that one flags may be played just before or after the bar that the other flags.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

from tests.music import abc2midi
from tests.music.abc2midi import Remark, Sound
from tunewright.music.playing_order import play_order
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune

PASSAGE = 6
"""So many notes alike are the same passage."""
SAME, NEIGHBOUR, NOTED, UNEXPLAINED = "the same bar", "a neighbour as played", "a note", "unexplained"

THEIRS = {
    "two bar lines": "it reads :||, or || at a line's end and | at the next, as two: a short bar is due at the second",
    "voices": "where V: names voices it adds no missing |:, and counts otherwise",
    "count begun anew": "after an ending or |], or at | before |:, it doesn't carry a short bar over to its pickup",
    "parts": "with P: it doesn't carry a short bar at :| back to the pickup",
    "change of meter": "it carries a short bar over M:, and repeats a part in the meter that the part ended with",
    "last bar": "it checks a last bar that a plain bar line ends by itself: its other half is the first bar's pickup",
    "ornament": "a roll or trill that it writes out doesn't fill the time of its note",
    "other notes": "it has lost notes of that bar, or not applied their lengths",
    "other order": "it repeats other bars than we do, and counts across",
}
OURS = {
    "first bar": "it never checks the first bar unless that is repeated",
    "after the first bar": "it carries nothing out of the first bar, not even a pickup before |:",
    "last bar": "it never checks a last bar without repeat: nothing ends its count",
    "notation": "what stands there can't be read, though the bar's length may be right",
    "other notes": "it has read other notes in that bar",
    "change of meter": "it finds the bar complete with a bar of another meter, or doesn't look",
    "other order": "it repeats other bars than we do",
}
NOTES = {
    "nothing played": "a blank line after K: ends the tune for it",
    "music after a field": "it drops music on the same line as M:",
    "missing repeat after endings": "after numbered endings it never again takes a part without |: for one to repeat",
    "missing repeat": "where |: is missing it goes back to another bar",
    "sign at the bar line": "it reads ||: or a sign in brackets at a bar line in its own way",
    "parts": "it plays another order of the parts of P:",
    "voices": "it adds no missing |: where there are several voices",
    "tuplet": "it counts (5, (7 and (9 in 3/4 as in compound time, and mistimes tuplets of unequal lengths",
    "broken rhythm": "it doesn't apply > between notes of unequal lengths",
    "chord or text": "it stumbles over a chord, an annotation or text in the music and loses notes",
    "key": "it doesn't read that key as we do",
    "accidental": "an accidental, or one of a grace note, lasts longer or shorter for it",
    "tie": "it ties, or fails to tie, notes across a repeat or of another pitch",
}


@dataclass(frozen=True)
class Comparison:
    """Where the two agree and differ on one tune.

    Attributes:
        tune: as we read it.
        theirs: each bar (by index) that abc2midi flags -> ``SAME`` or ``NEIGHBOUR`` where we find an error or a pickup,
            ``NOTED`` where we make a note of it or of its neighbour, else the class of the difference.
        ours: each bar that we flag, notes on its length included -> ``SAME``, ``NEIGHBOUR`` or the class.
        notes: class of the first difference in notes or times; empty where there is none.
        bar: index of the bar of that difference, if we play it.
    """

    tune: Tune
    theirs: dict[int, str]
    ours: dict[int, str]
    notes: str
    bar: int | None


def compare(text: str) -> Comparison:
    """Reads a tune with both."""
    return _Comparer(text, abc2midi.remarks(text), abc2midi.sounds(text)).compare()


def share_agreed(flags: Counter[str], but: Collection[str] = ()) -> float:
    """Share of one's flagged bars that the other flags, there or at a neighbour; ``but`` are classes left out."""
    agreed = flags[SAME] + flags[NEIGHBOUR] + flags[NOTED]
    counted = flags.total() - sum(flags[name] for name in but)
    return agreed / counted if counted else 1.0


class _Comparer:
    """What both found in one tune, and how they differ."""

    def __init__(self, text: str, found: list[Remark], sounds: list[Sound]) -> None:
        self.lines = text.split("\n")
        self.tune = read_tune(text)
        self.bars = self.tune.bars
        self.found, self.sounds = found, sounds
        self.notes = abc2midi.own_notes(self.tune)
        self.order = play_order(self.tune)
        self.flagged = abc2midi.flagged_bars(self.tune, found)
        self.own = abc2midi.own_flags(self.tune)
        self.noted = abc2midi.own_remarks(self.tune)
        self.difference = abc2midi.first_difference(self.notes, sounds)

    def compare(self) -> Comparison:
        bar, ours = self.bar_of_difference(), self.own | self.noted
        return Comparison(
            self.tune,
            {index: self.agreement_with_ours(index) or self.their_class(index) for index in sorted(self.flagged)},
            {index: self.agreement(index, {*self.flagged}) or self.our_class(index) for index in sorted(ours)},
            "" if self.difference is None else self.class_of_notes(self.difference, bar),
            bar,
        )

    # Bars

    def agreement(self, index: int, others: set[int]) -> str:
        if index in others:
            return SAME
        return NEIGHBOUR if self.neighbours(index) & others else ""

    def agreement_with_ours(self, index: int) -> str:
        return self.agreement(index, self.own) or (NOTED if self.agreement(index, self.noted) else "")

    def neighbours(self, index: int) -> set[int]:
        """Bars played straight before or after a bar in some pass, or written next to it."""
        pairs = list(zip(self.order, self.order[1:], strict=False))
        played = {b for a, b in pairs if a == index} | {a for a, b in pairs if b == index}
        return played | ({index - 1, index + 1} & set(range(len(self.bars))))

    def their_class(self, index: int) -> str:
        bar = self.bars[index]
        units = self.flagged[index].units or Fraction(0)
        near = [self.bars[other] for other in self.neighbours(index)]
        counted = units / bar.meter.unit if bar.meter.unit else units
        if len({other.meter for other in self.bars}) > 1:
            return "change of meter"
        if self.tune.part_order:
            return "parts"
        if any(re.search(r"(:\||\|\||\|\])[\s\\]*\|", self.written(other)) for other in (index - 1, index)):
            return "two bar lines"
        if any(line.startswith(("V:", "[V:")) for line in self.lines):
            return "voices"
        if self.stumbled(index):
            return "other notes"
        decorations = {name for other in (bar, *near) for note in other.notes for name in note.decorations}
        if counted != bar.length and {"trill", "roll"} & decorations:
            return "ornament"
        if index == len(self.bars) - 1 and not bar.closes_repeat:
            return "last bar"
        ends = [other for other in near if {bar.line, other.line} != {"|"} or bar.opens_repeat or other.opens_repeat]
        if counted == bar.length and bar.meter.bar_length in [bar.length + other.length for other in ends]:
            return "count begun anew"
        return "other order" if self.difference is not None else UNEXPLAINED

    def our_class(self, index: int) -> str:
        if any(problem.bar == index + 1 and problem.severity == "error" for problem in self.tune.problems):
            return "notation"
        if index == 0:
            return "first bar"
        if index == 1 and index in self.noted:
            return "after the first bar"
        if index == len(self.bars) - 1 and not self.bars[index].closes_repeat:
            return "last bar"
        if self.stumbled(index):
            return "other notes"
        if len({other.meter for other in self.bars}) > 1:
            return "change of meter"
        return "other order" if self.difference is not None else UNEXPLAINED

    def written(self, index: int) -> str:
        """The text of a bar, up to where the next begins."""
        if not 0 <= index < len(self.bars):
            return ""
        start = self.bars[index].position
        last = (len(self.lines), 10**6)
        line, column = self.bars[index + 1].position if index + 1 < len(self.bars) else last
        lines = [*self.lines[start.line - 1 : line - 1], self.lines[line - 1][: column - 1]]
        return "\n".join(lines)[start.column - 1 :]

    def stumbled(self, index: int, *words: str) -> bool:
        """Whether abc2midi remarked on anything but a bar's length, with one of these words, on the lines of a bar."""
        start = self.bars[index].position.line
        lines = range(start, start + self.written(index).count("\n") + 1)
        return any(
            remark.units is None and remark.line in lines and any(word in remark.message for word in words or STUMBLES)
            for remark in self.found
        )

    # Notes

    def bar_of_difference(self) -> int | None:
        if self.difference is None or self.difference >= len(self.notes):
            return None
        identity = self.notes[self.difference].identity
        return next(
            (index for index, bar in enumerate(self.bars) if any(n.identity == identity for n in bar.notes)), None
        )

    def class_of_notes(self, first: int, bar: int | None) -> str:
        if not self.sounds:
            return "nothing played"
        if any("is not a key" in problem.message for problem in self.tune.problems):
            return "key"
        if bar is not None and first < len(self.sounds) and self.stumbled(bar, "broken rhythm"):
            return "broken rhythm"
        if bar is not None and self.stumbled(bar):
            return "chord or text"
        alike = len(self.notes) == len(self.sounds)
        if bar is None or (self.goes_on_elsewhere(first) and not alike):
            return self.class_of_order()
        note = next(note for note in self.bars[bar].notes if note.identity == self.notes[first].identity)
        if note.tuplet:
            return "tuplet"
        own, sound = self.notes[first], self.sounds[first]
        if note.tied or (own.start, own.pitch) == (sound.onset, sound.pitch):
            return "tie"
        return self.class_of_pitch()

    def goes_on_elsewhere(self, first: int) -> bool:
        """Whether abc2midi goes on with notes that we play at another time, or ends."""
        following = [sound.pitch for sound in self.sounds[first : first + PASSAGE]]
        pitches = [note.pitch for note in self.notes]
        places = [*range(first - 3), *range(first + 4, len(pitches))]
        return not following or any(pitches[place : place + PASSAGE] == following for place in places)

    def class_of_pitch(self) -> str:
        apart = [abs(note.pitch - sound.pitch) for note, sound in zip(self.notes, self.sounds, strict=False)]
        if len(self.notes) != len(self.sounds) or max(apart) > 2:
            elsewhere = self.goes_on_elsewhere(self.difference or 0) or self.has_odd_sign()
            return self.class_of_order() if elsewhere else UNEXPLAINED
        return "key" if sum(map(bool, apart)) * 10 > len(apart) else "accidental"

    def class_of_order(self) -> str:
        if self.tune.part_order:
            return "parts"
        if self.tune.voices > 1:
            return "voices"
        if re.search(r"(?m)^M:[ \t]*\S+[ \t]+[^\s%]", "\n".join(self.lines)):
            return "music after a field"
        if any(bar.ending for bar in self.bars):
            return "missing repeat after endings"
        return "sign at the bar line" if self.has_odd_sign() else "missing repeat"

    def has_odd_sign(self) -> bool:
        return any(sign in line for line in self.lines for sign in ("||:", "[|]", "|:|", "|]|:"))


STUMBLES = (
    "broken rhythm", "Malformed", "Different length", "nested", "in chord", "Chord already",
    "reserved character k", "Unrecognized c", "not allowed", "ignored", "Cannot find note", "without matching", "grace",
)  # fmt: skip
