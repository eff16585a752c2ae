"""DBLP: the computer science bibliography of Schloss Dagstuhl and the University of Trier, kept by people.

It knows who wrote what in computer science, tells people of one name apart by hand (``Di Xu 0001``), and keeps several names of one person together. Of a
person it gives a page with names, affiliations, ids elsewhere and all publications, preprints (``CoRR``) beside the papers they became. It
counts no citations, names venues in their short form, and is not asked for single works here: its search finds words, not DOIs.

Documentation: https://dblp.org/faq/13501473 (search interface), https://dblp.org/faq/1474706 (terms and pace), https://dblp.org/faq/16154937 and
https://dblp.org/faq/17334559 (records and their attributes), https://dblp.org/faq/1474690 (records of persons), https://dblp.org/faq/1474783
(namesakes and several names), https://dblp.org/faq/What+types+does+dblp+use+for+publication+entries.html (kinds of publications),
https://blog.dblp.org/2020/08/18/new-dblp-url-scheme-and-api-changes/ (persistent ids), https://dblp.org/xml/CHANGES.txt and
https://dblp.org/xml/dblp.dtd (the format); https://dblp.uni-trier.de and https://dblp.dagstuhl.de are the same service.

- One request in one or two seconds is always fine; who asks too fast gets 429 with ``Retry-After``. No key; all data are CC0.
- A person's page is one document without pages of its own. The address of a pid that was given up leads to the one that is used now.
- A page whose person is a ``disambiguation`` stands for several people of one name; nobody is meant by it.
- What somebody only edited DBLP lists apart from what they wrote; since a profile counts authors, it is left out here and its number told.
- The search gives names, affiliations and other names. Where few are found, their own pages tell the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from citetrack.errors import Malformed
from citetrack.http import Pace
from citetrack.records import ids, shape
from citetrack.records.formats.fields import address, entry, known_ids, year
from citetrack.records.model import Candidate, Observation, Problem, Record
from citetrack.records.names import parse_name
from citetrack.records.text import clean, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from xml.etree.ElementTree import Element

    from citetrack.http import Answer, Http, Key
    from citetrack.records.model import Question, Said
    from citetrack.records.names import Name

BASE: Final = "https://dblp.org"
HOSTS: Final = ("dblp.org", "dblp.uni-trier.de", "dblp.dagstuhl.de")
IDS: Final = ("dblp",)
PACE: Final = Pace(requests=1, seconds=2.0)
KEY: Final[Key | None] = None
CONTACT: Final = ""
ANONYMOUS: Final = ""
PROVEN: Final = "the documentation's samples and public copies of its answers; no recordings"

_SOURCE: Final = "dblp"
_XML: Final = "application/xml"
_HITS: Final = 300  # at most 1,000 on one page
_MOST_FOUND: Final = 300
_FEW: Final = 5
_TITLES: Final = 3
_NAMED: Final = 5

# DBLP's records are named as BibTeX's entries are, but for ``www`` and ``data``, which are ``misc`` there.
_TYPES: Final = frozenset("article book incollection inproceedings mastersthesis phdthesis proceedings".split())
_FIELDS: Final = (
    "title", "year", "month", "journal", "booktitle", "volume", "number", "pages", "publisher", "series", "school", "address", "chapter", "isbn",
)  # fmt: skip
_WITHDRAWN: Final = "withdrawn"
_HOMONYM: Final = re.compile(r"\s+0\d{3}$")
_DOI_HOST: Final = re.compile(r"https?://(?:[\w-]+\.)*doi\.[\w.-]+/", re.IGNORECASE)
_ARXIV_HOST: Final = re.compile(r"https?://(?:[\w-]+\.)*arxiv\.org/", re.IGNORECASE)
_OPERATORS: Final = re.compile(r"[^\w\s'.-]|(?<!\w)-|-(?!\w)")  # | $ : and the like steer the search


class _Person(NamedTuple):
    """Whose page was read: the pid that the page states, and what it was read from."""

    pid: str
    answer: Answer


def fetch(question: Question, http: Http) -> Iterator[Said]:
    """What DBLP says of the person `dblp`: who that is, how many publications it lists, and each that they wrote."""
    asked = question.ids.get("dblp")
    if not asked:
        return
    answer = _page(asked, http) if ids.is_person(f"dblp:{asked}") else None
    if answer is None:
        yield Problem(
            "unknown_id", f"DBLP knows no person {clean(asked)[:60]}; look for the right dblp id with `citetrack find NAME`"
        )
        return
    root = _root(answer)
    pid = _pid(root) or asked
    if pid != asked:
        yield Problem("merged_id", f'DBLP calls its person {asked} now {pid}; put dblp = "{pid}" into people.toml')
    if _means_several(root):
        yield _ambiguous(pid, root)
        return
    yield from _described(root, _Person(pid, answer))
    yield from _works(root, _Person(pid, answer))


def find(name: str, http: Http) -> Iterator[Candidate]:
    """The people who bear that name, else those with names that begin like it. Where at most five are found, the page of each is asked as well."""
    words = " ".join(_OPERATORS.sub(" ", clean(name)).split())
    found = list({one.id: one for one in _found(words, http)}.values()) if words else []
    bearers = [one for one in found if _bears(one, words)] or found
    for one in bearers:
        yield _in_full(one, http) if len(bearers) <= _FEW else one


# --- asking


def _page(pid: str, http: Http) -> Answer | None:
    *folders, last = pid.split("/")
    return http.get_or_none("pid", *folders, f"{last}.xml", accept=_XML)


def _found(words: str, http: Http) -> Iterator[Candidate]:
    """Those whom the search finds: the words may stand in any order, and longer words that begin with them count too."""
    first, total = 0, 1
    while first < min(total, _MOST_FOUND):
        page = http.get("search", "author", "api", params={"q": words, "format": "json", "h": _HITS, "f": first}).json()
        hits = _several(shape.field(page, "result", "hits", "hit"))
        yield from (one for one in shape.each(hits, _hit, "person") if isinstance(one, Candidate))
        total = shape.count(page, "result", "hits", "@total") or 0
        first = first + len(hits) if hits else _MOST_FOUND


def _in_full(found: Candidate, http: Http) -> Candidate:
    """The candidate as their own page describes them, if it can be read."""
    pid = found.id.removeprefix("dblp:")
    answer = _page(pid, http)
    if answer is None:
        return found
    root = _root(answer)
    if _means_several(root):
        return found._replace(note="a page for several people of this name, not a person")
    return _candidate(root, _pid(root) or pid) or found


# --- reading a person


def _root(answer: Answer) -> Element:
    root = answer.xml()
    if root.tag != "dblpperson":
        raise Malformed(f"the answer is {clean(root.tag)[:40] or 'nothing'}, expected a dblpperson")
    return root


def _pid(element: Element) -> str | None:
    """The pid that an element states, if it is one."""
    stated = ids.dblp(element.get("pid", ""))
    return stated.removeprefix("dblp:") if stated and ids.is_person(stated) else None


def _means_several(root: Element) -> bool:
    person = root.find("person")
    return person is not None and "disambiguation" in person.get("publtype", "").split()


def _ambiguous(pid: str, root: Element) -> Problem:
    others = [other for author in root.iterfind("homonyms/h/person/author") if (other := _pid(author)) and other != pid]
    named = ", ".join(dict.fromkeys(others[:_NAMED])) + (f" and {len(others) - _NAMED:,} more" if len(others) > _NAMED else "")
    choose = f"choose among {named}" if others else "look for the right one with `citetrack find NAME`"
    return Problem("unknown_id", f"DBLP's {pid} stands for several people of one name, so nothing of it was taken; {choose}")


def _described(root: Element, person: _Person) -> Iterator[Said]:
    """Who it is, and how many works DBLP says that it lists."""
    if candidate := _candidate(root, person.pid):
        yield candidate
    listed = _listed(root)
    if isinstance(listed, int):
        url = f"{BASE}/pid/{person.pid}"
        yield Observation(_SOURCE, person.answer.day, listed, figure="works", origin=person.answer.origin, url=url)
    elif listed is not None:
        yield listed


def _listed(root: Element) -> int | Problem | None:
    """The number of works that DBLP states; a bad one costs only itself."""
    return next(shape.each([root.attrib], lambda page: shape.count(page, "n"), "number of works"))


def _candidate(root: Element, pid: str) -> Candidate | None:
    """The person of a page; `None` where it gives no name."""
    called = _names(root)
    if not called:
        return None
    written = [title for work in _publications(root) if not _only_edited(work, pid) and (title := _title(work))]
    listed = _listed(root)
    edited = sum(_only_edited(work, pid) for work in _publications(root))
    return Candidate(
        source=_SOURCE,
        id=f"dblp:{pid}",
        name=called[0],
        aka=tuple(called[1:]),
        affiliations=_distinct(root.iterfind("person/note[@type='affiliation']")),
        works=listed if isinstance(listed, int) else None,
        titles=tuple(written[:_TITLES]),
        ids=_ids_elsewhere(root),
        note=f"{edited:,} of the works only edited; those are left out" if edited else "",
    )


def _names(root: Element) -> list[str]:
    """The names the person goes by, the primary one first, without the number that tells namesakes apart; in other scripts, too."""
    person = root.find("person")
    notes = (
        []
        if person is None
        else [note for note in person.findall("note") if {"uname", "unicode"} & set(note.get("type", "").split())]
    )
    authors = [] if person is None else person.findall("author")
    stated = [root.get("name", ""), *(_line(element) for element in [*authors, *notes])]
    return list(dict.fromkeys(name for text in stated if (name := _bare(text))))


def _bare(name: str) -> str:
    return _HOMONYM.sub("", clean(name))


def _ids_elsewhere(root: Element) -> tuple[str, ...]:
    """The person's ids at other services, from the addresses that DBLP links."""
    read = (ids.parse(address(element.text)) for element in root.iterfind("person/url") if address(element.text))
    return known_ids(*(one for one in read if one and ids.is_person(one) and not one.startswith("dblp:")))


