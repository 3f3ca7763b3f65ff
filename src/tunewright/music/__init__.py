"""Tunes: reading them, their bars and keys, how they sound, and what makes two of them alike."""
