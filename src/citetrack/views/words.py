"""How figures, counts, places and cautions are worded, the same in every view."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from citetrack.metrics import shown
from citetrack.profiles.counts import LARGEST, LARGEST_CONVENTION
from citetrack.profiles.explain import LABELS
from citetrack.records.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from citetrack.metrics import Figure
    from citetrack.profiles.counts import Count
    from citetrack.profiles.profile import Profile, SourceRow, WorkRow
    from citetrack.records.model import Artifact, Observation, Person

SOURCE_COLUMNS: Final = ("source", "works", "citations", "h-index", "i10", "stated by the source")
WORK_COLUMNS: Final = ("#", "cited", "year", "work", "place", "venue")
COUNTED_COLUMN: Final = "counted"
UNKNOWN: Final = "?"
NONE: Final = "–"
_SIGNS: Final = {"=": "", ">": "> ", ">=": "≥ ", "<": "< ", "<=": "≤ ", "~": "~ "}
_ALIKE_SHOWN: Final = 5
_OF_PROCEEDINGS: Final = re.compile(r"^(?:in )?proceedings of (?:the )?", re.IGNORECASE)
_STATED_NAMES: Final = {"works": "works", "citations": "citations", "h_index": "h", "i10_index": "i10"}
_DIGEST_SHOWN: Final = 12


def column_figure(known: Figure, works: int | None, counted: int | None, *, bounded: bool) -> str:
    """A figure of many works: ``≥ low`` as soon as one of them has no count or no upper bound, whatever the number of works allows."""
    if known.value is None and works is not None and (bounded or works != counted):
        return f"≥ {shown(known.low, math.floor)}"
    return str(known)


def stated(observation: Observation) -> str:
    """A number with its bound, as its source stated it."""
    return f"{_SIGNS[observation.bound]}{shown(observation.value)}"


def count(known: Count | None) -> str:
    """A work's count: the number stated with its bound, an interval where editions were folded, ``?`` where nothing is stated."""
    if known is None:
        return UNKNOWN
    if len(known.used) == 1:
        return stated(known.used[0])
    if known.value is not None:
        return shown(known.value)
    return f"{shown(known.low)}–{shown(known.high)}" if known.high is not None else f"≥ {shown(known.low)}"


def rank(row: WorkRow) -> str:
    """The rank, ``~`` before that of a bounded count."""
    if row.rank is None:
        return NONE
    return f"{row.rank}" if row.count and row.count.value is not None else f"~{row.rank}"


def place(row: WorkRow, person: Person) -> str:
    """The person's place among the authors: ``3/12``, ``10/10+`` in a cut list, ``?`` behind the cut, ``–`` where nobody or no such name is given."""
    work = row.work
    if row.position is not None:
        return f"{row.position}/{len(work.authors)}{'' if work.authors_complete else '+'}"
    return NONE if work.authors_complete or person.name is None else UNKNOWN


def venue(row: WorkRow) -> str:
    """Where the work appeared, and where else: ``ICML + arXiv``; the entry type where no venue is known. "Proceedings of the" is left out."""
    others = [edition.venue for edition in row.work.editions[1:] if edition.venue]
    return " + ".join(
        dict.fromkeys(_OF_PROCEEDINGS.sub("", venue) or venue for venue in (row.work.venue or row.work.type, *others))
    )


def source_row(row: SourceRow) -> tuple[str, ...]:
    """One source in the columns `SOURCE_COLUMNS`."""
    works = UNKNOWN if row.works is None else f"{row.works_counted}/{row.works}"
    figures = [row.citations, row.h_index, row.i10_index]
    if row.works and not row.works_counted:
        return row.source, works, *(UNKNOWN for _ in figures), _stated_by(row)
    bounded = row.citations.high is None
    return row.source, works, *(column_figure(f, row.works, row.works_counted, bounded=bounded) for f in figures), _stated_by(row)


def _stated_by(row: SourceRow) -> str:
    """What the source states of the person, figure by figure; a date where it is said once for all."""
    shown = [(name, row.stated[figure]) for figure, name in _STATED_NAMES.items() if figure in row.stated]
    dates = {observation.date for _, observation in shown}
    said = [
        f"{stated(observation)} {name}" if name in ("works", "citations") else f"{name} {stated(observation)}"
        for name, observation in shown
    ]
    if len(dates) == 1:
        (day,) = dates
        return ", ".join([*said, *([day.isoformat()] if day else [])])
    return ", ".join(f"{text} ({observation.date or 'undated'})" for text, (_, observation) in zip(said, shown, strict=True))


