"""The course: chapters as notebooks that check themselves, in several languages, out of one source for each.

In a notebook: ``from tunewright.course import Lesson``.
"""

from __future__ import annotations

from tunewright.course.lesson import Lesson

__all__ = ["Lesson"]
