# %% welcome [markdown]
# # 5. Choosing the next symbol
#
# A language model doesn't write. It tells of each symbol how likely it is to come next; somebody must then choose. How
# that is done, the **decoding**, changes what comes out as much as the training does, and the weights stay as they are.
#
# This chapter builds the usual ways of choosing by hand, on a table of six symbols, and tries them on a model that has
# learned already: the run that comes with the package. Everything here is about tunes; what decodes them would decode
# text just as well, and text comes with a later part of the package.

# %% setup
# In a hosted notebook run this first: %pip install 'tunewright[course]'
import math

import matplotlib.pyplot as plt
import torch

from tunewright.compose import compose
from tunewright.course import Lesson
from tunewright.course.material import show
from tunewright.decoding import filters
from tunewright.evaluation.statistics import statistics
from tunewright.quality import quality
from tunewright.run import builtin_run
from tunewright.wish import Wish

lesson = Lesson("decoding", "en")

# %% logits-text [markdown]
# ## 5.1 From logits to probabilities
#
# What a model puts out are **logits**: one number for each symbol, of any size and sign. **Softmax** makes probabilities
# of them. It is here that a first choice is made, by the **temperature** T:
#
# $$p_i = \frac{e^{z_i / T}}{\sum_j e^{z_j / T}}$$
#
# At T = 1 these are the probabilities that the model has learned. Below 1 what is likely becomes likelier still, above 1
# all become more alike.

# %% table
symbols = ["D", "E", "F", "G", "A", "|"]
logits = torch.tensor([0.5, 2.0, -1.0, 2.4, 1.0, 0.0])


def draw_bars(axis, labels, probabilities, title):
    axis.bar(range(len(labels)), [float(one) for one in probabilities], color="tab:blue")
    axis.set_xticks(range(len(labels)), labels)
    axis.set_title(title, fontsize=10)


# %% softmax-task [markdown]
# ### Exercise: softmax with a temperature
#
# Write it out of `torch.exp` and sums. One thing that every library takes care of: $e^{1000}$ is too large for a
# computer's number. Taking the same amount away from all scaled logits, such as the largest of them, changes no
# probability. (Why?)


# %% softmax
def softmax(logits, temperature=1.0):
    # <solution>
    scaled = logits / temperature
    weights = torch.exp(scaled - scaled.max())
    return weights / weights.sum()
    #? scaled = ...
    #? weights = ...
    #? return ...
    # </solution>


if lesson.check("softmax", softmax):
    figure, axes = plt.subplots(1, 3, figsize=(9, 2.4), sharey=True)
    for axis, temperature in zip(axes, (0.5, 1.0, 2.0)):
        draw_bars(axis, symbols, softmax(logits, temperature), f"T = {temperature}")
    axes[0].set_ylabel("probability")
    plt.show()

# %% model-text [markdown]
# ### The same from a model that has learned
#
# The built-in run reads ABC in words of its own: a note with its length is one symbol, so is a bar line, so is a line of
# the header. There are 487 of them. Here is what it expects at three places of a jig that we begin: within a bar, after
# the note that fills it, and after the bar line.

# %% model
run = builtin_run()
model = run.model().for_inference()
spellings = run.codec.spellings()


def logits_along(text):
    """Row i tells what comes after i symbols of the text, shape (symbols + 1, size)."""
    ids = [*run.codec.boundary, *run.codec.encode_text(text).tolist()]
    with torch.inference_mode():
        found, _ = model(torch.tensor([ids]), model.empty(1))
    return found[0]


beginning = "X:1\nT:Mine\nR:jig\nM:6/8\nL:1/8\nK:D\n|:DFA dAF|"
places = [beginning[:-2], beginning[:-1], beginning]

if lesson.passed("softmax"):
    figure, axes = plt.subplots(1, 3, figsize=(9, 2.4), sharey=True)
    for axis, place in zip(axes, places):
        likeliest = softmax(logits_along(place)[-1]).topk(6)
        names = [spellings[one].replace(" ", "␣") for one in likeliest.indices]
        draw_bars(axis, names, likeliest.values, "…" + place[-7:])
    axes[0].set_ylabel("probability")
    plt.show()

