"""From records and decisions to a profile: choose the counts, rank the works, compute the figures, collect the cautions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from citetrack import metrics
from citetrack.errors import UsageError
from citetrack.metrics import Figure
from citetrack.profiles import cautions
from citetrack.profiles.counts import (
    CITATIONS,
    LARGEST,
    LARGEST_CONVENTION,
    Count,
    counts_of,
    known_at,
    largest,
    newest,
    oldest_first,
)
from citetrack.profiles.profile import Profile, SourceRow, WorkRow
from citetrack.records import ids, names
from citetrack.records.model import Artifact
from citetrack.works.resolve import Work, decided_away, resolve

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from citetrack.records.model import Observation, Person, Records

ListState = Literal["whole", "partial", "missing"]
_NO_WORKS = frozenset({"control", "ieeetranbstctl", "set", "string", "xdata"})
"""Entries that lend their fields to others, or that only steer a style."""


class _Table(NamedTuple):
    """The works and, for each of them, the count of every source that states one."""

    works: tuple[Work, ...]
    counts: tuple[Mapping[str, Count], ...]

    def of(self, source: str) -> tuple[Count | None, ...]:
        """What one source counts, work by work."""
        return tuple(counts.get(source) for counts in self.counts)

    def chosen(self, policy: str | None) -> tuple[Count | None, ...]:
        """The count that measures each work."""
        if policy is None:
            return (None,) * len(self.works)
        return tuple(largest(counts.values()) for counts in self.counts) if policy == LARGEST else self.of(policy)

    def coverage(self) -> dict[str, tuple[int, date]]:
        """For each source how many works it counts (with any bound but ``~``), and the newest day it did."""
        found: dict[str, tuple[int, date]] = {}
        for source, count in (pair for counts in self.counts for pair in counts.items()):
            works, day = found.get(source, (0, date.min))
            found[source] = works + (count.bound != "~"), max(day, count.counted_on or date.min)
        return dict(sorted(found.items()))


def build(
    person: Person,
    records: Records,
    *,
    as_of: date | None = None,
    sources: Collection[str] = (),
    counts: str | None = None,
) -> Profile:
    """The profile of `person` from `records` and the observations that hang on them.

    `as_of` leaves later observations out and is the day ages count from; its default is the newest date among the observations used.
    `sources` keeps only what these said. `counts` is the source whose counts make the metrics and the ranking, or ``max`` (the largest of any
    source, work by work); its default is the source that counts most of the works, the newer one of two.

    Raises `UsageError` for a source that says nothing here, and `ConfigError` where the decisions contradict each other.
    """
    _check_sources(sources, records)
    works, left_out = _works(records, person)
    table = _table(works, as_of, sources)
    stated = _stated(records, as_of, sources)
    policy = _policy(counts, table)
    state = _list_state(records, stated, as_of)
    artifacts = _artifacts(records, as_of, sources)
    seen = as_of or _newest_date(table, stated, artifacts)
    chosen = table.chosen(policy)
    rows = _ranked(table.works, chosen, person, as_of, sources)
    figures = _figures(works, chosen, seen, state, policy)
    return Profile(
        person=person,
        as_of=seen,
        counts=policy,
        totals={name: figures[name] for name in ("works", "works_counted", CITATIONS)},
        metrics=figures,
        by_source=tuple(
            _source_row(source, records, table, as_of, stated.get(source, {}), state)
            for source in _order(table, (*stated, *(source for source in records.lists if not sources or source in sources)))
        ),
        works=rows,
        artifacts=artifacts,
        warnings=tuple(cautions.collect(person, records, rows, as_of, sources, stated, state, seen, policy)),
        left_out=left_out,
        partial=state != "whole" or any(problem.lost for problem in records.problems),
    )


def _check_sources(sources: Collection[str], records: Records) -> None:
    known = sorted({observation.source for observation in _all_observations(records)})
    for source in sources:
        if source not in known:
            raise UsageError(f"no source {source[:80]!r} states a number here; {_those_that_do(known)}")


def _those_that_do(sources: Iterable[str]) -> str:
    listed = ", ".join(sources)
    return f"those that do: {listed}" if listed else "none does"


def _all_observations(records: Records) -> Iterable[Observation]:
    yield from records.observations
    for record in records:
        yield from record.observations


def _works(records: Records, person: Person) -> tuple[tuple[Work, ...], tuple[tuple[Work, str], ...]]:
    """The works of the list, and those that the person said are not theirs."""
    kept, left_out = [], []
    works = (record for record in records if record.type not in _NO_WORKS)
    for work in resolve(works, decisions=person.decisions):
        decision = decided_away(work, person.decisions)
        if decision:
            left_out.append((work, f"not_mine names {decision}"))
        else:
            kept.append(work)
    return tuple(kept), tuple(left_out)


def _table(works: tuple[Work, ...], as_of: date | None, sources: Collection[str]) -> _Table:
    return _Table(works, tuple(counts_of(work, as_of, sources) for work in works))


def _stated(records: Records, as_of: date | None, sources: Collection[str]) -> dict[str, dict[str, Observation]]:
    """For each source the newest statement of each figure of the person."""
    grouped: dict[str, dict[str, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    for observation in known_at(records.observations, as_of, sources):
        if not observation.about:
            grouped[observation.source][observation.figure].append(observation)
    return {
        source: {figure: statement for figure in sorted(figures) if (statement := newest(figures[figure]))}
        for source, figures in sorted(grouped.items())
    }


def _policy(wanted: str | None, table: _Table) -> str | None:
    coverage = table.coverage()
    if wanted is None:
        return max(coverage, key=lambda source: (*coverage[source], source), default=None)
    if (wanted == LARGEST and coverage) or wanted in coverage:
        return wanted
    raise UsageError(f"{wanted[:80]!r} counts none of these works; {_those_that_do(coverage)}")


def _list_state(records: Records, stated: Mapping[str, Mapping[str, Observation]], as_of: date | None) -> ListState:
    """Whether the source's own list holds what the source counts: an empty list beside a living total is an outage, not a loss."""
    total = stated.get(records.list_of or "", {}).get(CITATIONS)
    if not records and records.list_of and (total is None or total.interval[0] > 0):
        return "missing"
    if total is None or total.interval[0] == 0:
        return "whole"
    listed = sum(count.low for count in _entries(records, records.list_of or "", None, as_of) if count)
    return "partial" if listed < total.interval[0] else "whole"


