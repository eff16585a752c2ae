"""Read a field of the expected type from foreign data, or raise `Malformed` with one line that says what is wrong.

Foreign data is what a JSON parser gives: objects, lists, text, numbers, null. Each reader takes the data and the path of keys that leads to the
field (``text(item, "bib", "title")``). A key that is absent, or null, anywhere on the path gives `None`: the source did not say. A value of
another type than expected raises `errors.Malformed`, which a reader of records turns into a `Problem` of that one record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Final, TypeVar

from citetrack.errors import Malformed
from citetrack.records.model import Problem
from citetrack.records.text import clean

_Item = TypeVar("_Item")
_Read = TypeVar("_Read")

# No work has been cited, and no model downloaded, this often: a larger number is a broken export, not a count.
MOST_CITATIONS: Final = 10**9
_LONGEST_ERROR: Final = 100
_WHOLE_NUMBER: Final = re.compile(r"\s*([+-]?\d{1,18})(?:\.0*)?\s*", re.ASCII)
_MONTHS: Final = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(?:[a-z]+,?\s+)?(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]{3,9})\.?,?[\s-]+(\d{4})(?!\d)", re.ASCII)
_MONTH_FIRST: Final = re.compile(r"(?:[a-z]+,?\s+)?([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)", re.ASCII)


def field(data: object, *keys: str) -> object:
    """The value at the end of the path, of whatever type; `None` where a key is absent or null. Raises `Malformed` where the path leads through no object."""
    for depth, key in enumerate(keys):
        if data is None:
            return None
        if type(data) is not dict and not isinstance(data, Mapping):  # the first costs a tenth of the second
            raise _malformed(data, "an object", keys[:depth])
        data = data.get(key)
    return data


def text(data: object, *keys: str) -> str | None:
    """The text at the path as it stands, or `None`. Raises `Malformed` for anything else."""
    value = field(data, *keys)
    if value is None or isinstance(value, str):
        return value
    raise _malformed(value, "text", keys)


def integer(data: object, *keys: str) -> int | None:
    """The whole number at the path, also where it is written ``12.0`` or as text, or `None`. Raises `Malformed` for anything else."""
    value = field(data, *keys)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and (digits := _WHOLE_NUMBER.fullmatch(value)):
        return int(digits[1])
    raise _malformed(value, "a whole number", keys)


def count(data: object, *keys: str) -> int | None:
    """The number of citations, downloads … at the path, or `None`: a whole number from 0 to 10⁹. Raises `Malformed` for anything else.

    >>> count({"n": "12.0"}, "n"), count({"n": 0}, "n"), count({}, "n")
    (12, 0, None)
    """
    value = integer(data, *keys)
    if value is not None and value < 0:
        raise _malformed(value, "a count, which is never negative", keys)
    if value is not None and value > MOST_CITATIONS:
        raise _malformed(value, f"a count; none is above {MOST_CITATIONS:,}", keys)
    return value


def day(data: object, *keys: str) -> date | None:
    """The calendar day at the path, or `None`: ISO 8601 with or without a time, ``2026/3/12``, ``12 March 2026`` or ``March 12, 2026``.

    The day is the one written; a time zone does not move it. Raises `Malformed` for anything else and for years outside 1900–2100.
    """
    value = text(data, *keys)
    if value is None:
        return None
    written = value.strip().lower()[:64]
    try:
        found = _parsed_day(written)
    except ValueError:
        found = None
    if found is None or not 1900 <= found.year <= 2100:
        raise _malformed(value, "a date (YYYY-MM-DD)", keys)
    return found


def _parsed_day(written: str) -> date | None:
    if match := _YEAR_FIRST.match(written):
        return date(int(match[1]), int(match[2]), int(match[3]))
    if match := _DAY_FIRST.match(written):
        return date(int(match[3]), _MONTHS.get(match[2][:3], 0), int(match[1]))
    if match := _MONTH_FIRST.match(written):
        return date(int(match[3]), _MONTHS.get(match[1][:3], 0), int(match[2]))
    return None


def mapping(data: object, *keys: str) -> Mapping[str, object] | None:
    """The object at the path (the data itself without keys), or `None`. Raises `Malformed` for anything else."""
    value = field(data, *keys)
    if value is None or isinstance(value, Mapping):
        return value
    raise _malformed(value, "an object", keys)


def items(data: object, *keys: str) -> Sequence[object] | None:
    """The list at the path, its items of any type, or `None`. Raises `Malformed` for anything else."""
    value = field(data, *keys)
    if value is None or (isinstance(value, Sequence) and not isinstance(value, str | bytes)):
        return value
    raise _malformed(value, "a list", keys)


def line(data: object, *keys: str) -> str | None:
    """The text at the path without markup and control characters, on one line; `None` where there is none. Raises `Malformed` for anything else."""
    value = text(data, *keys)
    return (clean(value) if value else "") or None


def each(found: Iterable[_Item], read: Callable[[_Item], _Read], what: str) -> Iterator[_Read | Problem]:
    """`read` of every item, and a `Problem` in the place of one that is malformed: one bad item never costs another.

    `what` names the items in the problem's message, as in ``"work"``.
    """
    for place, item in enumerate(found, start=1):
        try:
            yield read(item)
        except Malformed as error:
            yield Problem("unread", f"{what} {place}: {error}")


@contextmanager
def parsing(what: str) -> Iterator[None]:
    """Around a parser of somebody else's, which takes the shape of its data for granted: what Python makes of data in another shape becomes `Malformed`.

    `what` names the data in the message, as in ``"the row"``.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        said = clean(f"{type(error).__name__}: {error}")[:_LONGEST_ERROR]
        raise Malformed(f"{what} cannot be read as the parser expects ({said})") from error


def _malformed(value: object, expected: str, keys: Sequence[str]) -> Malformed:
    where = ".".join(keys) or "the top"
    return Malformed(f"{where} holds {_shown(value)}, expected {expected}")


def _shown(value: object) -> str:
    """What stands there, short and harmless enough for a terminal."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**18:
        return "a number of more than 18 digits"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "a list"
    shown = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}…"
