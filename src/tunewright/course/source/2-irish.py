# %% welcome [markdown]
# # 2. Irish tunes with an LSTM
#
# A network reads eight hundred Irish tunes, letter by letter, and learns one thing: which letter comes next. Whoever can
# foretell the next letter well can also write: draw a letter, read it, draw the next. In this chapter you build all of
# it: the symbols, the model, the loss, the training, the writing. Then you look at what it has written as a musician
# would, bar by bar.
#
# The task is that of the first lab of MIT's course 6.S191, *Introduction to Deep Learning*. We go on where the lab ends:
# with tunes that were held out, with a checker of bars, and with the question whether what was written is new. It takes
# about three minutes of computing on an ordinary processor. Nothing needs an account.

# %% setup
# In a hosted notebook run this first: %pip install 'tunewright[course]'
import copy
import math
import re
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from IPython.display import Image, display
from torch import nn

from tunewright.compose import compose
from tunewright.contracts import Piece
from tunewright.corpora.split import split_pieces
from tunewright.course import Lesson
from tunewright.course.material import irish_tunes, show
from tunewright.errors import MissingExtraError, TunewrightError
from tunewright.evaluation.originality import measure
from tunewright.music.bars import check
from tunewright.music.pieces import piece_of
from tunewright.music.reader import read_tune
from tunewright.rendering.sound import WavRenderer
from tunewright.run import builtin_run
from tunewright.training.comet import Comet
from tunewright.training.loss_picture import draw_losses, smoothed
from tunewright.training.trackers import JsonLines, Tracker, Watched, read_metrics
from tunewright.wish import Wish

lesson = Lesson("irish", "en")

# %% tunes [markdown]
# ## 2.1 A tune
#
# The tunes are written in **ABC**, a notation made of plain text. First comes a header, a line for each thing: `X:` the
# number, `T:` the title, `M:` the meter, `L:` how long a plain letter is, `K:` the key. Then comes the music. Letters are
# notes, `c` lies an octave above `C`; a number makes a note longer, `/` shorter; `|` ends a bar, `:|` repeats a part.
# A `!` at the end of a line is an old way to say that the line of the score ends there, too.
#
# So the text holds more than notes: titles, keys and meters have to be foretold, too.

# %% book
book = irish_tunes()
print("tunes:", len(book.tunes))
if book.is_real:
    print("They are the Irish tunes of the MIT lab.")
else:
    print("The Irish tunes can't be had here: the built-in run has composed these to stand in for them.")
print()
print(book.tunes[0])
show(book.tunes[0])

# %% symbols [markdown]
# ## 2.2 From text to numbers
#
# All tunes in one text, with an empty line between two. (The lab says that there are 817 songs in its file. There are
# 804: its search also takes fragments for songs where two empty lines follow one another, or where a header is followed
# by one.)

# %% text
text = book.text
print("characters:", len(text))
print(repr(text[:60]))

# %% vocabulary-task [markdown]
# ### Exercise: the vocabulary
#
# Which characters are there at all? Make a list of them: each once, in the order in which Python sorts them. Spaces and
# line ends are characters, too. The more there are, the more there is to choose from at every step.

# %% vocabulary
# <solution>
symbols = sorted(set(text))
#? symbols = ...
# </solution>

if lesson.check("vocabulary", symbols, text):
    print("symbols:", len(symbols))
    print("".join(symbols[1:]))

# %% question-numbers-task [markdown]
# ### Question: why numbers?
#
# Why does each character get a number before the network sees it?
#
# - **a**: because numbers take less memory than characters;
# - **b**: because a network computes: sums and products need numbers, and the number says which row of a learned table
#   stands for the character;
# - **c**: because the number says how high the note is;
# - **d**: because characters with neighbouring numbers mean similar things.

# %% question-numbers
# <solution>
answer = "b"
#? answer = ...
# </solution>

lesson.check("question-numbers", answer);

# %% vectorise-task [markdown]
# ### Exercise: there and back
#
# A symbol's number is its place in the list, counted from 0. Write `to_numbers`: from a text to a tensor of whole
# numbers (`torch.long`), one for each character. And `to_text`: from numbers, in a tensor or a list, back to the text.

# %% vectorise
# <solution>
number_of = {symbol: number for number, symbol in enumerate(symbols)}
#? number_of = ...
# </solution>