def _distinct(elements: Iterable[Element]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for element in elements if (text := _line(element))))


# --- reading publications


def _works(root: Element, person: _Person) -> Iterator[Said]:
    """The person's works in DBLP's order, each followed by what the user must know of it."""
    told: set[str] = set()
    for said in shape.each(root.iterfind("r"), lambda item: _record(item, person), "work"):
        if isinstance(said, Problem):
            yield said
        if not isinstance(said, Record) or said.key in told:
            continue
        told.add(said.key)
        yield said
        if said.entry.get("note") == _WITHDRAWN:
            yield Problem(
                "withdrawn", f"DBLP says that {said.key} was withdrawn; if it should not count, put dblp:{said.key} into not_mine"
            )


def _publications(root: Element) -> Iterator[Element]:
    return (work for item in root.iterfind("r") for work in list(item)[:1])


def _only_edited(work: Element, pid: str) -> bool:
    """Whether the person is an editor of the work and none of its authors."""
    authors, editors = work.findall("author"), work.findall("editor")
    return bool(editors) and (not authors or (pid in map(_pid, editors) and pid not in map(_pid, authors)))


def _record(item: Element, person: _Person) -> Record | None:
    """What an ``r`` holds, or `None` where the person did not write it."""
    work = next(iter(item), None)
    if work is None or not work.get("key", "").strip():
        raise Malformed("it holds no publication with a key")
    key = clean(work.get("key", ""))
    if _only_edited(work, person.pid) or key.startswith("homepages/"):
        return None
    authors = _authors(work)
    return Record(
        key=key,
        source=_SOURCE,
        title=_title(work),
        authors=authors,
        authors_complete=bool(authors),
        year=year(_child(work, "year")),
        venue=_child(work, "journal") or _child(work, "booktitle"),
        type=work.tag if work.tag in _TYPES else "misc",
        ids=_ids(work, key),
        position=_position(work, person.pid),
        entry=_fields(work, key),
        origin=person.answer.origin,
    )


