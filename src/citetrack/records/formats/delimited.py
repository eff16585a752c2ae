"""CSV lists: Publish or Perish, Scopus, Web of Science (tab-delimited), and the plain CSV that `resolve` reads. A column of a layout may be missing.

Layouts, by their header lines, and where they were seen:

- Publish or Perish (https://harzing.com/resources/publish-or-perish/manual/using/query-results/exporting; header lines in public readers of it):
  ``Cites,Authors,Title,Year,Source,Publisher,ArticleURL,CitesURL,GSRank,QueryDate,Type,DOI,ISSN,CitationURL,Volume,Issue,StartPage,EndPage,
  ECC,CitesPerYear,…``; older versions end after ``Type``. Which source was queried shows only in the addresses.
- Scopus (header line of a download as public tests transcribe it): ``Authors,Author full names,Author(s) ID,Title,Year,Source title,Volume,Issue,
  Art. No.,Page start,Page end,Page count,Cited by,DOI,Link,…,Document Type,…,Source,EID``. The file bears no date; an empty ``Cited by``
  states nothing.
- Web of Science, tab-delimited: two-letter field tags, see `tagged`.
- citetrack's own: ``id,source,title,authors,venue,year,doi,affiliation``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from citetrack.errors import InputError
from citetrack.records import ids
from citetrack.records.formats import fields, opening, table
from citetrack.records.formats.fields import Notes
from citetrack.records.formats.tagged import wos_record
from citetrack.records.model import Record, Records
from citetrack.records.names import Name, parse_name

# Which source Publish or Perish had queried, by the host of the addresses it writes.
_QUERIED: Final = {
    "scholar.google.": "scholar",
    "crossref.org": "crossref",
    "openalex.org": "openalex",
    "semanticscholar.org": "semanticscholar",
    "scopus.com": "scopus",
    "webofscience.com": "wos",
    "webofknowledge.com": "wos",
    "pubmed.ncbi.nlm.nih.gov": "pubmed",
}
_ROWS_LOOKED_AT: Final = 50
_EID: Final = re.compile(r"2-s2\.0-\d+")
_CITES_ID: Final = re.compile(r"[?&]cites=(\d+)")
_AUTHOR_ID: Final = re.compile(r"\s*\(\d*\)\s*$")
_FAMILY_INITIALS: Final = re.compile(r"(?P<family>.+?)\s+(?P<given>(?:[^\W\d_]{1,2}\.-?)+)(?:\s+(?P<suffix>Jr|Sr|II|III|IV)\.?)?")
# Document types of Publish or Perish and Scopus, as BibTeX has them.
TYPES: Final = {
    "article": "article",
    "article in press": "article",
    "data paper": "article",
    "editorial": "article",
    "letter": "article",
    "note": "article",
    "review": "article",
    "short survey": "article",
    "conference paper": "inproceedings",
    "conference review": "proceedings",
    "proceedings paper": "inproceedings",
    "book": "book",
    "book chapter": "incollection",
    "report": "techreport",
    "journal-article": "article",
    "proceedings-article": "inproceedings",
    "book-chapter": "incollection",
    "monograph": "book",
    "dissertation": "phdthesis",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """A list told by its column names: those that must be there, and how its rows become records."""

    format: str
    columns: frozenset[str]
    read: Callable[[Notes, Iterator[table.Row]], Records]
    quoted: bool = True


def layout(found: table.Header) -> Layout | None:
    """The first layout all of whose telling columns stand in the header, or `None`."""
    return next((known for known in LAYOUTS if known.columns <= set(found.names)), None)


def read(seen: opening.Head, found: table.Header, known: Layout) -> Records:
    """The records of a CSV list. Raises `InputError` where rows follow the header but none can be read."""
    notes = Notes(seen.path)
    records = known.read(notes, table.rows(seen, found, notes, quoted=known.quoted))
    records.format = known.format
    records.problems = notes.problems
    if notes.problems and not records:
        raise InputError(f"{seen.path}:{notes.problems[0].line}: {notes.problems[0].message}")
    return records


def _plain(notes: Notes, rows: Iterator[table.Row]) -> Records:
    return Records(_plain_record(notes, row) for row in rows)


def _plain_record(notes: Notes, row: table.Row) -> Record:
    cell = row.cells
    names, complete = fields.authors(cell.get("authors"))
    title, published = fields.line_of_text(cell.get("title")), fields.year(cell.get("year"))
    return Record(
        key=fields.line_of_text(cell.get("id")) or fields.title_key(title, published, row.line),
        source=(fields.line_of_text(cell.get("source")) or "csv").casefold(),
        title=title,
        authors=names,
        authors_complete=complete,
        year=published,
        venue=fields.line_of_text(cell.get("venue")),
        ids=fields.known_ids(fields.doi(cell.get("doi"))),
        affiliation=fields.line_of_text(cell.get("affiliation")),
        entry=fields.entry((_PLAIN_ENTRY[name], cell.get(name)) for name in _PLAIN_ENTRY),
        origin=notes.origin(row.line),
    )


_PLAIN_ENTRY: Final = {"title": "title", "authors": "author", "venue": "journal", "year": "year", "doi": "doi"}


def _publish_or_perish(notes: Notes, rows: Iterator[table.Row]) -> Records:
    first = list(islice(rows, _ROWS_LOOKED_AT))
    queried = _queried(first)
    records = [_publish_or_perish_record(notes, row, queried) for row in chain(first, rows)]
    days = [observation.date for record in records for observation in record.observations if observation.date]
    return Records(records, list_of=queried, updated=max(days, default=None))


def _queried(rows: Sequence[table.Row]) -> str:
    """The source whose addresses the rows hold; where they tell none, or several, it is Publish or Perish that says it.

    `CitesURL` leads to the source. `ArticleURL` leads to a publisher, unless the source gives no other address, as Scopus.
    """
    for column in ("citesurl", "articleurl"):
        sources = {source for row in rows if (source := _host_source(row.cells.get(column, "")))}
        if sources:
            return sources.pop() if len(sources) == 1 else "publish-or-perish"
    return "publish-or-perish"


def _host_source(address: str) -> str | None:
    host = address.casefold().partition("://")[2].partition("/")[0]
    return next((source for part, source in _QUERIED.items() if part in host), None)


def _publish_or_perish_record(notes: Notes, row: table.Row, source: str) -> Record:
    cell = row.cells
    names, complete = fields.authors(cell.get("authors"), commas_separate=";" not in cell.get("authors", ""))
    title, published = fields.line_of_text(cell.get("title")), fields.year(cell.get("year"))
    work_doi, cites = fields.doi(cell.get("doi")), _CITES_ID.search(cell.get("citesurl", ""))
    eid = _EID.search(cell.get("articleurl", ""))
    day = fields.dated(notes, cell.get("querydate"), row.line, "QueryDate")
    key = _key(work_doi, eid and eid[0], cites and cites[1]) or fields.title_key(title, published, row.line)
    preprint, url = fields.arxiv(cell.get("articleurl")), cell.get("citesurl")
    venue = fields.line_of_text(cell.get("source"))
    return Record(
        key=key,
        source=source,
        title=title,
        authors=names,
        authors_complete=complete,
        year=published,
        venue=None if preprint and venue and venue.casefold().startswith("arxiv") else venue,
        type=_type(cell.get("type")),
        ids=fields.known_ids(work_doi, preprint),
        observations=fields.counted(notes, cell.get("cites"), source=source, day=day, line=row.line, url=url, about=key),
        entry=fields.entry((to, cell.get(name)) for name, to in _PUBLISH_OR_PERISH_ENTRY.items()),
        origin=notes.origin(row.line),
    )


_PUBLISH_OR_PERISH_ENTRY: Final = {
    "title": "title",
    "authors": "author",
    "year": "year",
    "source": "journal",
    "publisher": "publisher",
    "articleurl": "url",
    "doi": "doi",
    "issn": "issn",
    "volume": "volume",
    "issue": "number",
    "abstract": "abstract",
}


def _key(*candidates: str | None) -> str | None:
    """The first key there is; a DOI stands without its scheme."""
    found = next((candidate for candidate in candidates if candidate), None)
    return found.removeprefix("doi:") if found else None


def _type(stated: str | None) -> str:
    return TYPES.get((stated or "").strip().casefold(), "misc")


def _scopus(notes: Notes, rows: Iterator[table.Row]) -> Records:
    return Records((_scopus_record(notes, row) for row in rows), list_of="scopus")


def _scopus_record(notes: Notes, row: table.Row) -> Record:
    cell = row.cells
    names, complete = _scopus_authors(cell)
    title, published = fields.line_of_text(cell.get("title")), fields.year(cell.get("year"))
    work_doi, eid = fields.doi(cell.get("doi")), _EID.search(cell.get("eid", "") or cell.get("link", ""))
    key = _key(eid and eid[0], work_doi) or fields.title_key(title, published, row.line)
    cited, link = cell.get("cited by"), cell.get("link")
    return Record(
        key=key,
        source="scopus",
        title=title,
        authors=names,
        authors_complete=complete,
        year=published,
        venue=fields.line_of_text(cell.get("source title")),
        type=_type(cell.get("document type")),
        ids=fields.known_ids(work_doi, ids.pmid(cell.get("pubmed id", ""))),
        observations=fields.counted(notes, cited, source="scopus", day=None, line=row.line, url=link, about=key),
        entry=fields.entry((to, cell.get(name)) for name, to in _SCOPUS_ENTRY.items()),
        origin=notes.origin(row.line),
    )


_SCOPUS_ENTRY: Final = {
    "title": "title",
    "authors": "author",
    "year": "year",
    "source title": "journal",
    "volume": "volume",
    "issue": "number",
    "art. no.": "articleno",
    "doi": "doi",
    "link": "url",
    "affiliations": "affiliations",
    "publisher": "publisher",
    "issn": "issn",
    "isbn": "isbn",
    "abstract": "abstract",
}


def _scopus_authors(cell: Mapping[str, str]) -> tuple[tuple[Name, ...], bool]:
    """``Author full names`` (``Pierrot, Anne (57219…); …``) where there, else ``Authors``: ``Pierrot A.; …``, before 2020 ``Pierrot, A., …``."""
    full = fields.line_of_text(cell.get("author full names"))
    if full:
        names = [_AUTHOR_ID.sub("", part).strip() for part in full.split(";")]
        return tuple(parse_name(name) for name in names if name), True
    listed = fields.line_of_text(cell.get("authors")) or ""
    if listed.startswith("[No author"):
        return (), False
    if re.search(r"[^\W\d_]\.?,\s", listed) and ";" not in listed:
        return fields.authors(listed)
    names = [family_first(part.strip()) for part in listed.split(";") if part.strip()]
    return tuple(parse_name(name) for name in names), bool(names)


def family_first(name: str) -> str:
    """A name that ends in initials, with the comma that tells its parts.

    >>> family_first("van der Berg A.-B."), family_first("Pierrot, A.")
    ('van der Berg, A.-B.', 'Pierrot, A.')
    """
    found = _FAMILY_INITIALS.fullmatch(name) if "," not in name else None
    if not found:
        return name
    return ", ".join(part for part in (found["family"], found["suffix"], found["given"]) if part)


def _wos(notes: Notes, rows: Iterator[table.Row]) -> Records:
    lists = ("AU", "AF", "CA")
    records = []
    for row in rows:
        tags = {name.upper(): [cell] for name, cell in row.cells.items() if cell.strip()}
        tags |= {tag: [name.strip() for name in tags[tag][0].split(";")] for tag in lists if tag in tags}
        records.append(wos_record(notes, tags, row.line))
    days = [observation.date for record in records for observation in record.observations if observation.date]
    return Records(records, list_of="wos", updated=max(days, default=None))


LAYOUTS: Final = (
    Layout("publish-or-perish", frozenset({"cites", "authors", "title"}), _publish_or_perish),
    Layout("scopus", frozenset({"title", "source title", "eid"}), _scopus),
    Layout("scopus", frozenset({"title", "source title", "cited by"}), _scopus),
    Layout("wos", frozenset({"pt", "au", "ti", "so"}), _wos, quoted=False),
    Layout("csv", frozenset({"title"}), _plain),
    Layout("csv", frozenset({"id", "doi"}), _plain),
    Layout("csv", frozenset({"id", "authors"}), _plain),
)
