"""The stand-in for the lab's helper package: what the lab's notebooks do with it, on tunes of our own."""

from __future__ import annotations

import io
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from numpy.typing import NDArray
from torch import nn

import tunewright.course.mdl as mdl
from tests.conftest import own_tune
from tunewright.corpora.irish import IrishCorpus
from tunewright.errors import InputError, MissingExtraError, SettingsError
from tunewright.music.performance import perform
from tunewright.music.reader import read_tune
from tunewright.rendering.player import SECONDS_OF_TAIL

TUNES = [own_tune(number) for number in (1, 2, 3)]
LONG_A = "X:1\nT:Long A\nM:4/4\nL:1/4\nQ:1/4=120\nR:waltz\nK:C\nA4|A4|]"
BAD_BAR = "X:1\nT:Short Bar\nM:4/4\nL:1/4\nK:C\nCDEF|CDE|CDEF|]"
HEADER = 22
"""Samples of 16 bits that the header of a WAV file would be."""


def lab_samples(audio: Any) -> NDArray[np.int16]:
    """What the lab's last cell makes of an Audio: all its bytes as samples of one channel."""
    return np.frombuffer(audio.data, dtype=np.int16)


# Tunes


def test_the_training_data_are_the_tunes_that_there_are(
    irish_corpus: IrishCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    tunes = mdl.lab1.load_training_data()
    assert (len(tunes), len(set("\n\n".join(tunes)))) == (804, 83)
    assert all(tune.startswith("X:") and "\nK:" in tune for tune in tunes)
    assert capsys.readouterr().out == "804 tunes in irish.abc\n"
    songs = mdl.lab1.load_training_data(reading="lab")
    assert (len(songs), len("\n\n".join(songs))) == (817, 200_679)
    assert "817" in (told := capsys.readouterr().out)
    assert "804" in told


def test_an_unknown_reading_is_refused() -> None:
    with pytest.raises(SettingsError, match="reading 'all': expected 'tunes' or 'lab'"):
        mdl.lab1.load_training_data("all")  # type: ignore[arg-type]


@pytest.mark.parametrize("before", ["", "\n", "\n\n"])
@pytest.mark.parametrize("between", ["\n\n", "\n\n\n"])
@pytest.mark.parametrize("after", ["", "\n", "\n\n"])
def test_every_song_of_a_text_is_found_once(
    before: str, between: str, after: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mdl.lab1.extract_song_snippet(before + between.join(TUNES) + after) == TUNES
    assert capsys.readouterr().out == "3 songs in the text\n"


def test_a_song_alone_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert mdl.lab1.extract_song_snippet(TUNES[0]) == TUNES[:1]
    assert capsys.readouterr().out == "1 song in the text\n"


# Sound


def test_an_audio_holds_the_tune() -> None:
    audio = mdl.lab1.play_song(TUNES[0])
    with wave.open(io.BytesIO(audio.data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (44_100, 2, 2)
        seconds = file.getnframes() / 44_100
    assert seconds == pytest.approx(perform(read_tune(TUNES[0])).seconds + SECONDS_OF_TAIL, abs=0.001)
    assert "<audio" in audio._repr_html_()


def test_what_the_lab_writes_at_its_rate_sounds_as_long_and_as_high_as_the_tune() -> None:
    data = lab_samples(mdl.lab1.play_song(LONG_A))
    assert len(data) / 88_200 == pytest.approx(4 + SECONDS_OF_TAIL, abs=0.001)
    second = data[HEADER + 44_100 : HEADER + 44_100 + 88_200]
    spectrum = np.abs(np.fft.rfft(second * np.hanning(len(second))))  # one bin a hertz
    assert abs(int(np.argmax(spectrum[300:600])) + 300 - 440) <= 2
    # What the two ears hear differently is heard beyond 22 kHz, by nobody.
    assert spectrum[20:20_000].sum() > 20 * spectrum[20_000:22_000].sum()


@pytest.mark.parametrize(
    ("song", "reason"),
    [
        ("X:1\nT:Cut", "'Cut': no key: a K: line must end the header"),
        ("X:1\nT:Odd\nK:Q\nCDE|", "'Q' is not a key"),
        ("X:1\nT:Silent\nK:C\nz4|", "no notes"),
        ("X:1\nT:Endless\nL:1/1\nK:C\nC9999|", "at most 20 are made"),
        ("DEF GAB|", "a song without a title: no tune in it (a tune needs a K: line and notes after it)"),
        ("", "no tune in it"),
    ],
)
def test_a_song_that_cannot_be_played_is_none_and_says_why(
    song: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mdl.lab1.play_song(song) is None
    told = capsys.readouterr().out
    assert told.startswith("Not played: ")
    assert reason in told


def test_wrong_bars_are_played_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert mdl.lab1.play_song(BAD_BAR) is not None
    assert capsys.readouterr().out == "'Short Bar': 1 of 3 bars wrong; the first is bar 2: 3 quarters where 4 fit\n"
    assert mdl.lab1.play_song(LONG_A) is not None
    assert capsys.readouterr().out == ""


def test_playing_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mdl.lab1.play_song(LONG_A)
    assert list(tmp_path.iterdir()) == []


def test_files_go_the_way_of_the_lab(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = mdl.lab1.save_song_to_abc(LONG_A, str(tmp_path / "mine.v2"))
    assert name == str(tmp_path / "mine.v2")
    assert mdl.lab1.abc2wav(f"{name}.abc") == 0
    assert mdl.lab1.play_wav(f"{name}.wav").data == mdl.lab1.play_song(LONG_A).data
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.v2.abc", "mine.v2.wav"]
    assert capsys.readouterr().out == ""
    assert mdl.lab1.abc2wav(tmp_path / "none.abc") == 1
    assert str(tmp_path / "none.abc") in capsys.readouterr().out
    with pytest.raises(InputError, match=r"none\.wav: no such file"):
        mdl.lab1.play_wav(tmp_path / "none.wav")


def test_a_text_is_played_and_none_valid_is_said_only_where_none_was(capsys: pytest.CaptureFixture[str]) -> None:
    mdl.lab1.play_generated_song(f"{LONG_A}\n\nX:2\nT:Cut")
    told = capsys.readouterr().out
    assert "2 songs in the text" in told
    assert "Not played: 'Cut'" in told
    assert "None of the songs" not in told
    assert told.count("Audio object") == 1  # what IPython displays outside notebooks
    mdl.lab1.play_generated_song("X:2\nT:Cut")
    assert "None of the songs could be played" in capsys.readouterr().out


# Checks


def right(kind: Any, shift: int = 1, extra: int = 0) -> Any:
    """A ``get_batch`` of arrays or tensors, right unless its labels are shifted or its sequences too long."""

    def get_batch(songs: NDArray[np.int64], seq_length: int, batch_size: int) -> tuple[Any, Any]:
        starts, length = range(batch_size), seq_length + extra
        x = np.stack([songs[start : start + length] for start in starts])
        y = np.stack([songs[start + shift : start + shift + length] for start in starts])
        return kind(x), kind(y)

    return get_batch


ARGS = (np.arange(50), 10, 2)


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
def test_a_right_batch_passes(kind: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for check in (
        mdl.lab1.test_batch_func_types,
        mdl.lab1.test_batch_func_shapes,
        mdl.lab1.test_batch_func_next_step,
    ):
        assert check(right(kind), ARGS) is True
    assert capsys.readouterr().out.count("[PASS]") == 3


def test_a_wrong_batch_is_told() -> None:
    with pytest.raises(AssertionError, match="x is a list; expected an array of NumPy or a tensor of PyTorch"):
        mdl.lab1.test_batch_func_types(right(list), ARGS)
    with pytest.raises(AssertionError, match="two things"):
        mdl.lab1.test_batch_func_types(lambda *args: torch.zeros(2, 10), ARGS)
    with pytest.raises(AssertionError, match=r"x is of shape \(2, 11\); expected \(2, 10\)"):
        mdl.lab1.test_batch_func_shapes(right(torch.as_tensor, extra=1), ARGS)
    for shift in (0, 2):
        with pytest.raises(AssertionError, match="y is not x one step later"):
            mdl.lab1.test_batch_func_next_step(right(torch.as_tensor, shift), ARGS)


def test_a_dense_layer_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    layer = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid())
    assert mdl.lab1.test_custom_dense_layer_output(layer(torch.ones(1, 2))) is True
    with pytest.raises(AssertionError, match=r"of shape \(3,\); expected \(1, 3\)"):
        mdl.lab1.test_custom_dense_layer_output(torch.full((3,), 0.5))
    with pytest.raises(AssertionError, match="a sigmoid's values lie between 0 and 1"):
        mdl.lab1.test_custom_dense_layer_output(torch.full((1, 3), 2.0))


# Losses and pictures


def test_losses_are_smoothed() -> None:
    history = mdl.util.LossHistory(0.75)
    for loss in (8.0, 4.0, 0.0):
        history.append(loss)
    assert history.get() == [8.0, 7.0, 5.25]
    plain = mdl.util.LossHistory()
    plain.append(3.0)
    plain.append(1.0)
    assert plain.get() == [3.0, 1.0]
    with pytest.raises(SettingsError, match=r"smoothing_factor 1\.0"):
        mdl.util.LossHistory(1.0)


def test_a_plotter_does_nothing_outside_notebooks(capsys: pytest.CaptureFixture[str]) -> None:
    import matplotlib.pyplot as plt

    mdl.util.PeriodicPlotter(sec=0).plot([1.0, 2.0])
    assert plt.get_fignums() == []
    assert capsys.readouterr().out == ""
    with pytest.raises(SettingsError, match="scale 'cubic': expected None, 'semilogx', 'semilogy', 'loglog'"):
        mdl.util.PeriodicPlotter(sec=0, scale="cubic")


IN_A_NOTEBOOK = """
import torch
import tunewright.course.mdl as mdl
print("before")
plotter = mdl.util.PeriodicPlotter(sec=0, xlabel="Iterations", ylabel="Loss", scale="semilogy")
for length in range(1, 4):
    plotter.plot([1.0, 0.5, 0.25][:length])
mdl.util.display_model(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Sigmoid()))
"""


def test_a_plotter_redraws_its_picture_in_a_notebook_and_leaves_the_rest() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(IN_A_NOTEBOOK)])  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=240).execute()
    text, curve, model = notebook.cells[0].outputs
    assert text.text == "before\n"
    assert curve.output_type == "display_data"
    assert model.output_type == "execute_result"
    assert min(len(one.data["image/png"]) for one in (curve, model)) > 5000


def test_a_model_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"expected a torch\.nn\.Module, not a str"):
        mdl.util.display_model("a model")


def test_images_are_laid_out_in_rows() -> None:
    images = [np.full((2, 3), number) for number in range(7)]
    grid = mdl.util.create_grid_of_images(images, (2, 3))
    assert grid.shape == (4, 9)
    assert grid[::2, ::3].tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(SettingsError, match="a grid of 5 x 5 takes 25 images; here are 7"):
        mdl.util.create_grid_of_images(images)


# What is not needed


def test_neither_tensorflow_nor_ipython_is_imported_before_something_is_displayed() -> None:
    code = (
        "import sys\nsys.modules['IPython'] = sys.modules['IPython.display'] = None\n"
        "import tunewright.course.mdl as mdl\nfrom tunewright.errors import MissingExtraError\n"
        "assert len(mdl.lab1.extract_song_snippet('X:1\\nK:C\\nCDEF|')) == 1\n"
        "assert 'tensorflow' not in sys.modules\n"
        "try:\n    mdl.lab1.play_song('X:1\\nK:C\\nCDEF|')\nexcept MissingExtraError as error:\n    print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "sounds and pictures in a notebook need an optional library: pip install 'tunewright[course]'" in told
    assert str(MissingExtraError("Pictures", "course")).endswith("pip install 'tunewright[course]'")
