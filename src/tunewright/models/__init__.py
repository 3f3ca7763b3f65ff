"""What predicts the next symbol."""
