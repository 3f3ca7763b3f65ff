"""What the server of a page gives, takes and refuses, asked by nothing of ours."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.listening.pages import REAL, answered
from tunewright.errors import SettingsError
from tunewright.listening import answers as answers_module
from tunewright.listening import server as server_module
from tunewright.listening.answers import ANSWERS, last_answers
from tunewright.listening.page import KEY, PAGE, keep_port, read_key
from tunewright.listening.server import LARGEST, listening_server


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.setattr(server_module._Visit, "timeout", 0.5)
    with listening_server(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def asked(
    server: ThreadingHTTPServer, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes]:
    """Status and content of the reply; headers by their names with underscores."""
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def sent(server: ThreadingHTTPServer, body: bytes, kind: str = "application/json", **headers: str) -> int:
    return asked(server, "POST", "/answers", body, Content_Type=kind, **headers)[0]


def good(folder: Path) -> bytes:
    return json.dumps(answered(folder, {REAL: 4})).encode()


def stored(folder: Path) -> int:
    return len(last_answers(folder, read_key(folder)))


def test_a_server_gives_the_page_and_takes_answers_and_nothing_else(folder: Path, server: ThreadingHTTPServer) -> None:
    for path in ("/", f"/{PAGE}", "/?again"):
        assert asked(server, "GET", path) == (200, (folder / PAGE).read_bytes())
    for path in (f"/{KEY}", f"/{ANSWERS}", "/../key.json", "/%2e%2e/key.json", "/answers", "/.lock"):
        assert asked(server, "GET", path)[0] == 404
    assert sent(server, good(folder)) == 200
    assert stored(folder) == 3
    assert asked(server, "POST", f"/{KEY}", good(folder), Content_Type="application/json")[0] == 404


@pytest.mark.parametrize("body", [b"rubbish", b"[]", b"[" * 200_000, b"\xff\xfe{", b"{}"])
def test_what_is_no_answer_is_refused(body: bytes, folder: Path, server: ThreadingHTTPServer) -> None:
    assert sent(server, body) == 400
    assert stored(folder) == 0


def test_what_is_too_long_is_refused_unread(folder: Path, server: ThreadingHTTPServer) -> None:
    for length in (str(LARGEST + 1), "0", "-5", "many"):
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as visitor:
            head = (
                f"POST /answers HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\nContent-Type: application/json\r\n"
            )
            visitor.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode())
            assert visitor.recv(1000).startswith(b"HTTP/1.0 400 ")
    assert sent(server, good(folder)) == 200


@pytest.mark.parametrize("kind", ["text/plain", "text/plain; a=json", "application/json; charset=utf-8", ""])
def test_another_kind_of_content_is_refused(kind: str, folder: Path, server: ThreadingHTTPServer) -> None:
    """A page of another site may send these kinds without asking first, the last two excepted: ours sends one alone."""
    assert sent(server, good(folder), kind) == 415
    assert stored(folder) == 0


def test_other_sites_and_names_made_to_lead_here_are_refused(folder: Path, server: ThreadingHTTPServer) -> None:
    port = server.server_port
    for host in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", f"127.0.0.1.evil.example:{port}"):
        assert asked(server, "GET", "/", Host=host)[0] == 403
        assert sent(server, good(folder), Host=host, Origin=f"http://{host}") == 403
    for origin in ("http://evil.example", "null", f"https://127.0.0.1:{port}", f"http://localhost:{port}"):
        assert sent(server, good(folder), Origin=origin) == 403
    assert stored(folder) == 0
    for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
        assert asked(server, "GET", "/", Host=host)[0] == 200
        assert sent(server, good(folder), Host=host, Origin=f"http://{host}") == 200


def test_who_names_no_host_is_refused(server: ThreadingHTTPServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as visitor:
        visitor.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert visitor.recv(1000).startswith(b"HTTP/1.0 403 ")


def test_a_visitor_who_falls_silent_is_not_waited_for(folder: Path, server: ThreadingHTTPServer) -> None:
    before = threading.active_count()
    visitor = socket.create_connection(("127.0.0.1", server.server_port), timeout=10)
    head = f"POST /answers HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\nContent-Type: application/json\r\n"
    visitor.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
    started = time.monotonic()
    assert visitor.recv(1000) == b""  # it is the server that ends it
    assert time.monotonic() - started < 5
    visitor.close()
    assert sent(server, good(folder)) == 200
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert threading.active_count() == before


def test_nobody_is_told_of_visitors_who_go_away_or_of_a_page_that_is_gone(
    folder: Path, server: ThreadingHTTPServer, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        visitor = socket.create_connection(("127.0.0.1", server.server_port), timeout=10)
        # Whoever closes like this has a reset sent to what the server still writes.
        visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        visitor.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}\r\n\r\n".encode())
        visitor.close()
    (folder / PAGE).unlink()
    assert asked(server, "GET", "/") == (404, b"not here")
    body = good(folder)
    (folder / KEY).unlink()
    assert sent(server, body) == 404
    time.sleep(0.2)
    assert capfd.readouterr() == ("", "")


def test_there_is_an_end_to_what_is_stored(
    folder: Path, server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers_module, "LARGEST", 100)
    assert sent(server, good(folder)) == 200
    status, reply = asked(
        server, "POST", "/answers", good(folder).replace(b"1-2", b"3-4"), Content_Type="application/json"
    )
    assert status == 507
    assert b"no more answers are taken in" in reply
    assert stored(folder) == 3


def test_a_port_that_is_taken_is_told(folder: Path, server: ThreadingHTTPServer) -> None:
    with pytest.raises(SettingsError, match=r"--port \d+: .*expected a free one"):
        listening_server(folder, server.server_port)


def test_a_page_is_shown_where_it_was_shown_before(folder: Path) -> None:
    items = read_key(folder).items
    with listening_server(folder) as first:
        port = first.server_port
        # While that port is taken it is shown at another one, and goes back to the first.
        with listening_server(folder) as other:
            assert other.server_port != port
    with listening_server(folder) as again:
        assert again.server_port == port == read_key(folder).port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    with listening_server(folder, free) as wished:
        assert wished.server_port == free == read_key(folder).port
    keep_port(folder, port)
    assert read_key(folder).items == items
