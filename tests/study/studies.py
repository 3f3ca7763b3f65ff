"""Plans of small studies."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import tiny_settings
from tunewright.study.plan import Plan

QUICK = ("training.iterations=60", "training.validate_every=20", "training.checkpoint_every=20")
VARIED = ("model.hidden_size=24,48", "decoding.temperature=0.7,1.0")


def tiny_plan(own_file: Path, *varied: str, **more: object) -> Plan:
    """A plan whose trainings take a second each."""
    return Plan(tiny_settings(own_file, *QUICK), varied=varied or VARIED, **{"tunes": 12, **more})  # type: ignore[arg-type]
