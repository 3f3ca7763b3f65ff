"""Files as the world has them: random, truncated, bit-flipped, spliced. Nothing raises, nothing hangs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import own_tune
from tests.music.books import book_files, write_big_file
from tunewright.corpora.path import decode
from tunewright.errors import InputError
from tunewright.music.bars import check
from tunewright.music.fields import split_tunes
from tunewright.music.performance import perform
from tunewright.music.reader import read_tune
from tunewright.music.writer import write
from tunewright.publish import check_file

ALPHABET = "ABCDEFGabcdefgzxZ0123456789|:[](){}<>/-_^=~.!\"+%&\\\n\n XTMLKVPQwWUR,'`$*#@éß"
OWN = "\n\n".join(own_tune(number) for number in range(1, 13)).encode()


def spliced(chance: random.Random, texts: list[bytes]) -> bytes:
    """Pieces of several texts, end to end."""
    pieces = []
    for _ in range(chance.randrange(2, 7)):
        text = chance.choice(texts)
        start = chance.randrange(len(text))
        pieces.append(text[start : start + chance.randrange(400)])
    return b"".join(pieces)


def bit_flipped(chance: random.Random, texts: list[bytes]) -> bytes:
    """A stretch of a text with some bits turned round."""
    text = bytearray(stretch(chance, texts))
    for _ in range(chance.randrange(1, 20)):
        text[chance.randrange(len(text))] ^= 1 << chance.randrange(8)
    return bytes(text)


def stretch(chance: random.Random, texts: list[bytes]) -> bytes:
    """A text cut off somewhere."""
    text = chance.choice(texts)
    start = chance.choice([0, chance.randrange(len(text))])
    return text[start : start + chance.randrange(1, 2000)] or b"X"


def signs(chance: random.Random, texts: list[bytes]) -> bytes:
    """A tune of any signs that ABC knows."""
    body = "".join(chance.choice(ALPHABET) for _ in range(chance.randrange(1, 600)))
    return f"X:1\nM:{chance.choice(['4/4', '6/8', 'C|', 'none', '7'])}\nK:{chance.choice('GDX')}\n{body}".encode()


def noise(chance: random.Random, texts: list[bytes]) -> bytes:
    """Any bytes."""
    return chance.randbytes(chance.randrange(1, 1500))


KINDS: tuple[Callable[[random.Random, list[bytes]], bytes], ...] = (spliced, bit_flipped, stretch, signs, noise)


def wild_files(count: int, texts: list[bytes]) -> Iterator[bytes]:
    """Files of every kind, the same ones each time."""
    for number in range(count):
        yield KINDS[number % len(KINDS)](random.Random(number), texts)


def read_all(content: bytes) -> int:
    """Reads, checks, writes and plays every tune of a file; returns how many there are."""
    try:
        text = decode(content)
    except InputError:
        return 0
    lines = text.split("\n")
    tunes = split_tunes(text)
    for first_line, tune_text in tunes:
        tune = read_tune(tune_text)
        for problem in check(tune):
            line = problem.position.line + first_line - 1
            assert 1 <= line <= len(lines), (problem, tune_text)
            assert 1 <= problem.position.column <= len(lines[line - 1]) + 1, (problem, tune_text)
            assert 0 <= problem.bar <= len(tune.bars) + 1, (problem, tune_text)
        for note in tune.notes():
            assert 1 <= note.position.column <= len(lines[note.position.line + first_line - 2])
        assert check(read_tune(write(tune))) is not None
        assert perform(tune).length >= 0
    return len(tunes)


def test_wild_files_are_read_without_a_word_of_python() -> None:
    assert sum(read_all(content) for content in wild_files(400, [OWN])) > 150


@pytest.mark.slow
def test_two_thousand_wild_files_out_of_real_books() -> None:
    texts = [path.read_bytes() for path in [*book_files("airdsAirs"), *book_files("oneills1850")]]
    assert sum(read_all(content) for content in wild_files(2000, texts)) > 1000


@pytest.mark.parametrize(
    "sign", [*"([{\"!=|-<>^_'+:&%zZA1/~.,)]}\\`y M", "[1A|[2B:|", "{A", "[K:", "w:a\nA|\n", "(3", "A-|"]
)
def test_a_great_many_of_one_sign_are_read_in_time(sign: str) -> None:
    # What grows faster than its text takes minutes here, and is found by the test's own patience, not by a clock.
    read_all(f"X:1\nL:1/8\nM:4/4\nK:C\n{sign * (30_000 // len(sign))}".encode())


@pytest.mark.slow
def test_a_file_of_fifty_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "fifty.abc"
    write_big_file(path, 50_000_000)
    tunes = check_file(path)
    last = decode(path.read_bytes()).count("\n") + 1
    assert len(tunes) > 50_000
    assert all(1 <= problem["line"] <= last for tune in tunes for problem in tune["problems"])
