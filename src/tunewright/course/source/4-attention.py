# %% welcome [markdown]
# # 4. A Music Transformer
#
# An LSTM carries what it has read in a memory of fixed size, and hands it on from note to note. What happened eight
# bars ago has been through many hands by then. **Attention** asks directly: each note looks at all notes before it and
# takes what it needs, however far away it is. Music repeats itself a great deal, so this is worth having.
#
# You will build attention by hand, hide the future from it, give it several heads and a sense of distance, stack it up
# to a small **Music Transformer** (Huang and others, 2018), teach it Irish tunes, see which notes it looks at, and let
# it play the piano.

# %% setup
# In a hosted notebook run this first: %pip install 'tunewright[course]'
import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F

from tunewright.codecs.abc_tokens import AbcTokenCodec
from tunewright.codecs.midi_events import MidiEvents
from tunewright.course import Lesson
from tunewright.course.attending import attention_weights
from tunewright.course.material import irish_tunes, show
from tunewright.course.performances import performances
from tunewright.decoding.filters import top_p
from tunewright.decoding.midi_grammar import MidiGrammar
from tunewright.decoding.midi_length import parse_length
from tunewright.models.attention import sinusoids
from tunewright.models.ngram import NGram
from tunewright.models.transformer import Transformer
from tunewright.music.midi import read_midi

lesson = Lesson("attention", "en")

# %% attention [markdown]
# ## 4.1 Attention
#
# Out of each note three vectors are made: a **query**, what it looks for; a **key**, what it can be found by; and a
# **value**, what it has to tell. A query is compared with every key by their product; the softmax makes shares of the
# products; and what is heard is the mean of the values, weighted by these shares (Vaswani and others, 2017):
#
# $$\operatorname{attention}(Q, K, V) = \operatorname{softmax}\left(\frac{QK^{\top}}{\sqrt{d}}\right) V$$
#
# where $d$ is how many numbers a query has.

# %% scaled-task [markdown]
# ### Exercise: attention by hand
#
# Queries have the shape (queries, d), keys (keys, d), values (keys, features). Each **query** shares out its attention:
# the weights of one query add up to 1. `keys.T` turns a matrix over.


# %% scaled
def attend(queries, keys, values):
    # <solution>
    scores = queries @ keys.T / math.sqrt(queries.shape[-1])
    weights = scores.softmax(dim=-1)
    heard = weights @ values
    #? scores = ...
    #? weights = ...
    #? heard = ...
    # </solution>
    return heard


if lesson.check("scaled", attend):
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 5, 8)
    ready_made = F.scaled_dot_product_attention(q, k, v)
    print("the same as PyTorch's own:", torch.allclose(attend(q, k, v), ready_made, atol=1e-5))

# %% root-task [markdown]
# ### Question: the root
#
# Look at the softmax of the products of random vectors, with the root and without:

# %% root-shown
torch.manual_seed(0)
random_queries, random_keys = torch.randn(1, 256), torch.randn(8, 256)
products = random_queries @ random_keys.T
plt.figure(figsize=(8, 2.6))
plt.bar(torch.arange(8) - 0.2, products.softmax(dim=-1)[0], width=0.4, label="without the root")
plt.bar(torch.arange(8) + 0.2, (products / 16).softmax(dim=-1)[0], width=0.4, label="divided by the root of 256")
plt.xlabel("number of the key")
plt.ylabel("weight")
plt.legend()
plt.show()

# %% root-answers [markdown]
# Why are the products divided by the root of d?
#
# - **a** – So that the weights of a query add up to 1.
# - **b** – A product of d random numbers each grows like the root of d. With large scores the softmax chooses a single
#   key, and hardly any gradient comes through to change that.
# - **c** – So that long tunes and short ones are treated alike.
# - **d** – So that keys that are far away count less.

# %% root
# <solution>
answer = "b"
#? answer = ...
# </solution>

lesson.check("root", answer);

# %% causal-task [markdown]
# ## 4.2 Not looking ahead
#
# ### Exercise: the causal mask
#
# A model that composes has nothing but the past. So scores of keys that come **after** the query are set to minus
# infinity before the softmax, which makes their weights zero. Each note may look at itself. Scores have the shape (...,
# queries, keys), with whatever stands in front; give scores of the same shape. `torch.triu` and `masked_fill` help.


