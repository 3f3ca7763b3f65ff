# %% welcome [markdown]
# # 6. Your own study
#
# Up to here others have chosen the settings. Now you choose: a question of your own, a study that answers it, and a report
# that somebody else could check. This is the individual assignment of the course; the table at the end gives each of you
# a variant.
#
# First come the tools that keep you from fooling yourself: what an equal comparison is, how much is chance, where a curve
# turns. Then a real study, small enough for this notebook, from the plan to blind listening.

# %% setup
# In a hosted notebook run this first: %pip install 'tunewright[course]'
import math
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace

import matplotlib.pyplot as plt
from IPython.display import clear_output

from tunewright.course import Lesson
from tunewright.course.material import irish_tunes
from tunewright.executor import InProcess
from tunewright.listening.page import write_listening
from tunewright.listening.tunes import chosen
from tunewright.messages import load_messages
from tunewright.report.findings import findings
from tunewright.report.write import report, write
from tunewright.settings import load_recipe
from tunewright.study.conduct import conduct
from tunewright.study.effects import student_quantile
from tunewright.study.plan import Plan
from tunewright.study.trial import share_curve

lesson = Lesson("study", "en")
messages = load_messages("en")

# %% hypothesis-text [markdown]
# ## 6.1 A question that can be answered
#
# "Is a larger network better?" can't be answered. "Do 256 features instead of 128 lower the bits per character on held-out
# tunes, after 500 iterations of the lab's recipe?" can. Such a **hypothesis** names
#
# - the **setting** that is changed, and its values;
# - the **figure** that tells: bits per character on validation, the share of right tunes, seconds;
# - what **stays the same**.
#
# Write it down before you look at any result. Whoever chooses the question after the answer always finds one.

# %% fair-plan-task [markdown]
# ### Exercise: an equal comparison
#
# Plan the trials that tell what the **hidden size** does: 64, 128 and 256 features, one trial each. All else is as in
# `base`. Give a list of three dictionaries. `dict(base, seed=1)` is a copy of `base` with another seed.

# %% fair-plan
base = dict(hidden_size=128, learning_rate=0.005, length=100, iterations=500, seed=0)

# <solution>
trials = [dict(base, hidden_size=size) for size in (64, 128, 256)]
#? trials = ...
# </solution>

if lesson.check("fair-plan", trials):
    for trial in trials:
        print(trial)

# %% equal-budget-task [markdown]
# ### Exercise: an equal budget
#
# Equal iterations aren't always equal work. An iteration reads `batch_size` windows of `length` symbols each: with windows
# four times as long it reads four times as much text. A fair question about the **length** gives each variant the same
# text to read.
#
# How many whole iterations read about so many symbols, and not more?


# %% equal-budget
def iterations_for(symbols, batch_size, length):
    # <solution>
    return symbols // (batch_size * length)
    #? return ...
    # </solution>


if lesson.check("equal-budget", iterations_for):
    for length in (50, 100, 200):
        print("length", length, "iterations", iterations_for(400_000, 8, length))

# %% question-equal-task [markdown]
# ### Question: equal what?
#
# Two networks are compared, one of 128 and one of 1024 features, at 1000 iterations each. The larger one is better, and
# its training took six times as long. What may you say?
#
# - **a** The larger network is better, whatever else.
# - **b** Nothing at all: only trainings of equal time can be compared.
# - **c** The larger one is better after as many iterations; whether it also is after as many minutes is another question.

# %% question-equal
# <solution>
answer = "c"
#? answer = ...
# </solution>

lesson.check("question-equal", answer);

# %% bits-per-character-task [markdown]
# ## 6.2 Figures that can be compared
#
# ### Exercise: from nats to bits
#
# PyTorch's cross-entropy is in **nats**, with natural logarithms, per **symbol**. Two models can be compared only per unit
# of what both read: one whose symbols are whole notes has fewer of them, and each is harder to foretell. So the package
# tells **bits per character**: all nats of a text, turned into bits, over its characters. A bit is $\ln 2$ nats.
#
# `nats` is the mean over `symbols` symbols; the text has `characters` characters.


# %% bits-per-character
def bits_per_character(nats, symbols, characters):
    # <solution>
    return nats * symbols / math.log(2) / characters
    #? return ...
    # </solution>


