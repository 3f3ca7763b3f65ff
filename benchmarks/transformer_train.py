"""Training a Transformer with relative positions: tokens per second and peak memory, ours against the plain ways.

The size is that of performances: 6 blocks, 8 heads, 512 features, feed-forward layers of 1024, two windows of 1024 and
of 2048 events, dropout 0.1. Each variant trains on noise in a process of its own, whose peak memory is counted above
what it has at the start. "A vector for each pair" holds (time, time, head size) of them in each block (Shaw et al.
2018), which all heads share: a vector for each head besides would be eight times as many, and fit hardly any machine.
"Skewed" is Huang et al. 2018 as the paper has it: the window whole, all scores kept for the way back. Both take
PyTorch's own dropout.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from results import parser, tell
from tunewright.models import attention, transformer
from tunewright.models.attention import RelativeAttention
from tunewright.models.transformer import Transformer

EVENTS = 389
ROWS = 2
SIZE: dict[str, Any] = {"hidden_size": 512, "heads": 8, "feed_size": 1024, "dropout": 0.1}
PLAIN, SKEWED, OURS = "a vector for each pair", "skewed", "ours"
VARIANTS = (PLAIN, SKEWED, OURS)
LENGTHS = (1024, 2048)


def pair_scores(self: RelativeAttention, queries: Tensor, keys: Tensor) -> Tensor:
    """Scores by one vector for each pair of a query and a key; the first head's stand for all."""
    count = keys.shape[2]
    places = torch.arange(count)
    distances = (places[-queries.shape[2] :, None] - places).clamp(0, self.longest_distance)
    vectors = self.distances[0][distances]
    return queries @ keys.transpose(2, 3) + torch.einsum("bhqd,qkd->bhqk", queries, vectors)


def plain_dropout(values: Tensor, share: float, training: bool) -> Tensor:
    """PyTorch's own."""
    return functional.dropout(values, share, training)


def become(variant: str) -> None:
    """Makes this process train in the way of a variant."""
    if variant != OURS:
        attention.BLOCKS["cpu"] = sys.maxsize
        for module in (attention, transformer):
            module.dropout = plain_dropout  # type: ignore[attr-defined]
    if variant == PLAIN:
        RelativeAttention.scores = pair_scores  # type: ignore[method-assign]


def peak() -> float:
    """The most memory that this process has had so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def spare_no_other(share: float = 0.9) -> None:
    """Rather fail than take memory that the machine doesn't have to spare."""
    lines = Path("/proc/meminfo").read_text().splitlines() if sys.platform == "linux" else []
    for line in lines:
        if line.startswith("MemAvailable:"):
            limit = int(share * int(line.split()[1]) * 2**10)
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def alone(variant: str, length: int, layers: int, updates: int) -> dict[str, Any]:
    """Trains a variant in this process."""
    become(variant)
    spare_no_other()
    torch.manual_seed(0)
    model = Transformer(EVENTS, layers=layers, context=length, longest_distance=length, **SIZE).train()
    optimiser = torch.optim.Adam(model.parameters(), 1e-4)
    symbols = torch.randint(0, EVENTS, (ROWS, length + 1))
    before, seconds = peak(), []
    for _ in range(updates + 1):
        started = time.perf_counter()
        optimiser.zero_grad()
        loss = model.emission.nll(model(symbols[:, :-1])[0], symbols[:, 1:]).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        seconds.append(time.perf_counter() - started)
    median = statistics.median(seconds[1:])  # the first warms up
    return {"tokens/s": ROWS * length / median, "peak, MB": peak() - before, "seconds an update": median}


def measured(variant: str, length: int, layers: int, updates: int) -> dict[str, Any]:
    """The same in a process of its own; nothing where memory doesn't suffice."""
    command = [sys.executable, __file__, "--alone", variant, str(length), str(layers), str(updates)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "allocate memory" not in done.stderr and "MemoryError" not in done.stderr:
        raise SystemExit(done.stderr)
    found = {"tokens/s": "too little memory"} if done.returncode else json.loads(done.stdout)
    return {"variant": variant, "events": length, "blocks": layers, **found}


def main() -> None:
    if sys.argv[1:2] == ["--alone"]:
        variant, *numbers = sys.argv[2:]
        print(json.dumps(alone(variant, *map(int, numbers))))
        return
    options = parser(__doc__).parse_args()
    layers, updates = (1, 1) if options.quick else (6, 3)
    rows = [measured(variant, length, layers, updates) for length in LENGTHS for variant in VARIANTS]
    ratios = {}
    for at, length in enumerate(LENGTHS):
        plain, skewed, ours = rows[len(VARIANTS) * at : len(VARIANTS) * (at + 1)]
        for name, own, other in (("skewed", skewed, plain), ("ours", ours, plain), ("ours", ours, skewed)):
            if "peak, MB" in other:
                about = f"{name} against {other['variant']} at {length}"
                ratios[f"tokens/s, {about}"] = own["tokens/s"] / other["tokens/s"]
                ratios[f"peak memory, {about}"] = own["peak, MB"] / other["peak, MB"]
    tell("transformer_train", rows, ratios, options.json, options.keep)


if __name__ == "__main__":
    main()
