"""Something to hear and to see."""