if lesson.check("bits-per-character", bits_per_character):
    print("one symbol a character:", f"{bits_per_character(1.2, 1000, 1000):.3f}")
    print("one symbol a note:", f"{bits_per_character(1.6, 640, 1000):.3f}")

# %% turning-point-task [markdown]
# ### Exercise: the turning point
#
# Training loss falls to the end; on held-out tunes the curve turns, once the network begins to know its tunes by heart. What
# you quote is the point where the held-out figure is **least**, wherever noise makes it rise for a moment before that.
#
# A curve is a list of pairs, (iteration, bits). Give the **iteration** of its turning point; of equals, the first.


# %% turning-point
def turning_point(curve):
    # <solution>
    iteration, _ = min(curve, key=lambda point: point[1])
    return iteration
    #? return ...
    # </solution>


if lesson.check("turning-point", turning_point):
    noise = [0.03, -0.05, 0.04, 0.0, -0.04, 0.05, 0.02, -0.03, 0.04, 0.0, 0.05, -0.04, 0.0, 0.03, -0.02, 0.01]
    falling = [(100 * n, 1.2 + 2.2 * math.exp(-n / 3)) for n in range(1, 17)]
    held_out = [(n, 1.6 + 2.0 * math.exp(-n / 250) + (n / 1900) ** 2 + 0.5 * e) for (n, _), e in zip(falling, noise)]
    plt.figure(figsize=(7, 2.8))
    plt.plot(*zip(*falling), label="training")
    plt.plot(*zip(*held_out), label="held out")
    plt.axvline(turning_point(held_out), color="tab:gray", linestyle="--", label="turning point")
    plt.xlabel("iteration")
    plt.ylabel("bits per character")
    plt.legend()
    plt.show()

# %% question-test-task [markdown]
# ### Question: the figure that you quote
#
# You have tried twenty variants, and taken the one, and the iteration, with the fewest bits on **validation**. Which figure
# tells what it will reach on tunes that nobody has seen?
#
# - **a** That of validation: these tunes weren't trained on either.
# - **b** That of the test tunes, which took no part in any choice.
# - **c** The training loss, since it is measured on the most text.

# %% question-test
# <solution>
answer = "b"
#? answer = ...
# </solution>

lesson.check("question-test", answer);

# %% seeds-text [markdown]
# ## 6.3 How much is chance?
#
# Train the same network twice with another **seed**, and the result is another: other weights at the beginning, other
# windows. Whatever you change must do more than that. So each variant is tried with several seeds.
#
# Here are five seeds each of three variants, in bits per character (fewer is better).

# %% results
before = [1.712, 1.655, 1.748, 1.690, 1.701]
wider = [1.640, 1.742, 1.688, 1.611, 1.695]
slower = [1.512, 1.498, 1.537, 1.520, 1.489]

# %% mean-deviation-task [markdown]
# ### Exercise: mean and standard deviation
#
# With n results, their mean and
#
# $$s = \sqrt{\frac{1}{n - 1} \sum_{i=1}^{n} (x_i - \bar x)^2}$$
#
# Divide by n − 1: the mean was made of the same results, and so they lie closer to it than to the true one (Bessel's
# correction). Give both, the mean first.


# %% mean-deviation
def mean_and_deviation(results):
    # <solution>
    mean = sum(results) / len(results)
    squares = sum((one - mean) ** 2 for one in results)
    return mean, math.sqrt(squares / (len(results) - 1))
    #? mean = ...
    #? deviation = ...
    #? return mean, deviation
    # </solution>


if lesson.check("mean-deviation", mean_and_deviation):
    variants = {"before": before, "wider": wider, "slower": slower}
    plt.figure(figsize=(7, 2.8))
    for place, (name, results) in enumerate(variants.items()):
        mean, deviation = mean_and_deviation(results)
        plt.plot([place] * len(results), results, "o", color="tab:gray", alpha=0.6)
        plt.errorbar(place + 0.12, mean, deviation, fmt="s", capsize=5, color="tab:blue")
        print(name, f"{mean:.3f} ± {deviation:.3f}")
    plt.xticks(range(3), variants)
    plt.xlim(-0.5, 2.5)
    plt.ylabel("bits per character")
    plt.show()

