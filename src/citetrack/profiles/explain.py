"""Where a number of a profile comes from: the counts behind it, the works that make it, what was left out and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from citetrack import metrics
from citetrack.errors import UsageError
from citetrack.metrics import Figure
from citetrack.profiles.counts import CITATIONS, LARGEST, LARGEST_CONVENTION
from citetrack.profiles.profile import observation_to_dict
from citetrack.records import ids
from citetrack.records.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from citetrack.profiles.profile import Profile, WorkRow
    from citetrack.records.model import Observation
    from citetrack.works.resolve import Work

SCHEMA = "citetrack/explain/1"
LABELS: Final = {
    "h": "h_index",
    "g": "g_index",
    "i10": "i10_index",
    "i100": "i100_index",
    "m": "m_quotient",
    "e": "e_index",
    "most cited": "max_citations",
    "median": "median_citations",
    "per work": "cites_per_work",
    "per year": "cites_per_year",
}
"""The short names of metrics, as pages print them."""


class Entry(NamedTuple):
    """One work in the vector behind a metric; `in_core`: whether it is among the works that make the number where each count is at its least."""

    row: WorkRow
    in_core: bool


class Explanation(NamedTuple):
    """What `explain` tells of a metric (`vector`, `left_out`) or of a work (`work`, `observations`)."""

    about: str
    figure: Figure
    counts: str | None
    vector: tuple[Entry, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    work: WorkRow | None = None
    observations: tuple[Observation, ...] = ()
    used: tuple[Observation, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The document ``citetrack/explain/1``."""
        return {
            "schema": SCHEMA,
            "about": self.about,
            "figure": self.figure.to_dict(),
            "convention": self.figure.convention,
            "counts": self.counts,
            "vector": [_entry_to_dict(entry) for entry in self.vector],
            "left_out": [{"key": key, "why": why} for key, why in self.left_out],
            "observations": [
                observation_to_dict(observation) | {"used": observation in self.used} for observation in self.observations
            ],
        }


def _entry_to_dict(entry: Entry) -> dict[str, Any]:
    row = entry.row
    used = row.count.used if row.count else ()
    return {
        "rank": row.rank,
        "key": row.key,
        "title": row.title,
        "low": row.low,
        "high": row.high,
        "in_core": entry.in_core,
        "observation": observation_to_dict(max(used, key=lambda observation: observation.interval[0])) if used else None,
        "observations": [observation_to_dict(observation) for observation in used],
    }


def explain(profile: Profile, what: str = CITATIONS) -> Explanation:
    """Explain a metric by its name or label, or a work by its key, an id, ``file:line``, or a piece of its title that fits one work.

    Raises `UsageError` where nothing or several works fit.
    """
    named = what.casefold().replace("-", "_")
    metric = LABELS.get(what.casefold(), named)
    if metric in profile.metrics:
        return _metric(profile, metric)
    return _work(_find(profile, what), profile.counts)


def _metric(profile: Profile, name: str) -> Explanation:
    definition = metrics.METRICS[name]
    core = metrics.in_core(
        name,
        [row.low for row in profile.works],
        years=[row.work.first_year for row in profile.works],
        authors=[row.n_authors for row in profile.works],
        positions=[row.position for row in profile.works],
    )
    entries = (Entry(row, in_core) for row, in_core in zip(profile.works, core, strict=True))
    missing = [(row.key, f"{need} unknown") for row in profile.works for need in _lacking(row, definition.needs)]
    decided = [(work.key, why) for work, why in profile.left_out]
    return Explanation(name, profile.metrics[name], profile.counts, tuple(entries), left_out=(*missing, *decided))


def _lacking(row: WorkRow, needs: Sequence[str]) -> list[str]:
    known = {
        "years": row.work.first_year is not None,
        "authors": row.n_authors is not None,
        "positions": row.position is not None,
    }
    words = {"years": "year", "authors": "number of authors", "positions": "place among the authors"}
    return [words[need] for need in needs if not known.get(need, True)]


def _work(row: WorkRow, policy: str | None) -> Explanation:
    count = row.count
    convention = LARGEST_CONVENTION if policy == LARGEST else None
    figure = Figure(row.citations, row.low, row.high, unit="citations", convention=convention)
    return Explanation(
        about=row.key,
        figure=figure,
        counts=count.source if count else None,
        work=row,
        observations=row.observations,
        used=count.used if count else (),
    )


def _find(profile: Profile, what: str) -> WorkRow:
    """The work of that key or id; else the one whose title it is, else has it as whole words, else as a piece."""
    named = [row for row in profile.works if _is_called(row.work, what)]
    wanted = fold(what)
    titles = [(row, fold(title)) for row in profile.works for title in _titles(row.work)] if wanted else []
    tiers = (
        named,
        [row for row, title in titles if title == wanted],
        [row for row, title in titles if f" {wanted} " in f" {title} "],
        [row for row, title in titles if wanted in title],
    )
    fits = list({id(row): row for row in next((rows for rows in tiers if rows), [])}.values())
    if not fits:
        raise UsageError(f"{what[:80]!r} is neither a metric nor a work here; metrics are {', '.join(profile.metrics)}")
    if len(fits) > 1:
        raise UsageError(f"{what[:80]!r} fits {len(fits)} works: {_some(fits)}. Name one by its key, an id or more of its title")
    return fits[0]


def _titles(work: Work) -> list[str]:
    """The different titles of the editions, that which is shown first."""
    return list(dict.fromkeys(title for title in (work.title, *(edition.title for edition in work.editions)) if title))


def _is_called(work: Work, what: str) -> bool:
    return what in work.names or ids.parse(what) in work.names or any(what == record.origin for record in work.records)


def _some(rows: Sequence[WorkRow]) -> str:
    shown = ", ".join(f"{row.key} ({row.work.records[0].origin})" for row in rows[:5])
    return shown + (f" and {len(rows) - 5} more" if len(rows) > 5 else "")
