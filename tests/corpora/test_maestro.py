from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.corpora.own_performances import SPLIT, csv_of, own_maestro, own_midi
from tunewright.contracts import PARTS, Split
from tunewright.corpora import archives, maestro
from tunewright.corpora.archives import unpack
from tunewright.corpora.maestro import open_maestro
from tunewright.corpora.mixture import open_mixture
from tunewright.corpora.path import open_path
from tunewright.corpora.performances import PerformanceCorpus
from tunewright.corpora.split import split_corpus
from tunewright.errors import CorpusError, SettingsError

NAMES = [f"{2004 + number % 2}/piece_{number:02}.midi" for number in range(12)]


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache and a folder of data of our own, both empty, and no network."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("TUNEWRIGHT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TUNEWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(maestro, "ADDRESS", (tmp_path / "server" / "maestro-v3.0.0-midi.zip").as_uri())
    monkeypatch.setattr(maestro, "FILES", len(NAMES))


@pytest.fixture
def packed(tmp_path: Path) -> dict[str, Path]:
    """A small MAESTRO as both of its archives."""
    folder = own_maestro(tmp_path / "maestro-v3.0.0")
    paths = {name: tmp_path / name for name in maestro.ARCHIVES}
    with zipfile.ZipFile(paths["maestro-v3.0.0-midi.zip"], "w", zipfile.ZIP_DEFLATED) as writer:
        for file in sorted(folder.rglob("*")):
            writer.write(file, file.relative_to(tmp_path))
    with tarfile.open(paths["maestro-v3.0.0.tar.xz"], "w:xz") as tar:
        tar.add(folder, folder.name)
    shutil.rmtree(folder)
    return paths


