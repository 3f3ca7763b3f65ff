# %% welcome [markdown]
# # 3. A piano roll and an LSTM
#
# A tune in ABC is a text, one note after the other. Piano music is not: ten fingers play at once. This chapter looks at
# music as a **picture**: time goes to the right, the 88 keys go up, and where a key sounds there is a dark spot. Old
# mechanical pianos were driven by paper rolls with just such holes, so it is called a **piano roll**.
#
# You will turn notes into a roll and back, find out how a model is asked about 88 keys at once, teach an LSTM to
# continue a roll frame by frame, and hear what it makes.

# %% setup
# In a hosted notebook run this first: %pip install 'tunewright[course]'
import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn import functional as F

from tunewright.course import Lesson
from tunewright.course.material import irish_tunes
from tunewright.course.piano import piano_pieces, play, write_midi

FRAME = 0.3  # seconds
KEYS = 88
LOWEST = 21  # MIDI pitch of the lowest key of a piano

lesson = Lesson("mozart", "en")

# %% data [markdown]
# ## 3.1 Notes
#
# If you have them, we work with 21 movements of Mozart's piano sonatas: Bernd Krueger has sequenced them
# ([piano-midi.de](http://www.piano-midi.de), licence CC BY-SA 3.0 DE). They are looked for in the folder
# `piano-midi-de-mozart/mozart` below the one that `TUNEWRIGHT_DATA` names. Else Irish tunes with a simple bass stand
# in: tonic and fifth of the key, each for half a bar.
#
# A note is three numbers: when it begins and when it ends, both in **seconds**, and its MIDI **pitch**, where 60 is
# middle C and each semitone counts one. A piece ends with its last note. That sounds obvious, but three of these files
# hold a track that tells tempi for minutes after the music is over; who takes the end of the file for the end of the
# piece teaches a model forty minutes of silence.

# %% pieces
book = piano_pieces()
if book.is_real:
    print("Mozart's sonatas, sequenced by Bernd Krueger (piano-midi.de), CC BY-SA 3.0 DE")
elif irish_tunes().is_real:
    print("Mozart's sonatas are not here: Irish tunes with a simple bass stand in")
else:
    print("Mozart's sonatas are not here: tunes that the built-in run composed, with a simple bass, stand in")
print("pieces:", len(book.pieces))
print("minutes:", round(sum(max(end for _, end, _ in piece) for piece in book.pieces) / 60))
print("a piece begins:", book.names[0])
for onset, end, pitch in book.pieces[0][:5]:
    print(round(onset, 3), round(end, 3), pitch)

# %% to-roll-task [markdown]
# ### Exercise: from notes to a roll
#
# Cut time into frames of 0.3 seconds. The roll is a tensor of floating-point zeros and ones of the shape
# (frames, 88), with 1 where a key sounds:
#
# - A note begins with the frame whose beginning lies **nearest** to its own, and lasts up to the frame whose beginning
#   lies nearest to its end, that one left out. `round(seconds / FRAME)` tells the number of this frame.
# - Every note sounds for **one frame at least**, or the short ones would be lost.
# - Key 0 is the lowest of the piano, the MIDI pitch 21.
# - There are as many frames as the last note to end needs.


# %% to-roll
def to_roll(notes):
    # <solution>
    frames = round(max(end for onset, end, pitch in notes) / FRAME)
    roll = torch.zeros(frames, KEYS)
    for onset, end, pitch in notes:
        first = round(onset / FRAME)
        after = max(first + 1, round(end / FRAME))
        roll[first:after, pitch - LOWEST] = 1
    #? roll = ...
    # </solution>
    return roll


if lesson.check("to-roll", to_roll):
    print(to_roll([(0.0, 0.6, 60), (0.6, 0.9, 64)])[:, 36:48])

# %% drawing [markdown]
# This is how it looks and sounds. The picture shows the first 300 frames, a minute and a half; you hear the notes
# themselves, before they were put into frames.


