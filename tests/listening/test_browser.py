"""Listening in a browser: what is kept, what is sent, and what is told."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BROWSER
from tests.listening.pages import REAL, items, named, tunes
from tunewright.listening.answers import last_answers, store_file
from tunewright.listening.page import PAGE, read_key, write_listening
from tunewright.listening.server import listening_server
from tunewright.listening.tunes import chosen
from tunewright.listening.verdicts import outcome
from tunewright.messages import load_messages
from tunewright.report.document import Bullets, Table
from tunewright.report.write import report
from tunewright.study.results import Study

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium to listen with")
Page = Any


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="no playwright to drive a browser with")
    with api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Page]:
    """A page of a browser that has been nowhere yet."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with listening_server(folder) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def choose(page: Page, item: str, text: str) -> None:
    page.locator(f'article[data-item="{item}"] fieldset label', has_text=text).click()


def told(page: Page, text: str) -> None:
    """Waits until the state of the page tells this."""
    page.wait_for_function("text => document.getElementById('state').textContent.includes(text)", arg=text)


def stored(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["listener"], one["item"]): one for one in last_answers(folder, read_key(folder))}


def test_ten_answers_survive_a_reload_and_reach_the_report(tiny_study: Study, tmp_path: Path, page: Page) -> None:
    folder = tiny_study.folder / "listening"
    page_file = write_listening(folder, chosen([tiny_study.folder], count=2)[0], load_messages("en"))
    key = read_key(folder).items
    scores = {name: 5 if one.is_real else 2 for name, one in list(key.items())[:10]}
    first = next(iter(scores))
    with served(folder) as address:
        page.goto(address)
        for name, score in scores.items():
            choose(page, name, str(score))
        page.locator(f'article[data-item="{first}"] textarea').fill("like a <hornpipe>")
        told(page, "10 of 11 answered · stored")
        page.reload()
        assert page.locator("article.answered").count() == 10
        for name, score in scores.items():
            assert page.locator(f'article[data-item="{name}"] input:checked').get_attribute("value") == str(score)
        assert page.locator(f'article[data-item="{first}"] textarea').input_value() == "like a <hornpipe>"
        told(page, "10 of 11 answered · stored")
    # A page that was opened from a file lets its answers be saved.
    alone = page.context.new_page()
    alone.goto(page_file.as_uri())
    alone.locator("article label", has_text="3").first.click()
    with alone.expect_download() as download:
        alone.locator("#save").click()
    download.value.save_as(tmp_path / "saved.json")
    assert outcome(folder).answers == 10
    assert {one.is_real: one.mean and round(one.mean.value) for one in outcome(folder).verdicts} == {True: 5, False: 2}
    assert store_file(folder, tmp_path / "saved.json") == 1
    blocks = report([tiny_study.folder]).blocks
    table = next(block for block in blocks if isinstance(block, Table) and block.caption == "Blind listening.")
    rows = {row[0]: int(row[2]) for row in table.rows}
    assert rows["real tunes"] + rows[tiny_study.folder.name] == 11
    assert rows["hidden size 24"] + rows["hidden size 48"] == rows[tiny_study.folder.name]
    assert any("like a <hornpipe>" in item for block in blocks if isinstance(block, Bullets) for item in block.items)
    shutil.rmtree(folder)


def test_what_was_known_and_noted_is_stored_as_it_is_written(folder: Path, page: Page) -> None:
    first, second = items(folder)[:2]
    with served(folder) as address:
        page.goto(address)
        choose(page, first, "yes")
        choose(page, second, "no")
        # Whoever writes and goes at once, without leaving the field, has written it all the same.
        page.locator(f'article[data-item="{second}"] textarea').press_sequentially("slow")
        page.reload()
        assert page.locator(f'article[data-item="{second}"] textarea').input_value() == "slow"
        told(page, "0 of 12 answered · stored")
        assert page.locator("input:checked").count() == 2
    found = {item: (one["score"], one["known"], one["note"]) for (_, item), one in stored(folder).items()}
    assert found == {first: (None, True, ""), second: (None, False, "slow")}


