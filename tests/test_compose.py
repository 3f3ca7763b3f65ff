from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tunewright.compose import Tally, compose, iterate, replay
from tunewright.errors import DecodingError, InputError, RunError, SettingsError
from tunewright.music.bars import is_valid
from tunewright.music.pieces import house_text
from tunewright.music.reader import read_tune
from tunewright.run import FORMAT, Run, open_run, read_fingerprints, text_sha256, write_fingerprints
from tunewright.wish import Wish

COOL = Wish(temperature=0.5, seed=11)


def test_only_whole_right_tunes_come_out_and_the_rest_is_tallied(tiny_run: Run) -> None:
    tally = Tally()
    compositions = compose(tiny_run, COOL, count=6, tally=tally)
    assert len({composition.piece.text for composition in compositions}) == 6
    for composition in compositions:
        assert is_valid(read_tune(composition.piece.text))
        assert composition.problems == ()
    attempts = sum(composition.provenance["attempt"] for composition in compositions)
    assert tally.rejected == attempts


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


def test_a_prompt_is_continued_to_the_letter_and_written_in_house_form(tiny_run: Run) -> None:
    prompt = "X: 7\nT:Café\nZ: id:xy-polka-1\nM:2/4\nL:1/8\nK: D Major\n|:D E F G|!\n"
    (composition,) = compose(tiny_run, replace(COOL, prompt=prompt))
    assert composition.provenance["drawn"].startswith(prompt)
    assert composition.piece.text.startswith("X:1\nT:Café\nR:polka\nM:2/4\nL:1/8\nK:D\n|:D E F G|")


def test_what_has_no_right_house_form_is_rejected_and_counted(tiny_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compose(tiny_run, COOL)[0].provenance
    forms: Iterator[str | InputError] = iter([InputError("other music"), "X:1\nM:4/4\nL:1/8\nK:D\nABcd efga|A2|A8|]"])

    def worse(text: str, number: int = 1) -> str:
        form = next(forms, house_text(text, number))
        if isinstance(form, InputError):
            raise form
        return form

    monkeypatch.setattr("tunewright.compose.house_text", worse)
    tally = Tally()
    (other,) = compose(tiny_run, COOL, tally=tally)
    assert tally.reasons["no house form"] == 2
    assert other.provenance["attempt"] > first["attempt"] + 1
    assert is_valid(read_tune(other.piece.text))


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"temperature": 0.0}, "temperature 0.0"), ({"top_p": 0.0}, "top-p"), ({"min_p": 1.0}, "min-p"),
        ({"top_k": -1}, "top-k"),
        ({"seed": -1}, "seed"), ({"prompt": "X:1", "type": "jig"}, "already holds the header"),
    ],
)  # fmt: skip
def test_wishes_that_cannot_be_meant(wish: dict[str, object], message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        Wish(**wish)  # type: ignore[arg-type]


def test_filters_are_those_that_change_something_in_their_order() -> None:
    def names(wish: Wish) -> list[str]:
        return [f"{chosen.func.__name__}={chosen.keywords['value']}" for chosen in wish.filters()]  # type: ignore[attr-defined]

    assert names(Wish()) == ["temperature=0.8"]
    assert names(Wish(temperature=1)) == []
    everything = Wish(temperature=2, top_k=5, top_p=0.9, min_p=0.1, greedy=True)
    assert names(everything) == ["temperature=2", "top_k=5", "top_p=0.9", "min_p=0.1", "greedy=True"]


def test_greedy_pieces_are_all_alike_or_refused(tiny_run: Run) -> None:
    texts = set()
    for seed in (1, 2):
        try:
            texts |= {
                composition.piece.text for composition in compose(tiny_run, Wish(greedy=True, seed=seed), count=2)
            }
        except DecodingError as error:
            texts.add(str(error))
    assert len(texts) == 1


def test_a_hopeless_wish_ends(tiny_run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunewright.compose.MOST_ATTEMPTS", 40)
    with pytest.raises(DecodingError, match="no whole tune with right bars in 40 attempts"):
        compose(tiny_run, Wish(prompt="X:1\nT:a\nM:2/4\nL:1/8\nK:D\nABCDEFG"))


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


def test_fingerprints_leave_out_what_was_held_out(tiny_run: Run) -> None:
    kept = read_fingerprints(tiny_run.folder / "fingerprints.safetensors")
    assert len(kept) == sum(row["part"] == "training" for row in tiny_run.split)
    write_fingerprints(tiny_run.folder / "again.safetensors", [sorted(own) for own in kept])
    assert read_fingerprints(tiny_run.folder / "again.safetensors") == kept


def test_a_run_knows_its_texts(tiny_run: Run) -> None:
    assert len({row["sha256"] for row in tiny_run.split}) == 60
    assert text_sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


PROMPT = "X:1\nT:a\nR:polka\nM:2/4\nL:1/8\nK:D\n"


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
    monkeypatch.setattr("tunewright.compose.MOST_ATTEMPTS", 2)
    pieces = iterate(tiny_run, Wish(temperature=1.2), count=30)
    made = []
    with pytest.raises(DecodingError, match="in 2 attempts"):  # noqa: PT012
        while True:
            made.append(next(pieces))
    assert made


@pytest.mark.parametrize("name", ["run.json", "codec.json", "style.json", "settings.json"])
@pytest.mark.parametrize("content", ["{", "[]", '{"codec": 3}'])
def test_a_damaged_run_is_told(tiny_run: Run, tmp_path: Path, name: str, content: str) -> None:
    folder = tmp_path / "run"
    shutil.copytree(tiny_run.folder, folder)
    (folder / name).write_text(content)
    with pytest.raises((RunError, SettingsError)):
        compose(open_run(folder), COOL)
