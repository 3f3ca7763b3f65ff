"""Runs a command where it can harm nothing: in namespaces of its own, on Linux.

A script of the standard library alone, ``python -I -S isolation.py PLAN``, in which PLAN is JSON: ``shown`` are the
folders that the command may read, ``hidden`` those that it may not even if they lie in one of these, ``command`` and
``environment`` what is run, ``memory`` how many bytes all its processes may hold together.

What the command sees is a new root: the system's libraries, the folders shown, a few devices, all of it read-only, and
an empty folder in memory, ``/tmp``, that is gone afterwards. No network, no processes but its own, no capabilities, no
way to new ones, another user than root. All of its processes end with this one, however this one ends.

Exits with 0 when the command has ended in whatever way, else with :data:`OUT_OF_MEMORY` or :data:`NOT_POSSIBLE`, and
says why on standard error. This isn't a virtual machine: it trusts the kernel.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

OUT_OF_MEMORY, NOT_POSSIBLE = 3, 4
WORK, HOME = "/tmp/work", "/tmp/home"
"""Where the command begins, and its home."""
PROCESSES = 64
"""Processes and threads that the command may have at once."""
WORK_BYTES = 256 << 20
"""What fits into its folders."""
STRANGER = 65533
"""The user that it is where root runs it: one that is nobody else, and whom limits on processes bind."""

# Kept, as the environment of Python may lie in any of them; where a distribution has merged them they are links.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/etc/ld.so.cache", "/etc/localtime")
DEVICES = ("null", "zero", "full", "random", "urandom")

# From the kernel's headers; Python 3.11 has no names for them.
NEW_MOUNTS, NEW_CGROUPS, NEW_NAMES, NEW_IPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEW_USERS, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
APART = NEW_USERS | NEW_MOUNTS | NEW_PROCESSES | NEW_NETWORK | NEW_IPC | NEW_NAMES | NEW_CGROUPS
NO_SETUID, NO_DEVICES, NO_PROGRAMS, BIND, RECURSIVE, PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
DETACH = 2
DEATH_SIGNAL, DUMPABLE, DROP_CAPABILITY, NO_NEW_PRIVILEGES = 1, 4, 24, 38
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE = 442, -100, 0x8000
READ_ONLY_ATTRIBUTE, NO_SETUID_ATTRIBUTE, NO_DEVICES_ATTRIBUTE = 1, 2, 4
CAPABILITY_VERSION = 0x20080522


def command_of(plan: dict[str, Any]) -> list[str]:
    """What does that, as a process of its own."""
    return [sys.executable, "-I", "-S", __file__, json.dumps(plan)]


def main() -> None:
    """Does what the plan says."""
    plan = json.loads(sys.argv[1])
    _die_with_parent()
    asking, mapped = os.pipe(), os.pipe()
    keeper = os.fork()
    if not keeper:
        os.close(mapped[1])
        _or_give_up(lambda: _go_apart(plan, asking[1], mapped[0]))
    os.close(asking[1])
    # Only who is outside can say who the users inside are.
    if os.read(asking[0], 1):
        _or_give_up(lambda: _map_users(keeper))
        os.write(mapped[1], b".")
    sys.exit(_exit_code(keeper))


def _or_give_up(work: Callable[[], None]) -> None:
    try:
        work()
    except OSError as error:
        sys.stderr.write(f"no isolation: {error}\n")
        sys.stderr.flush()
        os._exit(NOT_POSSIBLE)


def _exit_code(child: int) -> int:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else NOT_POSSIBLE


def _call(name: str, *arguments: Any) -> None:
    """A function of the C library that tells by -1 that it has failed.

    Raises:
        OSError: it has.
    """
    if getattr(_library(), name)(*arguments) == -1:
        number = ctypes.get_errno()
        told = [one.decode() for one in arguments if isinstance(one, bytes)]
        raise OSError(number, os.strerror(number), " ".join([name, *told]))


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    _call("prctl", DEATH_SIGNAL, signal.SIGKILL)


def _map_users(process: int) -> None:
    """Root inside is who runs this, and where that is root there is a stranger too; everybody else is nobody."""
    user, group = os.geteuid(), os.getegid()
    of = Path(f"/proc/{process}")
    if user == 0:
        users = groups = f"0 0 1\n{STRANGER} {STRANGER} 1\n"
    else:
        (of / "setgroups").write_text("deny")
        users, groups = f"{user} {user} 1\n", f"{group} {group} 1\n"
    (of / "uid_map").write_text(users)
    (of / "gid_map").write_text(groups)


def _go_apart(plan: dict[str, Any], asking: int, mapped: int) -> None:
    _die_with_parent()
    _call("unshare", APART)
    os.write(asking, b".")
    if not os.read(mapped, 1):
        os._exit(NOT_POSSIBLE)
    first = os.fork()
    if not first:
        _or_give_up(lambda: _be_the_first_process(plan))
    os._exit(_exit_code(first))


def _be_the_first_process(plan: dict[str, Any]) -> None:
    """Whoever is process 1 can't be killed from inside, and takes everybody along."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # of what it has no handler for it hears nothing from inside
    _die_with_parent()
    _furnish(plan)
    _drop_powers()
    _die_with_parent()  # which a change of user undoes
    worker = os.fork()
    if not worker:
        _or_give_up(lambda: _become(plan))
    os._exit(_watched(worker, plan["memory"]))


