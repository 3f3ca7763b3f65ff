"""Nothing that stands in a journal is lost, and nothing counts twice."""

from __future__ import annotations

from pathlib import Path

from tunewright.study.journal import begun, ended, write


def record(trial: str, state: str, **more: object) -> dict[str, object]:
    return {"trial": trial, "state": state, **more}


def test_the_first_end_of_each_trial_counts(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for one in [record("a", "begun"), record("b", "begun"), record("a", "done", n=1), record("b", "pruned")]:
        write(path, one)
    for _ in range(3):
        write(path, record("a", "done", n=2))
        write(path, record("a", "begun"))
    assert list(ended(path)) == ["a", "b"]
    assert ended(path)["a"]["n"] == 1
    assert list(begun(path)) == ["a", "b"]


def test_stopped_is_no_end(tmp_path: Path) -> None:
    write(tmp_path / "journal.jsonl", record("a", "stopped"))
    assert ended(tmp_path / "journal.jsonl") == {}


def test_a_line_that_was_cut_off_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, record("a", "done"))
    whole = path.read_bytes()
    write(path, record("b", "done"))
    for length in range(len(whole), len(path.read_bytes())):
        cut = tmp_path / f"{length}.jsonl"
        cut.write_bytes(path.read_bytes()[:length])
        write(cut, record("c", "done"))
        found = list(ended(cut))
        assert found in (["a", "c"], ["a", "b", "c"])
        assert ("b" in found) == (length == len(path.read_bytes()) - 1)


def test_what_is_no_record_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'\xff\xfe rubbish\n[1, 2]\n"text"\n{"trial": "a", "state": "done"}\n\n')
    assert list(ended(path)) == ["a"]


def test_there_needn_t_be_a_journal(tmp_path: Path) -> None:
    assert ended(tmp_path / "none.jsonl") == {}
