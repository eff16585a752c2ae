"""A profile as plain values: what is known of one person's works, with every figure's bounds and origin, ready to be shown in any form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from citetrack.profiles.counts import LARGEST, LARGEST_CONVENTION, Count
from citetrack.records import bibtex, ids

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pandas

    from citetrack.metrics import Figure
    from citetrack.records.model import Artifact, Observation, Person
    from citetrack.works.resolve import Work

SCHEMA = "citetrack/profile/1"
COLUMNS = (
    "rank", "key", "title", "authors", "year", "venue", "type", "doi", "arxiv", "source", "counted_on",
    "bound", "citations", "low", "high", "position", "n_authors",
)  # fmt: skip
INTEGERS = ("rank", "year", "citations", "low", "high", "position", "n_authors")


class Caution(NamedTuple):
    """Something a reader has to be careful about. `about` is the key of a work, an artifact's id, a source, or empty for the whole."""

    code: str
    message: str
    about: str = ""


class SourceRow(NamedTuple):
    """What one source counts, as it counts: `works` entries of its own list, or works where it gave no list.

    `works` and `works_counted` are `None` where the source's list is missing. `start` and `end` are the dates of the oldest and the newest count
    used. `stated` maps a figure to what the source itself states of the person.
    """

    source: str
    start: date | None
    end: date | None
    works: int | None
    works_counted: int | None
    citations: Figure
    h_index: Figure
    i10_index: Figure
    stated: Mapping[str, Observation]


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One work in the ranking. `rank` is `None` without a number; `position` is the person's place among the authors, 1 for the first."""

    rank: int | None
    work: Work
    count: Count | None
    position: int | None
    observations: tuple[Observation, ...]

    @property
    def key(self) -> str:
        return self.work.key

    @property
    def title(self) -> str | None:
        return self.work.title

    @property
    def citations(self) -> int | None:
        """The exact number, or `None`."""
        return self.count.value if self.count else None

    @property
    def low(self) -> int:
        return self.count.low if self.count else 0

    @property
    def high(self) -> int | None:
        return self.count.high if self.count else None

    @property
    def n_authors(self) -> int | None:
        """How many authors the work has, `None` where the list is cut or absent."""
        return len(self.work.authors) if self.work.authors and self.work.authors_complete else None


@dataclass(frozen=True, slots=True)
class Profile:
    """One person's works, ranked, with the figures they make.

    `metrics` and `totals` are made from the counts of the source `counts` (`None` where nothing was counted). `as_of` is the day to which
    observations were taken and from which ages count.
    """

    person: Person
    as_of: date | None
    counts: str | None
    totals: Mapping[str, Figure]
    metrics: Mapping[str, Figure]
    by_source: tuple[SourceRow, ...]
    works: tuple[WorkRow, ...]
    artifacts: tuple[Artifact, ...]
    warnings: tuple[Caution, ...]
    left_out: tuple[tuple[Work, str], ...] = ()
    partial: bool = field(default=False)
    """Whether something could not be had that should have been: the command line then ends with 3."""

    @property
    def works_listed(self) -> int | None:
        """The number of works in hand; `None` where the list of them is missing."""
        return len(self.works) if self.works or self.totals["works"].value is not None else None

    @property
    def works_counted(self) -> int | None:
        """How many of them have a count, with any bound but ``~``; `None` where the list is missing."""
        if self.works_listed is None:
            return None
        return sum(1 for row in self.works if row.count and row.count.bound != "~")

    def __repr__(self) -> str:
        h, citations = self.metrics["h_index"], self.totals["citations"]
        by = LARGEST_CONVENTION if self.counts == LARGEST else self.counts
        known = f"h-index {h}, {citations} citations by {by}" if self.counts else "no counts"
        return f"<Profile of {self.person.name or 'an unnamed list'}: {len(self.works)} works, {known}, as of {self.as_of or 'an unknown date'}>"

    def to_dict(self) -> dict[str, Any]:
        """The document ``citetrack/profile/1``: JSON values only; `None` for what is not known."""
        return {
            "schema": SCHEMA,
            "person": {
                "slug": self.person.slug,
                "name": self.person.name,
                "aka": list(self.person.aka),
                "ids": dict(self.person.ids),
            },
            "as_of": iso(self.as_of),
            "counts": self.counts,
            "totals": {
                "works": self.works_listed,
                "works_counted": self.works_counted,
                "citations": interval(self.totals["citations"]),
            },
            "metrics": {name: figure.to_dict() for name, figure in self.metrics.items()},
            "by_source": [_source_to_dict(row) for row in self.by_source],
            "works": [_work_to_dict(row) for row in self.works],
            "artifacts": [_artifact_to_dict(artifact) for artifact in self.artifacts],
            "warnings": [{"code": caution.code, "message": caution.message, "about": caution.about} for caution in self.warnings],
        }

    def rows(self) -> list[dict[str, Any]]:
        """One flat row for each work, in the order of the ranking, with the columns of the CSV and of `to_pandas`."""
        return [_flat(row) for row in self.works]

    def to_pandas(self) -> pandas.DataFrame:
        """One row for each work: whole numbers as ``Int64``, texts as ``string``, `counted_on` as ``datetime64``; missing stays missing."""
        import pandas  # ~300 ms: only who asks for a frame pays for it

        kinds = {name: "Int64" if name in INTEGERS else "string" for name in COLUMNS if name != "counted_on"}
        frame = pandas.DataFrame(self.rows(), columns=list(COLUMNS)).astype(kinds)
        return frame.assign(counted_on=pandas.to_datetime(frame["counted_on"]).astype("datetime64[s]"))

    def to_bibtex(self) -> str:
        """Every record of the works as BibTeX, in the order of the ranking."""
        return bibtex.write(record for row in self.works for record in row.work.records)


