"""BibTeX and BibLaTeX entries as records: text decoded, names split, ids found, the counts that exporters hide in fields.

Conventions: `authors` are the authors; of a book, collection or proceedings without any, its editors. `year` is the first plausible group
of four digits of `year`, else of `date`. `venue` is `journal` or `journaltitle`, else `booktitle`. `ids` are those of the work itself:
a DOI or arXiv id that the note mentions in passing is not. `entry` holds each field as the file has it, LaTeX in place, strings and ``#``
resolved, nothing inherited; what `crossref` and `xdata` bring is in the record's own attributes.

Reference: Philip Kime et al., "The biblatex Package", appendix B (inheritance), and the manual of biber.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from citetrack.records import names
from citetrack.records import text as texts
from citetrack.records.bibtex import blocks as parts
from citetrack.records.bibtex import source
from citetrack.records.bibtex.counts import date_in, observations
from citetrack.records.bibtex.inherit import with_inherited
from citetrack.records.bibtex.workids import ids_of
from citetrack.records.model import Problem, Record, Records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from citetrack.records.bibtex.blocks import Block

# The strings that every BibTeX style defines; they stand for themselves.
MONTHS: Final = {month: month for month in "jan feb mar apr may jun jul aug sep oct nov dec".split()}
_LONGEST_PREFACE: Final = 10_000
_YEAR = re.compile(r"(?<![0-9])(?:1[0-9]{3}|20[0-9]{2}|2100)(?![0-9])")
_LONGEST_YEAR: Final = 200
_NO_AUTHOR_BUT_EDITORS: Final = frozenset(
    "book mvbook collection mvcollection proceedings mvproceedings reference mvreference periodical conference misc online report manual".split()
)


class _Deferred(NamedTuple):
    """An entry that needs another one, perhaps further down, before it can be read."""

    place: int
    block: Block
    fields: dict[str, str]


def read(path: str | Path) -> Records:
    """The records of a `.bib` file, with `.problems`: one broken entry never costs another, and none raises.

    Raises `InputError` where the file itself cannot be read: missing, a folder, empty, binary, without permission.
    """
    return read_blocks(parts.blocks(source.chunks_of_file(path)), shown_name(path))


def shown_name(path: str | Path) -> str:
    """The file's name as origins and problems bear it: without what a terminal would obey."""
    return texts.clean(Path(path).name)


def read_text(text: str, file: str = "text.bib") -> Records:
    """The records of BibTeX given as text; `file` is what origins and problems call it."""
    return read_blocks(parts.blocks(source.chunks_of_text(text)), file)


def read_blocks(blocks: Iterable[Block], file: str) -> Records:
    """The records of blocks; `file` is what origins and problems call the file."""
    strings: dict[str, str] = {}
    found: list[Record | None] = []
    problems: list[Problem] = []
    deferred: list[_Deferred] = []
    exported: date | None = None
    for block in blocks:
        if block.kind == parts.ENTRY:
            fields, waits = _fields(block, strings, file, problems)
            if waits:
                deferred.append(_Deferred(len(found), block, fields))
                found.append(None)
            else:
                found.append(_record(block, fields, fields, file, problems))
        elif block.kind == parts.STRING:
            define(block, strings)
        elif block.kind == parts.TEXT and exported is None:
            exported = date_in(block.raw[:_LONGEST_PREFACE])
        if block.reason:
            problems.append(_problem_of(block, file))
    _resolve(deferred, found, strings, file, problems)
    problems.sort(key=lambda problem: problem.line)
    records = [record if exported is None else _dated(record, exported) for record in found if record is not None]
    return Records(records, problems=problems, format="bibtex")


def _dated(record: Record, exported: date) -> Record:
    """A record of a Scopus export, whose date stands once, above all entries."""
    observations = tuple(
        one._replace(date=exported) if one.source == "scopus" and one.date is None else one for one in record.observations
    )
    return replace(record, observations=observations) if observations else record


def define(block: Block, strings: dict[str, str]) -> None:
    """Adds what an ``@string`` defines."""
    for field in block.fields if block.kind == parts.STRING else ():
        strings[field.name] = parts.expanded(field.value, strings)


def _problem_of(block: Block, file: str) -> Problem:
    what = f"entry {block.key!r}" if block.key else f"@{block.type or 'entry'}"
    if block.kind == parts.LOST:
        return Problem(block.type, f"what begins here was left out: {block.reason}", file, block.line)
    if block.kind == parts.ENTRY:
        return Problem("mended_entry", f"{what} was read, but {block.reason}", file, block.line)
    return Problem("broken_entry", f"{what} could not be read and is kept as it stands: {block.reason}", file, block.line)


