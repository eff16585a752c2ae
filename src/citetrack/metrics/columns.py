"""The columns a metric is computed from: read from what a caller gives, checked, and cut to the works that hold what is needed."""

from __future__ import annotations

import math
import operator
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from citetrack.errors import UsageError
from citetrack.metrics.interval import Number
from citetrack.metrics.registry import PER_WORK

if TYPE_CHECKING:
    from datetime import date

Citations = Iterable[int | tuple[int, int | None] | None]

LARGEST_COUNT: Final = 2**63 - 1  # what a column of whole numbers holds in pandas, SQLite and most readers of JSON
FIRST_YEAR, LAST_YEAR = 1, 9999  # as in `datetime`


@dataclass(frozen=True, slots=True)
class Columns:
    """One career as columns of one length: the least and the greatest count of each work, and what else is known of it.

    `lows` and `highs` are one and the same list where every count is exact. `per_work` holds a list for each name of `PER_WORK`, with
    `None` where it is unknown.
    """

    lows: list[Number]
    highs: list[Number]
    counted: list[bool]
    per_work: dict[str, list[int | None]]
    as_of: int | None

    def __len__(self) -> int:
        return len(self.lows)

    def rows_with(self, needs: Sequence[str]) -> list[int] | None:
        """The places of the works of which everything needed is known; `None` where those are all."""
        needed = [self.per_work[name] for name in PER_WORK if name in needs]
        if not any(None in column for column in needed):
            return None
        return [row for row in range(len(self)) if all(column[row] is not None for column in needed)]

    def of(self, rows: list[int] | None) -> Columns:
        """These works alone."""
        if rows is None:
            return self
        lows = [self.lows[row] for row in rows]
        return Columns(
            lows,
            lows if self.highs is self.lows else [self.highs[row] for row in rows],
            [self.counted[row] for row in rows],
            {name: [column[row] for row in rows] for name, column in self.per_work.items()},
            self.as_of,
        )

    def inputs(self, needs: Sequence[str], counts: list[Number]) -> dict[str, Any]:
        """The arguments of a function that needs these, with one of the two columns of counts as `citations`."""
        given = {"citations": counts, "counted": self.counted, "as_of": self.as_of, **self.per_work}
        return {name: given[name] for name in needs}


def read_columns(
    citations: Citations,
    *,
    years: Iterable[int | None] | None = None,
    authors: Iterable[int | None] | None = None,
    positions: Iterable[int | None] | None = None,
    counted: Iterable[bool] | None = None,
    as_of: int | str | date | None = None,
) -> Columns:
    """Check what a caller gave; `UsageError` says in one line which value, at which position, cannot be."""
    given = list(citations)
    lows, highs = _intervals(given)
    columns = Columns(
        lows,
        lows if lows == highs else highs,
        [not _is_unknown(element) for element in given] if counted is None else [bool(each) for each in counted],
        {
            "years": _optional("years", years, len(given), FIRST_YEAR, LAST_YEAR),
            "authors": _optional("authors", authors, len(given), 1, LARGEST_COUNT),
            "positions": _optional("positions", positions, len(given), 1, LARGEST_COUNT),
        },
        None if as_of is None else read_year(as_of),
    )
    _check_lengths(columns)
    return columns


def _check_lengths(columns: Columns) -> None:
    lengths = {"counted": len(columns.counted)} | {name: len(column) for name, column in columns.per_work.items()}
    for name, length in lengths.items():
        if length != len(columns):
            raise UsageError(f"{name} has {length} elements and citations {len(columns)}; give one for each work")


def read_year(as_of: int | str | date) -> int:
    """The year of a year, of an ISO date (``2026``, ``2026-07``, ``2026-07-26``) or of a `datetime.date`.

    >>> read_year("2026-07"), read_year(2026)
    (2026, 2026)
    """
    from datetime import date

    if isinstance(as_of, date):
        return _whole("as_of", as_of.year, FIRST_YEAR, LAST_YEAR)  # the year of pandas' NaT is none
    if isinstance(as_of, str):
        try:
            return date.fromisoformat(as_of + {4: "-01-01", 7: "-01", 10: ""}[len(as_of) if _is_plain(as_of) else 0]).year
        except (KeyError, ValueError):
            raise UsageError(f"as_of: {_shown(as_of)} is no date; give YYYY, YYYY-MM or YYYY-MM-DD") from None
    return _whole("as_of", as_of, FIRST_YEAR, LAST_YEAR)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isdigit()


def _intervals(given: list[Any]) -> tuple[list[Number], list[Number]]:
    lows: list[Number] = []
    highs: list[Number] = []
    for position, element in enumerate(given, start=1):
        low, high = _interval(position, element)
        lows.append(low)
        highs.append(high)
    return lows, highs


def _interval(position: int, element: Any) -> tuple[Number, Number]:
    if type(element) is int and 0 <= element <= LARGEST_COUNT:  # nearly every element
        return element, element
    if _is_unknown(element):
        return 0, math.inf
    where = f"citations, position {position}"
    if not isinstance(element, (tuple, list)):
        count = _whole(where, element, 0, LARGEST_COUNT)
        return count, count
    if len(element) != 2:
        raise UsageError(f"{where}: {_shown(element)} is neither a count nor a pair of the least and the greatest")
    low = _whole(where, element[0], 0, LARGEST_COUNT)
    high = math.inf if element[1] is None or element[1] == math.inf else _whole(where, element[1], 0, LARGEST_COUNT)
    if high < low:
        raise UsageError(f"{where}: the greatest count, {high}, is below the least, {low}")
    return low, high


def _optional(name: str, given: Iterable[int | None] | None, length: int, least: int, greatest: int) -> list[int | None]:
    if given is None:
        return [None] * length
    return [
        None if _is_unknown(element) else _whole(f"{name}, position {position}", element, least, greatest)
        for position, element in enumerate(given, start=1)
    ]


def _is_unknown(value: Any) -> bool:
    """`None`, or the missing value of a pandas column; told by its name, for pandas is not imported for that."""
    return value is None or type(value).__name__ == "NAType"


def _whole(where: str, value: Any, least: int, greatest: int) -> int:
    """A whole number between two; whole floats and the integers of numpy and pandas are welcome, truth values are not."""
    number = _index(value)
    if number is not None and least <= number <= greatest:
        return number
    fault = "is not a whole number" if number is None else "is negative" if number < 0 else "is out of range"
    raise UsageError(f"{where}: {_shown(value)} {fault}; give a whole number from {least} to {greatest}")


def _index(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _shown(value: Any) -> str:
    if isinstance(value, int) and value.bit_length() > 256:  # writing it out would take long, or be refused
        return f"a number of {value.bit_length()} bits"
    return reprlib.repr(value)