# %% difference-interval-task [markdown]
# ### Exercise: an interval for the difference
#
# The best run of `wider` beats the best of `before` by far, 1.611 to 1.655. But one lucky seed is no effect. What counts is
# the **difference of the means**, after less before, and how far chance alone may have moved it. For two groups of n
# results each:
#
# $$s = \sqrt{\frac{s_1^2 + s_2^2}{2}}, \qquad \text{error} = s \sqrt{\frac{2}{n}}, \qquad d \pm t \cdot \text{error}$$
#
# `student_quantile(0.975, freedom)` gives t for a 95 % interval (Student 1908), with n − 1 degrees of freedom for each of
# the two groups. Give the difference and both ends: `(d, low, high)`.


# %% difference-interval
def difference(before, after):
    # <solution>
    (one, first), (other, second) = mean_and_deviation(before), mean_and_deviation(after)
    count = len(before)
    error = math.sqrt((first**2 + second**2) / 2) * math.sqrt(2 / count)
    margin = student_quantile(0.975, 2 * (count - 1)) * error
    return other - one, other - one - margin, other - one + margin
    #? d = ...
    #? margin = ...
    #? return d, d - margin, d + margin
    # </solution>


if lesson.check("difference-interval", difference):
    for name, after in (("wider", wider), ("slower", slower)):
        print(name, [f"{one:+.3f}" for one in difference(before, after)])

# %% verdict-task [markdown]
# ### Exercise: a verdict
#
# Now the sentence that you may write. Of such a triple for **bits** give `"<"` if fewer bits are shown after the change, `">"`
# if more are shown, and `"?"` if the interval doesn't leave zero out, so that neither is shown.


# %% verdict
def verdict(d, low, high):
    # <solution>
    if low <= 0 <= high:
        return "?"
    return "<" if high < 0 else ">"
    #? return ...
    # </solution>


if lesson.check("verdict", verdict) and lesson.passed("mean-deviation", "difference-interval"):
    print("wider:", verdict(*difference(before, wider)))
    print("slower:", verdict(*difference(before, slower)))

# %% question-shown-task [markdown]
# ### Question: not shown
#
# Of `wider` no effect is shown. What does that mean?
#
# - **a** The width has no effect.
# - **b** These results can't tell an effect from chance; with more seeds they might.
# - **c** The experiment has failed and doesn't belong in the report.

# %% question-shown
# <solution>
answer = "b"
#? answer = ...
# </solution>

lesson.check("question-shown", answer);

# %% study-text [markdown]
# ## 6.4 A real study
#
# Now the package does the same with real trainings. A **plan** says what is varied, with how many seeds, from which recipe;
# `conduct` does one trial after the other and writes down each; whatever stops it, it goes on from there.
#
# So that it takes a minute, the book is small, and so is the network: what you find here is about this little book.

# %% book
book = irish_tunes()
if book.is_real:
    print("The book: the lab's Irish tunes.")
else:
    print("The lab's tunes can't be had here; the book: tunes that the built-in run has composed.")
folder = Path(mkdtemp())
file = folder / "book.abc"
file.write_text("\n\n".join(book.tunes[:120]) + "\n", encoding="utf-8")

iterations = lesson.budget(200)
settings = (
    load_recipe("lab")
    .with_corpus(str(file))
    .changed(
        [
            "codec.fitted_on=training",
            "model.embedding_size=32",
            "model.hidden_size=96",
            "training.length=64",
            f"training.iterations={iterations}",
            f"training.validate_every={max(1, iterations // 10)}",
        ]
    )
)
print(settings.model, settings.training, sep="\n")

# %% own-plan-task [markdown]
# ### Exercise: your plan
#
# Put in what you want to vary, as after `--vary`: one text for each setting, an address and its values, such as
# `"model.hidden_size=48,96"`. Addresses are those printed above: `model.` and `training.` with a name; `decoding.temperature`
# and its like vary composing alone. Take at least two seeds, and at most twelve trials in all (values times seeds). And
# write what you expect, as a sentence.

# %% own-plan
# <solution>
varied = ("training.learning_rate=0.001,0.01",)
seeds = 3
hypothesis = "A learning rate of 0.01 instead of 0.001 lowers the bits after as many iterations."
#? varied = ...
#? seeds = ...
#? hypothesis = ...
# </solution>

