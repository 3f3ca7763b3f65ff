"""The page on which tunes are heard, and what only its maker knows: two files, of which one is shown."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from tunewright.errors import RenderingError, RunError
from tunewright.files import write_whole
from tunewright.listening.tunes import Heard
from tunewright.messages import Messages
from tunewright.music.performance import perform
from tunewright.music.reader import read_tune
from tunewright.rendering.sound import halved, wav
from tunewright.rendering.template import filled

PAGE, KEY = "listening.html", "key.json"
SCORES = range(1, 6)


def write_listening(folder: Path, tunes: Sequence[Heard], messages: Messages) -> Path:
    """Writes the page, and the key to it, into a folder.

    The tunes stand in an order that only the operating system's chance knows, under names that it made; what they are
    and where they are from is in the key alone.

    Raises:
        RunError: the folder holds a page already, whose answers would be lost.
        OutputError: a file can't be written.
    """
    if (folder / KEY).exists():
        raise RunError(f"{folder} holds a listening page already; --out names another place")
    chance = secrets.SystemRandom()
    playable = [(one, sound) for one in tunes if (sound := _sound(one.text))]
    chance.shuffle(playable)
    named = {secrets.token_hex(8): one for one in playable}
    page = secrets.token_hex(8)
    key = {"page": page, "items": {name: {"source": one.source, "text": one.text} for name, (one, _) in named.items()}}
    write_whole(folder / KEY, json.dumps(key, ensure_ascii=False, indent=1) + "\n")
    items = "\n".join(
        _item(number, name, sound, messages) for number, (name, (_, sound)) in enumerate(named.items(), 1)
    )
    texts = {name: messages.texts[f"listening.{name}"] for name in ("answered", "saved", "stored")}
    parts = {
        "LANGUAGE": messages.language,
        "TITLE": escape(messages("listening.title")),
        "INTRO": escape(messages("listening.intro", count=len(named))),
        "ITEMS": items,
        "SAVE": escape(messages("listening.save")),
        "TEXTS": json.dumps(texts, ensure_ascii=False).replace("<", "\\u003c"),
        "PAGE": page,
    }
    return write_whole(folder / PAGE, filled("tunewright.listening", parts))


def read_key(folder: Path) -> dict[str, Any]:
    """The key of a folder's page.

    Raises:
        RunError: there is none, or it is damaged.
    """
    try:
        key: dict[str, Any] = json.loads((folder / KEY).read_text(encoding="utf-8"))
        return {"page": str(key["page"]), "items": dict(key["items"])}
    except FileNotFoundError:
        raise RunError(f"{folder} has no listening page; make one with: tunewright listen") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{folder / KEY} is damaged ({error})") from None


def _sound(text: str) -> bytes:
    """A recording that is small enough to stand in a page; empty if there is none."""
    try:
        return halved(wav(perform(read_tune(text))))
    except RenderingError:
        return b""


def _item(number: int, name: str, sound: bytes, messages: Messages) -> str:
    source = base64.b64encode(sound).decode()
    title = escape(messages("listening.tune", number=number))
    scores = "".join(
        f'<label><input type="radio" name="{name}" value="{score}"><span>{score}</span></label>' for score in SCORES
    )
    low, high, note = (escape(messages(f"listening.{word}")) for word in ("low", "high", "note"))
    return (
        f'<article data-item="{name}"><h2>{title}</h2><audio controls preload="none" aria-label="{title}" '
        f'src="data:audio/wav;base64,{source}"></audio><fieldset><legend class="hidden">{title}</legend>'
        f"<span>{low}</span>{scores}<span>{high}</span></fieldset>"
        f'<textarea rows="2" aria-label="{note}" placeholder="{note}"></textarea></article>'
    )
