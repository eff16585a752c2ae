"""Which observation counts a work for a source at a date, and what the counts of several records of one work say together.

Observations are chosen and compared here, never changed, and never summed across sources.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from citetrack.errors import UsageError
from citetrack.records.model import Bound, Observation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from citetrack.works.resolve import Work

CITATIONS: Final = "citations"
LARGEST: Final = "max"
"""The policy that takes the largest count of any source, work by work; named wherever it prints."""
LARGEST_CONVENTION: Final = "largest of any source"


class Count(NamedTuple):
    """What one source says of one work's citations: an interval, from one observation or folded from those of several records.

    `low` and `high` are numbers of citing works, `high` is `None` where unbounded. `number` is the (largest) number stated, by which works are ranked.
    """

    low: int
    high: int | None
    number: int
    bound: Bound
    source: str
    used: tuple[Observation, ...]

    @property
    def value(self) -> int | None:
        return self.low if self.low == self.high else None

    @property
    def counted_on(self) -> date | None:
        """The newest date among the observations used."""
        return max((observation.date for observation in self.used if observation.date), default=None)


def end_of(period: str) -> date:
    """The last day of ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``. Raises `UsageError` for anything else."""
    parts = period.split("-")
    lengths = [len(part) for part in parts]
    try:
        if lengths not in ([4], [4, 2], [4, 2, 2]) or not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError
        numbers = [int(part) for part in parts]
        if len(numbers) == 3:
            return date(*numbers)
        year, month = (*numbers, 12)[:2]
        first_of_the_last_month = date(year, month, 1)
    except ValueError:
        raise UsageError(f"{period!r} is no date; write YYYY, YYYY-MM or YYYY-MM-DD") from None
    if month == 12:
        return date(year, 12, 31)
    return first_of_the_last_month.replace(month=month + 1) - timedelta(days=1)


def known_at(observations: Iterable[Observation], as_of: date | None, sources: Collection[str] = ()) -> list[Observation]:
    """The observations not later than `as_of` (those without a date stay), of the given sources (of all where none is given)."""
    return [
        observation
        for observation in observations
        if (as_of is None or observation.date is None or observation.date <= as_of)
        and (not sources or observation.source in sources)
    ]


def newest(observations: Iterable[Observation]) -> Observation | None:
    """The newest statement: the latest date, among those of one day an exact one, then the one written last."""
    chosen = None
    for observation in observations:
        if chosen is None or _freshness(observation) >= _freshness(chosen):
            chosen = observation
    return chosen


def _freshness(observation: Observation) -> tuple[date, bool]:
    return observation.date or date.min, observation.bound == "="


def oldest_first(observations: Iterable[Observation]) -> list[Observation]:
    """Oldest first, then by source; what has no date comes first."""
    return sorted(observations, key=lambda observation: (observation.date or date.min, observation.source))


def counts_of(work: Work, as_of: date | None, sources: Collection[str] = ()) -> dict[str, Count]:
    """What each source says of the work at `as_of`; a source that says nothing is not there.

    Of each record the newest observation stands. Where several records bear one, the work's count is the interval from the largest
    of them to their sum, since the works that cite them may overlap. A record without a count adds nothing. What was written down by hand of a source
    and what stands in the source's own records are two reports of the same entries: the newer one is taken, the source's own of two of one day.
    """
    used: dict[str, list[Observation]] = {}
    by_hand: dict[str, list[Observation]] = {}
    for record in work.records:
        of_record: dict[str, list[Observation]] = {}
        for observation in known_at(record.observations, as_of, sources):
            if observation.figure == CITATIONS:
                of_record.setdefault(observation.source, []).append(observation)
        for source, observations in of_record.items():
            if (chosen := newest(observations)) is not None:
                (used if record.source == source else by_hand).setdefault(source, []).append(chosen)
    for source, observations in by_hand.items():
        if source not in used or _last_day(observations) > _last_day(used[source]):
            used[source] = observations
    return {source: _folded(tuple(observations), source) for source, observations in used.items()}


def _last_day(observations: Iterable[Observation]) -> date:
    return max(observation.date or date.min for observation in observations)


def _folded(used: tuple[Observation, ...], source: str) -> Count:
    intervals = [observation.interval for observation in used]
    low = max(low for low, _ in intervals)
    high = added(high for _, high in intervals)
    bound = used[0].bound if len(used) == 1 else _bound(low, high)
    return Count(low, high, max(observation.value for observation in used), bound, source, used)


def _bound(low: int, high: int | None) -> Bound:
    if low == high:
        return "="
    if low > 0:
        return ">="
    return "~" if high is None else "<="


def added(values: Iterable[int | None]) -> int | None:
    """The sum, unbounded (`None`) as soon as one of them is."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def largest(counts: Iterable[Count]) -> Count | None:
    """The policy ``max``: over the sources that state a count, the largest low and the largest high (unbounded where one of these is).

    Its `source` is that of the count which has both, else ``max``: an interval made of two sources' bounds is neither's.
    """
    stated = sorted(counts, key=lambda count: (-count.low, -count.number, count.source))
    if not stated:
        return None
    least = stated[0]
    unbounded = [count for count in stated if count.high is None]
    most = unbounded[0] if unbounded else max(stated, key=lambda count: (count.high or 0, count is least))
    number = max(count.number for count in stated)
    if most.high == least.high:
        return least._replace(number=number)
    bound = _bound(least.low, most.high)
    return Count(least.low, most.high, number, bound, LARGEST, (*least.used, *most.used))
