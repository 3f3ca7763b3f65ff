# %% welcome [markdown]
# # 1. PyTorch from zero
#
# Everything that learns in this course is made of four things: **tensors**, which hold numbers; **operations**, which
# make new tensors out of old ones; **modules**, which keep the numbers that are to be learned; and **autograd**, which
# tells how each of those numbers should change. This chapter builds all four up to the smallest training there is.
#
# Wherever you find `...`, put something of your own in its place and run the cell. Each exercise is checked at once:
# you are told what is wrong and where to look. The answer you find yourself. Nothing here needs an account, a graphics
# card or more than a minute.

# %% setup
# In a hosted notebook run this first: %pip install 'tunewright[course]'
import math

import matplotlib.pyplot as plt
import torch
from torch import nn

from tunewright.course import Lesson

lesson = Lesson("pytorch", "en")

# %% tensors [markdown]
# ## 1.1 Tensors
#
# A tensor is an array of numbers of one type. How many indices you need to name one number in it is its **rank**, which
# PyTorch calls `ndim`: a single number needs none, a list needs one, a table two. How long it is in each of these
# directions is its `shape`.

# %% numbers
integer = torch.tensor(1234)
decimal = torch.tensor(math.pi)
fibonacci = torch.tensor([1, 1, 2, 3, 5, 8])
count_to_100 = torch.arange(100)

print(integer, integer.dtype)
print(decimal, decimal.dtype)
print(fibonacci, fibonacci.shape)
print(count_to_100.shape)

# %% ranks-task [markdown]
# ### Exercise: ranks
#
# Before you let `.ndim` tell you: what are the ranks of the four tensors above? Write a whole number for each.

# %% ranks
# <solution>
rank_of_integer = 0
rank_of_decimal = 0
rank_of_fibonacci = 1
rank_of_count = 1
#? rank_of_integer = ...
#? rank_of_decimal = ...
#? rank_of_fibonacci = ...
#? rank_of_count = ...
# </solution>

lesson.check("ranks", rank_of_integer, rank_of_decimal, rank_of_fibonacci, rank_of_count);
# %% matrix-task [markdown]
# ### Exercise: a matrix
#
# Make a tensor of rank 2 with **two rows and four columns**: the numbers from 1.0 to 8.0, row by row. They should be
# floating-point numbers: only those can be learned.

