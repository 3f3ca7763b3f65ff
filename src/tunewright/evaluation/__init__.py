"""Measuring: how well a model foresees, and what it makes."""
