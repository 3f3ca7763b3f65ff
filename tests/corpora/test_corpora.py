from __future__ import annotations

import hashlib
import io
import tarfile
from collections import defaultdict
from pathlib import Path

import pytest

from tests.conftest import own_tune
from tunewright.codecs.text import CharacterCodec
from tunewright.contracts import Piece
from tunewright.corpora import download, irish
from tunewright.corpora.split import part_of, split_pieces
from tunewright.errors import CorpusError
from tunewright.music.fingerprint import grams
from tunewright.music.reader import read_tune
from tunewright.settings import load_recipe
from tunewright.train import build_trainer, start_run
from tunewright.training.batches import RandomWindows


def test_both_readings_of_the_irish_tunes(irish_corpus: irish.IrishCorpus) -> None:
    facts = irish_corpus.facts()
    assert facts == {"tunes": 804, "lab_songs": 817, "lab_characters": 200_679, "symbols": 83}
    assert len(irish_corpus.to_read(irish_corpus.pieces)) == 804
    as_lab = irish.open_irish(reading="lab")
    assert len("\n\n".join(song.text for song in as_lab.to_read(as_lab.pieces))) == 200_679


def test_the_labs_recipe_on_everything_reads_the_labs_text(irish_corpus: irish.IrishCorpus, tmp_path: Path) -> None:
    settings = load_recipe("lab").changed(["corpus.split=none", "model.hidden_size=8"])
    trainer = build_trainer(start_run(settings, tmp_path / "run")[0])
    assert isinstance(trainer.batches, RandomWindows)
    songs = irish.lab_songs("".join(irish_corpus.blocks))
    read = CharacterCodec.load(tmp_path / "run" / "codec.json").decode_text(trainer.batches.laid_out(0).tolist())
    assert read == "\n\n".join(songs)
    assert len(read) == 200_679
    assert trainer.measure is None


def test_the_labs_reading_of_some_tunes_shows_none_of_the_others(irish_corpus: irish.IrishCorpus) -> None:
    as_lab = irish.open_irish(reading="lab")
    split = split_pieces(as_lab.pieces)
    learned = "\n\n".join(song.text for song in as_lab.to_read(split.select(as_lab.pieces, "training")))
    for piece in split.select(as_lab.pieces, "test"):
        assert piece.text not in learned
        assert piece.text.splitlines()[-1] not in learned.splitlines() or len(piece.text.splitlines()[-1]) < 40


def test_no_held_out_tune_has_a_near_duplicate_in_training(irish_corpus: irish.IrishCorpus) -> None:
    split = split_pieces(irish_corpus.pieces)
    assert 60 <= split.counts()["test"] <= 100
    assert 60 <= split.counts()["validation"] <= 100
    own = {
        part: [grams(read_tune(p.text)) for p in split.select(irish_corpus.pieces, part)]
        for part in ("training", "validation", "test")
    }
    for part in ("validation", "test"):
        assert max(len(one & other) for one in own[part] for other in own["training"]) < 10


def test_overlapping_search_of_the_lab() -> None:
    assert irish.lab_songs("A\n\nB\n\nC\n") == ["A", "B"]
    assert irish.lab_songs("A\n\n\nB\n\n") == ["A", "\nB", "B"]


def pieces(count: int) -> list[Piece]:
    return [Piece("", own_tune(number), f"tune {number}") for number in range(count)]


def test_the_split_holds_when_tunes_come_and_go() -> None:
    all_pieces = pieces(60)
    parts = dict(zip(all_pieces, split_pieces(all_pieces).parts, strict=True))
    fewer = all_pieces[20:]
    assert split_pieces(fewer).parts == tuple(parts[piece] for piece in fewer)
    assert set(parts.values()) == {"training", "validation", "test"}


def test_a_cluster_stays_together_where_its_smallest_text_belongs() -> None:
    base = pieces(40)
    copies = [Piece("", piece.text.replace("T:", "T:A variant of "), "") for piece in base]
    split = split_pieces([*base, *copies])
    members: dict[int, set[str]] = defaultdict(set)
    texts: dict[int, list[str]] = defaultdict(list)
    for piece, part, cluster in zip([*base, *copies], split.parts, split.clusters, strict=True):
        members[cluster].add(part)
        texts[cluster].append(piece.text)
    assert len(members) == 40
    for cluster, parts in members.items():
        assert parts == {part_of(min(texts[cluster]).encode())}


def test_the_rule_of_the_split() -> None:
    for text in ("a", "b", "c", "d"):
        remainder = int(hashlib.sha256(text.encode()).hexdigest(), 16) % 10
        assert part_of(text.encode()) == ("test" if remainder == 0 else "validation" if remainder == 1 else "training")


def test_a_file_is_believed_only_with_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEWRIGHT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TUNEWRIGHT_CACHE", str(tmp_path / "cache"))
    wanted = tmp_path / "data" / "deep" / "tunes.abc"
    wanted.parent.mkdir(parents=True)
    wanted.write_bytes(b"right")
    sha256 = hashlib.sha256(b"right").hexdigest()
    assert download.find_file("tunes.abc", sha256) == wanted
    wanted.write_bytes(b"wrong")
    assert download.find_file("tunes.abc", sha256) is None


def test_fetching_takes_one_file_out_of_a_source_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as writer:
        entry = tarfile.TarInfo("package-1.0/package/data/tunes.abc")
        entry.size = 5
        writer.addfile(entry, io.BytesIO(b"tunes"))
    monkeypatch.setenv("TUNEWRIGHT_CACHE", str(tmp_path / "cache"))

    def give(requirement: str, sha256: str, folder: Path) -> Path:
        path = folder / "package-1.0.tar.gz"
        path.write_bytes(archive.getvalue())
        return path

    monkeypatch.setattr(download, "_pip_download", give)
    path = download.fetch_from_source_package("package==1.0", "", "package/data/tunes.abc", "tunes.abc")
    assert path.read_bytes() == b"tunes"
    with pytest.raises(CorpusError, match=r"the archive holds no package/other\.abc"):
        download.fetch_from_source_package("package==1.0", "", "package/other.abc", "tunes.abc")


def test_without_a_network_it_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEWRIGHT_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(CorpusError, match=r"could not fetch nothing==1 with pip .*TUNEWRIGHT_DATA"):
        download.fetch_from_source_package("nothing==1", "0" * 64, "tunes.abc", "tunes.abc")
