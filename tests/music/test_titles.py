from __future__ import annotations

import pytest

from tunewright.music.titles import plain_title


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("The Echo", "echo"), ("Echo, The", "echo"), ("A Trip to Sligo!", "trip to sligo"), ("THE", ""), ("", ""),
        ("Dowd's Favourite", "dowds favourite"), ("Dowd\u2019s  favourite.", "dowds favourite"), ("Théa", "théa"),
    ],
)  # fmt: skip
def test_titles_are_compared_plainly(title: str, plain: str) -> None:
    assert plain_title(title) == plain