def test_answers_given_while_nobody_is_there_arrive_later(folder: Path, page: Page) -> None:
    faults: list[Any] = []
    page.on("pageerror", lambda fault: faults.append(fault))
    names = items(folder)
    with served(folder) as address:
        page.goto(address)
        choose(page, names[0], "1")
        told(page, "1 of 12 answered · stored")
    for name in names[1:4]:
        choose(page, name, "4")
    told(page, "4 of 12 answered · not stored yet")
    page.wait_for_timeout(600)  # longer than the pause before answers are sent
    told(page, "4 of 12 answered · not stored yet")
    assert len(stored(folder)) == 1
    with served(folder) as again:
        assert again == address
        told(page, "4 of 12 answered · stored")  # without another change
    assert sorted(one["score"] for one in stored(folder).values()) == [1, 4, 4, 4]
    assert faults == []
    # Back within reach of the network they are sent at once.
    choose(page, names[5], "2")
    page.wait_for_timeout(600)
    with served(folder):
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_function("document.getElementById('state').textContent.endsWith('· stored')", timeout=2000)
    assert len(stored(folder)) == 5


def test_a_page_served_again_knows_its_listener(folder: Path, page: Page) -> None:
    for score, name in enumerate(items(folder)[:2], 1):
        with served(folder) as address:
            page.goto(address)
            choose(page, name, str(score))
            told(page, f"{score} of 12 answered · stored")
    assert len({listener for listener, _ in stored(folder)}) == 1
    assert len(stored(folder)) == 2


def answering(reply: str, asked: list[str]) -> Callable[[Any], None]:
    """Says yes or no to a question, and writes it down."""

    def answer(dialog: Any) -> None:
        asked.append(dialog.message)
        if reply == "yes":
            dialog.accept()
        else:
            dialog.dismiss()

    return answer


def test_the_next_listener_begins_anew(folder: Path, page: Page) -> None:
    name = items(folder)[0]
    asked: list[str] = []
    with served(folder) as address:
        page.goto(address)
        choose(page, name, "5")
        page.locator("textarea").first.fill("mine")
        told(page, "stored")
        page.once("dialog", answering("no", asked))
        page.locator("#next").click()
        assert page.locator("input:checked").count() == 1  # it was a slip
    # What was not stored yet is not lost when the next one begins.
    choose(page, name, "4")
    page.once("dialog", answering("yes", asked))
    page.locator("#next").click()
    told(page, "0 of 12 answered · not stored yet")
    assert page.locator("input:checked").count() == 0
    assert page.locator("textarea").first.input_value() == ""
    choose(page, name, "1")
    with served(folder):
        told(page, "1 of 12 answered · stored")
    assert asked == [load_messages("en")("listening.next_asked")] * 2
    assert sorted((one["score"], one["note"]) for one in stored(folder).values()) == [(1, ""), (4, "mine")]
    assert outcome(folder).listeners == 2


def test_of_a_file_the_next_listener_has_the_answers_saved_first(folder: Path, page: Page, tmp_path: Path) -> None:
    asked: list[str] = []
    page.goto((folder / PAGE).as_uri())
    choose(page, items(folder)[0], "5")
    page.once("dialog", answering("yes", asked))
    with page.expect_download() as download:
        page.locator("#next").click()
    download.value.save_as(tmp_path / "first.json")
    assert page.locator("input:checked").count() == 0
    choose(page, items(folder)[0], "2")
    with page.expect_download() as download:
        page.locator("#save").click()
    download.value.save_as(tmp_path / "second.json")
    assert [store_file(folder, tmp_path / name) for name in ("first.json", "second.json")] == [1, 1]
    assert outcome(folder).listeners == 2
    assert json.loads((tmp_path / "first.json").read_text())["page"] == read_key(folder).page


def test_all_can_be_done_by_keyboard_and_has_a_name(tmp_path: Path, page: Page) -> None:
    write_listening(tmp_path, tunes(2, 1), load_messages("en"))
    page.goto((tmp_path / PAGE).as_uri())
    article = page.get_by_role("article", name="Tune 2")
    scores = article.get_by_role("group", name="Would you like to hear or play it again?")
    assert scores.get_by_role("radio").count() == 5
    scores.get_by_role("radio", name="1").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert scores.get_by_role("radio", name="4").is_checked()
    mark = "getComputedStyle(document.activeElement.nextElementSibling || document.activeElement).outlineStyle"
    assert page.evaluate(mark) == "solid"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert article.get_by_role("group", name="Did you know this tune?").get_by_role("radio", name="yes").is_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("by keyboard")
    assert article.get_by_role("textbox", name="What strikes you?").input_value() == "by keyboard"
    assert article.locator("audio").get_attribute("aria-label") == "Tune 2: recording"
    told(page, "1 of 3 answered")
    assert named(tmp_path, REAL)