def to_numbers(text):
    # <solution>
    return torch.tensor([number_of[symbol] for symbol in text], dtype=torch.long)
    #? return ...
    # </solution>


def to_text(numbers):
    # <solution>
    return "".join(symbols[number] for number in numbers)
    #? return ...
    # </solution>


if lesson.check("vectorise", to_numbers, to_text, symbols):
    numbers = to_numbers(text)
    print(repr(text[:12]), numbers[:12].tolist())

# %% shift [markdown]
# ### The next one
#
# What should the network say? At each place the character that comes next. If the text were "Hello" and we read four
# characters, then the inputs are "Hell" and the targets "ello": the same, one further on. Each place is an exercise of
# its own, and at each of them the network knows all that came before. Nobody needs to mark anything: the text itself is
# the answer.

# %% shift-picture
figure, axes = plt.subplots(figsize=(7, 2.6))
for place, (given, wanted) in enumerate(zip("Hell", "ello")):
    axes.text(place, 0, given, ha="center", va="center", fontsize=16, family="monospace")
    axes.text(place, 1, "LSTM", ha="center", va="center", bbox={"boxstyle": "round", "facecolor": "#dbe8f3"})
    axes.text(place, 2, wanted, ha="center", va="center", fontsize=16, family="monospace", color="tab:orange")
    for low in (0.22, 1.3):
        axes.annotate("", (place, low + 0.48), (place, low), arrowprops={"arrowstyle": "->"})
    axes.annotate("", (place + 0.76, 1), (place + 0.24, 1), arrowprops={"arrowstyle": "->", "color": "tab:blue"})
for height, what in enumerate(("the inputs", "the state", "the targets")):
    axes.text(-0.6, height, what, ha="right", va="center")
axes.set(xlim=(-1.8, 4), ylim=(-0.4, 2.4))
axes.axis("off")
plt.show()

# %% question-shift-task [markdown]
# ### Question: why shifted?
#
# What would the network learn if the targets were not shifted, but equal to the inputs?
#
# - **a**: the same, only more slowly;
# - **b**: to foretell the character before;
# - **c**: nothing, since there would be no gradient;
# - **d**: to repeat the character that it has just read, which takes no knowledge of tunes.

# %% question-shift
# <solution>
answer = "d"
#? answer = ...
# </solution>

lesson.check("question-shift", answer);

# %% batch-task [markdown]
# ### Exercise: a batch
#
# The whole text is too long to read at once. So we draw windows out of it: `count` starting places at random, and from
# each of them `length` characters. Give back two tensors, `inputs` and `targets`, both of shape (count, length), a row
# for each window; the targets are the inputs' window moved on by one. Mind the end: the last target must still be a
# character of the text.
#
# `torch.randint(0, n, (count,))` draws `count` numbers from 0 to n − 1, `torch.stack` makes one tensor out of rows.


# %% batch
def get_batch(numbers, length, count):
    # <solution>
    starts = torch.randint(0, len(numbers) - length, (count,))
    inputs = torch.stack([numbers[start : start + length] for start in starts])
    targets = torch.stack([numbers[start + 1 : start + length + 1] for start in starts])
    #? starts = ...
    #? inputs = ...
    #? targets = ...
    # </solution>
    return inputs, targets


if lesson.check("batch", get_batch) and lesson.passed("vectorise"):
    inputs, targets = get_batch(numbers, 5, 1)
    for given, wanted in zip(inputs[0], targets[0]):
        print("input:", repr(symbols[given]), "target:", repr(symbols[wanted]))

