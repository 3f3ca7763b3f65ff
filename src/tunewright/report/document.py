"""What a report consists of, however it is written. Texts are plain: nothing in them is markup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tunewright.messages.numbers import is_number

MANY = 8
"""Columns that a table may have without being set close."""


@dataclass(frozen=True)
class Heading:
    """A title of a section.

    Attributes:
        level: 1 for a chapter, 2 for a section of it.
    """

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """Running text.

    Attributes:
        aside: whether it is less important than the rest.
    """

    text: str
    aside: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Rows under a head; numbers stand flush right.

    Attributes:
        head: a name for each column.
        rows: as many cells as there are columns.
        caption: what it shows.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""

    @property
    def is_close(self) -> bool:
        """Whether it has so many columns that they are set close."""
        return len(self.head) > MANY

    @property
    def numeric(self) -> list[bool]:
        """Of each column, whether it holds nothing but numbers."""
        return [all(is_number(row[at]) for row in self.rows) for at in range(len(self.head))]


@dataclass(frozen=True)
class Figure:
    """A picture.

    Attributes:
        svg: the whole file.
        caption: what it is of.
        alt: what can be seen in it, for those who can't; empty where the caption says that.
    """

    svg: str
    caption: str
    alt: str = ""

    @property
    def described(self) -> str:
        """What can be seen in it, or else what it is of."""
        return self.alt or self.caption


@dataclass(frozen=True)
class Tune:
    """A tune, or a performance, to be read, seen and heard.

    Attributes:
        title: of the piece.
        facts: what is told of it, in a line.
        abc: its text; empty for a performance.
        svg: its score, or the roll of a performance; empty if there is none.
        wav: its recording; empty if there is none. Paper leaves it out.
    """

    title: str
    facts: str
    abc: str
    svg: str = ""
    wav: bytes = b""


@dataclass(frozen=True)
class Own:
    """A place for the reader's own words.

    Attributes:
        asked: what is to be written there.
        lines: room on paper.
    """

    asked: str
    lines: int = 5


Block = Heading | Paragraph | Bullets | Table | Figure | Tune | Own


@dataclass(frozen=True)
class Document:
    """A report.

    Attributes:
        title: of it.
        language: a code such as ``"en"``.
        facts: what stands below the title: name and value, in order.
        blocks: in the order of reading.
        words: the few that writers need themselves, by name: ``"abc"``, ``"listen"``, ``"own_words"``,
            ``"save"``, ``"saved"``.
    """

    title: str
    language: str
    facts: Sequence[tuple[str, str]]
    blocks: Sequence[Block]
    words: dict[str, str] = field(default_factory=dict)


def watched(blocks: Iterable[Block], watch: Callable[[str], None]) -> list[Block]:
    """Blocks as they are made, each heading told on the way."""
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading):
            watch(block.text)
        found.append(block)
    return found