if lesson.check("own-plan", varied, seeds, hypothesis):
    plan = Plan(settings, varied=tuple(varied), seeds=seeds, tunes=lesson.budget(20))
    print("trials:", plan.variants * plan.seeds)

# %% conduct-text [markdown]
# Each trial is trained, scored on held-out tunes, and composes some tunes, with and without the constraint of
# [chapter 5](5-decoding.ipynb). On the command line the same is `tunewright study`, which does as many trials at a time as
# there are cores; in a notebook one after the other is simpler.

# %% conduct
if lesson.passed("own-plan"):
    study = conduct(folder / "study", InProcess(), plan, lambda study, trials: clear_output(wait=True))
    for one in study.done:
        told = SimpleNamespace(**one.results)
        print(one.trial.name)
        print("  bits on validation:", f"{told.validation:.3f}", "at iteration", told.best_iteration)
        print("  seconds of training:", f"{told.seconds:.1f}", "free tunes that are right:", f"{told.valid_free:.0%}")

# %% table-text [markdown]
# The folder holds the same as tables, `trials.csv` and `curves.csv`, for whatever program you like. Now as pictures: each
# dot is a trial, each curve a training.

# %% pictures
if lesson.passed("own-plan"):
    variants = {one.trial.variant: [] for one in study.done}
    for one in study.done:
        variants[one.trial.variant].append(one)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.2), layout="constrained")
    for place, (name, trials) in enumerate(variants.items()):
        bits = [SimpleNamespace(**one.results).validation for one in trials]
        left.plot([place] * len(trials), bits, "o", alpha=0.7)
        for number, one in enumerate(trials):
            curve = share_curve(study.curve(one.trial), iterations)
            right.plot(*zip(*curve), color=f"C{place}", label=None if number else name)
    left.set_xticks(range(len(variants)), variants, rotation=15, fontsize=8)
    left.margins(x=0.3)
    left.set_ylabel("bits per character")
    right.set_xlabel("share of the training")
    right.legend(fontsize=8)
    plt.show()

# %% findings-text [markdown]
# ### What it shows
#
# `findings` draws sentences from the numbers, by the rule that you have just written, made a little stricter: it lets an
# effect pass only if it is also larger than one standard deviation of the seeds, and the more comparisons are made at
# once, the wider are the intervals (Bonferroni's correction). Was your hypothesis right?

# %% findings
if lesson.passed("own-plan"):
    print(hypothesis)
    for one in findings(study, messages):
        print("-", one.text)

# %% question-many-task [markdown]
# ### Question: many comparisons
#
# Twenty settings that do nothing are each compared with the usual one, each with a 95 % interval of its own. How many of
# them will seem to do something, on average?
#
# - **a** None: an interval of 95 % keeps chance out.
# - **b** About one, for chance passes in one of twenty.
# - **c** Nineteen, which is 95 % of twenty.

# %% question-many
# <solution>
answer = "b"
#? answer = ...
# </solution>

lesson.check("question-many", answer);

# %% report-text [markdown]
# ## 6.5 The report
#
# `report` makes of a study what a lab manual asks for: topic, theory, task, the table of all trials, curves, effects with
# their pictures and sentences, what it all cost, and marked places for your own words: **what you expected, and what you
# conclude, nobody can write for you**. HTML is one file that opens in any browser; on the command line there are Markdown
# and PDF too.

# %% report
if lesson.passed("own-plan"):
    files = write(report([folder / "study"], "en"), folder / "report", ["html"])
    print("open in a browser:", files[0])

# %% listening-text [markdown]
# ## 6.6 Blind listening
#
# No figure tells whether a tune is worth playing; people do. But who knows which tune is whose hears what they hope to hear.
# So the page plays tunes of all variants, and real ones among them, in an order that nobody knows, under names that say
# nothing. Real tunes are the yardstick: listeners who score them no higher than the others either can't tell them apart or
# aren't listening.
#
# Send `listening.html` to listeners, but not `key.json`, which says what is which. They score each tune from 1 to 5 and save
# their answers as a file. `tunewright listen --answers FILE` takes it in; means and their intervals then stand in the report.

