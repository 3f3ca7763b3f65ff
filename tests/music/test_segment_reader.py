"""What a stretch of music says: notes, rhythm, chords, grace notes, ties, slurs and what stands above the notes."""

from __future__ import annotations

import pytest

from tests.music.reading import is_told, lengths, spelled, told, tune_of
from tunewright.music.reader import read_tune

# -- notes and rests ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("C, C c c' C,, c'' c, C'", "C3 C4 C5 C6 C2 C7 C4 C5"),
        ("^^F ^F =F _F __F", "F##4 F#4 F4 Fb4 Fbb4"),
        ("^F f F|F", "F#4 F#5 F#4 | F4"),  # an accidental holds for its letter in all octaves, to the bar line
        ("^F _F F =F F", "F#4 Fb4 Fb4 F4 F4"),
        ("A z x B", "A4 z x B4"),
        ("A`B y C y3 D * E $ F", "A4 B4 C4 D4 E4 F4"),
        ("A % B c|d\nE", "A4 E4"),
        ("A\\\nB|\\\nC", "A4 B4 | C4"),
    ],
)
def test_pitches_and_rests(body: str, expected: str) -> None:
    assert spelled(body) == expected
    assert not told(body)


def test_the_key_decides_where_no_accidental_does() -> None:
    assert spelled("F C =F F ^c|F", K="D") == "F#4 C#4 F4 F4 C#5 | F#4"
    assert spelled("b B _e e", K="F") == "Bb5 Bb4 Eb5 Eb5"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("A A2 A3 A/ A/2 A// A/4 A3/2 A3/ A/3 A12", "1 2 3 1/2 1/2 1/4 1/4 3/2 3/2 1/3 12"),
        ("z z4 z/ x3/2", "1 4 1/2 3/2"),
        ("Z|Z3|X2|", "8 24 16"),
        ("A2/ B////", "1 1/16"),
    ],
)
def test_lengths(body: str, expected: str) -> None:
    assert lengths(body) == expected


def test_a_rest_of_several_bars_is_one_bar_that_counts_as_many() -> None:
    assert [bar.bars_of_rest for bar in tune_of("Z4|Z|C8|").bars] == [4, 1, 1]
    assert lengths("Z2|", M="6/8") == "12"
    assert is_told(told("C4 Z|"), "error", "shares its bar with notes")
    assert is_told(told("Z0|C8|"), "error", "'Z0' rests for no bar")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("A0", "a note of no length"),
        ("c''''", "beyond what any instrument plays"),
        ("A,,,,,,", "beyond what any instrument plays"),
        ("^ A", "'^' means nothing here"),
        ("A 2", "'2' means nothing here"),
        ("A#", "'#' means nothing here"),
    ],
)
def test_what_is_no_note_is_told(body: str, message: str) -> None:
    assert is_told(told(body), "error", message)


# -- broken rhythm and tuplets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("A>B c<d A>>B A<<B A>>>B", "3/2 1/2 1/2 3/2 7/4 1/4 1/4 7/4 15/8 1/8"),
        ("A2>B2 c/>d/", "3 1 3/4 1/4"),
        ("A2>B A>B2", "3 1/2 3/2 1"),
        ("A > B c> d", "3/2 1/2 3/2 1/2"),
        ("A>\nB", "3/2 1/2"),
        ("A>\\\nB", "3/2 1/2"),
        ("[CE]>[DF] [CE]/>[DF]/", "3/2 1/2 3/4 1/4"),
        ("A>{c}B {c}A>B", "3/2 1/2 3/2 1/2"),
        ("A->A A>-A (A>B)", "3/2 1/2 3/2 1/2 3/2 1/2"),
        ('A>"Am"TB A>!trill!B', "3/2 1/2 3/2 1/2"),
        ("A>z z<B", "3/2 1/2 1/2 3/2"),
        ("A>[K:D]B c>[M:3/4]d", "3/2 1/2 3/2 1/2"),
        ("A>B>c", "3/2 3/4 1/2"),
    ],
)
def test_broken_rhythm(body: str, expected: str) -> None:
    assert lengths(body) == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (">A", "broken rhythm '>' with no note before it"),
        ("A><B", "broken rhythm '<' right after another"),
        ("A>|B", "broken rhythm with no note after it"),
        ("A<", "broken rhythm with no note after it"),
    ],
)
def test_broken_rhythm_without_its_notes_is_told(body: str, message: str) -> None:
    assert is_told(told(body), "error", message)