def _authors(work: Element) -> tuple[Name, ...]:
    return tuple(parse_name(_bare(_line(author))) for author in _named(work))


def _named(work: Element) -> list[Element]:
    return [author for author in work.findall("author") if _bare(_line(author))]


def _position(work: Element, pid: str) -> int | None:
    """The place of the person among the authors, by the pid that each author's name bears: namesakes have others."""
    return next((place for place, author in enumerate(_named(work), start=1) if _pid(author) == pid), None)


def _ids(work: Element, key: str) -> tuple[str, ...]:
    """DBLP's own key, the DOIs and arXiv ids among the links, the arXiv id of a preprint in CoRR, and a book's ISBN.

    A note of type ``doi`` is no id of the work: DBLP writes one where several works share a DOI.
    """
    links = [_line(link) for link in work.findall("ee")]
    volume = _child(work, "volume") or ""
    return known_ids(
        ids.dblp(key),
        *(ids.doi_of_field(link) for link in links if _DOI_HOST.match(link)),
        *(ids.arxiv(link) for link in links if _ARXIV_HOST.match(link)),
        ids.arxiv(volume) if _child(work, "journal") == "CoRR" and volume.startswith("abs/") else None,
        *(ids.isbn(_line(isbn)) for isbn in work.findall("isbn") if work.tag in ("book", "phdthesis")),
    )


