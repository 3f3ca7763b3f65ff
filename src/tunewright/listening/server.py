"""A page for those at this machine: shown by a server of its own, which stores each answer as it is given."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tunewright.errors import InputError, OutputError, SettingsError
from tunewright.listening.answers import store
from tunewright.listening.page import PAGE

LARGEST = 2**20
"""Bytes of a message that are read."""


def listening_server(folder: Path, port: int = 0, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """A server of a folder's page, which begins to serve when told to; nothing else in the folder can be had from it.

    Args:
        port: 0 for any that is free.
        host: this machine alone, unless it is told otherwise.

    Raises:
        SettingsError: the port is taken.
    """
    try:
        return ThreadingHTTPServer((host, port), _handler(folder))
    except OSError as error:
        raise SettingsError(f"--port {port}: {error.strerror or error}; expected a free one, or 0 for any") from None


def _handler(folder: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.partition("?")[0] in ("/", f"/{PAGE}"):
                self._reply(HTTPStatus.OK, (folder / PAGE).read_bytes(), "text/html; charset=utf-8")
            else:
                self._reply(HTTPStatus.NOT_FOUND, b"not here")

        def do_POST(self) -> None:
            if self.path != "/answers" or "json" not in self.headers.get("Content-Type", ""):
                self._reply(HTTPStatus.NOT_FOUND, b"not here")
                return
            try:
                stored = store(folder, json.loads(self._body()))
                self._reply(HTTPStatus.OK, str(stored).encode())
            except (InputError, ValueError) as error:
                self._reply(HTTPStatus.BAD_REQUEST, str(error).encode())
            except OutputError as error:
                self._reply(HTTPStatus.INTERNAL_SERVER_ERROR, str(error).encode())

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

    return Handler
