"""The command line as a user meets it: output, messages, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.conftest import own_tune
from tests.music.planting import written
from tests.rendering.performances import free_performance
from tunewright.cli import main
from tunewright.corpora.path import open_path
from tunewright.music.reader import read_tune
from tunewright.run import Run


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def as_json(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(result.stdout)
    return content


def test_compose_writes_everything(tiny_run: Run, tmp_path: Path) -> None:
    out = tmp_path / "tunes"
    arguments = [tiny_run.folder, "--count", 2, "--temperature", 0.5, "--seed", 3]
    told = as_json(call("compose", *arguments, "--out", out, "--json"))
    assert (told["run"], told["seed"], len(told["pieces"])) == ("tiny", 3, 2)
    for piece in told["pieces"]:
        assert piece["valid"]
        assert piece["problems"] == []
        assert {Path(name).suffix for name in piece["files"]} == {".abc", ".mid", ".wav", ".svg", ".png", ".json"}
        for name in piece["files"]:
            assert Path(name).stat().st_size > 50
        assert piece["originality"]["verdict"] == "original"
        assert piece["originality"] == piece["provenance"]["originality"]
    page = (out / "index.html").read_text()
    assert page.count('class="originality">Original, ') == 2
    assert page.count("Nearest known tune: ") == sum(bool(one["originality"]["nearest"]) for one in told["pieces"])
    assert page.count("<audio") == 2
    assert page.count("<svg") >= 2
    assert call("check", *out.glob("*.abc")).exit_code == 0
    replayed = as_json(call("compose", "--replay", *out.glob("01-*.json"), "--json"))
    assert replayed["pieces"][0]["text"] == told["pieces"][0]["text"] == next(out.glob("01-*.abc")).read_text()[:-1]
    assert replayed["seed"] == 3


def test_compose_prints_abc_without_out(tiny_run: Run) -> None:
    result = call("compose", tiny_run.folder, "--temperature", 0.5, "--type", "jig")
    assert result.exit_code == 0
    assert result.stdout.startswith("X:")
    assert "R:jig" in result.stdout


def test_originality_tells_copies_from_tunes(tiny_run: Run, own_file: Path, tmp_path: Path) -> None:
    known = tiny_run.index.known[3]
    (tmp_path / "copy.abc").write_text(written(read_tune(known.text), semitones=4))
    (tmp_path / "other.abc").write_text(own_tune(900) + "\n\n" + own_tune(901))
    told = as_json(call("originality", tmp_path, "--run", tiny_run.folder, "--json"))
    assert set(told) == {"run", "tunes", "failed"}
    assert [(Path(tune["file"]).name, tune["number"], tune["title"], tune["verdict"]) for tune in told["tunes"]] == [
        ("copy.abc", 1, "Planted", "near-copy"),
        ("other.abc", 900, "Own tune 900", "original"),
        ("other.abc", 901, "Own tune 901", "original"),
    ]
    copy, other, _ = told["tunes"]
    assert (copy["score"], copy["nearest"][0]["title"], copy["nearest"][0]["transposition"]) == (0, known.title, 4)
    assert copy["longest_run"]["tune"] == known.title
    assert {"score", "limit", "human_percentile", "bars_found", "found_anywhere", "title_known"} <= set(other)
    result = call("originality", tmp_path, "--run", tiny_run.folder)
    assert result.exit_code == 0
    assert "tune 1 'Planted': Near-copy, 0.00: 100 % of its notes" in result.stdout
    assert "3 tunes, 1 near-copies of what run tiny has learned from" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["originality", "nothing.abc"], "nothing.abc: No such file"),
        (["originality", "nothing.abc", "--run", "nowhere"], "nowhere is no run"),
        (["compose", "--min-originality", "2"], "originality 2.0: expected a share of the notes, 0 to 1"),
        (["compose", "nowhere"], "nowhere is no run"),
        (["compose", "--to", "ogg", "--out", "x"], "--to ogg: expected any of abc, mid, wav"),
        (["compose", "--top-p", "7"], "top-p 7.0: expected a probability"),
        (["compose", "--form", "ABA"], "form 'ABA': part A comes back after another"),
        (["compose", "--bars", "1", "--form", "AABB"], "bars 1 with form AABB: its 2 parts need at least 2 bars"),
        (["compose", "--range", "kazoo"], "range 'kazoo': expected two pitches such as 'D4-B5'"),
        (["compose", "--free", "--diatonic"], "--free switches off the constraint that --diatonic would need"),
        (["compose", "--masked", "--free"], "leave --free out"),
        (["compose", "--beams", "4", "--greedy"], "--beams 4 with --greedy"),
        (["compose", "--length-penalty", "2"], "length penalty 2.0 without beams"),
        (["train"], "train what?"),
        (["train", "bach"], "no recipe 'bach'; there are: irish, lab"),
        (["train", "lab", "--set", "training.speed=9"], "no setting 'training.speed'"),
        (["train", "lab", "--resume", "--seed", "3"], "--resume goes on with the run's own settings"),
        (["corpus", "stats", "nothing.abc"], "no corpus is called 'nothing.abc'"),
        (["check", "nothing.abc"], "nothing.abc: No such file"),
        (["evaluate", "nowhere"], "nowhere is no run"),
    ],
)
def test_a_mistake_gives_one_line_and_exit_code_2(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_the_missing_builtin_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tunewright.run.BUILTIN", tmp_path)
    result = call("compose")
    assert result.exit_code == 2
    assert "the built-in run is missing from this installation" in result.stderr


def test_train_evaluate_and_list(own_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs" / "mine"
    small = ["model.hidden_size=24", "training.batch_size=8", "training.length=50", "training.validate_every=10"]
    settings = [word for change in small for word in ("--set", change)]
    arguments = ["lab", "--corpus", own_file, "--iterations", 20, "--out", out, *settings]
    told = as_json(call("train", *arguments, "--json"))
    assert told["iterations"] == 20
    assert told["best"]["iteration"] in (10, 20)
    validation = as_json(call("evaluate", out, "--split", "validation", "--json"))
    assert told["form"] == validation["form"] == "raw"
    assert validation["bits_per_unit"] == pytest.approx(told["best"]["bits_per_unit"], rel=1e-6)
    assert set(validation) >= {"run", "on", "split", "unit", "units", "nats", "bits_per_unit", "sha256"}
    other = as_json(call("evaluate", out, "--on", own_file, "--split", "all", "--json"))
    assert other["pieces"] == 60
    known = tmp_path / "known.abc"  # alone, some of these would belong to the test part
    known.write_text("\n\n".join(piece.text for piece in open_path(own_file).pieces[:30]))
    result = call("evaluate", out, "--on", known, "--split", "test")
    unseen = call("evaluate", out, "--split", "test", "--json")
    assert result.exit_code == 2 or " test pieces of " in result.stdout
    assert json.loads(unseen.stdout)["left_out"] == 0
    assert f"of {own_file}, raw form" in call("evaluate", out, "--split", "all").stdout
    (listed,) = [line for line in call("runs", "--in", out.parent).stdout.splitlines() if "mine" in line]
    assert listed.endswith("raw form")
    assert call("train", *arguments).exit_code == 2


def test_check_tells_bar_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "two.abc"
    path.write_text(own_tune(1) + "\n\nX:2\nT:Wrong\nM:4/4\nL:1/8\nK:D\nABcd efga|ABcd efgab|A8|]\n")
    result = call("check", path, "--json")
    assert result.exit_code == 1
    good, bad = json.loads(result.stdout)["tunes"]
    assert good["valid"]
    assert (good["bars"], good["written_bars"], good["form"]) == (8, 8, "AABB")
    assert (bad["bars"], bad["form"], bad["lowest"], bad["highest"]) == (3, "A", "A4", "B5")
    assert not bad["valid"]
    lines = path.read_text().splitlines()
    (problem,) = bad["problems"]
    assert (problem["bar"], problem["message"]) == (2, "9 eighths where 8 fit")
    assert lines[problem["line"] - 1][problem["column"] - 1 :].startswith("ABcd efgab")
    told = call("check", path).stdout
    assert f"tune 2 'Wrong', bar 2, line {problem['line']} column 11: 9 eighths where 8 fit" in told


def test_check_counts_bars_as_musicians_do(tmp_path: Path) -> None:
    (tmp_path / "one.abc").write_text("X:1\nM:4/4\nL:1/8\nK:D\n|:A2|f8|[1g6:|[2a6|]B2|c8|d6|]\n")
    (tmp_path / "rests.abc").write_text("X:1\nM:4/4\nL:1/8\nK:D\nz8|z8|]\n")
    one, rests = json.loads(call("check", tmp_path, "--json").stdout)["tunes"]
    assert (one["bars"], one["written_bars"], one["form"]) == (4, 7, "AAB")
    assert (one["lowest"], one["highest"]) == ("A4", "A5")
    assert (rests["bars"], rests["form"], rests["lowest"], rests["highest"]) == (2, "A", None, None)


def test_check_goes_on_after_a_file_that_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "good.abc").write_text(own_tune(1))
    (tmp_path / "noise.abc").write_bytes(b"\0\1\2")
    result = call("check", tmp_path / "noise.abc", tmp_path / "good.abc", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 2
    assert [tune["valid"] for tune in told["tunes"]] == [True]
    assert "noise.abc" in told["failed"][0]
    below = json.loads(call("check", tmp_path, "--json").stdout)  # a folder is all that is below it
    assert (len(below["tunes"]), len(below["failed"])) == (1, 1)
    (tmp_path / "empty").mkdir()
    assert "no .abc file in it" in call("check", tmp_path / "empty").stderr


def test_render_counts_what_fails(tmp_path: Path) -> None:
    path = tmp_path / "two.abc"
    path.write_text(own_tune(1) + "\n\nX:2\nT:Empty\nK:D\n")
    result = call("render", path, "--to", "mid,musicxml,wav", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "'Empty'" in result.stderr
    assert len(list((tmp_path / "out").glob("01-*"))) == 3


def test_render_takes_performances_too_and_goes_on_after_bad_files(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "free.midi").write_bytes(free_performance(4).midi)
    (folder / "tune.abc").write_text(own_tune(1))
    (folder / "cut.mid").write_bytes(free_performance(4).midi[:60])
    out = tmp_path / "out"
    result = call("render", folder, tmp_path / "none.mid", "--to", "abc,mid,svg,musicxml", "--page", "--out", out)
    assert result.exit_code == 2
    for told in ("cut.mid: ", "none.mid: No such file", "a performance has no ABC", "played freely"):
        assert result.stderr.count(told) == 1, told
    assert "7 files" in result.stderr
    assert "4 failed" in result.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "01-free.mid", "01-free.svg",
        *(f"02-own-tune-1{suffix}" for suffix in (".abc", ".mid", ".musicxml", ".svg")), "index.html",
    ]  # fmt: skip
    assert (out / "01-free.mid").read_bytes() == free_performance(4).midi
    page = (out / "index.html").read_text()
    assert (page.count("<article"), page.count('<figure class="roll"'), page.count('<figure class="score"')) == (
        2,
        1,
        1,
    )


def test_render_gives_each_format_the_options_that_it_knows(tmp_path: Path) -> None:
    (tmp_path / "free.mid").write_bytes(free_performance(30).midi)
    arguments = ("render", tmp_path / "free.mid", "--to", "mid,svg,musicxml", "--out", tmp_path)
    result = call(*arguments, "--tempo", "72", "--from", "10", "--until", "20")
    assert result.exit_code == 0, result.stderr
    assert "0:10 to 0:20 of 0:30" in (tmp_path / "01-free.svg").read_text()
    assert "<per-minute>72</per-minute>" in (tmp_path / "01-free.musicxml").read_text()
    beyond = call(*arguments, "--from", "40")
    assert beyond.exit_code == 2
    assert "no note sounds from second 40 to the end" in beyond.stderr
    assert call(*arguments, "--tempo", "3").exit_code == 2


def test_recipes_are_listed() -> None:
    assert "lab-tensorflow" in call("recipes").stdout
