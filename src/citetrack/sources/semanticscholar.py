"""Semantic Scholar: the Academic Graph of the Allen Institute for AI, some 200 million papers of all fields.

It knows an author's own numbers (papers, citations, h-index), the papers of an author, and of each paper its authors, its ids elsewhere, and how
often it is cited and influentially so. It tells authors apart by machine, so that one person may be several authors and one author several
persons; it has no counts by year and no i10-index, ties no affiliation to a paper, and names authors as one text, often with initials.

Documentation: https://api.semanticscholar.org/api-docs/graph (the interface), https://www.semanticscholar.org/product/api and
https://www.semanticscholar.org/product/api/tutorial (terms and pace), https://github.com/allenai/s2-folks (FAQ, release notes, examples).

- An author by id, and their papers in pages of at most 1,000; ``next`` is there while there are more. Offset and limit add up to less than 10,000.
- Papers in batches of at most 500 ids, answered in order, with null for what it does not know.
- Authors by a name, in which a hyphen finds nothing and a space does.
- No answer is larger than 10 MB. Fields are named by whoever asks; one that does not exist is an error.
- A key goes into the header ``x-api-key`` and allows one request a second. Without one, all users of the world share one allowance.
- Nothing is documented of authors that were merged; where the answer names another author than was asked for, that is told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from citetrack.errors import Malformed
from citetrack.http import Key, Pace
from citetrack.records import ids, shape
from citetrack.records.formats.fields import address, entry, known_ids
from citetrack.records.model import Candidate, Observation, Problem, Record
from citetrack.records.names import parse_name
from citetrack.records.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from citetrack.http import Answer, Http
    from citetrack.records.model import Question, Said
    from citetrack.records.names import Name

BASE: Final = "https://api.semanticscholar.org/graph/v1"
HOSTS: Final = ("api.semanticscholar.org",)
IDS: Final = ("s2", "doi", "arxiv")
PACE: Final = Pace(requests=1, seconds=1.0)
KEY: Final = Key(variables=("S2_API_KEY", "SEMANTIC_SCHOLAR_API_KEY", "SEMANTICSCHOLAR_API_KEY"), header="x-api-key")
CONTACT: Final = ""
ANONYMOUS: Final = "shares one allowance with everybody who has no key, and often has to wait"
PROVEN: Final = "real recordings of authors, their papers and batches; the search by name on the documentation alone"

_SOURCE: Final = "semanticscholar"
_PAPER_FIELDS: Final = (
    "externalIds,url,title,venue,publicationVenue,year,referenceCount,citationCount,influentialCitationCount,"
    "publicationTypes,journal,authors"
)
_AUTHOR_FIELDS: Final = "name,url,affiliations,homepage,paperCount,citationCount,hIndex,externalIds"
_FOUND_FIELDS: Final = f"{_AUTHOR_FIELDS},papers.title,papers.citationCount"
_PAGE: Final = 1000
_REACH: Final = 9999
"""Papers of one author that can be had at all: offset and limit must add up to less than 10,000."""
_BATCH: Final = 500
_TOO_LARGE: Final = "exceed maximum size"
"""How it refuses an answer above 10 MB (documented)."""
_NONE_KNOWN: Final = "No valid paper ids given"
"""How it refuses a batch of which it knows nothing: reported by several public clients, not documented."""
_FOUND_PAGE: Final = 25  # each author comes with all papers, and 10 MB is the limit
_MOST_FOUND: Final = 100
_TITLES: Final = 3

_PAPER_FIGURES: Final = (
    ("citations", "citationCount"),
    ("influential_citations", "influentialCitationCount"),
    ("references", "referenceCount"),
)
_AUTHOR_FIGURES: Final = (("citations", "citationCount"), ("h_index", "hIndex"), ("works", "paperCount"))
_SCHEMES: Final[tuple[tuple[str, Callable[[str], str | None]], ...]] = (
    ("DOI", ids.doi_of_field),
    ("ArXiv", ids.arxiv),
    ("DBLP", ids.dblp),
    ("PubMed", ids.pmid),
    ("PubMedCentral", ids.pmcid),
)
# A paper may be of several types, and "JournalArticle" stands beside "Conference" too: the first of these that it is.
_TYPES: Final = {
    "Book": "book",
    "BookSection": "incollection",
    "Dataset": "misc",
    "Conference": "inproceedings",
    "JournalArticle": "article",
}
_VENUES: Final = {"conference": "inproceedings", "journal": "article"}
_HYPHENS: Final = re.compile("[-\u2010-\u2015]")
_HOMONYM: Final = re.compile(r"\s+0\d{3}$")  # DBLP numbers those who share a name


class _Seen(NamedTuple):
    """When an answer was given, where it can be read again, and about which author's papers it is, if about one's."""

    day: date
    origin: str
    author: str = ""


def fetch(question: Question, http: Http) -> Iterator[Said]:
    """What Semantic Scholar says of the author `s2` and of the works with these DOIs and arXiv ids; no work twice.

    First who the author is, then the author's numbers (`citations`, `h_index`, `works`), then the papers page by page, then the works that the
    list did not hold. A work bears `citations`, `influential_citations` and `references`, those that are stated. Works that are not known are
    passed over. Raises what `Http` raises, and `Malformed` for an answer that is no list or never ends.
    """
    told: set[str] = set()
    if author := question.ids.get("s2"):
        yield from _once(_person(author, http), told)
    waiting = list(dict.fromkeys([*(f"doi:{doi}" for doi in question.dois), *(f"arxiv:{arxiv}" for arxiv in question.arxiv)]))
    while waiting := [identifier for identifier in waiting if identifier not in told]:
        batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
        yield from _once(_works([_documented(identifier) for identifier in batch], http), told)


def find(name: str, http: Http) -> Iterator[Candidate]:
    """The authors of that name, best match first, at most a hundred; each with the most cited titles."""
    query, offset = " ".join(_HYPHENS.sub(" ", clean(name)).split()), 0
    while query and offset < _MOST_FOUND:
        page = http.get(
            "author", "search", params={"query": query, "fields": _FOUND_FIELDS, "offset": offset, "limit": _FOUND_PAGE}
        ).json()
        for found in shape.each(_listed(page), _candidate, "author"):
            if isinstance(found, Candidate):
                yield found
        offset = _next(page, offset) or _MOST_FOUND


# --- asking


def _once(said: Iterable[Said], told: set[str]) -> Iterator[Said]:
    """What is said without the works already told; `told` holds the ids of those."""
    for item in said:
        if isinstance(item, Record):
            own = f"s2:{item.key}"
            if own in told:
                continue
            told.update((own, *item.ids))
        yield item


def _person(asked: str, http: Http) -> Iterator[Said]:
    """The author's summary and list. An author is unknown where there is neither."""
    summary = http.get_or_none("author", asked, params={"fields": _AUTHOR_FIELDS})
    author = asked if summary is None else _now(summary.json(), asked)
    if summary is not None:
        yield from _described(summary, asked, author)
    path = ("author", author, "papers")
    first = http.get_or_none(*path, params=_range(0, _PAGE), admitted=(_TOO_LARGE,))
    if first is not None:
        yield from _papers(first, path, http)
    elif summary is None:
        told = f"Semantic Scholar knows no author {asked}; look for the right s2 id with `citetrack find NAME`"
        yield Problem("unknown_id", told)
    else:
        yield Problem("unread", f"Semantic Scholar knows author {asked} but gives no list of papers; try again later")