# %% listening
if lesson.passed("own-plan"):
    tunes, failed = chosen([folder / "study"], count=2)
    page = write_listening(folder / "study" / "listening", tunes, messages)
    print("tunes:", len(tunes))
    print("open in a browser:", page)

# %% question-blind-task [markdown]
# ### Question: who listens?
#
# You have composed all tunes yourself, and know those of your best variant well. May you be one of the listeners?
#
# - **a** No: you would recognise them, and with them your hope.
# - **b** Yes: nobody knows the tunes better.
# - **c** Yes, if you promise to be fair.

# %% question-blind
# <solution>
answer = "a"
#? answer = ...
# </solution>

lesson.check("question-blind", answer);

# %% variants-text [markdown]
# ## 6.7 Your variant
#
# Take the line with your number in the class list. Two settings make a grid: whether one does the same at each value of the
# other is part of your question. Write your hypothesis before you begin.
#
# | variant | first setting | second setting |
# | ---: | --- | --- |
# | 1 | `model.hidden_size=64,128,256` | `training.learning_rate=1e-3,5e-3` |
# | 2 | `training.learning_rate=1e-3,3e-3,1e-2` | `training.batch_size=4,16` |
# | 3 | `training.length=50,100,200` | `training.carry_memory=false,true`, with `--set training.windows=sequential` |
# | 4 | `training.optimiser=adam,adagrad,rmsprop` | `training.learning_rate=1e-3,1e-2` |
# | 5 | `model.layers=1,2` | `model.hidden_size=128,256` |
# | 6 | `model.dropout=0.0,0.2,0.4` | `model.hidden_size=128,256` |
# | 7 | `training.clip_norm=0,0.5,5` | `training.learning_rate=5e-3,2e-2` |
# | 8 | `training.schedule=constant,cosine` | `training.learning_rate=2e-3,5e-3,1e-2` |
# | 9 | `codec.name=characters,abc_tokens` | `model.hidden_size=128,256` |
# | 10 | `training.weight_decay=0.0,0.01,0.1`, with `--set training.optimiser=adamw` | `training.learning_rate=2e-3,5e-3` |
# | 11 | `model.embedding_size=16,64,256` | `model.hidden_size=128,256` |
# | 12 | `training.transposed=0.0,0.5` | `model.hidden_size=128,256` |
# | 13 | `corpus.form=raw,house` | `decoding.temperature=0.7,1.0` |
# | 14 | `training.label_smoothing=0.0,0.05,0.1` | `training.learning_rate=2e-3,5e-3` |
# | 15 | `training.averaging=0.0,0.9,0.99` | `training.learning_rate=2e-3,1e-2` |
# | 16 | `training.optimiser=adam,sgd` | `training.warmup_iterations=0,100` |
#
# Where the hidden size isn't varied, add `--set model.hidden_size=256`: the lab's own 1024 takes many times as long. Of three
# there is more to think about. In 2 and 3 the variants read different amounts of text in as many iterations: give
# `--characters 400000` instead. In 13 bits of raw tunes and of tunes in house form are of different texts: compare what is
# composed.

# %% commands [markdown]
# ### Step by step
#
# Variant 1 as an example; a study of 18 trials on two cores takes about as long as nine trainings.
#
# ```
# tunewright study lab --vary model.hidden_size=64,128,256 --vary training.learning_rate=1e-3,5e-3 --seeds 3 --iterations 500 --out studies/variant-1
# tunewright study --resume --out studies/variant-1
# tunewright report studies/variant-1 --language en
# tunewright listen studies/variant-1 --serve
# tunewright listen studies/variant-1 --answers answers.json
# tunewright report studies/variant-1 --language en
# ```
#
# The first line does the study; the second goes on with it if anything has stopped it. The third reports. The fourth makes the
# page for listening and shows it on this computer; the fifth takes in the files that listeners have sent; then report again.
#
# What to hand in: the report with your own words in the marked places, and the study's folder without `runs`.

# %% farewell [markdown]
# ## What you have now
#
# A question, a fair plan, figures that can be compared, a measure of chance, a verdict that you can defend, ears that don't
# know what they hear. None of it is about music alone: whatever you train next, it is asked the same way.

# %% progress
print(lesson.progress())