# %% draw
def draw(roll, title, border=None):
    plt.figure(figsize=(10, 3.6))
    plt.imshow(roll[:300].T, origin="lower", aspect="auto", cmap="Greys", interpolation="nearest",
               extent=(0, len(roll[:300]) * FRAME, LOWEST - 0.5, LOWEST + KEYS - 0.5))
    plt.yticks([24, 36, 48, 60, 72, 84, 96, 108], ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"])
    plt.grid(axis="y", alpha=0.4)
    if border is not None:
        plt.axvline(border * FRAME, color="tab:orange", linewidth=2)
    plt.xlabel("seconds")
    plt.ylabel("key of the piano")
    plt.title(title)
    plt.show()


if lesson.passed("to-roll"):
    draw(to_roll(book.pieces[0]), book.names[0])
    play([note for note in book.pieces[0] if note[1] < 30], book.names[0])

# %% to-notes-task [markdown]
# ### Exercise: and back
#
# A model will give us frames, and we want to hear them. Turn a roll into a list of notes (begin in seconds, end in
# seconds, MIDI pitch). Where a key sounds in several frames on end, that is **one** note, held. Don't forget the notes
# that still sound when the roll ends.


# %% to-notes
def to_notes(roll):
    notes = []
    # <solution>
    for key in range(KEYS):
        begun = None
        for frame, sounds in enumerate([*roll[:, key].tolist(), 0]):
            if sounds and begun is None:
                begun = frame
            elif not sounds and begun is not None:
                notes.append((begun * FRAME, frame * FRAME, key + LOWEST))
                begun = None
    #? notes = ...
    # </solution>
    return notes


if lesson.check("to-notes", to_notes) and lesson.passed("to-roll"):
    there_and_back = to_notes(to_roll(book.pieces[0]))
    print("notes before and after:", len(book.pieces[0]), len(there_and_back))
    play([note for note in there_and_back if note[1] < 30], book.names[0])

# %% lost [markdown]
# Compare what you hear with what you heard above. A roll forgets: everything moves to the next frame, notes that are
# struck again at once become one long note, and nobody knows any more how loud a key was struck. Shorter frames lose
# less, but then there are more of them, and almost each of them is like the one before.
#
# ## 3.2 Eighty-eight questions
#
# A language model chooses one character out of many: the probabilities of all of them add up to 1. What should a model
# of a roll say about the next frame?

# %% yes-no-task [markdown]
# ### Question: one choice or 88 answers?
#
# Why is the model asked 88 yes-or-no questions, one for each key, and not for a choice of one key out of 88?
#
# - **a** – Because 88 sigmoids are faster to compute than one softmax.
# - **b** – Because any number of keys may sound at once, or none: each key needs a probability of its own.
# - **c** – Because 88 answers don't depend on each other in music.
# - **d** – Because a softmax can't have as many as 88 outputs.

# %% yes-no
# <solution>
answer = "b"
#? answer = ...
# </solution>

lesson.check("yes-no", answer);

# %% roll-loss-task [markdown]
# ### Exercise: the loss
#
# For each key $k$ the model gives a number $z_k$ of any size, a **logit**; the sigmoid makes it the probability $p_k =
# \sigma(z_k)$ that the key sounds. If it does ($y_k = 1$) the model pays $-\ln p_k$, else $-\ln(1 - p_k)$. This is the
# binary cross-entropy, and a frame costs what its 88 keys cost together:
#
# $$L = \frac{1}{T} \sum_{t=1}^{T} \sum_{k=1}^{88} -\bigl[y_{tk} \ln \sigma(z_{tk}) + (1 - y_{tk}) \ln(1 - \sigma(z_{tk}))\bigr]$$
#
# **Summed over keys, averaged over frames**: nats per frame. So it is told in the papers since Boulanger-Lewandowski,
# Bengio and Vincent (2012), and only so are figures comparable. Write it for logits and targets of the shape
# (frames, 88). `F.binary_cross_entropy_with_logits` takes the logits as they are, and computes safely even where the
# sigmoid would round to 0 or 1; look at its `reduction`.


# %% roll-loss
def roll_loss(logits, targets):
    # <solution>
    each = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    loss = each.sum(dim=1).mean()
    #? loss = ...
    # </solution>
    return loss


if lesson.check("roll-loss", roll_loss):
    print("a model that knows nothing pays:", roll_loss(torch.zeros(1, KEYS), torch.zeros(1, KEYS)).item())

# %% tiny-task [markdown]
# ### Question: too good
#
# Who answers "one half" to each of 88 questions pays 88 · ln 2 = 61 nats a frame. On piano pieces of many composers,
# the best models that draw each key by itself pay a little over 7. A published notebook on Mozart's sonatas prints a
# loss of **3.9e-07** on pieces that the model hasn't seen. What is the likeliest reason?
#
# - **a** – The model has learned how Mozart composes.
# - **b** – The unseen pieces are mostly silent, and silence is easy.
# - **c** – What was an average already has been divided by a count once more.
# - **d** – The loss is told in bits and not in nats.

# %% tiny
# <solution>
answer = "c"
#? answer = ...
# </solution>

lesson.check("tiny", answer);

# %% padding-task [markdown]
# ## 3.3 Batches of unequal pieces
#
# ### Exercise: padding
#
# Pieces are of different lengths, but a batch is one tensor. So the shorter ones are filled up with empty frames at
# their end, and a **mask** keeps what is real: it is `True` for a frame of the piece, also where the music rests, and
# `False` for what was filled up. Give the batch, of the shape (pieces, frames of the longest, 88), and the mask, of the
# shape (pieces, frames of the longest).


# %% padding
def pad(rolls):
    # <solution>
    batch = nn.utils.rnn.pad_sequence(rolls, batch_first=True)
    lengths = torch.tensor([len(roll) for roll in rolls])
    mask = torch.arange(batch.shape[1]) < lengths.unsqueeze(1)
    #? batch = ...
    #? mask = ...
    # </solution>
    return batch, mask


if lesson.check("padding", pad):
    print(pad([torch.ones(2, KEYS), torch.ones(4, KEYS)])[1])

# %% masked-task [markdown]
# ### Exercise: only what is real
#
# Now the loss of such a batch: summed over keys, and averaged over all frames **that are real**, wherever they stand.
# Empty frames at the end are foreseen with ease; if they counted, the loss would look better the more of them there
# are. Logits and targets have the shape (pieces, frames, 88), the mask (pieces, frames).


# %% masked
def masked_loss(logits, targets, mask):
    # <solution>
    each = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    loss = each.sum(dim=2)[mask].mean()
    #? loss = ...
    # </solution>
    return loss


lesson.check("masked", masked_loss);

# %% recurrent-task [markdown]
# ## 3.4 A model of frames
#
# ### Exercise: linear, LSTM, linear
#
# A frame of 88 zeros and ones enters a linear layer, which makes `hidden` features of it. An **LSTM** (Hochreiter and
# Schmidhuber, 1997) reads them in order and carries a memory from each frame to the next. A second linear layer makes
# 88 logits of what it gives.
#
# Write the parts and `forward`. It takes frames of the shape (pieces, frames, 88) and, if there is one, the memory that
# an earlier call gave; it gives the logits and the memory after the last frame. Put pieces first: `batch_first=True`.


# %% recurrent
class RollModel(nn.Module):
    def __init__(self, hidden=192):
        super().__init__()
        # <solution>
        self.entry = nn.Linear(KEYS, hidden)
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True)
        self.leave = nn.Linear(hidden, KEYS)
        #? self.entry = ...
        #? self.lstm = ...
        #? self.leave = ...
        # </solution>

    def forward(self, frames, memory=None):
        # <solution>
        features, memory = self.lstm(self.entry(frames), memory)
        return self.leave(features), memory
        #? return ..., ...
        # </solution>


