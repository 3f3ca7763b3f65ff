"""What a run composes first, and whether that is its own, as parts of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tunewright.compose import compose
from tunewright.composer import Composition
from tunewright.errors import DecodingError
from tunewright.messages import Messages
from tunewright.quality import Quality
from tunewright.report.document import Block, Heading, Paragraph, Table
from tunewright.run import Run
from tunewright.wish import Wish

EXAMPLES = 3
SEED = 0


def examples_of(run: Run, wish: Wish) -> tuple[list[Composition], str]:
    """The first pieces that a run composes; where it composes none, why."""
    try:
        return compose(run, wish, count=EXAMPLES), ""
    except DecodingError as error:
        return [], str(error)


def originality(own: Quality, examples: Sequence[Composition], messages: Messages) -> Iterator[Block]:
    """A section on how much of what a run composes is its own.

    Args:
        own: of its first attempts.
        examples: told one by one.
    """
    yield Heading(messages("section.originality"), 2)
    mean = messages.percent(own.originality)
    yield Paragraph(messages("originality.intro", own=mean, copies=own.near_copies, attempts=own.attempts))
    head = [messages(f"originality.{name}") for name in ("tune", "score", "nearest", "shared")]
    rows = []
    for one in examples:
        near = one.originality.nearest[0] if one.originality.nearest else None
        told = [near.title, messages.percent(near.share)] if near else ["–", "–"]
        rows.append([one.piece.title, messages.percent(one.originality.score), *told])
    if rows:
        yield Table(head, rows, messages("originality.caption"))