def _papers(page: Answer, path: tuple[str, ...], http: Http) -> Iterator[Said]:
    """The papers of this page and of those after it, as the pages come; in smaller pages where hundreds of authors each make them too large."""
    offset, size = 0, _PAGE
    while True:
        while page.status == 400 and size > 1:
            size //= 10
            page = http.get(*path, params=_range(offset, size), admitted=(_TOO_LARGE,))
        yield from _read(_listed(page.json()), page, author=path[1])
        after = _next(page.json(), offset)
        if after is None:
            return
        if after >= _REACH:
            told = f"Semantic Scholar gives only the first {_REACH:,} papers of an author; the others are missing"
            yield Problem("list_partial", told)
            return
        offset = after
        page = http.get(*path, params=_range(offset, size), admitted=(_TOO_LARGE,))


def _range(offset: int, size: int) -> dict[str, str | int]:
    return {"fields": _PAPER_FIELDS, "offset": offset, "limit": min(size, _REACH - offset)}


def _documented(identifier: str) -> str:
    """An id as Semantic Scholar writes it: ``DOI:10.18653/v1/n18-3011``, ``ARXIV:2106.15928``."""
    scheme, _, value = identifier.partition(":")
    return f"{scheme.upper()}:{value}"


def _works(names: list[str], http: Http) -> Iterator[Said]:
    """The papers of one batch, in two halves where they are too large together. Those it does not know are null, or refused where all are: no news."""
    answer = http.post(
        "paper", "batch", params={"fields": _PAPER_FIELDS}, json={"ids": names}, admitted=(_TOO_LARGE, _NONE_KNOWN)
    )
    if answer.status == 400:
        half = (len(names) + 1) // 2 if _TOO_LARGE in answer.text() else len(names)
        for part in (names[:half], names[half:]) if half < len(names) else ():
            yield from _works(part, http)
        return
    found = shape.items(answer.json())
    if found is None or len(found) != len(names):
        raise Malformed(
            f"the batch holds {len(found or ())} papers, expected one, or null, for each of the {len(names)} asked for"
        )
    yield from _read([paper for paper in found if paper is not None], answer)


