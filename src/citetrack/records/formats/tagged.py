"""Lists of tagged lines: RIS, whoever writes it, and Web of Science's plain text. Each record is read alone: a broken one costs no other.

- RIS: https://en.wikipedia.org/wiki/RIS_(file_format), read by rispy. Scopus writes ``DB  - Scopus`` and in ``N1``
  ``Export Date: 12 March 2026; Cited By: 12`` (older exports: ``Cited By :12`` and the date in two ``N1``); Web of Science writes
  ``AN  - WOS:…`` and in ``N1`` ``Times Cited in Web of Science Core Collection:  12`` (both seen in the tests of public readers of them).
- Web of Science field tags: https://images.webofknowledge.com/images/help/WOS/hs_wos_fieldtags.html (``PT`` kind, ``AU`` authors,
  ``AF`` their full names, ``CA`` group author, ``TI``, ``SO`` source, ``DT`` document type, ``TC`` times cited in the Core Collection,
  ``PY``, ``DI`` DOI, ``UT`` accession number, ``DA`` date of the export, ``ER`` end of record, ``EF`` end of file). A continuation
  starts with three blanks: one more name in ``AU``, more text elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from citetrack.errors import InputError
from citetrack.records import ids
from citetrack.records.formats import fields, opening
from citetrack.records.formats.fields import Notes
from citetrack.records.model import Observation, Record, Records
from citetrack.records.names import Name, parse_name

Tags = Mapping[str, Sequence[str]]

_WOS_TAG: Final = re.compile(r"([A-Z][A-Z0-9])(?: (.*))?")
_WOS_KINDS: Final = {"J": "article", "B": "book", "S": "incollection", "C": "inproceedings", "P": "patent"}
_RIS_START: Final = re.compile(r"TY  ?- ?")
_RIS_TAG: Final = re.compile(r"[A-Z][A-Z0-9]  ?-")
_RIS_END: Final = re.compile(r"ER  ?-")
_RIS_TYPES: Final = {
    "JOUR": "article",
    "EJOUR": "article",
    "MGZN": "article",
    "NEWS": "article",
    "ABST": "article",
    "INPR": "article",
    "CONF": "inproceedings",
    "CPAPER": "inproceedings",
    "CHAP": "incollection",
    "ECHAP": "incollection",
    "SER": "incollection",
    "BOOK": "book",
    "EBOOK": "book",
    "EDBOOK": "book",
    "THES": "phdthesis",
    "RPRT": "techreport",
    "UNPB": "unpublished",
    "MANSCPT": "unpublished",
    "PAT": "patent",
    "DATA": "dataset",
    "COMP": "software",
}
_OTHERS: Final = re.compile(r"et\s+al\.?|(?:and\s+)?others|\.{3}|…", re.IGNORECASE)
_EXPORTED: Final = re.compile(r"Export Date:\s*([^;\n]+)", re.IGNORECASE)
_SCOPUS_CITED: Final = re.compile(r"Cited By\s*:\s*([^;\s]+)", re.IGNORECASE)
_WOS_CITED: Final = re.compile(r"Times Cited in Web of Science Core Collection:\s*(\S+)", re.IGNORECASE)
_EID: Final = re.compile(r"\beid=(2-s2\.0-\d+)")


def read_wos(seen: opening.Head) -> Records:
    """Web of Science's plain text. Raises `InputError` where it holds no record."""
    notes = Notes(seen.path)
    records = [wos_record(notes, tags, line) for line, tags in _wos_blocks(notes, opening.whole_text(seen))]
    return _finished(notes, records, "wos", "wos")


def _wos_blocks(notes: Notes, text: str) -> Iterator[tuple[int, Tags]]:
    tags: dict[str, list[str]] = {}
    start, tag = 0, ""
    for number, line in enumerate(_lines(text), start=1):
        if line.startswith("  ") and tag:
            tags[tag].append(line.strip())
            continue
        found = _WOS_TAG.fullmatch(line.rstrip())
        tag = found[1] if found else ""
        if tag in ("ER", "PT", "EF") and start:
            if tag != "ER":
                notes.unread("the record breaks off: no ER ends it", start)
            yield start, tags
            tags, start = {}, 0
        if found and tag not in ("ER", "EF", "FN", "VR"):
            start = start or number
            tags.setdefault(tag, []).append((found[2] or "").strip())
        else:
            tag = ""
    if start:
        notes.unread("the record breaks off: no ER ends it", start)
        yield start, tags


