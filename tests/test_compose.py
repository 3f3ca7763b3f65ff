from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tunewright.compose import compose, iterate, replay
from tunewright.composer import Tally
from tunewright.errors import DecodingError, InputError, RunError, SettingsError
from tunewright.evaluation.originality import NEAR_COPY, ORIGINAL, measure
from tunewright.evaluation.tune_index import Known
from tunewright.music.bars import check, is_valid
from tunewright.music.forms import whole_bars
from tunewright.music.pieces import house_text
from tunewright.music.reader import read_tune
from tunewright.music.tonic import tonic_ends
from tunewright.run import FORMAT, Run, builtin_run, open_corpus, open_run, text_sha256
from tunewright.tune_composer import TuneComposer
from tunewright.wish import MOST_BARS, Wish

PLAIN = Wish(temperature=0.5, seed=11)
COOL = replace(
    PLAIN, title="Own tune"
)  # a title of its own, so that none is drawn anew for having that of a known tune
PROMPT = "X:1\nT:a\nR:polka\nM:2/4\nL:1/8\nK:D\n"


@pytest.fixture
def any_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    """No tune is begun anew since a part doesn't end on the tonic."""
    monkeypatch.setattr("tunewright.tune_composer.PATIENCE", 0)


@pytest.mark.usefixtures("any_ending")
def test_only_right_tunes_come_out_and_the_first_attempt_will_do(tiny_run: Run) -> None:
    tally = Tally()
    compositions = compose(tiny_run, COOL, count=12, tally=tally)
    assert len({composition.piece.text for composition in compositions}) == 12
    for composition in compositions:
        assert check(read_tune(composition.piece.text)) == ()
        assert composition.problems == ()
        assert composition.provenance["constraint"]["kept"] == "redrawn"
    assert sum(composition.provenance["attempt"] for composition in compositions) == tally.rejected == 0


def test_the_same_pieces_alone_together_and_replayed(tiny_run: Run, tmp_path: Path) -> None:
    together = compose(tiny_run, COOL, count=8)
    for number, composition in enumerate(together):
        (alone,) = compose(tiny_run, COOL, count=1, first=number)
        assert alone == composition
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(composition.provenance))
        assert replay(path) == composition


def test_wishes_are_met(tiny_run: Run) -> None:
    wish = replace(COOL, type="jig", meter="6/8", key="Edor", title="The Wish")
    for composition in compose(tiny_run, wish, count=3):
        tune = read_tune(composition.piece.text)
        assert (tune.type, tune.meter.name, tune.key.name, tune.title) == ("jig", "6/8", "Edor", "The Wish")


@pytest.mark.parametrize(
    "wish",
    [
        {"type": "slide", "meter": "12/8", "key": "F#min"},  # of which the run knows neither letters nor meaning
        {"meter": "5/4", "key": "Ebphr"}, {"meter": "9/8", "type": "slip jig"}, {"meter": "C|"},
        {"bars": 16, "form": "AABB"}, {"bars": 7, "form": "AB"}, {"bars": 1}, {"bars": 33}, {"form": "AAB"},
        {"form": "ABCDEFGH", "bars": 8}, {"range": "D4-B4", "diatonic": True},
        {"range": "A4-A4", "key": "D", "bars": 4},
        {"diatonic": True, "key": "Edor"}, {"bars": 8, "masked": True, "range": "D whistle"},
    ],
)  # fmt: skip
@pytest.mark.usefixtures("any_ending")
def test_wishes_are_met_at_the_first_attempt(tiny_run: Run, wish: dict[str, Any]) -> None:
    tally, wished = Tally(), replace(COOL, **wish)
    for composition in compose(tiny_run, wished, count=4, tally=tally):
        tune = read_tune(composition.piece.text)
        assert wished.unmet(tune) == []
        assert check(tune) == ()
    assert tally.rejected == 0


@pytest.mark.slow
def test_as_many_bars_as_may_be_wished(tiny_run: Run) -> None:
    (composition,) = compose(tiny_run, replace(COOL, bars=MOST_BARS))
    assert whole_bars(read_tune(composition.piece.text)) == MOST_BARS


def test_masked_pieces_draw_nothing_in_vain(tiny_run: Run) -> None:
    for composition in compose(tiny_run, replace(COOL, masked=True), count=4):
        kept, drawn = composition.provenance["constraint"], composition.provenance["drawn"]
        assert kept == {"kept": "masked", "symbols_drawn": len(drawn) + 1, "bars_masked": 0}


