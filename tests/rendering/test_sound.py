"""What is heard: MIDI and WAV files, measured with nothing of ours."""

from __future__ import annotations

import subprocess
import sys
import wave
from pathlib import Path

import mido
import numpy as np
import pytest
from numpy.typing import NDArray

from tunewright.contracts import Piece, Renderer
from tunewright.errors import RenderingError
from tunewright.music.dances import DANCES
from tunewright.music.performance import perform
from tunewright.music.reader import read_tune
from tunewright.rendering.player import SECONDS_OF_TAIL
from tunewright.rendering.sound import MidiRenderer, WavRenderer, default_soundfont
from tunewright.rendering.soundfont import SAMPLES_PER_SECOND, Soundfont

LONG_A = Piece("Long A", "X:1\nT:Long A\nM:4/4\nL:1/4\nQ:1/4=120\nR:waltz\nK:C\nA4|A4|]", "a test")
JIG = Piece("Small Jig", "X:1\nT:Small Jig\nM:6/8\nL:1/8\nR:jig\nK:G\n|:GAB dBG|cAF G3:|", "a test")
SILENT = Piece("Rests", "X:1\nT:Rests\nM:4/4\nL:1/4\nK:C\nz4|", "a test")


def samples(path: Path) -> NDArray[np.float64]:
    """The samples of a 16-bit stereo WAV file, (samples, 2), within -1 to 1."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (44_100, 2, 2)
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return data.reshape(-1, 2) / 32768


@pytest.mark.parametrize("renderer", [MidiRenderer(), WavRenderer()])
def test_renderers_keep_the_contract(renderer: Renderer, tmp_path: Path) -> None:
    assert isinstance(renderer.suffix, str)
    path = tmp_path / "new folder" / f"jig{renderer.suffix}"
    assert renderer(JIG, path) == path
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_mido_finds_the_notes_of_both_passes(tmp_path: Path) -> None:
    file = mido.MidiFile(MidiRenderer()(JIG, tmp_path / "jig.mid"))
    pitches = [message.note for message in file if message.type == "note_on" and message.velocity]
    assert pitches == [67, 69, 71, 74, 71, 67, 72, 69, 66, 67] * 2
    assert file.length == pytest.approx(perform(read_tune(JIG.text)).seconds, abs=0.01)


@pytest.mark.parametrize("piece", [LONG_A, JIG])
def test_a_recording_is_as_long_as_the_tune_and_neither_silent_nor_clipped(piece: Piece, tmp_path: Path) -> None:
    sound = samples(WavRenderer()(piece, tmp_path / "tune.wav"))
    seconds = perform(read_tune(piece.text)).seconds
    assert len(sound) / SAMPLES_PER_SECOND == pytest.approx(seconds + SECONDS_OF_TAIL, abs=0.001)
    assert 0.85 < np.abs(sound).max() < 0.95
    playing = sound[: int(seconds * SAMPLES_PER_SECOND)]
    quarters = np.array_split(playing, 4)
    assert all(np.sqrt(np.mean(quarter**2)) > 0.02 for quarter in quarters)
    assert np.abs(sound[-20:]).max() == 0


def test_an_a_sounds_at_440_hertz(tmp_path: Path) -> None:
    sound = samples(WavRenderer()(LONG_A, tmp_path / "a.wav")).sum(axis=1)
    second = sound[SAMPLES_PER_SECOND // 2 : 3 * SAMPLES_PER_SECOND // 2]
    spectrum = np.abs(np.fft.rfft(second * np.hanning(len(second))))  # one bin a hertz
    assert abs(int(np.argmax(spectrum[300:600])) + 300 - 440) <= 2
    harmonics = [spectrum[440 * number - 15 : 440 * number + 16].sum() for number in range(1, 16)]
    assert sum(harmonics) > 0.7 * spectrum[100:].sum()


def cents_off(tone: NDArray[np.float32], pitch: int) -> int:
    """How far from its pitch a tone is, to 5 cents: where eight harmonics together are strongest."""
    spectrum = np.abs(np.fft.rfft(tone * np.hanning(len(tone)), 4 * len(tone)))
    bins_per_hertz = 4 * len(tone) / SAMPLES_PER_SECOND

    def strength(cents: int) -> float:
        hertz = 440 * 2 ** ((pitch - 69 + cents / 100) / 12)
        places = (np.arange(1, 9) * hertz * bins_per_hertz).round().astype(int)
        return float(sum(spectrum[place - 2 : place + 3].max() for place in places))

    return max(range(-100, 101, 5), key=strength)


@pytest.mark.parametrize("program", sorted({dance.program for dance in DANCES.values()}))
def test_every_instrument_that_we_use_is_in_tune(program: int) -> None:
    soundfont = Soundfont(default_soundfont())
    for pitch in (57, 62, 66, 69, 72, 76, 79, 83):
        tone = soundfont.note(program, pitch, 90, seconds=1.0)[0]
        assert abs(cents_off(tone[4410:30870], pitch)) <= 10, f"pitch {pitch}"


def test_a_louder_note_is_louder_and_a_note_rings_on_when_let_go() -> None:
    soundfont = Soundfont(default_soundfont())
    soft, loud = (np.abs(soundfont.note(40, 69, velocity, 0.5)).max() for velocity in (40, 110))
    assert loud > 3 * soft
    assert SAMPLES_PER_SECOND * 0.55 < soundfont.note(40, 69, 90, 0.5).shape[1] <= SAMPLES_PER_SECOND * 1.5


def test_a_slip_of_the_pen_does_not_fill_the_memory(tmp_path: Path) -> None:
    with pytest.raises(RenderingError, match="minutes"):
        WavRenderer()(Piece("", "X:1\nL:1/1\nK:C\nC999 C999 C999|", ""), tmp_path / "tune.wav")


def test_the_same_tune_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (WavRenderer()(JIG, tmp_path / f"{name}.wav").read_bytes() for name in "ab")
    assert first == second


def test_another_soundfont_can_be_named(tmp_path: Path) -> None:
    copy = tmp_path / "copy.sf2"
    copy.write_bytes(default_soundfont().read_bytes())
    with_copy = WavRenderer(copy)(JIG, tmp_path / "copy.wav").read_bytes()
    assert with_copy == WavRenderer()(JIG, tmp_path / "default.wav").read_bytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read"),
        (b"not a soundfont at all", "is not a soundfont"),
        (b"RIFF\x10\0\0\0sfbk", "cannot use"),
    ],
)
def test_a_bad_soundfont_is_named_in_one_line(content: bytes | None, message: str, tmp_path: Path) -> None:
    soundfont = tmp_path / "bad.sf2"
    if content is not None:
        soundfont.write_bytes(content)
    with pytest.raises(RenderingError, match=message) as caught:
        WavRenderer(soundfont)(JIG, tmp_path / "tune.wav")
    assert "bad.sf2" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "tune.wav").exists()


def test_a_tune_of_rests_has_no_recording(tmp_path: Path) -> None:
    with pytest.raises(RenderingError, match="without notes"):
        WavRenderer()(SILENT, tmp_path / "tune.wav")


def test_importing_the_renderers_loads_nothing_heavy() -> None:
    heavy = ["symusic", "numpy", "verovio", "resvg_py", "typst", "pretty_midi", "matplotlib", "torch"]
    program = (
        "import sys; from tunewright.rendering import musicxml, page, score, sound; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert result.stdout.strip() == "[]"