def wos_record(notes: Notes, tags: Tags, line: int) -> Record:
    """One record of Web of Science from its field tags; `AU`, `AF` and `CA` hold one name each, other tags pieces of one text."""
    title, published = fields.line_of_text(_joined(tags, "TI")), fields.year(_joined(tags, "PY"))
    work_doi = fields.doi(_joined(tags, "DI"))
    names = _wos_names(tags)
    day = fields.dated(notes, _joined(tags, "DA"), line, "DA")
    key = fields.line_of_text(_joined(tags, "UT")) or _bare_doi(work_doi) or fields.title_key(title, published, line)
    return Record(
        key=key,
        source="wos",
        title=title,
        authors=names,
        authors_complete=bool(names),
        year=published,
        venue=fields.line_of_text(_joined(tags, "SO")),
        type=_wos_type(tags),
        ids=fields.known_ids(work_doi, ids.pmid(_joined(tags, "PM") or "")),
        observations=fields.counted(notes, _joined(tags, "TC"), source="wos", day=day, line=line, about=key),
        entry=fields.entry((to, _joined(tags, tag, " and " if tag == "AU" else " ")) for tag, to in _WOS_ENTRY.items()),
        origin=notes.origin(line),
    )


_WOS_ENTRY: Final = {
    "TI": "title",
    "AU": "author",
    "PY": "year",
    "SO": "journal",
    "VL": "volume",
    "IS": "number",
    "DI": "doi",
    "PU": "publisher",
    "SN": "issn",
    "BN": "isbn",
    "C1": "affiliations",
    "AB": "abstract",
}


def _joined(tags: Tags, tag: str, between: str = " ") -> str | None:
    return between.join(tags[tag]) if tag in tags else None


def _bare_doi(identifier: str | None) -> str:
    """A DOI as a key, without its scheme."""
    return (identifier or "").removeprefix("doi:")


def _wos_names(tags: Tags) -> tuple[Name, ...]:
    """Full names where every author has one; a group counts as an author after the people."""
    short, full = tags.get("AU", ()), tags.get("AF", ())
    people = full if len(full) >= len(short) else short
    stated = [fields.line_of_text(name) for name in (*people, *tags.get("CA", ()))]
    return tuple(parse_name(name) for name in stated if name and not name.startswith("[Anonymous"))


def _wos_type(tags: Tags) -> str:
    document = (_joined(tags, "DT") or "").casefold()
    if "proceedings paper" in document:
        return "inproceedings"
    if "book chapter" in document:
        return "incollection"
    return _WOS_KINDS.get((_joined(tags, "PT") or "").strip().upper(), "misc")


def read_ris(seen: opening.Head) -> Records:
    """A RIS file. Raises `InputError` where it holds no record."""
    notes = Notes(seen.path)
    records = [_ris_record(notes, text, line) for line, text in _ris_blocks(notes, opening.whole_text(seen))]
    sources = {record.source for record in records}
    provider = sources.pop() if len(sources) == 1 else "ris"
    return _finished(notes, records, "ris", None if provider == "ris" else provider)


def _ris_blocks(notes: Notes, text: str) -> Iterator[tuple[int, str]]:
    """The text of each record with the line it starts on, each of its tags on one line."""
    block: list[list[str]] = []
    start = 0
    for number, line in enumerate(_lines(text), start=1):
        begins = _RIS_START.match(line)
        if start and (begins or _RIS_END.match(line)):
            if begins:
                notes.unread("the record breaks off: no ER ends it", start)
            yield start, _ris_text(block)
            block, start = [], 0
        if begins:
            start = number
        if start and (begins or _RIS_TAG.match(line)):
            block.append([line])
        elif start:
            block[-1].append(line.strip())
    if start:
        notes.unread("the record breaks off: no ER ends it", start)
        yield start, _ris_text(block)


def _ris_text(block: Sequence[Sequence[str]]) -> str:
    """A record for rispy, whose own joining of continued lines takes time that grows with their square."""
    return "\n".join([*(" ".join(pieces) for pieces in block), "ER  - "])


def _ris_record(notes: Notes, text: str, line: int) -> Record:
    from rispy import loads

    if not text.startswith("TY  -"):  # rispy knows only the tag form of the specification, with two blanks
        text = re.sub(r"(?m)^([A-Z][A-Z0-9]) - ?", r"\1  - ", text)
    parsed = loads(text)
    if not parsed:
        notes.unread("a record without anything that could be read", line)
    return _record_of_ris(notes, parsed[0] if parsed else {}, line)


