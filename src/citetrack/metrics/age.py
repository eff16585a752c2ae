"""What a career has gathered, for each year of its age."""

from __future__ import annotations

from collections.abc import Sequence

from citetrack.metrics.hirsch import h_index
from citetrack.metrics.registry import Counts, metric
from citetrack.metrics.totals import HIRSCH, PUBLISH_OR_PERISH

AGE = "age = max(1, as_of's year - year of the first work)"


def career_age(years: Sequence[int], as_of: int) -> int | None:
    """Years from the first work to `as_of`, at least 1, as Publish or Perish counts them; `None` without works.

    >>> career_age([2014, 2011, 2020], as_of=2025), career_age([2025], as_of=2025)
    (14, 1)
    """
    return max(1, as_of - min(years)) if years else None


@metric(unit="citations per year", paper=PUBLISH_OR_PERISH, rises=True, convention=AGE)
def cites_per_year(citations: Counts, years: Sequence[int], as_of: int) -> float | None:
    """The citations of a career divided by its age.

    The sum of the counts divided by the years since the first work.

    Convention: the age is max(1, as_of's year - year of the first work), Publish or Perish's "citation years"; the first year is not
    counted as a whole one. Works without a year are left out.

    Returns
    -------
    float or None
        Citations per year; `None` for an empty career, without the year of any work, and without `as_of`.

    Examples
    --------
    A query that Publish or Perish 8 exported on 2025-08-05: 264 citations since 2011, 18.86 a year.

    >>> round(cites_per_year([264], [2011], as_of=2025), 2)
    18.86

    References
    ----------
    - A.-W. Harzing, Publish or Perish manual, Metrics: cites/year, citation years.
    """
    age = career_age(years, as_of)
    return sum(citations) / age if age else None


@metric(unit="works per year", paper=HIRSCH, rises=True, convention=AGE, core=h_index)
def m_quotient(citations: Counts, years: Sequence[int], as_of: int) -> float | None:
    """The h-index divided by the age of the career.

    Hirsch's slope m, from h = m·n, where n is the number of years since the first work.

    Convention: n is max(1, as_of's year - year of the first work), as Publish or Perish has it; bibliometrix counts the first year too
    (n + 1) and finds less. Works without a year are left out, of h too.

    Returns
    -------
    float or None
        Works per year; `None` for an empty career, without the year of any work, and without `as_of`.

    Examples
    --------
    Our own list, with the h of 5 over 9 years for which Publish or Perish prints m = 0.56:

    >>> round(m_quotient([9, 8, 7, 6, 5, 1], [2007, 2008, 2008, 2010, 2011, 2015], as_of=2016), 2)
    0.56

    References
    ----------
    - J. E. Hirsch (2005), An index to quantify an individual's scientific research output, PNAS 102(46), 16569-16572.
    - A.-W. Harzing, Publish or Perish manual, Metrics.
    """
    age = career_age(years, as_of)
    return h_index(citations) / age if age else None
