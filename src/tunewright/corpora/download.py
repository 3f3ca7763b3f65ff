"""Finding data files: the cache, a folder of the user's, or the network; nothing is believed without its sha256."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path, PurePosixPath

from platformdirs import user_cache_path

from tunewright.errors import CorpusError
from tunewright.files import replacing, write_whole

ADVICE = "without a network, put the file into a folder and name that folder in $TUNEWRIGHT_DATA"
_CHUNK = 1 << 20


def cache_folder() -> Path:
    """Where fetched data is kept: ``$TUNEWRIGHT_CACHE``, else the system's place for caches."""
    chosen = os.environ.get("TUNEWRIGHT_CACHE")
    return Path(chosen) if chosen else user_cache_path("tunewright", appauthor=False)


def find_file(name: str, sha256: str) -> Path | None:
    """A file of this name and content in the cache or anywhere under ``$TUNEWRIGHT_DATA``."""
    cached = cache_folder() / name
    folder = os.environ.get("TUNEWRIGHT_DATA")
    candidates = [cached, *(sorted(Path(folder).rglob(name)) if folder else [])]
    for path in candidates:
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            return path
    return None


def fetch_from_source_package(requirement: str, archive_sha256: str, member: str, name: str) -> Path:
    """Downloads a source package with pip (without installing it), takes one file out of it, and caches that.

    Args:
        requirement: e.g. ``"mitdeeplearning==0.7.5"``.
        archive_sha256: of the source archive.
        member: path of the wanted file below the archive's top folder.
        name: under which it is cached.

    Raises:
        CorpusError: the package could not be had, or isn't the one we know.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive_path = _pip_download(requirement, archive_sha256, Path(folder))
        with tarfile.open(archive_path) as archive:
            inside = next((entry for entry in archive.getmembers() if entry.name.endswith(f"/{member}")), None)
            content = archive.extractfile(inside) if inside else None
            if content is None:
                raise CorpusError(f"{requirement}: the archive holds no {member}")
            return write_whole(cache_folder() / name, content.read())


def _pip_download(requirement: str, sha256: str, folder: Path) -> Path:
    """The source archive of this sha256; pip refuses any other before it looks inside."""
    wanted, constraint = folder / "requirements.txt", folder / "build-constraint.txt"
    wanted.write_text(f"{requirement} --hash=sha256:{sha256}\n")
    # pip runs the package's setup to learn its name, and that setup imports pkg_resources, which setuptools removed:
    # it is built with an older setuptools. Newer pips read the second variable, older ones the first.
    constraint.write_text("setuptools<70\n")
    environment = {**os.environ, "PIP_CONSTRAINT": str(constraint), "PIP_BUILD_CONSTRAINT": str(constraint)}
    options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes", "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *options, "--requirement", str(wanted)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    archives = sorted(folder.glob("*.tar.gz"))
    if result.returncode != 0 or not archives:
        last = (result.stderr.strip().splitlines() or ["no message"])[-1]
        raise CorpusError(f"could not fetch {requirement} with pip ({last}); {ADVICE}")
    return archives[0]


def fetch(address: str, size: int, sha256: str) -> Path:
    """Downloads a file into the cache, under the last part of its address; how far it is stands on standard error.

    Args:
        size: in bytes, as it must be.

    Raises:
        CorpusError: it could not be had, or isn't the one we know.
    """
    from tqdm import tqdm

    path, digest = cache_folder() / PurePosixPath(address).name, hashlib.sha256()
    shown = tqdm(desc=path.name, total=size, unit="B", unit_scale=True, mininterval=0.5, file=sys.stderr)
    with replacing(path) as beside, beside.open("wb") as file, shown:
        for chunk in _downloaded(address):
            digest.update(chunk)
            file.write(chunk)
            shown.update(len(chunk))
            if file.tell() > size:
                break
        # Some servers answer for what they don't have with a page that says so.
        if digest.hexdigest() != sha256:
            raise CorpusError(f"{address} is not the file that we know: expected {size:,} bytes of sha256 {sha256}")
    return path


def _downloaded(address: str) -> Iterator[bytes]:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            while chunk := answer.read(_CHUNK):
                yield chunk
    except (OSError, HTTPException) as error:
        raise CorpusError(f"could not fetch {address} ({error}); {ADVICE}") from None