def _furnish(plan: dict[str, Any]) -> None:
    """Makes the new root and moves into it, for good."""
    _call("mount", b"none", b"/", None, RECURSIVE | PRIVATE, None)
    root = Path("/sys")  # anything but a folder that is shown: nobody sees it any more
    _memory_folder(root, 1 << 20, "755")
    _memory_folder(root / "tmp", WORK_BYTES)
    for name in ("proc", "dev", "dev/shm", "old"):
        (root / name).mkdir()
    for device in DEVICES:
        (root / "dev" / device).touch()
    for path in [*SYSTEM, *sorted(plan["shown"])]:
        _show(root, Path(path))
    _call("mount", b"proc", str(root / "proc").encode(), b"proc", NO_SETUID | NO_DEVICES | NO_PROGRAMS, None)
    (root / "proc/sys/user/max_user_namespaces").write_text("0")  # or it would be root in the next one
    Path("/proc/self/oom_score_adj").write_text("1000")  # before anybody else is made to end
    for path in plan["hidden"]:
        _hide(root, Path(path), plan["shown"])
    _set_attributes(root, READ_ONLY_ATTRIBUTE | NO_SETUID_ATTRIBUTE | NO_DEVICES_ATTRIBUTE, recursive=True)
    _set_attributes(root / "tmp", clear=READ_ONLY_ATTRIBUTE)
    _memory_folder(root / "dev/shm", WORK_BYTES)
    for device in DEVICES:
        _bind(Path("/dev") / device, root / "dev" / device)
    os.chdir(root)
    _call("pivot_root", b".", b"old")
    _call("umount2", b"/old", DETACH)
    for path in (WORK, HOME):
        Path(path).mkdir(mode=0o777)
        Path(path).chmod(0o777)
    os.chdir(WORK)
    _call("sethostname", b"course", 6)


def _memory_folder(at: Path, size: int, mode: str = "1777") -> None:
    at.mkdir(exist_ok=True)
    _call("mount", b"tmpfs", str(at).encode(), b"tmpfs", NO_SETUID | NO_DEVICES, f"size={size},mode={mode}".encode())


def _show(root: Path, path: Path) -> None:
    """Puts a file, a folder or a link of the host at its own place below the new root."""
    place = root / path.relative_to("/")
    if place.exists() or place.is_symlink() or not path.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() and str(path) in SYSTEM:
        place.symlink_to(os.readlink(path))
        return
    if path.is_dir():
        place.mkdir()
    else:
        place.touch()
    _bind(path, place)


def _bind(path: Path, place: Path) -> None:
    _call("mount", str(path).encode(), str(place).encode(), None, BIND | RECURSIVE, None)


def _hide(root: Path, path: Path, shown: Iterable[str]) -> None:
    """An empty folder over one that would be seen as part of one that is shown."""
    place = root / path.relative_to("/")
    if any(path in Path(one).parents or path == Path(one) for one in shown) or not place.is_dir():
        return
    _memory_folder(place, 4096, "755")


def _set_attributes(at: Path, attributes: int = 0, *, clear: int = 0, recursive: bool = False) -> None:
    """Of a mount, and of all below it."""
    wanted = (ctypes.c_uint64 * 4)(attributes, clear, 0, 0)
    flags = AT_RECURSIVE if recursive else 0
    place = ctypes.c_char_p(str(at).encode())
    _call("syscall", MOUNT_SETATTR, AT_FDCWD, place, flags, ctypes.byref(wanted), ctypes.c_size_t(32))


def _drop_powers() -> None:
    """No capabilities, now or by any program that is begun; not root."""
    for capability in range(64):
        with suppress(OSError):  # there aren't so many
            _call("prctl", DROP_CAPABILITY, capability)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(STRANGER, STRANGER, STRANGER)
        os.setresuid(STRANGER, STRANGER, STRANGER)
    _call("capset", (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)())
    _call("prctl", NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _call("prctl", DUMPABLE, 0)


def _become(plan: dict[str, Any]) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
    os.nice(5)  # who watches comes first
    os.execve(plan["command"][0], plan["command"], plan["environment"])


def _watched(worker: int, memory: int) -> int:
    """Waits for the command; sees to it that all of its processes together hold no more memory than they may."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    while True:
        signal.sigtimedwait({signal.SIGCHLD}, 0.05)
        with suppress(ChildProcessError):
            while ended := os.waitpid(-1, os.WNOHANG)[0]:
                if ended == worker:
                    return 0
        # The first is cheap, but counts what processes share for each of them.
        if sum(_held("status")) > memory and sum(_held("smaps_rollup")) > memory:
            return OUT_OF_MEMORY


def _held(told_in: str) -> Iterator[int]:
    """Bytes of memory that each process holds, but for what it has from files."""
    for process in filter(str.isdecimal, os.listdir("/proc")):
        of = Path("/proc", process)
        with suppress(OSError):
            try:
                told = (of / told_in).read_text()
            except PermissionError:  # it has hidden itself, so all counts as its own
                told = (of / "status").read_text()
            for line in told.splitlines():
                if line.startswith(("RssAnon:", "RssShmem:", "VmSwap:", "Pss_Anon:", "Pss_Shmem:", "SwapPss:")):
                    yield int(line.split()[1]) << 10


if __name__ == "__main__":
    main()
