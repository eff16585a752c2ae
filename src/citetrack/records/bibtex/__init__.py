"""BibTeX and BibLaTeX in and out: the only door to bibtexparser. What does not read is loaded when first used."""

from typing import TYPE_CHECKING

from citetrack.records.bibtex.reading import read, read_text

if TYPE_CHECKING:
    from citetrack.records.bibtex.checks import CODES, Fixed, check, fix, fix_text
    from citetrack.records.bibtex.writing import format_file, format_text, write

__all__ = ["CODES", "Fixed", "check", "fix", "fix_text", "format_file", "format_text", "read", "read_text", "write"]

_MODULES = dict.fromkeys(("format_file", "format_text", "write"), "writing")


def __getattr__(name: str) -> object:
    """A function of `check` or `write`, loaded now."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"{__name__}.{_MODULES.get(name, 'checks')}")
    found = globals()[name] = getattr(module, name)
    return found
