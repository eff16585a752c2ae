"""BibTeX and BibLaTeX in and out: the only door to bibtexparser."""

from citetrack.records.bibtex.read import read, read_text
from citetrack.records.bibtex.write import format_file, format_text, write

__all__ = ["format_file", "format_text", "read", "read_text", "write"]