# %% lstm [markdown]
# ## 2.3 The model
#
# Three layers, one upon the other:
#
# - `nn.Embedding(symbols, embedding)` is a table with a row of numbers for each symbol. The rows are learned.
# - `nn.LSTM(embedding, hidden, batch_first=True)` reads these rows one after the other and carries a **state** along:
#   two lists of `hidden` numbers, the cell $c$ and the output $h$.
# - `nn.Linear(hidden, symbols)` makes of the output one number for each symbol, the **logits**: the larger, the likelier.
#
# The LSTM, *long short-term memory* (Hochreiter and Schmidhuber 1997; its forget gate $f$: Gers, Schmidhuber and Cummins
# 2000), computes at each step $t$, from the row $x_t$ and from what it carries,
#
# $$\begin{aligned} f, i, o &= \sigma(W x_t + U h_{t-1} + b) \\ g &= \tanh(W' x_t + U' h_{t-1} + b') \\
# c_t &= f \cdot c_{t-1} + i \cdot g \\ h_t &= o \cdot \tanh c_t \end{aligned}$$
#
# where each of $f$, $i$ and $o$ has weights of its own. They are gates between 0 and 1: how much of the old cell is kept,
# how much new is let in, how much is shown. Because the cell is added to and not computed anew, what stands in it can
# last for hundreds of steps: the key, the meter, how full the bar is.

# %% model-task [markdown]
# ### Exercise: the model
#
# Write it as a module. `forward` takes numbers `x` of shape (batch, length), and the state before them (`None` at the
# beginning: `nn.LSTM` takes that for zeros). It gives back two things: the logits, (batch, length, symbols), and the
# state after them, as `nn.LSTM` gives it. Don't turn the logits into probabilities yet.


# %% model
class TuneModel(nn.Module):
    def __init__(self, symbols, embedding, hidden):
        super().__init__()
        # <solution>
        self.embedding = nn.Embedding(symbols, embedding)
        self.lstm = nn.LSTM(embedding, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, symbols)
        #? self.embedding = ...
        #? self.lstm = ...
        #? self.linear = ...
        # </solution>

    def forward(self, x, state=None):
        # <solution>
        outputs, state = self.lstm(self.embedding(x), state)
        logits = self.linear(outputs)
        #? outputs, state = ...
        #? logits = ...
        # </solution>
        return logits, state


if lesson.check("model", TuneModel) and lesson.passed("vectorise", "batch"):
    torch.manual_seed(0)
    model = TuneModel(len(symbols), 64, 256)
    inputs, targets = get_batch(numbers, 100, 32)
    logits, state = model(inputs)
    print("inputs:", tuple(inputs.shape), "logits:", tuple(logits.shape))
    print("state:", [tuple(part.shape) for part in state])
    print("numbers to learn:", sum(parameter.numel() for parameter in model.parameters()))

# %% question-state-task [markdown]
# ### Question: the state
#
# What does the state hold after the network has read half a tune?
#
# - **a**: what the network has found worth keeping of all that it has read so far, in a fixed number of numbers;
# - **b**: the last 256 characters;
# - **c**: the weights that training has learned;
# - **d**: the probabilities of the next character.

# %% question-state
# <solution>
answer = "a"
#? answer = ...
# </solution>

lesson.check("question-state", answer);

# %% writing [markdown]
# ## 2.4 Writing
#
# Logits become probabilities by the **softmax**. With the logits $z$ and a **temperature** $\tau$,
#
# $$p_k = \frac{e^{z_k / \tau}}{\sum_j e^{z_j / \tau}}$$
#
# Then one symbol is drawn, each as often as its probability says. At $\tau = 1$ we draw as the model predicts.

# %% draw-task [markdown]
# ### Exercise: draw one
#
# `logits` is a tensor with one number for each symbol. Draw one of them and give back its number as a plain Python
# number. `torch.multinomial(probabilities, 1)` draws.


# %% draw
def draw(logits, temperature=1.0):
    # <solution>
    probabilities = torch.softmax(logits / temperature, dim=-1)
    return torch.multinomial(probabilities, 1).item()
    #? probabilities = ...
    #? return ...
    # </solution>


lesson.check("draw", draw);

# %% generate-task [markdown]
# ### Exercise: write on
#
# First the model reads the prompt. Its logits at the **last** place say what may come next. What is drawn is written
# down, and is all that the model needs to read in the next step: of everything before, it has the state. Give back the
# prompt and the characters that were written after it.


# %% generate
@torch.no_grad()
def generate(model, prompt, length, temperature=1.0):
    written, state = [], None
    inputs = to_numbers(prompt).unsqueeze(0)  # a batch of one
    for _ in range(length):
        # <solution>
        logits, state = model(inputs, state)
        number = draw(logits[0, -1], temperature)
        written.append(number)
        inputs = torch.tensor([[number]])
        #? logits, state = ...
        #? number = ...
        #? written.append(...)
        #? inputs = ...
        # </solution>
    # <solution>
    return prompt + to_text(written)
    #? return ...
    # </solution>


