"""The printed page, laid out by Rich. Colour only adds; nothing is said by it alone.

The parts of a page come from `layout`, which drops what a terminal would obey rather than show.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from rich.console import Group
from rich.table import Table
from rich.text import Text

from citetrack.metrics import shown
from citetrack.views import words
from citetrack.views.layout import COMMANDS, NARROWEST_SHARE, PIPED_WIDTH, hanging, line, section, table, two_ends
from citetrack.works.resolve import identifier_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from citetrack.metrics import Figure
    from citetrack.profiles.explain import Explanation
    from citetrack.profiles.profile import Profile, WorkRow
    from citetrack.records.model import Observation

_METRICS_IN_A_ROW: Final = 4
_NARROW_VENUE: Final = 10
_WIDE: Final = 120
_TITLE: Final = words.WORK_COLUMNS.index("work")
_VENUE: Final = words.WORK_COLUMNS.index("venue")
_TO_THE_RIGHT: Final = [name in ("#", "cited", "place") for name in (*words.WORK_COLUMNS, words.COUNTED_COLUMN)]


def profile_page(profile: Profile, top: int, who: str, width: int = PIPED_WIDTH) -> Group:
    """Who, how much by whose count, with which works, beside what, and what to be careful about.

    Where there is room, by whom and when each work was counted stands beside it.
    """
    parts: list[RenderableType] = [*_head(profile), *_figures(profile), *_works(profile, top, width)]
    if profile.artifacts:
        parts.append(section("beside citations", _artifacts(profile)))
    if profile.warnings:
        parts.append(section("careful", *hanging(words.cautions(profile)), style="bold yellow"))
    parts += [Text(), line(f'every number\'s origin: citetrack explain "{who}" [METRIC or WORK]', "dim")]
    return Group(*parts)


def _head(profile: Profile) -> list[RenderableType]:
    person = profile.person
    name = line(person.name or "a list of works", "bold")
    for other in words.other_scripts(person):
        name.append_text(line(f"  {other}"))
    return [
        two_ends(name, line(words.as_of(profile))),
        two_ends(line(" · ".join(words.ids_of(person)), "dim"), line(words.works_and_years(profile))),
    ]


def _figures(profile: Profile) -> list[RenderableType]:
    if not profile.by_source:
        return [Text(), line(words.span(profile), "dim")]
    rows = table(words.SOURCE_COLUMNS, map(words.source_row, profile.by_source), right=(1, 2, 3, 4), wrap=True)
    parts: list[RenderableType] = [Text(), rows, line(words.span(profile), "dim")]
    if profile.counts:
        told = words.headline_metrics(profile)
        if told:
            parts.append(section(f"by {words.policy(profile.counts)}", _in_rows_of(_METRICS_IN_A_ROW, told)))
    return parts


def _in_rows_of(width: int, cells: Sequence[str]) -> Table:
    grid = Table.grid(padding=(0, 3, 0, 0))
    for start in range(0, len(cells), width):
        grid.add_row(*map(line, cells[start : start + width]))
    return grid


def _works(profile: Profile, top: int, width: int) -> list[RenderableType]:
    shown = profile.works[:top] if top else profile.works
    if not shown:
        return []
    columns: tuple[str, ...] = words.WORK_COLUMNS
    rows: list[tuple[str, ...]] = [words.work_row(row, profile.person) for row in shown]
    if width >= _WIDE:
        columns = (*columns, words.COUNTED_COLUMN)
        rows = [(*cells, words.counted(row)) for cells, row in zip(rows, shown, strict=True)]
    more = len(profile.works) - len(shown)
    return [Text(), *_listing(columns, rows, width), *([line(f"  {more:,} more: --top 0", "dim")] if more else [])]


def _listing(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[Text]:
    """The works, a line each, the title with three parts of the room that is left and the venue with one; what does not fit ends in ….

    Laid out here because Rich's table takes ten times as long for what may be hundreds of lines, and start-up is part of the product.
    """
    widths = [max(cell_len(row[place]) for row in (columns, *rows)) for place in range(len(columns))]
    room = max(width - sum(widths) - 2 * len(widths) + 2 + widths[_TITLE] + widths[_VENUE], 2 * NARROWEST_SHARE)
    widths[_VENUE] = min(widths[_VENUE], max(room // 4, room - widths[_TITLE], _NARROW_VENUE))
    widths[_TITLE] = min(widths[_TITLE], room - widths[_VENUE])
    lines = ["  ".join(map(_fitted, row, widths, _TO_THE_RIGHT)).rstrip() for row in (columns, *rows)]
    return [Text(lines[0], "dim", no_wrap=True), Text("\n".join(lines[1:]), no_wrap=True)]


def _fitted(text: str, width: int, to_the_right: bool) -> str:
    """Text of exactly so many cells."""
    text = COMMANDS.sub(" ", text)
    if cell_len(text) > width:
        text = f"{set_cell_size(text, width - 1).rstrip()}…"
    gap = " " * (width - cell_len(text))
    return f"{gap}{text}" if to_the_right else f"{text}{gap}"


def _artifacts(profile: Profile) -> Table:
    grid = Table.grid(padding=(0, 3, 0, 0))
    for name, figures in map(words.artifact, profile.artifacts):
        grid.add_row(*map(line, (name, *figures)))
    return grid


def metrics_page(figures: Mapping[str, Figure]) -> Table:
    """One line for each metric: its value, unit, convention and what was left out."""
    rows = [(name, str(figure), figure.unit, _remarks(figure)) for name, figure in figures.items()]
    return table(("metric", "value", "unit", ""), rows, right=(1,), wrap=True)


def _remarks(figure: Figure) -> str:
    remarks = [figure.convention] if figure.convention else []
    if figure.excluded:
        remarks.append(f"{figure.excluded} left out")
    if not figure.exact and (figure.high is not None or figure.low):
        remarks.append("bounds")
    return "; ".join(remarks)


def explanation_page(explanation: Explanation, profile: Profile) -> Group:
    """Where a number comes from."""
    if explanation.work is not None:
        return _explained_work(explanation, explanation.work, profile)
    return _explained_metric(explanation, profile)


def _explained_metric(explanation: Explanation, profile: Profile) -> Group:
    figure = explanation.figure
    core = [entry.row for entry in explanation.vector if entry.in_core]
    rows = [
        (
            "•" if entry.in_core else "",
            words.rank(entry.row),
            words.count(entry.row.count),
            entry.row.title or entry.row.key,
            *_origin(entry.row),
        )
        for entry in explanation.vector
        if entry.row.count
    ]
    without = [entry.row.key for entry in explanation.vector if not entry.row.count]
    parts: list[RenderableType] = [
        two_ends(
            line(f"{explanation.about}  {words.profile_figure(figure, profile)}  {figure.unit}", "bold"),
            line(f"{profile.person.name or 'a list of works'}, {words.as_of(profile)}"),
        ),
        line("; ".join(_facts(figure, profile)), "dim"),
    ]
    if rows:
        counted = table(("", "#", "cited", "work", "source", "date", "origin"), rows, right=(1, 2), shares={3: 1}, wrap=True)
        counts = words.policy(explanation.counts or "")
        made = "that make it" if figure.value is not None else "that make it where each count is at its least"
        parts += [Text(), line(f"counts of {counts}; • marks the {len(core)} works {made}"), counted]
    if without:
        parts.append(section("without a count: anything from 0 up", line(", ".join(without))))
    if explanation.left_out:
        parts.append(section("left out", *(line(f"{key}: {why}") for key, why in explanation.left_out)))
    return Group(*parts)


def _facts(figure: Figure, profile: Profile) -> list[str]:
    """How exactly a figure is known, from how many counts, by which convention."""
    if figure.value is not None:
        known = "exact"
    else:
        above = "no limit" if figure.high is None else shown(figure.high, math.ceil)
        known = f"between {shown(figure.low, math.floor)} and {above}"
        known += "" if figure.exact else "; these are bounds: one more citation may raise h and lower this"
    counted = f"{profile.works_counted or 0:,} of {len(profile.works):,} works have a count"
    return [known, counted, *([figure.convention] if figure.convention else [])]


def _origin(row: WorkRow) -> tuple[str, str, str]:
    used = row.count.used if row.count else ()
    distinct = (
        dict.fromkeys(observation.source for observation in used),
        dict.fromkeys(str(observation.date or "undated") for observation in used),
        dict.fromkeys(words.origin(observation.origin) for observation in used),
    )
    sources, days, origins = distinct
    return ", ".join(sources), ", ".join(days), "\n".join(origins)


def _explained_work(explanation: Explanation, row: WorkRow, profile: Profile) -> Group:
    work = row.work
    told = (
        f"{words.count(row.count)} citations by {words.policy(explanation.counts or '')}"
        if row.count
        else _uncounted(row, profile)
    )
    named = [str(name) for name in work.authors[:6]]
    more = len(work.authors) - len(named)
    authors = "; ".join(named) + (f"; {more} more" if more else "") + ("" if work.authors_complete else "; others")
    if not named:
        authors = "authors not stated"
    parts: list[RenderableType] = [
        two_ends(line(row.title or "(untitled)", "bold"), line(work.key)),
        line(authors, "dim"),
        line(
            f"{words.venue(row)}, {work.year or 'year unknown'}; place among the authors: {words.place(row, profile.person)}",
            "dim",
        ),
    ]
    parts += [
        line(f"record {identifier_of(record)} in {words.origin(record.origin)}: {', '.join(record.ids) or 'no id'}", "dim")
        for record in work.records
    ]
    parts += [Text(), line(told)]
    if explanation.observations:
        rows = [_observation(observation, observation in explanation.used) for observation in explanation.observations]
        told_by = table(("", "source", "date", "stated", "origin", "note"), rows, right=(3,), shares={5: 1}, wrap=True)
        parts += [told_by, *([line("• marks what is used", "dim")] if explanation.used else [])]
    return Group(*parts)


def _uncounted(row: WorkRow, profile: Profile) -> str:
    others = dict.fromkeys(observation.source for observation in row.observations if observation.figure == "citations")
    told = f"no count by {profile.counts}" if profile.counts else "no count"
    return f"{told}; --counts takes {' or '.join(others)}" if others else told


def _observation(observation: Observation, used: bool) -> tuple[str, ...]:
    return (
        "•" if used else "",
        observation.source,
        str(observation.date or "undated"),
        words.stated(observation) + ("" if observation.figure == "citations" else f" {observation.figure}"),
        words.origin(observation.origin),
        observation.note or observation.url,
    )