# %% entropy-bits-task [markdown]
# ### Exercise: how sure is it?
#
# One number for that is the **entropy** (Shannon 1948), in bits:
#
# $$H = -\sum_i p_i \log_2 p_i$$
#
# It is 0 where one symbol is certain, and 3 where eight are equally likely, as many yes-or-no questions as it takes to
# find out which. A symbol of probability 0 adds nothing, but its logarithm is minus infinity: take care of it.


# %% entropy-bits
def entropy(probabilities):
    # <solution>
    possible = probabilities[probabilities > 0]
    return -(possible * possible.log2()).sum()
    #? return ...
    # </solution>


if lesson.check("entropy-bits", entropy):
    tune = compose(run, Wish(type="jig", key="D", seed=5))[0].piece.text
    ids = run.codec.encode_text(tune).tolist()
    first = len(run.codec.encode_text(tune[: tune.index("K:D") + 3]))
    shown = range(first, first + 48)
    names = [spellings[ids[place]].replace(" ", "␣").replace("\n", "↵") for place in shown]
    probabilities = logits_along(tune).softmax(-1)
    plt.figure(figsize=(9.5, 2.8))
    plt.bar(range(48), [float(entropy(probabilities[place])) for place in shown])
    plt.xticks(range(48), names, fontsize=7)
    plt.ylabel("entropy before it, in bits")
    plt.xlabel("symbols of a tune")
    plt.show()

# %% entropy-bits-text [markdown]
# High where a bar begins and anything may come, low where it is full and only a bar line fits; low, too, wherever
# something comes again that was there before. A good way of choosing must serve both kinds of places.

# %% greedy-choice-task [markdown]
# ## 5.2 The likeliest
#
# ### Exercise: greedy
#
# The simplest choice is always to take the likeliest symbol. Give its **place** in the table, as a whole number or a
# tensor of one.


# %% greedy-choice
def greedy(logits):
    # <solution>
    return logits.argmax()
    #? return ...
    # </solution>


if lesson.check("greedy-choice", greedy):
    print("greedy takes:", symbols[int(greedy(logits))])

# %% greedy-choice-text [markdown]
# Nothing is left to chance then: the same beginning gives the same tune for ever. It is also the limit that a temperature
# close to 0 comes to.

# %% filters-text [markdown]
# ## 5.3 Cutting off the tail
#
# The other way is to **draw**, each symbol as often as it is likely. Then there is the tail: hundreds of symbols of which
# each is hardly ever right, but which together come up every few bars. One such slip, and the model goes on from what it
# would never have written. Three filters cut the tail off. Each takes probabilities, sets some of them to 0, and shares
# out the rest anew, so that all add up to 1 again.
#
# **Top-k** (Fan, Lewis & Dauphin 2018) keeps the k likeliest symbols.

# %% top-k-task [markdown]
# ### Exercise: top-k
#
# Write it for one table of probabilities, in whatever order they stand. `.topk(k)` finds values and indices of the
# largest. The result has as many numbers as the table, each in its place.


# %% top-k
def top_k(probabilities, k):
    # <solution>
    best = probabilities.topk(k).indices
    kept = torch.zeros_like(probabilities)
    kept[best] = probabilities[best]
    return kept / kept.sum()
    #? return ...
    # </solution>


if lesson.check("top-k", top_k):
    print(top_k(logits.softmax(-1), 3))

# %% top-p-task [markdown]
# ### Exercise: top-p
#
# A fixed k is too many where the model is sure, and too few where it isn't. **Top-p**, or nucleus sampling (Holtzman et
# al. 2020), keeps the fewest likeliest symbols whose probabilities together **reach p**: as many as are needed.
#
# With 0.5, 0.3 and 0.2, p = 0.6 keeps the first two: the first alone doesn't reach it. The symbol that crosses the line is
# kept, and so at least one always is.
#
# `.argsort(descending=True)` gives the order, `.cumsum(0)` sums as they grow.