if lesson.check("recurrent", RollModel):
    print("numbers to learn:", sum(parameter.numel() for parameter in RollModel().parameters()))

# %% training [markdown]
# ### Training
#
# The last seventh of the pieces is held out: of Mozart that is a whole sonata. The others are cut into excerpts of at
# most 64 frames, some 20 seconds. At each frame the model is asked for the **next** one, so targets are the inputs
# shifted by one.
#
# As a yardstick: who knows nothing of the past but how often each key sounds at all pays what the first line says.

# %% excerpts
LENGTH = 64
needed = ("to-roll", "to-notes", "roll-loss", "padding", "masked", "recurrent")


def excerpts(rolls):
    cut = [roll[start : start + LENGTH + 1] for roll in rolls for start in range(0, len(roll), LENGTH)]
    return [one for one in cut if len(one) > 1]


def nats_per_frame(model, rolls):
    batch, mask = pad(excerpts(rolls))
    with torch.no_grad():
        return masked_loss(model(batch[:, :-1])[0], batch[:, 1:], mask[:, 1:]).item()


if lesson.passed(*needed):
    rolls = [to_roll(piece) for piece in book.pieces]
    held_out = rolls[-(len(rolls) // 7) :]
    known = rolls[: -len(held_out)]
    rates = torch.cat(known).mean(dim=0).clamp(1e-4, 1 - 1e-4)
    by_rate = nats_per_frame(lambda frames: (rates.logit().expand(frames.shape), None), held_out)
    print("nats per frame by each key's rate:", round(by_rate, 2))

# %% train
if lesson.passed(*needed):
    torch.manual_seed(0)
    model = RollModel()
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    own = excerpts(known)
    losses, validation = [], []
    for step in range(lesson.budget(700)):
        chosen = torch.randint(len(own), (16,)).tolist()
        batch, mask = pad([own[one] for one in chosen])
        logits, _ = model(batch[:, :-1])
        loss = masked_loss(logits, batch[:, 1:], mask[:, 1:])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        if step % 50 == 0:
            validation.append((step, nats_per_frame(model, held_out)))
    plt.figure(figsize=(9, 3))
    plt.plot(losses, alpha=0.5, label="learned from")
    plt.plot(*zip(*validation), marker="o", label="held out")
    plt.axhline(by_rate, color="tab:green", linestyle="--", label="each key by its rate")
    plt.ylim(0, 1.6 * by_rate)
    plt.xlabel("step")
    plt.ylabel("nats per frame")
    plt.legend()
    plt.show()
    print("held out, nats per frame:", round(nats_per_frame(model, held_out), 2))

# %% dice-task [markdown]
# ## 3.5 Frame by frame
#
# ### Exercise: throw the dice
#
# The trained model says for each key how likely it is. A key that sounds with probability 0.4 should sound in four
# of ten cases, not never: so each key is **drawn**. The **temperature** makes that bolder or more careful: logits are
# divided by it before the sigmoid. Give a tensor of 88 zeros and ones out of 88 logits.


# %% dice
def draw_frame(logits, temperature):
    # <solution>
    probabilities = torch.sigmoid(logits / temperature)
    frame = torch.bernoulli(probabilities)
    #? frame = ...
    # </solution>
    return frame


if lesson.check("dice", draw_frame):
    print("keys that sound:", int(draw_frame(torch.full((KEYS,), -3.0), 1.0).sum()))

# %% listening [markdown]
# ### Listen
#
# The model reads the first 20 frames of a piece that it has never seen, then continues by itself: it draws a frame,
# reads it, draws the next. Left of the orange line is what was given.


# %% compose
def compose(model, prompt, frames, temperature):
    model.eval()
    roll = list(prompt)
    with torch.no_grad():
        logits, memory = model(prompt.unsqueeze(0))
        while len(roll) < frames:
            roll.append(draw_frame(logits[0, -1], temperature))
            logits, memory = model(roll[-1].view(1, 1, KEYS), memory)
    return torch.stack(roll)


if lesson.passed(*needed, "dice"):
    torch.manual_seed(1)
    prompt = held_out[0][:20]
    composed = compose(model, prompt, 300, temperature=0.9)
    draw(composed, "what the model continues", border=len(prompt))
    play(to_notes(composed[:150]), "what the model continues")
    print("written:", write_midi(to_notes(composed), "roll.mid"))

# %% either-or-task [markdown]
# ### Question: what the keys don't know of each other
#
# Say the next chord is C–E–G or D–F–A, each in half of the cases. The model knows that, but draws each key by itself,
# given the frames before. What will it play?
#
# - **a** – Also mixtures such as C–F–G, and often too many keys or too few: that it was one **or** the other, 88
#   separate probabilities can't say.
# - **b** – One of the two chords: the LSTM remembers which keys belong together.
# - **c** – Always all six keys, since each of them is likely.
# - **d** – Nothing, since no key is likelier than one half.

# %% either-or
# <solution>
answer = "a"
#? answer = ...
# </solution>

lesson.check("either-or", answer);

# %% farewell [markdown]
# ## What you have now
#
# A roll, its loss in nats per frame, batches with a mask, and a model that continues. What you heard wanders: it has
# caught keys and a register, hardly a phrase. Two ways lead on. One is to let the keys of a frame know of each other:
# Boulanger-Lewandowski, Bengio and Vincent (2012) draw them one after the other, each given those before. The other is
# to leave the picture and write music as a sequence again. And in a sequence it pays to look back directly instead
# of through a memory: that is [chapter 4](4-attention.ipynb).
#
# What played here is the package's own: its pianist takes notes with their times, its soundfont makes sound of them.
# The package itself trains on tunes in ABC, not on rolls.

# %% progress
print(lesson.progress())
