"""Sets of tunes against a reference, from the library and from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import own_tune
from tests.test_cli import as_json, call
from tunewright.compare import TuneSet, compare, open_set, told
from tunewright.corpora.irish import IrishCorpus
from tunewright.corpora.split import split_pieces
from tunewright.errors import InputError, RunError, SettingsError
from tunewright.evaluation.statistics import FEATURES
from tunewright.run import Run

NAMES = [feature.name for feature in FEATURES]
PLAIN = "|:C8|D8|E8|F8:|\n|:C8|D8|E8|F8:|"


@pytest.fixture(scope="module")
def plain_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tunes that are nothing like our own, and one that can't be read."""
    path = tmp_path_factory.mktemp("plain") / "plain.abc"
    tunes = [f"X:{number}\nT:Plain {number}\nM:4/4\nL:1/8\nK:G\n{PLAIN}" for number in range(1, 21)]
    path.write_text("\n\n".join([*tunes, "X:21\nT:Nothing"]))
    return path


def facts(opened: TuneSet) -> tuple[str, str, str, int]:
    return opened.label, opened.source, opened.split, opened.statistics.tunes


def test_a_file_is_taken_whole_and_may_have_a_label_and_a_part(own_file: Path, tiny_run: Run) -> None:
    assert facts(open_set(str(own_file))) == (str(own_file), str(own_file), "all", 60)
    assert facts(open_set(f"mine={own_file}", "validation")) == ("mine", str(own_file), "all", 60)
    assert facts(open_set(str(own_file.parent))) == (str(own_file.parent), str(own_file.parent), "all", 60)
    test = sum(row["part"] == "test" for row in tiny_run.split)
    assert facts(open_set(f"mine={own_file}:test")) == ("mine", str(own_file), "test", test)


