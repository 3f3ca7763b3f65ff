"""Pieces to symbol ids and back."""
