"""What every command shares: how messages, results and a user's mistakes are shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tunewright.contracts import FORMS
from tunewright.errors import InputError, SettingsError, TunewrightError

if TYPE_CHECKING:
    from tunewright.run import Run

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
PATH = click.Path(path_type=Path)
PART = click.option(
    "--split", default="test", show_default=True, type=click.Choice(["validation", "test", "training", "all"])
)
FORM = click.Choice(FORMS)


class Commands(click.Group):
    """Turns our errors into one line and exit code 2, and keeps the commands in the order they are written."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TunewrightError as error:
            click.echo(f"tunewright: {error}", err=True)
            ctx.exit(2)


def say(message: str) -> None:
    """A message to the user, on standard error."""
    click.echo(message, err=True)


def put_json(content: dict[str, Any]) -> None:
    """The one object on standard output."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=1))


def run_or_builtin(path: Path | None) -> Run:
    """The run of a folder; the built-in one where none is named."""
    from tunewright.run import builtin_run, open_run

    return open_run(path) if path else builtin_run()


def refuse_several_budgets(*given: float | None) -> None:
    """Of --iterations, --minutes and --characters at most one may be given."""
    if sum(map(bool, given)) > 1:
        raise SettingsError("--iterations, --minutes and --characters all say how long; give one of them")


def place_of(source: Path) -> Path:
    """Where what is made of a run or study is kept."""
    from tunewright.run import open_run
    from tunewright.study.plan import is_study

    return source if is_study(source) else open_run(source).workplace


def _files_of(path: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """A file itself; of a folder the files below it whose names end so, the hidden ones left out."""
    if not path.is_dir():
        return [path]
    from tunewright.corpora.sources import files_below

    if names := files_below(path, suffixes)[0]:
        return [path / name for name in names]
    raise InputError(f"{path}: no {' or '.join(suffixes)} file in it")


def from_each(
    files: Sequence[Path], read: Callable[[Path], list[Any]], suffixes: tuple[str, ...] = (".abc",)
) -> tuple[list[Any], list[str]]:
    """What ``read`` finds in each file and each file below a folder; a message, said too, for each it can't use.

    Args:
        suffixes: of the files that are read of a folder.

    Raises:
        InputError: there is nothing in any of them.
    """
    found: list[Any] = []
    failed = []
    for file in (below for path in files for below in _files_of(path, suffixes)):
        try:
            found += read(file)
        except InputError as error:
            failed.append(str(error))
    for message in failed if found else failed[:-1]:
        say(f"tunewright: {message}")
    if not found:
        raise InputError(failed[-1])
    return found, failed
