"""What a page gives away, and what is kept beside it."""

from __future__ import annotations

import base64
import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from tests.listening.pages import items, tunes
from tunewright.errors import OutputError, RunError
from tunewright.files import write_whole
from tunewright.listening.page import FOLDER, KEY, PAGE, page_of, read_key, remember, write_listening
from tunewright.listening.tunes import Heard
from tunewright.messages import languages, load_messages
from tunewright.music.performance import Performance
from tunewright.rendering.sound import wav


def test_the_page_does_not_tell_what_is_which(folder: Path) -> None:
    page, key = (folder / PAGE).read_text(), read_key(folder)
    assert sorted(items(folder)) == sorted(key.items)
    assert len(items(folder)) == 12
    bare = re.sub(r'src="data:audio/wav;base64,[^"]+"', "", page)
    for word in ("Composed", "Folk", "machine", "real", KEY, "jig", "6/8"):
        assert word not in re.sub(r"(?s)<(style|script).*?</\1>", "", bare).replace("composed by a machine", "")
    # All that differs between two tunes of the page is their number, their name and their sound.
    articles = re.findall(r"(?s)<article.*?</article>", bare)
    plain = {re.sub(r"Tune \d+|[0-9a-f]{16}", "", one) for one in articles}
    assert len(articles) == 12
    assert len(plain) == 1


def test_the_order_is_not_that_of_any_seed(tmp_path: Path) -> None:
    orders, places = set(), Counter[int]()
    for number in range(30):
        folder = tmp_path / str(number)
        write_listening(folder, tunes(5, 1), load_messages("en"))
        key = read_key(folder).items
        order = [key[name].text for name in items(folder)]
        orders.add(tuple(order))
        places[next(at for at, text in enumerate(order) if "Folk" in text)] += 1
    assert len(orders) > 25
    assert len(places) >= 4
    assert list(key) == items(folder)


def test_a_page_is_not_written_over(folder: Path) -> None:
    with pytest.raises(RunError, match="holds a listening page already"):
        write_listening(folder, tunes(), load_messages("en"))


def test_a_key_tells_all_there_is_to_know(tmp_path: Path) -> None:
    made = [*tunes(2, 1, **{"model.hidden_size": 24, "decoding.free": True}), Heard("real", tunes(1)[0].text)]
    write_listening(tmp_path, made, load_messages("en"))
    key = read_key(tmp_path)
    assert sorted(key.items.values(), key=repr) == sorted(made, key=repr)
    assert key.port == 0


def test_a_page_that_was_half_written_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write_whole

    def full(path: Path, content: str | bytes) -> Path:
        if path.name == PAGE:
            raise OutputError("the disk is full")
        return whole(path, content)

    with monkeypatch.context() as patched:
        patched.setattr("tunewright.listening.page.write_whole", full)
        with pytest.raises(OutputError, match="the disk is full"):
            write_listening(tmp_path, tunes(), load_messages("en"))
    write_listening(tmp_path, tunes(), load_messages("en"))
    assert sorted(items(tmp_path)) == sorted(read_key(tmp_path).items)


@pytest.mark.parametrize("text", ["", "[]", '{"page": "1"}', '{"page": "1", "port": 0, "items": {"a": {"x": 1}}}'])
def test_a_damaged_key_is_told(text: str, folder: Path) -> None:
    (folder / KEY).write_text(text)
    with pytest.raises(RunError, match=r"key\.json is damaged"):
        read_key(folder)


@pytest.mark.parametrize("language", languages())
def test_pages_speak_their_language(language: str, tmp_path: Path) -> None:
    page = write_listening(tmp_path, tunes(), load_messages(language)).read_text()
    assert f'lang="{language}"' in page
    assert load_messages(language)("listening.title") in page
    assert "{{" not in page


def test_nothing_but_the_notes_tells_two_recordings_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither instrument nor, within a dance, tempo, whatever a tune says itself."""
    body = "M:6/8\nL:1/8\nK:D\n|:DEF GAB|D3 D3:|\n"
    headers = ["R:jig\n", "R:jig\nQ:3/8=40\n", "R:reel\n", "R:march\nQ:1/4=300\n", "R:ocarolan\n", ""]
    made = [Heard("machine", f"X:1\nT:{number}\n{header}{body}") for number, header in enumerate(headers)]
    played: list[Performance] = []

    def listened(performance: Performance) -> bytes:
        played.append(performance)
        return wav(performance)

    monkeypatch.setattr("tunewright.listening.page.wav", listened)
    write_listening(tmp_path, made, load_messages("en"))
    assert len({one.program for one in played}) == 1
    assert [one.tempo[1] for one in played] == [112, 112, 100, 60, 104, 112]
    sounds = re.findall(r'base64,([^"]+)"', (tmp_path / PAGE).read_text())
    assert sorted(Counter(sounds).values()) == [1, 1, 1, 3]
    assert base64.b64decode(sounds[0]).startswith(b"RIFF")


class Controls(HTMLParser):
    """Names of what can be pressed, played and written in."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.unnamed: list[str] = []
        self.groups, self.legends, self.labels = 0, 0, 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = bool(dict(attributes).get("aria-label")) or "label" in self.open
        if tag in ("input", "textarea", "audio") and not named:
            self.unnamed.append(tag)
        self.groups += tag == "fieldset"
        self.legends += tag == "legend" and self.open[-1] == "fieldset"
        if tag not in ("input", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_whatever_can_be_used_has_a_name(folder: Path) -> None:
    controls = Controls()
    controls.feed((folder / PAGE).read_text())
    assert controls.unnamed == []
    assert controls.groups == controls.legends == 2 * 12
    style = (files("tunewright.listening") / "page.css").read_text()
    for name in ("fieldset input", "audio", "textarea", "button"):
        assert f"{name}:focus-visible" in style


def test_a_run_remembers_where_its_page_is(tmp_path: Path) -> None:
    run, page, later = tmp_path / "runs" / "mine", tmp_path / "pages" / "1", tmp_path / "pages" / "2"
    assert page_of(run) is None
    for place in (page, later, run / FOLDER):
        write_listening(place, tunes(1, 1), load_messages("en"))
    assert page_of(run) == run / FOLDER
    for place in (page, later):
        remember(run, place)
        found = page_of(run)
        assert found is not None
        assert found.resolve() == place.resolve()
    # Both can be moved together; and what is gone is forgotten.
    shutil.copytree(tmp_path, tmp_path.parent / f"{tmp_path.name}-moved")
    found = page_of(tmp_path.parent / f"{tmp_path.name}-moved" / "runs" / "mine")
    assert found is not None
    assert found.resolve() == (tmp_path.parent / f"{tmp_path.name}-moved" / "pages" / "2").resolve()
    shutil.rmtree(later)
    assert page_of(run) == run / FOLDER
