"""Checks of chapter 1, PyTorch from zero."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tunewright.course.checks.comparing import same_tensor, shape_of
from tunewright.course.lesson import Check, Hint, finished


def ranks(*given: Any) -> Hint | None:
    """How many dimensions a number, a number, a list and a count have."""
    for name, one, right in zip(("1234", "pi", "fibonacci", "count"), given, (0, 0, 1, 1), strict=True):
        if not isinstance(one, int) or isinstance(one, bool):
            return Hint("no_number", {"name": name})
        if one != right:
            return Hint("number_has_none" if right == 0 else "length_is_no_rank" if one > 1 else "list_has_one")
    return None


def matrix(given: Any) -> Hint | None:
    """A matrix of two rows and four columns."""
    if not isinstance(given, Tensor):
        return Hint("no_tensor", {"type": type(given).__name__})
    if given.ndim != 2:
        return Hint("rank", {"rank": given.ndim})
    if given.shape == (4, 2):
        return Hint("turned")
    if given.shape != (2, 4):
        return Hint("shape", {"shape": shape_of(given)})
    if not given.is_floating_point():
        return Hint("whole")
    return None


def images(given: Any) -> Hint | None:
    """Ten black pictures of three colours and 256 x 256 points."""
    if not isinstance(given, Tensor):
        return Hint("no_tensor", {"type": type(given).__name__})
    if given.ndim != 4:
        return Hint("rank", {"rank": given.ndim})
    if given.shape == (10, 256, 256, 3):
        return Hint("channels_last")
    if given.shape != (10, 3, 256, 256):
        return Hint("shape", {"shape": shape_of(given)})
    if given.any():
        return Hint("not_black")
    return None


def slices(matrix: Any, row: Any, column: Any, number: Any) -> Hint | None:
    """The second row, the second column, and what stands in the first row's second place."""
    if not all(isinstance(one, Tensor) for one in (row, column, number)):
        return Hint("no_tensor")
    if same_tensor(row, matrix[0]) or same_tensor(column, matrix[:, 0]):
        return Hint("from_zero")
    if same_tensor(column, matrix[1]) or same_tensor(row, matrix[:, 1]):
        return Hint("rows_first")
    if same_tensor(number, matrix[1, 0]):
        return Hint("swapped")
    if number.ndim:
        return Hint("not_one_number", {"shape": shape_of(number)})
    right = same_tensor(row, matrix[1]) and same_tensor(column, matrix[:, 1]) and same_tensor(number, matrix[0, 1])
    return None if right else Hint("others")


def graph(function: Any) -> Hint | None:
    """c = a + b, d = b - 1, e = c d."""
    a, b = torch.tensor(1.5), torch.tensor(2.5)
    given = float(finished(function(a, b)))
    wrong = {
        4.0: "stopped_at_c",
        1.5: "stopped_at_d",
        -6.0: "d_turned",
        2.0: "d_of_a",
        5.5: "added",
        float(4.0 / 1.5): "divided",
    }
    for value, key in wrong.items():
        if abs(given - value) < 1e-6:
            return Hint(key)
    if abs(given - 6.0) > 1e-6:
        return Hint("other", {"value": f"{given:.4g}"})
    other = float(function(torch.tensor(-2.0), torch.tensor(7.0)))
    return None if abs(other - 30.0) < 1e-5 else Hint("fixed")


def dense(layer_class: Any) -> Hint | None:
    """y = sigmoid(xW + b)."""
    torch.manual_seed(0)
    layer = layer_class(2, 3)
    x = torch.tensor([[1.0, 2.0], [-0.5, 0.25]])
    try:
        given = finished(layer(x))
    except RuntimeError as error:
        if "mat1 and mat2" in str(error) or "size mismatch" in str(error) or "must match" in str(error):
            return Hint("order")
        raise
    product, weighted = x @ layer.W, x @ layer.W + layer.b
    if given.shape != (2, 3):
        return Hint("shape", {"shape": shape_of(given)})
    wrong = {
        "no_sigmoid": weighted,
        "no_bias": torch.sigmoid(product),
        "neither": product,
        "softmax": torch.softmax(weighted, -1),
        "tanh": torch.tanh(weighted),
        "relu": torch.relu(weighted),
        "bias_outside": torch.sigmoid(product) + layer.b,
        "bias_taken_away": torch.sigmoid(product - layer.b),
    }
    return _compared(given, torch.sigmoid(weighted), wrong)


