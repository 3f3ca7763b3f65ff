"""What the PyTorch notebooks of lab 1 of MIT's 6.S191 ask of its helper package, under the same names.

    import tunewright.course.mdl as mdl

stands in place of the lab's own import. Sound is made here: no system package, no other program, no TensorFlow. What
the lab does otherwise, and why, is told in ``docs/mit-lab.md``.
"""

from __future__ import annotations

import tunewright.course.mdl.lab1 as lab1
import tunewright.course.mdl.util as util

__all__ = ["lab1", "util"]
