from __future__ import annotations

from pathlib import Path

import pytest

from tunewright.errors import OutputError
from tunewright.files import locked, replacing, write_whole


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "deep" / "file.txt", "höre\n")
    assert path.read_bytes() == "höre\n".encode()
    writing = replacing(path)
    beside = writing.__enter__()
    beside.write_text("half")
    assert writing.__exit__(KeyError, KeyError(), None) is not True
    assert path.read_text(encoding="utf-8") == "höre\n"
    assert [file.name for file in path.parent.iterdir()] == ["file.txt"]


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot write"):
        write_whole(tmp_path / "file" / "below.txt", "text")


def test_a_folder_that_can_t_be_held_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot write into"), locked(tmp_path / "file"):
        pass
