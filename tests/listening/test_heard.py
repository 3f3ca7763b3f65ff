"""What a report and the command line tell of what was heard."""

from __future__ import annotations

import json
import re
import shutil
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.listening.pages import REAL, answer, answered, named, tunes
from tunewright.cli import listening as command
from tunewright.cli import main
from tunewright.listening.answers import store
from tunewright.listening.page import FOLDER, PLACE, read_key, write_listening
from tunewright.listening.server import listening_server
from tunewright.messages import languages, load_messages
from tunewright.report.document import Block, Bullets, Paragraph, Table
from tunewright.report.heard import MOST_NOTES, subjective_quality
from tunewright.run import Run


def blocks(place: Path, language: str = "en") -> list[Block]:
    return list(subjective_quality(place, load_messages(language)))


def table(place: Path) -> Table:
    return next(block for block in blocks(place) if isinstance(block, Table))


def texts(place: Path) -> str:
    return "\n".join(block.text for block in blocks(place) if isinstance(block, Paragraph))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """That of a run with a page of six composed and six real tunes."""
    write_listening(tmp_path / FOLDER, tunes(6, 6, **{"model.hidden_size": 24}), load_messages("en"))
    return tmp_path


def test_without_answers_people_are_to_be_asked(place: Path, tmp_path: Path) -> None:
    for one in (place, tmp_path / "nowhere"):
        assert "Ask people: tunewright listen" in texts(one)


def test_the_table_says_why_there_is_no_interval(place: Path) -> None:
    folder = place / FOLDER
    for listener, score in enumerate((1, 3)):
        store(folder, answered(folder, {"machine": score, REAL: score + 1}, listener=str(listener)))
    assert list(table(place).rows) == [
        ["real tunes", "6", "12", "0", "3.00", "–", "–", "–"],
        ["machine", "6", "12", "0", "2.00", "–", "−1.00", "–"],
    ]
    assert "Below 5 tunes or 3 listeners" in texts(place)
    assert "(answers: 24, listeners: 2)" in texts(place)
    assert "drawn again until it was valid" in texts(place)


def test_with_enough_of_both_the_table_has_intervals(place: Path) -> None:
    folder = place / FOLDER
    for listener, score in enumerate((1, 3, 4)):
        given = answered(folder, {"machine": score, REAL: score + 1}, listener=str(listener))
        given["answers"][named(folder, "machine")[listener]]["score"] = 5
        store(folder, given)
    for row in table(place).rows:
        assert re.fullmatch(r"−?\d+\.\d\d – \d+\.\d\d", row[5])
    assert re.fullmatch(r"−\d\.\d\d – −?\d\.\d\d", table(place).rows[1][7])


def test_settings_have_their_names(tmp_path: Path) -> None:
    sizes = [tunes(1, 0, **{"model.hidden_size": size})[0] for size in (24, 48)]
    write_listening(tmp_path / FOLDER, sizes, load_messages("en"))
    store(tmp_path / FOLDER, answered(tmp_path / FOLDER, {"machine": 4}))
    assert [row[0] for row in table(tmp_path).rows] == ["machine", "hidden size 24", "hidden size 48"]


@pytest.mark.parametrize("language", languages())
def test_notes_name_their_tune_and_source_and_none_is_cut_unsaid(language: str, place: Path) -> None:
    folder = place / FOLDER
    names = named(folder, REAL) + named(folder, "machine")
    for number in range(3):
        store(folder, answer(folder, str(number), **{name: {"note": f"note {number}"} for name in names}))
    messages = load_messages(language)
    notes = next(block.items for block in blocks(place, language) if isinstance(block, Bullets))
    assert len(notes) == MOST_NOTES
    key = read_key(folder).items
    first = next(iter(key.values()))
    title = re.findall("T:(.*)", first.text)[0]
    source = messages("quality.real") if first.is_real else "machine"
    assert notes[0] == messages("quality.note", source=source, number=1, title=title, text="note 0")
    told = "\n".join(block.text for block in blocks(place, language) if isinstance(block, Paragraph))
    assert messages("quality.more", count=3 * 12 - MOST_NOTES, file=folder / "answers.jsonl") in told


def invoke(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


def test_a_page_that_was_written_elsewhere_is_found(tiny_run: Run, tmp_path: Path) -> None:
    mine, other, page = tmp_path / "mine", tmp_path / "other", tmp_path / "pages" / "1"
    for place in (mine, other):
        shutil.copytree(tiny_run.folder, place)
    invoke("listen", mine, other, "--count", 1, "--out", page)
    store(page, answered(page, {"mine": 2, "other": 4, REAL: 5}))
    for place in (mine, other):
        assert [row[0] for row in table(place).rows] == ["real tunes", "mine", "other"]
    # Without --out it is the same page that is meant.
    told = json.loads(invoke("listen", mine, "--json").stdout)
    assert Path(told["page"]).resolve() == (page / "listening.html").resolve()
    assert [(one["source"], one["real"], one["answers"]) for one in told["verdicts"]] == [
        ("", True, 1), ("mine", False, 1), ("other", False, 1),
    ]  # fmt: skip
    assert "remembers where its latest page was written" in " ".join(invoke("listen", "--help").stdout.split())


def test_where_nothing_can_be_remembered_that_is_told(tiny_run: Run, tmp_path: Path) -> None:
    run = tmp_path / "mine"
    shutil.copytree(tiny_run.folder, run)
    (run / PLACE).mkdir()
    result = invoke("listen", run, "--count", 1, "--out", tmp_path / "page")
    assert f"a report on {run} won't find this page" in result.stderr


def test_a_port_that_is_taken_now_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", lambda self: None)
    folder, told = place / FOLDER, list[str]()
    monkeypatch.setattr(command, "say", told.append)
    command._serve(folder, 0)
    assert len(told) == 1
    port = read_key(folder).port
    with listening_server(folder) as server:
        assert server.server_port == port
        command._serve(folder, 0)
    assert (
        told[1]
        == f"tunewright: port {port}, where this page was before, is taken; browsers don't know it at another one"
    )