# %% causal
def causal(scores):
    time = scores.shape[-1]
    # <solution>
    later = torch.ones(time, time, dtype=torch.bool).triu(1)
    masked = scores.masked_fill(later, float("-inf"))
    #? masked = ...
    # </solution>
    return masked


if lesson.check("causal", causal):
    print(causal(torch.zeros(4, 4)).softmax(dim=-1))

# %% why-mask-task [markdown]
# ### Question: why hide it?
#
# In training we know the whole tune, and ask the model for the next note at all places at once. What happens without
# the mask?
#
# - **a** – The weights wouldn't add up to 1.
# - **b** – Nothing bad: the more a model knows, the better it learns to compose.
# - **c** – The note that is asked for stands in the input. The model copies it, its loss falls to almost nothing, and
#   when it composes, where there is nothing to copy, it has learned nothing.
# - **d** – Training would be slower, nothing else.

# %% why-mask
# <solution>
answer = "c"
#? answer = ...
# </solution>

lesson.check("why-mask", answer);

# %% split-join-task [markdown]
# ## 4.3 Several heads
#
# ### Exercise: split and join
#
# One softmax makes one choice. But a note may want to know several things: what came just before, what stood here a bar
# ago. So the features are shared out among several **heads**, each of which attends by itself: of 12 features and 3
# heads the first head gets the features 0 to 3, the second 4 to 7, the third 8 to 11.
#
# `split` takes (batch, time, features) and gives (batch, heads, time, features of a head); `join` is its inverse. Mind
# that `view` only reads the same numbers in the same order in another way; to exchange two directions takes `transpose`.