lesson.check("generate", generate, to_numbers, symbols);

# %% babble [markdown]
# A model that has learned nothing babbles: all characters are about equally likely. Some are letters of notes, so with a
# header above it even that can be played.


# %% hear
def hear(abc):
    try:
        show(abc)
    except TunewrightError as error:
        print(error)


if lesson.passed("model", "draw", "generate"):
    torch.manual_seed(1)
    untrained = TuneModel(len(symbols), 64, 256)
    babble = generate(untrained, "X:1\nT:Babble\nM:4/4\nL:1/8\nK:D\n", 150)
    print(babble)
    hear(babble)

# %% losses [markdown]
# ## 2.5 How wrong is it?
#
# At each place the model gives each symbol a probability. If the symbol that really comes had the probability $p$, this
# place costs $-\ln p$: nothing where the model was sure and right, much where it was sure and wrong. The mean over all
# places is the **cross-entropy**, in units called nats:
#
# $$L = -\frac{1}{N} \sum_{n=1}^{N} \ln p_n(\text{the symbol that comes})$$

# %% loss-task [markdown]
# ### Exercise: the loss
#
# `logits` has the shape (batch, length, symbols), `targets` (batch, length). `nn.functional.cross_entropy` takes logits,
# not probabilities, and wants a list of places: logits of shape (places, symbols) and targets of shape (places). Give
# back the mean over all places, as the tensor that it is: it is to be walked backwards.


# %% loss
def loss_of(logits, targets):
    # <solution>
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    #? return ...
    # </solution>


if lesson.check("loss", loss_of) and lesson.passed("batch", "model"):
    inputs, targets = get_batch(numbers, 100, 32)
    print("untrained loss:", loss_of(model(inputs)[0], targets).item())

# %% question-untrained-task [markdown]
# ### Question: before training
#
# With the 83 symbols of the lab's text, an untrained model has a loss of about 4.42. Why?
#
# - **a**: because its weights are zero at the beginning;
# - **b**: because 4.42 is the greatest loss that there is;
# - **c**: because it gives each symbol about 1/83, and −ln(1/83) = ln 83 = 4.42;
# - **d**: because it is right at one place in 4.42.

# %% question-untrained
# <solution>
answer = "c"
#? answer = ...
# </solution>

lesson.check("question-untrained", answer);

# %% held-out [markdown]
# ## 2.6 Tunes that it has not seen
#
# A loss on the text that is learned from can't tell learning from learning by heart. So some tunes are held out: never
# trained on, only foretold. Many tunes stand in the book more than once, as variants or under another name; one half of
# such a pair must not help with the other. `split_pieces` compares melodies, whatever their key, and keeps relatives on
# one side: about eight tenths are for training, a tenth for validation (to watch while training), a tenth for the test
# (to quote at the very end).

# %% split
parts = split_pieces([piece_of(tune, "book") for tune in book.tunes]).parts
training = [tune for tune, part in zip(book.tunes, parts) if part == "training"]
held_out = [tune for tune, part in zip(book.tunes, parts) if part == "validation"]
print("for training:", len(training), "held out:", len(held_out), "for the test:", parts.count("test"))

# %% bits-task [markdown]
# ### Exercise: bits per character
#
# How many bits does the model need for a character of a tune it has not seen? Take each tune by itself, from an empty
# state: its first character is given, all others are to be foretold. Add up the nats of all tunes and the number of
# characters that were foretold; then divide, and turn nats into bits (a bit is ln 2 nats). Nothing is learned here, so
# nothing should be recorded: `with torch.no_grad():`. Give back a plain number.


# %% bits
def bits_per_character(model, tunes):
    # <solution>
    nats, characters = 0.0, 0
    with torch.no_grad():
        for tune in tunes:
            row = to_numbers(tune).unsqueeze(0)
            inputs, targets = row[:, :-1], row[:, 1:]
            nats += loss_of(model(inputs)[0], targets).item() * targets.numel()
            characters += targets.numel()
    return nats / math.log(2) / characters
    #? nats, characters = 0.0, 0
    #? ...
    #? return ...
    # </solution>