def test_what_is_drawn_freely_is_told_to_be_wrong(tiny_run: Run) -> None:
    compositions = compose(tiny_run, Wish(free=True, temperature=1.0), count=20)
    assert {composition.provenance["constraint"]["kept"] for composition in compositions} == {"none"}
    wrong = [one for one in compositions if one.problems]
    assert 0 < len(wrong) < 20
    for one in compositions:
        assert bool(one.problems) == bool(
            [fault for fault in check(read_tune(one.piece.text)) if fault.severity != "note"]
        )


def test_a_free_wish_keeps_its_header(tiny_run: Run) -> None:
    wish = Wish(free=True, type="jig", meter="6/8", key="Amix", title="Free", temperature=0.7)
    for composition in compose(tiny_run, wish, count=4):
        tune = read_tune(composition.piece.text)
        assert (tune.type, tune.meter.name, tune.key.name, tune.title) == ("jig", "6/8", "Amix", "Free")


def test_tokens_drawn_freely_begin_as_the_run_has_learned() -> None:
    for composition in compose(builtin_run("irish"), Wish(free=True, type="jig", temperature=0.8, seed=1), count=4):
        head, _, music = composition.provenance["drawn"].partition("\nK:")
        assert re.fullmatch(r"X:1\nT:[^\n\]/|]+\nR:jig\nM:[^\n|]+\nL:1/8", head)
        assert music.count("|") > 8


def test_parts_end_on_the_tonic_nearly_as_often_as_in_the_book() -> None:
    run = builtin_run("irish")
    tally = Tally()
    found = list(iterate(run, Wish(seed=3), count=30, tally=tally))
    ends = [end for composition in found for end in tonic_ends(read_tune(composition.piece.text))]
    assert sum(ends) / len(ends) > run.shapes.on_tonic - 0.2  # 0.4 if it is left to the model
    assert tally.reasons["a part off its tonic"] > 0


# Prompts


def test_a_prompt_in_the_runs_own_writing_is_gone_on_with_to_the_letter(tiny_run: Run) -> None:
    header = PROMPT.replace("T:a", "T:Own tune 7")  # of letters that the run has seen in titles
    for prompt in ("X", "X:7", header, *[header + music for music in ("|:", "|:DE", "DE FG|AB", "|:DEFG|ABcd:|")]):
        (composition,) = compose(tiny_run, replace(PLAIN, prompt=prompt))
        assert composition.provenance["drawn"].startswith(prompt)
        assert check(read_tune(composition.piece.text)) == ()


def test_a_prompt_in_other_peoples_spelling_is_put_as_the_run_writes(tiny_run: Run) -> None:
    prompt = "X: 7\nT:Café\nM:2/4\nL:1/8\nK: D Major\n|:D E F G|"
    (composition,) = compose(tiny_run, replace(PLAIN, prompt=prompt))
    assert re.match(r"X:\d+\nT:Café\nR:\w+\nM:2/4\nL:1/8\nK:D\n\|:D E F G\|", composition.provenance["drawn"])
    assert composition.piece.text.startswith("X:1\nT:Café\n")


def test_a_prompt_goes_with_wishes_for_the_music(tiny_run: Run) -> None:
    wish = replace(PLAIN, prompt=PROMPT + "|:DEFG|A", bars=8, form="AABB", range="D4-B5", diatonic=True)
    for composition in compose(tiny_run, wish, count=3):
        tune = read_tune(composition.piece.text)
        assert wish.unmet(tune) == []
        assert "|:DEFG|A" in composition.piece.text


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"prompt": "garbage"}, "the prompt's line 1, 'garbage', is no header field"),
        ({"prompt": PROMPT + "[DF"}, "there can't be '['"),
        ({"prompt": PROMPT + "ABCDEFG"}, "after 'ABCD' there can't be 'E'; bars must be full"),
        ({"prompt": PROMPT + "|:D2 FG|"}, "after '|:D' there can't be '2'"),
        ({"prompt": "X:1\nT:a\nK:D\n|:A"}, "music and no meter before it"),
        ({"prompt": "X:1\nT:a\nM:fast\nK:D\n|:A"}, "'fast' is not a meter"),
        ({"prompt": "X:1\nT:a\nM:2/4\nL:0\nK:D\n|:A"}, "'0' is not a note length"),
        ({"prompt": "a" * 10**6}, "the prompt has 1000000 characters; expected at most 750"),
        ({"prompt": PROMPT + "|:D,EFG|", "range": "D4-B5"}, "there can't be ','"),
        ({"prompt": PROMPT + "|:DEFG|ABcd|defg:|", "bars": 2}, "after '|:DEFG|ABcd' there can't be '|'"),
        ({"prompt": PROMPT + "|:", "form": "AB"}, "after '' there can't be '|'"),
        ({"key": "H"}, "'H' is not a key"),
        ({"meter": "none"}, "free meter"),
        ({"range": "C2-C2"}, "range C2-C2: no pitch of key 'any' is within it"),
        ({"meter": "7/16"}, "meter '7/16': its bars can't be filled"),
    ],
)
def test_what_no_right_tune_begins_with_is_refused_at_once(tiny_run: Run, wish: dict[str, Any], message: str) -> None:
    tally = Tally()
    with pytest.raises(DecodingError, match=re.escape(message)):
        compose(tiny_run, replace(PLAIN, **wish), tally=tally)
    assert tally.rejected == 0


