"""arXiv: the preprint server itself, asked for works by their arXiv ids through its query interface, which answers in Atom.

It knows each work's title, authors, day of the first version, categories, comment, and the journal reference and DOI of the published form where the
authors added them. It counts no citations, and it knows no people: an author is a name as the paper spells it, so that `find` shows spellings
and papers, never an id. (The author identifiers that arXiv offers are opt-in pages of another host, not part of this interface.)

Documentation: https://info.arxiv.org/help/api/user-manual.html (the interface), https://info.arxiv.org/help/api/tou.html (terms and pace),
https://info.arxiv.org/help/arxiv_identifier.html and https://info.arxiv.org/help/arxiv_identifier_for_services.html (ids and versions),
https://info.arxiv.org/help/withdraw.html (withdrawals), https://info.arxiv.org/help/jref.html (journal reference and DOI),
https://info.arxiv.org/help/prep.html (titles may hold TeX), https://github.com/arXiv/arxiv-search (the program behind the interface).

- One request in three seconds over one connection, from all of one's machines together; no key. The answers change once a day.
- ``id_list`` is a list of ids parted by commas; an id without a version means the newest one. ``start`` and ``max_results`` page, at most 2,000 at a
  time. An id that arXiv does not have is absent from the answer; one that is no id makes an error of the whole answer (400, or an entry
  called ``Error``), which is why only well-formed ids are asked for.
- ``au:"…"`` searches a phrase among the authors.
- A withdrawal is a new version, told of in the comment; nothing else in the answer marks it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from citetrack.errors import Malformed
from citetrack.http import Pace
from citetrack.records import ids, shape
from citetrack.records.formats.fields import address, entry, known_ids
from citetrack.records.model import Candidate, Problem, Record
from citetrack.records.names import parse_name, position, spellings
from citetrack.records.text import clean, decode, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from xml.etree.ElementTree import Element

    from citetrack.http import Answer, Http, Key
    from citetrack.records.model import Question, Said
    from citetrack.records.names import Name, Spelling

BASE: Final = "https://export.arxiv.org/api"
HOSTS: Final = ("export.arxiv.org", "arxiv.org")
IDS: Final = ("arxiv",)
PACE: Final = Pace(requests=1, seconds=3.0)
KEY: Final[Key | None] = None
CONTACT: Final = ""
ANONYMOUS: Final = ""
PROVEN: Final = (
    "real recordings of works asked for by id and of pages of a search; withdrawals and the search by author on the documentation"
)

_SOURCE: Final = "arxiv"
_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_ARXIV: Final = "{http://arxiv.org/schemas/atom}"
_TOTAL: Final = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"
_XML: Final = "application/atom+xml"
_BATCH: Final = 100
_FOUND_PAGE: Final = 500
_MOST_FOUND: Final = 1000  # more should be refined, says the manual
_TITLES: Final = 3

# What stood before the slash until March 2007; another word there makes an error of the whole answer.
_ARCHIVES: Final = frozenset(
    "acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs dg-ga funct-an gr-qc hep-ex hep-lat "
    "hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol physics plasm-ph q-alg q-bio quant-ph solv-int supr-con".split()
)
_IDENTIFIER: Final = re.compile(r"\d\d(?P<month>\d\d)\.\d{4,5}|(?P<archive>[a-z-]+)/\d\d(?P<old_month>\d\d)\d{3}", re.ASCII)
_ADDRESS: Final = re.compile(r"https?://(?:export\.|www\.)?arxiv\.org/abs/(.+?)(?:v(\d{1,9}))?")
_STEERING: Final = re.compile(r"[\"\\():]")
_TEX: Final = re.compile(r"[\\${]")
_THING: Final = r"(?:paper|article|preprint|e-?print|manuscript|submission|note|work|version|it)"
_WITHDRAWN: Final = re.compile(
    rf"\b(?:this|the|our)\s+(?:\w+\s+)?{_THING}\s+(?:(?:has|had|have)\s+(?:\w+\s+)?been|is|was|had\s+to\s+be)\s+(?:\w+\s+)?withdrawn\b"
    rf"|\b(?:has|have|had)\s+(?:\w+\s+)?withdrawn\s+(?:this|the|our)\s+{_THING}\b|^\W*(?:(?:paper|article|now|temporarily)\s+)?withdrawn\b",
    re.IGNORECASE,
)
# In a comment, which speaks of the paper itself, less is enough than in an abstract, which may speak of money.
_WITHDRAWN_FOR: Final = re.compile(
    r"\bwithdrawn\s+(?:by\s+(?:the\s+)?(?:\w+\s+)?(?:authors?|arxiv)|due\s+to|because)\b", re.IGNORECASE
)
_SEARCHED: Final = 200  # characters: what is said of a withdrawn work begins with that
_LONGEST_ERROR: Final = 200


class _Asked(NamedTuple):
    """What one request for a list of results is about: its parameters, how many a page may hold, and how many there can be."""

    params: Mapping[str, str | int]
    page: int
    most: int


def fetch(question: Question, http: Http) -> Iterator[Said]:
    """What arXiv says of the works with these arXiv ids, in batches; those that are withdrawn, and the ids it does not know, are told as problems."""
    wanted = list(dict.fromkeys((ids.arxiv(asked) or asked).removeprefix("arxiv:") for asked in question.arxiv))
    told: set[str] = set()
    lost = 0
    sound = [identifier for identifier in wanted if _well_formed(identifier)]
    for place in range(0, len(sound), _BATCH):
        for said in _works(sound[place : place + _BATCH], http):
            lost += isinstance(said, Problem) and said.lost
            if not isinstance(said, Record) or said.key not in told:
                yield said
            if isinstance(said, Record):
                told.add(said.key)
    unknown = [identifier for identifier in wanted if identifier not in told]
    if unknown and not lost:  # else any of them may be what was lost
        yield _unknown(unknown)


def find(name: str, http: Http) -> Iterator[Candidate]:
    """The ways in which papers spell that name, most papers first, with the titles and arXiv ids of the newest. None has an id: arXiv knows no people."""
    phrase = _phrase(name)
    called, words = spellings(phrase), set(fold(phrase).split())
    if not words:
        return
    newest = {"search_query": f'au:"{phrase}"', "sortBy": "submittedDate", "sortOrder": "descending"}
    found: dict[str, list[Element]] = {}
    there_are = 0
    for answer in _pages(_Asked(newest, _FOUND_PAGE, _MOST_FOUND), http):
        there_are = _total(answer)
        for paper in _entries(answer):
            for spelled in _bearers(paper, called, words):
                found.setdefault(spelled, []).append(paper)
    for spelled, papers in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        yield _spelling(spelled, papers, counted=there_are <= _MOST_FOUND)


# --- asking


def _works(batch: list[str], http: Http) -> Iterator[Said]:
    """What arXiv has of these ids. A page without the works that it announces, as arXiv sends now and then, is told: they are not unknown."""
    got, there_are = 0, 0
    for answer in _pages(_Asked({"id_list": ",".join(batch)}, len(batch), len(batch)), http):
        yield from _read(answer)
        got, there_are = got + len(_entries(answer)), min(_total(answer), len(batch))
    if got < there_are:
        yield Problem("unread", f"arXiv announces {there_are:,} works and sends {got:,}; try again later")


def _pages(asked: _Asked, http: Http) -> Iterator[Answer]:
    """The pages of a list of results, until all are there that the answer says there are, or as many as there can be."""
    start, total = 0, 1
    while start < min(total, asked.most):
        answer = http.get(
            "query", params={**asked.params, "start": start, "max_results": min(asked.page, asked.most - start)}, accept=_XML
        )
        got = len(_entries(answer))
        yield answer
        start += got
        total = _total(answer)
        if not got:
            return


def _phrase(name: str) -> str:
    """The name as papers print it, given names first, without anything that would steer the search."""
    plain = clean(name)
    parts = parse_name(plain) if "," in plain else None
    printed = f"{parts.given} {parts.particle} {parts.family} {parts.suffix}" if parts else plain
    return " ".join(_STEERING.sub(" ", printed).split())


def _well_formed(identifier: str) -> bool:
    """Whether arXiv will take it for an id: the archives are known, and no month is above 12 (00 was seen answered)."""
    found = _IDENTIFIER.fullmatch(identifier)
    return (
        found is not None
        and int(found["month"] or found["old_month"]) <= 12
        and (found["archive"] is None or found["archive"] in _ARCHIVES)
    )


# --- reading


def _entries(answer: Answer) -> list[Element]:
    root = answer.xml()
    if root.tag != f"{_ATOM}feed":
        raise Malformed(f"the answer is {clean(root.tag)[:40] or 'nothing'}, expected an Atom feed")
    return root.findall(f"{_ATOM}entry")


def _total(answer: Answer) -> int:
    """How many results the list has in all; 0 where the answer does not say, so that nothing more is asked for."""
    return shape.count({"totalResults": answer.xml().findtext(_TOTAL)}, "totalResults") or 0


def _read(answer: Answer) -> Iterator[Said]:
    """The works of one page in its order, each followed by what the user must know of it."""
    entries = [item for item in _entries(answer) if not _is_empty(item)]
    for said in shape.each(entries, lambda item: (_record(item, answer), _withdrawal(item)), "work"):
        if isinstance(said, Problem):
            yield said
            continue
        record, reason = said
        yield record
        if reason:
            yield Problem(
                "withdrawn",
                f"arXiv:{record.key} is withdrawn ({reason}); if it should not count, put arxiv:{record.key} into not_mine",
            )


def _is_empty(item: Element) -> bool:
    """An entry that is there in the place of a work that is not."""
    return (
        not any(item.findtext(f"{_ATOM}{tag}", "").strip() for tag in ("title", "published", "summary"))
        and item.find(f"{_ATOM}author") is None
    )


def _record(item: Element, answer: Answer) -> Record:
    link = _text(item, "id") or ""
    if "/api/errors" in link:
        raise Malformed(f"arXiv answers with an error: {_text(item, 'summary') or link}"[:_LONGEST_ERROR])
    placed = _ADDRESS.fullmatch(link)
    identifier = ids.arxiv(placed[1]) if placed else None
    if placed is None or identifier is None:
        raise Malformed(f"id holds {link[:60] or 'nothing'}, expected the address of an abstract")
    published = shape.day({"published": _text(item, "published")}, "published")
    authors = _authors(item)
    doi = _text(item, "doi", _ARXIV)
    return Record(
        key=identifier.removeprefix("arxiv:"),
        source=_SOURCE,
        title=_title(_text(item, "title")),
        authors=authors,
        authors_complete=bool(authors) and len(authors) == len(item.findall(f"{_ATOM}author")),
        year=published.year if published else None,
        venue="arXiv",
        type="misc",
        ids=known_ids(identifier, ids.doi(doi) if doi else None),
        entry=_fields(item, identifier, placed),
        origin=answer.origin,
    )


def _fields(item: Element, identifier: str, placed: re.Match[str]) -> Mapping[str, str]:
    """The entry as arXiv wrote it. The journal reference is the authors' own line on where the work appeared, not the name of a journal."""
    primary = item.find(f"{_ARXIV}primary_category")
    return entry(
        (
            ("title", _text(item, "title")),
            ("author", " and ".join(_names(item))),
            ("year", (_text(item, "published") or "")[:4]),
            ("eprint", identifier.removeprefix("arxiv:")),
            ("archiveprefix", "arXiv"),
            ("primaryclass", clean(primary.get("term", "")) if primary is not None else None),
            ("version", placed[2]),
            ("journal", _text(item, "journal_ref", _ARXIV)),
            ("doi", _text(item, "doi", _ARXIV)),
            ("note", _withdrawal(item) or _text(item, "comment", _ARXIV)),
            ("url", address(placed[0])),
        )
    )