if lesson.check("bits", bits_per_character, held_out, to_numbers) and lesson.passed("model"):
    print("untrained:", bits_per_character(model, held_out[:10]))

# %% question-held-out-task [markdown]
# ### Question: why hold tunes out?
#
# The loss on the training text keeps falling, that on held-out tunes begins to rise. What does it mean?
#
# - **a**: the learning rate is too low;
# - **b**: the model learns the training tunes by heart, which is of no use for other tunes;
# - **c**: the held-out tunes are badly written;
# - **d**: the model has not been trained for long enough.

# %% question-held-out
# <solution>
answer = "b"
#? answer = ...
# </solution>

lesson.check("question-held-out", answer);

# %% training-step-task [markdown]
# ## 2.7 Training
#
# ### Exercise: one step
#
# One step is what you did in chapter 1 with a single number: compute the loss, let autograd tell the slopes, go a little
# way against them. An **optimiser** does the going: `optimiser.zero_grad()` forgets the slopes of the step before,
# `loss.backward()` tells the new ones, `optimiser.step()` goes. Give back the loss as a plain number, for the record.


# %% training-step
def training_step(model, optimiser, inputs, targets):
    # <solution>
    loss = loss_of(model(inputs)[0], targets)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()
    #? loss = ...
    #? return ...
    # </solution>


lesson.check("training-step", training_step);

# %% trackers [markdown]
# ### Watching
#
# Whoever trains wants to know later what happened. We keep a record of each step in three ways: as a picture that is
# redrawn as we go; as a file with a line of JSON for each record; and as an experiment for Comet, a site on which
# trainings are compared. Without a key in the environment variable `COMET_API_KEY` the experiment is only kept as an
# archive in the folder, and nothing is sent. Without the library it is left out.
#
# A tracker of your own is a class with a method `track`, as here.


# %% watching
class LiveCurve(Tracker):
    def __init__(self):
        self.records = []
        self.shown = display("...", display_id=True)

    def track(self, record):
        self.records.append(record)
        if "validation" in record:
            self.shown.update(self.drawn())

    def drawn(self):
        losses = [(one["iteration"], one["loss"] / math.log(2)) for one in self.records if "loss" in one]
        bits = [(one["iteration"], one["validation"]) for one in self.records if "validation" in one]
        figure, axes = plt.subplots(figsize=(7, 3.2))
        if losses:
            axes.plot([place for place, _ in losses], smoothed([loss for _, loss in losses], 10), label="training text")
        axes.plot(*zip(*bits), "o-", label="held-out tunes")
        axes.set(xlabel="iterations done", ylabel="bits per character", ylim=(0, 7))
        axes.legend()
        plt.close(figure)
        return figure


def make_trackers(name, settings, iterations):
    watched = Watched(name, Path(name), settings, iterations, 0, "character")
    watched.folder.mkdir(exist_ok=True)
    trackers = [LiveCurve(), JsonLines(watched)]
    try:
        trackers.append(Comet(watched))
    except MissingExtraError as error:
        print(error)
    return trackers


# %% training-task [markdown]
# ### Training
#
# 400 steps, with 16 windows of 100 characters each; the optimiser is Adam (Kingma and Ba 2015). The lab's own settings are
# 1024 hidden units, 3000 steps, 8 windows, the same learning rate; ours is a smaller model, so that it is done in less
# than a minute or two without a graphics card. Change the settings and try.

# %% training
settings = {"embedding": 64, "hidden": 256, "count": 16, "length": 100, "learning_rate": 5e-3}

