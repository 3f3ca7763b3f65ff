"""One training in several processes: each reads its rows of every batch, and what all have found is averaged, so that
the weights of all stay the same, and go the way that one process would take with the whole batches.

The first process is the one that the user began; it alone writes, measures and is watched. The others are begun by it
and end with it. They talk by ``torch.distributed``: gradients on CUDA by NCCL, all else by Gloo.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any

import torch
from torch import Tensor, distributed
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from tunewright.errors import SettingsError, TrainingError, TunewrightError, WorkerError
from tunewright.executor import cores, end_with_parent
from tunewright.settings import TrainingSettings
from tunewright.training.batches import Batch

LONGEST_WAIT = timedelta(hours=6)
"""For another process, e.g. while the first one measures. One that has died is noticed at once."""
HOST = "127.0.0.1"
DIED = "a process that trained beside this one has died (out of memory?); what was saved last is kept"


class Alone:
    """The processes of a training as one of them sees them; here there is only one.

    Attributes:
        rank: of this process, from 0.
        size: how many there are.
    """

    rank = 0
    size = 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes, measures and is watched."""
        return self.rank == 0

    def rows(self, batch_size: int) -> slice:
        """Which rows of so many are this process's own."""
        share = batch_size // self.size
        return slice(self.rank * share, (self.rank + 1) * share)

    def share(self, batch: Batch) -> Batch:
        """This process's rows of a batch."""
        own = self.rows(len(batch.inputs))
        return Batch(batch.inputs[own], batch.targets[own], batch.fresh)

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replaces tensors by their means over all processes."""
        return

    def any(self, flag: bool) -> bool:
        """Whether any process says so."""
        return flag

    def gathered(self, value: Any) -> list[Any]:
        """The value of each process, by rank; on CPU."""
        return [value]


class Together(Alone):
    """See :class:`Alone`; here there are several, and every call waits for all of them.

    Raises:
        WorkerError: another one has died.
    """

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size

    def average(self, tensors: Sequence[Tensor]) -> None:
        flat = torch.cat([one.reshape(-1) for one in tensors])
        with _noticing():
            distributed.all_reduce(flat)
        flat /= self.size
        for one, mean in zip(tensors, torch.split(flat, [one.numel() for one in tensors]), strict=True):
            one.copy_(mean.view_as(one))

    def any(self, flag: bool) -> bool:
        said = torch.tensor(int(flag))
        with _noticing():
            distributed.all_reduce(said, distributed.ReduceOp.MAX)
        return bool(said.item())

    def gathered(self, value: Any) -> list[Any]:
        values: list[Any] = [None] * self.size
        with _noticing():
            distributed.all_gather_object(values, value)
        return values


@contextmanager
def _noticing() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise WorkerError(DIED) from error


def check_workers(settings: TrainingSettings, workers: int) -> None:
    """Looks whether so many processes can train by these settings.

    Raises:
        SettingsError: they can't.
    """
    if settings.batch_size % workers:
        raise SettingsError(
            f"--workers {workers}: training.batch_size = {settings.batch_size} can't be shared out evenly; "
            f"it must be a multiple of {workers}"
        )
    if torch.cuda.is_available() and workers > torch.cuda.device_count():
        raise SettingsError(
            f"--workers {workers}: each needs a GPU of its own, and here are {torch.cuda.device_count()}"
        )


Assist = Callable[[Callable[[], Alone]], None]
"""What a process does that trains beside the first one: gets ready, then calls what it is given to join the others."""


@contextmanager
def together(workers: int, assist: Assist) -> Iterator[Alone]:
    """Begins the processes beside this one and, when all stand ready, tells how this one sees them. They are ended
    with the block.

    Args:
        workers: how many there are, this one counted in.
        assist: picklable.

    Raises:
        WorkerError: one has died before it was ready.
    """
    if workers == 1:
        yield Alone()
        return
    store = TCPStore(HOST, 0, is_master=True, wait_for_workers=False, timeout=LONGEST_WAIT)
    threads = torch.get_num_threads()
    own = max(1, min(threads, cores() // workers))
    # Forked processes would inherit the locks of whatever threads run here.
    context = get_context("spawn")
    others = [
        context.Process(target=_begin, args=(assist, rank, workers, store.port, own), daemon=True)
        for rank in range(1, workers)
    ]
    try:
        for other in others:
            other.start()
        _await(store, others)
        torch.set_num_threads(own)
        _join(store, 0, workers)
        yield Together(0, workers)
        for other in others:
            other.join(60)
    finally:
        torch.set_num_threads(threads)
        for other in others:
            if other.pid is not None:
                other.kill()
                other.join()
        if distributed.is_initialized():
            distributed.destroy_process_group()


def _await(store: TCPStore, others: Sequence[BaseProcess]) -> None:
    """Until all others are ready to join."""
    while not store.check([_ready(rank) for rank in range(1, len(others) + 1)]):
        if not all(other.is_alive() for other in others):
            raise WorkerError("a process that was to train beside this one has died before it was ready")
        time.sleep(0.02)


def _begin(assist: Assist, rank: int, workers: int, port: int, threads: int) -> None:
    """All that a process beside the first one does. Ctrl-C in a terminal reaches every process; here it is left to the
    first one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    torch.set_num_threads(threads)
    if torch.cuda.is_available():
        torch.cuda.set_device(rank)

    def join() -> Alone:
        store = TCPStore(HOST, port, is_master=False, wait_for_workers=False, timeout=LONGEST_WAIT)
        store.set(_ready(rank), "")
        _join(store, rank, workers)
        return Together(rank, workers)

    try:
        assist(join)
    except (TrainingError, WorkerError):
        pass  # what has gone wrong in all of them, or in the first one, is for that one to tell
    except TunewrightError as error:
        raise SystemExit(f"tunewright: {error}") from None
    if distributed.is_initialized():
        distributed.destroy_process_group()


def _join(store: TCPStore, rank: int, workers: int) -> None:
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    with _noticing():
        distributed.init_process_group(backend, store=store, rank=rank, world_size=workers, timeout=LONGEST_WAIT)


def _ready(rank: int) -> str:
    return f"ready {rank}"
