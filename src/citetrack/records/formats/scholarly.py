"""JSON as the Python package ``scholarly`` writes a filled author, and as the homepages that publish such files vary it.

A JSON object with ``citedby`` is one, even if it holds nothing else. Layout: https://scholarly.readthedocs.io/en/stable/DataTypes.html
(`Author`: ``scholar_id name citedby citedby5y hindex hindex5y i10index i10index5y publications``; `Publication`: ``bib author_pub_id
num_citations citedby_url pub_url eprint_url``; `BibEntry`: ``title author pub_year journal conference venue citation``). Homepages add
``updated``, make ``publications`` an object whose keys are the ``author_pub_id``, flatten ``bib`` into the entry (with ``citedby`` for its
count), or publish a badge that holds ``citedby`` alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from citetrack.errors import InputError, Malformed
from citetrack.records import ids, shape
from citetrack.records.formats import fields, opening
from citetrack.records.formats.fields import Notes
from citetrack.records.model import Observation, Record, Records
from citetrack.records.names import Name

SOURCE: Final = "scholar"
FIGURES: Final = {
    "citedby": "citations",
    "hindex": "h_index",
    "i10index": "i10_index",
    "citedby5y": "citations_5y",
    "hindex5y": "h_index_5y",
    "i10index5y": "i10_index_5y",
}
# Lines of origins are looked up only in files of a size that a profile can have.
_LARGEST_WITH_LINES: Final = 8 * 1024 * 1024
_TOKEN: Final = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}\[\]]', re.DOTALL)
_MOCK: Final = re.compile(r"mock|fake|dummy|simulated|placeholder|模拟数据|虚拟数据", re.IGNORECASE)
_CACHED: Final = re.compile(r"cache|stale|outdated|previous data|last known|缓存", re.IGNORECASE)
_LONGEST_CITATION: Final = 500
_TRAILING_NUMBERS: Final = re.compile(r"(?:[\s,]+\(?\d[\d().:–-]*)+$")

Lines = Mapping[tuple[str, ...], int]


def read(seen: opening.Head) -> Records:
    """The list of one Google Scholar profile, with what Google states of the person. Raises `InputError` where it is none."""
    text = opening.whole_text(seen)
    profile = _profile(seen, text)
    notes = Notes(seen.path)
    lines = _lines(text)
    updated = fields.dated(notes, profile.get("updated"), lines.get(("updated",), 0), "updated")
    _note_declarations(notes, profile, lines)
    scholar_id = ids.scholar(_text(profile, "scholar_id") or "")
    return Records(
        list(_records(notes, profile, lines, updated)),
        problems=notes.problems,
        observations=statements(notes, profile, lines, updated),
        name=fields.line_of_text(_text(profile, "name")),
        ids={SOURCE: scholar_id.partition(":")[2]} if scholar_id else {},
        list_of=SOURCE,
        format="scholarly",
        updated=updated,
    )


def _profile(seen: opening.Head, text: str) -> Mapping[str, object]:
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise InputError(
            f"{seen.path}:{error.lineno}:{error.colno}: JSON that breaks off or is broken here ({error.msg.lower()})"
        ) from error
    except RecursionError as error:
        raise InputError(f"{seen.path}: JSON nested too deeply to be a profile") from error
    except ValueError as error:
        raise InputError(f"{seen.path}: JSON with a number too long to be a count") from error
    if not isinstance(data, dict) or not ("citedby" in data or "publications" in data):
        raise InputError(f"{seen.path}: JSON, but not a Google Scholar profile as scholarly writes it (an object with `citedby`)")
    return data


def _text(data: object, *keys: str) -> str | None:
    """Text where it is text; a homepage may put anything into a field that does not matter here."""
    try:
        return shape.text(data, *keys)
    except Malformed:
        return None


def _note_declarations(notes: Notes, profile: Mapping[str, object], lines: Lines) -> None:
    """What the file says of itself that makes its numbers less than Google's."""
    for key in ("source", "note"):
        said = fields.line_of_text(_text(profile, key)) or ""
        if _MOCK.search(said):
            notes.problem("mock_data", f"the file declares itself mock data ({key}: {said[:80]})", lines.get((key,), 0))
            break
    message = fields.line_of_text(_text(profile, "message")) or ""
    if _CACHED.search(message):
        notes.problem("stale", f"the file says that it holds older data: {message[:120]}", lines.get(("message",), 0))


def statements(notes: Notes, profile: Mapping[str, object], lines: Lines, updated: date | None) -> list[Observation]:
    """What Google states of the person, beside the list: an observation for each of `FIGURES` that the profile holds."""
    return [
        observation
        for key, figure in FIGURES.items()
        for observation in fields.counted(
            notes, profile.get(key), source=SOURCE, day=updated, line=lines.get((key,), 0), figure=figure
        )
    ]


def _records(notes: Notes, profile: Mapping[str, object], lines: Lines, updated: date | None) -> Iterator[Record]:
    for key, line, item in _publications(notes, profile, lines):
        try:
            yield record(notes, key, item, line, updated)
        except Malformed as error:
            notes.unread(f"publication {key[:80]}: {error}", line)


