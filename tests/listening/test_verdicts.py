"""What answers come to: by real tunes, by sources, and by what a study varied."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.listening.pages import REAL, answer, answered, named, tune, tunes
from tunewright.errors import RunError
from tunewright.listening.answers import store
from tunewright.listening.page import read_key, write_listening
from tunewright.listening.tunes import Heard
from tunewright.listening.verdicts import Verdict, outcome
from tunewright.messages import load_messages


def by_name(folder: Path) -> dict[tuple[str, str, str], Verdict]:
    """Verdicts by source, setting and level; of real tunes the source is what these tests call it."""
    return {(REAL if one.is_real else one.source, one.setting, one.level): one for one in outcome(folder).verdicts}


def value(one: Verdict) -> float:
    assert one.mean is not None
    return round(one.mean.value, 9)


def test_without_a_page_there_is_no_verdict(tmp_path: Path, folder: Path) -> None:
    assert outcome(folder).verdicts == ()
    with pytest.raises(RunError, match="has no listening page"):
        outcome(tmp_path / "nowhere")


def test_answers_come_to_means_by_source(folder: Path) -> None:
    """A strict listener and a lenient one, who heard the real tunes not: their 2 and 4 are 3 on average, and that the
    strict one gave real tunes 5 says that the other would have given 7.
    """
    store(folder, answered(folder, {"machine": 2, REAL: 5}))
    store(folder, answered(folder, {"machine": 4}, listener="3-4"))
    found = outcome(folder)
    assert (found.answers, found.listeners) == (21, 2)
    real, composed = found.verdicts
    assert (real.is_real, real.source, real.tunes, real.answers, real.known) == (True, "", 3, 3, 0)
    assert (composed.is_real, composed.source, composed.tunes, composed.answers) == (False, "machine", 9, 18)
    assert value(composed) == 3
    assert value(real) == 6
    assert composed.difference is not None
    assert composed.difference.value == pytest.approx(-3)
    # Two listeners are too few to tell of others.
    assert composed.mean is not None
    assert composed.mean.interval is composed.difference.interval is None
    assert real.difference is None


def test_enough_listeners_and_tunes_have_an_interval(tmp_path: Path) -> None:
    write_listening(tmp_path, tunes(6, 6), load_messages("en"))
    for listener, score in enumerate((2, 3, 4)):
        given = answered(tmp_path, {"machine": score, REAL: score + 1}, listener=str(listener))
        given["answers"][named(tmp_path, "machine")[0]]["score"] = 5
        store(tmp_path, given)
    _, composed = outcome(tmp_path).verdicts
    assert composed.mean is not None
    assert composed.mean.interval is not None
    low, high = composed.mean.interval
    # Three people of whom one gives 2 and another 4 tell little of the next one; all of them like the real ones better.
    assert low < 2 < 4 < high
    assert composed.difference is not None
    assert composed.difference.interval is not None
    assert composed.difference.interval[1] - composed.difference.interval[0] < high - low


def test_a_run_that_is_called_real_is_no_real_tune(tmp_path: Path) -> None:
    made = [Heard("real", tune("Composed", 0)), Heard("", tune("Folk", 1), is_real=True)]
    write_listening(tmp_path, made, load_messages("en"))
    store(tmp_path, answered(tmp_path, {"real": 1, REAL: 5}))
    real, composed = outcome(tmp_path).verdicts
    assert (real.is_real, real.source, value(real)) == (True, "", 5)
    assert (composed.is_real, composed.source, value(composed)) == (False, "real", 1)


def test_known_tunes_are_counted_and_left_out(folder: Path) -> None:
    store(folder, answered(folder, {"machine": 2, REAL: 3}))
    known, other, alone = named(folder, REAL)
    store(
        folder,
        answer(
            folder, "1-2", **{
                known: {"score": 5, "known": True, "at": "2026-01-01"},
                other: {"score": 3, "known": False, "at": "2026-01-01"},
                alone: {"known": True, "at": "2026-01-01"},
            }
        ),
    )  # fmt: skip
    real, composed = outcome(folder).verdicts
    assert (real.tunes, real.answers, real.known, value(real)) == (1, 1, 2, 3)
    assert (composed.tunes, composed.answers, composed.known, value(composed)) == (9, 9, 0, 2)


def test_tunes_of_a_study_are_told_by_what_was_varied(tmp_path: Path) -> None:
    variants = [(size, warmth) for size in (24, 128, 48) for warmth in (0.7, 1.0)]
    made = [
        Heard("lab", tune(f"{size} {warmth}", at), settings={"model.hidden_size": size, "decoding.temperature": warmth})
        for at, (size, warmth) in enumerate(variants)
    ]
    write_listening(tmp_path, [*made, *tunes(0, 2)], load_messages("en"))
    scored = {"24": 1, "48": 3, "128": 5}
    given = answered(tmp_path, {"lab": 0, REAL: 4})
    for name, one in read_key(tmp_path).items.items():
        if not one.is_real:
            given["answers"][name]["score"] = scored[str(one.settings["model.hidden_size"])]
    store(tmp_path, given)
    found = by_name(tmp_path)
    assert list(found) == [
        (REAL, "", ""),
        ("lab", "", ""),
        *(("lab", "model.hidden_size", size) for size in ("24", "48", "128")),
        *(("lab", "decoding.temperature", warmth) for warmth in ("0.7", "1.0")),
    ]
    for size, score in scored.items():
        own = found["lab", "model.hidden_size", size]
        assert (own.tunes, own.answers, value(own)) == (2, 2, score)
    assert found["lab", "decoding.temperature", "0.7"].tunes == 3
    assert value(found["lab", "decoding.temperature", "0.7"]) == 3


def test_of_a_search_the_lower_half_is_told_beside_the_upper_one(tmp_path: Path) -> None:
    made = [Heard("search", tune(str(at), at), settings={"model.dropout": at / 10}) for at in range(9)]
    write_listening(tmp_path, made, load_messages("en"))
    store(tmp_path, answered(tmp_path, {"search": 3}))
    assert [(one.level, one.tunes) for one in outcome(tmp_path).verdicts] == [("", 9), ("≤ 0.4", 5), ("> 0.4", 4)]


def test_listeners_are_people_not_the_most_that_heard_one_tune(folder: Path) -> None:
    for number, name in enumerate(named(folder, "machine")[:4]):
        store(folder, answer(folder, f"listener {number % 2}", **{name: {"score": 3}}))
    store(folder, answer(folder, "silent", **{named(folder, REAL)[0]: {"note": "hm"}}))
    found = outcome(folder)
    assert (found.answers, found.listeners) == (4, 2)


def test_notes_are_told_with_their_tune_and_are_no_scores(folder: Path) -> None:
    given = answered(folder, {"machine": 3})
    first = named(folder, REAL)[0]
    given["answers"][first] = {"note": "lovely <b>\n\nand  slow"}
    store(folder, given)
    found = outcome(folder)
    assert [one.source for one in found.verdicts] == ["machine"]
    (note,) = found.notes
    assert note.heard.is_real
    assert note.title.startswith("Folk ")
    assert note.text == "lovely <b> and slow"
