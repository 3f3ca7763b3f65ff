"""The command line: options, messages and exit codes; no logic.

Imports nothing heavy until a command runs, so that ``--help`` answers at once. With ``--json`` one object goes to
standard output and nothing else; progress and messages go to standard error. A user's mistake gives one line and
exit code 2.
"""

from __future__ import annotations

import click

from tunewright.cli.common import Commands
from tunewright.cli.comparing import compare
from tunewright.cli.corpora import corpus
from tunewright.cli.course import course
from tunewright.cli.evaluating import evaluate
from tunewright.cli.learning import recipes, runs, train
from tunewright.cli.listening import listen
from tunewright.cli.originality import originality
from tunewright.cli.reporting import report
from tunewright.cli.studying import study
from tunewright.cli.tunes import check, compose, render

corpus.add_command(compare)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tunewright")
def main() -> None:
    """Learns from tunes and composes new ones that parse, play, and can be seen and heard at once."""


for command in (
    compose,
    train,
    evaluate,
    check,
    originality,
    render,
    study,
    report,
    listen,
    course,
    corpus,
    runs,
    recipes,
):
    main.add_command(command)
