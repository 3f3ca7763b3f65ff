"""One map over much work: in this process, or in several side by side.

What is mapped over is asked for only as workers fall free, so that later items may depend on earlier results; results
come in the order in which they are ready.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from typing import Protocol, TypeVar

from tunewright.errors import SettingsError, WorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Libraries read them when they are loaded."""


class Executor(Protocol):
    """Applies a function to many items."""

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
        """Each item with what the function makes of it, as soon as it is ready.

        An error that the function raises is raised here, once the items under way are done and were handed over; no
        further item is begun.
        """
        ...

    def stop(self) -> None:
        """Asks the work under way to end early: :func:`is_stopping` tells it. What it makes of what it has counts."""
        ...


class InProcess:
    """One item after another, here."""

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
        """See :class:`Executor`."""
        _asked.clear()
        for item in items:
            yield item, function(item)

    def stop(self) -> None:
        """See :class:`Executor`."""
        _asked.set()


class Processes:
    """Several items at once, each in a process of its own, which shares the cores with the others.

    Functions, items and results must be picklable. Workers end when this process does, however it ends.

    Args:
        workers: how many.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        # Forked workers would inherit the locks of whatever threads run here.
        self._context = get_context("spawn")
        self._asked = self._context.Event()

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result]]:
        """See :class:`Executor`.

        Raises:
            WorkerError: a worker died.
        """
        self._asked.clear()
        threads = max(1, cores() // self.workers)
        pool = ProcessPoolExecutor(self.workers, self._context, _begin_worker, (threads, self._asked))
        waiting = iter(items)
        under_way: dict[Future[Result], Item] = {}
        failed: BaseException | None = None
        try:
            with pool:
                while _fill(under_way, pool, function, waiting, 0 if failed else self.workers):
                    for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                        item, error = under_way.pop(future), future.exception()
                        if error is None:
                            yield item, future.result()
                        failed = failed or error
            if failed:
                raise failed
        except BrokenProcessPool:
            raise WorkerError(
                "a worker process died before its work was done (out of memory?); fewer workers may help"
            ) from None

    def stop(self) -> None:
        """See :class:`Executor`."""
        self._asked.set()


def is_stopping() -> bool:
    """Whether the work that is done in this process was asked to end early."""
    return _asked.is_set()


class _Flag(Protocol):
    """An event, of this process or shared with others."""

    def is_set(self) -> bool: ...

    def set(self) -> None: ...

    def clear(self) -> None: ...


_asked: _Flag = threading.Event()


def _fill(
    under_way: dict[Future[Result], Item],
    pool: ProcessPoolExecutor,
    function: Callable[[Item], Result],
    waiting: Iterator[Item],
    workers: int,
) -> bool:
    """Gives free workers something to do; False if there is nothing to wait for."""
    while len(under_way) < workers:
        try:
            item = next(waiting)
        except StopIteration:
            break
        under_way[pool.submit(function, item)] = item
    return bool(under_way)


def _begin_worker(threads: int, asked: _Flag) -> None:
    """What a worker process does before all else. Ctrl-C in a terminal reaches every process; here it is left to the
    process that began this one, which asks.
    """
    global _asked  # a worker is told once, when it begins
    _asked = asked
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in THREAD_VARIABLES:
        wanted = os.environ.get(name, "")
        os.environ[name] = str(min(threads, int(wanted)) if wanted.isdecimal() and int(wanted) else threads)
    end_with_parent()


def end_with_parent() -> None:
    """Lets this process end as soon as the one that began it is gone, even if that was killed."""
    threading.Thread(target=_end_when_alone, daemon=True).start()


def _end_when_alone() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


ENGINES: dict[str, Callable[[int], Executor]] = {"in-process": lambda workers: InProcess(), "processes": Processes}


def executor(engine: str, workers: int) -> Executor:
    """An executor by name.

    Raises:
        SettingsError: there is none of this name.
    """
    if engine not in ENGINES:
        raise SettingsError(f"no engine is called '{engine}'; there are: {', '.join(ENGINES)}")
    return ENGINES[engine](workers)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
