"""Numbers of works and of citations, and what is typical of them."""

from __future__ import annotations

from collections.abc import Sequence

from citetrack.metrics.interval import Number
from citetrack.metrics.registry import Counts, metric

HIRSCH = "doi:10.1073/pnas.0507655102"
PUBLISH_OR_PERISH = "https://harzing.com/resources/publish-or-perish/manual/using/query-results/metrics"


@metric(unit="works", paper=HIRSCH, rises=True, grows=True)
def works(citations: Counts) -> int:
    """The number of works, cited or not.

    The length of the list; a work of unknown count is a work.

    Returns
    -------
    int
        Works; 0 for an empty career.

    Examples
    --------
    The list that M. S. Rosenberg's catalogue of impact indices is worked on:

    >>> works([42, 36, 14, 11, 9, 9, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0])
    16

    References
    ----------
    - J. E. Hirsch (2005), An index to quantify an individual's scientific research output, PNAS 102(46), 16569-16572: criterion (i), N_p.
    """
    return len(citations)


@metric(unit="works", paper="citetrack", rises=True, grows=True)
def works_counted(counted: Sequence[bool]) -> int:
    """The number of works of which a count is stated.

    A statement that bounds the count (over 42,000; at most 9) counts; "about 500", which bounds nothing, and silence do not.

    Returns
    -------
    int
        Works; 0 for an empty career.

    Examples
    --------
    Our own: of three works, two have a count.

    >>> works_counted([True, False, True])
    2

    References
    ----------
    - citetrack: beside the number of works it says how much of a career the other figures rest on.
    """
    return sum(counted)


@metric(unit="citations", paper=HIRSCH, rises=True, grows=True)
def citations(citations: Counts) -> Number:
    """The number of citations to all works together.

    The sum of the counts.

    Returns
    -------
    int
        Citations; 0 for an empty career.

    Examples
    --------
    The list that M. S. Rosenberg's catalogue of impact indices is worked on:

    >>> citations([42, 36, 14, 11, 9, 9, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0])
    133

    References
    ----------
    - J. E. Hirsch (2005), An index to quantify an individual's scientific research output, PNAS 102(46), 16569-16572: criterion (ii), N_c,tot.
    """
    return sum(citations)


@metric(unit="citations per work", paper=HIRSCH, rises=True, convention="over all works, counted or not")
def cites_per_work(citations: Counts) -> float | None:
    """The mean number of citations of a work.

    The sum of the counts divided by the number of works, as Publish or Perish's cites/paper.

    Convention: uncited works are in the divisor, and so are works whose count is unknown: they widen the interval instead.

    Returns
    -------
    float or None
        Citations per work; `None` for an empty career, which has no mean.

    Examples
    --------
    The list that M. S. Rosenberg's catalogue of impact indices is worked on:

    >>> cites_per_work([42, 36, 14, 11, 9, 9, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0])
    8.3125

    References
    ----------
    - J. E. Hirsch (2005), An index to quantify an individual's scientific research output, PNAS 102(46), 16569-16572: criterion (iii).
    - A.-W. Harzing, Publish or Perish manual, Metrics.
    """
    return sum(citations) / len(citations) if citations else None


@metric(unit="citations", paper=PUBLISH_OR_PERISH, rises=True, convention="over all works, counted or not")
def median_citations(citations: Counts) -> float | None:
    """The number of citations that half of the works reach.

    The middle of the sorted counts; of an even number of works, the mean of the two in the middle.

    Convention: over all works, uncited and uncounted ones too, as `cites_per_work`.

    Returns
    -------
    float or None
        Citations; `None` for an empty career, which has no median.

    Examples
    --------
    Two lists from the tests of M. S. Rosenberg's ImpactFactor:

    >>> median_citations([1, 12, 3, 10, 4])
    4.0
    >>> median_citations([1, 10, 3, 4])
    3.5

    References
    ----------
    - A.-W. Harzing, Publish or Perish manual, Metrics: cites/paper, of which the median is given too.
    """
    if not citations:
        return None
    ordered = sorted(citations)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


@metric(unit="citations", paper=HIRSCH, rises=True, grows=True, core=lambda counts: min(1, len(counts)))
def max_citations(citations: Counts) -> Number:
    """The number of citations of the most cited work.

    The largest of the counts.

    Returns
    -------
    int
        Citations; 0 for an empty career.

    Examples
    --------
    The list that M. S. Rosenberg's catalogue of impact indices is worked on:

    >>> max_citations([42, 36, 14, 11, 9, 9, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0])
    42

    References
    ----------
    - J. E. Hirsch (2005), An index to quantify an individual's scientific research output, PNAS 102(46), 16569-16572: criterion (v),
      the citations of each of the q most cited papers, here with q = 1.
    """
    return max(citations, default=0)