if lesson.passed("batch", "model", "generate", "loss", "bits", "training-step"):
    torch.manual_seed(2)
    iterations = lesson.budget(400)
    training_numbers = to_numbers("\n\n".join(training))
    validation = held_out[: lesson.budget(40)]
    model = TuneModel(len(symbols), settings["embedding"], settings["hidden"])
    optimiser = torch.optim.Adam(model.parameters(), settings["learning_rate"])
    trackers = make_trackers("irish-lstm", settings, iterations)
    for iteration in range(iterations + 1):
        record = {"iteration": iteration}
        if iteration:
            inputs, targets = get_batch(training_numbers, settings["length"], settings["count"])
            record["loss"] = training_step(model, optimiser, inputs, targets)
        if iteration % max(1, iterations // 8) == 0:
            record["validation"] = bits_per_character(model, validation)
        if iteration == iterations // 10:
            early = copy.deepcopy(model)
        for tracker in trackers:
            tracker.track(record)
    for tracker in trackers:
        tracker.close()
    torch.save(model.state_dict(), "irish-lstm/model.pt")
    print("loss in nats:", record["loss"])
    print("held-out bits per character:", bits_per_character(model, held_out))
    print("the file's last line:", Path("irish-lstm/metrics.jsonl").read_text().splitlines()[-1])

# %% long [markdown]
# ### And if it goes on?
#
# The lab trains for 3000 steps and shows only the loss on the training text, which falls to the end. On held-out tunes it
# looks otherwise. Three trainings with the lab's model and settings, in bits per character of tunes that were held out
# for the test:
#
# | | at its best (chosen on validation) | after 3000 steps |
# | --- | --- | --- |
# | step | 1100, 1500, 1200 | 3000 |
# | bits | 1.639 (1.630 to 1.647) | 1.781 (1.762 to 1.808) |
#
# The best comes after little more than a third. From there on the model learns by heart, and gets worse at tunes that it
# has not seen. (Figures of this package, `tunewright train lab`; tunes in raw form, each tune's end foretold too.)
#
# It needn't be so. Below is the record of `irish`, a run that is built in. It drops part of its weights and of what it
# reads while learning, learns tunes in other keys too, and lets the learning rate fall: its held-out curve has no turning
# point. `tunewright train irish` trains it anew. (Its tunes are in house form, a tidier text than the raw one.)

# %% built-in
records = [one for one in read_metrics(builtin_run("irish").folder / "metrics.jsonl") if "validation" in one]
display(Image(str(draw_losses({"irish": [records]}, Path("irish.png"))), width=700))

# %% compared [markdown]
# ## 2.8 What it writes
#
# The same prompt, the same random numbers: after a tenth of the training, and after all of it.

# %% few-and-many
if lesson.passed("batch", "model", "generate", "loss", "bits", "training-step"):
    for what, one in (("after a tenth of the training", early), ("after all of it", model)):
        torch.manual_seed(3)
        print("---", what)
        print(generate(one, "X:1\nT:", 300))

# %% likeliest [markdown]
# ### The likeliest, and the drawn
#
# Why draw at all, and not always take the likeliest symbol, the argmax? Try: at a temperature next to nothing, that is
# what `draw` does. Above the likeliest, below the same prompt drawn.

# %% side-by-side
if lesson.passed("batch", "model", "generate", "loss", "bits", "training-step"):
    for temperature in (0.001, 1.0):
        torch.manual_seed(4)
        print("--- temperature", temperature)
        print(generate(model, "X:1\nT:", 400, temperature))

# %% question-sampling-task [markdown]
# ### Question: why draw?
#
# Why do we draw the next character, and don't always take the likeliest?
#
# - **a**: because drawing is faster;
# - **b**: because drawing finds the likeliest tune;
# - **c**: because the likeliest character is usually wrong;
# - **d**: because the likeliest one leads to the same tune each time, and mostly into a loop; drawing gives tunes as varied
#   as those in the book.

# %% question-sampling
# <solution>
answer = "d"
#? answer = ...
# </solution>

lesson.check("question-sampling", answer);

# %% temperatures [markdown]
# ### Temperature
#
# The same logits at three temperatures: what may come after the first hundred characters of a tune that was held out.

# %% temperature-picture
if lesson.passed("batch", "model", "generate", "loss", "bits", "training-step"):
    beginning = held_out[0][:100]
    print(beginning)
    with torch.no_grad():
        logits = model(to_numbers(beginning).unsqueeze(0))[0][0, -1]
    best = logits.topk(12).indices
    figure, rows = plt.subplots(1, 3, figsize=(9, 2.8), sharey=True)
    for axes, temperature in zip(rows, (0.5, 1.0, 2.0)):
        axes.bar([repr(symbols[number])[1:-1] for number in best], torch.softmax(logits / temperature, -1)[best])
        axes.set(title="τ = " + str(temperature), xlabel="next character")
    rows[0].set_ylabel("probability")
    plt.tight_layout()
    plt.show()

# %% question-temperature-task [markdown]
# ### Question: temperature
#
# What does a temperature below 1 do?
#
# - **a**: likely characters become likelier still, unlikely ones rarer: safer, less varied;
# - **b**: all characters become about equally likely;
# - **c**: the tune is played more slowly;
# - **d**: the model is trained further, in smaller steps.

# %% question-temperature
# <solution>
answer = "a"
#? answer = ...
# </solution>

lesson.check("question-temperature", answer);

# %% songs-task [markdown]
# ## 2.9 Tunes out of text
#
# ### Exercise: songs
#
# Let the model write a long text, and find the tunes in it. A tune begins with a line that begins with `X:`, and goes on
# up to the next such line, or to the end of the text. Give back a list of their texts, without blank space at either end.
# What stands before the first `X:` is no tune; an empty line within a tune doesn't end it.
#
# (The lab looks for whatever stands between two empty lines. So it misses the last tune, and takes fragments for tunes.)


# %% songs
def songs_in(text):
    # <solution>
    starts = [found.start() for found in re.finditer("^X:", text, re.MULTILINE)]
    return [text[start:end].strip() for start, end in zip(starts, [*starts[1:], len(text)])]
    #? return ...
    # </solution>


if lesson.check("songs", songs_in):
    print("in the book:", len(songs_in(text)))

# %% right [markdown]
# ### Are the bars right?
#
# `read_tune` reads ABC, `check` counts bar by bar: does what stands in a bar add up to its meter? What is a note only
# tells something worth knowing; all else is wrong.


# %% checked
def wrong_in(abc):
    return [problem for problem in check(read_tune(abc)) if problem.severity != "note"]


if lesson.passed("batch", "model", "generate", "loss", "bits", "training-step", "songs"):
    torch.manual_seed(5)
    found = songs_in(generate(model, "X:1\nT:", lesson.budget(4000), 0.7))
    for abc in found:
        tune = read_tune(abc)
        wrong = {problem.bar for problem in wrong_in(abc)}
        print(tune.title, "bars:", len(tune.bars), "wrong:", len(wrong))
    for problem in wrong_in(found[0])[:5]:
        print("in bar", problem.bar, problem.message)

# %% hearing [markdown]
# Here is the one with the fewest wrong bars, as a score, to hear, and as a recording in the file `tune.wav`.
#
# Is it new? The share of its notes that is its own, and not found in tunes that the built-in run `irish` has learned from,
# is its originality: 1 if nothing is found there, 0 if all is. (The run has learned from the same tunes as your model, if
# the Irish tunes are at hand.)

# %% heard
if lesson.passed("batch", "model", "generate", "loss", "bits", "training-step", "songs"):
    # Whole ones: the last may have been cut off, and two bars are no tune.
    whole = [abc for abc in found[:-1] if len(read_tune(abc).bars) >= 8] or found
    best = min(whole, key=lambda abc: len(wrong_in(abc)) / max(1, len(read_tune(abc).bars)))
    print(best)
    hear(best)
    try:
        print("kept in:", WavRenderer()(Piece("", best, ""), Path("tune.wav")))
    except TunewrightError as error:
        print(error)
    print("originality:", measure(builtin_run("irish").index, read_tune(best)).score)

# %% one-line [markdown]
# ## 2.10 The same in one line
#
# `tunewright` has runs built in that have learned for longer. And it does not leave the bars to luck: while it draws it
# keeps count, so that each bar is right when the tune is done, and each tune has an end. Copies of known tunes are drawn
# again. You may wish for a dance, a key, a form.

# %% composed
for one in compose(wish=Wish(type="jig", key="Edor", seed=7), count=lesson.budget(3)):
    print("wrong:", len(wrong_in(one.piece.text)), "originality:", one.originality.score)
    show(one.piece.text)

# %% farewell [markdown]
# ## What you have now
#
# A language model from end to end: symbols, batches, an LSTM, a loss and what it means, a training and the curve that
# shows when to stop, drawing with a temperature, and a look at the result that doesn't rest on a single good ear. Try
# more: `tunewright train lab` is the lab's training to the letter, `tunewright train irish` ours;
# `tunewright compose`, `check`, `evaluate` and `originality` do from the command line what you have done by hand.
#
# The next chapters keep this loop, and change what is in it: other models, other music.

# %% progress
print(lesson.progress())
