"""ORCID: the registry in which researchers keep a record of themselves, and the list of works that they, or those they trust, put on it.

It knows who a person says they are (names, links, ids elsewhere) and their works by title, date, venue and ids. It has no citation counts, states
no number of works, and its list of works names no authors (only the full work has contributors), so that every record here is without.

Documentation: https://github.com/ORCID/ORCID-Source/tree/main/orcid-api-web (the interface; tutorials on reading, searching and errors),
https://github.com/ORCID/orcid-model/blob/main/src/main/resources/record_3.0/README.md (schemas and samples of version 3.0),
https://info.orcid.org/documentation/integration-guide/orcid-record (put-codes, display index, relationships),
https://info.orcid.org/ufaqs/what-work-types-does-orcid-support (types), https://info.orcid.org/ufaqs/what-are-the-api-limits (pace).

- ``/{orcid}/person`` is who they are, ``/{orcid}/works`` all works at once, in groups: one work each, with a summary from everyone who added it.
  Of a group, the summary of the highest display index is the one the researcher prefers; at equal ones, the first. It speaks for the work.
- Ids stand in a relationship to the work: ``self`` is the work's own, ``part-of`` that of the journal or book around it, ``version-of`` that of another
  version of it, ``funded-by`` that of a grant. Only the first kind are ids of the record; the others are kept in its entry.
- An iD that was merged into another (deprecated) is answered 301 with the address of the other. A record that its owner has deactivated, that was
  locked, or that nobody has claimed yet, is answered 409 with a message that says which.
- Anyone may ask, twelve times a second and so many times a day from one address (what exceeds the pace is answered 503, what exceeds the day 429);
  with a token of the free public client (``/read-public``) the allowance of the day is the client's. The token is a bearer token.
- The search finds at most 1,000 rows at a time; without a token, rows from the 10,000th on cannot be had.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from citetrack.errors import Malformed
from citetrack.http import Key, Pace
from citetrack.records import ids, shape
from citetrack.records.formats.fields import address, entry, known_ids, year
from citetrack.records.model import Candidate, Problem, Record
from citetrack.records.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from citetrack.http import Answer, Http
    from citetrack.records.model import Question, Said

BASE: Final = "https://pub.orcid.org/v3.0"
HOSTS: Final = ("pub.orcid.org",)
IDS: Final = ("orcid",)
PACE: Final = Pace(requests=12, seconds=1.0)
KEY: Final = Key(variables=("ORCID_TOKEN",), header="Authorization", prefix="Bearer ")
CONTACT: Final = ""
ANONYMOUS: Final = "shares the daily allowance of its internet address"
PROVEN: Final = (
    "real recordings of persons, works and errors; merged and closed records and the search on the documentation alone"
)

_SOURCE: Final = "orcid"
_TYPES: Final = {
    "book": "book",
    "book-chapter": "incollection",
    "book-review": "article",
    "conference-abstract": "inproceedings",
    "conference-paper": "inproceedings",
    "conference-poster": "inproceedings",
    "conference-proceedings": "proceedings",
    "dictionary-entry": "incollection",
    "dissertation-thesis": "phdthesis",
    "edited-book": "book",
    "encyclopedia-entry": "incollection",
    "journal-article": "article",
    "magazine-article": "article",
    "manual": "manual",
    "newsletter-article": "article",
    "newspaper-article": "article",
    "report": "techreport",
    "working-paper": "techreport",
}
# What the title of the collection is to a work: of a book or a manual, the series.
_COLLECTIONS: Final = {
    "book": "series",
    "incollection": "booktitle",
    "inproceedings": "booktitle",
    "manual": "series",
    "proceedings": "series",
}
# Parts of something else: the ISBN of the book is often marked as theirs, and would make one work of all its chapters.
_PARTS: Final = frozenset({"article", "incollection", "inproceedings"})
_NUMBERS: Final = ("isbn", "issn")
"""Ids for which BibTeX has a field, whether they are the work's own or those of what it stands in."""
_RELATED: Final = (("self", "other-ids"), ("part-of", "part-of"), ("version-of", "version-of"), ("funded-by", "funded-by"))
"""Where the ids are kept that identify the work by no scheme known here, or something else than the work."""

_GITHUB: Final = re.compile(r"https?://(?:www\.)?github\.com/([\w-]{1,39})/?", re.ASCII | re.IGNORECASE)
# ORCID's own words for a record that it does not show, and what they mean.
_CLOSED: Final = {
    "record is locked": "is locked: ORCID hides it as a breach of its terms of use",
    "record is deactivated": "was deactivated by its owner",
    "record has not been claimed": "has not been claimed by its owner yet, and is not shown before",
}

_FIELDS: Final = "given-and-family-names^3.0 credit-name^2.0 other-names^1.0"
_ROWS: Final = 100
_MOST_FOUND: Final = 200
"""Beyond this nobody looks through a list; the best matches come first."""
_FEW: Final = 10
_LONGEST_NAME: Final = 200