def sequential(model: Any) -> Hint | None:
    """A linear layer from 2 to 3, then the sigmoid."""
    if not isinstance(model, nn.Sequential):
        return Hint("no_sequential", {"type": type(model).__name__})
    layers = list(model)
    linear = [one for one in layers if isinstance(one, nn.Linear)]
    if len(linear) != 1:
        return Hint("linear_layers", {"count": len(linear)})
    if (linear[0].in_features, linear[0].out_features) == (3, 2):
        return Hint("turned")
    if (linear[0].in_features, linear[0].out_features) != (2, 3):
        return Hint("sizes", {"inputs": linear[0].in_features, "outputs": linear[0].out_features})
    if len(layers) == 1:
        return Hint("no_activation")
    if isinstance(layers[0], nn.Sigmoid):
        return Hint("activation_first")
    if not isinstance(layers[1], nn.Sigmoid):
        return Hint("another_activation", {"type": type(layers[1]).__name__})
    return None if len(layers) == 2 else Hint("too_many")


def module(model_class: Any) -> Hint | None:
    """The same as a class of one's own."""
    torch.manual_seed(0)
    try:
        model = model_class(2, 3)
    except AttributeError as error:
        if "before Module.__init__" in str(error):
            return Hint("no_super")
        raise
    x = torch.tensor([[1.0, 2.0]])
    given = finished(model(x))
    linear = [one for one in model.modules() if isinstance(one, nn.Linear)]
    if not linear:
        return Hint("not_registered")
    if given.shape != (1, 3):
        return Hint("shape", {"shape": shape_of(given)})
    z = linear[0](x)
    wrong = {
        "no_activation": z,
        "activation_first": linear[0](torch.sigmoid(x)),
        "twice": torch.sigmoid(torch.sigmoid(z)),
        "relu": torch.relu(z),
        "softmax": torch.softmax(z, -1),
    }
    return _compared(given, torch.sigmoid(z), wrong)


def identity(model_class: Any) -> Hint | None:
    """The input itself where it is asked for, else the linear layer's output."""
    torch.manual_seed(0)
    model, x = model_class(2, 3), torch.tensor([[1.0, 2.0]])
    usual, kept = finished(model(x)), finished(model(x, isidentity=True))
    (linear,) = [one for one in model.modules() if isinstance(one, nn.Linear)]
    if same_tensor(usual, x) and same_tensor(kept, linear(x)):
        return Hint("turned")
    if same_tensor(kept, linear(x)):
        return Hint("ignored")
    if same_tensor(usual, x):
        return Hint("always")
    if not same_tensor(kept, x):
        return Hint("changed", {"shape": shape_of(kept)})
    return None if same_tensor(usual, linear(x)) else Hint("not_linear")


def gradient(x: Any, slope: Any) -> Hint | None:
    """The slope of x squared at 3, told by autograd."""
    if isinstance(x, Tensor) and not x.requires_grad:
        return Hint("not_recorded")
    if slope is None:
        return Hint("no_backward")
    if not isinstance(slope, Tensor):
        return Hint("by_hand")
    value = float(slope.detach())
    told = {3.0: "is_x", 9.0: "is_y", 2.0: "of_double", 12.0: "twice", 27.0: "of_cube"}
    if abs(value - 6.0) < 1e-5:
        return None
    return Hint(told.get(round(value, 4), "other"), {"value": f"{value:.4g}"})


def descent(step: Any) -> Hint | None:
    """One step from x down the square of its distance from 4, at the rate 0.01."""
    given = float(finished(step(1.0)))
    told = {
        1.06: None,
        0.94: "climbs",
        1.0: "stands_still",
        7.0: "no_rate",
        0.99: "no_square",
        1.01: "distance",
        0.98: "to_zero",
        1.03: "half",
        9.0: "is_loss",
        -6.0: "is_slope",
        1.6: "other_rate",
        1.006: "other_rate",
    }
    for value, key in told.items():
        if abs(given - value) < 1e-5:
            return Hint(key) if key else None
    return Hint("other", {"value": f"{given:.4g}"})


def _compared(given: Tensor, right: Tensor, wrong: dict[str, Tensor]) -> Hint | None:
    """Right, or the mistake that gives what was given."""
    if same_tensor(given, right):
        return None
    for key, value in wrong.items():
        if same_tensor(given, value):
            return Hint(key)
    return Hint("other")


CHECKS: dict[str, Check] = {
    "ranks": ranks,
    "matrix": matrix,
    "images": images,
    "slices": slices,
    "graph": graph,
    "dense": dense,
    "sequential": sequential,
    "module": module,
    "identity": identity,
    "gradient": gradient,
    "descent": descent,
}