def _fields(work: Element, key: str) -> Mapping[str, str]:
    own = _ids(work, key)
    doi = next((one.removeprefix("doi:") for one in own if one.startswith("doi:")), None)
    preprint = next((one.removeprefix("arxiv:") for one in own if one.startswith("arxiv:")), None)
    links = [link for element in work.findall("ee") if (link := address(_line(element)))]
    withdrawn = _WITHDRAWN in work.get("publtype", "").split()
    return entry(
        (
            ("author", " and ".join(_bare(_line(author)) for author in work.findall("author"))),
            *((name, _child(work, name)) for name in _FIELDS),
            ("doi", doi),
            ("eprint", preprint),
            ("archiveprefix", "arXiv" if preprint else None),
            ("url", links[0] if links else f"{BASE}/rec/{key}"),
            ("note", _WITHDRAWN if withdrawn else None),
        )
    )


def _title(work: Element) -> str | None:
    """The title without the full stop that DBLP puts at the end of each."""
    title = _child(work, "title") or ""
    return (title[:-1] if title.endswith(".") and not title.endswith("..") else title) or None


def _child(work: Element, tag: str) -> str | None:
    found = work.find(tag)
    return (_line(found) or None) if found is not None else None


def _line(element: Element) -> str:
    """The text of an element and of what is marked up in it, on one line."""
    return clean("".join(element.itertext()))


# --- reading the answers of the search


def _several(value: object) -> list[object]:
    """DBLP's JSON is made of XML: what stands once is no list."""
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _hit(hit: object) -> Candidate:
    pid = ids.dblp(shape.text(hit, "info", "url") or "")
    name = _bare(shape.line(hit, "info", "author") or "")
    if pid is None or not ids.is_person(pid) or not name:
        raise Malformed("info holds no person with a name and an address")
    aliases = [_bare(_of_xml(alias)) for alias in _several(shape.field(hit, "info", "aliases", "alias"))]
    notes = _several(shape.field(hit, "info", "notes", "note"))
    affiliations = [_of_xml(note) for note in notes if isinstance(note, dict) and shape.text(note, "@type") == "affiliation"]
    return Candidate(
        source=_SOURCE,
        id=pid,
        name=name,
        aka=tuple(alias for alias in dict.fromkeys(aliases) if alias and alias != name),
        affiliations=tuple(dict.fromkeys(text for text in affiliations if text)),
    )


def _bears(found: Candidate, words: str) -> bool:
    """Whether one of the names holds all the words as they stand."""
    asked = set(fold(words).split())
    return any(asked <= set(fold(name).split()) for name in (found.name, *found.aka))


def _of_xml(value: object) -> str:
    """The text of what was an element: bare where it had no attributes."""
    return clean(value) if isinstance(value, str) else shape.line(value, "text") or ""
