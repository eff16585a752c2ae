"""What sources say, as frozen data: text, identifiers, names, the model, and the formats it is read from and written to. Pure."""