# --- reading


def _read(papers: Sequence[object], answer: Answer, author: str = "") -> Iterator[Said]:
    seen = _Seen(answer.day, answer.origin, author)
    return shape.each(papers, lambda paper: _record(paper, seen), "work")


def _listed(page: object) -> Sequence[object]:
    """The items of a page. One without any may lack the list, but not its offset."""
    found = shape.items(page, "data")
    if found is None and shape.integer(page, "offset") is None:
        raise Malformed("data is missing, expected a list")
    return found or ()


def _next(page: object, offset: int) -> int | None:
    """Where the next page begins, `None` where this is the last. Raises `Malformed` for what would go on for ever."""
    after = shape.integer(page, "next")
    if after is not None and (after <= offset or not _listed(page)):
        raise Malformed(f"next holds {str(after)[:20]} on the page from {offset} on, which leads nowhere")
    return after


def _record(paper: object, seen: _Seen) -> Record:
    own = _own(paper, "paperId")
    key = own.partition(":")[2]
    names = [shape.line(author, "name") for author in shape.items(paper, "authors") or ()]
    authors = _authors(names)
    type_ = _type(paper)
    return Record(
        key=key,
        source=_SOURCE,
        title=shape.line(paper, "title"),
        authors=authors,
        authors_complete=bool(names) and len(authors) == len(names),
        year=_year(paper),
        venue=_venue(paper),
        type=type_,
        ids=_ids(paper, own),
        observations=_observations(paper, _PAPER_FIGURES, key, seen),
        position=_position(paper, seen.author) if seen.author else None,
        entry=entry(_entry(paper, type_, [name for name in names if name])),
        origin=seen.origin,
    )


def _position(paper: object, author: str) -> int | None:
    """The place of the author asked about among those who have a name."""
    named = [one for one in shape.items(paper, "authors") or () if _authors([shape.line(one, "name")])]
    return next((place for place, one in enumerate(named, start=1) if _bare(one, "authorId") == author), None)


def _authors(names: Iterable[str | None]) -> tuple[Name, ...]:
    """Those who have a name: some authors of Semantic Scholar have none, and many have no id."""
    return tuple(name for stated in names if stated and str(name := parse_name(stated)))


def _year(paper: object) -> int | None:
    published = shape.integer(paper, "year")
    return published if published is not None and 1000 <= published <= 2100 else None


def _venue(paper: object) -> str | None:
    return shape.line(paper, "venue") or shape.line(paper, "publicationVenue", "name") or shape.line(paper, "journal", "name")


def _type(paper: object) -> str:
    stated = _lines(paper, "publicationTypes")
    first = next((name for name in _TYPES if name in stated), "")
    by_venue = _VENUES.get((shape.line(paper, "publicationVenue", "type") or "").casefold())
    if by_venue and first in ("", "Conference", "JournalArticle"):
        return by_venue
    return _TYPES.get(first) or ("article" if shape.line(paper, "journal", "name") else "misc")


def _ids(paper: object, own: str) -> tuple[str, ...]:
    external = shape.mapping(paper, "externalIds")
    return known_ids(own, *(read(stated) for name, read in _SCHEMES if (stated := _bare(external, name))))