def fetch(question: Question, http: Http) -> Iterator[Said]:
    """Who the person is and the works on their record; of works by their ids ORCID tells nothing more."""
    if not (asked := question.ids.get("orcid")):
        return
    person = http.get_or_none(asked, "person", admitted=tuple(_CLOSED))
    if person and person.status != 200:
        yield _closed(person, asked)
        return
    current = _current(person, asked)
    if person:
        if current != asked:
            advice = f'put orcid = "{current}" into people.toml'
            yield Problem("merged_id", f"orcid: {_shown(asked)} was merged into {current}; {advice}")
        yield from shape.each([person.json()], lambda data: _person(data, current), "person")
    # Who is known has a list of works, be it empty; where there is none, it is not the record that lacks it.
    works = http.get(current, "works") if person else http.get_or_none(current, "works")
    if works:
        yield from _works(works)
    else:
        yield Problem("unknown_id", f"orcid knows no record {_shown(asked)}; check the iD in people.toml")


def find(name: str, http: Http) -> Iterator[Candidate]:
    """People whose public names hold every word of `name`, best match first; the search goes through published and other names as well."""
    words = _words(name)
    seen: set[str] = set()
    start, total = 0, _MOST_FOUND
    while words and start < min(total, _MOST_FOUND):
        paging = {"start": start, "rows": _ROWS}
        data = http.get(
            "expanded-search", params={"q": words, "defType": "edismax", "qf": _FIELDS, "mm": "100%", **paging}
        ).json()
        total = shape.count(data, "num-found") or 0
        page = shape.items(data, "expanded-result") or ()
        found = [one for one in shape.each(page, _found, "person") if isinstance(one, Candidate) and one.id not in seen]
        if not found:
            return
        yield from found
        seen.update(one.id for one in found)
        start += len(page)


def _words(name: str) -> str:
    """The words of a name without what the query language would take for an operator.

    >>> _words("Lin, Junyang (AND) -van:der~Berg*"), _words('"+?')
    ('Lin Junyang and van der Berg', '')
    """
    words = (word.strip("-.'’") for word in re.findall(r"[\w.'’-]+", clean(name[:_LONGEST_NAME])))
    return " ".join(word.lower() if word in ("AND", "OR", "NOT") else word for word in words if word)


# --- the person -----------------------------------------------------------------------------------------------------------------------


def _current(answer: Answer | None, asked: str) -> str:
    """The iD of the record that answered: another than was asked for where that one was merged into it."""
    found = ids.orcid(answer.url) if answer else None
    return found.partition(":")[2] if found and found != ids.orcid(asked) else asked


def _closed(answer: Answer, asked: str) -> Problem:
    told = answer.text()
    why = next((meaning for words, meaning in _CLOSED.items() if words in told), "is not shown")
    advice = "if the person has another iD, put that into people.toml"
    return Problem("closed_record", f"orcid: the record {_shown(asked)} {why}; {advice}")


def _shown(asked: str) -> str:
    return clean(asked)[:40]


def _person(data: object, orcid: str) -> Candidate:
    told = shape.mapping(data)
    if told is None or "name" not in told:  # it may be private, and null then
        raise Malformed("nothing is told of them")
    plain = _full_name(
        shape.line(data, "name", "given-names", "value"),
        shape.line(data, "name", "family-name", "value"),
    )
    others = [shape.line(one, "content") for one in shape.items(data, "other-names", "other-name") or ()]
    name, *aka = _names(shape.line(data, "name", "credit-name", "value"), plain, *others)
    elsewhere = shape.items(data, "external-identifiers", "external-identifier") or ()
    links = [shape.line(one, "external-id-url", "value") for one in elsewhere]
    links += [shape.line(one, "url", "value") for one in shape.items(data, "researcher-urls", "researcher-url") or ()]
    note = "; ".join(map(_labelled, elsewhere[:_FEW]))
    return Candidate(_SOURCE, f"orcid:{orcid}", name, tuple(aka), ids=known_ids(*map(_person_at, links)), note=note)


def _full_name(given: str | None, family: str | None) -> str:
    return " ".join(part for part in (given, family) if part)


def _names(*names: str | None) -> list[str]:
    """Each name once, the first the one to show; nothing is shown where all are kept private."""
    return list(dict.fromkeys(name for name in names if name)) or [""]


def _person_at(link: str | None) -> str | None:
    """The id of the person in a link to a profile elsewhere."""
    if not link or not address(link):
        return None
    account = _GITHUB.fullmatch(link)
    found = ids.parse(f"github:{account[1]}" if account else link)
    return found if found and ids.is_person(found) and not found.startswith("orcid:") else None


def _labelled(identifier: object) -> str:
    kind, value = (shape.line(identifier, f"external-id-{name}") or "" for name in ("type", "value"))
    return f"{kind} {value}".strip()[:100]


def _found(item: object) -> Candidate:
    orcid = ids.orcid(shape.text(item, "orcid-id") or "")
    if orcid is None:
        raise Malformed("orcid-id holds no ORCID iD")
    plain = _full_name(shape.line(item, "given-names"), shape.line(item, "family-names"))
    name, *aka = _names(shape.line(item, "credit-name"), plain, *_lines(item, "other-name"))
    return Candidate(_SOURCE, orcid, name, tuple(aka), tuple(_lines(item, "institution-name")[:_FEW]))


