"""Turning a model's predictions into symbols: randomness, filters, constraints and the only step loop."""
