"""Wishes drawn at random, composed by the built-in run and read back by ``check --json``: all of them are met."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from tunewright.cli import main
from tunewright.music.headers import canonical_key, canonical_meter
from tunewright.music.ranges import parse_range

TYPES = ("", "reel", "jig", "hornpipe", "polka", "slide", "slipjig", "waltz", "setdance", "march")
METERS = ("", "2/4", "3/4", "4/4", "C", "C|", "6/8", "9/8", "12/8")
KEYS = ("", "G", "D", "Edor", "Amix", "Bmin", "Gdor", "F", "C", "A", "Eb", "F#min", "Dphr")
BARS = (0, 4, 7, 8, 12, 16, 18, 24, 32)
FORMS = ("", "A", "AA", "AB", "AAB", "AABB", "ABB", "AABBCC", "AABBCCDD")
RANGES = ("", "D4-B5", "D whistle", "G3-B5", "fiddle", "C4-C5", "A4-G5", "D4-D6")


def random_wish(chance: random.Random) -> dict[str, str | int]:
    """One value of each wish, empty ones included; none that contradicts itself."""
    wish: dict[str, str | int] = {
        "type": chance.choice(TYPES), "meter": chance.choice(METERS), "key": chance.choice(KEYS),
        "bars": chance.choice(BARS), "form": chance.choice(FORMS), "range": chance.choice(RANGES),
    }  # fmt: skip
    if wish["bars"] == 4 and wish["form"] == "AABBCCDD":
        wish["bars"] = 16
    return wish


def midi(name: str) -> int:
    return parse_range(f"{name}-{name}").lowest


def compose_and_check(wish: dict[str, str | int], folder: Path, seed: int, *options: str) -> dict[str, object]:
    told = [part for name, value in wish.items() if value for part in (f"--{name}", str(value))]
    out = ["--seed", str(seed), "--out", str(folder), "--to", "abc", "--json"]
    composed = CliRunner().invoke(main, ["compose", *told, *out, *options], catch_exceptions=False)
    assert composed.exit_code == 0, (wish, composed.stderr)
    (file,) = folder.glob("*.abc")
    checked = CliRunner().invoke(main, ["check", str(file), "--json"], catch_exceptions=False)
    assert checked.exit_code == 0, (wish, checked.stdout)
    (tune,) = json.loads(checked.stdout)["tunes"]
    assert isinstance(tune, dict)
    return tune


def assert_met(wish: dict[str, str | int], tune: dict[str, object]) -> None:
    assert tune["valid"]
    for name in ("type", "bars", "form"):
        assert not wish[name] or tune[name] == wish[name], (name, wish, tune)
    assert not wish["meter"] or canonical_meter(str(tune["meter"])) == canonical_meter(str(wish["meter"])), (wish, tune)
    assert not wish["key"] or canonical_key(str(tune["key"])) == canonical_key(str(wish["key"])), (wish, tune)
    if wish["range"]:
        limits = parse_range(str(wish["range"]))
        assert limits.lowest <= midi(str(tune["lowest"])) <= midi(str(tune["highest"])) <= limits.highest, (wish, tune)


@pytest.mark.parametrize("number", [pytest.param(n, marks=[pytest.mark.slow] * (n >= 4)) for n in range(50)])
def test_random_wishes_are_met(number: int, tmp_path: Path) -> None:
    wish = random_wish(random.Random(number))
    assert_met(wish, compose_and_check(wish, tmp_path, number))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(50, 60))
def test_random_wishes_are_met_by_masking_and_in_the_key_alone(number: int, tmp_path: Path) -> None:
    wish = random_wish(random.Random(number))
    assert_met(wish, compose_and_check(wish, tmp_path, number, "--masked", "--diatonic"))
