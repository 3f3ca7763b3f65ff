"""Ctrl-C as a question: what is under way comes to a place where it can stop, and keeps what it has."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stop_asked(heard: Callable[[], None] = lambda: None) -> Iterator[Callable[[], bool]]:
    """Tells whether the user has asked to stop; a second Ctrl-C interrupts at once.

    Args:
        heard: called when the user asks, in whatever else is being done.
    """
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False  # signals reach the main thread alone
        return

    def on_signal(number: int, frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        heard()

    previous = signal.signal(signal.SIGINT, on_signal)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, previous)
