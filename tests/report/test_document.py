"""One document, written in three ways."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conftest import BROWSER
from tests.report.pdf import text_of
from tunewright.errors import RenderingError, SettingsError
from tunewright.publish import parse_formats
from tunewright.report.document import (
    Bullets,
    Document,
    Figure,
    Heading,
    Own,
    Paragraph,
    Table,
    Tune,
)
from tunewright.report.markdown import escaped, write_markdown
from tunewright.report.page import write_page
from tunewright.report.typeset import _Writer, quoted, running, write_pdf
from tunewright.report.write import WRITERS

NASTY = '<b>*bold*</b> #let {{TITLE}} [x](y) `code` "quoted" \\n $x$ _a_ @b'
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40pt" height="20pt"><defs><path id="a" d="M0 0L9 9"/></defs>'
    '<use href="#a"/></svg>'
)
DOCUMENT = Document(
    title=NASTY,
    language="en",
    facts=[("recipe", NASTY)],
    blocks=[
        Heading("First"),
        Paragraph(NASTY),
        Paragraph("aside", aside=True),
        Bullets(["one", NASTY]),
        Heading("Second", 2),
        Table(["name", "figure"], [[NASTY, "1 234.5"], ["other", "–"]], "A table"),
        Figure(SVG, "A picture"),
        Figure(SVG, "The same again", "A stroke down"),
        Tune("A tune", "jig, 6/8, D", "X:1\nT:A tune ``` \nK:D\nD|", SVG, b"RIFFsound"),
        Own("What now?", 3),
    ],
    words={
        "abc": "ABC",
        "listen": "Listen",
        "own_words": "Your words",
        "save": "Save",
        "saved": "Saved it",
    },
)


class Read(HTMLParser):
    """What stands in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "path", "use", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def of(self, tag: str) -> list[str]:
        return [text for own, text in self.texts if own == tag]


@pytest.fixture
def page(tmp_path: Path) -> Read:
    return Read(write_page(DOCUMENT, tmp_path / "report.html").read_text())


def test_nothing_in_a_text_is_markup(page: Read) -> None:
    assert NASTY in page.of("h1")
    assert page.of("p").count(NASTY) == 1
    assert NASTY in page.of("td")
    assert NASTY in page.of("dd")
    assert not page.of("b")


def test_a_page_needs_nothing_but_itself(page: Read) -> None:
    for tag, attributes in page.tags:
        for name in ("src", "href"):
            address = attributes.get(name) or ""
            assert address == "" or address.startswith(("#", "data:")), (tag, address)
    assert not [one for tag, one in page.tags if tag == "script" and "src" in one]


