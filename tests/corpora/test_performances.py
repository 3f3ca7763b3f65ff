"""Anyone's MIDI files."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import own_tune
from tests.corpora.own_performances import own_midi, own_performance
from tunewright.audit import audit
from tunewright.contracts import Corpus
from tunewright.corpora import path as path_module
from tunewright.corpora import performances
from tunewright.corpora.path import open_path
from tunewright.corpora.performances import PerformanceCorpus
from tunewright.corpora.split import part_of, split_corpus
from tunewright.errors import CorpusError, SettingsError
from tunewright.music.midi import read_midi, write_midi
from tunewright.music.pieces import in_form
from tunewright.run import Run

LENGTH = 60


def told(corpus: Corpus) -> list[tuple[str, str]]:
    return [(skipped.origin, skipped.reason) for skipped in corpus.skipped]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three performances, three files that are none, and what isn't meant."""
    right = own_midi(9, LENGTH)
    files = {
        "b.mid": own_midi(1, LENGTH),
        "a/c.MIDI": own_midi(2, LENGTH),
        "a.midi": own_midi(3, LENGTH),
        "empty.mid": b"",
        "rubbish.mid": b"\0\1\2" * 99,
        "truncated.mid": right[:20],
        "letter.txt": b"Dear all",
        ".hidden/d.mid": right,
        "._a.mid": right,
        "list.csv": b"one,two\n",
    }
    for name, content in files.items():
        (tmp_path / "played" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "played" / name).write_bytes(content)
    return tmp_path / "played"


def test_a_folder_of_midi_files_is_read_by_name(folder: Path) -> None:
    corpus = open_path(folder)
    assert isinstance(corpus, PerformanceCorpus)
    assert (corpus.name, corpus.source, corpus.kind) == (str(folder), str(folder), "performance")
    assert [(piece.title, piece.origin) for piece in corpus.pieces] == [
        ("a", "a.midi"),
        ("c", "a/c.MIDI"),
        ("b", "b.mid"),
    ]
    assert [piece.midi for piece in corpus.pieces] == [own_midi(number, LENGTH) for number in (3, 2, 1)]
    assert {(piece.text, piece.kind, piece.licence) for piece in corpus.pieces} == {
        ("", "performance", "as its owner says")
    }
    order = ("a.midi", "a/c.MIDI", "b.mid", "empty.mid", "rubbish.mid", "truncated.mid")
    assert corpus.sha256 == hashlib.sha256(b"".join((folder / name).read_bytes() for name in order)).hexdigest()


def test_files_that_are_no_performances_are_skipped_and_told(folder: Path) -> None:
    silence = own_performance(1).select(np.arange(0))
    (folder / "silent.mid").write_bytes(write_midi(silence))
    corpus = open_path(folder)
    assert [origin for origin, _ in told(corpus)] == ["empty.mid", "rubbish.mid", "silent.mid", "truncated.mid"]
    assert all(reason for _, reason in told(corpus))


def test_an_archive_gives_what_the_folder_gives(folder: Path, tmp_path: Path) -> None:
    archive = tmp_path / "played.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for file in sorted(folder.rglob("*"), reverse=True):
            writer.write(file, file.relative_to(folder))
    packed, unpacked = open_path(archive), open_path(folder)
    assert (packed.pieces, packed.sha256) == (unpacked.pieces, unpacked.sha256)
    assert [origin for origin, _ in told(packed)] == [origin for origin, _ in told(unpacked)]


def test_a_single_file(folder: Path) -> None:
    corpus = open_path(folder / "a" / "c.MIDI")
    assert [(piece.title, piece.midi) for piece in corpus.pieces] == [("c", own_midi(2, LENGTH))]
    with pytest.raises(CorpusError, match=r"no performance that can be read; the first of 1 skipped, rubbish\.mid: "):
        open_path(folder / "rubbish.mid")


def test_counts_of_notes_and_hours(folder: Path) -> None:
    corpus = open_path(folder)
    read = [read_midi(piece.midi) for piece in corpus.pieces]
    notes = sum(len(performance.notes.pitches) for performance in read)
    assert notes == 3 * len(own_performance(1, LENGTH).pitches)
    hours = round(sum(float(performance.notes.ends.max()) for performance in read) / 3600, 2)
    assert corpus.facts() == {"files": 3, "notes": notes, "hours": hours}
    assert hours > 0


def test_tunes_come_before_the_midi_files_beside_them(folder: Path) -> None:
    (folder / "tune.abc").write_text(own_tune(1))
    corpus = open_path(folder)
    assert [piece.text for piece in corpus.pieces] == [own_tune(1)]
    ((origin, reason),) = told(corpus)
    assert origin == "6 MIDI files"
    assert "left aside" in reason


def test_too_much_is_refused_unread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = folder / "large.mid"
    large.write_bytes(own_midi(4, 2 * LENGTH))
    size = large.stat().st_size
    monkeypatch.setattr(performances, "LARGEST_FILE", size - 1)
    corpus = open_path(folder)
    assert ("large.mid", f"{size:,} bytes; expected at most {size - 1:,} in a MIDI file") in told(corpus)
    assert len(corpus.pieces) == 3
    monkeypatch.setattr(path_module, "LARGEST_OF_MIDI", 1000)
    with pytest.raises(CorpusError, match=r"bytes of MIDI; expected at most 1,000"):
        open_path(folder)


def test_performances_have_no_house_form(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"corpus\.form=house is a way to write tunes; .* leave it raw"):
        in_form(open_path(folder), "house")


def test_the_split_is_by_content_and_keeps_versions_together(tmp_path: Path) -> None:
    for number in range(30):
        notes = own_performance(number)
        (tmp_path / f"{number:02}.mid").write_bytes(write_midi(notes))
        higher = notes._replace(pitches=notes.pitches + 1, starts=notes.starts * 1.1, ends=notes.ends * 1.1)
        (tmp_path / f"{number:02} again.mid").write_bytes(write_midi(higher))
    corpus = open_path(tmp_path)
    split = split_corpus(corpus)
    assert len(set(split.clusters)) == 30
    for number in range(30):
        own = [at for at, piece in enumerate(corpus.pieces) if piece.title.startswith(f"{number:02}")]
        smallest = min(corpus.pieces[at].midi for at in own)
        assert [split.parts[at] for at in own] == [part_of(smallest)] * 2
    assert set(split.parts) == {"training", "validation", "test"}


def test_an_audit_is_of_tunes(tiny_run: Run, folder: Path) -> None:
    with pytest.raises(SettingsError, match="this corpus holds performances, and run tiny has learned from tunes"):
        audit(tiny_run, str(folder), "all")