# %% top-p
def top_p(probabilities, p):
    # <solution>
    order = probabilities.argsort(descending=True)
    ordered = probabilities[order]
    before = ordered.cumsum(0) - ordered
    best = order[before < p]
    kept = torch.zeros_like(probabilities)
    kept[best] = probabilities[best]
    return kept / kept.sum()
    #? order = ...
    #? return ...
    # </solution>


if lesson.check("top-p", top_p):
    print(top_p(logits.softmax(-1), 0.8))

# %% min-p-task [markdown]
# ### Exercise: min-p
#
# **Min-p** (Nguyen et al. 2024) asks no sum: a symbol stays if it is at least a given share as likely as the likeliest.
# With 0.5, 0.3 and 0.2, a share of 0.5 keeps whatever has 0.25 or more.


# %% min-p
def min_p(probabilities, share):
    # <solution>
    kept = torch.where(probabilities >= share * probabilities.max(), probabilities, 0.0)
    return kept / kept.sum()
    #? return ...
    # </solution>


lesson.check("min-p", min_p);

if lesson.passed("top-k", "top-p", "min-p"):
    ways = {"k = 3": (top_k, 3), "p = 0.8": (top_p, 0.8), "min-p = 0.1": (min_p, 0.1)}
    tables = {"unsure": logits.softmax(-1), "sure": (3 * logits).softmax(-1)}
    figure, axes = plt.subplots(2, 4, figsize=(9.5, 4), sharey="row", layout="constrained")
    for row, (kind, table) in zip(axes, tables.items()):
        draw_bars(row[0], symbols, table, "unfiltered")
        row[0].set_ylabel(kind)
        for axis, (title, (way, value)) in zip(row[1:], ways.items()):
            draw_bars(axis, symbols, way(table, value), title)
    plt.show()

# %% package-filters-text [markdown]
# Top-k keeps as many in both rows; the other two keep fewer where the model is sure.
#
# The package has all of these in `tunewright.decoding.filters`, for many rows at once. There they take logits and set what
# is cut off to minus infinity: its exponential is 0, and softmax shares out the rest by itself.

# %% package-filters
if lesson.passed("top-p"):
    ready = filters.top_p(logits.unsqueeze(0), 0.8).softmax(-1)[0]
    print("the package's:", ready)
    print("yours:", top_p(logits.softmax(-1), 0.8))

# %% question-filters-task [markdown]
# ### Question: before a bar line
#
# At a place where the model gives the bar line 0.97, what do `k = 20` and `p = 0.9` keep?
#
# - **a** Both keep the bar line alone.
# - **b** Top-k keeps the bar line alone, top-p keeps twenty symbols.
# - **c** Top-k keeps twenty symbols, top-p keeps the bar line alone.

# %% question-filters
# <solution>
answer = "c"
#? answer = ...
# </solution>

lesson.check("question-filters", answer);

# %% draw-one-text [markdown]
# ## 5.4 Drawing
#
# Computers draw by a number `u` between 0 and 1, of which all are equally likely. Lay the probabilities end to end from 0
# to 1: each symbol gets a stretch as long as it is likely, and the one whose stretch holds `u` is drawn.
#
# ```
# 0          0.1                     0.5         0.7                1
# ├─── D ────┼────────── E ───────────┼──── F ────┼─────── G ────────┤
#                                 ▲ u = 0.45
# ```

# %% draw-one-task [markdown]
# ### Exercise: drawing by cumulative sums
#
# Give the place of the **first** symbol up to whose end the probabilities add up to **more than** `u`. More, not as much:
# a symbol of probability 0 has a stretch of no length, and must not be drawn even where `u` is 0.


# %% draw-one
def draw(probabilities, u):
    # <solution>
    beyond = probabilities.cumsum(0) > u
    return int(beyond.nonzero()[0])
    #? return ...
    # </solution>


