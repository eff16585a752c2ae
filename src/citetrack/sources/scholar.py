"""Google Scholar: the public profile of one person, read from its web pages with the parsers of the library ``scholarly``.

What it knows: a person's own list of works, each with its title, year, where it appeared (shortened) and Google's count of its citations; Google's
figures of the person (citations, h-index, i10-index, each also of the last five years, citations by year). What it lacks: the authors of a work
(the list has them only shortened, and scholarly leaves them out), DOIs, anything by which a work could be asked for.

Scholar has no API and documents no interface. What is relied upon is what scholarly 1.7.11 reads (https://scholarly.readthedocs.io/en/stable/DataTypes.html,
https://github.com/scholarly-python-package/scholarly): ``gsc_prf_in`` the name, ``gsc_prf_il`` the affiliation, ``gsc_rsb_std`` the six figures, ``gsc_g_t``
and ``gsc_g_al`` the chart of years, ``gsc_a_tr`` a row of the list, ``gsc_bpf_more`` the button for the next hundred.

Terms. Google offers nothing that is meant for programs. https://scholar.google.com/robots.txt allows everyone the first page of a profile
(``/citations?user=``) and no crawler the pages after it (``cstart=``), without which a list of more than 100 works is not whole, and
https://policies.google.com/terms asks programs to keep to such files. So nothing is asked unless the user wrote down a person's Scholar id; the
address begins as the allowed one does; a profile takes one request for each hundred works, and a run asks for nothing else. Whoever must not read the
further pages has the export, as citetrack reads it from scholarly and Publish or Perish. `PACE` is one page in ten seconds, slower than a person
turns them (scholarly waits one to two seconds); Google publishes no limit. No key, no contact; citetrack says in the User-Agent who it is.

A block is `Refused` at once and never worked around: no proxies, no browser, no disguise. It is known by what scholarly knows it by, elements with the id
``gs_captcha_ccl``, ``recaptcha`` or ``captcha-form`` or the class ``rc-doscaptcha-body``; by the form ``gs_captcha_f``; by the status 403; by an address
with ``/sorry/`` or a redirect to another host (``www.google.com/sorry``, ``consent.google.com``, ``accounts.google.com``); and, on a page that is no profile,
by what it says (`_SAYINGS`). A title that speaks of unusual traffic is none of these.
A 429 without any of these is waited for, and then `RateLimited`, as everywhere.

Proven on pages of our own written to these parsers, and on the list of a real profile, 1,114 rows as they stood in 2021, which
https://github.com/dollodart/gssa keeps to test itself; it has the rows alone.

scholarly as a whole cannot be imported beside bibtexparser 2 and httpx 0.28, and would open sessions of its own. Its two parsers need neither: see `parsers`.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from threading import Lock
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from citetrack.errors import BadAnswer, Refused, Unavailable
from citetrack.http import Pace
from citetrack.records import ids, shape
from citetrack.records.formats import fields, scholarly
from citetrack.records.model import Candidate, Observation, Problem, Record
from citetrack.records.text import clean

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import Tag
    from scholarly.author_parser import AuthorParser

    from citetrack.http import Answer, Http, Key
    from citetrack.records.model import Question, Said

BASE: Final = "https://scholar.google.com"
HOSTS: Final = ("scholar.google.com",)
IDS: Final = ("scholar",)
PACE: Final = Pace(requests=1, seconds=10.0)
KEY: Final[Key | None] = None
CONTACT: Final = ""
ANONYMOUS: Final = "no API: profile pages, read slowly, which Google may refuse at any time"
PROVEN: Final = "own pages written to scholarly's parser, and the 1,114 rows of a list saved in a public test suite"

ADVICE: Final = "export the profile instead (scholarly JSON or Publish or Perish CSV) and read it: citetrack profile FILE"
_PAGE: Final = 100  # works; the most that Scholar shows at once
_MOST_WORKS: Final = 100_000
_LARGEST_PAGE: Final = 2**20  # bytes; a page of 100 works has a fifth of it
_CAPTCHA_IDS: Final = ("gs_captcha_ccl", "gs_captcha_f", "recaptcha", "captcha-form")
_CAPTCHA_CLASS: Final = "rc-doscaptcha-body"
_SAYINGS: Final = ("captcha", "unusual traffic", "not a robot", "/sorry/", "consent.google.", "accounts.google.com/servicelogin")
_SECTIONS: Final = {"indices": "the figures of the person", "counts": "the citations by year"}
_NOT_WHOLE: Final = f"so it is not whole: try again later, or {ADVICE}"


def fetch(question: Question, http: Http) -> Iterator[Said]:
    """The profile with the Scholar id of the question: who Google says it is, its figures, and the list of works, page by page."""
    asked = question.ids.get("scholar")
    if not asked:
        return
    first = _first_page(http, asked)
    if first is None:
        yield Problem(
            "unknown_id", f"Google Scholar knows no profile {asked}; mend the id: it stands in the profile's address, after user="
        )
        return
    user = _canonical(first.soup) or asked
    if user != asked:
        yield Problem("merged_id", f'Google Scholar\'s profile {asked} is now {user}; write scholar = "{user}" into people.toml')
    figures, unread = _figures(first.soup)
    notes = _Notes.of(first.answer)
    statements = _statements(user, figures, first.answer, notes)
    total = next((one.value for one in statements if one.figure == "citations"), None)
    yield _candidate(user, first.soup, total)
    yield from statements
    yield from (*unread, *notes.problems)
    yield from _works(http, user, first, total)


# --- pages


class _Page(NamedTuple):
    answer: Answer
    soup: BeautifulSoup
    start: int


def _first_page(http: Http, user: str) -> _Page | None:
    """The first hundred works of the profile, or `None` where there is no such profile."""
    answer = http.get_or_none("citations", params=_parameters(user), accept="text/html")
    return _Page(answer, _profile_in(answer), 0) if answer else None


def _further_page(http: Http, user: str, start: int) -> _Page:
    answer = http.get("citations", params=_parameters(user) | {"cstart": start}, accept="text/html")
    return _Page(answer, _profile_in(answer), start)


def _parameters(user: str) -> dict[str, str | int]:
    return {"user": user, "hl": "en", "pagesize": _PAGE}


def _profile_in(answer: Answer) -> BeautifulSoup:
    """The page, parsed, if it is one of a profile. Raises `Refused` where it is a block, `BadAnswer` where it is something else."""
    if len(answer.body) > _LARGEST_PAGE:
        raise BadAnswer(f"scholar sends a page of more than {_LARGEST_PAGE // 2**20} MB, which no profile has; refused")
    soup = _soup(answer.text())
    if why := _block(answer, soup):
        raise Refused(f"{why}; {ADVICE}")
    if not soup.find(id="gsc_prf_in"):
        raise BadAnswer(f"scholar sends a page that is no profile; try again later, or {ADVICE}")
    return soup


def _block(answer: Answer, soup: BeautifulSoup) -> str:
    """By what the page is known to be Google's refusal to answer a program; empty where it is none."""
    if "/sorry/" in urlsplit(answer.url).path or soup.find(id=_CAPTCHA_IDS) or soup.find(class_=_CAPTCHA_CLASS):
        return "scholar asks for a CAPTCHA"
    said = answer.text().casefold()
    if not soup.find(id="gsc_prf_in") and any(saying in said for saying in _SAYINGS):
        return "scholar refuses to answer a program"
    return ""


