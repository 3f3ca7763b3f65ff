"""What is seen: SVG, PNG and PDF, and that one bad tune harms only itself."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from tunewright.contracts import Piece
from tunewright.errors import RenderingError
from tunewright.music.reader import read_tune
from tunewright.rendering import score
from tunewright.rendering.drawing import PNG_WIDTH, svg_to_png
from tunewright.rendering.musicxml import musicxml
from tunewright.rendering.score import PdfRenderer, PngRenderer, SvgRenderer, engrave, score_svg

JIG = Piece(
    "Made Up",
    "X:1\nT:Made Up & <Sound>\nC:A Tester\nR:jig\nM:6/8\nL:1/8\nQ:3/8=100\nK:Edor\n"
    '|:"Em"EFG B2A|{c}BAG F>ED|(3EFG A z2d|[EB]3-[EB]2 z:|\n|:e|efg fed|C9|1 e3 B3:|2 e3 z3|]',
    "a test",
)
EMPTY = Piece("Empty", "X:1\nT:Empty\nK:C\n", "a test")


def document(title: str = "t", body: str = "CDEF GABc|") -> str:
    return musicxml(read_tune(f"X:1\nT:{title}\nM:4/4\nL:1/8\nK:C\n{body}"))


def dark_pixels(picture: Image.Image) -> int:
    return sum(picture.convert("L").histogram()[:100])


def test_every_note_keeps_its_identity_in_the_svg() -> None:
    tune = read_tune(JIG.text)
    ids = {element.get("id") for element in ElementTree.fromstring(score_svg(tune)).iter()}
    assert {note.identity for note in tune.notes()} <= ids
    assert {f"{tune.bars[1].notes[0].identity}-grace1", f"{tune.bars[6].notes[0].identity}-part2"} <= ids


def test_the_svg_tells_title_type_and_composer_and_is_the_same_every_time(tmp_path: Path) -> None:
    svg = SvgRenderer()(JIG, tmp_path / "jig.svg").read_text()
    texts = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    words = ["".join(text.itertext()) for text in texts]
    assert words[:3] == ["Made Up & <Sound>", "jig", "A Tester"]
    assert "= 100" in words
    assert svg == SvgRenderer()(JIG, tmp_path / "again.svg").read_text()


def test_the_note_of_the_tempo_mark_is_drawn_without_a_music_font() -> None:
    assert not re.search(r"[\ue000-\uf8ff]|@font-face|Leipzig", score_svg(read_tune(JIG.text)))


def test_the_picture_has_its_width_and_music_on_white(tmp_path: Path) -> None:
    with Image.open(PngRenderer()(JIG, tmp_path / "jig.png")) as picture:
        assert picture.width == PNG_WIDTH
        assert 400 < picture.height < 1200
        assert picture.convert("L").getpixel((2, 2)) == 255
        assert dark_pixels(picture) > 10_000


@pytest.mark.parametrize("title", ["The Title", "Пісня"])
def test_the_title_shows_on_a_machine_without_fonts(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import resvg_py

    draw = resvg_py.svg_to_bytes
    monkeypatch.setattr(resvg_py, "svg_to_bytes", lambda **options: draw(skip_system_fonts=True, **options))
    titled, bare = (score_svg(read_tune(f"X:1\nT:{name}\nM:4/4\nL:1/8\nK:C\nCDEF|")) for name in (title, ""))
    titled_pixels, bare_pixels = (dark_pixels(Image.open(io.BytesIO(svg_to_png(svg)))) for svg in (titled, bare))
    assert titled_pixels > bare_pixels + 100 * len(title)


def test_lines_break_where_they_were_written_unless_they_are_too_long() -> None:
    bar = "CDEF GABc|"
    short, long = (bar * 4 + "\n" + bar * 4, bar * 12 + "\n" + bar * 12)
    tunes = [read_tune(f"X:1\nM:4/4\nL:1/8\nK:C\n{body}") for body in (short, long)]
    systems = [score_svg(tune).count('class="system"') for tune in tunes]
    assert systems[0] == 2
    assert systems[1] > 4


def test_the_pdf_is_one_vector_page_of_a4_with_the_title(tmp_path: Path) -> None:
    for name, text in (("short", JIG.text), ("long", JIG.text + "\n" + "CDE FGA|BAG FED|\n" * 40)):
        data = PdfRenderer()(Piece("", text, ""), tmp_path / f"{name}.pdf").read_bytes()
        assert data.startswith(b"%PDF-")
        assert b"/Count 1" in data
        (box,) = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", data)
        assert [float(side) for side in box] == pytest.approx([595.28, 841.89], abs=0.1)
        assert b"Made Up & <Sound>" in data
        assert b"STIXGeneral" in data
        assert b"/Subtype/Image" not in data


def test_a_tune_without_bars_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RenderingError, match="without a single bar"):
        PngRenderer()(EMPTY, tmp_path / "empty.png")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("broken", ["", "no xml", "<score-partwise>", "<html/>", "X:1\nK:C\nabc!\n"])
def test_broken_musicxml_in_a_batch_harms_only_itself(broken: str) -> None:
    first, second, third = engrave([document("one"), broken, document("three")])
    assert isinstance(second, RenderingError)
    assert isinstance(first, str)
    assert isinstance(third, str)
    assert first.count('class="note"') == third.count('class="note"') == 8


@pytest.fixture
def mortal_engraver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An engraver that dies, hangs or answers as its input says."""
    program = tmp_path / "mortal.py"
    program.write_text(
        "import json, os, sys, time\n"
        "for line in sys.stdin:\n"
        "    word = json.loads(line)\n"
        "    if word == 'die': os.abort()\n"
        "    if word == 'hang': time.sleep(60)\n"
        "    if word == 'die halfway': os.write(1, b'{\"svg\": '); os.abort()\n"
        "    print(json.dumps({'svg': f'{word} by {os.getpid()}'}), flush=True)\n"
    )
    monkeypatch.setattr("tunewright.rendering.engrave.__file__", str(program))
    monkeypatch.setattr(score, "SECONDS_FOR_ONE_TUNE", 1.0)
    score._worker.cache_clear()
    yield
    score._worker.cache_clear()


@pytest.mark.usefixtures("mortal_engraver")
@pytest.mark.parametrize("fatal", ["die", "die halfway", "hang"])
def test_a_death_is_blamed_on_the_tune_that_caused_it(fatal: str) -> None:
    results = engrave(["a", "b", fatal, "c", fatal, fatal, "d"])
    dead = [number for number, result in enumerate(results) if isinstance(result, RenderingError)]
    assert dead == [2, 4, 5]
    words = [str(result).split(" by ") for result in results if isinstance(result, str)]
    assert [word for word, _ in words] == ["a", "b", "c", "d"]
    assert words[0][1] == words[1][1] != words[2][1]


def test_a_long_title_is_made_to_fit() -> None:
    def edges(title: str) -> tuple[int, int]:
        """First and last column with ink in the heading's first line."""
        svg = score_svg(read_tune(f"X:1\nT:{title}\nK:C\nC8|"))
        picture = Image.open(io.BytesIO(svg_to_png(svg))).convert("L").crop((0, 0, PNG_WIDTH, 90))
        box = picture.point(lambda value: 255 - value).getbbox()
        assert box is not None
        return box[0], box[2]

    for title in ("Short", "A Title of No Great Sense and Remarkable Length " * 4):
        left, right = edges(title)
        assert left > 40
        assert right < PNG_WIDTH - 40