def _text(item: Element, tag: str, space: str = _ATOM) -> str | None:
    """The text of the child element on one line."""
    return clean(item.findtext(f"{space}{tag}", "")) or None


def _title(text: str | None) -> str | None:
    return (decode(text) if text and _TEX.search(text) else text) or None


def _names(item: Element) -> list[str]:
    return [name for author in item.findall(f"{_ATOM}author") if (name := _text(author, "name"))]


def _authors(item: Element) -> tuple[Name, ...]:
    return tuple(parse_name(decode(name) if _TEX.search(name) else name) for name in _names(item))


def _withdrawal(item: Element) -> str | None:
    """What the comment, or else the beginning of the abstract, says of a withdrawal; `None` where neither does."""
    comment, summary = ((_text(item, *place) or "")[:_SEARCHED] for place in (("comment", _ARXIV), ("summary", _ATOM)))
    if _WITHDRAWN.search(comment) or _WITHDRAWN_FOR.search(comment):
        return comment
    return summary if _WITHDRAWN.search(summary) else None


def _unknown(unknown: list[str]) -> Problem:
    named = ", ".join(clean(identifier)[:40] for identifier in unknown[:5])
    more = f" and {len(unknown) - 5:,} more" if len(unknown) > 5 else ""
    return Problem("unknown_work", f"arXiv has no {named}{more}; look for a slip in the ids of these works")


