"""Crossref: what the publishers registered with it about the works that bear its DOIs, and how often those cite each other.

It knows a work's title, authors, dates, where it appeared, the preprint or version it belongs to, retractions and other updates, and counts the
references that its members deposited. It knows no DOI that another agency registered (arXiv, Zenodo and other DataCite members: simply
absent) and keeps no record of persons: by an ORCID iD it finds the works whose publishers deposited that iD, often not all of them.

Documentation: https://api.crossref.org/swagger-ui/index.html (resources, filters, fields, paging),
https://www.crossref.org/documentation/retrieve-metadata/rest-api/access-and-authentication/ (pools, limits, the Plus token),
https://www.crossref.org/documentation/retrieve-metadata/rest-api/rest-api-filters/,
https://www.crossref.org/documentation/retrieve-metadata/rest-api/tips-for-using-the-crossref-rest-api/,
https://github.com/CrossRef/rest-api-doc (deprecated; alone in describing each field: api_format.md),
https://www.crossref.org/documentation/schema-library/markup-guide-metadata-segments/relationships/ (relations),
https://www.crossref.org/documentation/crossmark/crossmark-registering-updates/ and https://crossref.gitlab.io/tutorials/get-rw-metadata/ (updates).

Terms: since December 2025 an anonymous user may ask for one list a second and one after the other; with a mail address three
(https://www.crossref.org/blog/announcing-changes-to-rest-api-rate-limits/). The limit in force stands in each answer's headers.

How it is asked. Pages are asked for by `offset`, which reaches 10,000 works: more than a person writes. A cursor would not do: the service names
the same `next-cursor` on every page (seen in each recorded list), so that different pages have one address, and a cache or an interrupted
run takes one for another. Nothing is selected, since `institution`, the only venue that a preprint has, cannot be. One DOI alone is asked
for as `/works/{doi}`, several by a filter that repeats `doi:`; the service reads 4,096 bytes of a request's first line
(https://github.com/CrossRef/rest-api-doc/issues/251).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from citetrack.errors import Malformed
from citetrack.http import Key, Pace
from citetrack.records import ids, shape
from citetrack.records.formats import fields
from citetrack.records.model import Observation, Problem, Question, Record, Said
from citetrack.records.names import Name, parse_name
from citetrack.records.text import without_controls

if TYPE_CHECKING:
    from citetrack.http import Answer, Http

BASE: Final = "https://api.crossref.org"
HOSTS: Final = ("api.crossref.org",)
IDS: Final = ("orcid", "doi")
PACE: Final = Pace(requests=1, seconds=1)
KEY: Final = Key(variables=("CROSSREF_PLUS_API_TOKEN",), header="Crossref-Plus-API-Token", prefix="Bearer ")
CONTACT: Final = "mailto"
ANONYMOUS: Final = "the public pool: slower, and blocked without a word where the polite pool would write first"
PROVEN: Final = "real recordings of single works (2022 and 2026); lists by DOI and by ORCID iD on answers in the documented shape"

ROWS: Final = 50
"""Works in one answer: fifty papers of 2,900 authors each, 300 bytes an author, are some 43 MB, which still come through."""
FARTHEST: Final = 10_000
"""How far `offset` and `rows` together may reach."""
LONGEST_FILTER: Final = 3_200
"""Bytes of a filter as it is sent; the rest of a request's first line, a mail address among it, needs a few hundred of its 4,096."""

# https://api.crossref.org/types; all others (journal, component, peer-review, grant …) have no better name in BibTeX than misc.
TYPES: Final = {
    "journal-article": "article",
    "proceedings-article": "inproceedings",
    "book-chapter": "incollection",
    "book-part": "incollection",
    "book-section": "incollection",
    "book-track": "incollection",
    "reference-entry": "incollection",
    "book": "book",
    "book-set": "book",
    "edited-book": "book",
    "monograph": "book",
    "reference-book": "book",
    "proceedings": "proceedings",
    "report": "techreport",
    "report-component": "techreport",
    "dissertation": "phdthesis",
    "dataset": "dataset",
    "database": "dataset",
}
_CONTAINERS: Final = {
    "article": "journal",
    "inproceedings": "booktitle",
    "incollection": "booktitle",
    "book": "series",
    "proceedings": "series",
}

