"""What an entry inherits: everything from its `xdata` containers, and from its `crossref` parent by the rules of BibTeX and BibLaTeX.

Reference: "The biblatex Package", appendix B, "Default Inheritance Setup". Only fields that the child lacks are inherited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


_NEVER: Final = frozenset(
    "ids crossref xref entryset entrysubtype execute label options presort related relatedoptions relatedstring relatedtype shorthand "
    "shorthandintro sortkey sorttitle indextitle indexsorttitle shorttitle xdata keywords abstract note annote file url doi eprint".split()
)
_BOOK_PARTS: Final = frozenset({"inbook", "bookinbook", "suppbook"})
_COLLECTION_PARTS: Final = frozenset({"incollection", "inreference", "suppcollection"})
_TO_MAIN: Final = {"title": "maintitle", "subtitle": "mainsubtitle", "titleaddon": "maintitleaddon"}
_TO_BOOK: Final = {"title": "booktitle", "subtitle": "booksubtitle", "titleaddon": "booktitleaddon"}
_TO_JOURNAL: Final = {"title": "journaltitle", "subtitle": "journalsubtitle", "titleaddon": "journaltitleaddon"}
_MOST_ANCESTORS: Final = 32


def with_inherited(kind: str, own: Mapping[str, str], entries: Mapping[str, tuple[str, Mapping[str, str]]]) -> Mapping[str, str]:
    """`own` fields of an entry of type `kind` together with what it inherits; circles and unknown keys bring nothing."""
    return _inherited(kind, own, entries, set())


def _inherited(
    kind: str, own: Mapping[str, str], entries: Mapping[str, tuple[str, Mapping[str, str]]], met: set[str]
) -> Mapping[str, str]:
    if not ("xdata" in own or "crossref" in own):
        return own
    fields = dict(own)
    for written, contains in [*((key, True) for key in own.get("xdata", "").split(",")), (own.get("crossref", ""), False)]:
        key = written.strip().casefold()
        if key in met or key not in entries or len(met) >= _MOST_ANCESTORS:
            continue
        met.add(key)
        ancestor, theirs = entries[key]
        _add(fields, _inherited(ancestor, theirs, entries, met), {} if contains else _renamed(ancestor, kind))
    return fields


def _add(fields: dict[str, str], inherited: Mapping[str, str], renamed: Mapping[str, str]) -> None:
    for name, value in inherited.items():
        new = renamed.get(name, name)
        if name not in _NEVER and (new == name or new not in inherited):
            fields.setdefault(new, value)
            if name == "author" and renamed is _TO_BOOK:
                fields.setdefault("bookauthor", value)


def _renamed(parent: str, child: str) -> Mapping[str, str]:
    match parent:
        case "mvbook" if child in _BOOK_PARTS | {"book"}:
            return _TO_MAIN
        case "mvcollection" | "mvreference" if child in _COLLECTION_PARTS | {"collection", "reference"}:
            return _TO_MAIN
        case "mvproceedings" if child in ("proceedings", "inproceedings"):
            return _TO_MAIN
        case "book" if child in _BOOK_PARTS:
            return _TO_BOOK
        case "collection" | "reference" if child in _COLLECTION_PARTS:
            return _TO_BOOK
        case "proceedings" | "conference" if child in ("inproceedings", "conference"):
            return _TO_BOOK
        case "book" if child in ("incollection", "inproceedings"):
            return _TO_BOOK
        case "periodical" if child in ("article", "suppperiodical"):
            return _TO_JOURNAL
        case _:
            return {}
