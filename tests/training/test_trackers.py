"""Who watches a training, and what is left of it afterwards."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import wave
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imsave

from tests.conftest import tiny_settings
from tunewright import catalogue
from tunewright.errors import MissingExtraError, SettingsError
from tunewright.samples import heard_trackers
from tunewright.train import train
from tunewright.training.trackers import ALWAYS, Sample, Tracker, Watched, make_trackers, read_metrics

NEEDED = {"tensorboard": "tensorboard", "comet": "comet_ml"}
"""Libraries that are not always there."""


def watched(folder: Path, done: int = 0) -> Watched:
    settings: dict[str, str | int | float | bool] = {
        "model.hidden_size": 64,
        "training.learning_rate": 0.02,
        "corpus.name": "own",
        "codec.free": True,
    }
    return Watched("own", folder, settings, 4, done, "character")


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """Half a second of a tone of 441 Hz on the left alone, and a picture that is red above and blue below."""
    sound, picture = tmp_path / "sample.wav", tmp_path / "sample.png"
    tone = np.zeros((11025, 2))
    tone[:, 0] = np.sin(2 * np.pi * 441 * np.arange(11025) / 22050)
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes((tone * 32000).astype("<i2").tobytes())
    pixels = np.zeros((10, 20, 3))
    pixels[:5, :, 0] = pixels[5:, :, 2] = 1.0
    imsave(picture, pixels)
    return Sample(4, "tune", "X:1\nT:Tone\nK:D\nD|", sound, picture)


def follow(tracker: Tracker, sample: Sample) -> None:
    """A training of four iterations, measured twice, with a tune at its end."""
    for iteration in range(1, 5):
        loss = 4.0 / iteration
        record = {"iteration": iteration, "loss": loss, "learning_rate": 0.02, "symbols": 8 * iteration, "seconds": 0.1}
        tracker.track(record)
        if iteration % 2 == 0:
            tracker.track({"iteration": iteration, "validation": 3.0 / iteration})
    tracker.show(sample)
    tracker.close()


@pytest.mark.parametrize("name", sorted(catalogue.parts("tracker")))
def test_every_tracker_follows_a_training(name: str, tmp_path: Path, sample: Sample) -> None:
    if name in NEEDED:
        pytest.importorskip(NEEDED[name], reason=f"{name} is not installed")
    follow(catalogue.find("tracker", name)(watched(tmp_path)), sample)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_tracker_without_its_library_says_which_line_installs_it(name: str, tmp_path: Path) -> None:
    """As if it had never been installed; nothing of the run is written before that is known."""
    code = (
        f"import sys\nsys.modules['{NEEDED[name]}'] = None\n"
        "from pathlib import Path\nfrom tunewright.training.trackers import Watched, make_trackers\n"
        "from tunewright.errors import MissingExtraError\n"
        f"try:\n    make_trackers(['{name}'], Watched('own', Path({str(tmp_path)!r}), {{}}, 4, 0, 'character'))\n"
        "except MissingExtraError as error:\n    print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert f"pip install 'tunewright[{name}]'" in told
    assert MissingExtraError("Logs", name).args[0].endswith(f"pip install 'tunewright[{name}]'")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_tracker_tells_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no tracker is called 'crystal'; there are: comet, console, jsonl"):
        make_trackers(["crystal"], watched(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_tracker_of_one_s_own_is_an_entry_point_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from importlib.metadata import EntryPoint

    own = EntryPoint("tracker.counter", "tests.training.test_trackers:Counter", "tunewright.parts")
    monkeypatch.setattr(catalogue, "entry_points", lambda group: [own] if group == own.group else [])
    catalogue.parts.cache_clear()
    try:
        tracker = make_trackers(["counter"], watched(tmp_path))[-1]
        assert type(tracker).__name__ == "Counter"
    finally:
        catalogue.parts.cache_clear()


class Counter(Tracker):
    """Counts records."""

    def __init__(self, watched: Watched) -> None:
        self.count = 0

    def track(self, record: dict[str, Any]) -> None:
        self.count += 1


def test_lines_and_a_picture_are_always_there(tmp_path: Path, sample: Sample) -> None:
    trackers = make_trackers([], watched(tmp_path))
    assert [type(one) for one in trackers] == [catalogue.find("tracker", name) for name in ALWAYS]
    for one in trackers:
        follow(one, sample)
    assert len(read_metrics(tmp_path / "metrics.jsonl")) == 6
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_gone_on_with_lines_go_on_where_they_were(tmp_path: Path, sample: Sample) -> None:
    follow(make_trackers([], watched(tmp_path))[0], sample)
    make_trackers([], watched(tmp_path, done=3))[0].close()
    assert [one["iteration"] for one in read_metrics(tmp_path / "metrics.jsonl")] == [1, 2, 2, 3]


def test_tensorboard_reads_scalars_sound_pictures_and_settings(tmp_path: Path, sample: Sample) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2

    follow(catalogue.find("tracker", "tensorboard")(watched(tmp_path)), sample)
    read = EventAccumulator(str(tmp_path / "tensorboard"), size_guidance={"audio": 0, "images": 0, "scalars": 0})
    read.Reload()
    assert [(one.step, one.value) for one in read.Scalars("validation")] == [(2, 1.5), (4, 0.75)]
    assert [one.step for one in read.Scalars("loss")] == [1, 2, 3, 4]
    (sound,) = read.Audio("tune")
    with wave.open(io.BytesIO(sound.encoded_audio_string)) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
        assert (file.getframerate(), file.getnchannels(), len(heard)) == (22050, 1, 11025)
    peak = np.abs(np.fft.rfft(heard)).argmax() * 22050 / len(heard)
    assert peak == pytest.approx(441, abs=2)
    (picture,) = read.Images("score")
    assert (picture.width, picture.height, picture.step) == (20, 10, 4)
    content = read.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    told = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    assert told["model.hidden_size"].number_value == 64
    assert told["corpus.name"].string_value == "own"


def test_tensorboard_calls_performances_by_their_name(tmp_path: Path, sample: Sample) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    follow(catalogue.find("tracker", "tensorboard")(watched(tmp_path)), replace(sample, kind="performance", text=""))
    read = EventAccumulator(str(tmp_path / "tensorboard"), size_guidance={"audio": 0, "images": 0})
    read.Reload()
    tags = read.Tags()
    assert (tags["audio"], tags["images"]) == (["performance"], ["roll"])
    assert not any("text" in tag for tag in tags["tensors"])


def test_tensorboard_draws_training_and_validation_in_one_chart(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tracker = catalogue.find("tracker", "tensorboard")(watched(tmp_path))
    for iteration in (1, 2):
        figures = {"loss": 2.0, "smoothed": 2.5, "accuracy": 0.25}
        tracker.track({"iteration": iteration, **figures, "learning_rate": 0.1})
        held_out = {f"validation_{name}": value / 2 for name, value in figures.items()}
        tracker.track({"iteration": iteration, "validation": 3.0, **held_out})
    tracker.close()
    for folder, divisor in ((tmp_path / "tensorboard", 1), (tmp_path / "tensorboard" / "validation", 2)):
        read = EventAccumulator(str(folder), size_guidance={"scalars": 0})
        read.Reload()
        for name, value in figures.items():
            assert [(one.step, one.value) for one in read.Scalars(name)] == [(1, value / divisor), (2, value / divisor)]


def test_the_console_tells_overfitting_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    console = catalogue.find("tracker", "console")(watched(tmp_path))
    for iteration, since in ((10, 0), (20, 0), (30, 10), (40, 10), (50, 0), (60, 50), (70, 50)):
        told = {"overfitting_since": since, "overfitting_epoch": since // 10} if since else {}
        console.track({"iteration": iteration, "validation": 2.0, **told})
    console.close()
    told_of = [line for line in capsys.readouterr().err.splitlines() if "have not fallen" in line]
    assert [line.strip().rpartition("\r")[2] for line in told_of] == [
        "held-out bits have not fallen since iteration 10 (epoch 1)",
        "held-out bits have not fallen since iteration 50 (epoch 5)",
    ]


def test_comet_keeps_an_archive_with_parameters_metrics_and_sound(
    tmp_path: Path, sample: Sample, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("comet_ml", reason="comet_ml is not installed")
    monkeypatch.delenv("COMET_API_KEY", raising=False)
    follow(catalogue.find("tracker", "comet")(watched(tmp_path)), sample)
    (path,) = (tmp_path / "comet").glob("*.zip")
    assert f"comet upload {path}" in capsys.readouterr().err
    with zipfile.ZipFile(path) as archive:
        messages = [json.loads(line) for line in archive.read("messages.json").splitlines()]
        own = {kind: [one["payload"] for one in messages if one["type"] == kind] for kind in
               ("parameter_msg", "metric_msg", "file_upload")}  # fmt: skip
        parameters = {one["param"]["paramName"]: one["param"]["paramValue"] for one in own["parameter_msg"]}
        assert parameters["model.hidden_size"] in (64, "64")
        points = [one["metric"] for one in own["metric_msg"] if one["metric"]["metricName"] == "validation"]
        assert [(one["step"], one["metricValue"]) for one in points] == [(2, 1.5), (4, 0.75)]
        uploads = {one["additional_params"].get("fileName"): one["file_path"] for one in own["file_upload"]}
        assert sample.wav
        assert archive.read(uploads["sample.wav"]) == sample.wav.read_bytes()


def test_a_training_lets_itself_be_heard(own_file: Path, tmp_path: Path) -> None:
    """Every 20 iterations and at the end, to those who can hear; and hearing changes nothing of what is learned."""
    heard: list[Sample] = []

    class Listener(Tracker):
        def track(self, record: dict[str, Any]) -> None:
            return

        def show(self, sample: Sample) -> None:
            heard.append(sample)

    settings = tiny_settings(own_file, "training.iterations=50", "model.dropout=0.2")
    samples = heard_trackers([], every=20)

    def trackers(run: Any, trainer: Any) -> list[Tracker]:
        made = samples(run, trainer)
        made[-1].others = [Listener()]  # type: ignore[attr-defined]
        return list(made)

    run = train(settings, tmp_path / "heard", trackers)
    silent = train(settings, tmp_path / "silent", lambda run, trainer: make_trackers([], watched(run.folder)))
    assert [sample.iteration for sample in heard] == [20, 40, 50]
    assert all(sample.wav and sample.wav.exists() and sample.png and sample.png.exists() for sample in heard)
    assert {sample.text.partition("\n")[0] for sample in heard} == {"X:1"}
    assert (run.folder / "last.safetensors").read_bytes() == (silent.folder / "last.safetensors").read_bytes()


def test_gone_on_with_tensorboard_has_each_point_once_and_the_best_figure(tmp_path: Path, sample: Sample) -> None:
    """A run that was killed after its third iteration, past its checkpoint at the second."""
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def record(iteration: int, bits: float) -> None:
        for one in first:
            one.track({"iteration": iteration, "loss": 4.0 / iteration, "learning_rate": 0.1, "symbols": 1})
            one.track({"iteration": iteration, "validation": bits})

    first = make_trackers(["tensorboard"], watched(tmp_path))
    for iteration, bits in ((1, 1.0), (2, 3.0), (3, 4.0)):
        record(iteration, bits)
    first[-1]._writer.flush()  # type: ignore[attr-defined]
    time.sleep(1.1)  # event files are told apart by their seconds
    first = make_trackers(["tensorboard"], watched(tmp_path, done=2))
    for iteration, bits in ((3, 5.0), (4, 6.0)):
        record(iteration, bits)
    for one in first:
        one.close()
    read = EventAccumulator(str(tmp_path / "tensorboard"), size_guidance={"scalars": 0})
    read.Reload()
    assert [(one.step, one.value) for one in read.Scalars("validation")] == [(1, 1.0), (2, 3.0), (3, 5.0), (4, 6.0)]
    assert read.Scalars("hparam/validation")[-1].value == 1.0


def test_a_training_that_ends_early_is_heard_at_its_end(own_file: Path, tmp_path: Path) -> None:
    heard: list[Sample] = []

    class Listener(Tracker):
        def track(self, record: dict[str, Any]) -> None:
            return

        def show(self, sample: Sample) -> None:
            heard.append(sample)

    changes = (
        "training.iterations=200",
        "training.validate_every=5",
        "training.patience=2",
        "training.learning_rate=1e-30",
    )
    samples = heard_trackers([], every=1000)

    def trackers(run: Any, trainer: Any) -> list[Tracker]:
        made = samples(run, trainer)
        made[-1].others = [Listener()]  # type: ignore[attr-defined]
        return list(made)

    run = train(tiny_settings(own_file, *changes), tmp_path / "run", trackers)
    iterations = run.about["results"]["iterations"]
    assert iterations < 200
    assert [sample.iteration for sample in heard] == [iterations]
