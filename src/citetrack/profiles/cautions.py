"""What a reader has to be careful about, found in the data and said without guessing at causes."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from citetrack.profiles.counts import CITATIONS, known_at, oldest_first
from citetrack.profiles.profile import Caution, WorkRow
from citetrack.records.model import LOSSES
from citetrack.records.text import fold
from citetrack.works.resolve import unknown_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from citetrack.records.model import Observation, Person, Records

LOSS_CODES: Final = LOSSES | {"list_missing", "list_partial"}
"""The codes of the cautions that say that something is missing from the profile."""


def collect(
    person: Person,
    records: Records,
    rows: Sequence[WorkRow],
    as_of: date | None,
    sources: Collection[str],
    stated: Mapping[str, Mapping[str, Observation]],
    state: str,
    seen: date | None,
    counts: str | None,
) -> Iterator[Caution]:
    """Every caution about a profile, the gravest first."""
    yield from _incomplete_list(records, stated, state)
    yield from _doubtful(records, stated)
    yield from _not_read(records, sources)
    yield from _fallen(rows, records, as_of, sources)
    yield from _authors(person, rows)
    yield from _unjoined(rows, person)
    yield from _dated_later(rows, seen)
    if counts is None and seen is not None and rows:
        yield from _not_yet_counted(rows, records, sources, seen)
    yield from _decisions(person, records)
    if seen is None:
        yield Caution("undated", "no count bears a date, so what depends on age is unknown; --as-of sets the day")


def _incomplete_list(records: Records, stated: Mapping[str, Mapping[str, Observation]], state: str) -> Iterator[Caution]:
    if state == "whole":
        return
    source = records.list_of or ""
    total = stated.get(source, {}).get(CITATIONS)
    told = f"{source} states {total.value:,} citations, but " if total else "no total can be read, and "
    if state == "missing":
        yield Caution("list_missing", f"{told}the file holds no list of works: the figures are unknown, not 0", source)
    else:
        yield Caution("list_partial", f"{told}the works in the list have fewer: what is computed is a lower bound", source)


def _doubtful(records: Records, stated: Mapping[str, Mapping[str, Observation]]) -> Iterator[Caution]:
    for source, figures in stated.items():
        total, h = figures.get(CITATIONS), figures.get("h_index")
        if total is None or h is None or total.bound != "=" or h.bound != "=":
            continue
        if h.value == 0 < total.value:
            yield Caution(
                "doubtful", f"{source} states an h-index of 0 beside {total.value:,} citations; both cannot be right", source
            )
        elif h.value**2 > total.value:
            yield Caution(
                "doubtful",
                f"{source} states an h-index of {h.value:,}, which needs more than its {total.value:,} citations",
                source,
            )
    yield from (Caution("doubtful", problem.message, problem.file) for problem in records.problems if problem.code == "mock_data")
    yield from (Caution("stale", problem.message, problem.file) for problem in records.problems if problem.code == "stale")


def _not_read(records: Records, sources: Collection[str]) -> Iterator[Caution]:
    """What of a file could not be read, and what a source failed in or remarks; of a source that is left out, nothing."""
    for problem in records.problems:
        if problem.file in records.told_by and not problem.line:
            if not sources or problem.file in sources:
                yield Caution(problem.code, f"{problem.file}: {problem.message}", problem.file)
        elif problem.code not in ("mock_data", "stale"):
            yield Caution(problem.code, str(problem), f"{problem.file}:{problem.line}" if problem.line else problem.file)


def _fallen(rows: Sequence[WorkRow], records: Records, as_of: date | None, sources: Collection[str]) -> Iterator[Caution]:
    """A count that an exact later count of the same source undercuts, even where it has risen since.

    Record by record: where two records are one work, the smaller count of the other is no fall.
    """
    told_of = [(record.key, record.observations) for row in rows for record in row.work.records]
    others: dict[str, list[Observation]] = defaultdict(list)
    for observation in records.observations:
        others[observation.about].append(observation)
    for about, observations in (*told_of, *others.items()):
        yield from _falls(about, observations, as_of, sources)


def _falls(about: str, told: Iterable[Observation], as_of: date | None, sources: Collection[str]) -> Iterator[Caution]:
    series: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for observation in told:
        if observation.bound == "=" and observation.date:
            series[observation.source, observation.figure].append(observation)
    for (source, figure), observations in series.items():
        dated = oldest_first(known_at(observations, as_of, sources))
        for earlier, later in pairwise(dated):
            if later.value < earlier.value and earlier.date != later.date:
                yield Caution("fell", _fall(about, source, figure, earlier, later), about)


def _fall(about: str, source: str, figure: str, earlier: Observation, later: Observation) -> str:
    what = "" if figure == CITATIONS else f"'s {figure}" if about else f" the {figure}"
    return f"{about or 'the person:'}{what} fell from {earlier.value:,} ({earlier.date}) to {later.value:,} ({later.date}) on {source}"


def _authors(person: Person, rows: Sequence[WorkRow]) -> Iterator[Caution]:
    for row in rows:
        work = row.work
        if work.authors and all(name.literal for name in work.authors):
            yield Caution(
                "team_author", f"{work.key}: the author is {work.authors[0]}, a team; who of it wrote what is unknown", work.key
            )
        elif person.name and work.authors and not work.authors_complete and row.position is None:
            yield Caution("authors_cut", f"{work.key}: the list of authors is cut; the place in it is unknown", work.key)


def _dated_later(rows: Sequence[WorkRow], seen: date | None) -> Iterator[Caution]:
    later = [row.key for row in rows if seen and row.work.first_year is not None and row.work.first_year > seen.year]
    if later:
        said = "is of a later year and stands" if len(later) == 1 else "are of a later year and stand"
        yield Caution("dated_later", f"{_listed(later)} {said} in every figure all the same", later[0])


def _not_yet_counted(rows: Sequence[WorkRow], records: Records, sources: Collection[str], seen: date) -> Iterator[Caution]:
    told = known_at((one for record in records for one in record.observations if one.figure == CITATIONS), None, sources)
    oldest = min((one.date for one in told if one.date), default=None)
    if oldest and oldest > seen:
        yield Caution("not_yet_counted", f"no work has a count by {seen}; the oldest is of {oldest}")


def _unjoined(rows: Sequence[WorkRow], person: Person) -> Iterator[Caution]:
    """Works of one title that nothing asserts to be one."""
    titled: dict[str, list[WorkRow]] = defaultdict(list)
    for row in rows:
        if row.title:
            titled[fold(row.title)].append(row)
    for alike in titled.values():
        if len(alike) > 1:
            keys = [row.key for row in alike]
            remedy = "; `same` in people.toml joins them" if person.slug else ""
            yield Caution("unjoined", f"{_listed(keys)} bear the same title and stand as {len(keys)} works{remedy}", keys[0])


def _listed(keys: Sequence[str]) -> str:
    shown = ", ".join(keys[:3])
    return shown if len(keys) <= 3 else f"{shown} and {len(keys) - 3} more"


def _decisions(person: Person, records: Records) -> Iterable[Caution]:
    for name in unknown_names(records, person.decisions):
        yield Caution("unknown_decision", f"people.toml decides about {name}, which is no record here", name)
