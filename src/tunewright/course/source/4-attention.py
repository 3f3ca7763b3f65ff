# %% welcome [markdown]
# # 4. A Music Transformer
#
# An LSTM carries what it has read in a memory of fixed size, and hands it on from note to note. What happened eight
# bars ago has been through many hands by then. **Attention** asks directly: each note looks at all notes before it and
# takes what it needs, however far away it is. Music repeats itself a great deal, so this is worth having.
#
# You will build attention by hand, hide the future from it, give it several heads and a sense of distance, stack it up
# to a small **Music Transformer** (Huang and others, 2018), teach it Irish tunes, and see which notes it looks at.

# %% setup
# In a hosted notebook run this first: %pip install 'tunewright[course]'
import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F

from tunewright.codecs.abc_tokens import AbcTokenCodec
from tunewright.course import Lesson
from tunewright.course.attending import attention_weights
from tunewright.course.material import irish_tunes, show
from tunewright.models.attention import sinusoids
from tunewright.models.ngram import NGram
from tunewright.models.transformer import Transformer

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


def bits_per_character(model):
    tokens = stream(held_out)
    nats = 0.0
    with torch.no_grad():
        for window in tokens.unfold(0, WINDOW + 1, WINDOW).split(16):
            told = model(window[:, :-1])
            logits = told[0] if isinstance(told, tuple) else told
            nats += F.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten(), reduction="sum").item()
    scored = (len(tokens) - 1) // WINDOW * WINDOW
    characters = sum(len(piece.text) for piece in held_out) * scored / len(tokens)
    return nats / math.log(2) / characters


counts = torch.bincount(stream(known), minlength=codec.size) + 1.0
rates = (counts / counts.sum()).log()
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


def train(model, steps, warmup):
    torch.manual_seed(0)
    tokens = stream(known)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.4, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: noam(step + 1, 64, warmup))
    losses = []
    for _ in range(steps):
        starts = torch.randint(len(tokens) - WINDOW, (16, 1))
        window = tokens[starts + torch.arange(WINDOW + 1)]
        told = model(window[:, :-1])
        logits = told[0] if isinstance(told, tuple) else told
        loss = F.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    return losses


needed = ("causal", "split-join", "skew", "residual", "noam")
if lesson.passed(*needed):
    torch.manual_seed(0)
    own = MusicTransformer(codec.size)
    ready_made = Transformer(codec.size, codec.boundary[0], hidden_size=64, heads=4, layers=2, context=WINDOW)
    plt.figure(figsize=(8, 3))
    for name, model in (("your Music Transformer", own), ("the package's transformer", ready_made)):
        plt.plot(train(model, lesson.budget(350), warmup=80), label=name, alpha=0.7)
        parameters = sum(parameter.numel() for parameter in model.parameters())
        figures.append((name, parameters, bits_per_character(model)))
    plt.xlabel("step")
    plt.ylabel("loss, nats per token")
    plt.legend()
    plt.show()

# %% compare
if lesson.passed(*needed):
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
# [codec]
# name = "abc_tokens"
#
# [model]
# name = "transformer"
#
# [training]
# schedule = "noam"
# warmup_iterations = 200
# learning_rate = 2e-3
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
if lesson.passed(*needed):
    plt.figure(figsize=(9, 3.4))
    for head, weights in enumerate(attention_weights(ready_made, tokens)[-1], 1):
        by_distance = [weights.diagonal(-distance).mean().item() for distance in range(1, 49)]
        plt.plot(range(1, 49), by_distance, label=str(head))
    plt.yscale("log")
    plt.xlabel("distance in tokens")
    plt.ylabel("mean weight")
    plt.legend()
    plt.show()

# %% continued [markdown]
# And what does your model make of the tune's beginning? It is given the header and the first tokens, and draws the
# rest. After so short a training expect right words in a row rather than a tune.

# %% continue
if lesson.passed(*needed):
    torch.manual_seed(2)
    written = tokens[: music + 12].tolist()
    with torch.no_grad():
        while len(written) < WINDOW and written[-1] != codec.boundary[0]:
            logits = own(torch.tensor([written]))[0, -1] / 0.8
            written.append(torch.multinomial(logits.softmax(dim=-1), 1).item())
            if written[-1] < codec.boundary[0] and codec.spellings()[written[-1]][:2] in ("\nX", "X:"):
                break
    abc = codec.decode_text(written)
    print(abc)
    show(abc)

# %% farewell [markdown]
# ## What you have now
#
# A transformer, part by part: attention, mask, heads, distances, blocks, a schedule. The large language models of today
# are made of the same parts, only of more of them.
#
# The package's own does two things that yours doesn't. It keeps keys and values of what was read, so that composing a
# note doesn't read the whole tune again; and a grammar stands beside it while it composes, so that each bar is full and
# each tune one that can be played.

# %% progress
print(lesson.progress())
