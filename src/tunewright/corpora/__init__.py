"""Where pieces come from."""
