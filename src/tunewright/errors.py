"""Every error that tunewright raises on purpose, in one tree.

    TunewrightError                 one clear line for the user; the command line exits with code 2
    ├── InputError                  a file, a tune or a text that cannot be used as it is
    ├── SettingsError               a recipe, an option or a --set that cannot be meant
    ├── RunError                    a run folder that is missing, incomplete or of another kind
    ├── CorpusError                 a data set that cannot be found, fetched or trusted
    ├── TrainingError               a training that cannot go on
    ├── DecodingError               a prompt or wish that cannot be continued
    ├── RenderingError              a piece that cannot be played or drawn
    ├── OutputError                 a place that cannot be written to
    ├── WorkerError                 a process that works for us has died
    └── MissingExtraError           an optional library is not installed; the message holds the line that installs it

Anything else that escapes is a bug of ours, and is shown with its traceback.
"""

from __future__ import annotations


class TunewrightError(Exception):
    """Base of all errors whose message is written for the user."""


class InputError(TunewrightError):
    """A file, a tune or a text that cannot be used as it is."""


class SettingsError(TunewrightError):
    """A recipe, an option or a ``--set`` that cannot be meant."""


class RunError(TunewrightError):
    """A run folder that is missing, incomplete or of another kind."""


class CorpusError(TunewrightError):
    """A data set that cannot be found, fetched or trusted."""


class TrainingError(TunewrightError):
    """A training that cannot go on."""


class DecodingError(TunewrightError):
    """A prompt or a wish that cannot be continued."""


class RenderingError(TunewrightError):
    """A piece that cannot be played or drawn."""


class OutputError(TunewrightError):
    """A place that cannot be written to."""


class WorkerError(TunewrightError):
    """A process that works for us has died."""


class MissingExtraError(TunewrightError):
    """An optional library is missing.

    Args:
        purpose: what the user wanted, e.g. ``"TensorBoard logs"``.
        extra: the name of the optional extra in ``pyproject.toml``.
    """

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} need an optional library: pip install 'tunewright[{extra}]'")