if lesson.check("draw-one", draw):
    print([symbols[draw(logits.softmax(-1), u)] for u in (0.02, 0.2, 0.4, 0.6, 0.8, 0.99)])

# %% same-seed-task [markdown]
# ### Exercise: the same again
#
# Chance in a computer comes out of a formula that starts with a **seed**: the same seed gives the same numbers. Without
# that no result could be looked at twice.
#
# Draw `count` symbols. `torch.multinomial` draws many at once; let it put back what it has drawn, and give it a generator
# of its own: `torch.Generator().manual_seed(seed)`.


# %% same-seed
def sample(probabilities, count, seed):
    # <solution>
    generator = torch.Generator().manual_seed(seed)
    return torch.multinomial(probabilities, count, replacement=True, generator=generator)
    #? return ...
    # </solution>


if lesson.check("same-seed", sample):
    for seed in (1, 1, 2):
        print("seed", seed, "".join(symbols[one] for one in sample(logits.softmax(-1), 30, seed)))

# %% question-temperature-task [markdown]
# ### Question: cold and hot
#
# The temperature is lowered from 1 to 0.2, then raised to 5. What happens to the entropy of what is drawn from?
#
# - **a** At 0.2 it is smaller, at 5 larger than at 1.
# - **b** At 0.2 it is larger, at 5 smaller than at 1.
# - **c** It stays the same, since the order of the symbols does.

# %% question-temperature
# <solution>
answer = "a"
#? answer = ...
# </solution>

lesson.check("question-temperature", answer);

# %% sequences-text [markdown]
# ## 5.5 The likeliest tune
#
# What is likeliest at each step need not be so in the end. Here is a model small enough to see all of it: what may come
# after each note, and how likely it is. A tune is over with its bar line.

# %% toy
END = "|"
TABLE = {
    "": {"A": 0.5, "B": 0.28, "D": 0.22},
    "A": {"B": 0.36, "C": 0.34, "|": 0.3},
    "B": {"C": 0.9, "|": 0.1},
    "C": {"|": 1.0},
    "D": {"E": 0.97, "|": 0.03},
    "E": {"F": 0.97, "|": 0.03},
    "F": {"|": 1.0},
}


def following(sequence):
    return TABLE[sequence[-1:]]


def all_tunes(sequence=""):
    if sequence.endswith(END):
        return [sequence]
    return [tune for symbol in following(sequence) for tune in all_tunes(sequence + symbol)]


print(all_tunes())

# %% whole-tune-task [markdown]
# ### Exercise: how likely is a whole tune?
#
# The probability of a sequence is the product of the probabilities of its symbols, each after those before it:
#
# $$P(s_1 \dots s_n) = \prod_{i=1}^{n} p(s_i \mid s_1 \dots s_{i-1}), \qquad \ln P = \sum_{i=1}^{n} \ln p(s_i \mid s_1 \dots s_{i-1})$$
#
# A tune has hundreds of symbols, and the product soon is too small for a computer's number, so one adds logarithms.
# Write that sum, for natural logarithms. `following(beginning)` tells what may come after a beginning, even after an
# empty one.


# %% whole-tune
def log_probability(following, sequence):
    # <solution>
    return sum(math.log(following(sequence[:place])[symbol]) for place, symbol in enumerate(sequence))
    #? return ...
    # </solution>


if lesson.check("whole-tune", log_probability):
    for tune in sorted(all_tunes(), key=lambda one: -log_probability(following, one)):
        print(f"{tune:6} P = {math.exp(log_probability(following, tune)):.4f}")

# %% beam-search-task [markdown]
# ### Exercise: beam search
#
# Greedy takes A, since 0.5 is more than 0.28, and never learns that everything after A is unsure. **Beam search** (Lowerre
# 1976) follows several beginnings side by side: each is continued in every way, and the best `width` of all these, by the
# logarithm of their probability, go on.
#
# Fill in what becomes of a beginning's `total` when a symbol is added, and which of the candidates, pairs of a sequence and
# its total, are kept.


