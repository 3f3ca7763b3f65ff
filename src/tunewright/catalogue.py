"""Every part by name, as data: nothing is imported until a part is opened.

A part of your own: one new file, and an entry point in the group ``tunewright.parts`` named ``"<section>.<name>"``
whose value is ``"module:Class"``. Its keyword arguments are the options that recipes and ``--set`` may give it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, get_type_hints

from tunewright.errors import SettingsError

PARTS: dict[str, dict[str, str]] = {
    "corpus": {
        "irish": "tunewright.corpora.irish:open_irish",
        "oneills": "tunewright.corpora.books:open_oneills",
        "ryans": "tunewright.corpora.books:open_ryans",
        "airds": "tunewright.corpora.books:open_airds",
        "maestro": "tunewright.corpora.maestro:open_maestro",
        "mixture": "tunewright.corpora.mixture:open_mixture",
        "path": "tunewright.corpora.path:open_path",
    },
    "codec": {
        "abc_tokens": "tunewright.codecs.abc_tokens:AbcTokenCodec.fit",
        "characters": "tunewright.codecs.text:CharacterCodec.fit",
        "midi_events": "tunewright.codecs.midi_events:MidiEvents.fit",
        "remi": "tunewright.codecs.miditok_codecs:Remi.fit",
        "tsd": "tunewright.codecs.miditok_codecs:Tsd.fit",
    },
    "model": {
        "lstm": "tunewright.models.recurrent:LSTM",
        "gru": "tunewright.models.recurrent:GRU",
        "transformer": "tunewright.models.transformer:Transformer",
    },
    "tracker": {
        "jsonl": "tunewright.training.trackers:JsonLines",
        "picture": "tunewright.training.trackers:LossPicture",
        "console": "tunewright.training.trackers:Console",
        "tensorboard": "tunewright.training.tensorboard:TensorBoard",
        "comet": "tunewright.training.comet:Comet",
    },
    "filter": {
        "temperature": "tunewright.decoding.filters:temperature",
        "top_k": "tunewright.decoding.filters:top_k",
        "top_p": "tunewright.decoding.filters:top_p",
        "min_p": "tunewright.decoding.filters:min_p",
        "greedy": "tunewright.decoding.filters:greedy",
    },
    "renderer": {
        "abc": "tunewright.rendering.sheet:AbcRenderer",
        "mid": "tunewright.rendering.sound:MidiRenderer",
        "wav": "tunewright.rendering.sound:WavRenderer",
        "svg": "tunewright.rendering.score:SvgRenderer",
        "png": "tunewright.rendering.score:PngRenderer",
        "pdf": "tunewright.rendering.score:PdfRenderer",
        "musicxml": "tunewright.rendering.musicxml:MusicXmlRenderer",
    },
}


@cache
def parts(section: str) -> dict[str, str]:
    """Names and addresses of all parts of a section: the built-in ones and those of installed extensions."""
    found = dict(PARTS[section])
    for entry in entry_points(group="tunewright.parts"):
        own_section, _, name = entry.name.partition(".")
        if own_section == section:
            found[name] = entry.value
    return found


def find(section: str, name: str) -> Any:
    """Imports the part of this name.

    Raises:
        SettingsError: there is none; the message lists those there are.
    """
    known = parts(section)
    if name not in known:
        raise SettingsError(f"no {section} is called '{name}'; there are: {', '.join(sorted(known))}")
    module, _, attributes = known[name].partition(":")
    part: Any = import_module(module)
    for attribute in attributes.split("."):
        part = getattr(part, attribute)
    return part


def build(section: str, name: str, options: Mapping[str, Any], *context: Any) -> Any:
    """Builds a part from what its maker needs (``context``, positional) and the options a recipe gives (by keyword).

    Raises:
        SettingsError: an option that the part doesn't have, or a value of another type.
    """
    return find(section, name)(*context, **checked_options(section, name, options))


def checked_options(section: str, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a part, each as its maker takes it.

    Raises:
        SettingsError: an option that the part doesn't have, or a value of another type.
    """
    maker = find(section, name)
    target = maker.__init__ if inspect.isclass(maker) else maker
    hints = get_type_hints(target, include_extras=True)
    known = [
        parameter.name
        for parameter in inspect.signature(maker).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    checked = {}
    for option, value in options.items():
        if option not in known:
            raise SettingsError(f"{section} '{name}' has no option '{option}'; it has: {', '.join(known) or 'none'}")
        checked[option] = _checked(f"{section}.{option}", hints[option], value)
    return checked


def _checked(option: str, hint: Any, value: Any) -> Any:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        raise SettingsError(f"{option} = {value!r}: {error.errors()[0]['msg'].lower()}") from None
