"""What the course is built from."""

from __future__ import annotations

import ast
import re
import tokenize
from importlib import import_module
from inspect import getsource
from string import ascii_lowercase

import pytest

from tunewright.course.chapters import CHAPTERS, ENGLISH, languages, load_language, source_of
from tunewright.course.lesson import Check, Hint, Lesson, checks_of, choice, judged
from tunewright.course.notebook import build, parse, prose, said_in, solved, translated, unsolved
from tunewright.errors import InputError, SettingsError

OTHERS = [code for code in languages() if code != ENGLISH]


def hints_in(chapter: str) -> dict[str, set[str]]:
    """The keys of the hints that each check can give, as they stand in its code and what it calls; of a question, the
    letters. Checks may stand in several modules.
    """
    checks = checks_of(chapter)
    modules = {check.__module__ for check in checks.values()} - {Lesson.__module__}
    trees = [ast.parse(getsource(import_module(module))) for module in modules]
    functions = {one.name: one for tree in trees for one in tree.body if isinstance(one, ast.FunctionDef)}
    return {exercise: hints_of(check, functions) for exercise, check in checks.items()}


def hints_of(check: Check, functions: dict[str, ast.FunctionDef]) -> set[str]:
    """The keys of the hints of one check."""
    if check.__module__ == Lesson.__module__:
        return {hint.key for letter in ascii_lowercase if (hint := check(letter))}

    met: set[str] = set()

    def keys(name: str) -> set[str]:
        met.add(name)
        found: set[str] = set()
        for node in ast.walk(functions[name]):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "Hint":
                    found |= {one.value for one in ast.walk(node.args[0]) if _is_key(one)}  # type: ignore[attr-defined]
                elif node.func.id in functions.keys() - met:
                    found |= keys(node.func.id)
            elif isinstance(node, ast.Dict):
                found |= {one.value for one in node.values if _is_key(one)}  # type: ignore[attr-defined]
        return found

    return keys(check.__name__)


def _is_key(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_hint_is_told_in_every_language(chapter: str, language: str) -> None:
    told = load_language(language)
    for exercise, keys in hints_in(chapter).items():
        for key in keys:
            assert told.said("hint", chapter, exercise, key) or told.said("hint", "common", key), (exercise, key)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_hints_have_the_same_places_in_every_language(chapter: str) -> None:
    english = load_language(ENGLISH).tree["hint"]
    for code in OTHERS:
        other = load_language(code).tree["hint"]
        for exercise, hints in english[chapter].items():
            for key, text in hints.items():
                places = re.findall(r"{\w+}", other[chapter][exercise][key])
                assert sorted(places) == sorted(re.findall(r"{\w+}", text)), (code, exercise, key)
        assert {one: set(own) for one, own in other[chapter].items()} == {
            one: set(own) for one, own in english[chapter].items()
        }


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_text_is_translated_and_no_other(chapter: str, code: str) -> None:
    cells = parse(source_of(chapter), chapter)
    texts = load_language(code).tree["text"][chapter]
    assert set(texts) == {cell.name for cell in cells if not cell.is_code}
    for cell in cells:
        if not cell.is_code:
            # What is code, a formula or a link stays what it is.
            assert re.findall(r"\]\((.*?)\)", texts[cell.name]) == re.findall(r"\]\((.*?)\)", cell.source), cell.name
            assert texts[cell.name].count("#") == cell.source.count("#"), cell.name


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_comment_and_every_phrase_in_code_is_translated(chapter: str, code: str) -> None:
    known = load_language(code).tree["code"]
    assert not set(checks_of(chapter)) & set(known)  # the names of exercises stay what they are
    for cell in parse(source_of(chapter), chapter):
        if cell.is_code:
            for version in (solved(cell.source), unsolved(cell.source)):
                for token in prose(version):
                    text = said_in(token)
                    is_phrase = " " in text.strip() and re.search(r"[a-z]{3}", text) and "\n" not in text
                    if token.type == tokenize.COMMENT or is_phrase:
                        assert text in known, (cell.name, text)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_exercises_are_checked_in_their_order(chapter: str) -> None:
    exercises = [cell.name for cell in parse(source_of(chapter), chapter) if cell.is_exercise]
    assert exercises == list(checks_of(chapter))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_students_get_no_solutions(chapter: str) -> None:
    solutions = {cell["id"]: "".join(cell["source"]) for cell in build(chapter, solutions=True)["cells"]}
    for cell in build(chapter)["cells"]:
        text = "".join(cell["source"])
        assert "solution>" not in text
        assert "#? " not in text
        assert (text != solutions[cell["id"]]) == bool(cell["metadata"])
        if cell["metadata"]:
            assert "..." in text


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_all_code_is_python(chapter: str, language: str) -> None:
    for solutions in (True, False):
        for cell in build(chapter, language, solutions=solutions)["cells"]:
            if cell["cell_type"] == "code":
                compile("".join(cell["source"]), cell["id"], "exec")


def test_code_is_translated_where_there_is_something_for_it() -> None:
    code = 'lesson = Lesson("pytorch", "en")  # the loss\nprint("step", x)  # step\n'
    told = translated(code, load_language("uk"))
    assert told == 'lesson = Lesson("pytorch", "uk")  # the loss\nprint("крок", x)  # крок\n'


def test_text_that_is_computed_stays_as_it_is() -> None:
    code = 'print(f"step", f"{x:.2f}", "step")\n'
    assert translated(code, load_language("uk")) == 'print(f"step", f"{x:.2f}", "крок")\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "line 1: expected a cell"),
        ("# %%\nx = 1\n", "line 1: expected '# %% name'"),
        ("# %% one\n\n# %% one [markdown]\n", "line 3: there are two cells called 'one'"),
        ("# %% Not This\n", "line 1: expected"),
    ],
)
def test_what_is_no_source_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(text, "own.py")


def test_what_there_is_not_is_told_with_what_there_is() -> None:
    with pytest.raises(SettingsError, match="no chapter is called 'drums'; there are: pytorch"):
        build("drums")
    with pytest.raises(SettingsError, match="isn't told in 'tlh'; there are: en, uk"):
        build("pytorch", "tlh")


def test_placeholders_are_unfinished_wherever_they_stand() -> None:
    assert judged(lambda given: None, (...,)) == Hint("todo")
    assert judged(lambda given: given() + 1, (lambda: ...,)) == Hint("todo")
    assert judged(lambda given: 1 / given, (0,)) == Hint("raised", {"error": "ZeroDivisionError: division by zero"})


def test_questions_are_answered_by_letters() -> None:
    check = choice("b")
    assert check("B ") is None
    assert check("c") == Hint("c")
    assert check("both") == Hint("no_letter")
    assert check("e") == Hint("no_letter")  # of which there is no answer, and no hint
    assert choice("e", letters="abcde")("e") is None


def test_a_budget_is_a_share_of_what_the_text_says(monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = Lesson("pytorch")
    monkeypatch.delenv("TUNEWRIGHT_COURSE_BUDGET", raising=False)
    assert lesson.budget(300) == 300
    monkeypatch.setenv("TUNEWRIGHT_COURSE_BUDGET", "0.1")
    assert (lesson.budget(300), lesson.budget(3)) == (30, 1)
    monkeypatch.setenv("TUNEWRIGHT_COURSE_BUDGET", "little")
    with pytest.raises(SettingsError, match="expected a number above zero"):
        lesson.budget(300)