@pytest.mark.parametrize(
    ("body", "simple", "compound"),
    [
        ("(2AB", "3/2 3/2", "3/2 3/2"),
        ("(3ABc", "2/3 2/3 2/3", "2/3 2/3 2/3"),
        ("(4ABcd", "3/4 3/4 3/4 3/4", "3/4 3/4 3/4 3/4"),
        ("(5ABcde", "2/5 2/5 2/5 2/5 2/5", "3/5 3/5 3/5 3/5 3/5"),
        ("(6ABcdef", "1/3 1/3 1/3 1/3 1/3 1/3", "1/3 1/3 1/3 1/3 1/3 1/3"),
        ("(7ABcdefg", " ".join(["2/7"] * 7), " ".join(["3/7"] * 7)),
        ("(8ABcdefga", " ".join(["3/8"] * 8), " ".join(["3/8"] * 8)),
        ("(9ABcdefgab", " ".join(["2/9"] * 9), " ".join(["1/3"] * 9)),
    ],
)
def test_tuplets_in_the_time_that_the_standard_gives_them(body: str, simple: str, compound: str) -> None:
    for meter in ("4/4", "3/4", "C|", "5/8"):
        assert lengths(body, M=meter) == simple
    for meter in ("6/8", "9/8", "12/8"):
        assert lengths(body, M=meter) == compound


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("(3:2:3ABc d", "2/3 2/3 2/3 1"),
        ("(3:2:2A2B d", "4/3 2/3 1"),
        ("(3:2:4A/B/cd e", "1/3 1/3 2/3 2/3 1"),
        ("(3::2A2B d", "4/3 2/3 1"),
        ("(3::ABc (3:2ABc (3:2:ABc", " ".join(["2/3"] * 9)),
        ("(3A2Bc d", "4/3 2/3 2/3 1"),
        ("(3 A B c d", "2/3 2/3 2/3 1"),
        ("(3A\nBc d", "2/3 2/3 2/3 1"),
        ("(3A\\\nBc d", "2/3 2/3 2/3 1"),
        ('(3"Am"ABc "Dm"(3ABc', " ".join(["2/3"] * 6)),
        ("(3[CE]zx d (3{c}A~Bc", "2/3 2/3 2/3 1 2/3 2/3 2/3"),
        ("((3ABc) (3(AB)c", " ".join(["2/3"] * 6)),
        ("(3A>BcB", "1 1/3 2/3 1"),
        ("A>(3Bcd", "3/2 1/3 2/3 2/3"),
        ("(3A[K:D]Bc d", "2/3 2/3 2/3 1"),
    ],
)
def test_tuplets_as_written(body: str, expected: str) -> None:
    assert lengths(body) == expected
    assert not told(body)


def test_a_tuplet_knows_its_ends() -> None:
    groups = [note.tuplet for note in tune_of("(3ABc (3:2:2A2B d").notes()]
    assert [(one.first, one.last) if one else None for one in groups] == [
        (True, False), (False, False), (False, True), (True, False), (False, True), None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("(3AB|c", "a tuplet of 3 has only 2 notes in this bar"),
        ("(3A2B|", "a tuplet of 3 has only 2 notes in this bar"),
        ("A(3|B", "a tuplet of 3 has no note in this bar"),
        ("(3A(3Bcd", "a tuplet begins inside another"),
        ("(1A", "'(1' is not a tuplet"),
    ],
)
def test_unfinished_tuplets_are_told(body: str, message: str) -> None:
    assert is_told(told(body), "error", message)


