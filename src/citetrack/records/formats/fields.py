"""What every list format shares: authors in one cell, a year, a count that becomes an observation, a key where the format has none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

from citetrack.errors import Malformed
from citetrack.records import ids, shape
from citetrack.records.model import Observation, Problem
from citetrack.records.names import PARTICLES, Name, parse_name
from citetrack.records.text import clean, fold

_YEAR: Final = re.compile(r"(?<!\d)(?:1\d{3}|20\d{2}|2100)(?!\d)", re.ASCII)
# The last is an ellipsis that went through the wrong encoding.
_CUT: Final = re.compile(r"[,;\s]*(?:\.{3,}|…|â\s?[€?]\s?¦|\b(?:and|&)\s+others\b\.?|\bet\s+al\b\.?)[\s.,;]*$", re.IGNORECASE)
_LONGEST_CUT: Final = 60
_AND: Final = re.compile(r"\s+and\s+|\s*&\s*", re.IGNORECASE)
_INITIALS: Final = re.compile(r"[^\W\d_](?:(?:\.[\s-]*|[\s-]+)[^\W\d_])*\.?|[A-Z]{2,3}")
_ENDS_IN_INITIAL: Final = re.compile(r"(?:^|\s)[^\W\d_](?:\.[^\W\d_])*\.?$")
_SUFFIX: Final = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)


@dataclass(slots=True)
class Notes:
    """The file being read and what was found wrong in it so far."""

    path: Path
    problems: list[Problem] = field(default_factory=list)

    def problem(self, code: str, message: str, line: int = 0) -> None:
        self.problems.append(Problem(code, message, clean(self.path.name), line))

    def unread(self, message: str, line: int = 0) -> None:
        """Something of the file is lost, so that what is made of it is made of a part."""
        self.problem("unread", message, line)

    def origin(self, line: int = 0) -> str:
        name = clean(self.path.name)
        return f"{name}:{line}" if line else name


def counted(
    notes: Notes,
    raw: object,
    *,
    source: str,
    day: date | None,
    line: int,
    url: str | None = "",
    figure: str = "citations",
    about: str = "",
) -> tuple[Observation, ...]:
    """The observation that a stated count makes; none where nothing is stated, none but a problem where what is stated is no count."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return ()
    try:
        value = shape.count({figure: raw}, figure)
    except Malformed as error:
        notes.unread(f"{about[:80]}: {error}" if about else str(error), line)
        return ()
    stated = value or 0  # `None` was not stated and has returned above
    return (Observation(source, day, stated, figure=figure, about=about, origin=notes.origin(line), url=address(url)),)


def dated(notes: Notes, raw: object, line: int = 0, what: str = "date") -> date | None:
    """The day that the file states; `None`, and a problem, where it is none."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    try:
        return shape.day({what: raw}, what)
    except Malformed as error:
        notes.unread(str(error), line)
        return None


def year(text: str | None) -> int | None:
    """The first group of exactly four digits that can be a year of publication (1000–2100, as in BibTeX), or `None`.

    >>> year("1995,"), year("(in press, 2024a)"), year("12345"), year("0")
    (1995, 2024, None, None)
    """
    found = _YEAR.search(text or "")
    return int(found[0]) if found else None


def line_of_text(text: str | None) -> str | None:
    """Text made harmless and laid on one line, `None` where nothing is left."""
    return (clean(text) if text else "") or None


def address(text: str | None) -> str:
    """A web address as it stands, or nothing: other schemes and anything with blanks or control characters is no address."""
    stripped = (text or "").strip()
    return stripped if re.fullmatch(r"https?://[^\s\x00-\x20\x7f<>\"]+", stripped, re.IGNORECASE) else ""


def known_ids(*candidates: str | None) -> tuple[str, ...]:
    """The ids among what `ids` read, in the order given, each once."""
    return tuple(dict.fromkeys(candidate for candidate in candidates if candidate))


def doi(text: str | None) -> str | None:
    """The DOI in a cell that may be empty, as `ids.doi` gives it."""
    return ids.doi(clean(text)) if text else None


def arxiv(text: str | None) -> str | None:
    """The arXiv id in a cell that may be empty, as `ids.arxiv` gives it."""
    return ids.arxiv(clean(text)) if text else None


def entry(pairs: Iterable[tuple[str, str | None]]) -> Mapping[str, str]:
    """The fields that hold something, under BibTeX's names, as the source wrote them."""
    return {name: value for name, value in pairs if value and value.strip()}


