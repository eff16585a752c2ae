"""Works, observations and metrics made into one person's profile, every figure with its provenance. Pure."""
