"""Runs submissions under limits, in isolation where the system has it, and believes nothing of what comes out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from tunewright.corpora import irish
from tunewright.corpora.download import find_file
from tunewright.course import isolation
from tunewright.course.lesson import BUDGET
from tunewright.course.submission import Submission
from tunewright.executor import THREAD_VARIABLES, cores, is_stopping

GRADED, TIMED_OUT, OUT_OF_MEMORY = "graded", "timed out", "out of memory"
TOO_MUCH_OUTPUT, CRASHED, STOPPED = "too much output", "crashed", "stopped"
MEGABYTE = 1 << 20
BEGINNING = 120.0
"""Seconds within which a notebook must have begun; they aren't counted."""
PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    Attributes:
        seconds: of time, from when its first cell runs.
        memory: megabytes of all its processes together.
        output: megabytes that it may print.
    """

    seconds: float = 600
    memory: int = 4096
    output: int = 10


@dataclass
class Ran:
    """What became of a submission.

    Attributes:
        state: one of the words above.
        lines: what the runner has told, each an object; a learner may have made them.
        seconds: that it ran.
        errors: the end of what was printed.
    """

    state: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    errors: str = ""


def run_submission(submission: Submission, limits: Limits, hidden: Sequence[Path], *, isolated: bool) -> Ran:
    """Runs what was handed in.

    Args:
        submission: what is run.
        limits: how long, how much.
        hidden: folders that it must not see.
        isolated: in namespaces of its own; if not, as a process like any other of this user.
    """
    memory = limits.memory * MEGABYTE
    most = {"seconds": int(limits.seconds * cores()) + 60, "memory": memory, "file": isolation.WORK_BYTES}
    steps = [asdict(step) for step in submission.steps]
    told = {"chapter": submission.chapter, "language": submission.language, "limits": most, "steps": steps}
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if isolated:
            command = isolation.command_of(plan_of(_runner(), memory, hidden))
            return _supervised(command, json.dumps(told), limits, environment={}, folder=Path(folder))
        return _supervised(_runner(), json.dumps(told), limits, environment=_environment(folder), folder=Path(folder))


@cache
def why_not_isolated() -> str | None:
    """Why this system can't isolate, found out by trying; None if it can."""
    if not sys.platform.startswith("linux"):
        return f"this is {sys.platform}: only Linux has the namespaces that it takes"
    empty = Submission("pytorch", "en", ())
    ran = run_submission(empty, Limits(), [], isolated=True)
    return None if ran.state == GRADED else (ran.errors.strip().splitlines() or [ran.state])[-1]


def _runner() -> list[str]:
    return [sys.executable, "-m", "tunewright.course.runner"]


def _environment(home: str) -> dict[str, str]:
    """All that a submission knows of ours: nothing secret."""
    kept = (*THREAD_VARIABLES, BUDGET, "SYSTEMROOT")
    book = _book()
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        **({"TUNEWRIGHT_DATA": str(book.parent)} if book else {}),
        "HOME": home,
        "USERPROFILE": home,
        "USER": "learner",
        "LANG": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
        "PYTHONPATH": str(PACKAGE.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "MPLBACKEND": "agg",
    }


def plan_of(command: Sequence[str], memory: int, hidden: Sequence[Path]) -> dict[str, Any]:
    """A plan for :mod:`tunewright.course.isolation`, by which a command may read what our Python needs."""
    python = {sys.prefix, sys.base_prefix, *map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib"))}
    packages = {path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")}
    real = {str(Path(sys.executable).resolve().parent.parent), *(str(Path(path).resolve()) for path in python)}
    book = _book()
    return {
        "shown": sorted({*python, *packages, *real, str(PACKAGE), *([str(book)] if book else [])}),
        "hidden": [str(path.resolve()) for path in hidden],
        "command": list(command),
        "environment": _environment(isolation.HOME),
        "memory": memory,
    }


@cache
def _book() -> Path | None:
    """The tunes that a chapter learns from, where they are at hand."""
    found = find_file(irish.NAME, irish.SHA256)
    return found.resolve() if found else None


def _supervised(command: list[str], told: str, limits: Limits, environment: dict[str, str], folder: Path) -> Ran:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=folder,
        start_new_session=True,
    )
    results, noise = _Pipe(process.stdout, limits), _Pipe(process.stderr, limits)
    threading.Thread(target=_write, args=(process.stdin, told.encode()), daemon=True).start()
    try:
        ran = _waited(process, results, noise, limits)
    finally:
        _kill(process)
    for pipe in (results, noise):
        pipe.thread.join(5)
    ran.lines, ran.errors = list(_lines(results.text())), noise.text()[-2000:]
    if results.is_full or noise.is_full:
        ran.state = TOO_MUCH_OUTPUT
    elif ran.state == GRADED and any(line.get("memory") is True for line in ran.lines):
        ran.state = OUT_OF_MEMORY
    elif ran.state == GRADED and not any(line.get("done") for line in ran.lines):
        ran.state = CRASHED
    return ran


def _waited(process: subprocess.Popen[bytes], results: _Pipe, noise: _Pipe, limits: Limits) -> Ran:
    """Until it ends, by itself or because it must."""
    began: float | None = None
    deadline = time.monotonic() + BEGINNING
    while True:
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(0.05)
            state = {0: GRADED, isolation.OUT_OF_MEMORY: OUT_OF_MEMORY}.get(code, CRASHED)
            return Ran(state, seconds=time.monotonic() - (began or time.monotonic()))
        now = time.monotonic()
        if began is None and results.kept:
            began, deadline = now, now + limits.seconds
        if results.is_full or noise.is_full or now > deadline or is_stopping():
            return Ran(STOPPED if is_stopping() else TIMED_OUT, seconds=now - (began or now))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Ends it and what it has begun: in isolation everything, else what hasn't hidden itself."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


class _Pipe:
    """Reads what a process writes, and keeps no more than a limit of it."""

    def __init__(self, pipe: IO[bytes] | None, limits: Limits) -> None:
        assert pipe
        self.kept = bytearray()
        self.is_full = False
        self._pipe, self._limit = pipe, limits.output * MEGABYTE
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        descriptor = self._pipe.fileno()
        while not self.is_full and (content := os.read(descriptor, 1 << 16)):
            self.kept += content
            self.is_full = len(self.kept) > self._limit

    def text(self) -> str:
        return bytes(self.kept).decode("utf-8", "replace")


def _write(pipe: IO[bytes] | None, content: bytes) -> None:
    assert pipe
    with suppress(OSError), pipe:
        pipe.write(content)


def _lines(text: str) -> Iterator[dict[str, Any]]:
    """The objects among the lines; whatever else they may be."""
    for line in text.splitlines():
        with suppress(ValueError, RecursionError):
            read = json.loads(line)
            if isinstance(read, dict):
                yield read