def _bearers(paper: Element, called: frozenset[Spelling], words: set[str]) -> Iterable[str]:
    """The authors of the paper who may be meant, each as it spells them: the name's words are among theirs, or theirs is the name shortened."""
    names = _names(paper)
    fitting = [name for name in names if words <= set(fold(name).split())]
    place = None if fitting else position([parse_name(name) for name in names], called)
    return dict.fromkeys(fitting or ([names[place - 1]] if place else []))


def _spelling(spelled: str, papers: list[Element], *, counted: bool) -> Candidate:
    affiliations = [
        stated
        for paper in papers
        for author in paper.findall(f"{_ATOM}author")
        if _text(author, "name") == spelled
        for element in author.findall(f"{_ARXIV}affiliation")
        if (stated := clean(element.text or ""))
    ]
    return Candidate(
        source=_SOURCE,
        id="",
        name=spelled,
        affiliations=tuple(dict.fromkeys(affiliations))[:_TITLES],
        works=len(papers) if counted else None,
        titles=tuple(_titled(paper) for paper in papers[:_TITLES]),
        note="one spelling, maybe of several people: arXiv has no ids of authors; put the arXiv ids of the papers into the .bib",
    )


def _titled(paper: Element) -> str:
    identifier = ids.arxiv(_text(paper, "id") or "")
    return f"{_title(_text(paper, 'title')) or 'untitled'}" + (f" ({identifier})" if identifier else "")
