"""What a submission can't do, and what limits it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.course.handing_in import SECRET, handed_in
from tunewright.course import execution, grading, isolation
from tunewright.course.execution import OUT_OF_MEMORY, TIMED_OUT, TOO_MUCH_OUTPUT, Limits, plan_of
from tunewright.course.grading import grade
from tunewright.course.notebook import to_json
from tunewright.course.submission import Step, Submission
from tunewright.errors import SettingsError

SMALL = Limits(seconds=12, memory=1024, output=2)
needs_isolation = pytest.mark.usefixtures("namespaces")


def isolated(code: str, *hidden: Path, shown: tuple[Path, ...] = (), memory: int = 1 << 30) -> list[str]:
    """The command that runs some code in isolation."""
    plan: dict[str, Any] = plan_of([sys.executable, "-I", "-c", code], memory, hidden)
    plan["shown"] += map(str, shown)
    return isolation.command_of({**plan, "environment": {"HOME": isolation.HOME}})


def said_by(command: list[str]) -> tuple[str, str, int]:
    result = subprocess.run(command, env={}, capture_output=True, text=True, timeout=30, check=False)
    return result.stdout.strip(), result.stderr, result.returncode


@needs_isolation
def test_whoever_kills_the_keeper_ends_everything() -> None:
    """Also what has made itself independent."""
    code = "import os, time\nif os.fork() == 0:\n    os.setsid()\nprint('begun', flush=True)\ntime.sleep(1234.5678)"
    with subprocess.Popen(isolated(code), stdout=subprocess.PIPE) as keeper:
        assert keeper.stdout
        assert keeper.stdout.readline() + keeper.stdout.readline() == b"begun\nbegun\n"
        assert len(_running("1234.5678")) > 0
        keeper.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while _running("1234.5678"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _running(marked: str) -> list[str]:
    """Processes that have something in their command line, but those that have ended and wait to be buried."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if marked.encode() in path.read_bytes():
                found.append(path.parent.name)
    return found


@needs_isolation
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; print(os.getuid() not in (0, None), os.getpid())", "True 2"),
        ("print([line for line in open('/proc/self/status') if line.startswith('CapEff')][0].split()[1])", "0" * 16),
        ("print(open('/proc/self/status').read().partition('NoNewPrivs:')[2].split()[0])", "1"),
        ("import os; print(sorted(os.environ) == ['HOME', 'LC_CTYPE'] or sorted(os.environ))", "True"),
        ("import os; print(os.listdir('.'), os.getcwd())", f"[] {isolation.WORK}"),
        ("import socket; print(socket.if_nameindex(), socket.gethostname())", "[(1, 'lo')] course"),
        ("import os; print(os.statvfs('/usr').f_flag & os.ST_RDONLY)", "1"),
        ("import ctypes; print(ctypes.CDLL(None).unshare(0x10000000))", "-1"),
        ("import ctypes; print(ctypes.CDLL(None).umount2(b'/tmp', 2))", "-1"),
        ("open('x', 'w').write('y' * 1000); print(len(open('x').read()))", "1000"),
    ],
)
def test_what_is_seen_from_inside(code: str, said: str) -> None:
    assert said_by(isolated(code)) == (said, "", 0)


@needs_isolation
def test_what_is_hidden_is_not_seen_even_within_what_is_shown(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "mine").write_text(SECRET)
    (tmp_path / "other").write_text("seen")
    tmp_path.chmod(0o755)
    code = f"import os; print(os.listdir({str(tmp_path / 'class')!r}), open({str(tmp_path / 'other')!r}).read())"
    assert said_by(isolated(code, tmp_path / "class", shown=(tmp_path,))) == ("[] seen", "", 0)


@needs_isolation
def test_memory_is_that_of_all_processes_together() -> None:
    """Each of four takes less than it may; what they share counts once."""
    own = "import os, time\nos.fork(); os.fork()\nkept = b'x' * 100_000_000\ntime.sleep(1)"
    shared = "import os, time\nkept = b'x' * 100_000_000\nos.fork(); os.fork()\ntime.sleep(1)"
    for code, ended in ((own, isolation.OUT_OF_MEMORY), (shared, 0)):
        assert said_by(isolated(code, memory=250 << 20))[2] == ended, code


def test_without_isolation_there_must_be_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "handed in"
    folder.mkdir()
    (folder / "half.ipynb").write_text(to_json(handed_in("ranks", matrix="while True: pass")))
    monkeypatch.setattr(grading, "why_not_isolated", lambda: "this is another system")
    with pytest.raises(SettingsError, match=r"this is another system.*--trust"):
        grade(folder, tmp_path / "grades.csv", SMALL, 1)
    assert not (tmp_path / "grades.csv").exists()
    grades = grade(folder, tmp_path / "grades.csv", Limits(3, 1024, 1), 1, trust=True)
    assert [(row.state, row.solved) for row in grades.rows] == [(TIMED_OUT, 1)]
    assert grades.exposed == "this is another system"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems don't limit the memory of a process")
def test_limits_hold_for_the_trusted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN_TOKEN", SECRET)
    steps = ["import os\nassert 'OWN_TOKEN' not in os.environ", "kept = bytearray(4 << 30)"]
    submission = Submission("pytorch", "en", tuple(map(Step, steps)))
    ran = execution.run_submission(submission, SMALL, [], isolated=False)
    assert (ran.state, [line["error"] for line in ran.lines if "error" in line]) == (OUT_OF_MEMORY, ["MemoryError: "])
    submission = Submission("pytorch", "en", (Step("print('x' * (3 << 20))"),))
    assert execution.run_submission(submission, SMALL, [], isolated=False).state == TOO_MUCH_OUTPUT