def _entry(paper: object, type_: str, names: list[str]) -> Iterator[tuple[str, str | None]]:
    external = shape.mapping(paper, "externalIds")
    place = "booktitle" if type_ in ("incollection", "inproceedings") else "journal"
    eprint = _bare(external, "ArXiv")
    yield "title", shape.text(paper, "title")
    yield "author", " and ".join(names)
    yield "year", str(year) if (year := _year(paper)) else None
    yield (
        place,
        shape.text(paper, "venue") or shape.text(paper, "publicationVenue", "name") or shape.text(paper, "journal", "name"),
    )
    yield "volume", _bare(shape.mapping(paper, "journal"), "volume")
    yield "pages", _bare(shape.mapping(paper, "journal"), "pages")
    yield "doi", _bare(external, "DOI")
    yield "eprint", eprint
    yield "archiveprefix", "arXiv" if eprint else None
    yield "url", address(shape.text(paper, "url"))


def _now(author: object, asked: str) -> str:
    """The id that the author has now: the one asked for, unless the answer names another."""
    stated = shape.field(author, "authorId")
    return stated if isinstance(stated, str) and stated.isascii() and stated.isdigit() else asked


def _described(summary: Answer, asked: str, now: str) -> Iterator[Said]:
    """Who the author is and the author's own numbers. A summary that cannot be read costs only itself."""
    seen = _Seen(summary.day, summary.origin)
    if now != asked:
        yield Problem("merged_id", f'Semantic Scholar\'s author {asked} is now {now}; write s2 = "{now}" into people.toml')
    for said in shape.each([summary.json()], lambda author: _summary(author, seen), "author"):
        yield from [said] if isinstance(said, Problem) else said


def _summary(author: object, seen: _Seen) -> list[Said]:
    return [_candidate(author), *_observations(author, _AUTHOR_FIGURES, "", seen)]


def _candidate(author: object) -> Candidate:
    external = shape.mapping(author, "externalIds")
    name, dblp = shape.line(author, "name") or "", _lines(external, "DBLP")
    homepage = address(shape.text(author, "homepage"))
    return Candidate(
        source=_SOURCE,
        id=_own(author, "authorId"),
        name=name,
        aka=tuple(
            dict.fromkeys(other for stated in dblp if not ids.dblp(stated) and (other := _HOMONYM.sub("", stated)) != name)
        ),
        affiliations=tuple(_lines(author, "affiliations")),
        works=shape.count(author, "paperCount"),
        citations=shape.count(author, "citationCount"),
        titles=_titles(author),
        ids=known_ids(*map(ids.orcid, _lines(external, "ORCID")), *map(ids.dblp, dblp)),
        note=f"homepage {homepage}" if homepage else "",
    )


def _titles(author: object) -> tuple[str, ...]:
    """The titles of the most cited papers, where they were asked for."""
    papers = [
        (shape.count(paper, "citationCount") or 0, shape.line(paper, "title")) for paper in shape.items(author, "papers") or ()
    ]
    ranked = sorted(papers, key=lambda paper: -paper[0])
    return tuple(title for _, title in ranked if title)[:_TITLES]


def _observations(item: object, figures: Iterable[tuple[str, str]], about: str, seen: _Seen) -> tuple[Observation, ...]:
    url = address(shape.text(item, "url"))
    return tuple(
        Observation(_SOURCE, seen.day, value, figure=figure, about=about, origin=seen.origin, url=url)
        for figure, name in figures
        if (value := shape.count(item, name)) is not None
    )


def _own(data: object, name: str) -> str:
    """Semantic Scholar's own id of a paper or an author, as ``s2:…``."""
    identifier = ids.parse(f"s2:{_bare(data, name) or ''}")
    if identifier is None:
        raise Malformed(f"{name} holds no id")
    return identifier


def _bare(data: object, name: str) -> str | None:
    """A field that is text, on one line; the documentation shows some ids as numbers."""
    value = shape.field(data, name)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else shape.line(data, name)


def _lines(data: object, name: str) -> list[str]:
    """The texts of a list; ids of authors are shown as lists, and described as if they were single."""
    value = shape.field(data, name)
    listed: Sequence[object] = [value] if isinstance(value, str) else shape.items(data, name) or ()
    return [line for item in listed if (line := shape.line({name: item}, name))]
