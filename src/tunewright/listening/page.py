"""The page on which pieces are heard, and what only its maker knows: two files, of which one is shown."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from html import escape
from pathlib import Path

from tunewright.contracts import KINDS, Piece
from tunewright.errors import RenderingError, RunError
from tunewright.files import write_whole
from tunewright.listening.tunes import Heard
from tunewright.messages import Messages
from tunewright.music.dances import FLUTE, dance_of
from tunewright.music.performance import Performance, perform
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune
from tunewright.rendering.played import played
from tunewright.rendering.sound import halved, wav
from tunewright.rendering.template import filled

PAGE, KEY = "listening.html", "key.json"
FOLDER, PLACE = "listening", "listening.json"
SCORES = range(1, 6)
LONGEST_NOTE = 2000
"""Characters."""


@dataclass(frozen=True)
class Key:
    """What only a page's maker knows.

    Attributes:
        page: name of the page, made by chance.
        items: the pieces by the names they have on the page, in its order.
        port: at which the page was shown first, so that a browser finds the answers it keeps; 0 if it never was.
    """

    page: str
    items: Mapping[str, Heard]
    port: int = 0


def write_listening(folder: Path, tunes: Sequence[Heard], messages: Messages) -> Path:
    """Writes the page, and the key to it, into a folder.

    The pieces, all of one kind, stand in an order that only the operating system's chance knows, under names that it
    made; what they are and where they are from is in the key alone.

    Raises:
        RunError: the folder holds a page already, whose answers would be lost.
        OutputError: a file can't be written.
    """
    if (folder / KEY).exists():
        raise RunError(f"{folder} holds a listening page already; --out names another place")
    chance = secrets.SystemRandom()
    messages = messages.about(tunes[0].piece.kind if tunes else KINDS[0])
    playable = [(one, sound) for one in tunes if (sound := _sound(one.piece))]
    chance.shuffle(playable)
    sounds = {secrets.token_hex(8): pair for pair in playable}
    key = Key(secrets.token_hex(8), {name: one for name, (one, _) in sounds.items()})
    names = ("answered", "saved", "stored", "unstored", "next_asked")
    texts = {name: messages.texts[f"listening.{name}"] for name in names}
    parts = {
        "LANGUAGE": messages.language,
        "TITLE": escape(messages("listening.title")),
        "INTRO": escape(messages("listening.intro", count=len(sounds))),
        "ITEMS": "\n".join(
            _item(number, name, sound, messages) for number, (name, (_, sound)) in enumerate(sounds.items(), 1)
        ),
        "SAVE": escape(messages("listening.save")),
        "NEXT": escape(messages("listening.next")),
        "TEXTS": json.dumps(texts, ensure_ascii=False).replace("<", "\\u003c"),
        "PAGE": key.page,
    }
    path = write_whole(folder / PAGE, filled("tunewright.listening", parts))
    _write_key(folder, key)  # last: where there is a key there is a page
    return path


def read_key(folder: Path) -> Key:
    """The key of a folder's page.

    Raises:
        RunError: there is none, or it is damaged.
    """
    try:
        told = json.loads((folder / KEY).read_text(encoding="utf-8"))
        items = {name: Heard(**one) for name, one in told["items"].items()}
        return Key(str(told["page"]), items, int(told["port"]))
    except FileNotFoundError:
        raise RunError(f"{folder} has no listening page; make one with: tunewright listen") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{folder / KEY} is damaged ({error})") from None


def keep_port(folder: Path, port: int) -> None:
    """Writes into the key at which port its page is shown."""
    _write_key(folder, replace(read_key(folder), port=port))


def remember(place: Path, folder: Path) -> None:
    """Writes down, where what is made of a run or study is kept, in which folder its latest page is.

    Raises:
        OutputError: it can't be written.
    """
    try:
        told = os.path.relpath(folder.resolve(), place.resolve())  # they may be moved together
    except ValueError:  # on another drive of Windows
        told = str(folder.resolve())
    write_whole(place / PLACE, json.dumps({"page": told}, ensure_ascii=False) + "\n")


def page_of(place: Path) -> Path | None:
    """The folder of the latest page of a run or study; None if it has none.

    Args:
        place: where what is made of it is kept.
    """
    usual = place / FOLDER
    try:
        folders = [place / str(json.loads((place / PLACE).read_text(encoding="utf-8"))["page"]), usual]
    except (OSError, ValueError, KeyError, TypeError):
        folders = [usual]
    return next((folder for folder in folders if (folder / KEY).exists()), None)


def _write_key(folder: Path, key: Key) -> None:
    write_whole(folder / KEY, json.dumps(asdict(key), ensure_ascii=False, indent=1) + "\n")


def _sound(piece: Piece) -> bytes:
    """A recording that is small enough to stand in a page; empty if there is none.

    All tunes have one instrument and, whatever they say themselves, the tempo that is usual for their dance: it is the
    tunes that are compared. Performances are played as they are, all by one piano.
    """
    try:
        return halved(wav(played(piece) if piece.kind == "performance" else _as_usual(read_tune(piece.text))))
    except RenderingError:
        return b""


def _as_usual(tune: Tune) -> Performance:
    dance = dance_of(tune)
    return replace(perform(tune), program=FLUTE, tempo=(dance.beat, dance.beats_per_minute))


def _item(number: int, name: str, sound: bytes, messages: Messages) -> str:
    source = base64.b64encode(sound).decode()
    title = escape(messages("listening.tune", number=number))
    told = {
        word: escape(messages(f"listening.{word}"))
        for word in ("recording", "asked", "low", "high", "known", "yes", "no", "note")
    }
    scores = "".join(_choice(name, "score", str(score), str(score)) for score in SCORES)
    known = "".join(_choice(name, "known", value, told[value]) for value in ("yes", "no"))
    return f"""<article data-item="{name}" aria-label="{title}"><h2>{title}</h2>
<audio controls preload="none" aria-label="{title}: {told["recording"]}" src="data:audio/wav;base64,{source}"></audio>
<fieldset><legend>{told["asked"]}</legend><span>{told["low"]}</span>{scores}<span>{told["high"]}</span></fieldset>
<fieldset><legend>{told["known"]}</legend>{known}</fieldset>
<label>{told["note"]}<textarea rows="2" autocomplete="off" maxlength="{LONGEST_NOTE}"></textarea></label></article>"""


def _choice(item: str, asked: str, value: str, told: str) -> str:
    """A button of which one of its kind can be pressed."""
    return (
        f'<label><input type="radio" autocomplete="off" name="{item}-{asked}" data-asked="{asked}" value="{value}">'
        f"<span>{told}</span></label>"
    )