# %% matrix
# <solution>
matrix = torch.tensor([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
#? matrix = ...
# </solution>

if lesson.check("matrix", matrix):
    print(matrix)

# %% images-task [markdown]
# ### Exercise: a batch of pictures
#
# Networks look at many examples at once, in a **batch**, and the batch is always the first direction. Make ten pictures
# that are black all over (zeros), of three colours each, 256 points high and 256 wide: a tensor of rank 4. PyTorch
# wants the colours before height and width.

# %% images
# <solution>
images = torch.zeros(10, 3, 256, 256)
#? images = ...
# </solution>

if lesson.check("images", images):
    print(images.shape, "so many numbers:", images.numel())

# %% slices-task [markdown]
# ### Exercise: slices
#
# `tensor[i]` takes what stands at place `i` of the first direction, `tensor[:, j]` everything at place `j` of the second.
# Counting begins with 0. Out of the matrix below take its **second row**, its **second column**, and the one number in
# the **first row and second column**.

# %% slices
table = torch.tensor([[11.0, 12.0, 13.0, 14.0], [21.0, 22.0, 23.0, 24.0]])

# <solution>
row = table[1]
column = table[:, 1]
number = table[0, 1]
#? row = ...
#? column = ...
#? number = ...
# </solution>

if lesson.check("slices", table, row, column, number):
    print(row, column, number)

# %% graphs [markdown]
# ## 1.2 Computations are graphs
#
# An operation takes tensors and gives a tensor. What you compute is a graph: numbers flow along its edges, operations
# sit in its nodes. The smallest one adds.

# %% adding
a = torch.tensor(15)
b = torch.tensor(61)
print(torch.add(a, b), a + b)

# %% graph-task [markdown]
# ### Exercise: a graph of three nodes
#
# Out of `a` and `b` comes `e`, in three steps: `c` is the sum of both, `d` is `b` less one, and `e` is the product of
# `c` and `d`.
#
# ```
# a ──► c = a + b ──┐
#       ▲           ├──► e = c · d
# b ────┤           │
#       └► d = b − 1┘
# ```


# %% graph
def compute(a, b):
    # <solution>
    c = a + b
    d = b - 1
    e = c * d
    #? c = ...
    #? d = ...
    #? e = ...
    # </solution>
    return e


if lesson.check("graph", compute):
    print("at 1.5 and 2.5:", compute(torch.tensor(1.5), torch.tensor(2.5)))

# %% layers [markdown]
# ## 1.3 Layers and models
#
# A **dense layer** mixes all its inputs into each of its outputs: with inputs `x`, a matrix of weights `W` and a bias `b`
# it gives
#
# $$y = \sigma(xW + b), \qquad \sigma(z) = \frac{1}{1 + e^{-z}}$$
#
# The sigmoid σ squeezes every number into the range from 0 to 1. What is to be learned, `W` and `b`, stands in
# `nn.Parameter`, and the layer is an `nn.Module`: a module knows its parameters, and its `forward` says what becomes of
# an input.

# %% dense-task [markdown]
# ### Exercise: a dense layer by hand
#
# Inputs come as rows: `x` has the shape (batch, inputs). Write `forward`. `@` multiplies matrices.


# %% dense
class DenseLayer(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.W = nn.Parameter(torch.randn(inputs, outputs))
        self.b = nn.Parameter(torch.randn(outputs))

    def forward(self, x):
        # <solution>
        z = x @ self.W + self.b
        y = torch.sigmoid(z)
        #? z = ...
        #? y = ...
        # </solution>
        return y


if lesson.check("dense", DenseLayer):
    torch.manual_seed(1)
    print(DenseLayer(2, 3)(torch.tensor([[1.0, 2.0]])))

# %% sequential-task [markdown]
# ### Exercise: the same out of parts
#
# PyTorch has such layers ready: `nn.Linear(inputs, outputs)` computes `xW + b`, `nn.Sigmoid()` the rest.
# `nn.Sequential(first, second, ...)` puts parts one behind the other. Build a model that takes 2 numbers and gives 3.

# %% sequential
# <solution>
model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid())
#? model = ...
# </solution>

if lesson.check("sequential", model):
    print(model(torch.tensor([[1.0, 2.0]])))
    print("numbers to learn:", sum(parameter.numel() for parameter in model.parameters()))

# %% module-task [markdown]
# ### Exercise: the same as a class of your own
#
# Models that are no plain chain are classes. In `__init__` say what parts there are: whatever you give to `self` there,
# its parameters are found. In `forward` say how they are used.


# %% module
class LinearWithSigmoid(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        # <solution>
        self.linear = nn.Linear(inputs, outputs)
        self.activation = nn.Sigmoid()
        #? self.linear = ...
        #? self.activation = ...
        # </solution>

    def forward(self, x):
        # <solution>
        return self.activation(self.linear(x))
        #? return ...
        # </solution>


if lesson.check("module", LinearWithSigmoid):
    print(LinearWithSigmoid(2, 3)(torch.tensor([[1.0, 2.0]])))

# %% identity-task [markdown]
# ### Exercise: sometimes the identity
#
# `forward` is plain Python, so a module may do one thing or another. Write one that gives its input back as it is where
# `isidentity` is true, and else what its linear layer makes of it.


# %% identity
class LinearButSometimesIdentity(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, x, isidentity=False):
        # <solution>
        if isidentity:
            return x
        return self.linear(x)
        #? return ...
        # </solution>


if lesson.check("identity", LinearButSometimesIdentity):
    model = LinearButSometimesIdentity(2, 3)
    x = torch.tensor([[1.0, 2.0]])
    print("linear:", model(x))
    print("identity:", model(x, isidentity=True))

# %% autograd [markdown]
# ## 1.4 Autograd
#
# To learn is to change numbers so that an error becomes smaller. Which way to change them, the **gradient** tells: how
# much the error grows where a number grows a little. PyTorch records the graph of your computation and walks it
# backwards.
#
# Three steps: make the tensor with `requires_grad=True`, so that it is recorded; compute; call `.backward()` on the
# result. Then `.grad` of the tensor holds the slope.

# %% gradient-task [markdown]
# ### Exercise: the slope of a parabola
#
# Let autograd tell the slope of y = x² at x = 3. (You know it: 2x. But autograd tells it for a network of a million
# numbers, too.)

# %% gradient
# <solution>
x = torch.tensor(3.0, requires_grad=True)
y = x**2
y.backward()
slope = x.grad
#? x = ...
#? y = ...
#? slope = ...
# </solution>

if lesson.check("gradient", x, slope):
    print("dy/dx:", slope)

# %% descent-task [markdown]
# ### Exercise: downhill
#
# Now everything together, with a single number in place of a network. The loss is (x − 4)²: it is least at 4. Begin
# anywhere, compute the loss, let autograd tell the slope, and go a small step **against** it: the slope times the
# learning rate 0.01. After 500 steps you should be there.
#
# One thing to remember: `.backward()` adds to what stands in `.grad`, and a step must not be recorded itself. Beginning
# each step with a fresh tensor, as below, takes care of both. Write what one step does: from x to the x after it.

# %% descent
target = 4.0
learning_rate = 0.01


def step(x):
    variable = torch.tensor(x, requires_grad=True)
    # <solution>
    loss = (variable - target) ** 2
    loss.backward()
    return x - learning_rate * variable.grad.item()
    #? loss = ...
    #? return ...
    # </solution>


if lesson.check("descent", step):
    torch.manual_seed(0)
    history = [torch.randn(1).item()]
    for _ in range(500):
        history.append(step(history[-1]))
    plt.figure(figsize=(7, 3))
    plt.plot(history, label="x")
    plt.axhline(target, color="tab:orange", linestyle="--", label="where the loss is least")
    plt.xlabel("step")
    plt.ylabel("x")
    plt.legend()
    plt.show()
    print("after 500 steps:", history[-1])

# %% farewell [markdown]
# ## What you have now
#
# Tensors, graphs, modules, gradients, descent: a language model with five million numbers is trained by the same loop,
# with a loss that says how badly it foretells the next character. That is [chapter 2](2-irish.ipynb).

# %% progress
print(lesson.progress())
