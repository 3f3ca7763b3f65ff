"""How much of a performance is found in known ones, and whether that is more than human performances share.

As for tunes (:mod:`tunewright.evaluation.originality`): a stretch is *found* where it has twelve intervals or more in a
row with a known performance, shorter ones where they are in step and close to one another, so that single notes that
were changed don't hide a copy. What is compared, and what is common property, tells
:mod:`tunewright.evaluation.performance_index`. The score is the share of the notes that is found neither in the nearest
known performance nor in the one that adds the most to it.

Passages of known performances have been held out, each with all performances of the same composition, against the
rest: a performance of which more is found than of nearly all of those is a near-copy. What this does not see: rhythm
alone, and a performance of which every few notes are others.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tunewright.evaluation.originality import Originality, compared, human_limit
from tunewright.evaluation.performance_index import PerformanceIndex, line, query_of
from tunewright.music.midi import Notes


def measure(index: PerformanceIndex, notes: Notes, given: int = 0) -> Originality:
    """What of a performance is its own.

    Args:
        given: how many notes at its beginning nobody composed, such as those of a primer; they don't count.
    """
    query = query_of(line(notes, given))
    runs = index.shared_runs(query.lines)
    runs = runs[query.counts(runs)]
    numbers, covered = query.covered(runs)
    copied = np.array([query.share(row) for row in covered]) > human_limit(index)
    return replace(compared(index, query, runs, set(numbers[copied].tolist())), kind="performance")