def test_pictures_have_ids_of_their_own(page: Read) -> None:
    ids = [str(attributes["id"]) for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = [str(attributes["href"])[1:] for tag, attributes in page.tags if tag == "use"]
    assert len(used) == 3
    assert set(used) <= set(ids)
    labels = [attributes["aria-label"] for tag, attributes in page.tags if tag == "svg"]
    assert labels == ["A picture", "A stroke down", "A tune"]


def test_a_tune_can_be_heard_and_there_is_room_to_write(page: Read) -> None:
    (sound,) = [str(attributes["src"]) for tag, attributes in page.tags if tag == "audio"]
    assert base64.b64decode(sound.partition(",")[2]) == b"RIFFsound"
    (field,) = [attributes for _, attributes in page.tags if attributes.get("role") == "textbox"]
    assert (field["contenteditable"], field["aria-multiline"]) == ("plaintext-only", "true")
    (label,) = [tag for tag, attributes in page.tags if attributes.get("id") == field["aria-labelledby"]]
    assert label == "p"
    assert "Your words: What now?" in page.of("p")


def test_chapters_can_be_gone_to(page: Read) -> None:
    assert page.of("a") == ["First"]
    assert ("a", {"href": "#chapter-1"}) in page.tags
    assert ("h2", {"id": "chapter-1"}) in page.tags


def test_numbers_stand_flush_right(page: Read) -> None:
    kinds = [attributes.get("class") for tag, attributes in page.tags if tag == "td"]
    assert kinds == [None, "number", None, "number"]


def test_markdown_lies_with_its_files(tmp_path: Path) -> None:
    path = write_markdown(DOCUMENT, tmp_path / "report.md")
    text = path.read_text()
    files = re.findall(r"\]\((report-files/[^)]+)\)", text)
    assert [Path(file).suffix for file in files] == [".svg", ".svg", ".svg", ".wav"]
    assert (tmp_path / files[0]).read_text() == SVG
    assert (tmp_path / files[3]).read_bytes() == b"RIFFsound"
    assert "\n| name | figure |\n| --- | --- |\n" in text
    assert "\\<b\\>\\*bold\\*\\</b\\>" in text
    assert "````\nX:1\nT:A tune ``` \nK:D\nD|\n````" in text


def test_what_is_set_in_type_is_what_stands_in_the_document(tmp_path: Path) -> None:
    text = text_of(write_pdf(DOCUMENT, tmp_path / "report.pdf"))
    assert text.count("".join(NASTY.split())) == 5  # title, fact, paragraph, bullet, cell
    assert "X:1T:Atune```K:DD|" in text  # on paper, too, beside its score
    assert "Yourwords:Whatnow?" in text


def test_pictures_tell_a_pdf_s_reader_what_they_show(tmp_path: Path) -> None:
    content = _Writer(DOCUMENT, tmp_path).source()
    assert re.findall(r'alt: "([^"]*)"', content) == ["A picture", "A stroke down", "A tune"]


@pytest.mark.parametrize("name", ["model.hidden_size=128,training.length=50," * 4, "x" * 400, "a/b-c_d=" * 50])
def test_long_names_stay_on_the_page(name: str, tmp_path: Path) -> None:
    table = Table(["run", "seconds"], [[name, "123"]])
    words_at = text_of(write_pdf(Document(name, "en", [], [table], DOCUMENT.words), tmp_path / "a.pdf"), places=True)
    assert len(words_at) > 4
    assert max(right for right, _ in words_at) < 595 - 50  # points: A4 without its margin


def test_what_can_t_be_typeset_is_told(tmp_path: Path) -> None:
    broken = Document("x", "en", [], [Figure("<svg", "broken")], DOCUMENT.words)
    with pytest.raises(RenderingError, match="the report can't be typeset"):
        write_pdf(broken, tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()


def test_formats() -> None:
    assert parse_formats("pdf, html,pdf", WRITERS) == ["pdf", "html"]
    with pytest.raises(SettingsError, match="--to docx: expected any of html, md, pdf"):
        parse_formats("docx", WRITERS)
    assert list(WRITERS) == ["html", "md", "pdf"]


@pytest.mark.parametrize("nothing", ["", " , "])
def test_no_format_at_all_is_refused(nothing: str) -> None:
    with pytest.raises(SettingsError, match="expected any of html, md, pdf"):
        parse_formats(nothing, WRITERS)
    with pytest.raises(SettingsError, match="expected any of abc, mid"):
        parse_formats(nothing)


@pytest.mark.skipif(BROWSER is None, reason="no chromium to write with")
def test_what_is_written_into_a_page_is_there_again(tmp_path: Path) -> None:
    api = pytest.importorskip("playwright.sync_api", reason="no playwright to drive a browser with")
    path, words = write_page(DOCUMENT, tmp_path / "report.html"), "I found <b>nothing</b>\nand then"
    elsewhere = tmp_path / "handed in" / "mine.html"
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(path.as_uri())
        page.get_by_role("textbox", name="Your words: What now?").fill(words)
        page.reload()
        assert page.get_by_role("textbox").inner_text() == words
        with page.expect_download() as download:
            page.get_by_role("button", name="Save").click()
        assert download.value.suggested_filename == "report.html"
        assert page.get_by_role("status").inner_text() == "Saved it"
        download.value.save_as(elsewhere)
        browser.close()
        # Another browser, which remembers nothing.
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(elsewhere.as_uri())
        assert page.get_by_role("textbox").inner_text() == words
        assert page.get_by_role("status").inner_text() == ""
        page.pdf(path=tmp_path / "printed.pdf")
        browser.close()
    printed = text_of(tmp_path / "printed.pdf")
    assert "andthen" in printed
    assert "X:1T:Atune```K:DD|" in printed  # what is folded on a screen is not on paper


@pytest.mark.skipif(BROWSER is None, reason="no chromium to write with")
def test_words_are_kept_where_the_browser_remembers_nothing(tmp_path: Path) -> None:
    api = pytest.importorskip("playwright.sync_api", reason="no playwright to drive a browser with")
    path = write_page(DOCUMENT, tmp_path / "report.html")
    path.write_text(path.read_text().replace('em"></div>', 'em">handed in</div>'))
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page()
        page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('forbidden'); }})")
        page.goto(path.as_uri())
        assert page.get_by_role("textbox").inner_text() == "handed in"
        page.get_by_role("textbox").focus()
        outline = page.get_by_role("textbox").evaluate("field => getComputedStyle(field).outlineStyle")
        assert outline == "solid"
        browser.close()


def test_what_holds_numbers_together_is_kept_in_type() -> None:
    assert quoted("1\u00a0234\nx\x00") == '"1\u00a0234\\nx"'
    assert quoted("a\tb\u2009c") == '"a b c"'
    assert running("0.001, 1e-05 or 1,5") == '"0.001, 1e-05 or 1,5"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\r\nb\rc", "a b c"), ("&lt; $x$ ~y~", "\\&lt; \\$x\\$ \\~y\\~"), ("- a", "\\- a"), ("12. a", "12\\. a")],
)
def test_nothing_in_markdown_is_markup(text: str, expected: str) -> None:
    assert escaped(text) == expected
