"""A trained run made small enough to give away: half precision, nothing that only resuming needs, and its figures
inside.

The runs that come with the package are made with ``python -m tunewright.export RUN FOLDER [BOOK...]``; of the books
that are named no tune is given away, but its title and the outline of its melody, so that copies are found.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tunewright.evaluate import evaluate
from tunewright.files import write_whole
from tunewright.run import INDEX, Run, open_run
from tunewright.run_writer import write_about

KEPT = (
    "settings.json",
    "codec.json",
    "split.json",
    "loss.png",
)
OF_TUNES = ("style.json", "dialect.json", "shapes.json")
FIGURES = ("bits_per_unit", "unit", "units", "nats", "nats_per_note", "pieces", "sha256")


def export_run(run: Run, folder: Path, withheld: Sequence[str] = ()) -> Run:
    """Writes a copy of a run with its best weights in half precision, and with what these very weights reach.

    The copy composes and can be evaluated; it can't be resumed. Its figures are measured after rounding, so that
    ``evaluate`` prints just what ``run.json`` stores.

    Args:
        withheld: books of a mixture whose tunes may not be given away.
    """
    for name in (*KEPT, *OF_TUNES) if run.kind == "tune" else (*KEPT, INDEX):
        write_whole(folder / name, (run.folder / name).read_bytes())
    if run.kind == "tune":
        index = run.index.outlined(lambda known: not known.origin.startswith(tuple(f"{book}: " for book in withheld)))
        write_whole(folder / INDEX, index.to_bytes())
    metrics = (run.folder / "metrics.jsonl").read_text().splitlines(keepends=True)
    # One training record in ten tells the same story; every validation record is kept.
    write_whole(folder / "metrics.jsonl", "".join(line for number, line in enumerate(metrics) if _told(line, number)))
    write_whole(folder / "best.safetensors", _halved(run))
    write_about(folder, run.about)
    copy = open_run(folder)
    figures = {}
    for part in ("validation", "test"):
        result = evaluate(copy, part=part)
        figures[part] = {key: result[key] for key in FIGURES if key in result}
    write_about(folder, {**run.about, "precision": "float16", "figures": figures})
    return open_run(folder)


def _told(line: str, number: int) -> bool:
    return '"validation"' in line or number % 10 == 0


def _halved(run: Run) -> bytes:
    from safetensors.torch import save

    weights: dict[str, Any] = run.model("best").state_dict()
    return save({name: value.half().contiguous() for name, value in weights.items()})


if __name__ == "__main__":
    exported = export_run(open_run(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
    size = sum(path.stat().st_size for path in exported.folder.iterdir())
    print(f"{exported.folder}: {size / 1e6:.1f} MB, {exported.about['figures']['test']}")
