"""OpenAlex: an open catalogue of 320 million works and their authors, with counts of citations, in all and by year.

It knows a work's title, authors, venue, the other places where it can be read (preprint servers, repositories), how often it is cited in all
and in each of the last ten years, and sums the works of each author up. Its authors are clusters made by a machine: one person may
have several profiles, and one profile the works of several people. Where it could not tell who an author is, it gives a placeholder, and
the name as printed stands in its stead here. It lists no more than the first 100 authors of a work.

Documentation (help.openalex.org is the newest, and is followed where the others differ; all as of August 2026):
https://help.openalex.org/api/get-single-entities/, https://help.openalex.org/api/filtering/, https://help.openalex.org/api/paging/,
https://help.openalex.org/api/selecting-fields/, https://help.openalex.org/api/searching/ (a request's address may have 4,094 bytes),
https://help.openalex.org/api/authentication/, https://help.openalex.org/api/errors/, https://help.openalex.org/api/deprecations/,
https://help.openalex.org/data/works/attributes/, https://help.openalex.org/data/authorships/, https://help.openalex.org/data/locations/,
https://help.openalex.org/data/authors/, https://help.openalex.org/data/authors/disambiguation/ (placeholders),
https://help.openalex.org/data/work-types/, https://help.openalex.org/data/source-types/; before it https://developers.openalex.org and
https://docs.openalex.org (rate limits in USD; `is_authors_truncated`).

Terms: metered since February 2026, by the day, until midnight UTC. A single work or author costs nothing, a list of up to 100 one credit
($0.0001), a search ten. 1,000 credits a day without a key, 10,000 with a free one; at most 100 requests a second. A `mailto` is no longer read.

How it is asked. The author is one request that costs nothing, the author's works come 100 at a time by cursor, works known by their ids 100 at a
time by DOI; an arXiv id is asked for by the DOI that arXiv registered for it. A work bears one DOI, that of its published form: a preprint
that was joined with it is found by that one only. An unknown DOI is absent from the answer. An author who was merged into another is answered
by a redirect (so says the page on single entities) or unknown (so says https://help.openalex.org/access/sync/); both are understood. The search
for a person is one request, too: titles would cost one more for each candidate; the subjects they write about, which come with it, tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from citetrack.errors import Malformed
from citetrack.http import Budget, Key, Pace
from citetrack.records import ids, shape
from citetrack.records.formats import fields
from citetrack.records.model import Candidate, Observation, Problem, Question, Record, Said
from citetrack.records.names import Name, parse_name
from citetrack.records.text import clean

if TYPE_CHECKING:
    from citetrack.http import Answer, Http

BASE: Final = "https://api.openalex.org"
HOSTS: Final = ("api.openalex.org",)
IDS: Final = ("openalex", "orcid", "doi", "arxiv")
PACE: Final = Pace(requests=10, seconds=1)
KEY: Final = Key(variables=("OPENALEX_API_KEY",), parameter="api_key")
CONTACT: Final = ""
ANONYMOUS: Final = "a tenth of the daily allowance: about 1,000 lists of 100 works instead of 10,000 (a key is free)"
PROVEN: Final = "one real author and one real work of 2025; lists, merged ids and limits on answers in the documented shape"

PER_PAGE: Final = 100
"""Works in one page, and values in one filter: the most of either."""
LONGEST_FILTER: Final = 3_600
"""Bytes of a filter as it is sent; the rest of the address, a key among it, needs a few hundred of its 4,094."""
CANDIDATES: Final = 10
_MOST_SHOWN: Final = 20
"""Of an author's other names, and of a work's copies."""

WORK_FIELDS: Final = (
    "id,doi,title,publication_year,type,ids,authorships,primary_location,locations,biblio,cited_by_count,counts_by_year"
)
AUTHOR_FIELDS: Final = (
    "id,orcid,display_name,display_name_alternatives,works_count,cited_by_count,summary_stats,affiliations,"
    "last_known_institutions,topics,counts_by_year"
)

PLACEHOLDERS: Final = frozenset({"A9999999999", "A5317838346"})
"""No persons: the author of everything that was not told apart, and the one of profiles that were deleted."""
_MOST_AUTHORS: Final = 100

# All other types (dataset, software, peer-review, paratext …) have no better name in BibTeX than misc; so has a preprint.
TYPES: Final = {
    "article": "article",
    "book": "book",
    "book-chapter": "incollection",
    "book-review": "article",
    "conference-abstract": "inproceedings",
    "conference-paper": "inproceedings",
    "data-paper": "article",
    "dissertation": "phdthesis",
    "editorial": "article",
    "erratum": "article",
    "letter": "article",
    "reference-entry": "incollection",
    "report": "techreport",
    "retraction": "article",
    "review": "article",
    "software-paper": "article",
}
_CONTAINERS: Final = {"article": "journal", "inproceedings": "booktitle", "incollection": "booktitle", "book": "series"}

_ARXIV: Final = re.compile(r"https?://(?:[a-z-]+\.)?arxiv\.org/", re.IGNORECASE)
_DOI: Final = re.compile(r"https?://(?:dx\.)?doi\.org/", re.IGNORECASE)
# What means something to the syntax of a filter, or of a search.
_NOT_IN_A_FILTER: Final = re.compile(r"[,|+!\"\s]")
_NOT_IN_A_SEARCH: Final = re.compile(r"[\"()\[\]{}*?~:\\/^!|&+<>=]")
_OPERATORS: Final = frozenset({"AND", "OR", "NOT"})
_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?(?:e-?\d{1,2})?", re.ASCII | re.IGNORECASE)


def fetch(question: Question, http: Http) -> Iterator[Said]:
    """The person, the counts of their profile and its works; then those of the works asked for that are not among them. An unknown DOI is silently absent."""
    known: set[str] = set()
    author = yield from _author(question.ids, http)
    if author:
        yield from _list(author, http, known)
    wanted = fields.known_ids(*(f"doi:{doi}" for doi in question.dois), *(f"arxiv:{arxiv}" for arxiv in question.arxiv))
    for batch in _batches(_doi_of(one) for one in wanted if one not in known):
        answer = _answer(batch, http)
        if answer is not None:
            found = _page(answer)[0] if len(batch) > 1 else [answer.json()]
            yield from _told(found, answer, author, known)


def find(name: str, http: Http) -> Iterator[Candidate]:
    """The profiles whose name, or one of whose other names, has the words of `name`, most relevant first."""
    words = _NOT_IN_A_SEARCH.sub(" ", clean(name)).split()
    if words:
        search = " ".join(word.title() if word in _OPERATORS else word for word in words)
        answer = http.get("authors", params={"search": search, "select": AUTHOR_FIELDS, "per_page": CANDIDATES})
        for said in shape.each(_page(answer)[0], _candidate, "author"):
            if isinstance(said, Candidate) and said.id.partition(":")[2] not in PLACEHOLDERS:
                yield said


def budget(headers: Mapping[str, str]) -> Budget | None:
    """What the day's allowance still holds, a prepaid balance included, in credits, or in USD where only those are stated; `None` where neither is.

    `X-RateLimit-Remaining`, `X-RateLimit-Credits-Used` and `X-RateLimit-Reset` (seconds until midnight UTC) stand in every answer
    (https://help.openalex.org/api/authentication/); `X-RateLimit-Remaining-USD`, `X-RateLimit-Prepaid-Remaining-USD` and `X-RateLimit-Cost-USD`
    (https://docs.openalex.org/how-to-use-the-api/rate-limits-and-authentication) are to replace them. What a refused request would have cost stands in
    `X-RateLimit-Credits-Required` and `X-RateLimit-Cost-Required-USD`, what is prepaid in `X-RateLimit-Onetime-Remaining` (the service's own
    source, https://github.com/ourresearch/openalex-api-proxy).

    A refusal for asking too fast says that nothing remains, too; but it asks to come back long before the allowance is renewed. It is no budget.
    """
    reset, after = _number(headers, "X-RateLimit-Reset"), _number(headers, "Retry-After")
    if after is not None and after + 1 < (61 if reset is None else reset):
        return None
    daily = _number(headers, "X-RateLimit-Remaining")
    if daily is not None:
        prepaid = _number(headers, "X-RateLimit-Onetime-Remaining")
        cost = _number(headers, "X-RateLimit-Credits-Required", "X-RateLimit-Credits-Used")
        return Budget(daily + (prepaid or 0), max(cost or 0, 1), reset, "credits")
    daily = _number(headers, "X-RateLimit-Remaining-USD")
    if daily is not None:
        prepaid = _number(headers, "X-RateLimit-Prepaid-Remaining-USD")
        cost = _number(headers, "X-RateLimit-Cost-Required-USD", "X-RateLimit-Cost-USD")
        return Budget(daily + (prepaid or 0), max(cost or 0, 0.0001), reset, "USD")
    return None


def _number(headers: Mapping[str, str], *names: str) -> float | None:
    """The number in the first of these headers that holds one."""
    held = {name.lower(): value.strip() for name, value in headers.items()}
    numbers = (held.get(name.lower(), "") for name in names)
    return next((float(number) for number in numbers if _NUMBER.fullmatch(number)), None)


# --- the person ---------------------------------------------------------------------------------------------------------------------------


def _author(asked: Mapping[str, str], http: Http) -> Generator[Said, None, str]:
    """Describe the person; the result is the bare id of the profile, empty where there is none. The ORCID iD is asked for where the own id is unknown."""
    for scheme in ("openalex", "orcid"):
        value = asked.get(scheme, "").strip()
        answer = _profile(scheme, value, http) if value else None
        if answer is not None and (found := _id(answer.json(), "A")) not in PLACEHOLDERS:
            if scheme == "openalex" and found != _bare(value):
                advice = f'write openalex = "{found}" into people.toml'
                yield Problem("merged_id", f"OpenAlex has merged the author {_bare(value)} into {found}; {advice}")
            yield from _described(answer)
            return found
        if value:  # an iD may be right without being known here; an id of OpenAlex's own may not
            yield Problem("unknown_id" if scheme == "openalex" else "no_profile", _unknown(scheme, value))
    return ""


def _profile(scheme: str, value: str, http: Http) -> Answer | None:
    if scheme == "openalex" and not _is_author(value):
        return None  # to a filter by a placeholder the service answers with all works there are
    address = _bare(value) if scheme == "openalex" else f"orcid:{value}"
    return http.get_or_none("authors", address, params={"select": AUTHOR_FIELDS})


def _is_author(value: str) -> bool:
    return _bare(value).startswith("A") and _bare(value) not in PLACEHOLDERS


def _bare(value: str | None) -> str:
    """An OpenAlex id or its address without what stands before it; empty where it is none."""
    return (ids.openalex(value or "") or "").partition(":")[2]


def _unknown(scheme: str, value: str) -> str:
    shown, advice = clean(value)[:40], "look the person up with citetrack find"
    if scheme == "orcid":
        return f"no author at OpenAlex bears the ORCID iD {shown}; {advice}"
    if not _is_author(value):
        return f"{shown} is not the id of a person at OpenAlex (A and a number); {advice}"
    return f"OpenAlex knows no author {shown}, who was merged into another, deleted, or never there; {advice}"


def _described(answer: Answer) -> Iterator[Said]:
    content = answer.json()
    yield from shape.each([content], _candidate, "author")
    for said in shape.each([content], partial(_summary, like=_statement(answer)), "author"):
        if isinstance(said, Problem):
            yield said
        else:
            yield from said


def _candidate(item: object) -> Candidate:
    key, name = _id(item, "A"), shape.line(item, "display_name")
    others = _lines(item, "display_name_alternatives")
    orcid = ids.orcid(shape.text(item, "orcid") or "")
    return Candidate(
        "openalex",
        f"openalex:{key}",
        name or key,
        aka=tuple(one for one in others if one != name),
        affiliations=_affiliations(item),
        works=shape.count(item, "works_count"),
        citations=shape.count(item, "cited_by_count"),
        ids=(orcid,) if orcid else (),
        note=", ".join(_names(shape.items(item, "topics"))[:3]),
    )


def _affiliations(author: object) -> tuple[str, ...]:
    """Where the person is said to be now, else where they were last."""
    now = _names(shape.items(author, "last_known_institutions"))
    then = _names([shape.mapping(one, "institution") for one in shape.items(author, "affiliations") or ()])
    return tuple((now or then)[:3])


def _names(things: Sequence[object] | None) -> list[str]:
    """The names of institutions or topics, each once."""
    return list(dict.fromkeys(name for thing in things or () if (name := shape.line(thing, "display_name"))))


def _lines(item: object, name: str) -> list[str]:
    """The texts of a list, each once and on one line, and no more of them than anybody would read."""
    texts = (shape.items(item, name) or ())[:_MOST_SHOWN]
    return list(dict.fromkeys(line for one in texts if (line := shape.line({name: one}, name))))


def _summary(item: object, like: Observation) -> tuple[Observation, ...]:
    stated = {
        "works": shape.count(item, "works_count"),
        "citations": shape.count(item, "cited_by_count"),
        "h_index": shape.count(item, "summary_stats", "h_index"),
        "i10_index": shape.count(item, "summary_stats", "i10_index"),
    }
    return _observations(stated | _by_year(item), like._replace(url=_public_page(_id(item, "A"))))


# --- the works ----------------------------------------------------------------------------------------------------------------------------


def _list(author: str, http: Http, known: set[str]) -> Iterator[Said]:
    """All works of the profile, page by page, until nothing follows or as many came as were announced."""
    cursor, read, total = "*", 0, None
    given: set[str] = set()
    asked: dict[str, str | int] = {"filter": f"authorships.author.id:{author}", "select": WORK_FIELDS, "per_page": PER_PAGE}
    while cursor:
        answer = http.get("works", params=asked | {"cursor": cursor})
        found, total, following = _page(answer)
        before = len(known)
        yield from _told(found, answer, author, known)
        given |= _distinct(found, read)
        read += len(found)
        if not found or (total is not None and read >= total):
            break
        if following and len(known) == before:
            raise Malformed(f"the list of the works of {author} repeats itself after {read} works; ask again later")
        cursor = following
    if not read:
        emptied = "the profile may have been emptied by a merge; look the person up with citetrack find"
        yield Problem("unknown_id", f"OpenAlex lists no work of {author}: {emptied}")
    elif total is not None and len(given) < total:
        yield Problem("unread", f"OpenAlex announces {total:,} works of {author} and gave {len(given):,}; ask again later")


def _distinct(found: Sequence[object], place: int) -> set[str]:
    """What tells the works of a page apart: the id, or the place in the list of one that states none."""
    return {str(one.get("id") or at) if isinstance(one, Mapping) else str(at) for at, one in enumerate(found, start=place)}


def _page(answer: Answer) -> tuple[Sequence[object], int | None, str]:
    """The items of a list, how many there are on all pages together, and the cursor of the next."""
    content = answer.json()
    found = shape.items(content, "results")
    if found is None:
        raise Malformed("the answer of OpenAlex holds no results")
    following = shape.text(content, "meta", "next_cursor") or ""
    if not following.isprintable():
        raise Malformed("meta.next_cursor holds control characters")
    return found, shape.count(content, "meta", "count"), following


def _doi_of(identifier: str) -> str:
    """The DOI by which the work is asked for: its own, or the one that arXiv registered (https://blog.arxiv.org/2022/02/17/new-arxiv-articles-are-now-automatically-assigned-dois/)."""
    scheme, _, value = identifier.partition(":")
    return f"10.48550/arxiv.{value}" if scheme == "arxiv" else value


def _batches(dois: Iterable[str]) -> Iterator[list[str]]:
    """As many DOIs as one filter holds. One with a sign that means something to a filter stands alone."""
    batch: list[str] = []
    length = 0
    for doi in dois:
        if _NOT_IN_A_FILTER.search(doi):
            yield [doi]
            continue
        longer = len(quote(f"{doi}|", safe=""))
        if batch and (len(batch) == PER_PAGE or length + longer > LONGEST_FILTER):
            yield batch
            batch, length = [], 0
        batch.append(doi)
        length += longer
    if batch:
        yield batch


def _answer(batch: Sequence[str], http: Http) -> Answer | None:
    """A work alone costs nothing; several are one list."""
    if len(batch) == 1:
        return http.get_or_none("works", f"doi:{batch[0]}", params={"select": WORK_FIELDS})
    return http.get("works", params={"filter": f"doi:{'|'.join(batch)}", "select": WORK_FIELDS, "per_page": PER_PAGE})


def _told(found: Iterable[object], answer: Answer, author: str, known: set[str]) -> Iterator[Said]:
    for said in shape.each(found, partial(_record, like=_statement(answer), author=author), "work"):
        if isinstance(said, Problem):
            yield said
        elif f"openalex:{said.key}" not in known:
            known.update(said.ids)
            yield said


def _record(item: object, like: Observation, author: str) -> Record:
    """One work, where it stands nearest to the version of record: OpenAlex calls that its primary location."""
    key, kind = _id(item, "W"), _type(item)
    names, complete = _authors(item)
    stated = {"citations": shape.count(item, "cited_by_count")} | _by_year(item)
    return Record(
        key=key,
        source="openalex",
        title=shape.line(item, "title"),
        authors=names,
        authors_complete=complete,
        year=_year(item, "publication_year"),
        venue=_venue(shape.field(item, "primary_location")),
        type=kind,
        ids=_ids(item),
        observations=_observations(stated, like._replace(about=key, url=_public_page(key))),
        affiliation=_affiliation(item, author) if author else None,
        position=_position(item, author) if author else None,
        entry=_entry(item, kind),
        origin=like.origin,
    )


def _id(item: object, letter: str) -> str:
    """The item's own id, bare. Without it nothing can be said of it."""
    found = _bare(shape.text(item, "id"))
    if not found.startswith(letter):
        raise Malformed(f"id is no OpenAlex id that begins with {letter}")
    return found


def _year(item: object, name: str) -> int | None:
    return fields.year(str(shape.integer(item, name)))


def _venue(location: object) -> str | None:
    return shape.line(location, "source", "display_name") or shape.line(location, "raw_source_name")


def _type(item: object) -> str:
    stated = TYPES.get((shape.text(item, "type") or "").lower(), "misc")
    in_proceedings = shape.text(item, "primary_location", "source", "type") == "conference"
    return "inproceedings" if in_proceedings and stated in ("article", "incollection") else stated


def _ids(item: object) -> tuple[str, ...]:
    """The work's ids, those of its other versions among them, which the addresses of their copies state."""
    pmid, pmcid = shape.text(item, "ids", "pmid"), shape.text(item, "ids", "pmcid")
    return fields.known_ids(
        f"openalex:{_id(item, 'W')}",
        ids.doi_of_field(shape.text(item, "doi") or ""),
        ids.doi_of_field(shape.text(item, "ids", "doi") or ""),
        *(found for location in shape.items(item, "locations") or () for found in _ids_of_copy(location)),
        ids.pmid(pmid) if pmid else None,
        ids.pmcid(pmcid.rstrip("/").rpartition("/")[2]) if pmcid else None,
    )


def _ids_of_copy(location: object) -> Iterator[str | None]:
    for where in ("landing_page_url", "pdf_url"):
        address = shape.text(location, where) or ""
        if _ARXIV.match(address):
            yield ids.arxiv(address)
        elif _DOI.match(address):
            yield ids.doi_of_field(address)


def _authors(item: object) -> tuple[tuple[Name, ...], bool]:
    """The authors, and whether they are all. A list of 100 whose last is not the work's last author is cut; so is one with somebody without a name."""
    listed = shape.items(item, "authorships") or ()
    names = [name for authorship in listed if (name := _name(authorship))]
    cut = shape.field(item, "is_authors_truncated") is True or (
        len(listed) >= _MOST_AUTHORS and shape.text(listed[-1], "author_position") != "last"
    )
    return tuple(names), bool(names) and len(names) == len(listed) and not cut


def _name(authorship: object) -> Name | None:
    """The name that the author's profile bears, since the printed one may be in any order; the printed one where the author has no profile."""
    profile, printed = shape.line(authorship, "author", "display_name"), shape.line(authorship, "raw_author_name")
    name = parse_name((profile or printed if _profile_of(authorship) else printed or profile) or "")
    return name if name.family else None


def _profile_of(authorship: object) -> str | None:
    """The bare id of the author's profile, or `None`: null, or a placeholder."""
    found = shape.text(authorship, "author", "id")
    return _bare(found) if _is_author(found or "") else None


def _position(item: object, author: str) -> int | None:
    """The person's place among those of the authors who have a name."""
    named = [one for one in shape.items(item, "authorships") or () if _name(one)]
    return next((place for place, one in enumerate(named, start=1) if _profile_of(one) == author), None)


def _affiliation(item: object, author: str) -> str | None:
    """What the work says of where the person was: the institutions told apart, else the text as printed."""
    own = next((one for one in shape.items(item, "authorships") or () if _profile_of(one) == author), None)
    return "; ".join(_names(shape.items(own, "institutions")) or _lines(own, "raw_affiliation_strings")) or None


def _by_year(item: object) -> dict[str, int | None]:
    """The counts of the years that are stated, as figures. Years without any are left out by OpenAlex, and so are those before the last ten."""
    stated = {year: one for one in shape.items(item, "counts_by_year") or () if (year := _year(one, "year"))}
    years = [(year, stated[year]) for year in sorted(stated)]
    citations = {f"citations_in_{year}": shape.count(one, "cited_by_count") for year, one in years}
    works = {f"works_in_{year}": shape.count(one, "works_count") for year, one in years}
    return citations | works


def _statement(answer: Answer) -> Observation:
    """What all statements of one answer have in common. The digest of its body is made once, not for each of a thousand."""
    return Observation("openalex", answer.day, 0, origin=answer.origin)


def _observations(stated: Mapping[str, int | None], like: Observation) -> tuple[Observation, ...]:
    return tuple(like._replace(figure=figure, value=value) for figure, value in stated.items() if value is not None)


def _public_page(key: str) -> str:
    """The public page of an author or a work."""
    return f"https://openalex.org/{key}"


def _entry(item: object, kind: str) -> Mapping[str, str]:
    names, complete = _authors(item)
    primary, schemes = shape.field(item, "primary_location"), ids.by_scheme(_ids(item))
    preprint = next(iter(schemes.get("arxiv", ())), None)
    copies = (shape.items(item, "locations") or ())[:_MOST_SHOWN]
    return fields.entry(
        [
            ("title", shape.line(item, "title")),
            ("author", " and ".join([*map(_braced, names), *(["others"] if names and not complete else [])])),
            ("year", str(_year(item, "publication_year") or "")),
            (_CONTAINERS.get(kind, "howpublished"), _venue(primary)),
            ("volume", shape.line(item, "biblio", "volume")),
            ("number", shape.line(item, "biblio", "issue")),
            ("pages", _pages(shape.line(item, "biblio", "first_page"), shape.line(item, "biblio", "last_page"))),
            ("publisher", shape.line(primary, "source", "host_organization_name")),
            ("doi", next(iter(schemes.get("doi", ())), None)),
            ("eprint", preprint),
            ("archiveprefix", "arXiv" if preprint else None),
            ("url", fields.address(shape.text(primary, "landing_page_url"))),
            ("version", shape.line(primary, "version")),
            ("locations", "; ".join(copy for one in copies if (copy := _copy(one)))),
        ]
    )


def _braced(name: Name) -> str:
    """A team in braces, so that BibTeX takes no word of it for a part of a name."""
    return f"{{{name}}}" if name.literal else str(name)


def _pages(first: str | None, last: str | None) -> str | None:
    return f"{first}--{last}" if first and last and first != last else first or last


def _copy(location: object) -> str:
    """One place where the work can be read: which version of it, in what, where."""
    parts = (shape.line(location, "version"), _venue(location), fields.address(shape.text(location, "landing_page_url")))
    return " ".join(part for part in parts if part)