def title_key(title: str | None, published: int | None, line: int) -> str:
    """A key for a record whose format has none: the folded title and the year, so that it outlives a reordered export.

    >>> title_key("Deep Learning, Revisited", 2015, 3), title_key(None, None, 3)
    ('deep-learning-revisited-2015', 'line-3')
    """
    words = re.findall(r"\w+", fold(title or "")[:120])
    return "-".join([*words, *([str(published)] if published else [])]) if words else f"line-{line}"


def authors(text: str | None, *, commas_separate: bool = False) -> tuple[tuple[Name, ...], bool]:
    """The names in one cell, and whether the list is complete.

    Split at ``;``, at `` and ``, or at commas where the parts read as whole names (always, where `commas_separate`). A list that ends in ``...``,
    ``et al.`` or ``and others`` is cut. No list at all is not a complete one: the source did not say who wrote the work.

    >>> [str(name) for name in authors("p. auer, y. freund, and r. e. schapire,")[0]]
    ['auer, p.', 'freund, y.', 'schapire, r. e.']
    """
    cell = line_of_text(text)
    if not cell:
        return (), False
    uncut = _without_cut(cell)
    names = _with_suffixes([bare for part in _parts(uncut, commas_separate) if re.search(r"\w", bare := _bare(part))])
    lower = cell.islower()
    return tuple(_name(name, lower=lower) for name in names), bool(names) and uncut == cell


def _without_cut(cell: str) -> str:
    """The cell without the sign that its list is cut, which can only stand at its end."""
    tail = cell[-_LONGEST_CUT:]
    return cell[: len(cell) - len(tail)] + _CUT.sub("", tail)


def _parts(text: str, commas_separate: bool) -> list[str]:
    if ";" in text:
        return text.split(";")
    pieces = [piece.strip(" ,") for piece in _AND.split(text)]
    if commas_separate:
        return [part for piece in pieces for part in piece.split(",")]
    bare_families = sum(len(piece.split()) == 1 for piece in pieces)
    return [name for piece in pieces for name in _names_between_commas(piece, among_families=bare_families > 0)]


def _names_between_commas(piece: str, *, among_families: bool) -> list[str]:
    """``Family, Given`` is one name, ``A. Lee, B. Chan`` are two, and so are ``Lee, A., Chan, B.`` and ``Lee, A., B. Chan``."""
    parts = _with_suffixes([part.strip() for part in piece.split(",") if part.strip(" .")])
    one_word = [len(part.split()) == 1 for part in parts]
    initials = [_INITIALS.fullmatch(part) is not None for part in parts]
    if len(parts) == 2 and any(one_word) and not (all(one_word) and among_families and not any(initials)):
        return [", ".join(parts)]
    if not any(initials) and all(one_word) and len(parts) % 2 == 0 and not among_families:
        return [", ".join(parts[place : place + 2]) for place in range(0, len(parts), 2)]
    return _initials_joined(parts, initials)


def _initials_joined(parts: list[str], initials: list[bool]) -> list[str]:
    names: list[str] = []
    for place, part in enumerate(parts):
        follows_family = place > 0 and not initials[place - 1] and not _ENDS_IN_INITIAL.search(parts[place - 1])
        if initials[place] and follows_family:
            names[-1] += f", {part}"
        else:
            names.append(part)
    return names


def _with_suffixes(parts: list[str]) -> list[str]:
    """A ``Jr.`` of its own belongs to the name before it."""
    joined: list[str] = []
    for before, part in pairwise(["", *parts]):
        if joined and _SUFFIX.fullmatch(part) and not _SUFFIX.fullmatch(before):
            joined[-1] += f", {part}"
        else:
            joined.append(part)
    return joined


def _bare(part: str) -> str:
    """A name without the punctuation of the list around it; the full stop of an initial or of ``Jr.`` is its own."""
    name = part.strip(" ,:")
    return name[:-1] if re.fullmatch(r"[^\W\d_]{3}\.", name[-4:]) else name


def _name(text: str, *, lower: bool) -> Name:
    """A name; in a cell without capitals, case tells nothing of initials and particles, so that it is read as if it had them."""
    if not lower:
        return parse_name(text)
    name = parse_name(" ".join(word if word in PARTICLES and len(word) > 1 else word.title() for word in text.split()))
    return replace(name, family=name.family.lower(), given=name.given.lower(), suffix=name.suffix.lower())