# `issued` is the earliest date of publication that is known, and required; the others stand in where it is `[[null]]`. `created` never
# does: it is the day on which the DOI was registered, decades late for old papers.
_DATES: Final = ("issued", "published", "published-print", "published-online", "posted", "approved")

RELATIONS: Final = (
    "is-preprint-of",
    "has-preprint",
    "is-manuscript-of",
    "has-manuscript",
    "is-version-of",
    "has-version",
    "is-replaced-by",
    "replaces",
    "is-identical-to",
    "is-same-as",
)
"""Relations between forms of one work; each becomes a field of the entry under this name: the ids of the other forms, blanks between them."""

_WITHDRAWING: Final = {"retraction": "retracted", "withdrawal": "withdrawn", "removal": "withdrawn"}


def fetch(question: Question, http: Http) -> Iterator[Said]:
    """The works that state the person's ORCID iD, then those of the DOIs asked for that are not among them. What is not registered here is silently absent."""
    seen: set[str] = set()
    orcid = question.ids.get("orcid", "")
    if orcid:
        yield from _listed(f"orcid:{orcid}", http, seen, orcid)
    for batch in _batches(doi for doi in question.dois if doi not in seen):
        if len(batch) > 1:
            yield from _listed(",".join(f"doi:{doi}" for doi in batch), http, seen, orcid)
        elif answer := http.get_or_none("works", batch[0]):
            yield from _told([shape.field(answer.json(), "message")], answer, seen, orcid)


def _batches(dois: Iterable[str]) -> Iterator[list[str]]:
    """As many DOIs as one filter holds. One with a comma in it stands alone, since in a filter the comma begins the next."""
    batch: list[str] = []
    length = 0
    for doi in dict.fromkeys(dois):
        if "," in doi:
            yield [doi]
            continue
        longer = len(quote(f"doi:{doi},", safe=""))
        if batch and (len(batch) == ROWS or length + longer > LONGEST_FILTER):
            yield batch
            batch, length = [], 0
        batch.append(doi)
        length += longer
    if batch:
        yield batch


def _listed(chosen: str, http: Http, seen: set[str], orcid: str) -> Iterator[Said]:
    """Every work that the filter chooses, page by page. Its order is one that later deposits do not disturb."""
    params: dict[str, str | int] = {"filter": chosen, "rows": ROWS, "sort": "created", "order": "asc"}
    read, before = 0, None
    given: set[str] = set()
    while True:
        answer = http.get("works", params=params | ({"offset": read} if read else {}))
        found, total = _page(answer)
        yield from _told(found, answer, seen, orcid)
        given |= _distinct(found, read)
        read += len(found)
        if read >= total or not found or found == before or read + ROWS > FARTHEST:
            break
        before = found
    if len(given) < total:
        yield Problem("unread", f"Crossref counts {total:,} works for {chosen[:60]} but gives {len(given):,}; try again later")


def _distinct(found: Sequence[object], place: int) -> set[str]:
    """What tells the works of a page apart: the DOI, or the place in the list of one that states none."""
    stated = (item.get("DOI") if isinstance(item, Mapping) else None for item in found)
    return {str(doi or at).casefold() for at, doi in enumerate(stated, start=place)}


def _page(answer: Answer) -> tuple[Sequence[object], int]:
    """The works of one page, and how many there are on all pages together."""
    found = shape.items(answer.json(), "message", "items")
    total = shape.integer(answer.json(), "message", "total-results")
    if found is None or total is None:
        raise Malformed("message.items or message.total-results is missing: Crossref answers no list of works")
    return found, total


def _told(found: Iterable[object], answer: Answer, seen: set[str], orcid: str) -> Iterator[Said]:
    """The records that were not said before, each followed by what has to be known about it."""
    for said in shape.each(found, partial(_work, answer=answer, orcid=orcid), "Crossref's work"):
        if isinstance(said, Problem):
            yield said
        elif said[0].key not in seen:
            seen.add(said[0].key)
            yield from said


def _work(item: object, answer: Answer, orcid: str) -> tuple[Record, *tuple[Problem, ...]]:
    record = _record(item, answer, orcid)
    return record, *_warnings(record, _withdrawals(item, record.key))


