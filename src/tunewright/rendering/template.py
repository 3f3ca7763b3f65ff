"""Pages out of a template: the files of a package named ``page.html``, ``page.css`` and ``page.js``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files


def filled(package: str, parts: Mapping[str, str]) -> str:
    """A package's page with its places filled: ``{{STYLE}}`` and ``{{SCRIPT}}`` by the package's own, the others by
    ``parts``. In one pass, so that no text of theirs can pass for a place in the template.
    """
    folder = files(package)
    template, style, script = (
        (folder / f"page.{suffix}").read_text(encoding="utf-8") for suffix in ("html", "css", "js")
    )
    own = {**parts, "STYLE": style, "SCRIPT": script}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: own[match.group(1)], template)
