"""Commands of the course: course list, copy, grade."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from tunewright.cli.common import JSON, PATH, put_json, say

LANGUAGE = click.option("--language", default="en", show_default=True, help="Of the notebooks: en or uk.")


@click.group()
def course() -> None:
    """A course in notebooks that check themselves: from tensors to composing."""


@course.command("list")
@LANGUAGE
@JSON
def list_(language: str, as_json: bool) -> None:
    """Chapters, with how many exercises they have."""
    from tunewright.course.chapters import CHAPTERS, languages, load_language
    from tunewright.course.submission import exercises_of

    told = load_language(language)
    chapters = [
        {"name": name, "file": file, "title": told.said("title", name) or name, "exercises": len(exercises_of(name))}
        for name, file in CHAPTERS.items()
    ]
    if as_json:
        put_json({"language": language, "languages": languages(), "chapters": chapters})
        return
    for one in chapters:
        click.echo(f"{one['name']:10} {one['exercises']:3} exercises  {one['title']}")


@course.command()
@click.argument("folder", metavar="DIR", type=PATH)
@LANGUAGE
@click.option("--solutions", is_flag=True, help="The solved ones instead, into DIR/solutions.")
@click.option("--chapter", "chapters", multiple=True, metavar="NAME", help="Only this one; repeatable.")
@click.option("--force", is_flag=True, help="Rename what stands in the way, instead of refusing.")
@JSON
def copy(folder: Path, language: str, solutions: bool, chapters: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Lays the notebooks into a folder, to work in. Nobody's work is overwritten."""
    from tunewright.course.build import copy as lay
    from tunewright.course.build import notebooks

    laid = lay(notebooks(language, solutions=solutions, chapters=chapters), folder, force=force)
    if as_json:
        files = [{"file": str(path), "renamed": str(old) if old else None} for path, old in laid.items()]
        put_json({"folder": str(folder), "language": language, "notebooks": files})
        return
    for path, old in laid.items():
        click.echo(f"{path}" + (f" (what was there is {old.name} now)" if old else ""))
    say("install what notebooks need: pip install 'tunewright[course]'")
    say(f'open them: jupyter lab "{folder}", or in VS Code: code "{folder}"')


@course.command()
@click.argument("folder", type=PATH)
@click.option("--out", default=Path("grades.csv"), show_default=True, type=PATH, help="The gradebook to write, a CSV.")
@click.option("--jobs", type=click.IntRange(1), help="Notebooks at a time [default: one a core].")
@click.option(
    "--seconds", default=600.0, show_default=True, type=click.FloatRange(0, 86_400, min_open=True), help="For each."
)
@click.option("--memory", default=4096, show_default=True, type=click.IntRange(256), help="Megabytes for each.")
@click.option("--output", default=10, show_default=True, type=click.IntRange(1), help="Megabytes that each may print.")
@click.option("--trust", is_flag=True, help="Run them unprotected where the system has no namespaces.")
@JSON
def grade(
    folder: Path,
    out: Path,
    jobs: int | None,
    seconds: float,
    memory: int,
    output: int,
    trust: bool,
    as_json: bool,
) -> None:
    """Grades the notebooks below a folder, for a teacher: which exercises are solved, or which hint was given.

    Each is run in isolation (Linux namespaces): without network, without sight of other files, for a time. Where the
    system has none of that this is refused, unless you trust whoever wrote them.

    A learner's code runs in the same process as the checks, so a determined cheater can forge a pass: grades are for
    teaching, not for exams.
    """
    from tunewright.course.execution import Limits
    from tunewright.course.grading import grade as grade_folder
    from tunewright.executor import cores

    grades = grade_folder(folder, out, Limits(seconds, memory, output), jobs or cores(), trust=trust)
    if grades.exposed:
        say(
            f"tunewright: not isolated ({grades.exposed}): these notebooks could read, change and delete what you can, "
            "use the network, and leave processes behind; only time, output and, where the system knows it, the memory "
            "of each process were limited"
        )
    states = Counter(row.state for row in grades.rows)
    if as_json:
        rows = [{**row.to_dict(), "exercises": row.results} for row in grades.rows]
        isolated = not grades.exposed
        put_json({"gradebook": str(out), "isolated": isolated, "states": states, "submissions": rows,
                  "skipped": list(grades.skipped)})  # fmt: skip
        return
    for row in grades.rows:
        score = f"{row.solved:3} of {row.of:2}" if row.of else " " * 9
        click.echo(
            f"{score}  {row.state:{max(map(len, states))}}  {row.file}" + (f": {row.message}" * bool(row.message))
        )
    say(f"{len(grades.rows)} notebooks: {', '.join(f'{count} {state}' for state, count in states.items())}")
    if grades.skipped:
        say(f"{len(grades.skipped)} other files skipped: {', '.join(grades.skipped)}")
    say(f"gradebook: {out}")
