"""The loss picture in a real notebook: one output, redrawn as the training goes."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

CODE = """
from pathlib import Path
import tunewright.training.trackers as trackers
from tunewright.settings import Settings
from tunewright.train import train

trackers.SECONDS_BETWEEN_PICTURES = 0.05
changes = ['corpus.name="{tunes}"', "model.embedding_size=8", "model.hidden_size=16", "training.iterations=40",
           "training.batch_size=4", "training.length=32", "training.validate_every=20"]
train(Settings().changed(changes), Path("{folder}"), trackers.standard_trackers());
"""


def test_the_picture_is_redrawn_in_place(own_file: Path, tmp_path: Path) -> None:
    code = CODE.replace("{tunes}", own_file.as_posix()).replace("{folder}", (tmp_path / "run").as_posix())
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=240).execute()
    (output,) = notebook.cells[0].outputs
    assert output.output_type == "display_data"
    assert len(output.data["image/png"]) > 10_000