def _entries(records: Records, source: str, keys: Collection[str] | None, as_of: date | None) -> list[Count | None]:
    """The counts of a source's own list, one for each of its entries, before any folding. `keys` are those in the list, `None` for all."""
    entries = (record for record in records if record.source == source and (keys is None or record.key in keys))
    return [counts_of(Work((record,)), as_of, (source,)).get(source) for record in entries]


def _artifacts(records: Records, as_of: date | None, sources: Collection[str]) -> tuple[Artifact, ...]:
    """Each artifact with, for each figure, the newest statement last."""
    grouped: dict[str, list[Observation]] = defaultdict(list)
    for observation in known_at(records.observations, as_of, sources):
        if ids.artifact(observation.about):
            grouped[observation.about].append(observation)
    return tuple(Artifact(about, _kind(about), tuple(oldest_first(grouped[about]))) for about in sorted(grouped))


def _kind(about: str) -> str:
    scheme, _, name = about.partition(":")
    if "/" not in name:
        return "organisation"
    return "repository" if scheme == "github" else "model"


def _newest_date(table: _Table, stated: Mapping[str, Mapping[str, Observation]], artifacts: Iterable[Artifact]) -> date | None:
    days = [count.counted_on for counts in table.counts for count in counts.values()]
    days += [observation.date for figures in stated.values() for observation in figures.values()]
    days += [observation.date for artifact in artifacts for observation in artifact.observations]
    return max((day for day in days if day), default=None)


