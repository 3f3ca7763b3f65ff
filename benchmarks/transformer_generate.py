"""Stepping through events with a memory, against reading all of them again at every step.

The size is that of performances: 6 blocks, 8 heads, 512 features, feed-forward layers of 1024, relative positions; the
weights are as they begin. Every way reads the same events, so that its logits can be compared, and none draws any.
Where each step takes long, only every so many of them is taken, and stands for those around it.

"The usual way, re-written" is how the most used Music Transformer in PyTorch composes: layers normalised after they are
added, a place added to each event, one vector for each distance that all heads share, the mask made and the softmax
taken over everything at every step. ``--reference PATH`` measures the real one (a checkout of
gwinndr/MusicTransformer-Pytorch) beside it.
"""

from __future__ import annotations

import math
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from results import parser, tell
from tunewright.models.attention import sinusoids
from tunewright.models.transformer import Transformer

EVENTS = 389
STREAMS = 8
LAYERS, HEADS, SIZE, FEED, LONGEST = 6, 8, 512, 1024, 2048
Read = Callable[[Tensor], Tensor]
"""Ids (1, time) -> logits (1, time, events)."""


class UsualLayer(nn.Module):
    """Attention and a feed-forward layer, each normalised after it is added."""

    def __init__(self) -> None:
        super().__init__()
        self.entry, self.leave = nn.Linear(SIZE, 3 * SIZE), nn.Linear(SIZE, SIZE)
        self.distances = nn.Parameter(torch.rand(LONGEST, SIZE // HEADS))  # the farthest first
        self.widen, self.narrow = nn.Linear(SIZE, FEED), nn.Linear(FEED, SIZE)
        self.norms = nn.ModuleList(nn.LayerNorm(SIZE) for _ in range(2))

    def forward(self, stream: Tensor, mask: Tensor) -> Tensor:
        rows, length, _ = stream.shape
        parts = self.entry(stream).view(rows, length, 3, HEADS, SIZE // HEADS).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts[0] / math.sqrt(SIZE // HEADS), parts[1], parts[2]
        by_distance = queries @ self.distances[-length:].T * torch.ones(length, length).triu().flip(1)
        skewed = functional.pad(by_distance, (1, 0)).view(rows, HEADS, length + 1, length)[:, :, 1:]
        weights = (queries @ keys.transpose(2, 3) + skewed + mask).softmax(dim=-1)
        heard = (weights @ values).transpose(1, 2).reshape(stream.shape)
        stream = self.norms[0](stream + self.leave(heard))
        added: Tensor = self.norms[1](stream + self.narrow(functional.relu(self.widen(stream))))
        return added


class UsualTransformer(nn.Module):
    """Such layers over events to which their places are added."""

    places: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.output = nn.Embedding(EVENTS, SIZE), nn.Linear(SIZE, EVENTS)
        self.register_buffer("places", sinusoids(LONGEST, SIZE))
        self.layers, self.norm = nn.ModuleList(UsualLayer() for _ in range(LAYERS)), nn.LayerNorm(SIZE)

    def forward(self, ids: Tensor) -> Tensor:
        length = ids.shape[1]
        mask = torch.full((length, length), -math.inf).triu(1)
        stream = self.embedding(ids) + self.places[:length]
        for layer in self.layers:
            stream = layer(stream, mask)
        logits: Tensor = self.output(self.norm(stream))
        return logits


def reference(path: Path) -> Read:
    """The real one, told how many kinds of events there are, and spared what it doesn't know of."""
    numbers = {"RANGE_NOTE_ON": 128, "RANGE_NOTE_OFF": 128, "RANGE_VEL": 32, "RANGE_TIME_SHIFT": 100}
    for name in ("third_party", "third_party.midi_processor", "third_party.midi_processor.processor"):
        sys.modules[name] = types.ModuleType(name)
    vars(sys.modules["third_party.midi_processor.processor"]).update(numbers)
    sys.path.insert(0, str(path))
    found: Any = __import__("model.music_transformer", fromlist=["MusicTransformer"])
    model = found.MusicTransformer(LAYERS, HEADS, SIZE, FEED, max_sequence=LONGEST, rpr=True).eval()
    for part in (model.transformer.encoder, model.transformer.decoder):
        part.forward = without_hints(part.forward)
    return lambda ids: model(ids).softmax(dim=-1)


def without_hints(forward: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The same function, spared the arguments that newer versions of PyTorch give it."""
    return lambda *values, **named: forward(*values, **{k: v for k, v in named.items() if not k.endswith("is_causal")})


def stepped(model: Any, ids: Tensor) -> tuple[float, Tensor]:
    """Seconds to read events one by one with a memory, and the logits, (rows, time, events)."""
    memory, logits = None, []
    started = time.perf_counter()
    for at in range(ids.shape[1]):
        own, memory = model(ids[:, at : at + 1], memory)
        logits.append(own)
    return time.perf_counter() - started, torch.cat(logits, dim=1)


def read_again(read: Read, ids: Tensor, steps: range) -> tuple[float, Tensor]:
    """Seconds to read all events so far at every step, and the last logits of those steps that were taken."""
    seconds, logits = 0.0, []
    for at in steps:
        started = time.perf_counter()
        logits.append(read(ids[:, : at + 1])[:, -1])
        seconds += time.perf_counter() - started
    return seconds * ids.shape[1] / len(steps), torch.stack(logits, dim=1)


@torch.no_grad()
def main() -> None:
    known = parser(__doc__)
    known.add_argument("--reference", type=Path, help="a checkout of gwinndr/MusicTransformer-Pytorch")
    options = known.parse_args()
    events, every = (384, 48) if options.quick else (1024, 4)
    steps = range(every // 2, events, every)
    torch.manual_seed(0)
    sizes: dict[str, Any] = {"layers": LAYERS, "heads": HEADS, "hidden_size": SIZE, "feed_size": FEED}
    model = Transformer(EVENTS, context=LONGEST, longest_distance=LONGEST, **sizes).eval()
    twin, ids = model.for_inference(), torch.randint(0, EVENTS, (STREAMS, events))
    expected = model(ids[:1])[0]
    rows = []

    def add(way: str, seconds: float, logits: Tensor | None, streams: int = 1) -> float:
        row: dict[str, Any] = {"way": way, "streams": streams, "seconds": seconds}
        row["events/s"] = streams * events / seconds
        if logits is not None:
            right = expected if logits.shape[1] == events else expected[:, list(steps)]
            row["most that logits differ"] = (logits[:1] - right).abs().max().item()
        rows.append(row)
        return streams * events / seconds

    for part in (model, twin):
        stepped(part, ids[:, :3])  # warms up
    plain = add("plain model, with its memory", *stepped(model, ids[:1]))
    again = add("plain model, reading all again", *read_again(lambda part: model(part)[0], ids[:1], steps))
    if rows[0]["most that logits differ"] > 1e-4 or rows[1]["most that logits differ"] > 1e-4:
        raise SystemExit("with and without a memory the logits differ")
    one = add("twin in int8", *stepped(twin, ids[:1]))
    many = add("twin in int8", *stepped(twin, ids), STREAMS)
    ratios = {f"events/s at {events} events, with the memory against without": plain / again}
    others: dict[str, Read] = {"the usual way, re-written": UsualTransformer().eval()}
    if options.reference:
        others["the usual way, itself"] = reference(options.reference)
    for name, read in others.items():
        seconds, _ = read_again(read, ids[:1], steps)
        usual = add(name, seconds, None)
        ratios[f"events/s, twin, one stream, against {name}"] = one / usual
        ratios[f"events/s, twin, {STREAMS} streams, against {name}"] = many / usual
    tell("transformer_generate", rows, ratios, options.json, options.keep)


if __name__ == "__main__":
    main()
