"""The house itself: imports run downward, and the door opens fast."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tunewright

SOURCE = Path(tunewright.__file__).parent
NOTEBOOKS = SOURCE / "course" / "source"
"""Chapters of the course, which use what any user does."""
LEVELS = {
    "errors": 0, "contracts": 0, "files": 0, "catalogue": 0,
    "music": 1, "settings": 1, "executor": 1,
    "interrupts": 1, "notebooks": 1, "messages": 1,
    "corpora": 2, "codecs": 2, "models": 2, "decoding": 2, "rendering": 2, "evaluation": 2,
    "training": 3, "run": 3, "wish": 3, "baselines": 3,
    "run_writer": 4, "evaluate": 4, "language": 4, "attempts": 4, "composer": 4,
    "train": 5, "tune_composer": 5, "performance_composer": 5, "compose": 6, "publish": 6,
    "export": 7, "audit": 7, "compare": 7, "quality": 7, "samples": 7,
    "study": 8, "listening": 9, "report": 10,
    "course": 11, "cli": 12, "__main__": 13, "__init__": 13,
}  # fmt: skip


def room(module: str) -> str:
    """``tunewright.music.reader`` -> ``music``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(source: str) -> set[str]:
    """All modules of ours that a source imports, anywhere in it, those for type checking left out."""
    found: set[str] = set()
    tree = ast.parse(source)
    checking = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in checking:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name for name in names if node.module == "tunewright"} or {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] == "tunewright"}


def wrong_imports(sources: dict[str, str]) -> list[str]:
    """Upward and sideways imports, and circles within a room, as lines to print."""
    wrong = []
    graph = {module: imports(source) for module, source in sources.items()}
    for module, targets in graph.items():
        for target in targets:
            own, other = room(module), room(target)
            if own != other and LEVELS[other] >= LEVELS[own] and not (LEVELS[own] == LEVELS[other] == 0):
                wrong.append(f"{module} imports {target}, which is not below it")
    for module in graph:
        if module in reachable(graph, module):
            wrong.append(f"{module} imports itself in a circle")
    return wrong


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    """Modules that importing ``start`` leads to."""
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += graph.get(module, ())
    return seen


def all_sources() -> dict[str, str]:
    sources = {}
    for path in SOURCE.rglob("*.py"):
        if path.parent == NOTEBOOKS:
            continue
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        if parts[-1] == "__init__" and len(parts) == 2:
            continue  # the front door names everything, lazily
        sources[".".join(part for part in parts if part != "__init__")] = path.read_text(encoding="utf-8")
    return sources


def test_imports_run_downward() -> None:
    assert wrong_imports(all_sources()) == []


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("tunewright.music.reader", "import tunewright.compose"),
        ("tunewright.decoding.filters", "from tunewright.codecs import text"),
        ("tunewright.music.tune", "def late():\n    from tunewright.music.bars import check"),
        ("tunewright.training.trainer", "from tunewright.run import Run"),
    ],
    ids=["upward", "sideways", "circular", "training to run"],
)
def test_a_planted_import_is_found(module: str, planted: str) -> None:
    sources = all_sources()
    sources[module] += f"\n{planted}\n"
    assert any(line.startswith(module) for line in wrong_imports(sources))


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom tunewright.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'numpy', 'symusic', 'matplotlib', 'pydantic', 'verovio'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "compose" in result.stdout


def test_public_names_are_there() -> None:
    for name in tunewright.__all__:
        assert getattr(tunewright, name).__doc__, name


def test_public_functions_stand_before_modules_of_their_names() -> None:
    """However they are imported, and in whatever order."""
    code = (
        "import tunewright.compose, tunewright.train\n"
        "from tunewright import compose, train\n"
        "import tunewright\n"
        "from sys import modules\n"
        "assert compose is tunewright.compose is modules['tunewright.compose'].compose\n"
        "assert train is tunewright.train is modules['tunewright.train'].train\n"
    )
    for first in ("", "from tunewright import compose\nassert callable(compose)\n", "import tunewright.quality\n"):
        subprocess.run([sys.executable, "-c", first + code], check=True)