def _ranked(
    works: Sequence[Work],
    counts: Sequence[Count | None],
    person: Person,
    as_of: date | None,
    sources: Collection[str],
) -> tuple[WorkRow, ...]:
    """By the number stated, whatever its bound; then exact before bounded, newer, title, key. Without a number: last, newest first."""
    pairs = sorted(zip(works, counts, strict=True), key=_ranking)
    called = names.spellings(person.name, *person.aka)
    rows, rank, previous = [], 0, None
    for place, (work, count) in enumerate(pairs, start=1):
        if count and count.number != previous:
            rank, previous = place, count.number
        observations = oldest_first(known_at((o for record in work.records for o in record.observations), as_of, sources))
        position = work.position or names.position(work.authors, called)
        rows.append(WorkRow(rank if count else None, work, count, position, tuple(observations)))
    return tuple(rows)


def _ranking(pair: tuple[Work, Count | None]) -> tuple[object, ...]:
    work, count = pair
    number = -count.number if count else 1
    bounded = count is not None and count.bound != "="
    return (count is None, number, bounded, -(work.year or 0), work.title or "", work.key)


def _figures(
    works: Sequence[Work], counts: Sequence[Count | None], seen: date | None, state: ListState, policy: str | None
) -> dict[str, Figure]:
    figures = metrics.evaluate(
        [(count.low, count.high) if count else None for count in counts],
        years=[work.first_year for work in works],
        authors=[len(work.authors) if work.authors and work.authors_complete else None for work in works],
        as_of=seen.year if seen else None,
        counted=[count is not None and count.bound != "~" for count in counts],
    )
    figures = {name: _of_incomplete_list(name, figure, state) for name, figure in figures.items()}
    if policy != LARGEST:
        return figures
    return {name: replace(figure, convention=_with_policy(figure.convention)) for name, figure in figures.items()}


def _with_policy(convention: str | None) -> str:
    return f"{convention}; {LARGEST_CONVENTION}" if convention else LARGEST_CONVENTION


def _of_incomplete_list(name: str, figure: Figure, state: ListState) -> Figure:
    """What can still be said of a figure where works are missing: nothing, or a lower bound where more works can only raise it."""
    if state == "whole":
        return figure
    low = figure.low if state == "partial" and metrics.METRICS[name].grows else 0
    return replace(figure, value=None, low=low, high=None, exact=False)


def _order(table: _Table, others: Iterable[str]) -> list[str]:
    """The sources that count works, and the others, that which counts most of the works first."""
    coverage = table.coverage()
    return sorted({*coverage, *others}, key=lambda source: (-coverage.get(source, (0, date.min))[0], source))


def _source_row(
    source: str, records: Records, table: _Table, as_of: date | None, stated: Mapping[str, Observation], state: ListState
) -> SourceRow:
    own = source == records.list_of
    counts = _entries(records, source, records.lists.get(source), as_of) if own or source in records.lists else table.of(source)
    figures = metrics.evaluate(
        [(count.low, count.high) if count else None for count in counts],
        counted=[count is not None and count.bound != "~" for count in counts],
    )
    shown = {name: _of_incomplete_list(name, figures[name], state if own else "whole") for name in _ROW_FIGURES}
    days = [count.counted_on for count in counts if count and count.counted_on]
    days_used = [observation.date for count in counts if count for observation in count.used if observation.date]
    return SourceRow(
        source=source,
        start=min(days_used, default=None),
        end=max(days, default=None),
        works=None if own and state == "missing" else len(counts),
        works_counted=None if own and state == "missing" else sum(1 for count in counts if count and count.bound != "~"),
        citations=shown["citations"],
        h_index=shown["h_index"],
        i10_index=shown["i10_index"],
        stated=stated,
    )


_ROW_FIGURES = ("citations", "h_index", "i10_index")
