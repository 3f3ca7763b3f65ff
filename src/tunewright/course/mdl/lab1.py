"""Music and checks under the names of the lab's ``lab1``: tunes to learn from, tunes to hear, batches to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tunewright.corpora.irish import NAME, open_irish
from tunewright.errors import InputError, RenderingError, SettingsError, TunewrightError
from tunewright.files import write_whole
from tunewright.music.bars import check
from tunewright.music.fields import split_tunes
from tunewright.music.performance import perform
from tunewright.music.pieces import find_pieces
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune
from tunewright.notebooks import displays
from tunewright.publish import read_pieces
from tunewright.rendering.sound import wav

if TYPE_CHECKING:
    from torch import Tensor

Batch = Callable[..., Any]
"""A student's ``get_batch(vectorized_songs, seq_length, batch_size)``, which gives (x, y)."""


# Tunes


def load_training_data(reading: Literal["tunes", "lab"] = "tunes") -> list[str]:
    """The Irish tunes that the lab learns from, as ABC texts.

    Args:
        reading: ``"tunes"`` for the 804 tunes that there are; ``"lab"`` for the 817 "songs" that the lab's own search
            cuts the same file into, to compare figures with the lab's.

    Raises:
        SettingsError: another reading.
        CorpusError: the file is not here and cannot be fetched.
    """
    if reading not in ("tunes", "lab"):
        raise SettingsError(f"reading {reading!r}: expected 'tunes' or 'lab'")
    corpus = open_irish(reading=reading)
    texts = [piece.text for piece in corpus.to_read(corpus.pieces)]
    if reading == "tunes":
        print(f"{len(texts)} tunes in {NAME}")
    else:
        print(f'{len(texts)} "songs" in {NAME} as the lab cuts it; {len(corpus.pieces)} tunes in truth')
    return texts


def extract_song_snippet(text: str) -> list[str]:
    """Every tune of a text, from its ``X:`` line on, the first and the last too; a last one may be cut off."""
    songs = [song for _, song in split_tunes(text)]
    print(f"{len(songs)} {'song' if len(songs) == 1 else 'songs'} in the text")
    return songs


def save_song_to_abc(song: str, filename: str = "tmp") -> str:
    """Writes ``filename.abc``; returns ``filename``, without the suffix.

    Raises:
        OutputError: it cannot be written.
    """
    write_whole(Path(f"{filename}.abc"), song)
    return filename


# Sound


def abc2wav(abc_file: str | Path) -> int:
    """Plays the first tune of an ABC file into a WAV file beside it: 44.1 kHz, stereo, 16 bit.

    Returns:
        The status of a program: 0 where it is written; 1 where not, and the reason is printed.
    """
    path = Path(abc_file)
    try:
        write_whole(path.with_suffix(".wav"), _recording(read_pieces(path)[0].text, str(path)))
    except TunewrightError as error:
        print(f"Not played: {error}")
        return 1
    return 0


def play_wav(wav_file: str | Path) -> Any:
    """An ``IPython.display.Audio`` of a sound file; its ``data`` are the bytes of the file.

    Raises:
        InputError: there is no such file.
        MissingExtraError: IPython is not installed.
    """
    if not Path(wav_file).is_file():
        raise InputError(f"{wav_file}: no such file")
    return displays().Audio(filename=str(wav_file))


def play_song(song: str) -> Any:
    """An ``IPython.display.Audio`` of a tune; None where it cannot be played, and the reason is printed.

    A tune with wrong bars is played as it stands, and they are told. ``data`` are the bytes of a WAV file of two
    channels at 44.1 kHz, 16 bit: the notebook's last cell takes them, header and all, for samples of one channel at
    88.2 kHz, which sounds at the right speed and pitch just because 2 x 44,100 is 88,200. Nothing is written.

    Raises:
        MissingExtraError: IPython is not installed.
    """
    audio = displays().Audio
    title = read_tune(song).title
    try:
        return audio(data=_recording(song, f"'{title}'" if title else "a song without a title"))
    except (InputError, RenderingError) as error:
        print(f"Not played: {error}")
        return None