def _record_of_ris(notes: Notes, item: Mapping[str, object], line: int) -> Record:
    title, published = fields.line_of_text(_first(item, "title", "primary_title", "translated_title")), _ris_year(item)
    work_doi, source = fields.doi(_first(item, "doi")), _ris_source(item)
    addresses = _all(item, "urls", "file_attachments1", "file_attachments2")
    eid = _EID.search(" ".join(addresses))
    names, complete = _ris_authors(_all(item, "first_authors", "authors"))
    stated = fields.line_of_text(_first(item, "accession_number")) or (eid and eid[1]) or fields.line_of_text(_first(item, "id"))
    key = stated or _bare_doi(work_doi) or fields.title_key(title, published, line)
    kind = _first(item, "type_of_reference") or ""
    return Record(
        key=key,
        source=source,
        title=title,
        authors=names,
        authors_complete=complete,
        year=published,
        venue=fields.line_of_text(
            _first(item, "journal_name", "secondary_title", "alternate_title3", "alternate_title2", "alternate_title1")
        ),
        type=_RIS_TYPES.get(kind.strip().upper(), "misc"),
        ids=fields.known_ids(
            work_doi, *(fields.doi(one) or fields.arxiv(one) for one in addresses if "doi.org/" in one or "arxiv.org/" in one)
        ),
        observations=_ris_counts(notes, item, source, key, line),
        entry=_ris_entry(item),
        origin=notes.origin(line),
    )


def _ris_authors(lines: Sequence[str]) -> tuple[tuple[Name, ...], bool]:
    """One name a line, as RIS wants it, or the whole list in one line, as some write it; a line that only says ``et al.`` cuts the list."""
    names: list[Name] = []
    complete = bool(lines)
    for line in lines:
        several = ";" in line or ("," in line and " and " in line) or _OTHERS.fullmatch(line.strip())
        found, whole = fields.authors(line) if several else ((parse_name(line),), True)
        names += found
        complete = complete and whole
    return tuple(names), complete and bool(names)


def _ris_source(item: Mapping[str, object]) -> str:
    """Who wrote the file: `scopus`, `wos`, or `ris` where it does not say."""
    database = (_first(item, "name_of_database", "database_provider") or "").casefold()
    if "scopus" in database:
        return "scopus"
    accession = _first(item, "accession_number") or ""
    return "wos" if accession.startswith("WOS:") or "web of science" in database else "ris"


def _ris_counts(notes: Notes, item: Mapping[str, object], source: str, key: str, line: int) -> tuple[Observation, ...]:
    said = "\n".join(_all(item, "notes"))
    cited = (_WOS_CITED if source == "wos" else _SCOPUS_CITED).search(said)
    exported = _EXPORTED.search(said)
    if source == "ris" and cited:
        source = "scopus"  # nobody else writes its note
    day = fields.dated(notes, exported[1], line, "Export Date") if exported else None
    return (
        fields.counted(notes, cited[1], source=source, day=day, line=line, url=_first(item, "urls"), about=key) if cited else ()
    )


def _ris_year(item: Mapping[str, object]) -> int | None:
    return fields.year(_first(item, "year")) or fields.year(_first(item, "publication_year")) or fields.year(_first(item, "date"))


def _first(item: Mapping[str, object], *names: str) -> str | None:
    return next(iter(_all(item, *names)), None)


def _all(item: Mapping[str, object], *names: str) -> list[str]:
    found = [value for name in names for value in _listed(item.get(name))]
    return [value for value in found if value.strip()]


def _listed(value: object) -> list[str]:
    return (
        [value]
        if isinstance(value, str)
        else [part for part in value if isinstance(part, str)]
        if isinstance(value, list)
        else []
    )


def _ris_entry(item: Mapping[str, object]) -> Mapping[str, str]:
    authors = " and ".join(_all(item, "first_authors", "authors"))
    return fields.entry([("author", authors), *((to, _first(item, name)) for name, to in _RIS_ENTRY.items())])


_RIS_ENTRY: Final = {
    "title": "title",
    "primary_title": "title",
    "year": "year",
    "publication_year": "year",
    "secondary_title": "journal",
    "journal_name": "journal",
    "volume": "volume",
    "number": "number",
    "start_page": "pages",
    "doi": "doi",
    "publisher": "publisher",
    "issn": "issn",
    "urls": "url",
    "abstract": "abstract",
}


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _finished(notes: Notes, records: list[Record], format: str, list_of: str | None) -> Records:
    if not records:
        first = notes.problems[0].message if notes.problems else "no record in it"
        raise InputError(f"{notes.path}: {first}")
    days: list[date] = [observation.date for record in records for observation in record.observations if observation.date]
    return Records(records, problems=notes.problems, list_of=list_of, format=format, updated=max(days, default=None))