def test_a_path_with_an_equals_sign_is_a_path(own_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "temperature=1.abc"
    path.write_text(own_file.read_text())
    assert facts(open_set(str(path)))[:2] == (str(path), str(path))


def test_of_a_run_its_held_out_tunes_are_taken(tiny_run: Run) -> None:
    for split in ("test", "validation"):
        count = sum(row["part"] == split for row in tiny_run.split)
        assert facts(open_set(str(tiny_run.folder), split)) == (str(tiny_run.folder),) * 2 + (split, count)
    assert open_set(f"{tiny_run.folder}:all").statistics.tunes == 60
    held_out = sum(row["part"] != "training" for row in tiny_run.split)
    assert facts(open_set(f"a={tiny_run.folder}:held-out")) == ("a", str(tiny_run.folder), "held-out", held_out)


def test_of_a_corpus_a_part_is_taken(irish_corpus: IrishCorpus) -> None:
    counts = split_pieces(irish_corpus.pieces).counts()
    assert facts(open_set("irish")) == ("irish", "irish", "test", counts["test"])
    assert facts(open_set("lab=irish:validation")) == ("lab", "irish", "validation", counts["validation"])
    both = counts["test"] + counts["validation"]
    assert facts(open_set("irish:held-out")) == ("irish:held-out", "irish", "held-out", both)
    assert facts(open_set("mine=session")) == ("mine", "session", "test", counts["test"])


def test_what_can_not_be_opened_is_told(own_file: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no corpus is called 'nowhere'"):
        open_set("some=nowhere")
    one = tmp_path / "one.abc"
    one.write_text(own_tune(1))
    empty = next(part for part in ("test", "validation") if part not in split_of(one))
    with pytest.raises(InputError, match=f"there is no {empty} tune in it"):
        open_set(f"{one}:{empty}")
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(RunError):
        open_set(str(tmp_path))


def split_of(path: Path) -> set[str]:
    from tunewright.corpora.path import open_path

    return set(split_pieces(open_path(path).pieces).parts)


def test_a_set_is_compared_in_every_feature(own_file: Path, plain_file: Path, tmp_path: Path) -> None:
    sets = [open_set(f"own={own_file}"), open_set(f"plain={plain_file}")]
    result = compare(sets, open_set(str(own_file)), 100, 5, tmp_path / "p.png")
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert (tmp_path / "p.png").stat().st_size > 10_000
    assert (result["resamples"], result["seed"]) == (100, 5)
    assert result["reference"]["tunes"] == 60
    assert [(own["label"], own["tunes"], own["skipped"]) for own in result["sets"]] == [
        ("own", 60, 0),
        ("plain", 20, 1),
    ]
    assert [feature["name"] for feature in result["features"]] == NAMES
    repeated = result["features"][NAMES.index("repeated bars")]
    assert repeated["sets"]["plain"]["mean"] == 0.5
    assert repeated["sets"]["plain"]["size"] == 20
    assert repeated["sets"]["own"]["size"] == 30
    assert repeated["sets"]["plain"]["distance"]["low"] > repeated["sets"]["plain"]["halves"]["high"]
    (pair,) = result["closer"]
    assert (pair["first"], pair["second"]) == ("own", "plain")
    assert pair["differences"]["repeated bars"]["high"] < 0


def test_a_comparison_is_told_as_tables(own_file: Path, plain_file: Path) -> None:
    sets = [open_set(f"own={own_file}"), open_set(f"plain={plain_file}")]
    lines = list(told(compare(sets, open_set(f"books={own_file}"), 50)))
    assert lines[0] == "own (60 tunes) against books (60 tunes)"
    assert [line.split("  ")[1] for line in lines[2 : 2 + len(NAMES)]] == NAMES
    assert "plain (20 tunes, 1 skipped) against books (60 tunes)" in lines
    closer = next(line for line in lines if line.startswith("own is closer in"))
    assert "repeated bars" in closer
    assert lines[-1].endswith("undecided between own and plain")


def test_labels_and_pictures_have_their_limits(own_file: Path, tmp_path: Path) -> None:
    one = open_set(f"one={own_file}")
    with pytest.raises(SettingsError, match="a name of its own for each"):
        compare([one], one)
    sets = [TuneSet(str(number), "", "all", one.statistics) for number in range(6)]
    with pytest.raises(SettingsError, match="a picture of 6 sets: expected at most 5"):
        compare(sets, one, picture=tmp_path / "p.png")
    alone = tmp_path / "one.abc"
    alone.write_text(own_tune(1))
    with pytest.raises(InputError, match="at least 2 tunes"):
        compare([one], open_set(str(alone)))


def test_from_the_command_line(own_file: Path, plain_file: Path, tiny_run: Run, tmp_path: Path) -> None:
    arguments = ["corpus", "compare", f"plain={plain_file}", f"held={tiny_run.folder}", "--with", own_file]
    arguments += ["--resamples", 50, "--split", "all"]
    result = as_json(call(*arguments, "--seed", 2, "--json"))
    assert [(own["label"], own["split"], own["tunes"]) for own in result["sets"]] == [
        ("plain", "all", 20), ("held", "all", 60)
    ]  # fmt: skip
    assert result == as_json(call(*arguments, "--seed", 2, "--json"))
    shown = call(*arguments, "--picture", tmp_path / "p.png")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[0] == f"plain (20 tunes, 1 skipped) against {own_file} (60 tunes)"
    assert shown.stderr == f"picture: {tmp_path / 'p.png'}\n"
    assert (tmp_path / "p.png").exists()


def test_mistakes_give_one_line_and_exit_code_2(own_file: Path, tmp_path: Path) -> None:
    for arguments, message in (
        (["nowhere", "--with", own_file], "no corpus is called 'nowhere'"),
        ([own_file, "--with", own_file], "a name of its own for each"),
        ([f"a={own_file}", "--with", own_file, "--picture", own_file / "p.png", "--resamples", 2], "cannot write"),
    ):
        result = call("corpus", "compare", *arguments)
        assert result.exit_code == 2
        assert message in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert result.stdout == ""