# %% beam-search
def beam_search(following, width, longest=8):
    beams, finished = [("", 0.0)], []
    for _ in range(longest):
        candidates = []
        for sequence, total in beams:
            for symbol, probability in following(sequence).items():
                # <solution>
                longer = (sequence + symbol, total + math.log(probability))
                #? longer = (sequence + symbol, ...)
                # </solution>
                candidates.append(longer)
        # <solution>
        best = sorted(candidates, key=lambda one: one[1], reverse=True)[:width]
        #? best = ...
        # </solution>
        finished += [one for one in best if one[0].endswith("|")]
        beams = [one for one in best if not one[0].endswith("|")]
    return max(finished, key=lambda one: one[1], default=("", -math.inf))


if lesson.check("beam-search", beam_search):
    for width in (1, 2, 3):
        found, total = beam_search(following, width)
        print("width", width, found, f"P = {math.exp(total):.3f}")


# %% tree-text [markdown]
# A beam of width 1 is greedy. As a tree: where the line is thicker, the step is likelier.

# %% tree
def draw_tree(axis, colours, sequence="", top=0):
    """Draws what follows a beginning, from `top` downwards; gives its own height, and where the next one may begin."""
    heights, below = [], top
    if not sequence.endswith(END):
        for symbol in following(sequence):
            height, below = draw_tree(axis, colours, sequence + symbol, below)
            heights.append(height)
    own = sum(heights) / len(heights) if heights else top
    for (symbol, probability), height in zip(following(sequence).items() if heights else (), heights):
        path = sequence + symbol
        colour = next((one for tune, one in colours.items() if tune.startswith(path)), "lightgray")
        axis.plot([len(sequence), len(path)], [-own, -height], color=colour, linewidth=1 + 6 * probability, zorder=1)
        axis.text(len(path), -height, symbol, ha="center", va="center", bbox={"boxstyle": "circle", "fc": "white"})
        about = {"ha": "center", "va": "center", "fontsize": 8, "bbox": {"fc": "white", "ec": "none", "pad": 1}}
        axis.text(len(path) - 0.4, -(0.4 * own + 0.6 * height), f"{probability:.2g}", **about)
    return own, max(below, top + 1)


if lesson.passed("beam-search"):
    one, other = beam_search(following, 1)[0], beam_search(following, 2)[0]
    figure, axis = plt.subplots(figsize=(9, 4.2))
    draw_tree(axis, {one: "tab:orange", other: "tab:blue"})
    axis.plot([], [], color="tab:orange", linewidth=4, label="greedy search")
    axis.plot([], [], color="tab:blue", linewidth=4, label="beam of width 2")
    axis.legend(loc=4)
    axis.axis("off")
    plt.show()

# %% length-penalty-task [markdown]
# ### Exercise: long and short
#
# Each further symbol makes a sequence less likely, so the likeliest tunes are short. A **length penalty** evens that out:
# what is compared is
#
# $$\frac{\ln P}{n^{\alpha}}$$
#
# with n symbols, the end included. At α = 0 whole probabilities are compared, at α = 1 those per symbol.
#
# From a list of pairs, a sequence and its ln P, give the **sequence** that is best.


# %% length-penalty
def best_of(found, alpha):
    # <solution>
    sequence, _ = max(found, key=lambda one: one[1] / len(one[0]) ** alpha)
    return sequence
    #? return ...
    # </solution>


if lesson.check("length-penalty", best_of) and lesson.passed("whole-tune"):
    found = [(tune, log_probability(following, tune)) for tune in all_tunes()]
    for alpha in (0.0, 1.0):
        print("alpha", alpha, best_of(found, alpha))

# %% search-text [markdown]
# ### The same with the built-in run
#
# `Wish(beams=3)` asks for it, and `Wish(greedy=True)` for a beam of width 1. Below are the tune that three beams find for a
# jig of eight bars in D, and one that was drawn. How surprising is each symbol to the model that wrote it, in bits,
# $-\log_2 p$? The tallest columns are where the wish for eight bars cuts a part short: the model itself would have gone on.