def refusal(answer: Answer) -> str | None:
    """By what an answer that is an error is known to be a block, which no waiting helps against; `None` where it is none."""
    why = _block(answer, _soup(answer.text())) if len(answer.body) <= _LARGEST_PAGE else ""
    return why or None


def _soup(html: str) -> BeautifulSoup:
    """The page as the parsers of scholarly take it.

    They were written for Python's own HTML parser, whose time grows with the square of a page of unfinished tags; lxml's finds the same elements.
    An XML declaration would make Beautiful Soup warn, and U+0000 ends lxml's text.
    """
    from bs4 import BeautifulSoup

    tame = html.replace("\xa0", " ").replace("\0", "").replace("<?", "&lt;?")
    return BeautifulSoup(tame if "<" in tame else f"<p>{tame}", "lxml")


# --- the person


def _canonical(soup: BeautifulSoup) -> str | None:
    """The id that the page itself bears: after a profile was moved, another than the one asked for."""
    link = soup.find("link", rel="canonical")
    found = ids.scholar(str(link.get("href", ""))) if link else None
    return found.partition(":")[2] if found else None


def _candidate(user: str, soup: BeautifulSoup, total: int | None) -> Candidate:
    """Read without scholarly, whose parser wants the words of the English page beside the name."""
    name, affiliation = soup.find("div", id="gsc_prf_in"), soup.find("div", class_="gsc_prf_il")
    affiliations = tuple(filter(None, [_text(affiliation)]))
    return Candidate("scholar", f"scholar:{user}", _text(name), affiliations=affiliations, citations=total)


def _text(tag: Tag | None) -> str:
    return clean(tag.text) if tag else ""


def _figures(soup: BeautifulSoup) -> tuple[Mapping[str, Any], list[Problem]]:
    """The fields of the `Author` that scholarly makes of Google's figures, and the parts of the page in which it finds none that it can read."""
    author: dict[str, Any] = {}
    filled = shape.each(_SECTIONS, partial(_fill, soup=soup, author=author), "the profile, part")
    return author, [one for one in filled if isinstance(one, Problem)]


def _fill(section: str, *, soup: BeautifulSoup, author: dict[str, Any]) -> None:
    with shape.parsing(_SECTIONS[section]):
        parser: AuthorParser = parsers().AuthorParser(None)
        getattr(parser, f"_fill_{section}")(soup, author)


def _statements(user: str, author: Mapping[str, Any], answer: Answer, notes: _Notes) -> list[Observation]:
    """Google's figures. Without a table of them scholarly's h-index is 0, and so is a year without a bar: what was not stated is left out."""
    found = scholarly.statements(notes, author, {}, answer.day) if "citedby" in author else []
    for year, value in author.get("cites_per_year", {}).items():
        if value and 1000 <= year <= 2100:
            found += fields.counted(notes, value, source="scholar", day=answer.day, line=0, figure=f"citations_in_{year}")
    url = f"{BASE}/citations?user={user}"
    return [observation._replace(url=url) for observation in found]