def play_generated_song(generated_text: str) -> None:
    """Displays the sound of every tune of a text that can be played; says so where there is none.

    Raises:
        MissingExtraError: IPython is not installed.
    """
    songs = extract_song_snippet(generated_text)
    played = [audio for song in songs if (audio := play_song(song)) is not None]
    for audio in played:
        displays().display(audio)
    if not played:
        print("None of the songs could be played: train for longer, or generate more characters")


def _recording(song: str, name: str) -> bytes:
    """The bytes of a WAV file of a tune; its wrong bars are printed.

    Raises:
        InputError: it has no header that can be read, or no notes.
        RenderingError: it is far too long.
    """
    pieces, skipped = find_pieces(song, name)
    if not pieces:
        reason = skipped[0].reason if skipped else "no tune in it (a tune needs a K: line and notes after it)"
        raise InputError(f"{name}: {reason}")
    tune = read_tune(pieces[0].text)
    try:
        recording = wav(perform(tune))
    except RenderingError as error:
        raise RenderingError(f"{name}: {error}") from None
    _tell_wrong_bars(tune, name)
    return recording


def _tell_wrong_bars(tune: Tune, name: str) -> None:
    problems = [problem for problem in check(tune) if problem.severity != "note"]
    if problems:
        wrong, first = len({problem.bar for problem in problems}), problems[0]
        print(f"{name}: {wrong} of {len(tune.bars)} bars wrong; the first is bar {first.bar}: {first.message}")


# Checks of a student's work. Each returns True, or raises AssertionError as the lab's do.


def test_batch_func_types(func: Batch, args: Sequence[Any]) -> Literal[True]:
    """Checks that ``get_batch`` gives two arrays of NumPy or tensors of PyTorch."""
    _batch(func, args)
    return _passed("get_batch gives two arrays")


def test_batch_func_shapes(func: Batch, args: Sequence[Any]) -> Literal[True]:
    """Checks that both are of the shape (batch_size, seq_length); ``args`` are those of ``get_batch``."""
    _, seq_length, batch_size = args
    wanted = (batch_size, seq_length)
    for name, found in zip("xy", _batch(func, args), strict=True):
        if tuple(found.shape) != wanted:
            raise AssertionError(f"{name} is of shape {tuple(found.shape)}; expected {wanted}")
    return _passed("both arrays are of shape (batch_size, seq_length)")


def test_batch_func_next_step(func: Batch, args: Sequence[Any]) -> Literal[True]:
    """Checks that each label is the input of the next step: ``x[:, 1:]`` equals ``y[:, :-1]``."""
    x, y = _batch(func, args)
    if x.shape != y.shape or x.ndim != 2 or not bool((x[:, 1:] == y[:, :-1]).all()):
        raise AssertionError("y is not x one step later: y[:, t] must be x[:, t + 1] for every t")
    return _passed("y is x one step later")


def test_custom_dense_layer_output(y: Any) -> Literal[True]:
    """Checks what a dense layer with a sigmoid makes of one input: shape (1, 3), every value between 0 and 1.

    The values themselves are chance in PyTorch's notebook: its layer begins with random weights.
    """
    found = _tensor(y, "the output")
    if tuple(found.shape) != (1, 3):
        raise AssertionError(f"the output is of shape {tuple(found.shape)}; expected (1, 3): one input, three nodes")
    if not bool(((found > 0) & (found < 1)).all()):
        raise AssertionError(f"the output is {found.tolist()}; a sigmoid's values lie between 0 and 1")
    return _passed("the layer's output is that of three nodes with a sigmoid")


def _batch(func: Batch, args: Sequence[Any]) -> tuple[Tensor, Tensor]:
    """What ``get_batch`` gives, as tensors.

    Raises:
        AssertionError: it isn't two arrays or tensors.
    """
    found = func(*args)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise AssertionError("get_batch must return two things: x, the input, and y, the labels")
    return _tensor(found[0], "x"), _tensor(found[1], "y")


def _tensor(values: Any, name: str) -> Tensor:
    """An array or a tensor on any device as a tensor, detached and on the CPU."""
    import numpy as np
    import torch

    if not isinstance(values, np.ndarray | torch.Tensor):
        raise AssertionError(f"{name} is a {type(values).__name__}; expected an array of NumPy or a tensor of PyTorch")
    return torch.as_tensor(values).detach().cpu()


def _passed(what: str) -> Literal[True]:
    print(f"[PASS] {what}")
    return True
