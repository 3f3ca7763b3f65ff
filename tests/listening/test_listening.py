"""Blind listening: what a page gives away, what it keeps, and what the answers come to."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tunewright.errors import InputError, RunError, SettingsError
from tunewright.listening.answers import ANSWERS, store, store_file, verdicts
from tunewright.listening.page import KEY, PAGE, read_key, write_listening
from tunewright.listening.server import listening_server
from tunewright.listening.tunes import REAL, Heard, chosen
from tunewright.messages import languages, load_messages
from tunewright.report.document import Table
from tunewright.report.write import report
from tunewright.run import Run
from tunewright.study.results import Study

TUNE = "X:1\nT:{title}\nR:jig\nM:6/8\nL:1/8\nK:D\n|:{notes}|D3 D3:|\n"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def tunes(composed: int = 9, real: int = 3) -> list[Heard]:
    """Tunes that can be told apart by their titles, composed ones first."""
    named = [("machine", f"Composed {number}") for number in range(composed)]
    named += [(REAL, f"Folk {number}") for number in range(real)]
    notes = ["DEF GAB", "FED BAG", "AGF EDE", "dcB AGF", "EFG ABc", "GBd gdB", "AcA GBG", "FAF EGE", "DFA dAF"]
    return [
        Heard(source, TUNE.format(title=title, notes=notes[at % len(notes)]))
        for at, (source, title) in enumerate(named)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_listening(tmp_path, tunes(), load_messages("en"))
    return tmp_path


def items(folder: Path) -> list[str]:
    """Names of the tunes in the page's order."""
    return re.findall(r'data-item="(\w+)"', (folder / PAGE).read_text())


def answered(folder: Path, scores: dict[str, int], listener: str = "1-2") -> dict[str, Any]:
    """What the page tells when tunes of these sources were given these scores."""
    key = read_key(folder)
    given = {name: {"score": scores[one["source"]]} for name, one in key["items"].items() if one["source"] in scores}
    return {"page": key["page"], "listener": listener, "answers": given}


def test_the_page_does_not_tell_what_is_which(folder: Path) -> None:
    page, key = (folder / PAGE).read_text(), read_key(folder)
    assert sorted(items(folder)) == sorted(key["items"])
    assert len(items(folder)) == 12
    bare = re.sub(r'src="data:audio/wav;base64,[^"]+"', "", page)
    for word in ("Composed", "Folk", "machine", REAL, KEY, "jig", "6/8"):
        assert word not in re.sub(r"(?s)<(style|script).*?</\1>", "", bare).replace("composed by a machine", "")
    # All that differs between two tunes of the page is their number, their name and their sound.
    articles = re.findall(r"<article.*?</article>", bare)
    plain = {re.sub(r"Tune \d+|[0-9a-f]{16}", "", one) for one in articles}
    assert len(plain) == 1


def test_the_order_is_not_that_of_any_seed(tmp_path: Path) -> None:
    orders, places = set(), Counter[int]()
    for number in range(30):
        folder = tmp_path / str(number)
        write_listening(folder, tunes(5, 1), load_messages("en"))
        key = read_key(folder)["items"]
        order = [key[name]["text"] for name in items(folder)]
        orders.add(tuple(order))
        places[next(at for at, text in enumerate(order) if "Folk" in text)] += 1
    assert len(orders) > 25
    assert len(places) >= 4
    assert list(read_key(folder)["items"]) == items(folder)


def test_a_page_is_not_written_over(folder: Path) -> None:
    with pytest.raises(RunError, match="holds a listening page already"):
        write_listening(folder, tunes(), load_messages("en"))


@pytest.mark.parametrize("language", languages())
def test_pages_speak_their_language(language: str, tmp_path: Path) -> None:
    page = write_listening(tmp_path, tunes(), load_messages(language)).read_text()
    assert f'lang="{language}"' in page
    assert load_messages(language)("listening.title") in page
    assert "{{" not in page


def test_answers_come_to_means_by_source(folder: Path) -> None:
    assert verdicts(folder) == []
    store(folder, answered(folder, {"machine": 2, REAL: 5}))
    store(folder, answered(folder, {"machine": 4}, listener="3-4"))
    best, worse = verdicts(folder)
    assert (best.source, best.answers, best.listeners, best.mean) == (REAL, 3, 1, 5.0)
    assert (worse.source, worse.answers, worse.listeners, worse.mean) == ("machine", 18, 2, 3.0)
    assert worse.interval == (3.0, 3.0)


def test_the_last_answer_counts(folder: Path) -> None:
    for score in (1, 2, 5):
        store(folder, answered(folder, {REAL: score}))
    (verdict,) = verdicts(folder)
    assert (verdict.answers, verdict.mean) == (3, 5.0)
    assert len((folder / ANSWERS).read_text().splitlines()) == 9


