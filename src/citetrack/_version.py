"""The version of citetrack, a literal: nothing needs importing to know it."""

__version__ = "0.1.0"
