"""The h-index and its kin: what the most cited works of a career say together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from citetrack.metrics.interval import Number
from citetrack.metrics.registry import Counts, metric
from citetrack.metrics.totals import HIRSCH

EGGHE = "doi:10.1007/s11192-006-0144-7"
JIN = "doi:10.1007/s11434-007-0145-9"


def _descending(counts: Counts) -> list[Number]:
    return sorted(counts, reverse=True)


@metric(unit="works", paper=HIRSCH, rises=True, grows=True, core="itself")
def h_index(citations: Counts) -> int:
    """The largest h such that h works are cited at least h times each.

    With the works in order of their citations, the last rank that does not exceed the citations of the work at it.

    Returns
    -------
    int
        Works; 0 for an empty career and for one without citations.

    Examples
    --------
    Wikipedia's (article "h-index"):

    >>> h_index([10, 8, 5, 4, 3])
    4
    >>> h_index([25, 8, 5, 3, 3])
    3

    References
    ----------
    - J. E. Hirsch (2005), An index to quantify an individual's scientific research output, PNAS 102(46), 16569-16572.
    """
    return sum(count >= rank for rank, count in enumerate(_descending(citations), start=1))


@metric(unit="works", paper=EGGHE, rises=True, grows=True, convention="at most the number of works", core="itself")
def g_index(citations: Counts) -> int:
    """The largest g, at most the number of works, such that the g most cited works have at least g² citations together.

    With the works in order of their citations, the last rank whose square does not exceed the citations up to it.

    Convention: papers and programs differ where all works together have more citations than the square of their number. Here g stops at
    the number of works, as in Publish or Perish; `g_index_unbounded` goes on. Uncited works count as works.

    Returns
    -------
    int
        Works; 0 for an empty career and for one without citations.

    Examples
    --------
    Rousseau, Egghe and Guns, table 7.6: the first five works have 26 citations, the first six 27.

    >>> g_index([8, 5, 5, 4, 4, 1, 0])
    5

    References
    ----------
    - L. Egghe (2006), Theory and practise of the g-index, Scientometrics 69(1), 131-152.
    - R. Rousseau, L. Egghe, R. Guns (2018), Becoming Metric-Wise, Chandos, section 7.5.1.
    """
    sums = accumulate(_descending(citations))
    return sum(total >= rank * rank for rank, total in enumerate(sums, start=1))


@metric(
    unit="works",
    paper=EGGHE,
    rises=True,
    grows=True,
    convention="fictitious works without citations are added",
    core=g_index,
)
def g_index_unbounded(citations: Counts) -> Number:
    """The largest g such that the g most cited works have at least g² citations together, uncited works being added as needed.

    As `g_index`; where even the square of the number of works is reached, the root of all citations, rounded down.

    Convention: works without citations are invented until g is found, so that g may exceed the number of works.

    Returns
    -------
    int
        Works; 0 for an empty career and for one without citations.

    Examples
    --------
    Rousseau, Egghe and Guns, table 7.7 and page 218:

    >>> g_index_unbounded([9, 8, 1])
    4
    >>> g_index_unbounded([15, 10, 5, 3])
    5

    References
    ----------
    - L. Egghe (2006), Theory and practise of the g-index, Scientometrics 69(1), 131-152.
    - R. Rousseau, L. Egghe, R. Guns (2018), Becoming Metric-Wise, Chandos, section 7.5.1.
    """
    g = g_index(citations)
    if g < len(citations):
        return g
    total = sum(citations)
    return total if total == math.inf else math.isqrt(int(total))


def _reaching(citations: Counts, threshold: int) -> int:
    return sum(count >= threshold for count in citations)


@metric(
    unit="works",
    paper="https://scholar.google.com/intl/en/scholar/citations.html",
    rises=True,
    grows=True,
    core="itself",
)
def i10_index(citations: Counts) -> int:
    """The number of works that are cited at least ten times.

    Returns
    -------
    int
        Works; 0 for an empty career.

    Examples
    --------
    The list that M. S. Rosenberg's catalogue of impact indices is worked on:

    >>> i10_index([42, 36, 14, 11, 9, 9, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0])
    4

    References
    ----------
    - Google Scholar, which shows it on every profile since 2011.
    """
    return _reaching(citations, 10)


@metric(unit="works", paper="doi:10.1007/s11192-020-03831-9", rises=True, grows=True, core="itself")
def i100_index(citations: Counts) -> int:
    """The number of works that are cited at least a hundred times.

    Returns
    -------
    int
        Works; 0 for an empty career.

    Examples
    --------
    From the tests of M. S. Rosenberg's ImpactFactor, without its uncited works:

    >>> i100_index([1100, 1000, 200, 100, 42, 36, 14, 11, 9, 9, 3, 2, 2, 2, 1, 1, 1])
    4

    References
    ----------
    - J. A. Teixeira da Silva (2021), The i100-index, i1000-index and i10,000-index, Scientometrics 126(4), 3667-3672.
    """
    return _reaching(citations, 100)


class _Core(NamedTuple):
    """An h that the counts allow, with the least and the greatest citations that its core, and all other works, may then have."""

    h: int
    least: Number
    greatest: Number
    least_beside: Number
    greatest_beside: Number


def _cores(lows: Counts, highs: Counts) -> Iterator[_Core]:
    """Every h that counts between `lows` and `highs` allow, smallest first; what it says of each encloses what is possible.

    Sorted counts lie between the sorted lows and the sorted highs, rank by rank; the h in the core are at least h, the others at most h.
    """
    low, high = _descending(lows), _descending(highs)
    low_sums, high_sums = list(accumulate(low, initial=0)), list(accumulate(high, initial=0))
    high_tails = list(accumulate(reversed(high), initial=0))[::-1]  # sums from the end: no infinity is ever subtracted
    low_reaching = high_reaching = len(low)
    for h in range(h_index(lows), h_index(highs) + 1):
        while low_reaching and low[low_reaching - 1] < h:
            low_reaching -= 1
        while high_reaching and high[high_reaching - 1] < h:
            high_reaching -= 1
        kept = min(low_reaching, h)
        yield _Core(
            h,
            least=low_sums[kept] + h * (h - kept),
            greatest=high_sums[h],
            least_beside=low_sums[-1] - low_sums[h],
            greatest_beside=h * (high_reaching - h) + high_tails[high_reaching],
        )


def _nonempty_cores(lows: Counts, highs: Counts) -> list[_Core]:
    return [core for core in _cores(lows, highs) if core.h]


def _enclosing(lows: Counts, least: list[float], greatest: list[float]) -> tuple[float, float] | None:
    """From the least to the greatest; from 0 where an h of 0, for which the metric is undefined, is possible beside others."""
    if not least:
        return None
    return (min(least) if h_index(lows) else 0.0), max(greatest)


def _a_bounds(lows: Counts, highs: Counts) -> tuple[float, float] | None:
    cores = _nonempty_cores(lows, highs)
    return _enclosing(lows, [core.least / core.h for core in cores], [core.greatest / core.h for core in cores])


def _e_bounds(lows: Counts, highs: Counts) -> tuple[float, float]:
    cores = list(_cores(lows, highs))
    return math.sqrt(min(core.least - core.h**2 for core in cores)), math.sqrt(max(core.greatest - core.h**2 for core in cores))


def _hirsch_a_bounds(lows: Counts, highs: Counts) -> tuple[float, float] | None:
    cores = _nonempty_cores(lows, highs)
    return _enclosing(
        lows,
        [(core.least + core.least_beside) / core.h**2 for core in cores],
        [(core.greatest + core.greatest_beside) / core.h**2 for core in cores],
    )


def _core_citations(citations: Counts) -> Number:
    return sum(_descending(citations)[: h_index(citations)])


@metric(unit="square root of citations", paper="doi:10.1371/journal.pone.0005429", bounds=_e_bounds, core=h_index)
def e_index(citations: Counts) -> float:
    """The square root of the citations of the h most cited works beyond the h² that the h-index asks of them.

    e² = (citations of the h most cited works) - h². It may fall when a count rises, for h may rise.

    Returns
    -------
    float
        Square root of citations; 0 for an empty career.

    Examples
    --------
    The list of M. S. Rosenberg's catalogue of impact indices, √(121 - 6²):

    >>> round(e_index([42, 36, 14, 11, 9, 9, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0]), 4)
    9.2195

    References
    ----------
    - C.-T. Zhang (2009), The e-index, complementing the h-index for excess citations, PLoS ONE 4(5), e5429.
    """
    return math.sqrt(_core_citations(citations) - h_index(citations) ** 2)


@metric(unit="citations per work", paper=JIN, bounds=_a_bounds, core=h_index)
def a_index(citations: Counts) -> float | None:
    """The mean number of citations of the h most cited works.

    A = (citations of the h most cited works) / h. It may fall when a count rises, for h may rise.

    Returns
    -------
    float or None
        Citations per work; `None` where h is 0: no works, no mean.

    Examples
    --------
    The list of M. S. Rosenberg's catalogue of impact indices, 121 / 6:

    >>> round(a_index([42, 36, 14, 11, 9, 9, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0]), 4)
    20.1667

    References
    ----------
    - B. Jin (2006), h-index: an evaluation indicator proposed by scientist, Science Focus 1(1), 8-9 (in Chinese), where it was proposed.
    - B. Jin, L. Liang, R. Rousseau, L. Egghe (2007), The R- and AR-indices: complementing the h-index, Chinese Science Bulletin 52(6), 855-863.
    """
    h = h_index(citations)
    return _core_citations(citations) / h if h else None


@metric(unit="square root of citations", paper=JIN, rises=True, grows=True, core=h_index)
def r_index(citations: Counts) -> float:
    """The square root of the citations of the h most cited works.

    R² = the citations of the h most cited works = A·h = h² + e².

    Returns
    -------
    float
        Square root of citations; 0 for an empty career.

    Examples
    --------
    Rousseau, Egghe and Guns, section 7.5.2: the roots of 7 and of 10.

    >>> round(r_index([7, 1, 1]), 4), round(r_index([8, 2, 0]), 4)
    (2.6458, 3.1623)

    References
    ----------
    - B. Jin, L. Liang, R. Rousseau, L. Egghe (2007), The R- and AR-indices: complementing the h-index, Chinese Science Bulletin 52(6), 855-863.
    - R. Rousseau, L. Egghe, R. Guns (2018), Becoming Metric-Wise, Chandos, section 7.5.2.
    """
    return math.sqrt(_core_citations(citations))


@metric(unit="ratio", paper=HIRSCH, bounds=_hirsch_a_bounds)
def hirsch_a(citations: Counts) -> float | None:
    """Hirsch's constant a: all citations in units of h².

    a = (citations of all works) / h², from N_c,tot = a·h²; Hirsch found it between 3 and 5. It may fall when a count rises, for h may
    rise.

    Returns
    -------
    float or None
        A ratio, at least 1; `None` where h is 0.

    Examples
    --------
    The list of M. S. Rosenberg's catalogue of impact indices, 133 / 6²:

    >>> round(hirsch_a([42, 36, 14, 11, 9, 9, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0]), 4)
    3.6944

    References
    ----------
    - J. E. Hirsch (2005), An index to quantify an individual's scientific research output, PNAS 102(46), 16569-16572: equation 1.
    """
    h = h_index(citations)
    return sum(citations) / h**2 if h else None