# %% split-join
def split(x, heads):
    # <solution>
    batch, time, features = x.shape
    return x.view(batch, time, heads, features // heads).transpose(1, 2)
    #? return ...
    # </solution>


def join(parts):
    # <solution>
    batch, heads, time, size = parts.shape
    return parts.transpose(1, 2).reshape(batch, time, heads * size)
    #? return ...
    # </solution>


if lesson.check("split-join", split, join):
    print(split(torch.arange(12.0).view(1, 1, 12), 3))

# %% same-anywhere-task [markdown]
# ## 4.4 Where notes stand
#
# Attention compares contents: shuffle the notes, and each hears the same as before. So it must be told where they
# stand. Vaswani and others (2017) add a vector to each place: the first note of the tune, the second, and so on. Shaw
# and others (2018) let each query be compared with a vector for the **distance** to the key instead, and Huang and
# others (2018) made music with it.
#
# ### Question: places or distances?
#
# What can relative positions say at once that a model with absolute ones must learn for each place anew?
#
# - **a** – "Look one bar back", the same anywhere in a tune, also further on than any tune in training reached.
# - **b** – "This is the first note of the tune."
# - **c** – "This tune is in G major."
# - **d** – "This note is higher than the one before it."

# %% same-anywhere
# <solution>
answer = "a"
#? answer = ...
# </solution>

lesson.check("same-anywhere", answer);

# %% skew-task [markdown]
# ### Exercise: the skewing trick
#
# Each query $i$ is compared with a vector for each distance, from the largest down to 0. That gives a matrix of queries
# and **distances**; but the scores are of queries and **keys**, and key $j$ is at the distance $i - j$:
#
# ```
#  by distance:  2  1  0          by key:  0  1  2
#  query 0       .  .  a                   a  .  .
#  query 1       .  b  c                   b  c  .
#  query 2       d  e  f                   d  e  f
# ```
#
# Each row must move to the left, by another number of places. With loops that is slow, and a table of vectors for each
# pair of notes needs much memory. Huang and others (2018, section 3.4.1) found that it can be had for nothing: put
# **one column of zeros in front**, read the same numbers on in rows that are one shorter, and **leave out the first
# row**. What stands where the dots are doesn't matter: the mask hides it.
#
# Write it without a loop for the shape (batch, heads, time, time). `F.pad(x, (1, 0))` puts a column in front.


# %% skew
def skew_slowly(by_distance):
    time = by_distance.shape[-1]
    by_key = torch.zeros_like(by_distance)
    for query in range(time):
        for key in range(query + 1):
            by_key[..., query, key] = by_distance[..., query, time - 1 - (query - key)]
    return by_key


def skew(by_distance):
    batch, heads, time, _ = by_distance.shape
    # <solution>
    padded = F.pad(by_distance, (1, 0))
    by_key = padded.reshape(batch, heads, time + 1, time)[:, :, 1:]
    #? by_key = ...
    # </solution>
    return by_key


if lesson.check("skew", skew):
    example = torch.arange(1.0, 10).view(1, 1, 3, 3)
    print(example[0, 0])
    print(skew(example)[0, 0].tril())
    print("equal to the slow loop:", torch.equal(skew(example).tril(), skew_slowly(example)))

# %% whole [markdown]
# Now the parts make a whole: attention of several heads that knows distances. The vectors of the distances begin as
# sines and cosines, as Vaswani and others made them for places: so neighbouring distances are alike from the start, and
# what is found out about one holds for the next.


# %% relative-attention
class RelativeAttention(nn.Module):
    def __init__(self, features, heads, longest):
        super().__init__()
        self.heads = heads
        self.entry = nn.Linear(features, 3 * features)
        self.leave = nn.Linear(features, features)
        vectors = sinusoids(longest, features // heads).flip(0)  # the largest distance first
        self.distances = nn.Parameter(vectors.repeat(heads, 1, 1))

    def forward(self, x):
        queries, keys, values = [split(part, self.heads) for part in self.entry(x).chunk(3, dim=-1)]
        by_distance = queries @ self.distances[:, -x.shape[1] :].transpose(1, 2)
        scores = (queries @ keys.transpose(2, 3) + skew(by_distance)) / math.sqrt(queries.shape[-1])
        self.weights = causal(scores).softmax(dim=-1)  # kept, to be looked at
        return self.leave(join(self.weights @ values))


# %% residual-task [markdown]
# ## 4.5 A block, and a schedule
#
# ### Exercise: a block
#
# A block doesn't replace what goes through it, it **adds** to it, twice: first what attention hears, then what a
# feed-forward layer makes of it. Before each of the two stands a LayerNorm of its own (as in GPT-2, Radford and others,
# 2019). With a stream $x$:
#
# $$x' = x + \operatorname{attention}(\operatorname{norm}_1(x)), \qquad y = x' + \operatorname{feed}(\operatorname{norm}_2(x'))$$


# %% residual
class Block(nn.Module):
    def __init__(self, attention, features):
        super().__init__()
        self.attention = attention
        self.first_norm = nn.LayerNorm(features)
        self.second_norm = nn.LayerNorm(features)
        self.feed = nn.Sequential(nn.Linear(features, 4 * features), nn.GELU(), nn.Linear(4 * features, features))

    def forward(self, x):
        # <solution>
        x = x + self.attention(self.first_norm(x))
        y = x + self.feed(self.second_norm(x))
        #? y = ...
        # </solution>
        return y


lesson.check("residual", Block);

# %% noam-task [markdown]
# ### Exercise: Noam's schedule
#
# At the start a transformer knows nothing about where to look, and large steps lead it astray. Vaswani and others
# (2017) let the learning rate first **rise** in a straight line, for so many steps of warm-up, and then **fall** with
# the root of the step. After Noam Shazeer, one of the authors, it is called Noam's schedule:
#
# $$\text{rate} = d^{-1/2} \cdot \min\left(s^{-1/2},\; s \cdot w^{-3/2}\right)$$
#
# with the step $s$, counted from 1, the features $d$ of the stream and the steps $w$ of the warm-up.


# %% noam
def noam(step, features, warmup):
    # <solution>
    rate = features**-0.5 * min(step**-0.5, step * warmup**-1.5)
    #? rate = ...
    # </solution>
    return rate


if lesson.check("noam", noam):
    plt.figure(figsize=(8, 2.6))
    plt.plot([noam(step, 64, 100) for step in range(1, 601)])
    plt.xlabel("step")
    plt.ylabel("learning rate")
    plt.show()

# %% tunes [markdown]
# ## 4.6 Irish tunes
#
# We cut ABC into its words: a note with its length is one, a bar line, a line of the header. So a window reaches
# further than with characters. About a tenth of the tunes is held out, and none of those that are learned from is
# nearly the same as one of them.

# %% data
book = irish_tunes()
if book.is_real:
    print("the Irish tunes of MIT's lab")
else:
    print("the Irish tunes could not be had: tunes that the built-in run composed stand in")
known, held_out = book.split()
codec = AbcTokenCodec.fit(known)


def stream(pieces):
    return torch.tensor([token for piece in pieces for token in (*codec.boundary, *codec.encode(piece))])


print("tunes to learn from, and held out:", len(known), len(held_out))
print("different tokens:", codec.size)
print("tokens to learn from:", len(stream(known)))

# %% baseline [markdown]
# How good is good? Two yardsticks. **Without context**: who knows nothing but how often each token occurs. And a
# **5-gram**: who counts what followed the last four tokens, and falls back on fewer where they are new. Both are told
# in **bits per character** on held-out tunes, so that it doesn't matter how the text was cut.

# %% baselines
WINDOW = 128


def logits_of(model, tokens):
    told = model(tokens)
    return told[0] if isinstance(told, tuple) else told


def nats_per_token(model, tokens, window=WINDOW):
    windows = tokens.unfold(0, window + 1, window)
    with torch.no_grad():
        nats = [
            F.cross_entropy(logits_of(model, some[:, :-1]).flatten(0, 1), some[:, 1:].flatten(), reduction="sum")
            for some in windows.split(16)
        ]
    return sum(nats).item() / windows[:, 1:].numel()


def bits_per_character(model):
    tokens = stream(held_out)
    return nats_per_token(model, tokens) / math.log(2) * len(tokens) / sum(len(piece.text) for piece in held_out)


def log_rates(tokens, size):
    counts = torch.bincount(tokens, minlength=size) + 1.0
    return (counts / counts.sum()).log()


rates = log_rates(stream(known), codec.size)
five_gram = NGram.fit([codec.encode(piece) for piece in known], codec.boundary, codec.size, 5)
figures = [
    ("without context", "–", bits_per_character(lambda window: rates.expand(*window.shape, -1))),
    ("5-gram, counted", "–", bits_per_character(five_gram)),
]
for name, parameters, bits in figures:
    print(name.ljust(30), str(parameters).rjust(8), round(bits, 2))

# %% model-told [markdown]
# ### Training
#
# Tokens become vectors, two blocks work on them, and a last linear layer makes logits of the next token. Beside it we
# train the package's own `transformer` of the same size, by the same loop.


# %% model
class MusicTransformer(nn.Module):
    def __init__(self, size, features=64, heads=4, layers=2, longest=WINDOW):
        super().__init__()
        self.embedding = nn.Embedding(size, features)
        attentions = [RelativeAttention(features, heads, longest) for _ in range(layers)]
        self.blocks = nn.Sequential(*[Block(attention, features) for attention in attentions])
        self.norm = nn.LayerNorm(features)
        self.leave = nn.Linear(features, size)

    def forward(self, tokens):
        return self.leave(self.norm(self.blocks(self.embedding(tokens))))


def train(model, tokens, steps, warmup, window=WINDOW, batch=16, smoothing=0.0, vary=None, watch=None):
    torch.manual_seed(0)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.4, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: noam(step + 1, 64, warmup))
    losses = []
    for step in range(1, steps + 1):
        starts = torch.randint(len(tokens) - window, (batch, 1))
        windows = tokens[starts + torch.arange(window + 1)]
        windows = vary(windows) if vary else windows
        logits, targets = logits_of(model, windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten()
        loss = F.cross_entropy(logits, targets, label_smoothing=smoothing)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append((loss.item(), F.cross_entropy(logits.detach(), targets).item()))
        if watch:
            watch(step)
    return losses


needed = ("causal", "split-join", "skew", "residual", "noam")
if lesson.passed(*needed):
    torch.manual_seed(0)
    own = MusicTransformer(codec.size)
    ready_made = Transformer(codec.size, codec.boundary[0], hidden_size=64, heads=4, layers=2, context=WINDOW)
    plt.figure(figsize=(8, 3))
    for name, model in (("your Music Transformer", own), ("the package's transformer", ready_made)):
        losses = train(model, stream(known), lesson.budget(300), warmup=80)
        plt.plot([loss for loss, _ in losses], label=name, alpha=0.7)
        parameters = sum(parameter.numel() for parameter in model.parameters())
        figures.append((name, parameters, bits_per_character(model)))
    plt.xlabel("step")
    plt.ylabel("loss, nats per token")
    plt.legend()
    plt.show()
    print("parameters, and bits per character on tunes that were held out")
    for name, parameters, bits in figures:
        print(name.ljust(30), str(parameters).rjust(8), round(bits, 2))

# %% compared [markdown]
# Compare the last two lines with the first two: what is gained by looking back at all, and what by looking back further
# than four tokens. Yours has more parameters than the package's, since it tells tokens by other vectors than those it
# reads them by; the package lets one table do both (Press and Wolf, 2017). And the package trains such a model, for
# minutes instead of seconds, in one line: `tunewright train music.toml`, with a recipe of your own in `music.toml`:
#
# ```
# codec.name = "abc_tokens"
# model.name = "transformer"
# training = { schedule = "noam", warmup_iterations = 200, learning_rate = 2e-3 }
# ```

# %% looking [markdown]
# ## 4.7 Where it looks
#
# Here is a tune that no model has seen. In the pictures below each row is a token that looks, each column one that
# is looked at; the darker, the more attention. Above the diagonal all is white: nobody looks ahead. Each of the four
# pictures is a head of the last block. Rows that stay pale look at the header, which isn't shown.

# %% tune
tune = min(held_out, key=lambda piece: abs(len(codec.encode(piece)) - 110))
show(tune.text)
tokens = torch.tensor([*codec.boundary, *codec.encode(tune)])[:WINDOW]
spelled = [codec.spellings()[token].strip(" ").replace("\n", "¶") for token in tokens.tolist()]
header = tune.text[: tune.text.index("\n", tune.text.index("\nK:") + 1)]
music = len(codec.encode_text(header)) + 2  # after the boundary, the header and the end of its last line

# %% pictures
SHOWN = 36


def draw_heads(weights, title):
    kept = slice(music, min(music + SHOWN, len(tokens)))
    figure, places = plt.subplots(2, 2, figsize=(10, 10.4))
    for head, (place, own_weights) in enumerate(zip(places.flat, weights), 1):
        place.imshow(own_weights[kept, kept], cmap="Blues", vmin=0, vmax=0.6)
        labels = spelled[kept]
        place.set_xticks(range(len(labels)), labels, fontsize=7, rotation=90)
        place.set_yticks(range(len(labels)), labels, fontsize=7)
        for bar in [number for number, text in enumerate(labels) if "|" in text]:
            place.axvline(bar, color="tab:orange", linewidth=0.5)
            place.axhline(bar, color="tab:orange", linewidth=0.5)
        place.set_title(str(head))
    figure.suptitle(title)
    figure.tight_layout()
    plt.show()


if lesson.passed(*needed):
    with torch.no_grad():
        own(tokens.unsqueeze(0))
    draw_heads(own.blocks[-1].attention.weights[0], "your Music Transformer: four heads of the last block")
    draw_heads(attention_weights(ready_made, tokens)[-1], "the package's transformer: four heads of the last block")

# %% distances-told [markdown]
# The same by distances, for the four heads of the package's transformer: how much of its attention does each give, on
# average, to the token so far back? A head that looks at the notes just before falls steeply; one that knows of bars
# and phrases has peaks further out.

# %% distances
def draw_distances(heads, furthest, label):
    plt.figure(figsize=(9, 3.2))
    for head, weights in enumerate(heads, 1):
        by_distance = [weights.diagonal(-distance).mean().item() for distance in range(1, furthest + 1)]
        plt.plot(range(1, furthest + 1), by_distance, label=str(head))
    plt.yscale("log")
    plt.xlabel(label)
    plt.ylabel("mean weight")
    plt.legend()
    plt.show()


if lesson.passed(*needed):
    draw_distances(attention_weights(ready_made, tokens)[-1], 48, "distance in tokens")

# %% performance [markdown]
# ## 4.8 A performance as events
#
# A tune says which notes there are. A **performance** says how they were played: a chord not quite together, a phrase
# that swells, a pause of just that length. MAESTRO (Hawthorne and others, 2019) has more than a thousand of them, from a
# piano competition, noted down by the instruments themselves to the millisecond. Its licence, CC BY-NC-SA 4.0, asks you
# to name it, not to earn money by it, and to pass on under the same terms what you make of it: a model's weights too.

# %% performances
played = performances()
if played.is_real:
    print("MAESTRO v3.0.0 (Hawthorne et al. 2019), CC BY-NC-SA 4.0: its shortest performances that are here")
elif book.is_real:
    print("MAESTRO is not here: Irish tunes with a bass, played a little unevenly, stand in")
else:
    print("MAESTRO is not here: tunes that the built-in run composed, with a bass, played a little unevenly, stand in")
print("performances to learn from, and held out:", len(played.known), len(played.held_out))

# %% events-task [markdown]
# To a model a performance is a list of **events** (Oore and others, 2018; Huang and others, 2018). There are 388:
#
# | event | how many | tells |
# |---|---|---|
# | `on` | 128 | a key is struck, by its MIDI pitch |
# | `off` | 128 | a key is let go |
# | `shift` | 100 | time passes: 1 to 100 steps of 10 ms |
# | `velocity` | 32 | from here on keys are struck so hard: MIDI's 0 to 127, divided by 4 and rounded down |
#
# ### Exercise: three notes by hand
#
# Write these notes as events, with the four functions below:
#
# | pitch | struck | let go | velocity |
# |---|---|---|---|
# | 60 | 0.00 s | 0.50 s | 72 |
# | 64 | 0.00 s | 0.50 s | 74 |
# | 67 | 1.75 s | 2.00 s | 40 |
#
# Of what happens at once, lower pitches come first. Shifts tell the time since the last event, not since the beginning;
# where one isn't enough, take as many of 100 as fit and then the rest. A velocity comes before its note, and only where
# it differs from the last one told.


# %% events
def on(pitch):
    return pitch


def off(pitch):
    return 128 + pitch


def shift(steps):
    return 256 + steps - 1


def velocity(number):
    return 356 + number


# <solution>
events = [velocity(18), on(60), on(64), shift(50), off(60), off(64)]
events += [shift(100), shift(25), velocity(10), on(67), shift(25), off(67)]
#? events = ...
# </solution>

piano = MidiEvents()
if lesson.check("events", events):
    show(piano.decode(events))

# %% pedal-task [markdown]
# ### Exercise: the pedal
#
# There is no event for the **sustain pedal**. While it is down, strings ring on after their keys are let go; so it is
# folded into the ends of notes, and the model hears what we hear:
#
# - a note whose key is let go while the pedal is down ends when the pedal is let go;
# - but any note ends, at the latest, when its own key is struck again.
#
# `notes` holds (start, end, pitch) of each note as its key was moved, `pedal` (down, up) of each time that the pedal
# was down, all in seconds. Give `end` its new value.


# %% pedal
def sounding_ends(notes, pedal):
    ends = []
    for start, end, pitch in notes:
        # <solution>
        for down, up in pedal:
            if down <= end < up:
                end = up
                break
        again = [other for other, _, same in notes if same == pitch and other > start]
        end = min([end, *again])
        #? end = ...
        # </solution>
        ends.append(end)
    return ends


if lesson.check("pedal", sounding_ends):
    keys = read_midi(played.held_out[0].midi)
    starts, ends, pitches = (column.tolist() for column in keys.notes[:3])
    plt.figure(figsize=(9, 3.2))
    heard_until = sounding_ends(list(zip(starts, ends, pitches, strict=True)), keys.pedal.tolist())
    plt.hlines(pitches, starts, heard_until, colors="tab:orange", linewidth=3, label="the string rings on")
    plt.hlines(pitches, starts, ends, colors="tab:blue", linewidth=3, label="the key is held")
    for down, up in keys.pedal.tolist():
        plt.axvspan(down, up, color="gray", alpha=0.12, linewidth=0)
    plt.xlim(0, 10)
    plt.xlabel("seconds; gray: the pedal is down")
    plt.ylabel("MIDI pitch")
    plt.legend()
    plt.show()

# %% transposed-task [markdown]
# ### Exercise: higher and lower
#
# A few performances become many when each is also read a little higher or lower (Huang and others, 2018, by up to three
# semitones). `ids` is a tensor of events, of any shape: give the same performance so many `semitones` higher. It must
# last as long and be as loud as before.


# %% transposed
def transposed(ids, semitones):
    # <solution>
    return torch.where(ids < 256, ids + semitones, ids)
    #? return ...
    # </solution>


def beginning(ids, seconds):
    steps = torch.where((ids >= 256) & (ids < 356), ids - 255, 0).cumsum(0)
    return ids[steps <= 100 * seconds]


primer = beginning(torch.tensor(piano.encode(played.held_out[2])), 5)
if lesson.check("transposed", transposed):
    show(piano.decode(primer))
    show(piano.decode(transposed(primer, -3)))

# %% pianist [markdown]
# ## 4.9 Your transformer plays the piano
#
# The model is the one you built; only its tokens are others. Each batch is transposed anew. And there is
# **label smoothing** (Szegedy and others, 2016; Vaswani and others, 2017): instead of all, the right event is promised
# nine tenths, and the last tenth is spread over all events alike. So the model is never paid for being quite sure, and
# the smoothed loss can never come near zero. Figures are compared by the **plain** cross-entropy.

# %% pianist-trained
EVENTS = 256  # a window: some seven seconds of a pianist's


def event_stream(pieces):
    return torch.tensor([event for piece in pieces for event in (*piano.boundary, *piano.encode(piece))])


def higher_or_lower(windows):
    return transposed(windows, int(torch.randint(-3, 4, ())))


def watched(model, tokens, steps, **settings):
    points = []

    def watch(step):
        if step % max(1, steps // 10) == 0:
            points.append((step, nats_per_token(model, held_events[:10_000], EVENTS)))

    return train(model, tokens, steps, warmup=40, window=EVENTS, watch=watch, **settings), points


def draw_losses(losses, points):
    plt.figure(figsize=(8, 3))
    if any(loss != plain for loss, plain in losses):
        plt.plot([loss for loss, _ in losses], alpha=0.7, label="smoothed, as it is trained")
    plt.plot([plain for _, plain in losses], alpha=0.7, label="plain")
    plt.plot(*zip(*points, strict=True), "o-", color="black", label="plain, held out")
    plt.xlabel("step")
    plt.ylabel("nats per event")
    plt.legend()
    plt.show()


known_events, held_events = event_stream(played.known), event_stream(played.held_out)
print("events to learn from:", len(known_events))
event_rates = log_rates(known_events, piano.size)
counted = NGram.fit([piano.encode(piece) for piece in played.known], piano.boundary, piano.size, 5)
needed = (*needed, "transposed")
if lesson.passed(*needed):
    torch.manual_seed(0)
    pianist = MusicTransformer(piano.size, longest=EVENTS)
    losses, points = watched(pianist, known_events, lesson.budget(700), batch=4, smoothing=0.1, vary=higher_or_lower)
    draw_losses(losses, points)
    print("nats per event on performances that were held out")
    for name, model in (
        ("without context", lambda windows: event_rates.expand(*windows.shape, -1)),
        ("5-gram, counted", counted),
        ("your Music Transformer", pianist),
    ):
        print(name.ljust(30), round(nats_per_token(model, held_events, EVENTS), 2))

# %% overfitting [markdown]
# ### Learned by heart
#
# Now the same model gets two performances only, without smoothing and without transposing, and time to read them again
# and again. Look where the curves part: from there on it learns these two by heart, and gets worse at all others. That
# is **overfitting**. More music, transposing, smoothing and stopping in time are what helps; whatever you compare,
# compare it on what was held out.

# %% overfitted
if lesson.passed(*needed):
    torch.manual_seed(0)
    parrot = MusicTransformer(piano.size, longest=EVENTS)
    draw_losses(*watched(parrot, event_stream(played.known[:2]), lesson.budget(350), batch=4))

# %% playing [markdown]
# ### Composing
#
# The model draws event by event, out of the likeliest that together reach 0.9 (top-p, chapter 5): smoothing has taught
# it to leave something to every event there is. Still nothing keeps it from letting go a key that doesn't sound, from
# striking one that does, or from letting notes hang for ever. The package's **grammar** of events knows at each step
# what may come; what it forbids gets the logit minus infinity. It also keeps wishes: 15 seconds, at most ten keys at
# once, none longer than four seconds.


# %% composed
def compose(model, grammar=None, start=(), events=1):
    written, state = [*piano.boundary, *start], grammar.start() if grammar else None
    while True:
        with torch.no_grad():
            logits = model(torch.tensor([written[-EVENTS:]]))[0, -1]
        if grammar:
            logits = logits.masked_fill(~grammar.allowed(state), float("-inf"))
        event = torch.multinomial(top_p(logits, 0.9).softmax(dim=-1), 1).item()
        if event in piano.boundary or (not grammar and len(written) > events):
            return written[1:]
        state = grammar.advance(state, event) if grammar else None
        written.append(event)


def faults(ids):
    sounding, silent, twice = set(), 0, 0
    for event in ids:
        if event < 128:
            twice += event in sounding
            sounding.add(event)
        elif event < 256:
            silent += event - 128 not in sounding
            sounding.discard(event - 128)
    print("let go without sounding:", silent)
    print("struck while they sound:", twice)
    print("never let go:", len(sounding))


if lesson.passed(*needed):
    torch.manual_seed(1)
    print("--- without the grammar")
    faults(compose(pianist, events=lesson.budget(500)))
    print("--- with it")
    length = parse_length(f"{lesson.budget(15)} seconds")
    grammar = MidiGrammar(length=length, polyphony=10, longest_note=4.0)
    composed = compose(pianist, grammar)
    faults(composed)
    show(piano.decode(composed))

# %% primer-told [markdown]
# It can also go on from what somebody has played: from the five seconds that you heard above, the **primer**. After a
# minute of training expect a likeness in register, density and loudness rather than music. Here no note lasts longer
# than the primer.

# %% primer
if lesson.passed(*needed):
    torch.manual_seed(2)
    length = parse_length(f"{5 + lesson.budget(10)} seconds")
    grammar = MidiGrammar(length=length, longest_note=5.0, prompt=primer.tolist())
    show(piano.decode(compose(pianist, grammar, primer.tolist())))

# %% pianist-distances-told [markdown]
# And how far back do its heads look, now that a beat has no fixed number of tokens?

# %% pianist-distances
if lesson.passed(*needed):
    with torch.no_grad():
        pianist(held_events[:EVENTS].unsqueeze(0))
    draw_distances(pianist.blocks[-1].attention.weights[0], 96, "distance in events")

# %% package [markdown]
# The package does all this in a line each: `maestro-small` trains a larger model on two cores, `maestro` one of the
# published size on a GPU.
#
# ```
# tunewright corpus fetch maestro
# tunewright train maestro-small
# tunewright compose RUN --length "60 seconds" --primer own.mid --to mid,wav,png
# ```
#
# There keys and values of what was read are kept, so that an event doesn't take reading everything again; and each
# piece is compared with all that was learned from, so that you know how much of it is its own.

# %% farewell [markdown]
# ## What you have now
#
# A transformer, part by part: attention, mask, heads, distances, blocks, a schedule. The large language models of today
# are made of the same parts, only of more of them. And it doesn't mind whether its tokens are notes on paper or keys
# under a pianist's fingers: what changed from tunes to performances was the codec and the grammar.
#
# How the next token is chosen, out of all that a model thinks possible, is an art of its own:
# [chapter 5](5-decoding.ipynb).

# %% progress
print(lesson.progress())
