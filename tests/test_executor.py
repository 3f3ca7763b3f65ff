"""One map over much work, in this process and in others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tunewright.errors import SettingsError, WorkerError
from tunewright.executor import ENGINES, Processes, cores, executor, is_stopping


def doubled(number: int) -> int:
    return 2 * number


def threads(_: int) -> tuple[str | None, int]:
    return os.environ.get("OMP_NUM_THREADS"), os.getpid()


def failing(number: int) -> int:
    if number == 2:
        raise ValueError("two")
    return number


def failing_first(number: int) -> int:
    if number == 0:
        raise ValueError("nothing")
    time.sleep(1)
    return number


def working_until_asked(number: int) -> str:
    deadline = time.monotonic() + 60
    while not is_stopping():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return f"{number} kept"


def dying(number: int) -> int:
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_item_comes_back_with_its_result(engine: str) -> None:
    assert sorted(executor(engine, 2).map(doubled, range(7))) == [(number, 2 * number) for number in range(7)]
    assert list(executor(engine, 2).map(doubled, [])) == []


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_items_are_asked_for_as_workers_fall_free(engine: str) -> None:
    known: list[int] = []
    ahead: list[int] = []

    def items() -> Iterator[int]:
        for number in range(6):
            ahead.append(number - len(known))
            yield number

    for _, result in executor(engine, 2).map(doubled, items()):
        known.append(result)
    assert sorted(known) == [0, 2, 4, 6, 8, 10]
    assert max(ahead) <= 1  # with two workers, at most one result is still out when the next item is asked for


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_an_error_is_raised_here(engine: str) -> None:
    with pytest.raises(ValueError, match="two"):
        list(executor(engine, 1).map(failing, range(5)))


def test_workers_share_the_cores() -> None:
    told = [result for _, result in Processes(2).map(threads, range(8))]
    assert {count for count, _ in told} == {str(max(1, cores() // 2))}
    assert os.getpid() not in {process for _, process in told}


def test_a_worker_that_dies_is_told() -> None:
    with pytest.raises(WorkerError, match="fewer workers may help"):
        list(Processes(1).map(dying, range(5)))


def test_an_unknown_engine_tells_which_there_are() -> None:
    with pytest.raises(SettingsError, match="no engine is called 'steam'; there are: in-process, processes"):
        executor("steam", 2)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no /proc to look for processes in")
def test_workers_end_with_the_process_that_began_them(tmp_path: Path) -> None:
    """However that ends: killed, it can't say good-bye."""
    script = tmp_path / "begin.py"
    script.write_text(
        "import os, sys, time\nfrom tunewright.executor import Processes\n"
        "def work(path):\n    open(path, 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
        "if __name__ == '__main__':\n    list(Processes(2).map(work, sys.argv[1:]))\n"
    )
    told = [tmp_path / "one", tmp_path / "two"]
    parent = subprocess.Popen([sys.executable, str(script), *map(str, told)])
    deadline = time.monotonic() + 60
    while not all(path.exists() and path.read_text() for path in told):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    workers = [int(path.read_text()) for path in told]
    parent.kill()
    parent.wait()
    while any(map(alive, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_others_were_at_when_one_failed_is_handed_over() -> None:
    found: list[tuple[int, int]] = []
    with pytest.raises(ValueError, match="nothing"):
        found.extend(Processes(2).map(failing_first, range(9)))
    assert found == [(1, 1)]


def test_asked_to_stop_workers_hand_over_what_they_have() -> None:
    engine = Processes(2)
    timer = threading.Timer(3, engine.stop)
    timer.start()
    items = iter([1, 2])
    assert sorted(result for _, result in engine.map(working_until_asked, items)) == ["1 kept", "2 kept"]
    assert not is_stopping()