def trusted(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Makes this file the one that is believed under its name."""
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(maestro.ARCHIVES, path.name, sha256)
    monkeypatch.setattr(maestro, "SHA256", sha256)
    monkeypatch.setattr(maestro, "SIZE", path.stat().st_size)


def test_a_folder_gives_titles_parts_and_licence_by_its_csv(tmp_path: Path) -> None:
    folder = own_maestro(tmp_path / "data" / "deep" / "mine")
    corpus = open_maestro()
    assert (corpus.name, corpus.source, corpus.kind) == ("maestro", str(folder), "performance")
    assert [piece.origin for piece in corpus.pieces] == sorted(NAMES)
    numbers = [int(piece.origin[-7:-5]) for piece in corpus.pieces]
    rows = [11 - number for number in numbers]  # the csv has them the other way round
    assert [piece.title for piece in corpus.pieces] == [f'Ann Composer: Étude "No. {row // 2}", Op. 1' for row in rows]
    assert [piece.midi for piece in corpus.pieces] == [own_midi(number, 40) for number in numbers]
    expected = [{"train": "training"}.get(SPLIT[row % 6], SPLIT[row % 6]) for row in rows]
    assert list(corpus.stated_parts() or ()) == expected
    split = split_corpus(corpus)
    assert list(split.parts) == expected
    assert len(set(split.clusters)) == 6  # titles
    assert "CC BY-NC-SA 4.0" in corpus.licence
    assert "weights" in corpus.licence
    read = b"".join((folder / name).read_bytes() for name in sorted(NAMES))
    assert corpus.sha256 == hashlib.sha256(read).hexdigest()


def test_counts_of_each_part(tmp_path: Path) -> None:
    own_maestro(tmp_path / "data")
    corpus = open_maestro()
    facts = corpus.facts()
    assert facts["files"] == 12
    split = Split(corpus.stated_parts() or ())
    for part, name in zip(PARTS, ("train", "validation", "test"), strict=True):
        assert facts["notes"][name] == sum(split.select(corpus.notes, part)) > 0
        assert facts["hours"][name] == round(sum(split.select(corpus.seconds, part)) / 3600, 2)


@pytest.mark.parametrize("name", list(maestro.ARCHIVES))
def test_an_archive_is_unpacked_once(
    name: str,
    packed: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trusted(monkeypatch, packed[name])
    archive = packed[name].rename(tmp_path / "data" / name)
    first = open_maestro()
    assert Path(first.source) == tmp_path / "cache" / "maestro-v3.0.0"
    shown = capsys.readouterr()
    assert f"unpacking {name}" in shown.err
    assert shown.out == ""
    archive.unlink()
    again = open_maestro()
    assert (again.pieces, again.sha256, again.parts) == (first.pieces, first.sha256, first.parts)
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {".lock", "maestro-v3.0.0"}
    as_folder = own_maestro(tmp_path / "elsewhere")
    assert open_path(as_folder).pieces == first.pieces
    assert open_path(as_folder).sha256 == first.sha256


def test_an_incomplete_folder_is_passed_over_and_one_in_the_cache_replaced(
    packed: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed["maestro-v3.0.0-midi.zip"]
    trusted(monkeypatch, archive)
    for place in (tmp_path / "cache" / "maestro-v3.0.0", tmp_path / "data" / "maestro-v3.0.0"):
        own_maestro(place)
        (place / NAMES[3]).unlink()
    archive.rename(tmp_path / "data" / archive.name)
    assert len(open_maestro().pieces) == 12
    assert (tmp_path / "cache" / "maestro-v3.0.0" / NAMES[3]).exists()


def test_what_is_not_at_hand_is_fetched(
    packed: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = packed["maestro-v3.0.0-midi.zip"]
    trusted(monkeypatch, archive)
    (tmp_path / "server").mkdir()
    archive.rename(tmp_path / "server" / archive.name)
    assert len(open_maestro().pieces) == 12
    assert "maestro-v3.0.0-midi.zip: 100%" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {".lock", "maestro-v3.0.0"}


@pytest.mark.parametrize("content", [b"<Error>no such key</Error>", b"x" * 5_000_000])
def test_what_was_fetched_is_believed_only_with_its_hash(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "maestro-v3.0.0-midi.zip").write_bytes(content)
    with pytest.raises(
        CorpusError, match=r"is not the file that we know: expected 58,416,533 bytes of sha256 70470ee2"
    ):
        open_maestro()
    assert not list((tmp_path / "cache").iterdir())


def test_without_a_network_it_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"could not fetch file:.*maestro-v3\.0\.0-midi\.zip .*\$TUNEWRIGHT_DATA"):
        open_maestro()
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize("suffix", ["zip", "tar.xz"])
@pytest.mark.parametrize(
    "name", ["../evil.midi", "maestro/../../evil.midi", "/tmp/evil.midi", "..\\evil.midi", "other/a.midi"]
)
def test_an_archive_cannot_write_elsewhere(name: str, suffix: str, tmp_path: Path) -> None:
    archive = tmp_path / f"maestro.{suffix}"
    members = {"maestro/a.midi": b"right", name: b"evil"}
    if suffix == "zip":
        with zipfile.ZipFile(archive, "w") as writer:
            for own, content in members.items():
                writer.writestr(zipfile.ZipInfo(own), content)
    else:
        with tarfile.open(archive, "w:xz") as tar:
            for own, content in members.items():
                entry = tarfile.TarInfo(own)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    refused_whole(archive, tmp_path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_an_archive_of_other_than_plain_files_is_refused(kind: bytes, tmp_path: Path) -> None:
    archive = tmp_path / "maestro.tar"
    with tarfile.open(archive, "w") as tar:
        entry = tarfile.TarInfo("maestro/a.midi")
        entry.type, entry.linkname = kind, "/etc/passwd"
        tar.addfile(entry)
    refused_whole(archive, tmp_path)


@pytest.mark.parametrize("name", list(maestro.ARCHIVES))
def test_a_damaged_archive_leaves_nothing(name: str, packed: dict[str, Path], tmp_path: Path) -> None:
    content = bytearray(packed[name].read_bytes())
    content[len(content) // 2 : len(content) // 2 + 64] = b"\xff" * 64
    packed[name].write_bytes(content)
    refused_whole(packed[name], tmp_path)


def refused_whole(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="can't be unpacked"):
        unpack(archive, tmp_path / "cache" / "maestro", Path.exists)
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {".lock"}
    assert not list(tmp_path.rglob("evil.midi"))


def test_two_at_a_time_unpack_once(packed: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has waited for the other finds it done, and leaves alone what may be being read."""
    archive = packed["maestro-v3.0.0-midi.zip"]
    folder = unpack(archive, tmp_path / "cache" / "maestro", maestro.is_whole)
    monkeypatch.setattr(archives, "_members", lambda path: pytest.fail("unpacked again"))
    assert unpack(archive, folder, maestro.is_whole) == folder


def test_so_many_hours_are_chosen_from_the_training_part(tmp_path: Path) -> None:
    own_maestro(tmp_path / "data")
    chosen: dict[float, set[str]] = {}
    for hours in (0.1, 1.1, 2.2, 99):
        corpus = open_maestro(hours=hours)
        parts = Split(corpus.stated_parts() or ())
        assert parts.counts()["validation"] == parts.counts()["test"] == 2
        chosen[hours] = {piece.origin for piece in parts.select(corpus.pieces, "training")}
    assert [len(origins) for origins in chosen.values()] == [0, 2, 4, 8]  # each is half an hour and half a second
    assert chosen[1.1] < chosen[2.2] < chosen[99]
    assert open_maestro(hours=99).sha256 == open_maestro().sha256 != open_maestro(hours=1.1).sha256


def test_a_damaged_performance_of_maestro_is_no_small_matter(tmp_path: Path) -> None:
    folder = own_maestro(tmp_path / "data")
    (folder / NAMES[0]).write_bytes(b"rubbish")
    with pytest.raises(CorpusError, match=r"2004/piece_00\.midi is not as it was: no MIDI file"):
        open_maestro()


def test_a_part_of_maestro_by_path_keeps_its_split(tmp_path: Path) -> None:
    folder = own_maestro(tmp_path / "mini")
    (folder / "maestro-v3.0.0.csv").rename(folder / "maestro-v3.0.0-mini.csv")
    whole = open_path(folder)
    assert isinstance(whole, PerformanceCorpus)
    assert whole.skipped == ()
    (folder / NAMES[0]).unlink()
    (folder / NAMES[1]).write_bytes(b"rubbish")
    (folder / "mine.mid").write_bytes(own_midi(99, 40))
    rest = open_path(folder)
    assert (rest.name, rest.licence) == (str(folder), maestro.LICENCE)
    assert [skipped.origin for skipped in rest.skipped] == [NAMES[1], "mine.mid", NAMES[0]]
    assert "which part" in rest.skipped[1].reason
    assert "not there" in rest.skipped[2].reason
    parts = dict(zip((piece.origin for piece in whole.pieces), whole.parts or (), strict=True))
    assert rest.stated_parts() == tuple(parts[piece.origin] for piece in rest.pieces)
    assert len(rest.pieces) == 10


def test_an_archive_with_a_csv_by_path_keeps_its_split(packed: dict[str, Path], tmp_path: Path) -> None:
    corpus, folder = open_path(packed["maestro-v3.0.0-midi.zip"]), own_maestro(tmp_path / "folder")
    assert corpus.skipped == ()
    assert corpus.stated_parts() == open_path(folder).stated_parts()
    assert corpus.sha256 == open_path(folder).sha256


def test_a_csv_below_other_performances_says_nothing_of_them(tmp_path: Path) -> None:
    own_maestro(tmp_path / "all" / "mini")
    (tmp_path / "all" / "mine.mid").write_bytes(own_midi(99, 40))
    corpus = open_path(tmp_path / "all")
    assert corpus.stated_parts() is None
    assert len(corpus.pieces) == 13
    assert corpus.skipped == ()


@pytest.mark.parametrize(
    "text", ["", "one,two\n1,2\n", csv_of(NAMES).replace("validation", "dev"), csv_of(NAMES) + "Ann,Étude\n"]
)
def test_a_csv_that_is_none_of_maestros_is_told(text: str, tmp_path: Path) -> None:
    folder = own_maestro(tmp_path / "mine")
    (folder / "maestro-v3.0.0.csv").write_text(text, encoding="utf-8")
    message = r"maestro-v3\.0\.0\.csv: expected a csv of MAESTRO, with canonical_composer, "
    with pytest.raises(CorpusError, match=message):
        open_path(folder)


def test_performances_are_not_mixed_with_tunes(tmp_path: Path) -> None:
    own_maestro(tmp_path / "data")
    with pytest.raises(SettingsError, match=r"corpus\.books: maestro holds performances; only tunes are mixed"):
        open_mixture(books={"maestro": 1.0})


def test_maestro_is_what_its_makers_say(maestro_corpus: PerformanceCorpus) -> None:
    assert split_corpus(maestro_corpus).counts() == {"training": 962, "validation": 137, "test": 177}
    assert maestro_corpus.facts() == {
        "files": 1276,
        "notes": {"train": 5_659_328, "validation": 639_425, "test": 741_410},
        "hours": {"train": 159.24, "validation": 19.43, "test": 19.98},
    }
    assert maestro_corpus.skipped == ()