def _record(item: object, answer: Answer, orcid: str = "") -> Record:
    """One work. Raises `Malformed` where a known field is of another type than documented, or the DOI is missing."""
    key = _doi(item)
    kind = TYPES.get(shape.line(item, "type") or "", "misc")
    authors = [_name(author) for author in shape.items(item, "author") or ()]
    return Record(
        key=key,
        source="crossref",
        title=_first(item, "title"),
        authors=tuple(author for author in authors if author),
        authors_complete=bool(authors) and None not in authors,
        year=_year(item),
        venue=_venue(item, kind),
        type=kind,
        ids=_ids(item, key, kind),
        observations=_observations(item, key, answer),
        affiliation=_affiliation(item, orcid),
        entry=_entry(item, key, kind),
        origin=answer.origin,
    )


def _doi(item: object) -> str:
    """The DOI in the form that everybody else's is brought into, unless that form would lose a part of it."""
    stated = without_controls(shape.text(item, "DOI") or "").strip().casefold()
    if not stated:
        raise Malformed("the DOI is missing")
    normal = (ids.doi(stated) or "").removeprefix("doi:")
    lost = stated.partition(normal)[2] if normal in stated else stated
    return normal if normal and not re.search(r"\w", lost) else stated


def _lines(item: object, *keys: str) -> list[str]:
    """The texts of a list, cleaned, without those that hold nothing."""
    cleaned = (shape.line({keys[-1]: one}, keys[-1]) for one in shape.items(item, *keys) or ())
    return [text for text in cleaned if text]


def _first(item: object, *keys: str) -> str | None:
    return next(iter(_lines(item, *keys)), None)


def _name(author: object) -> Name | None:
    """A person by family and given name, a group by its `name`; `None` for one who is not named."""
    family, given, suffix, group = (shape.line(author, part) or "" for part in ("family", "given", "suffix", "name"))
    if family:
        return Name(family, given, suffix=suffix)
    if group:
        return Name(group, literal=True)
    return parse_name(given) if given else None


def _year(item: object) -> int | None:
    """The year of the first date that has one; a partial date is ``[[2020]]`` or ``[[2020, 5]]``, an unknown one ``[[null]]``."""
    for name in _DATES:
        dates = shape.items(item, name, "date-parts") or ()
        parts = shape.items({name: dates[0]}, name) if dates else ()
        year = shape.integer({name: parts[0]}, name) if parts else None
        if year is not None and 1000 <= year <= 2100:
            return year
    return None


def _venue(item: object, kind: str) -> str | None:
    """Where the work appeared: the last of the containing titles, before which a series may stand; for what was posted, who posted it."""
    containers = _lines(item, "container-title")
    if kind in ("book", "proceedings"):
        return None
    if containers:
        return containers[0] if kind == "article" else containers[-1]
    return _institution(item) if shape.text(item, "type") == "posted-content" else None


def _institution(item: object) -> str | None:
    """The first institution's name. Documented as one object, answered as a list of them."""
    held = shape.field(item, "institution")
    institutions = [held] if isinstance(held, Mapping) else shape.items(item, "institution") or ()
    return next((name for one in institutions if (name := shape.line(one, "name"))), None)


def _ids(item: object, key: str, kind: str) -> tuple[str, ...]:
    """The work's own ids. The ISBN is that of the whole book, so that only a book bears it; a publisher's own numbers are no ids of ours."""
    books = [ids.isbn(isbn) for isbn in _lines(item, "ISBN")] if kind in ("book", "proceedings") else []
    others = [ids.arxiv(other) for other in _lines(item, "alternative-id") if "arxiv" in other.casefold()]
    own = f"doi:{key}" if ids.doi(key) and not re.search(r"\s", key) else None
    return fields.known_ids(own, *books, *others)


def _observations(item: object, key: str, answer: Answer) -> tuple[Observation, ...]:
    stated = {
        "citations": shape.count(item, "is-referenced-by-count"),
        "references": shape.count(item, "references-count"),
    }
    url = f"{BASE}/works/{quote(key)}"
    return tuple(
        Observation("crossref", answer.day, value, figure=figure, about=key, origin=answer.origin, url=url)
        for figure, value in stated.items()
        if value is not None
    )


def _affiliation(item: object, orcid: str) -> str | None:
    """What the work says of where the person worked who bears the ORCID iD."""
    for author in shape.items(item, "author") or () if orcid else ():
        if ids.orcid(shape.text(author, "ORCID") or "") == f"orcid:{orcid}":
            names = [shape.line(one, "name") for one in shape.items(author, "affiliation") or ()]
            return "; ".join(name for name in names if name) or None
    return None