def test_half_a_chord_may_be_gone_on_with_freely(tiny_run: Run) -> None:
    (composition,) = compose(tiny_run, Wish(free=True, temperature=0.7, prompt=PROMPT + "|:[D"))
    assert composition.provenance["drawn"].startswith(PROMPT + "|:[D")


# Beams


def test_beams_find_the_likeliest_tunes_best_first(tiny_run: Run) -> None:
    wish = Wish(beams=5, bars=4)
    compositions = compose(tiny_run, wish, count=3)
    assert len({composition.piece.text for composition in compositions}) == 3
    for composition in compositions:
        assert wish.unmet(read_tune(composition.piece.text)) == []
        assert set(composition.provenance["constraint"]) == {"kept", "steps", "greedy_won"}
    values = [log_probability(tiny_run, composition.provenance["drawn"]) for composition in compositions]
    assert values == sorted(values, reverse=True)


def log_probability(run: Run, drawn: str) -> float:
    """Of a tune as it was drawn, by the run's model alone, divided by its length."""
    codec: Any = run.codec
    boundary, model = list(codec.boundary), run.model().for_inference()  # type: ignore[operator]
    ids = torch.tensor([*boundary, *codec.encode_text(drawn).tolist(), *boundary])
    with torch.inference_mode():
        logits, _ = model(ids[None, :-1], model.empty(1))
    chosen = logits[0].double().log_softmax(-1).gather(1, ids[1:, None])
    return float(chosen[len(boundary) - 1 :].mean())


def test_more_tunes_than_beams_are_refused(tiny_run: Run) -> None:
    with pytest.raises(DecodingError, match="--count 3 with --beams 2"):
        compose(tiny_run, Wish(beams=2), count=3)


def test_what_beams_find_is_replayed(tiny_run: Run, tmp_path: Path) -> None:
    for composition in compose(tiny_run, Wish(beams=4, bars=4, form="AABB"), count=2):
        path = tmp_path / "p.json"
        path.write_text(json.dumps(composition.provenance))
        assert replay(path) == composition


# Originality


def known_tune(run: Run, meter: str = "4/4") -> Known:
    return next(known for known in run.index.known if f"M:{meter}" in known.text)


def continued(known: Known) -> str:
    """A prompt that is a known tune but for its last bar."""
    return known.text[: known.text.rstrip("|]: \n").rindex("|") + 1].replace(f"T:{known.title}", "T:a")


def test_every_composition_tells_how_original_it_is(tiny_run: Run) -> None:
    for composition in compose(tiny_run, COOL, count=6):
        found = composition.originality
        assert found == measure(tiny_run.index, read_tune(composition.piece.text))
        assert found.verdict == ORIGINAL
        assert composition.provenance["originality"] == found.to_dict()


