"""Every registered metric of one career, as figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from citetrack.errors import UsageError
from citetrack.metrics.columns import Citations, Columns, read_columns
from citetrack.metrics.interval import Figure, Number, between, unknown
from citetrack.metrics.registry import METRICS, Metric

if TYPE_CHECKING:
    from datetime import date


def evaluate(
    citations: Citations,
    *,
    years: Iterable[int | None] | None = None,
    authors: Iterable[int | None] | None = None,
    positions: Iterable[int | None] | None = None,
    counted: Iterable[bool] | None = None,
    as_of: int | str | date | None = None,
) -> dict[str, Figure]:
    """Every metric of one career, by name.

    Parameters
    ----------
    citations
        One element for each work, in any order: a count; `None` where it is unknown (any number from 0); or a pair of the least and the
        greatest count, in which `None` is unbounded.
    years, authors, positions
        For each work the year of its first publication, the number of its authors, the person's place among them; `None` where unknown.
    counted
        For each work whether anything is stated of its count; by default, whether it is not `None`.
    as_of
        The year, or the date (ISO, or a `datetime.date`), from which ages count.

    Returns
    -------
    dict
        A `Figure` for each name in the registry. A metric that needs an input which is not given, or which no work has, is unknown.
        Works that lack what a metric needs are left out of it, and counted in its `excluded`.

    Raises
    ------
    UsageError
        For a count that is negative, fractional, no number or above 2^63 - 1, a year that is none, and columns of different lengths.

    Examples
    --------
    >>> figures = evaluate([10, 8, 5, None, (3, 4)])
    >>> figures["h_index"].value, figures["h_index"].low, figures["h_index"].high
    (None, 3, 4)
    """
    columns = read_columns(citations, years=years, authors=authors, positions=positions, counted=counted, as_of=as_of)
    return {name: _figure(definition, columns) for name, definition in METRICS.items()}


def _figure(definition: Metric, columns: Columns) -> Figure:
    chosen = columns.of(columns.rows_with(definition.needs))
    excluded = len(columns) - len(chosen)
    ends = None if _is_wanting(definition, columns, chosen) else _ends(definition, chosen)
    if ends is None:
        return unknown(unit=definition.unit, convention=definition.convention, excluded=excluded)
    return between(*ends, unit=definition.unit, convention=definition.convention, excluded=excluded, exact=definition.rises)


def _is_wanting(definition: Metric, columns: Columns, chosen: Columns) -> bool:
    """Nothing can be said: without a date where ages count, and where every work had to be left out."""
    return ("as_of" in definition.needs and columns.as_of is None) or (len(columns) > 0 and len(chosen) == 0)


def _ends(definition: Metric, chosen: Columns) -> tuple[Number, Number] | None:
    if definition.bounds:
        return definition.bounds(chosen.lows, chosen.highs)
    low = definition.function(**chosen.inputs(definition.needs, chosen.lows))
    if chosen.highs is chosen.lows:
        return None if low is None else (low, low)
    high = definition.function(**chosen.inputs(definition.needs, chosen.highs))
    return None if low is None or high is None else (low, high)


def in_core(
    name: str,
    citations: Citations,
    *,
    years: Iterable[int | None] | None = None,
    authors: Iterable[int | None] | None = None,
    positions: Iterable[int | None] | None = None,
) -> list[bool]:
    """For each work, in the order given, whether it is one of those that make the number.

    The core of h, e, a and r is the h most cited works, of g the g most cited, of i10 those with ten citations, of the maximum one.
    Metrics without a core (sums, means) are made by every work. Bounded counts stand with their least. Of works with equal counts the
    first given are taken. Works that lack what the metric needs are outside.

    >>> in_core("h_index", [3, 10, 8, 3])
    [True, True, True, False]

    Raises `UsageError` for a name that no metric has, and as `evaluate`.
    """
    definition = METRICS.get(name)
    if definition is None:
        raise UsageError(f"no metric is called {name!r}; there are {', '.join(METRICS)}")
    columns = read_columns(citations, years=years, authors=authors, positions=positions)
    rows = columns.rows_with(definition.needs)
    candidates = list(range(len(columns))) if rows is None else rows
    if definition.core:
        candidates = sorted(candidates, key=lambda row: -columns.lows[row])
        del candidates[definition.core([columns.lows[row] for row in candidates]) :]
    core = set(candidates)
    return [row in core for row in range(len(columns))]