# %% search
if lesson.passed("beam-search"):
    wishes = {
        "beam search": Wish(type="jig", key="D", bars=8, beams=3),
        "drawn": Wish(type="jig", key="D", bars=8, seed=3),
    }
    tunes = {name: compose(run, wish)[0].piece.text for name, wish in wishes.items()}

    figure, axes = plt.subplots(2, 1, figsize=(9, 3.6), sharex=True, sharey=True, layout="constrained")
    for axis, (name, tune) in zip(axes, tunes.items()):
        ids = run.codec.encode_text(tune)
        surprise = -logits_along(tune)[: len(ids)].log_softmax(-1)[range(len(ids)), ids.tolist()] / math.log(2)
        axis.bar(range(len(ids)), surprise)
        axis.set_title(name, fontsize=10)
        print(name, f"{float(surprise.mean()):.2f}")
    axes[0].set_ylabel("surprise, in bits")
    axes[-1].set_xlabel("symbols of a tune")
    plt.show()
    for tune in tunes.values():
        show(tune)

# %% question-likeliest-task [markdown]
# ### Question: why not always the likeliest?
#
# Beam search finds sequences that the model holds for likelier than anything people wrote, and they go round in circles.
# Holtzman et al. (2020) found the same in text. Why?
#
# - **a** The search isn't wide enough: with more beams the likeliest tune would be like real ones.
# - **b** Real tunes are not the likeliest ones: they surprise now and then, and a repetition makes the next one likelier.
# - **c** Logarithms are rounded, so that the wrong sequence wins.

# %% question-likeliest
# <solution>
answer = "b"
#? answer = ...
# </solution>

lesson.check("question-likeliest", answer);

# %% bars-text [markdown]
# ## 5.6 Right by construction
#
# No filter knows music: a bar may come out too long, and one wrong bar in twenty makes nearly every tune wrong. But what
# makes a bar right can be told exactly, so a program can keep count and rule out what can't lead to a right bar.
#
# Ruling out what is too long for the bar isn't enough. In a bar of 7 eighths with notes of 2, 3 and 4, begin with 2, then
# 4: both fit, one eighth is left, and no note fills it. What matters is whether an end can still be **reached**.

# %% can-fill-task [markdown]
# ### Exercise: can it be filled?
#
# `left` is what is left of a bar, `lengths` those that notes may have, each as often as you like. Can they fill it to the
# end? A bar of which nothing is left is full. The function may call itself.


# %% can-fill
def can_fill(left, lengths):
    # <solution>
    if left == 0:
        return True
    return any(length <= left and can_fill(left - length, lengths) for length in lengths)
    #? return ...
    # </solution>


if lesson.check("can-fill", can_fill):
    print([left for left in range(10) if can_fill(left, [3, 4])])

# %% may-come-task [markdown]
# ### Exercise: what may come next?
#
# Give, for each of the lengths in their order, whether it may come now so that the bar can still be filled: a list of
# `True` and `False`.


# %% may-come
def allowed_next(left, lengths):
    # <solution>
    return [length <= left and can_fill(left - length, lengths) for length in lengths]
    #? return ...
    # </solution>


if lesson.check("may-come", allowed_next):
    for left in range(7, 0, -1):
        print(left, allowed_next(left, [2, 3, 4]))

# %% masking-task [markdown]
# ### Exercise: the mask
#
# What may not come gets the probability 0; the rest is shared out anew. Take logits and such a list, give probabilities.


# %% masking
def masked(logits, allowed):
    # <solution>
    return logits.masked_fill(~torch.tensor(allowed), -math.inf).softmax(-1)
    #? return ...
    # </solution>


if lesson.check("masking", masked):
    print(masked(logits, [True, True, False, False, True, False]))

