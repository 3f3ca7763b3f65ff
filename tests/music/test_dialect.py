from __future__ import annotations

import json
from dataclasses import fields

import pytest

from tests.conftest import own_tune
from tunewright.corpora.irish import IrishCorpus
from tunewright.music.dialect import MOST_MARKS, RARE, Dialect
from tunewright.music.pieces import in_form


def tune(body: str, title: str = "a") -> str:
    return f"X:1\nT:{title}\nR:reel\nM:4/4\nL:1/8\nK:D\n{body}"


def dialect(*bodies: str) -> Dialect:
    return Dialect.of([tune(body) for body in bodies])


def test_a_dialect_has_what_its_tunes_have() -> None:
    found = dialect("|:A>B (3cde ^f2-f=g|[1 a'4 z2 A,/B,/c3/2d/:|[2 a'4 z4|]", "ABcd e2 f2|[K:Amix]_b'4 x4||")
    assert set(found.lengths) == {"", "2", "4", "/", "3/2"}
    assert found.lengths[0] == ""
    assert set(found.accidentals) == {"^", "=", "_"}
    assert (found.highest_marks, found.lowest_marks) == (1, 1)
    assert set(found.rests) == {"z", "x"}
    assert (found.broken, found.tuplets, found.ties) == ((">",), (3,), True)
    assert set(found.bar_lines) == {"|]", "||"}
    assert (found.endings, found.key_changes) == ("[1 ", ("[K:Amix]",))
    assert (found.opens_repeats, found.implicit_repeats, found.line_mark) == (True, False, "")


def test_a_dialect_has_nothing_that_its_tunes_have_not() -> None:
    found = dialect("ABcd efga|A2B2 c2d2|]")
    assert found.lengths == ("", "2")
    assert (found.accidentals, found.rests, found.broken, found.tuplets, found.key_changes) == ((), (), (), (), ())
    assert (found.highest_marks, found.lowest_marks, found.ties, found.endings) == (0, 0, False, "")
    assert not found.opens_repeats
    assert not found.implicit_repeats


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("ABcd efga|A4 A4:|", (False, True)),
        ("|:ABcd efga|A4 A4:|", (True, False)),
        ("ABcd efga|A4 A4|]", (False, False)),
    ],
)
def test_how_repeats_begin(body: str, expected: tuple[bool, bool]) -> None:
    found = dialect(body)
    assert (found.opens_repeats, found.implicit_repeats) == expected


def test_a_collection_of_which_some_open_repeats_and_some_do_not() -> None:
    found = dialect("ABcd efga|A4 A4:|", "|:ABcd efga|A4 A4:|")
    assert found.opens_repeats
    assert found.implicit_repeats


@pytest.mark.parametrize(("body", "opening"), [("A8|[1 A8:|[2 B8|]", "[1 "), ("A8|1 A8:|2 B8|]", "|1 ")])
def test_endings_as_they_are_usually_written(body: str, opening: str) -> None:
    assert dialect(body, body, "A8|[1A8:|[2A8|]").endings == opening


@pytest.mark.parametrize(
    ("body", "changes"),
    [("A8|[K:Edor]A8|]", ("[K:Edor]",)), ("A8|\nK:Edor\nA8|]", ("K:Edor\n",)), ("A8|[M:3/4]A6|]", ())],
)
def test_changes_of_key(body: str, changes: tuple[str, ...]) -> None:
    assert dialect(body).key_changes == changes


def test_a_mark_at_the_end_of_lines() -> None:
    assert dialect("A8|!\nA8|]!\n", "A8|!\nA8|]").line_mark == "!"
    assert dialect("A8|!\nA8|]", "A8|\nA8|]", "A8|\nB8|]").line_mark == ""


def test_what_is_rare_is_left_out() -> None:
    texts = [own_tune(number) for number in range(2 * RARE)]
    once = [*texts[1:], tune("A>B ^c'2 (5ABcde z8 A7||", "Own tune")]
    twice = [*texts[2:], *[tune("A>B ^c'2 (5ABcde z8 A7||", "Own tune")] * 2]
    assert Dialect.of(once) == Dialect.of(texts)
    known = Dialect.of(twice)
    assert (known.broken, known.accidentals, known.tuplets, known.rests) == ((">",), ("^",), (5,), ("z",))
    assert {"7", "8"} < set(known.lengths)


def test_octave_marks_are_few() -> None:
    assert dialect("a''''A,,,,").highest_marks == dialect("a''''A,,,,").lowest_marks == MOST_MARKS


def test_titles_are_made_of_what_titles_had_but_of_no_signs_of_music() -> None:
    found = Dialect.of([tune("A8|]", "The Hare's Foot % no \\'e \"or\" [this]|: né")])
    assert found.title_characters == "".join(sorted(set("The Hare's Foot  no 'e or this né")))