def _entry(item: object, key: str, kind: str) -> Mapping[str, str]:
    year, containers = _year(item), _lines(item, "container-title")
    container = _CONTAINERS.get(kind, "howpublished")
    parted = kind != "article" and len(containers) > 1
    return fields.entry(
        [
            ("title", _first(item, "title")),
            ("subtitle", _first(item, "subtitle")),
            ("author", _people(item, "author")),
            ("editor", _people(item, "editor")),
            ("year", str(year) if year else None),
            (container, containers[-1 if parted else 0] if containers else None),
            ("series", containers[0] if parted else None) if container != "series" else ("", None),
            ("volume", shape.line(item, "volume")),
            ("number", shape.line(item, "issue")),
            ("pages", shape.line(item, "page")),
            ("eid", shape.line(item, "article-number")),
            ("publisher", shape.line(item, "publisher")),
            ("school" if kind == "phdthesis" else "institution", _institution(item)),
            ("type", _first(item, "degree") or shape.line(item, "subtype")),
            ("isbn", " ".join(_lines(item, "ISBN"))),
            ("issn", " ".join(_lines(item, "ISSN"))),
            ("doi", key),
            ("url", fields.address(shape.text(item, "URL"))),
            ("alternative-id", "; ".join(other for other in _lines(item, "alternative-id") if other.casefold() != key)),
            *((relation, _related(item, relation)) for relation in RELATIONS),
            *((direction, _updates(item, direction)) for direction in ("updated-by", "update-to")),
            ("note", "; ".join(f"{state} by {notice}" for state, notice in _withdrawals(item, key).items())),
        ]
    )


def _people(item: object, role: str) -> str:
    """Names as BibTeX has them: a group in braces, so that no word of it is taken for a part of a name."""
    names = [name for one in shape.items(item, role) or () if (name := _name(one))]
    return " and ".join(f"{{{name}}}" if name.literal else str(name) for name in names)


_READERS: Final = {"doi": ids.doi, "arxiv": ids.arxiv, "pmid": ids.pmid, "pmcid": ids.pmcid, "uri": ids.doi}


def _related(item: object, relation: str) -> str:
    """The ids of the works that stand in this relation, blanks between them; those of other schemes are left out."""
    related = []
    for one in shape.items(item, "relation", relation) or ():
        read = _READERS.get((shape.text(one, "id-type") or "").casefold())
        related.append(read(shape.text(one, "id") or "") if read else None)
    return " ".join(fields.known_ids(*related))


def _updates(item: object, direction: str) -> str:
    """Each update's kind and DOI: ``correction doi:10.…; retraction doi:10.…``."""
    return "; ".join(f"{kind.replace('_', ' ')} {doi}" for kind, doi in _update_pairs(item, direction))


def _update_pairs(item: object, direction: str) -> list[tuple[str, str]]:
    """Kind and DOI of each update, once, though publishers and Retraction Watch may both state it."""
    stated = [
        ((shape.line(one, "type") or "update").casefold(), ids.doi(shape.text(one, "DOI") or ""))
        for one in shape.items(item, direction) or ()
    ]
    return list(dict.fromkeys((kind, doi) for kind, doi in stated if doi))


def _withdrawals(item: object, key: str) -> dict[str, str]:
    """By which notice the work is retracted or withdrawn. A notice names the work it updates: that is the work itself where it was updated in place."""
    in_place = [(kind, doi) for kind, doi in _update_pairs(item, "update-to") if doi == f"doi:{key}"]
    found: dict[str, str] = {}
    for kind, doi in [*_update_pairs(item, "updated-by"), *in_place]:
        if kind in _WITHDRAWING:
            found.setdefault(_WITHDRAWING[kind], doi)
    return found


def _warnings(record: Record, withdrawals: Mapping[str, str]) -> Iterator[Problem]:
    named = f"{record.title[:80]} ({record.key})" if record.title else record.key
    for state, notice in withdrawals.items():
        counted = f"its citations still count, unless doi:{record.key} is put under not_mine"
        yield Problem(state, f"{named} is {state}, says Crossref, by {notice}; {counted}")
