"""The theory of a recipe, in brief."""

from __future__ import annotations

from collections.abc import Iterator

from tunewright.messages import Messages
from tunewright.report.document import Block, Paragraph
from tunewright.settings import Settings


def theory(settings: Settings | None, messages: Messages) -> Iterator[Block]:
    """What a reader must know of models of sequences, of this kind of model, and of how it is judged.

    Args:
        settings: of the recipe; None where only composing is varied.
    """
    yield Paragraph(messages("theory.language_model"))
    if settings and f"theory.{settings.model.name}" in messages.texts:
        yield Paragraph(messages(f"theory.{settings.model.name}"))
        options = settings.model.options
        for option, key in (("weight_dropout", "theory.weight_dropout"), ("pointer_size", "theory.pointer")):
            if options.get(option):
                yield Paragraph(messages(key))
    yield Paragraph(messages("theory.loss"))
    yield Paragraph(messages("theory.held_out"))
    yield Paragraph(messages("theory.temperature"))