@pytest.fixture
def copying_run(tiny_run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of which every first attempt writes a known tune."""
    copy = known_tune(tiny_run).text.replace("T:Own", "T:Copied")
    drawn_text = TuneComposer.drawn_text

    def copied(self: TuneComposer, finished: Any) -> str:
        return drawn_text(self, finished) if finished.draw.attempt else copy

    monkeypatch.setattr(TuneComposer, "drawn_text", copied)
    return tiny_run


@pytest.mark.usefixtures("any_ending")
def test_near_copies_are_drawn_anew_and_counted(copying_run: Run) -> None:
    tally = Tally()
    together = compose(copying_run, COOL, count=3, tally=tally)
    assert tally.reasons == {"near-copy": 3}
    assert [one.provenance["attempt"] for one in together] == [1, 1, 1]
    assert [compose(copying_run, COOL, first=number)[0] for number in range(3)] == together


@pytest.mark.parametrize("how", [{"free": True}, {"greedy": True}, {"beams": 2, "temperature": 1.0}])
def test_what_is_drawn_freely_or_has_no_second_try_is_told_to_be_a_copy(copying_run: Run, how: dict[str, Any]) -> None:
    (composition,) = compose(copying_run, replace(COOL, **how))
    assert composition.originality.verdict == NEAR_COPY
    assert composition.originality.score == 0


def test_a_prompt_out_of_a_known_tune_does_not_make_a_copy(tiny_run: Run) -> None:
    known = known_tune(tiny_run)
    prompt = continued(known)
    (composition,) = compose(tiny_run, replace(PLAIN, prompt=prompt))
    given = len(read_tune(prompt).notes())
    tune = read_tune(composition.piece.text)
    assert measure(tiny_run.index, tune).verdict == NEAR_COPY
    assert composition.originality == measure(tiny_run.index, tune, given)


@pytest.mark.usefixtures("any_ending")
def test_as_original_as_wished(tiny_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = [one.originality.score for one in compose(tiny_run, COOL, count=12)]
    wished = sorted(scores)[6]
    tally = Tally()
    for composition in compose(tiny_run, replace(COOL, min_originality=wished), count=6, tally=tally):
        assert composition.originality.score >= wished
    assert tally.reasons["not as original as wished"] == tally.rejected
    monkeypatch.setattr("tunewright.composer.MOST_ATTEMPTS", 2)
    monkeypatch.setattr(TuneComposer, "drawn_text", lambda self, finished: known_tune(tiny_run).text)
    with pytest.raises(DecodingError, match=r"in 2 attempts \(not as original as wished: 2\)"):
        compose(tiny_run, replace(COOL, min_originality=0.9))


def test_known_titles_are_drawn_anew_a_few_times_then_told(tiny_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    known = known_tune(tiny_run)
    tally = Tally()
    for composition in compose(tiny_run, replace(COOL, title=known.title), count=2, tally=tally):
        assert composition.originality.title_known == (known.origin,)
    assert tally.rejected == 0
    house = TuneComposer._house_text
    titled = lambda self, drawn, number: re.sub("T:.*", f"T:{known.title}", house(self, drawn, number))  # noqa: E731
    monkeypatch.setattr(TuneComposer, "_house_text", titled)
    (composition,) = compose(tiny_run, PLAIN, tally=tally)
    assert tally.reasons == {"title of a known tune": 3}
    assert composition.provenance["attempt"] == 3
    assert composition.originality.title_known == (known.origin,)


# What fails


@pytest.mark.usefixtures("any_ending")
def test_what_has_no_right_house_form_is_rejected_and_counted(tiny_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    forms: Iterator[str | InputError] = iter([InputError("other music"), "X:1\nM:4/4\nL:1/8\nK:D\nABcd efga|A2|A8|]"])

    def worse(text: str, number: int = 1) -> str:
        form = next(forms, house_text(text, number))
        if isinstance(form, InputError):
            raise form
        return form

    monkeypatch.setattr("tunewright.tune_composer.house_text", worse)
    tally = Tally()
    (other,) = compose(tiny_run, COOL, tally=tally)
    assert tally.reasons == {"no house form": 2}
    assert other.provenance["attempt"] == 2
    assert is_valid(read_tune(other.piece.text))


def test_rejected_attempts_are_tallied_by_reason(tiny_run: Run) -> None:
    tally = Tally()
    wild = Wish(free=True, temperature=3)
    compositions = compose(tiny_run, wild, count=4, tally=tally)
    assert sum(composition.provenance["attempt"] for composition in compositions) == tally.rejected > 0
    assert set(tally.reasons) <= {"no end", "no notes"}
    for number, composition in enumerate(compositions):
        assert compose(tiny_run, wild, count=1, first=number) == [composition]


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"temperature": 0.0}, "temperature 0.0"), ({"top_p": 0.0}, "top-p"), ({"min_p": 1.0}, "min-p"),
        ({"top_k": -1}, "top-k"),
        ({"min_originality": 1.1}, "originality 1.1: expected a share"),
        ({"seed": -1}, "seed"), ({"prompt": "X:1", "type": "jig"}, "already holds the header"),
    ],
)  # fmt: skip
def test_wishes_that_cannot_be_meant(wish: dict[str, object], message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        Wish(**wish)  # type: ignore[arg-type]


def test_filters_are_those_that_change_something_in_their_order() -> None:
    def names(wish: Wish) -> list[str]:
        return [f"{chosen.func.__name__}={chosen.keywords['value']}" for chosen in wish.filters()]  # type: ignore[attr-defined]

    assert names(Wish()) == ["temperature=0.85"]
    assert names(Wish(temperature=1)) == []
    everything = Wish(temperature=2, top_k=5, top_p=0.9, min_p=0.1, greedy=True)
    assert names(everything) == ["temperature=2", "top_k=5", "top_p=0.9", "min_p=0.1", "greedy=True"]


def test_greedy_pieces_are_all_alike(tiny_run: Run) -> None:
    drawn = {
        one.provenance["drawn"] for seed in (1, 2) for one in compose(tiny_run, Wish(greedy=True, seed=seed), count=2)
    }
    assert len(drawn) == 1


def test_a_hopeless_wish_ends(tiny_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunewright.composer.MOST_ATTEMPTS", 3)
    with pytest.raises(DecodingError, match="no whole tune with right bars in 3 attempts"):
        compose(tiny_run, Wish(free=True, temperature=100), count=30)


def test_a_provenance_that_is_none_or_of_another_tune(tiny_run: Run, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    for content in ("", "[]", "{}", '{"run": 3}'):
        path.write_text(content)
        with pytest.raises(InputError, match=r"p\.json"):
            replay(path)
    provenance = compose(tiny_run, COOL)[0].provenance
    path.write_text(json.dumps({**provenance, "sha256": "0"}))
    with pytest.raises(DecodingError, match="composes another tune"):
        replay(path)


def test_run_folders_are_whole_or_told(tiny_run: Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no run\.json"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(RunError, match="newer"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"format": FORMAT - 1}))
    with pytest.raises(RunError, match="older"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps({"format": FORMAT, "recipe": "", "corpus": {}}))
    with pytest.raises(RunError, match=r"lacks settings\.json"):
        assert open_run(tmp_path).settings


def test_the_index_leaves_out_what_was_held_out(tiny_run: Run) -> None:
    learned = tiny_run.part_pieces(open_corpus(tiny_run.settings), "training")
    assert [known.text for known in tiny_run.index.known] == [piece.text for piece in learned]


def test_a_run_knows_its_texts(tiny_run: Run) -> None:
    assert len({row["sha256"] for row in tiny_run.split}) == 60
    assert text_sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        (PROMPT + "DE FG|DE FGA|DE", "bar 2: 5 eighths where 4 fit"),
        (PROMPT + "DE FG|\n\nX:2\n", "blank line"),
        ("X:1\nT:" + "a" * 1000, "expected at most 750"),
        (PROMPT + "DE ?G|D", "bar 1: '?' means nothing here"),
    ],
)
def test_hopeless_prompts_are_refused_at_once(tiny_run: Run, prompt: str, message: str) -> None:
    with pytest.raises(DecodingError, match=re.escape(message)):
        compose(tiny_run, Wish(prompt=prompt))


def test_one_that_fails_takes_none_of_the_others_with_it(tiny_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunewright.composer.MOST_ATTEMPTS", 2)
    pieces = iterate(tiny_run, Wish(free=True, temperature=2), count=60)
    made = []
    with pytest.raises(DecodingError, match="in 2 attempts"):  # noqa: PT012
        while True:
            made.append(next(pieces))
    assert made


@pytest.mark.parametrize(
    "name", ["run.json", "codec.json", "style.json", "settings.json", "dialect.json", "shapes.json", "index.npz"]
)
@pytest.mark.parametrize("content", ["{", "[]", '{"codec": 3}'])
def test_a_damaged_run_is_told(tiny_run: Run, tmp_path: Path, name: str, content: str) -> None:
    folder = tmp_path / "run"
    shutil.copytree(tiny_run.folder, folder)
    (folder / name).write_text(content)
    with pytest.raises((RunError, SettingsError)):
        compose(open_run(folder), COOL)
