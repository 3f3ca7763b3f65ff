"""The corpus commands as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import own_tune
from tests.corpora.own_performances import own_maestro
from tests.test_cli import as_json, call
from tunewright.catalogue import parts
from tunewright.corpora import books
from tunewright.corpora.path import open_path
from tunewright.music.reader import read_tune
from tunewright.music.writer import write
from tunewright.run import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of tunes as a transcriber might put them, one of which can't be read."""
    folder = tmp_path / "tunes"
    folder.mkdir()
    for name, numbers in (("a", (1, 2)), ("b", (3,))):
        texts = [own_tune(number).replace("R:", "Z: id:xy-1\nR:").replace(":|\n", ":|!\n") for number in numbers]
        (folder / f"{name}.abc").write_text("\n\n".join([*texts, "X:9\nT:Nothing"][: len(texts) + (name == "b")]))
    return folder


def test_every_corpus_is_listed_with_what_it_is() -> None:
    lines = call("corpus", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [name if name != "path" else "PATH" for name in parts("corpus")]
    assert all(len(line.split()) > 3 for line in lines)
    assert any("O'Neill's Music of Ireland" in line for line in lines)


@pytest.mark.parametrize("command", ["show", "fetch"])
def test_source_licence_and_hash_are_told(command: str, own_file: Path) -> None:
    corpus = open_path(own_file)
    facts = {"name": corpus.name, "source": corpus.source, "licence": corpus.licence, "sha256": corpus.sha256}
    assert as_json(call("corpus", command, own_file, "--json")) == facts
    told = call("corpus", command, own_file).stdout
    assert all(f"{key:16} {value}" in told for key, value in facts.items())


def test_the_licence_of_a_book_is_shown() -> None:
    assert "transcribers' names" in as_json(call("corpus", "show", "airds", "--json"))["licence"]


def test_counts_and_what_was_skipped(folder: Path) -> None:
    stats = as_json(call("corpus", "stats", folder, "--json"))
    assert (stats["name"], stats["form"], stats["pieces"], stats["skipped"]) == (str(folder), "raw", 3, 1)
    assert sum(stats["splits"].values()) == 3
    (reason,) = stats["reasons"]
    assert reason.startswith("b.abc, line 11: no key")
    told = call("corpus", "stats", folder).stdout
    assert f"\n  {reason}\n" in told
    assert " training, " in told
    house = as_json(call("corpus", "stats", folder, "--form", "house", "--json"))
    assert house == {**stats, "form": "house"}


def test_a_folder_is_prepared_as_one_clean_book(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "book.abc"
    result = call("corpus", "prepare", folder, "--out", out)
    assert result.exit_code == 0
    assert "skipped: b.abc, line 11: no key" in result.stderr
    assert f"3 tunes in {out}, 1 skipped" in result.stderr
    written = [piece.text for piece in open_path(out).pieces]
    assert written == [write(read_tune(own_tune(number)), number) for number in (1, 2, 3)]
    assert call("check", out).exit_code == 0
    assert call("corpus", "prepare", folder, "--form", "raw", "--out", out).exit_code == 0
    assert [piece.text for piece in open_path(out).pieces] == [piece.text for piece in open_path(folder).pieces]


def test_counts_of_a_folder_of_performances(tmp_path: Path) -> None:
    own_maestro(tmp_path / "mine")
    stats = as_json(call("corpus", "stats", tmp_path / "mine", "--json"))
    assert stats["splits"] == {"training": 8, "validation": 2, "test": 2}
    assert (stats["files"], stats["clusters"], stats["skipped"]) == (12, 6, 0)
    assert set(stats["notes"]) == set(stats["hours"]) == {"train", "validation", "test"}
    told = call("corpus", "stats", tmp_path / "mine").stdout
    assert f"{stats['notes']['train']} train, " in told
    assert "CC BY-NC-SA 4.0" in call("corpus", "show", tmp_path / "mine").stdout


def test_an_audit_tells_what_held_out_tunes_share_with_the_learned(tiny_run: Run) -> None:
    told = as_json(call("corpus", "audit", tiny_run.folder, "--split", "validation", "--json"))
    assert (told["run"], told["split"], told["clean"]) == ("tiny", "validation", True)
    assert len(told["tunes"]) == sum(row["part"] == "validation" for row in tiny_run.split)
    printed = call("corpus", "audit", tiny_run.folder, "--split", "validation").stdout.splitlines()
    assert len(printed) == len(told["tunes"]) + 1
    assert printed[-1].endswith("clean")


def test_mistakes_give_one_line_and_exit_code_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "find_spec", lambda name: None)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "tune.abc").write_text(own_tune(1))
    own_maestro(tmp_path / "played")
    for arguments, message in (
        (["stats", tmp_path / "empty"], "no .abc file in it"),
        (["show", "oneills"], "need an optional library: pip install 'tunewright[books]'"),
        (["audit", tmp_path / "empty"], "is no run"),
        (["prepare", tmp_path / "tune.abc", "--out", tmp_path / "file" / "book.abc"], "cannot write"),
        (["prepare", tmp_path / "tune.abc", "--out", tmp_path / "tune.abc"], "lies in what is read"),
        (["prepare", tmp_path / "played", "--out", tmp_path / "book.abc"], "holds performances, in MIDI"),
        (["stats", tmp_path / "played", "--form", "house"], "is a way to write tunes"),
        (["prepare", tmp_path, "--out", tmp_path / "book.abc"], "lies in what is read"),
    ):
        result = call("corpus", *arguments)
        assert result.exit_code == 2
        assert message in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert result.stdout == ""


def test_a_corpus_of_the_catalogue_comes_before_a_folder_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "airds").mkdir()
    (tmp_path / "airds" / "a.abc").write_text(own_tune(1))
    assert json.loads(call("corpus", "stats", "airds", "--json").stdout)["pieces"] > 1000
    assert json.loads(call("corpus", "stats", "./airds", "--json").stdout)["pieces"] == 1
