"""The counts that exporters hide in fields: Scopus, Web of Science, Zotero's plug-ins, and whoever adds a field `citations`."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from citetrack.records.model import Observation, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from citetrack.records.bibtex.blocks import Block

MOST: Final = 10**9
# Fields that hold a count and nothing else, and the source that writes them (`bib`: whoever keeps the file).
FIELDS: Final = {
    "times-cited": "wos",
    "timescited": "wos",
    "times_cited": "wos",
    "citations": "bib",
    "citationcount": "bib",
    "citation_count": "bib",
    "citation-count": "bib",
    "citationscount": "bib",
    "citedby": "bib",
    "cited-by": "bib",
    "cited_by": "bib",
    "citedbycount": "bib",
    "cited_by_count": "bib",
    "num_citations": "bib",
    "numcitations": "bib",
    "ncitations": "bib",
    "google-citations": "scholar",
    "gscholar-citations": "scholar",
    "scholar_citations": "scholar",
    "semanticscholar-citations": "semanticscholar",
    "crossref-citations": "crossref",
}
NOTES: Final = frozenset({"note", "annote", "annotation", "extra", "addendum"})
_ALL: Final = frozenset(FIELDS) | NOTES
_SOURCES: Final = {
    "crossref": "crossref",
    "semantic scholar": "semanticscholar",
    "inspire": "inspire",
    "inspire-hep": "inspire",
    "nasa ads": "ads",
    "google scholar": "scholar",
    "openalex": "openalex",
    "opencitations": "opencitations",
    "scopus": "scopus",
    "web of science": "wos",
}
_NUMBER = r"(?<![\d.,])(?P<count>[+-]?\d(?:[\d,. \u00a0]{0,18}\d)?)"
# Without a colon only as a sentence of its own: papers, too, are "cited by 12 groups".
_CITED_BY = re.compile(
    r"(?P<begin>(?:^|[.;{\n])\s{0,40})?\bcited[ -]?by(?:\s*\(since 1996\))?\s*(?P<colon>:\s*)?"
    + _NUMBER
    + r"(?P<end>\s*(?:[.;}\n]|$))?",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
_ZOTERO = re.compile(_NUMBER + r" citations \((?P<source>[\w -]{2,30})(?:/[\w .-]{1,20})?\)(?: \[(?P<date>\d{4}-\d\d-\d\d)\])?")
_ZOTERO_SCHOLAR = re.compile(r"\bZSCC: 0*(?P<count>\d+)\b")
_DIGIT = re.compile(r"[0-9]")
_THOUSANDS = re.compile(r"\d{1,3}(?:[, \u00a0]\d{3})+")
_EXPORTED = re.compile(r"(?:export|query) ?date:?\s*(\d{1,2} [A-Za-z]{3,9} \d{4}|\d{4}-\d\d-\d\d)", re.IGNORECASE)
_MONTHS: Final = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}


class _Stated(NamedTuple):
    source: str
    written: str
    line: int
    date: date | None = None


def observations(
    block: Block, fields: Mapping[str, str], key: str, file: str, problems: list[Problem]
) -> tuple[Observation, ...]:
    """The counts of citations that the entry's own fields state. What is no count (negative, fractional, absurd) becomes a problem."""
    if _ALL.isdisjoint(fields):
        return ()
    found = []
    for stated in _stated(block, fields):
        value = count(stated.written)
        if value is None:
            message = f"entry {key!r}: {stated.written[:40]!r} is no count of citations (a whole number from 0 to {MOST:,})"
            problems.append(Problem("bad_count", message, file, stated.line))
        else:
            found.append(Observation(stated.source, stated.date, value, about=key, origin=f"{file}:{stated.line}"))
    return tuple(found)


def count(written: str) -> int | None:
    """A count as people write it, thousands set apart or not, or `None`."""
    digits = re.sub(r"[, \u00a0]", "", written) if _THOUSANDS.fullmatch(written) else written
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
        return None
    value = int(digits)
    return value if value <= MOST else None


def _stated(block: Block, fields: Mapping[str, str]) -> Iterator[_Stated]:
    lines: dict[str, int] = {}
    for field in block.fields:
        if field.name in _ALL:
            lines.setdefault(field.name, field.line)
    for name, line in lines.items():
        if name in FIELDS:
            written = fields[name].strip(" {}\n\t")
            if _DIGIT.search(written) and not _lists_keys(written):
                yield _Stated(FIELDS[name], written, line, _exported(fields))
        elif _DIGIT.search(fields[name]):
            yield from _in_note(fields[name], line)


def _lists_keys(written: str) -> bool:
    """Whether a field such as `citedby` names the citing works instead of counting them."""
    return bool(_LETTER.match(written)) or ("," in written and bool(_LETTER.search(written)))


def _in_note(note: str, line: int) -> Iterator[_Stated]:
    for found in _CITED_BY.finditer(note):
        if found["colon"] or (found["begin"] is not None and found["end"] is not None):
            yield _Stated("scopus", found["count"].rstrip(".,"), line + note.count("\n", 0, found.start("count")), date_in(note))
    if "citations (" in note:
        for found in _ZOTERO.finditer(note):
            source = _SOURCES.get(found["source"].lower(), "bib")
            yield _Stated(source, found["count"], line + note.count("\n", 0, found.start()), _iso(found["date"]))
    for found in _ZOTERO_SCHOLAR.finditer(note):
        yield _Stated("scholar", found["count"], line + note.count("\n", 0, found.start()))


def _exported(fields: Mapping[str, str]) -> date | None:
    """The day that the entry states: an export date in its note, or Web of Science's field `da`."""
    stated = date_in(fields["note"]) if "note" in fields else None
    return stated or _iso(fields.get("da", "").strip("{} "))


def date_in(note: str) -> date | None:
    """The day of the export, or of the query, that a text states."""
    found = _EXPORTED.search(note)
    if not found:
        return None
    if "-" in found[1]:
        return _iso(found[1])
    day, month, year = found[1].split()
    try:
        return date(int(year), _MONTHS.get(month[:3].lower(), 0), int(day))
    except ValueError:
        return None


def _iso(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None
