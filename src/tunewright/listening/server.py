"""A page for those at this machine: shown by a server of its own, which stores each answer as it is given."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tunewright.errors import InputError, OutputError, RunError, SettingsError
from tunewright.listening.answers import store_text
from tunewright.listening.page import PAGE, keep_port, read_key

ADDRESS = "127.0.0.1"
LARGEST = 2**20
"""Bytes of a message that are read."""
PATIENCE = 10.0
"""Seconds of silence after which a visitor is taken to have gone."""


def listening_server(folder: Path, port: int = 0) -> ThreadingHTTPServer:
    """A server of a folder's page, which begins to serve when told to; nothing else in the folder can be had from it.

    A browser keeps answers by the address they were given at, and so the port is kept too: what was shown once is
    shown at the same one again, unless that is taken today.

    Args:
        port: 0 for the one that was kept, or else any that is free.

    Raises:
        SettingsError: the port is taken.
        RunError: there is no page in the folder.
        OutputError: the port can't be written into the key.
    """
    kept = read_key(folder).port
    if kept and not port:
        try:
            return _Server(folder, kept)
        except SettingsError:
            return _Server(folder, 0)
    server = _Server(folder, port)
    keep_port(folder, server.server_port)
    return server


class _Server(ThreadingHTTPServer):
    """Serves the page of a folder."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        try:
            super().__init__((ADDRESS, port), _Visit)
        except OSError as error:
            raise SettingsError(
                f"--port {port}: {error.strerror or error}; expected a free one, or 0 for any"
            ) from None


class _Visit(BaseHTTPRequestHandler):
    """One request of a browser."""

    server: _Server
    timeout = PATIENCE

    def handle(self) -> None:
        with suppress(ConnectionError):  # somebody who goes away is no fault of ours
            super().handle()

    def do_GET(self) -> None:
        if not self._from_here():
            self._reply(HTTPStatus.FORBIDDEN, b"this page is for this machine alone")
        elif self.path.partition("?")[0] in ("/", f"/{PAGE}") and (page := self._page()):
            self._reply(HTTPStatus.OK, page, "text/html; charset=utf-8")
        else:
            self._reply(HTTPStatus.NOT_FOUND, b"not here")

    def _page(self) -> bytes:
        """The page; nothing if it is gone, were it only this moment."""
        try:
            return (self.server.folder / PAGE).read_bytes()
        except OSError:
            return b""

    def do_POST(self) -> None:
        if not self._from_here():
            self._reply(HTTPStatus.FORBIDDEN, b"answers are taken from the page alone")
        elif self.path != "/answers":
            self._reply(HTTPStatus.NOT_FOUND, b"not here")
        elif self.headers.get("Content-Type", "").strip().lower() != "application/json":
            self._reply(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, b"expected application/json")
        else:
            self._reply(*self._stored())

    def _from_here(self) -> bool:
        """Whether a page of ours asks, at an address of ours: not another site's, nor one whose name was made to
        lead here.
        """
        port = self.connection.getsockname()[1]
        host, origin = self.headers.get("Host"), self.headers.get("Origin")
        return host in (f"{ADDRESS}:{port}", f"localhost:{port}") and origin in (None, f"http://{host}")

    def _stored(self) -> tuple[HTTPStatus, bytes]:
        """Stores what was sent: how that went, and how many answers there were."""
        try:
            return HTTPStatus.OK, str(store_text(self.server.folder, self._body())).encode()
        except (InputError, ValueError) as error:
            return HTTPStatus.BAD_REQUEST, str(error).encode()
        except RunError as error:
            return HTTPStatus.NOT_FOUND, str(error).encode()
        except OutputError as error:
            return HTTPStatus.INSUFFICIENT_STORAGE, str(error).encode()

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length", 0))
        if not 0 < length <= LARGEST:
            raise InputError(f"{length} bytes; expected at most {LARGEST}")
        return self.rfile.read(length)

    def _reply(self, status: HTTPStatus, content: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing of each request."""