def test_notes_are_told_and_are_no_scores(folder: Path) -> None:
    given = answered(folder, {REAL: 3})
    first = next(iter(given["answers"]))
    given["answers"][first] = {"note": "lovely <b>"}
    store(folder, given)
    (verdict,) = verdicts(folder)
    assert (verdict.answers, verdict.notes) == (2, ("lovely <b>",))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"page": "another"}, "answers to another listening page"),
        ({"answers": {"nothing": {"score": 3}}}, "there is no tune 'nothing'"),
        ({"answers": []}, "expected the answers that a listening page saves"),
        ({"answers": {"ITEM": {"score": 6}}}, "a score of 6; expected 1 to 5"),
        ({"answers": {"ITEM": {"score": True}}}, "a score of True"),
        ({"answers": {"ITEM": {"score": "5"}}}, "a score of '5'"),
        ({"answers": {"ITEM": 5}}, "there is no tune"),
    ],
)
def test_what_is_no_answer_is_refused_whole(folder: Path, change: dict[str, Any], message: str) -> None:
    given = json.loads(json.dumps({**answered(folder, {REAL: 3}), **change}).replace("ITEM", items(folder)[0]))
    with pytest.raises(InputError, match=message):
        store(folder, given)
    assert verdicts(folder) == []


def test_files_of_answers(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(answered(folder, {REAL: 4})))
    assert store_file(folder, path) == 3
    path.write_text("rubbish")
    with pytest.raises(InputError, match=r"answers\.json: no answers"):
        store_file(folder, path)


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    with listening_server(folder) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def posted(address: str, body: bytes, kind: str = "application/json") -> int:
    request = Request(f"{address}/answers", body, {"Content-Type": kind})
    try:
        with urlopen(request, timeout=10) as reply:
            return int(reply.status)
    except OSError as error:
        return int(getattr(error, "code", 0))


def test_a_server_gives_the_page_and_takes_answers_and_nothing_else(folder: Path, address: str) -> None:
    with urlopen(f"{address}/", timeout=10) as reply:
        assert reply.read() == (folder / PAGE).read_bytes()
    for place in (KEY, ANSWERS, "../key.json", "%2e%2e/key.json", "answers"):
        with pytest.raises(OSError, match="404"):
            urlopen(f"{address}/{place}", timeout=10)
    assert posted(address, json.dumps(answered(folder, {REAL: 4})).encode()) == 200
    assert posted(address, b"rubbish") == 400
    assert posted(address, b"[]") == 400
    assert posted(address, b"x" * (2**20 + 1)) in (0, 400)
    assert posted(address, b"{}", kind="text/plain") == 404  # which no page of another place may send without asking
    assert verdicts(folder)[0].answers == 3


def test_a_port_that_is_taken_is_told(folder: Path, address: str) -> None:
    with pytest.raises(SettingsError, match=r"--port \d+: .*expected a free one"):
        listening_server(folder, int(address.rpartition(":")[2]))


def test_runs_and_real_tunes_are_mixed(tiny_run: Run) -> None:
    found, failed = chosen([tiny_run.folder], count=3)
    assert failed == []
    assert Counter(one.source for one in found) == {tiny_run.name: 3, REAL: 3}
    assert all(one.text.startswith("X:") for one in found)


def test_every_variant_of_a_study_is_heard(tiny_study: Study) -> None:
    found = Counter(one.source for one in chosen([tiny_study.folder], count=2)[0])
    assert len(found) == 5
    assert set(found.values()) == {2}
    assert {one.trial.variant for one in tiny_study.done} == found.keys() - {REAL}


@pytest.mark.skipif(BROWSER is None, reason="no chromium to listen with")
def test_ten_answers_in_a_browser_survive_a_reload_and_reach_the_report(tiny_study: Study, tmp_path: Path) -> None:
    api = pytest.importorskip("playwright.sync_api", reason="no playwright to drive a browser with")
    folder = tiny_study.folder / "listening"
    page_file = write_listening(folder, chosen([tiny_study.folder], count=2)[0], load_messages("en"))
    key = read_key(folder)["items"]
    chosen_scores = {name: 5 if one["source"] == REAL else 2 for name, one in list(key.items())[:10]}
    with listening_server(folder) as server, api.sync_playwright() as driver:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        for name, score in chosen_scores.items():
            page.locator(f'article[data-item="{name}"] label', has_text=str(score)).click()
        first = next(iter(chosen_scores))
        page.locator(f'article[data-item="{first}"] textarea').fill("like a <hornpipe>")
        page.locator("h1").click()
        page.get_by_text("stored").wait_for()
        page.reload()
        assert page.locator("article.answered").count() == 10
        for name, score in chosen_scores.items():
            assert page.locator(f'article[data-item="{name}"] input:checked').get_attribute("value") == str(score)
        assert page.locator(f'article[data-item="{first}"] textarea').input_value() == "like a <hornpipe>"
        assert "10 of 10 answered" in page.locator("#state").inner_text()
        # A page that was opened from a file lets its answers be saved.
        alone = browser.new_page()
        alone.goto(page_file.as_uri())
        alone.locator("article label", has_text="3").first.click()
        with alone.expect_download() as download:
            alone.locator("#save").click()
        download.value.save_as(tmp_path / "saved.json")
        browser.close()
        server.shutdown()
    told = {one.source: one for one in verdicts(folder)}
    assert sum(one.answers for one in told.values()) == 10
    assert told[REAL].mean == 5
    assert store_file(folder, tmp_path / "saved.json") == 1
    document = report([tiny_study.folder])
    table = next(block for block in document.blocks if isinstance(block, Table) and block.caption == "Blind listening.")
    assert sum(int(row[1]) for row in table.rows) == 11
    shutil.rmtree(folder)
