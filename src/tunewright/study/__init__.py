"""Studies: settings are varied, each variant is trained and composes, and all are compared at equal compute."""