def _publications(notes: Notes, profile: Mapping[str, object], lines: Lines) -> Iterator[tuple[str, int, object]]:
    """Key, line and content of each entry; in a list the number of the entry is its key."""
    found = profile.get("publications")
    if isinstance(found, Mapping):
        yield from ((key, lines.get(("publications", key), 0), item) for key, item in found.items())
    elif isinstance(found, list):
        objects = 0
        for number, item in enumerate(found, start=1):
            objects += isinstance(item, dict | list)
            yield str(number), lines.get(("publications", str(objects)), 0) if isinstance(item, dict | list) else 0, item
    elif found is not None:
        notes.unread("publications holds neither a list nor an object; no work was read", lines.get(("publications",), 0))


def record(notes: Notes, key: str, item: object, line: int, updated: date | None) -> Record:
    """One `Publication` of scholarly's; `key` serves where it has no ``author_pub_id``. Raises `Malformed`."""
    if not isinstance(item, Mapping):
        raise Malformed("expected an object")
    bib = shape.mapping(item, "bib")
    bib = item if bib is None else bib
    citation = fields.line_of_text(shape.text(bib, "citation"))
    names, complete = _authors(bib)
    key = fields.line_of_text(shape.text(item, "author_pub_id")) or fields.line_of_text(key) or f"line-{line}"
    url = _text(item, "citedby_url")
    return Record(
        key=key,
        source=SOURCE,
        title=fields.line_of_text(shape.text(bib, "title")),
        authors=names,
        authors_complete=complete,
        year=_year(bib),
        venue=_venue(bib, citation),
        type=_type(bib),
        ids=_ids(item, citation),
        observations=fields.counted(notes, _count(item), source=SOURCE, day=updated, line=line, url=url, about=key),
        entry=_entry(item, bib),
        origin=notes.origin(line),
    )


def _count(item: Mapping[str, object]) -> object:
    """`num_citations`; where an entry is flattened, `citedby` is its count."""
    return item["num_citations"] if item.get("num_citations") is not None else item.get("citedby")


def _authors(bib: Mapping[str, object]) -> tuple[tuple[Name, ...], bool]:
    value = bib.get("author")
    if isinstance(value, list):
        value = "; ".join(part for part in value if isinstance(part, str))
    return fields.authors(shape.text({"author": value}, "author"))


def _year(bib: Mapping[str, object]) -> int | None:
    value = bib.get("pub_year")
    return fields.year(str(value) if isinstance(value, int) else shape.text(bib, "pub_year"))


def _venue(bib: Mapping[str, object], citation: str | None) -> str | None:
    """Where it appeared, by name; Google's short `citation` serves where nothing better does, without its volume, pages and year."""
    named = next((venue for key in ("journal", "conference", "venue") if (venue := fields.line_of_text(_text(bib, key)))), None)
    if named and named.casefold() != "na":
        return named
    if citation is None or fields.arxiv(citation):
        return None
    return _TRAILING_NUMBERS.sub("", citation[:_LONGEST_CITATION]).strip(" ,") or None


def _type(bib: Mapping[str, object]) -> str:
    stated = (_text(bib, "pub_type") or "").strip().casefold()
    if stated in ("article", "book", "inproceedings", "incollection", "phdthesis", "techreport"):
        return stated
    return "article" if _text(bib, "journal") else "inproceedings" if _text(bib, "conference") else "misc"


def _ids(item: Mapping[str, object], citation: str | None) -> tuple[str, ...]:
    addresses = [_text(item, key) for key in ("pub_url", "eprint_url", "url")]
    return fields.known_ids(
        *(fields.doi(one) for one in addresses), *(fields.arxiv(one) for one in addresses), fields.arxiv(citation)
    )


def _entry(item: Mapping[str, object], bib: Mapping[str, object]) -> Mapping[str, str]:
    names = {"title": "title", "author": "author", "pub_year": "year", "journal": "journal", "conference": "booktitle"}
    names |= {"volume": "volume", "number": "number", "pages": "pages", "publisher": "publisher", "citation": "note"}
    pairs = [(to, _text(bib, key)) for key, to in names.items()]
    return fields.entry([*pairs, ("url", fields.address(_text(item, "pub_url") or _text(item, "url")))])


def _lines(text: str) -> Lines:
    """The line of each top-level key and of each publication; nothing for a text so large that finding them would cost more than it tells."""
    if len(text) > _LARGEST_WITH_LINES:
        return {}
    found: dict[tuple[str, ...], int] = {}
    depth, line, reached, number = 0, 1, 0, 0
    top = container = ""
    for token in _TOKEN.finditer(text):
        line, reached = line + text.count("\n", reached, token.start()), token.start()
        symbol = token[0]
        if symbol in "{[":
            if depth == 1:
                container = symbol
            elif depth == 2 and container == "[" and top == "publications":
                number += 1
                found[(top, str(number))] = line
            depth += 1
        elif symbol in "}]":
            depth -= 1
        elif token[2] and depth == 1:
            top = token[1]
            found.setdefault((top,), line)
        elif token[2] and depth == 2:
            found.setdefault((top, token[1]), line)
    return found