def _fields(block: Block, strings: Mapping[str, str], file: str, problems: list[Problem]) -> tuple[dict[str, str], bool]:
    """The fields by name, and whether the entry has to wait for another, or for a string that is defined later."""
    fields: dict[str, str] = {}
    again: set[str] = set()
    waits = False
    expanded = parts.expanded
    for name, value, line in block.fields:
        text = expanded(value, strings)
        if name in fields:
            if name in again:
                continue
            again.add(name)
            problems.append(
                Problem("duplicate_field", f"entry {block.key!r} has {name} more than once; the first counts", file, line)
            )
            continue
        fields[name] = text
        if text is value and not text.isdecimal() and text.lower() not in MONTHS:
            waits = True
    return fields, waits or "crossref" in fields or "xdata" in fields


def _resolve(
    deferred: list[_Deferred], found: list[Record | None], strings: Mapping[str, str], file: str, problems: list[Problem]
) -> None:
    if not deferred:
        return
    by_key: dict[str, tuple[str, Mapping[str, str]]] = {}
    for record in found:
        if record is not None:
            by_key.setdefault(record.key.casefold(), (record.type, record.entry))
    for _, block, fields in deferred:
        for name, value, _ in block.fields:
            if fields.get(name) == value:
                fields[name] = parts.expanded(value, strings)
        by_key.setdefault(block.key.casefold(), (block.type, fields))
    for place, block, fields in deferred:
        inherited = with_inherited(block.type, fields, by_key)
        found[place] = _record(block, fields, inherited, file, problems)


def _record(block: Block, own: dict[str, str], fields: Mapping[str, str], file: str, problems: list[Problem]) -> Record:
    """The record of an entry whose `own` fields, with those inherited, are `fields`."""
    get = fields.get
    people, complete = names.split(_people(block.type, own, fields))
    venue = get("journal") or get("journaltitle") or get("booktitle")
    title = texts.decode(get("title", "")) or None
    year = _year(get("year", "")[:_LONGEST_YEAR], get("date", "")[:_LONGEST_YEAR])
    key = block.key or _made_key(people, year, title)
    if not block.key:
        problems.append(Problem("missing_key", f"an entry has no key; it is called {key!r} here", file, block.line))
    if year is None:
        _doubt_year(fields, key, file, block, problems)
    return Record(
        key,
        "bib",
        title,
        people,
        complete,
        year,
        (_venue(venue) or None) if venue else None,
        block.type,
        ids_of(block.type, key, own),
        observations(block, own, key, file, problems),
        texts.decode(own.get("affiliation") or own.get("affiliations") or "") or None,
        own,
        f"{file}:{block.line}",
    )


_venue = lru_cache(maxsize=8192)(texts.decode)


def _people(kind: str, own: Mapping[str, str], fields: Mapping[str, str]) -> str:
    authors = fields.get("author") or fields.get("authors")
    if authors:
        return authors
    return own.get("editor") or own.get("editors") or "" if kind in _NO_AUTHOR_BUT_EDITORS else ""


@lru_cache(maxsize=8192)
def _year(year: str, date: str) -> int | None:
    found = _YEAR.search(year) or _YEAR.search(_ascii_digits(texts.decode(year))) or _YEAR.search(_ascii_digits(date))
    return int(found[0]) if found else None


def _ascii_digits(text: str) -> str:
    """`text` with the decimal digits of every script as 0 to 9."""
    return text if text.isascii() else "".join(str(unicodedata.decimal(character, character)) for character in text)


def _doubt_year(fields: Mapping[str, str], key: str, file: str, block: Block, problems: list[Problem]) -> None:
    written = texts.decode(fields.get("year") or fields.get("date") or "")
    if any(character.isdecimal() for character in written):
        line = next((field.line for field in block.fields if field.name in ("year", "date")), block.line)
        problems.append(
            Problem("implausible_year", f"entry {key!r}: {written[:40]!r} holds no year from 1000 to 2100", file, line)
        )


def _made_key(people: tuple[names.Name, ...], year: int | None, title: str | None) -> str:
    """A key for an entry without one, from what it says, so that writing and reading again gives the same."""
    words = texts.fold(title or "").split()
    word = next((word for word in words if len(word) > 3), words[0] if words else "")
    family = texts.fold(people[0].family).replace(" ", "") if people else ""
    return f"{family}{year or ''}{word}" or "entry"
