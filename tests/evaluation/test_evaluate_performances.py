"""Runs of performances are scored, on their own corpus and on others."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.corpora.own_performances import own_midi, own_performance
from tests.music.performances import performance_piece
from tests.test_cli import call
from tunewright.audit import audit, told
from tunewright.corpora.split import part_of
from tunewright.errors import InputError, RunError, SettingsError
from tunewright.evaluate import evaluate
from tunewright.evaluation.likelihood import text_sha256
from tunewright.music.midi import read_midi, write_midi
from tunewright.run import Run, open_corpus


def test_figures_fit_one_another(tiny_performance_run: Run) -> None:
    result = evaluate(tiny_performance_run, baselines=True)
    pieces = tiny_performance_run.part_pieces(open_corpus(tiny_performance_run.settings), "test")
    assert (result["unit"], result["pieces"], result["fields"]) == ("event", len(pieces), None)
    # Notes that begin together within a step of 10 ms on one key are one event.
    assert result["notes"] == pytest.approx(sum(len(read_midi(one.midi).notes.starts) for one in pieces), rel=0.02)
    assert result["symbols"] == result["units"] + len(pieces)
    assert result["nats_per_symbol"] * result["symbols"] == pytest.approx(result["nats"])
    assert result["nats_per_note"] * result["notes"] == pytest.approx(result["nats"])
    assert result["bits_per_unit"] * result["units"] == pytest.approx(result["nats"] / math.log(2))
    assert list(result["baselines"]) == ["5-gram"]
    gram = result["baselines"]["5-gram"]
    assert gram["nats_per_note"] * result["notes"] == pytest.approx(gram["nats"])
    assert gram["ratio"] == pytest.approx(result["bits_per_unit"] / gram["bits_per_unit"])


def test_what_was_scored_has_a_name_of_its_own(tiny_performance_run: Run) -> None:
    one, other = (performance_piece(own_midi(number)) for number in (1, 2))
    assert text_sha256([one]) != text_sha256([other])
    names = {evaluate(tiny_performance_run, part=part)["sha256"] for part in ("test", "validation")}
    assert len(names) == 2


def test_it_is_told_in_lines(tiny_performance_run: Run) -> None:
    result = evaluate(tiny_performance_run)
    lines = call("evaluate", tiny_performance_run.folder, "--baselines").stdout.splitlines()
    assert lines[0].startswith(f"{result['bits_per_unit']:.4f} (")
    assert " form" not in lines[0]
    assert lines[1].startswith(f"{result['nats_per_symbol']:.4f} nats per symbol")
    assert f"{result['nats_per_note']:.4f} nats per note ({result['notes']:,})" in lines[1]
    assert "nats per note" in lines[3]


def test_performances_the_run_knows_are_no_test(tiny_performance_run: Run, tmp_path: Path) -> None:
    learned = tiny_performance_run.part_pieces(open_corpus(tiny_performance_run.settings), "training")
    numbers = [int(piece.origin.partition("piece_")[2][:2]) for piece in learned[:2]]
    folder = tmp_path / "others"
    folder.mkdir()
    (folder / "copy.mid").write_bytes(learned[2].midi)
    kept = int(part_of(learned[2].midi) == "test")
    # Others play the same, higher and slower, until that falls into the test part; and there is something new.
    for number in numbers:
        notes = own_performance(number, 40)
        for slower in range(1, 300):
            pace = 1 + slower / 1000
            content = write_midi(
                notes._replace(starts=notes.starts * pace, ends=notes.ends * pace, pitches=notes.pitches + 2)
            )
            if part_of(content) == "test":
                (folder / f"{number}.mid").write_bytes(content)
                break
    with pytest.raises(RunError, match=rf"there are none \({2 + kept} are known to the run\)"):
        evaluate(tiny_performance_run, str(folder), "test")
    stranger = next(midi for midi in map(own_midi, range(100, 200)) if part_of(midi) == "test")
    (folder / "stranger.mid").write_bytes(stranger)
    result = evaluate(tiny_performance_run, str(folder), "test")
    assert (result["pieces"], result["left_out"]) == (1, 2 + kept)
    assert [one["title"] for one in result["tunes"]] == ["stranger"]


def test_corpora_of_another_kind_are_refused(tiny_run: Run, tiny_performance_run: Run, own_file: Path) -> None:
    with pytest.raises(SettingsError, match=r"this corpus holds tunes, and run .* has learned from performances"):
        evaluate(tiny_performance_run, str(own_file))
    with pytest.raises(SettingsError, match=r"this corpus holds performances, and run .* has learned from tunes"):
        audit(tiny_run, tiny_performance_run.settings.corpus.name)
    with pytest.raises(SettingsError, match="--per-unit tells what each character costs"):
        evaluate(tiny_performance_run, per_unit=Path("units.html"))


def test_an_audit_finds_what_was_learned(tiny_performance_run: Run) -> None:
    honest = audit(tiny_performance_run)
    assert honest["clean"]
    assert honest["most_shared_grams"] == 0
    itself = audit(tiny_performance_run, part="training")
    assert not itself["clean"]
    for one in itself["tunes"]:
        assert one["nearest"]["origin"] == one["origin"]
        assert one["nearest"]["longest_run"] > 50
        assert one["origin"] in one["equal_titles"]
    assert "not clean (runs of ten notes" in list(told(itself))[-1]


def test_what_only_tunes_have_is_refused_in_a_line(tiny_performance_run: Run, own_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.mid"
    path.write_bytes(own_midi(1))
    folder = tiny_performance_run.folder
    for arguments, message in (
        (("corpus", "compare", folder, "--with", own_file), "these are performances; what is compared is counted in"),
        (("corpus", "compare", own_file, "--with", path), "these are performances; what is compared is counted in"),
        (("corpus", "prepare", path, "--out", tmp_path / "book.abc"), "a book is written of tunes"),
        (("check", path), "a performance in MIDI has no written bars to be checked"),
        (("originality", own_file, "--run", folder), "has learned from performances; expected MIDI files"),
        (("originality", path), "has learned from tunes; expected ABC files; --run names a run of performances"),
    ):
        result = call(*arguments)
        assert result.exit_code == 2, arguments
        assert message in result.stderr
        assert "Traceback" not in result.stderr


def test_files_are_compared_with_what_the_run_knows(tiny_performance_run: Run, tmp_path: Path) -> None:
    learned = tiny_performance_run.part_pieces(open_corpus(tiny_performance_run.settings), "training")[0]
    (tmp_path / "known.mid").write_bytes(learned.midi)
    (tmp_path / "new.midi").write_bytes(own_midi(500, 60))
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    result = call("originality", tmp_path, "--run", tiny_performance_run.folder)
    known, new = [line for line in result.stdout.splitlines() if line.startswith(str(tmp_path))]
    assert result.exit_code == 2  # since one is broken
    assert known.startswith(f"{tmp_path / 'known.mid'}: Near-copy")
    assert new.startswith(f"{tmp_path / 'new.midi'}: Original")
    assert "2 performances, 1 near-copies" in result.stderr
    assert "broken.mid" in result.stderr


def test_a_damaged_index_is_told(tiny_performance_run: Run, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        type(tiny_performance_run.performance_index).load(tmp_path / "none.npz")