# -- chords, grace notes, ties, slurs ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected", "eighths"),
    [
        ("[CEG] [ C E ]", "C4+E4+G4 C4+E4", "1 1"),
        ("[C2E2] [CE]2 [C2E2]2 [C/E/]/", "C4+E4 C4+E4 C4+E4 C4+E4", "2 2 4 1/4"),
        ("[C2E4]", "C4+E4", "2"),  # as long as its first note
        ("[^C_E] C E|C", "C#4+Eb4 C#4 Eb4 | C4", "1 1 1 1"),
        ("[C-E-]C [CE]-[CE]", "C4+E4- C4 C4+E4- C4+E4", "1 1 1 1"),
        ("[Cz] [!p!CE] [CuE] [C]", "C4 C4+E4 C4+E4 C4", "1 1 1 1"),
        ("+CEG+ +C2E2+ +CE+2 A", "C4+E4+G4 C4+E4 C4+E4 A4", "1 2 2 1"),
        ("z[CE]A", "z C4+E4 A4", "1 1 1"),
    ],
)
def test_chords(body: str, expected: str, eighths: str) -> None:
    assert spelled(body) == expected
    assert lengths(body) == eighths
    assert not told(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[]A", "a chord of no notes"),
        ("[z]A", "a chord of no notes"),
        ("[C?E]", "'?' means nothing in a chord"),
        ("[CE", "'[' that is never closed"),
        ("CE]", "a ']' that closes no chord"),
        ("{bA", "a '{' of grace notes that is never closed"),
        ("b}A", "'}' means nothing here"),
        ('"Am A', "a quotation mark that is never closed"),
        ("-A", "a tie '-' with no note before it"),
        ("|-A", "a tie '-' with no note before it"),
        ("z-A", "a tie '-' after a rest"),
    ],
)
def test_brackets_and_ties_that_belong_to_nothing_are_told(body: str, message: str) -> None:
    assert is_told(told(body), "error", message)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{b}A {/b}A {bc'}A {b2}A {b>c}A", "{B5}A4 {B5}A4 {B5 C6}A4 {B5}A4 {B5 C5}A4"),
        ("{^b}A b|b", "{B#5}A4 B#5 | B5"),
        ("{[ce]}A {}A", "{C5 E5}A4 A4"),
        ("A{b}|c", "A4{B5} | C5"),  # with a bar line after them they end the note before
        ("A{b}:|c", "A4{B5} | C5"),
        ("A2{bc'}|1c:|2{d}c|]", "A4{B5 C6} | C5 | {D5}C5"),
        ("[CE]{^b}b|b", "C4+E4 {B#5}B#5 | B5"),
        ("A{b}\nc {b}\\\nc", "A4 {B5}C5 {B5}C5"),
        ("{b}|c", "{B5}C5"),
        ("A{b}[K:D]c A{b}[K:D]{e}[M:3/4]f", "A4 {B5}C#5 A4 {B5 E5}F#5"),
        ("A{b}|{d}c{e}|]", "A4{B5} | {D5}C5{E5}"),
        ("{b}(3ABc ({b}A) ~{b}A {b}~A", "{B5}A4 B4 C5 {B5}(A4) !roll! {B5}A4 !roll! {B5}A4"),
    ],
)
def test_grace_notes(body: str, expected: str) -> None:
    assert spelled(body) == expected
    assert not told(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("^A-|A A|A", "A#4- | A#4 A4 | A4"),
        ("^F-|F-|F F", "F#4- | F#4- | F#4 F4"),
        ("_B-|[B-d]B|B", "Bb4- | Bb4+D5- Bb4 | B4"),
        ("^A|-A", "A#4- | A#4"),
        ("^A|\n-A", "A#4- | A#4"),
        ("^A-|\nA", "A#4- | A#4"),
        ("^A-|1A:|2A", "A#4- | A#4 | A4"),
        ("A-|1A:|2-A", "A4- | A4- | A4"),
        ("A- A B -B A.-A", "A4- A4 B4- B4 A4- A4"),
        ("A-[K:D]A A[M:3/4]-A ^A[M:4/4]-|A", "A4- A4 A4- A4 A#4- | A#4"),
        ("(A-A) A-{b}A", "(A4- A4) A4- {B5}A4"),
        ("[ce]-[cg] [ce]-c", "C5+E5- C5+G5 C5+E5- C5"),
        ("A-|1B:|2A", "A4- | B4 | A4"),  # into the second ending, or back to the start
    ],
)
def test_ties(body: str, expected: str) -> None:
    assert spelled(body)[: len(expected)] == expected
    assert not [problem for problem in told(body) if problem[0] == "error"]


@pytest.mark.parametrize("body", ["A-B", "A-|B", "A-z", "^A-|a", "A4-"])
def test_a_tie_to_another_note_or_to_nothing_is_told(body: str) -> None:
    assert is_told(told(body), "note", "a tie '-' to ")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("((AB)c)", "((A4 B4) C5)"),
        ("A(B(c)d)", "A4 (B4 (C5) D5)"),
        ("(AB|cd)", "(A4 B4 | C5 D5)"),
        ("(A[M:3/4]B) (A\nB)", "(A4 B4) (A4 B4)"),
        ("(AB)(cd) .(AB) A(|B)", "(A4 B4) (C5 D5) (A4 B4) A4 | (B4)"),
        ("((3ABc) (3(ABc)", "(A4 B4 C5) (A4 B4 C5)"),
    ],
)
def test_slurs(body: str, expected: str) -> None:
    assert spelled(body) == expected
    assert not told(body)