# --- the works


def _works(http: Http, user: str, first: _Page, total: int | None) -> Iterator[Record | Problem]:
    """The list, each work once. A list that is not whole says so."""
    seen: set[str] = set()
    counted = 0
    for page in _pages(http, user, first):
        known = len(seen)
        for item in _rows(page):
            if isinstance(item, Record):
                if item.key in seen:
                    continue
                seen.add(item.key)
                counted += sum(observation.value for observation in item.observations)
            yield item
        if len(seen) == known and _has_more(page):
            yield Problem(
                "unread", f"scholar's list brings nothing new from work {page.start + 1} on and ends there, {_NOT_WHOLE}"
            )
            return
    if total is not None and counted < total:
        yield Problem("unread", f"scholar's list sums to {counted:,} citations of the {total:,} that it states, {_NOT_WHOLE}")


def _pages(http: Http, user: str, first: _Page) -> Iterator[_Page]:
    page = first
    yield page
    while _has_more(page) and page.start + _PAGE < _MOST_WORKS:
        page = _further_page(http, user, page.start + _PAGE)
        yield page


def _rows(page: _Page) -> Iterator[Record | Problem]:
    notes = _Notes.of(page.answer)
    rows = page.soup.find_all("tr", class_="gsc_a_tr")
    yield from shape.each(rows, partial(_record, notes=notes, page=page), f"page {page.start // _PAGE + 1} of the list, work")
    yield from notes.problems


def _record(row: Tag, *, notes: _Notes, page: _Page) -> Record:
    """A row of the list. It has a count, or a blank cell without a link, which is Scholar's 0; of anything else scholarly's 0 was not stated."""
    with shape.parsing("the row"):
        found = parsers()
        work = found.PublicationParser(None).get_publication(row, found.PublicationSource.AUTHOR_PUBLICATION_ENTRY)
    cell = row.find(class_="gsc_a_ac")
    if work["num_citations"] == 0 and (cell is None or (cell.get("href") and not cell.text.strip())):
        del work["num_citations"]
    record = scholarly.record(notes, "", work, 0, page.answer.day)
    return replace(record, ids=fields.known_ids(*record.ids, ids.scholar(record.key)))


def _has_more(page: _Page) -> bool:
    """Whether the button for the next hundred can be pressed. Every page has one: without it, the page breaks off."""
    button = page.soup.find("button", id="gsc_bpf_more")
    if button is None:
        raise BadAnswer(f"scholar's page from work {page.start + 1} breaks off before its end; try again later")
    return not button.has_attr("disabled")


@dataclass(slots=True)
class _Notes(fields.Notes):
    """What was found wrong in one answer, whose digest is where every number of it can be found again."""

    digest: str = ""

    @classmethod
    def of(cls, answer: Answer) -> _Notes:
        return cls(Path(), digest=answer.origin)

    def origin(self, line: int = 0) -> str:
        return self.digest


# --- scholarly

_LOADING = Lock()
# Imported by the parsers for what is never asked of them here: writing BibTeX, and reading the page of a single work.
_NOT_NEEDED: Final = frozenset({"arrow", "bibtexparser"})
_WANTED: Final = (
    "Google Scholar is read with the Python package scholarly, which is missing or has changed: pip install scholarly==1.7.11"
)


def parsers() -> Any:
    """The module ``scholarly.author_parser``, with `AuthorParser`, `PublicationParser` and `PublicationSource`, as our own copy.

    Importing it by name would run the package first, which opens sessions of its own, and it would want ``bibtexparser.bibdatabase``, which bibtexparser 2
    no longer has. So its file and the two it leans on are executed as modules of ours, whose `__import__` answers for what they miss.
    Nothing is put into `sys.modules`, and no module of others is changed.

    Raises `Unavailable` where scholarly is not installed, or has changed too much.
    """
    with _LOADING:
        return _loaded("author_parser")


@cache
def _loaded(name: str) -> ModuleType:
    try:  # an adapter to a library that may be missing, or be built in another way
        package = PathFinder.find_spec("scholarly")
        spec = PathFinder.find_spec(f"scholarly.{name}", package.submodule_search_locations) if package else None
        if spec is None or spec.loader is None:
            raise ImportError(f"no {name}")
        module = module_from_spec(spec)
        vars(module)["__builtins__"] = vars(builtins) | {"__import__": _importing}
        spec.loader.exec_module(module)
    except (ImportError, SyntaxError) as error:
        raise Unavailable(f"{_WANTED} ({clean(str(error))[:80]})") from error
    return module


def _importing(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
    """Python's `__import__`, for the modules of scholarly alone."""
    if level:
        return _loaded(name)
    if name.partition(".")[0] in _NOT_NEEDED:
        return SimpleNamespace(BibDatabase=None)
    return builtins.__import__(name, globals, locals, fromlist)
