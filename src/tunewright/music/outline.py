"""A tune's melody without its rhythm, bars and repeats: what there is to show where the tune may not be given away."""

from __future__ import annotations

from tunewright.music.fingerprint import melody
from tunewright.music.keys import SIGN_OF, house_key, signature
from tunewright.music.tune import Tune

NOTES_IN_A_LINE = 16
FREE_METER = ("M:none", "L:1/4")


def outline(tune: Tune) -> str:
    """The pitches of a tune's melody in a row, none twice, as ABC in free meter."""
    notes = tune.notes()
    in_force = dict(signature(tune.key))
    written = []
    for index in melody(tune).notes:
        pitch = max(notes[index].pitches, key=lambda one: one.midi)
        sign = "" if pitch.alteration == in_force[pitch.step] else SIGN_OF[pitch.alteration]
        in_force[pitch.step] = pitch.alteration  # there is no bar line that would end it
        written.append(sign + pitch.letter)
    starts = range(0, len(written), NOTES_IN_A_LINE)
    lines = [" ".join(written[start : start + NOTES_IN_A_LINE]) for start in starts]
    header = ["X:1", f"T:{tune.title}", *FREE_METER, f"K:{house_key(tune.key)}"]
    return "\n".join([*header, *lines]) + " |]"


def is_outline(text: str) -> bool:
    """Whether a tune looks like what :func:`outline` writes."""
    return "\n".join(["", *FREE_METER, ""]) in text and text.count("|") == 1
