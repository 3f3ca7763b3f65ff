"""``tunewright evaluate`` as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.test_cli import as_json, call
from tunewright.run import Run


def test_the_figure_is_told_with_its_interval_and_where_the_bits_are(tiny_run: Run) -> None:
    told = as_json(call("evaluate", tiny_run.folder, "--json"))
    low, high = told["interval"]
    lines = call("evaluate", tiny_run.folder).stdout.splitlines()
    assert lines[0].startswith(f"{told['bits_per_unit']:.4f} ({low:.4f} to {high:.4f}) bits per character on ")
    worst = max(told["tunes"], key=lambda tune: tune["nats"] / tune["units"])
    assert f"worst: {worst['title']} ({worst['origin']})" in lines[1]
    table = {line.split("  ")[0]: line for line in lines[3:]}
    assert list(table) == ["field", *told["fields"]]
    body = told["fields"]["body"]
    assert table["body"].split()[1:4] == [f"{body['units']:,}", f"{body['share']:.1%}", f"{body['bits_per_unit']:.3f}"]
    assert len({len(line) for line in lines[3:]}) == 1


def test_baselines_stand_beside(tiny_run: Run) -> None:
    told = as_json(call("evaluate", tiny_run.folder, "--baselines", "--json"))["baselines"]
    lines = call("evaluate", tiny_run.folder, "--baselines").stdout.splitlines()
    for name, one in told.items():
        (line,) = [line for line in lines if line.startswith(f"{name}: {one['bits_per_unit']:.4f} (")]
        assert f"the run has {one['ratio']:.3f} (" in line
    assert lines[5].split()[-2:] == ["5-gram", "copier"]
    assert lines[-1].split()[-1] == f"{told['copier']['fields']['end']['bits_per_unit']:.3f}"


@pytest.mark.parametrize(("name", "start"), [("units.jsonl", '{"tune": '), ("units.html", "<!doctype html>")])
def test_what_each_character_costs_is_written(tiny_run: Run, tmp_path: Path, name: str, start: str) -> None:
    result = call("evaluate", tiny_run.folder, "--per-unit", tmp_path / name, "--json")
    assert json.loads(result.stdout)["units"] > 0
    assert result.stderr.splitlines()[-1] == f"{tmp_path / name}: what each character costs"
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
