"""All versions of the course as files: for students and solved, in every language.

``python -m tunewright.course.build DIR`` writes them into ``DIR/<language>/`` and ``DIR/<language>/solutions/``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tunewright.course.chapters import CHAPTERS, languages
from tunewright.course.notebook import build, to_json
from tunewright.errors import OutputError, SettingsError
from tunewright.files import write_whole

SOLUTIONS = "solutions"
"""The folder of the solved notebooks, within that of the others."""


def notebooks(language: str, *, solutions: bool = False, chapters: Sequence[str] = ()) -> dict[Path, str]:
    """Chapters in a version, as the texts of files by their places in a folder.

    Args:
        language: its code.
        solutions: solved, or as students get them.
        chapters: their names; all of them if none is given.

    Raises:
        SettingsError: there is no such chapter or language.
    """
    unknown = [name for name in chapters if name not in CHAPTERS]
    if unknown:
        raise SettingsError(f"--chapter {unknown[0]}: there are: {', '.join(CHAPTERS)}")
    place = Path(SOLUTIONS) if solutions else Path()
    return {
        place / f"{CHAPTERS[name]}.ipynb": to_json(build(name, language, solutions=solutions))
        for name in CHAPTERS
        if name in chapters or not chapters
    }


def all_notebooks() -> dict[Path, str]:
    """Every version of every chapter, as the texts of files by their places in a folder."""
    return {
        Path(language) / place: text
        for language in languages()
        for solutions in (False, True)
        for place, text in notebooks(language, solutions=solutions).items()
    }


def copy(texts: dict[Path, str], folder: Path, *, force: bool = False) -> dict[Path, Path | None]:
    """Lays notebooks into a folder. Files that hold just this stay as they are.

    Args:
        texts: by their places in the folder.
        folder: where; made if it isn't there.
        force: rename what stands in the way, instead of refusing.

    Returns:
        The files, each with what the one that stood there is called now, if one did.

    Raises:
        OutputError: another file stands in the way; nothing is written then.
    """
    files = {folder / place: text for place, text in texts.items()}
    in_the_way = [path for path, text in files.items() if path.exists() and not _holds(path, text)]
    if in_the_way and not force:
        raise OutputError(
            f"{in_the_way[0]} is there and differs, it may be somebody's work: name another folder, "
            "or --force renames it and lays the new one beside"
        )
    laid: dict[Path, Path | None] = {}
    for path, text in files.items():
        laid[path] = _put_aside(path) if path in in_the_way else None
        if not path.exists():
            write_whole(path, text)
    return laid


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _put_aside(path: Path) -> Path:
    """Renames a file to the first name that is free."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.old-{number}{path.suffix}")).exists():
        number += 1
    try:
        return path.rename(aside)
    except OSError as error:
        raise OutputError(f"cannot rename {path}: {error.strerror or error}") from None


def main(folder: Path) -> None:
    """Writes all versions, over what is there."""
    for place, text in all_notebooks().items():
        write_whole(folder / place, text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