def _lines(item: object, name: str) -> list[str]:
    found = (shape.line({name: one}, name) for one in shape.items(item, name) or ())
    return list(dict.fromkeys(one for one in found if one))


# --- the works ------------------------------------------------------------------------------------------------------------------------


class _Id(NamedTuple):
    """An id as a summary states it; `relationship` is that of what it names to the work."""

    kind: str
    value: str
    relationship: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def _works(answer: Answer) -> Iterator[Record | Problem]:
    data = answer.json()
    top = shape.mapping(data)
    if top is None or "group" not in top:
        raise Malformed("orcid's list of works holds no groups")
    origin = answer.origin  # the digest of all of it: once, not for every work
    seen: set[str] = set()
    for said in shape.each(shape.items(data, "group") or (), lambda group: _record(group, origin), "work"):
        if isinstance(said, Record):
            if said.key in seen:
                continue
            seen.add(said.key)
        if said:
            yield said


def _record(group: object, origin: str) -> Record | None:
    """The record of one group; none where all of its summaries are private."""
    summaries = shape.items(group, "work-summary") or ()
    if not summaries:
        return None
    speaks = max(summaries, key=_preference)
    others = [summary for summary in summaries if summary is not speaks]
    kind = _TYPES.get(shape.line(speaks, "type") or "", "misc")
    stated = list(dict.fromkeys(_stated_ids([speaks, *others])))
    own = known_ids(*(_work_id(one, kind) for one in stated if one.relationship == "self"))
    return Record(
        key=str(_put_code(speaks)),
        source=_SOURCE,
        title=shape.line(speaks, "title", "title", "value"),
        authors_complete=False,
        year=year(shape.line(speaks, "publication-date", "year", "value")),
        venue=shape.line(speaks, "journal-title", "value"),
        type=kind,
        ids=own,
        entry=entry(
            [
                *_fields(speaks, kind),
                *_id_fields(stated, own, kind),
                ("put-codes", _joined(str(_put_code(one)) for one in others)),
            ]
        ),
        origin=origin,
    )


def _preference(summary: object) -> int:
    return shape.integer(summary, "display-index") or 0


def _put_code(summary: object) -> int:
    code = shape.integer(summary, "put-code")
    if code is None:
        raise Malformed("put-code is missing")
    return code


def _fields(summary: object, kind: str) -> list[tuple[str, str | None]]:
    link = shape.line(summary, "url", "value")
    return [
        ("title", shape.line(summary, "title", "title", "value")),
        ("subtitle", shape.line(summary, "title", "subtitle", "value")),
        (_COLLECTIONS.get(kind, "journal"), shape.line(summary, "journal-title", "value")),
        ("year", shape.line(summary, "publication-date", "year", "value")),
        ("month", shape.line(summary, "publication-date", "month", "value")),
        ("day", shape.line(summary, "publication-date", "day", "value")),
        ("url", address(link)),
        ("work-type", shape.line(summary, "type")),
    ]


def _id_fields(stated: Sequence[_Id], own: Sequence[str], kind: str) -> Iterator[tuple[str, str | None]]:
    """The ids under BibTeX's names where it has one, else under their relationship to the work."""
    grouped = ids.by_scheme(own)
    yield "doi", grouped.get("doi", [""])[0]
    yield "eprint", grouped.get("arxiv", [""])[0]
    yield "archiveprefix", "arXiv" if "arxiv" in grouped else None
    for name in _NUMBERS:
        yield name, _joined(one.value for one in stated if one.kind == name and one.relationship in ("self", "part-of"))
    others = [one for one in stated if one.kind not in _NUMBERS and _work_id(one, kind) not in own]
    for relationship, field in _RELATED:
        yield field, _joined(str(one) for one in others if one.relationship == relationship)


def _joined(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(values))


def _stated_ids(summaries: Iterable[object]) -> Iterator[_Id]:
    """The ids of all summaries in their order, in ORCID's normal form where it gives one."""
    for summary in summaries:
        for one in shape.items(summary, "external-ids", "external-id") or ():
            value = shape.line(one, "external-id-normalized", "value") or shape.line(one, "external-id-value")
            kind, relationship = (shape.line(one, f"external-id-{name}") or "" for name in ("type", "relationship"))
            if kind and value:
                yield _Id(kind.lower(), value, relationship.lower())


def _work_id(stated: _Id, kind: str) -> str | None:
    if stated.kind == "isbn" and kind in _PARTS:
        return None
    read = _READERS.get(stated.kind)
    return read(stated.value) if read else None


def _work_at(link: str) -> str | None:
    """The id of a work in a link to it."""
    found = ids.parse(link) if address(link) else None
    return found if found and not ids.is_person(found) else None


_READERS: Final[dict[str, Callable[[str], str | None]]] = {
    "arxiv": ids.arxiv,
    "doi": ids.doi,
    "isbn": ids.isbn,
    "pmc": ids.pmcid,
    "pmid": ids.pmid,
    "uri": _work_at,
}
