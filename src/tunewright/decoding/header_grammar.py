"""The lines before the music, character by character: fields in an order that the collection knows, legal values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tunewright.decoding.plan import Free, Plan
from tunewright.music.title_spelling import EDGE, TitleSpelling, kind

LONGEST_TEXT = 60
"""Characters of a title or another free text, at most."""
MOST_DIGITS = 5
NUMBER, LITERAL, TEXT = "number", "literal", "text"


@dataclass(frozen=True)
class Fields:
    """What a header may say.

    Attributes:
        orders: letters of its fields in order, e.g. ``"XTRMLK"``; each ends with ``K``.
        gaps: what stands between the colon and the value of each field.
        values: legal values of a field, as they are written; a field without any holds free text.
        numbered: fields whose value is followed by this and a number, e.g. ``{"Z": "-"}`` for ``Z: id:dc-reel-18``.
        text: how free text is spelled.
        meanings: values that are spelled otherwise, as a codec must -> what they mean.
    """

    orders: tuple[str, ...]
    gaps: Mapping[str, str]
    values: Mapping[str, tuple[str, ...]]
    numbered: Mapping[str, str]
    text: TitleSpelling
    meanings: Mapping[str, str] = field(default_factory=dict)


class Head(NamedTuple):
    """How far a header has come.

    Attributes:
        letters: of the fields that are complete.
        line: what is written of the next one; of free text only the kind of its last character, of numbers nothing.
        written: characters of free text or digits in it.
        meter: value of ``M:``.
        unit_length: value of ``L:``.
        key: value of ``K:``.
        plan: how the tune will be divided.
    """

    letters: str = ""
    line: str = ""
    written: int = 0
    meter: str = ""
    unit_length: str = ""
    key: str = ""
    plan: Plan = Free()


class HeaderGrammar:
    """The automaton of a header's characters."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields

    def step(self, head: Head, char: str) -> Head | None:
        """The header after one more character; None if it may not come. A header is complete after its ``K:`` line."""
        if char == "\n":
            return self._end_line(head)
        line = head.line + char
        for letter in self._following(head):
            prefix = self._prefix(letter)
            if prefix.startswith(line):
                return head._replace(line=line)
            if head.line.startswith(prefix):
                return self._value(head, letter, prefix, char)
        return None

    def candidates(self, head: Head) -> set[str]:
        """Characters among which are all that may come next."""
        found = {"\n", *"0123456789"}
        for letter in self._following(head):
            prefix = self._prefix(letter)
            suffix = self.fields.numbered.get(letter, "")
            texts = [prefix, *(prefix + value + suffix for value in self.fields.values.get(letter, ()))]
            place = len(head.line)
            found |= {text[place] for text in texts if text.startswith(head.line) and len(text) > place}
            if self._kind(letter) == TEXT and head.line.startswith(prefix):
                found |= self.fields.text.characters
        return found

    def complete(self, head: Head) -> bool:
        """Whether the music begins here."""
        return head.letters.endswith("K")

    def rest(self, head: Head) -> int:
        """Fewest characters that complete the header."""
        if self.complete(head):
            return 0
        ways = []
        for letter in self._following(head):
            prefix = self._prefix(letter)
            if prefix.startswith(head.line) or head.line.startswith(prefix):
                after = head._replace(letters=head.letters + letter, line="", written=0)
                ways.append(self._rest_of_line(head, letter) + self.rest(after))
        return min(ways)

    def choices(self, head: Head, letter: str) -> tuple[str, ...]:
        """The values that a field of this header may still have; ``""`` where the header goes without it."""
        chosen = {"M": head.meter, "L": head.unit_length, "K": head.key}[letter]
        if letter in head.letters or letter not in self.fields.values:
            return (chosen,)
        begun = head.line[len(self._prefix(letter)) :] if head.line.startswith(letter) else ""
        return tuple(value for value in self.fields.values[letter] if value.startswith(begun))

    def _rest_of_line(self, head: Head, letter: str) -> int:
        """Fewest characters that complete a line with this field, the line end included."""
        prefix, own = self._prefix(letter), self._kind(letter)
        to_value = max(len(prefix) - len(head.line), 0)
        if own == LITERAL:
            suffix = self.fields.numbered.get(letter, "")
            texts = [prefix + value + suffix for value in self.fields.values[letter]]
            shortest = min(len(text) - len(head.line) for text in texts if text.startswith(head.line))
            return shortest + (suffix != "" and not head.written) + 1
        if own == TEXT:
            return to_value + self.fields.text.rest(head.line[len(prefix) :] or EDGE) + 1
        return to_value + (head.written == 0) + 1

    def _following(self, head: Head) -> Iterator[str]:
        """Letters of the fields that may come next."""
        place = len(head.letters)
        orders = (order for order in self.fields.orders if order.startswith(head.letters) and len(order) > place)
        yield from dict.fromkeys(order[place] for order in orders)

    def _prefix(self, letter: str) -> str:
        return f"{letter}:{self.fields.gaps.get(letter, '')}"

    def _kind(self, letter: str) -> str:
        if letter in self.fields.values:
            return LITERAL
        return NUMBER if letter == "X" else TEXT

    def _value(self, head: Head, letter: str, prefix: str, char: str) -> Head | None:
        """One more character of a field's value."""
        own = self._kind(letter)
        if own == LITERAL:
            return self._literal(head, letter, prefix, char)
        if own == NUMBER:
            return self._digit(head, prefix, char)
        text = self.fields.text
        if not text.goes(head.line[len(prefix) :] or EDGE, char):
            return None
        if head.written + 1 + text.rest(kind(char)) > LONGEST_TEXT:
            return None
        # Which letters have come doesn't matter, only what may stand beside the last one.
        return head._replace(line=prefix + kind(char), written=head.written + 1)

    def _literal(self, head: Head, letter: str, prefix: str, char: str) -> Head | None:
        line = head.line + char
        suffix = self.fields.numbered.get(letter, "")
        texts = [prefix + value + suffix for value in self.fields.values[letter]]
        if any(text.startswith(line) for text in texts):
            return head._replace(line=line)
        if suffix and head.line in texts:
            return self._digit(head, head.line, char)
        return None

    def _digit(self, head: Head, before: str, char: str) -> Head | None:
        """A digit of a number, the first of which is not 0."""
        if char not in "0123456789" or head.written == MOST_DIGITS or (char == "0" and not head.written):
            return None
        return head._replace(line=before, written=head.written + 1)

    def _end_line(self, head: Head) -> Head | None:
        """The header after a line end, if the line is complete."""
        for letter in self._following(head):
            prefix = self._prefix(letter)
            if not head.line.startswith(prefix):
                continue
            value, own = head.line[len(prefix) :], self._kind(letter)
            suffix = self.fields.numbered.get(letter, "")
            if own == LITERAL and not suffix:
                complete = value in self.fields.values[letter]
            else:
                complete = self.fields.text.goes(value or EDGE, EDGE) if own == TEXT else head.written > 0
            if not complete:
                return None
            after = head._replace(letters=head.letters + letter, line="", written=0)
            if letter == "M":
                return after._replace(meter=value)
            if letter == "L":
                return after._replace(unit_length=value)
            return after._replace(key=value) if letter == "K" else after
        return None