def iso(day: date | None) -> str | None:
    """A day as JSON holds it."""
    return day.isoformat() if day else None


def interval(figure: Figure) -> dict[str, Any]:
    """A figure as the short JSON shape."""
    return {"value": figure.value, "low": figure.low, "high": figure.high}


def statement(observation: Observation) -> dict[str, Any]:
    """A statement by a source as JSON."""
    return {"bound": observation.bound, "value": observation.value, "date": iso(observation.date)}


def observation_to_dict(observation: Observation) -> dict[str, Any]:
    """An observation as JSON, with where it can be read again."""
    return {
        "source": observation.source,
        "date": iso(observation.date),
        "figure": observation.figure,
        "bound": observation.bound,
        "value": observation.value,
        "origin": observation.origin,
        "url": observation.url,
    } | ({"note": observation.note} if observation.note else {})


def _source_to_dict(row: SourceRow) -> dict[str, Any]:
    return {
        "source": row.source,
        "from": iso(row.start),
        "to": iso(row.end),
        "works": row.works,
        "works_counted": row.works_counted,
        "citations": interval(row.citations),
        "h_index": interval(row.h_index),
        "i10_index": interval(row.i10_index),
        "stated": {figure: statement(observation) for figure, observation in row.stated.items()},
    }


def _work_to_dict(row: WorkRow) -> dict[str, Any]:
    work, count = row.work, row.count
    return {
        "rank": row.rank,
        "key": work.key,
        "title": work.title,
        "authors": [str(name) for name in work.authors],
        "authors_complete": work.authors_complete,
        "year": work.year,
        "venue": work.venue,
        "type": work.type,
        "ids": ids.by_scheme(work.ids),
        "citations": row.citations,
        "citations_low": count.low if count else None,
        "citations_high": count.high if count else None,
        "bound": count.bound if count else None,
        "source": count.source if count else None,
        "counted_on": iso(count.counted_on) if count else None,
        "position": row.position,
        "editions": [
            {"type": edition.type, "year": edition.year, "venue": edition.venue, "ids": ids.by_scheme(edition.ids)}
            for edition in work.editions
        ],
        "observations": [observation_to_dict(observation) for observation in row.observations],
    }


def _artifact_to_dict(artifact: Artifact) -> dict[str, Any]:
    newest = {observation.figure: observation for observation in artifact.observations}
    return {
        "id": artifact.id,
        "kind": artifact.kind,
        "figures": {figure: statement(observation) for figure, observation in newest.items()},
        "source": artifact.observations[-1].source,
        "observations": [observation_to_dict(observation) for observation in artifact.observations],
    }


def _flat(row: WorkRow) -> dict[str, Any]:
    work, count = row.work, row.count
    grouped = ids.by_scheme(work.ids)
    return {
        "rank": row.rank,
        "key": work.key,
        "title": work.title,
        "authors": "; ".join([*map(str, work.authors), *([] if work.authors_complete else ["others"])]) if work.authors else None,
        "year": work.year,
        "venue": work.venue,
        "type": work.type,
        "doi": " ".join(grouped.get("doi", ())) or None,
        "arxiv": " ".join(grouped.get("arxiv", ())) or None,
        "source": count.source if count else None,
        "counted_on": iso(count.counted_on) if count else None,
        "bound": count.bound if count else None,
        "citations": row.citations,
        "low": count.low if count else None,
        "high": count.high if count else None,
        "position": row.position,
        "n_authors": row.n_authors,
    }