# %% distortion-text [markdown]
# ### What a mask does to the music
#
# Every bar is right now. But which right bars come how often? Let a model like long notes best, and count all bars of 7
# eighths with their probabilities: among those drawn **freely** that happen to be right, and under the **mask**.

# %% distortion
lengths = [2, 3, 4]
liked = torch.tensor([0.25, 0.25, 0.5]).log()


def all_bars(left, chances, bar=(), probability=1.0):
    if left == 0:
        return {bar: probability}
    found = {}
    for length, chance in zip(lengths, chances(left).tolist()):
        if length <= left and chance > 0:
            found.update(all_bars(left - length, chances, (*bar, length), probability * chance))
    return found


if lesson.passed("may-come", "masking"):
    free = all_bars(7, lambda left: liked.exp())
    kept = all_bars(7, lambda left: masked(liked, allowed_next(left, lengths)))
    names = ["+".join(map(str, bar)) for bar in free]
    right = sum(free.values())
    print("share of free bars that are right:", f"{right:.3f}")
    plt.figure(figsize=(7, 2.8))
    plt.bar([place - 0.2 for place in range(5)], [one / right for one in free.values()], 0.4, label="free, if right")
    plt.bar([place + 0.2 for place in range(5)], [kept[bar] for bar in free], 0.4, label="under the mask")
    plt.xticks(range(5), names)
    plt.ylabel("probability")
    plt.legend()
    plt.show()

# %% question-masked-task [markdown]
# ### Question: drawing again
#
# The built-in run's tunes are drawn in another way: each bar freely, and if it comes out wrong, the whole bar again; only
# after twelve failures is it masked. (`Wish(masked=True)` masks always.) What is that good for?
#
# - **a** It is faster: a mask takes time.
# - **b** Right bars keep the proportions in which the model likes them, as in the first kind of column.
# - **c** Without it some bars would still be wrong.

# %% question-masked
# <solution>
answer = "b"
#? answer = ...
# </solution>

lesson.check("question-masked", answer);

# %% experiment-text [markdown]
# ## 5.7 The temperature, measured and heard
#
# `tunewright.quality` judges first attempts, so that nothing that fails is hidden: which share of the tunes has all bars
# right, drawn freely, and drawn as tunes usually are here?

# %% experiment
count = lesson.budget(20)
temperatures = [0.5, 0.85, 1.3]
ways = {"free": True, "right by construction": False}

if lesson.passed("masking"):
    plt.figure(figsize=(7, 3))
    for (name, free), style in zip(ways.items(), ("o-", "s--")):
        wishes = [Wish(type="jig", key="D", temperature=one, free=free) for one in temperatures]
        shares = [100 * quality(run, wish, count, statistics([])).valid for wish in wishes]
        plt.plot(temperatures, shares, style, label=name)
        print(name, shares)
    plt.xlabel("temperature")
    plt.ylabel("tunes with all bars right, %")
    plt.ylim(-5, 105)
    plt.legend()
    plt.show()
    print("tunes for each point:", count)

# %% hearing-text [markdown]
# Right bars are not yet good music. Here is how the model goes on with the same beginning when it is cold, at its usual
# temperature, and hot; all bars are right in each.

# %% hearing
if lesson.passed("masking"):
    for temperature in (0.4, 0.85, 1.6):
        print("temperature", temperature)
        show(compose(run, Wish(prompt=beginning, temperature=temperature, seed=2))[0].piece.text)

# %% farewell [markdown]
# ## What you have now
#
# All that stands between a model's numbers and a tune: temperature, filters, chance with a seed, search, and a constraint.
# The package does all of it in one line, and the same is asked for on the command line:
#
# ```
# compose(wish=Wish(type="jig", key="Edor", temperature=0.9, top_p=0.95, seed=7), count=5)
# tunewright compose --type jig --key Edor --temperature 0.9 --top-p 0.95 --seed 7 --count 5 --out tunes
# ```
#
# What to vary, and how to find out what it does, is [the next chapter](6-study.ipynb): a study of your own.

# %% progress
print(lesson.progress())
