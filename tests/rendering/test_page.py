"""The page that shows and plays tunes: whole, offline, with every id its own."""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.conftest import BROWSER
from tests.rendering.performances import free_performance
from tunewright.contracts import Piece
from tunewright.music.performance import perform, timemap
from tunewright.music.reader import read_tune
from tunewright.rendering.page import Exhibit, Nearest, write_page
from tunewright.rendering.roll_image import LEFT, RIGHT, WIDTH
from tunewright.rendering.score import SvgRenderer
from tunewright.rendering.sound import MidiRenderer, WavRenderer

TUNES = {
    "first tune": "X:1\nT:First & <b>Foremost</b>\nR:jig\nM:6/8\nL:1/8\nK:G\n|:GAB d2B|[Gc]3 B3:|",
    "second": "X:2\nT:{{SCRIPT}} </script>\nR:reel\nM:4/4\nL:1/8\nK:D\nd2fd Adfd|e4 d4|]",
}
VOID = {"meta", "link", "br", "hr", "img", "input", "source", "wbr"}


class Reader(HTMLParser):
    """Collects what a browser would see, and that every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.setdefault(self.open[-1], []).append(data)

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


def exhibit(folder: Path, stem: str, recorded: bool = True) -> Exhibit:
    text = TUNES[stem]
    piece, tune = Piece("", text, "a test"), read_tune(text)
    (folder / f"{stem}.abc").write_text(text)
    svg = SvgRenderer()(piece, folder / f"{stem}.svg")
    wav = WavRenderer()(piece, folder / f"{stem}.wav") if recorded else None
    mid = MidiRenderer()(piece, folder / f"{stem}.mid") if recorded else None
    facts = {"type": tune.type, "key": tune.key.name, "seed": "7 < 8"}
    return Exhibit(
        title=tune.title,
        stem=stem,
        facts=facts,
        svg=svg,
        wav=wav,
        mid=mid,
        abc=text,
        timemap=timemap(perform(tune)),
        originality="Original, 0.80: 20 % of its notes < all.",
        nearest=nearest(folder) if recorded else None,
    )


def nearest(folder: Path) -> Nearest:
    """A known tune with a hostile title, three notes of which are those of the first tune."""
    svg = SvgRenderer()(Piece("", TUNES["second"], "a test"), folder / "known.svg").read_text()
    shared, shared_there = ["n1", "n2"], ["n2", "n3", "n4"]
    return Nearest(title="<i>Known</i>", told="Shares & more.", svg=svg, shared=shared, shared_there=shared_there)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    return write_page(folder, [exhibit(folder, stem) for stem in TUNES], "Two tunes & more", "made in a test")


@pytest.fixture(scope="module")
def read(page: Path) -> Reader:
    reader = Reader()
    reader.feed(page.read_text())
    assert reader.open == []
    return reader


def test_titles_facts_and_text_are_shown_as_written(read: Reader) -> None:
    assert read.texts["h1"] == ["Two tunes & more"]
    assert "".join(read.texts["h2"]) == "First & <b>Foremost</b>{{SCRIPT}} </script>"
    assert read.texts["dd"][:3] == ["jig", "G", "7 < 8"]
    assert read.texts["code"] == list(TUNES.values())


def test_ids_are_unique_and_every_reference_finds_one(read: Reader) -> None:
    ids = read.values("id")
    assert len(ids) == len(set(ids))
    references = [value[1:] for name in ("href", "xlink:href") for value in read.values(name) if value[:1] == "#"]
    assert references
    assert set(references) <= set(ids)


def test_every_moment_of_the_timemap_finds_its_note(page: Path, read: Reader) -> None:
    maps = re.findall(r'class="timemap">(.*?)</script>', page.read_text())
    assert len(maps) == 2
    for number, moments in enumerate(map(json.loads, maps), 1):
        assert {identity for identity, *_ in moments} <= set(read.values("id"))
        assert all(identity.startswith(f"t{number}-n") and start < end for identity, start, end in moments)


def test_every_link_is_a_file_beside_the_page_and_nothing_comes_from_a_network(page: Path, read: Reader) -> None:
    sources = read.values("src")
    links = [value for value in read.values("href") if value[:1] != "#"]
    assert len(sources) == 2
    assert len(links) == 8
    assert all((page.parent / unquote(address)).is_file() for address in sources + links)
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", page.read_text()))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in page.read_text()


def test_the_score_has_no_second_title(page: Path) -> None:
    assert 'class="heading"' not in page.read_text()


def test_a_tune_that_was_not_recorded_has_no_player(tmp_path: Path) -> None:
    text = write_page(tmp_path, [exhibit(tmp_path, "second", recorded=False)]).read_text()
    assert "<audio" not in text
    assert "<svg" in text
    assert "MIDI</a>" not in text
    assert "ABC</a>" in text


def performance_exhibit(folder: Path) -> Exhibit:
    """A performance of three rows, recorded."""
    piece = free_performance(27)
    return Exhibit(
        title="Free & <easy>",
        stem="free",
        facts={"notes": "216"},
        svg=SvgRenderer()(piece, folder / "free.svg"),
        wav=WavRenderer()(piece, folder / "free.wav"),
        mid=MidiRenderer()(piece, folder / "free.mid"),
        abc="",
        timemap=[],
        originality="",
        nearest=None,
    )


def test_a_performance_is_shown_as_its_roll(tmp_path: Path) -> None:
    text = write_page(tmp_path, [performance_exhibit(tmp_path), exhibit(tmp_path, "second")]).read_text()
    read = Reader()
    read.feed(text)
    assert read.open == []
    ids = read.values("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in read.values("href") if value[:1] == "#"} <= set(ids)
    first = text[: text.index("</article>")]
    assert 'aria-label="Free &amp; &lt;easy&gt;, piano roll"' in first
    assert first.count('class="row"') == 3
    assert "Show ABC" not in first
    assert "originality" not in first[first.index("<article") :]
    assert [name in first for name in ("MIDI</a>", "WAV</a>", "SVG</a>", "ABC</a>")] == [True, True, True, False]


@pytest.mark.skipif(BROWSER is None, reason="no chromium to open the page with")
def test_a_browser_leads_a_line_over_the_roll_and_plays_from_where_it_is_clicked(tmp_path: Path) -> None:
    probe = """<script>
      const audio = document.querySelector("audio");
      let moment = 13;
      Object.defineProperty(audio, "currentTime", { get: () => moment, set: (value) => { moment = value; } });
      audio.play = () => {};
      audio.dispatchEvent(new Event("seeked"));
      const cursor = document.querySelector(".cursor"), rows = [...document.querySelectorAll("g.row")];
      const told = ["x1", "y1"].map((name) => cursor.getAttribute(name));
      const box = rows[2].querySelector("use").getBoundingClientRect();
      rows[2].dispatchEvent(new MouseEvent("click", { clientX: box.right - 0.01, clientY: box.top + 5 }));
      document.title = "led:" + [...told, rows[1].dataset.y, Math.round(moment * 10) / 10].join();
    </script>"""
    page = write_page(tmp_path, [performance_exhibit(tmp_path)])
    probed = page.with_name("roll.html")
    probed.write_text(page.read_text() + probe)
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
               "--dump-dom", probed.as_uri()]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    x, y, row, moment = (float(value) for value in re.findall(r"<title>led:(.*?)</title>", result.stdout)[0].split(","))
    assert x == pytest.approx(LEFT + 3 * (WIDTH - LEFT - RIGHT) / 10, abs=0.5)  # the second row begins at second 10
    assert y == row
    assert moment == pytest.approx(json.loads(re.findall(r'data-end="([\d.]+)"', page.read_text())[2]), abs=0.11)


def test_no_tunes_still_make_a_page(tmp_path: Path) -> None:
    assert "<article" not in write_page(tmp_path, []).read_text()


@pytest.mark.skipif(BROWSER is None, reason="no chromium to open the page with")
def test_a_browser_lights_the_notes_that_sound(page: Path) -> None:
    """As if the first recording stood at its third note: which signs does the page light?"""
    probe = """<script>
      const audio = document.querySelector("audio");
      Object.defineProperty(audio, "currentTime", { value: MOMENT });
      audio.dispatchEvent(new Event("seeked"));
      document.title = "lit:" + [...document.querySelectorAll(".lit")].map((sign) => sign.id).join();
    </script>"""
    first = json.loads(re.findall(r'class="timemap">(.*?)</script>', page.read_text())[0])
    identity, start, end = first[2]
    probed = page.with_name("probe.html")
    probed.write_text(page.read_text() + probe.replace("MOMENT", str((start + end) / 2)))
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
               "--dump-dom", probed.as_uri()]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert re.findall(r"<title>(.*?)</title>", result.stdout)[0] == f"lit:{identity}"


def test_the_nearest_known_tune_stands_beside_each_tune(page: Path, read: Reader, tmp_path: Path) -> None:
    assert read.texts["summary"].count("Nearest known tune: <i>Known</i>") == 2
    assert read.texts["p"].count("Original, 0.80: 20 % of its notes < all.") == 2
    assert read.texts["p"].count("Shares & more.") == 2
    assert read.values("aria-label").count("<i>Known</i>, score") == 2
    ids = set(read.values("id"))
    for number, shared in enumerate(read.values("data-shared"), 1):
        assert len(shared.split()) == 5
        assert set(shared.split()) <= ids
        assert all(one.startswith(f"t{number}-") for one in shared.split())
    alone = write_page(tmp_path, [exhibit(tmp_path, "second", recorded=False)]).read_text()
    assert "Nearest known tune" not in alone
    assert "Original, 0.80" in alone


@pytest.mark.skipif(BROWSER is None, reason="no chromium to open the page with")
def test_a_browser_marks_what_both_tunes_share_while_both_are_seen(page: Path) -> None:
    probe = """<script>
      const told = () => [...document.querySelectorAll(".shared")].map((sign) => sign.id).sort().join();
      const details = document.querySelector("details.nearest");
      const before = told();
      details.addEventListener("toggle", () => { document.title = `shared:${before}:${told()}`; });
      details.open = true;
    </script>"""
    probed = page.with_name("shared.html")
    probed.write_text(page.read_text() + probe)
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
               "--virtual-time-budget=2000", "--dump-dom", probed.as_uri()]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    marked = "t1-n1,t1-n2,t1-nearest-n2,t1-nearest-n3,t1-nearest-n4"
    assert re.findall(r"<title>(.*?)</title>", result.stdout)[0] == f"shared::{marked}"
