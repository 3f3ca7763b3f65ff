"""What can be asked of a composition, checked as soon as it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from tunewright import catalogue
from tunewright.contracts import Filter
from tunewright.errors import DecodingError

NEUTRAL = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "greedy": False}
"""The filters in their order, each with the value at which it changes nothing."""


@dataclass(frozen=True)
class Wish:
    """What is asked for. Empty means: as the model likes.

    Attributes:
        type: dance, e.g. ``"jig"``.
        meter: e.g. ``"6/8"``.
        key: e.g. ``"Edor"``.
        title: of the tune.
        prompt: ABC that the drawing begins with, to the letter (what is written is its house form); excludes the four
            above.
        temperature: 1 draws as the model predicts; below 1 more safely. At 0.8 the built-in run makes the fewest
            wrong bars.
        top_k: only the likeliest k symbols; 0 for all.
        top_p: only the likeliest symbols that reach this probability; 1 for all.
        min_p: only symbols at least this share as likely as the likeliest; 0 for all.
        greedy: always the likeliest symbol.
        seed: of everything random.
    """

    type: str = ""
    meter: str = ""
    key: str = ""
    title: str = ""
    prompt: str = ""
    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    greedy: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0.01 <= self.temperature <= 100:
            raise DecodingError(f"temperature {self.temperature}: expected 0.01 to 100 (--greedy for none at all)")
        if not 0 < self.top_p <= 1:
            raise DecodingError(f"top-p {self.top_p}: expected a probability above 0 and up to 1")
        if not 0 <= self.min_p < 1:
            raise DecodingError(f"min-p {self.min_p}: expected a share from 0 to below 1")
        if self.top_k < 0:
            raise DecodingError(f"top-k {self.top_k}: expected a number of symbols, or 0 for all")
        if not 0 <= self.seed < 2**64:
            raise DecodingError(f"seed {self.seed}: expected a whole number from 0 to 2**64 - 1")
        if self.prompt and (self.type or self.meter or self.key or self.title):
            raise DecodingError("a prompt in ABC already holds the header: give it, or type, meter, key and title")
        if not _is_text(self.prompt + self.title):
            raise DecodingError("prompt and title must be text; this holds bytes that are none")

    def filters(self) -> list[Filter]:
        """The filters that change anything, in their order."""
        chosen = [name for name, neutral in NEUTRAL.items() if getattr(self, name) != neutral]
        return [partial(catalogue.find("filter", name), value=getattr(self, name)) for name in chosen]


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
