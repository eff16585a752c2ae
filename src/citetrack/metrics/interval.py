"""A number that is known exactly, between two bounds, or not at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Number = int | float


@dataclass(frozen=True, slots=True)
class Figure:
    """A number derived from observations: what is known of it, and in which unit.

    `value` is the number, and `None` unless `low` and `high` meet. `low` and `high` bound it; a `high` of `None` is unbounded.
    `convention` says which definition was followed where papers differ. `excluded` is the number of works left out because
    something the metric needs (a year, the number of authors) is missing. `exact` is True where `low` and `high` are the least and
    the greatest number that the counts allow, and False where they only enclose it. A number that is undefined (the mean of no
    works) or cannot be had (an age without a year) has the value `None`, the bounds 0 and `None`, and is not exact.

    >>> Figure(None, 3, 5, unit="works").to_dict()["high"]
    5
    """

    value: Number | None
    low: Number
    high: Number | None
    unit: str = ""
    convention: str | None = None
    excluded: int = 0
    exact: bool = True

    def __str__(self) -> str:
        """The figure as it is known: ``8``, ``8–12``, ``≥ 8``, or ``?`` where nothing is.

        >>> str(Figure(None, 1000, None)), str(Figure(7.75, 7.75, 7.75)), str(Figure(None, 0, None))
        ('≥ 1,000', '7.75', '?')
        """
        if self.value is not None:
            return shown(self.value)
        if self.high is not None:
            return f"{shown(self.low, math.floor)}–{shown(self.high, math.ceil)}"
        return f"≥ {shown(self.low, math.floor)}" if self.low else "?"

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON holds it; `interval` is ``exact`` or ``bounds``."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "convention": self.convention,
            "excluded": self.excluded,
            "interval": "exact" if self.exact else "bounds",
        }


def shown(number: Number, rounded: Callable[[float], int] = round) -> str:
    """A number with thousands set apart and at most two decimals; bounds are `rounded` outward, so that they stay bounds.

    >>> shown(305.8169), shown(305.8169, math.floor), shown(1000)
    ('305.82', '305.81', '1,000')
    """
    if isinstance(number, int):
        return f"{number:,}"
    return f"{rounded(number * 100) / 100:,.2f}".rstrip("0").rstrip(".")


def between(
    low: Number,
    high: Number | None,
    *,
    unit: str = "",
    convention: str | None = None,
    excluded: int = 0,
    exact: bool = True,
) -> Figure:
    """The figure between two bounds; `math.inf` and `None` are both unbounded. Bounds that meet are the value, and exact.

    >>> between(4, 4).value, between(4, 7).value, between(4, math.inf).high
    (4, None, None)
    """
    top = None if high is None or high == math.inf else high
    meets = low == top
    return Figure(low if meets else None, low, top, unit, convention, excluded, exact or meets)


def unknown(*, unit: str = "", convention: str | None = None, excluded: int = 0) -> Figure:
    """The figure of which nothing can be said."""
    return Figure(None, 0, None, unit, convention, excluded, exact=False)
