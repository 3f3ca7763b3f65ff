"""Blind listening: composed and real tunes are heard side by side, and nobody can tell from the page which is which."""