def test_unbalanced_slurs_are_told() -> None:
    assert told("(AB|c") == [("note", "a slur '(' that is never closed")]
    assert told("AB)|c)") == [("note", "a slur ends ')' that never began")]
    problem = tune_of("A|B)(c|d").problems[-1]
    assert (problem.message, problem.bar, problem.position) == ("a slur '(' that is never closed", 2, (6, 5))
    assert not told("(A|1B):|2c)|]")  # into either ending


# -- what stands above the notes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("!trill!A +trill+A TA !TRILL!A", " ".join(["!trill! A4"] * 4)),
        ("~A .A uA vA HA LA MA PA", "!roll! A4 !staccato! A4 !upbow! A4 !downbow! A4 !fermata! A4 !accent! A4 "
                                    "!lowermordent! A4 !uppermordent! A4"),
        ("!p!!f!.TA", "!p! !f! !staccato! !trill! A4"),
        ("!<(!A!<)!A !D.S.!A !5!A", "!<(! A4 !<)! A4 !D.S.! A4 !5! A4"),
        ("!arpeggio![CE] !fermata!z", "!arpeggio! C4+E4 !fermata! z"),
        ("!trill!|A", "!trill! A4"),
        ('"Am"A "Am""^slow"A "^a|b"A "a%b"A', '"Am" A4 "Am" "^slow" A4 "^a|b" A4 "a%b" A4'),
        ('"Am"[CE]"Dm"{b}c "G7"z "_!x!"A', '"Am" C4+E4 "Dm" {B5}C5 "G7" z "_!x!" A4'),
        ('"Am"\nA "@1,2 x"A', '"Am" A4 "@1,2 x" A4'),
    ],
)  # fmt: skip
def test_decorations_and_symbols(body: str, expected: str) -> None:
    assert spelled(body) == expected
    assert not told(body)


@pytest.mark.parametrize(
    ("body", "signs"),
    [
        ("A!D.C.!|B|", ("!D.C.!",)),
        ('A "Fine"|B|', ('"Fine"',)),
        ('A!fermata!"^Fine""x"|]B|', ("!fermata!", '"^Fine"', '"x"')),
        ('A|"Fine"|B|', ('"Fine"',)),
        ("A|S|B|", ("!segno!",)),
    ],
)
def test_what_stands_at_a_bar_line(body: str, signs: tuple[str, ...]) -> None:
    first, second = tune_of(body).bars
    assert (first.signs, second.signs) == (signs, ())
    assert not first.notes[0].decorations + first.notes[0].symbols + second.notes[0].decorations


def test_unknown_signs_are_told_once_and_defined_ones_have_a_name() -> None:
    assert told("!wild!A !wild!B") == [("note", "unknown decoration '!wild!'")]
    assert is_told(told("kA kB nC"), "note", "'k' is a sign of its writer's own")
    assert spelled("kA TA ~B", U="k = !fermata!\nU:T=!turn!") == "!fermata! A4 !turn! A4 !roll! B4"
    assert spelled("TA", U="T=+turn+") == "!turn! A4"
    assert is_told(told("!trill A|"), "note", "'!trill' is never closed")


def test_a_space_or_a_line_end_breaks_the_beam() -> None:
    notes = tune_of("AB c[K:D]d\ne!f|g (3abc' d").notes()
    assert [note.beam_break for note in notes] == [True, False] * 2 + [True] * 4 + [False, False, True]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("AB|!\ncd|!", "A4 B4 | C5 D5"),
        ("AB!\ncd!", "A4 B4 C5 D5"),
        ("AB|!cd|!ef|", "A4 B4 | C5 D5 | E5 F5"),
        ("A!bcd!e", "A4 B5 C5 D5 E5"),
        ("A! B !c", "A4 B4 C5"),
        ("AB!|cd|", "A4 B4 | C5 D5"),
        ("AB|!!trill!c|", "A4 B4 | !trill! C5"),
        ("A|!fermata!B|!c|", "A4 | !fermata! B4 | C5"),
    ],
)
def test_exclamation_marks_are_line_ends_or_decorations(body: str, expected: str) -> None:
    assert spelled(body) == expected
    assert not told(body)


def test_an_old_line_end_before_music_is_no_decoration() -> None:
    tune = read_tune("X:1\nL:1/8\nK:D\nab!defg2|!fermata d2:|")
    assert [str(note.length) for note in tune.notes()] == ["1/8"] * 5 + ["1/4"] * 2
    assert [problem.message for problem in tune.problems] == ["'!fermata' is never closed: write '!fermata!'"]
