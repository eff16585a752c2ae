"""A profile, an explanation or a set of metrics as a person or a program reads it. Nothing is computed here."""
