"""The training loop, its batches and those who watch it."""