def test_kinds_of_characters_in_titles_stand_beside_one_another_as_in_the_book() -> None:
    found = Dialect.of([tune("A8|]", "No. 2"), tune("A8|]", " Hare  Foot"), tune("A8|]", "")])
    assert sorted(found.title_pairs) == sorted(["\nA", "Aa", "a.", ". ", " 0", "0\n", "aa", "a ", " A", "a\n"])


def test_the_longest_tune_is_told() -> None:
    assert Dialect.of([tune("A8|]"), tune("A4 A4|]")]).longest == len(tune("A4 A4|]"))


def test_letters_of_fields_and_texts_are_no_notes() -> None:
    assert dialect("A8|[K:Dmix]A8|\nK:Amix\nA8|]").rests == ()
    assert dialect('A8|"Extended z7"A8|] % x7').lengths == ("", "8")
    assert dialect("A8|[K:Dmix]x8|]").rests == ("x",)


def test_fields_within_the_music_are_no_music() -> None:
    assert dialect("ABcd efga|\nw:a^b z2 (3a\nP:B\nABcd efga|]") == Dialect.of(
        [tune("ABcd efga|\nABcd efga|]") + " " * len("w:a^b z2 (3a\nP:B\n")]
    )


@pytest.mark.parametrize("texts", [[], [""], ["X:1\nT:a\nK:D"], ["no tune"]])
def test_no_music_makes_no_dialect_but_raises_nothing(texts: list[str]) -> None:
    found = Dialect.of(texts)
    assert found.lengths == ("",)
    assert found.bar_lines


def everything() -> Dialect:
    return dialect("|:A>B<c (3cde (5ABcde ^f2-f=g|[1 a'4 z2 A,/B,/c3/2d/:|[2 a'4 z4|]", "A8||[K:Dmix]A8|]")


def test_within_an_alphabet_that_has_everything_nothing_is_lost() -> None:
    assert everything().within("".join(chr(code) for code in range(32, 127)) + "\n") == everything()


@pytest.mark.parametrize(
    ("missing", "name", "left"),
    [
        ("5", "tuplets", (3,)), ("(", "tuplets", ()), (">", "broken", ("<",)), ("-", "ties", False),
        ("'", "highest_marks", 0), (",", "lowest_marks", 0), ("^", "accidentals", ("=",)), ("z", "rests", ()),
        ("]", "bar_lines", ("||",)), ("[", "endings", ""), ("2", "endings", ""), ("[", "key_changes", ()),
        ("x", "key_changes", ()), ("/", "lengths", ("", "2", "4", "8")),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_left_out(missing: str, name: str, left: object) -> None:
    alphabet = {chr(code) for code in range(32, 127)} - {*missing}
    found, known = getattr(everything().within("".join(alphabet)), name), getattr(everything(), name)
    assert (set(found) if isinstance(found, tuple) else found) == (set(left) if isinstance(left, tuple) else left)
    assert found != known


def test_a_part_can_always_be_ended() -> None:
    """A run whose tunes are all repeated has never seen ``|]``; its two characters may be missing."""
    own = Dialect.of([own_tune(1)])
    assert own.bar_lines == ("|]",)
    assert own.within("ABcdefg|:1234567890()\n").bar_lines == ("||",)


def test_it_comes_back_from_a_file() -> None:
    told = json.loads(json.dumps(everything().to_dict()))
    assert Dialect.from_dict(told) == everything()
    assert set(told) == {field.name for field in fields(Dialect)}


def test_the_irish_dialect(irish_corpus: IrishCorpus) -> None:
    found = Dialect.of([piece.text for piece in in_form(irish_corpus, "house").pieces])
    assert found.tuplets == (3,)
    assert (found.endings, found.line_mark, found.bar_lines) == ("[1 ", "", ("|]",))
    assert (found.opens_repeats, found.implicit_repeats) == (True, False)
    raw = Dialect.of([piece.text for piece in irish_corpus.pieces])
    assert raw.line_mark == "!"
    assert raw.implicit_repeats


@pytest.mark.parametrize(
    ("firsts", "longest"), [(("d2|", "d|", "f3|"), "1/2"), (("d|", "d|"), "1/6"), (("",), "0"), (("abc def|",), "0")]
)
def test_the_longest_pickup_is_told_as_a_part_of_its_bar(firsts: tuple[str, ...], longest: str) -> None:
    texts = [f"X:1\nT:a\nM:6/8\nL:1/8\nK:D\n|:{first}ABc def|ABc def|]" for first in firsts]
    assert Dialect.of(texts).longest_pickup == longest