def origin(where: str) -> str:
    """Where a statement can be read again, a digest shortened to what tells it apart; JSON has all of it."""
    return f"{where[: len('sha256:') + _DIGEST_SHOWN]}…" if where.startswith("sha256:") else where


def span(profile: Profile) -> str:
    """From when to when the counts are, and what a missing one means."""
    days = sorted(day for row in profile.by_source for day in (row.start, row.end) if day)
    told = [f"counts of {days[0]}{'' if days[0] == days[-1] else f' to {days[-1]}'}"] if days else []
    if not days and profile.counts:
        told.append("no count bears a date")
    if profile.works_listed is None or profile.works_counted != profile.works_listed:
        told.append("a work without a count is unknown, not zero")
    told += [
        f"{row.works} entries of {row.source} are {len(profile.works)} works"
        for row in profile.by_source
        if row.works is not None and row.works > len(profile.works) > 0
    ]
    return "; ".join(told)


def policy(counts: str) -> str:
    """Whose counts make the metrics."""
    return LARGEST_CONVENTION if counts == LARGEST else counts


def profile_figure(known: Figure, profile: Profile) -> str:
    """A figure of the whole profile, as open as the counts behind it."""
    works, counted = (
        None if (value := profile.totals[name].value) is None else int(value) for name in ("works", "works_counted")
    )
    return column_figure(known, works, counted, bounded=profile.totals["citations"].high is None)


def headline_metrics(profile: Profile) -> list[str]:
    """The metrics that fit a line or two; all of them are in the JSON and behind `explain`."""
    return [
        f"{label} {profile_figure(profile.metrics[name], profile)}"
        for label, name in LABELS.items()
        if str(profile.metrics[name]) != UNKNOWN
    ]


def work_row(row: WorkRow, person: Person) -> tuple[str, ...]:
    """One work in the columns `WORK_COLUMNS`."""
    return rank(row), count(row.count), str(row.work.year or UNKNOWN), row.title or "(untitled)", place(row, person), venue(row)


def counted(row: WorkRow) -> str:
    """By whom and when a work was counted."""
    if row.count is None:
        return ""
    return f"{row.count.source} {row.count.counted_on or 'undated'}"


def works_and_years(profile: Profile) -> str:
    """How many works, from when to when."""
    if profile.totals["works"].high is None and not profile.works:
        return "the list of works is missing"
    years = sorted(row.work.year for row in profile.works if row.work.year is not None)
    number_of = f"{len(profile.works):,} work{'' if len(profile.works) == 1 else 's'}"
    if not years:
        return number_of
    return f"{number_of}, {years[0]}{'' if years[0] == years[-1] else f'–{years[-1]}'}"


def as_of(profile: Profile) -> str:
    """The day to which everything was taken."""
    return f"as of {profile.as_of}" if profile.as_of else "undated"


def ids_of(person: Person) -> list[str]:
    """The person's ids as they are shown."""
    return [f"{scheme} {value}" for scheme, value in person.ids.items()]


def other_scripts(person: Person) -> list[str]:
    """The names in `aka` that are no mere other order or spelling of the name."""
    distinct = {_letters(name): name for name in reversed((person.name or "", *person.aka))}
    return [name for name in person.aka if distinct[_letters(name)] == name and _letters(name) != _letters(person.name or "")]


def _letters(name: str) -> tuple[str, ...]:
    return tuple(sorted(fold(name).split()))


def artifact(known: Artifact) -> tuple[str, list[str]]:
    """An artifact's name and its newest figures."""
    newest = {observation.figure: observation for observation in known.observations}
    scheme, _, name = known.id.partition(":")
    service = {"hf": "Hugging Face", "github": "GitHub"}.get(scheme, scheme)
    what = f"models of {name}" if known.kind == "organisation" and scheme == "hf" else name
    return f"{service}, {what}", [f"{stated(observation)} {figure}" for figure, observation in newest.items()]


def cautions(profile: Profile) -> list[str]:
    """The warnings, with the many of one kind cut to a few."""
    return list(_cut(profile))


def _cut(profile: Profile) -> Iterator[str]:
    of_a_kind = Counter(caution.code for caution in profile.warnings)
    shown: Counter[str] = Counter()
    for caution in profile.warnings:
        shown[caution.code] += 1
        if shown[caution.code] <= _ALIKE_SHOWN:
            yield caution.message
        elif shown[caution.code] == of_a_kind[caution.code]:
            yield f"{of_a_kind[caution.code] - _ALIKE_SHOWN} more of this kind ({caution.code}); --format json lists all"
