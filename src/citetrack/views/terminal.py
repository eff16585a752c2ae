"""The printed page, laid out by Rich. Colour only adds; nothing is said by it alone.

Everything printed goes through `_line`, which drops what a terminal would obey rather than show.
"""

from __future__ import annotations

import io
import math
import re
from typing import TYPE_CHECKING, Final, TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from citetrack.metrics import shown
from citetrack.views import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import RenderableType

    from citetrack.metrics import Figure
    from citetrack.profiles.explain import Explanation
    from citetrack.profiles.profile import Profile, WorkRow
    from citetrack.records.model import Observation

PIPED_WIDTH: Final = 100
_WIDEST: Final = 160
_METRICS_IN_A_ROW: Final = 4
_NARROW_VENUE: Final = 10
_NARROWEST_SHARE: Final = 8
_WIDE: Final = 120
_TITLE: Final = words.WORK_COLUMNS.index("work")
_VENUE: Final = words.WORK_COLUMNS.index("venue")
_TO_THE_RIGHT: Final = [name in ("#", "cited", "place") for name in (*words.WORK_COLUMNS, words.COUNTED_COLUMN)]
_NARROWEST: Final = 40  # a terminal that says less is taken for this wide
# What a terminal would obey, and what joins emoji: terminals differ in how wide joined ones are.
_COMMANDS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200d\u200e\u200f\u202a-\u202e\u2066-\u2069\ufe0e\ufe0f]+")


def width_of(terminal: TextIO | None) -> int:
    """How many cells wide a page for `terminal` is; 100 where there is none."""
    return min(max(Console(file=terminal).width, _NARROWEST), _WIDEST) if terminal else PIPED_WIDTH


def render(page: RenderableType, *, terminal: TextIO | None = None) -> str:
    """The page as text: as wide and as coloured as `terminal` allows, else plain at 100 columns."""
    out, width = io.StringIO(), width_of(terminal)
    if terminal is None:
        console = Console(file=out, width=width, color_system=None, legacy_windows=False, emoji=False)
    else:
        plain = Console(file=terminal).no_color
        console = Console(file=out, width=width, force_terminal=True, no_color=plain, legacy_windows=False, emoji=False)
    console.print(page, highlight=False, markup=False, emoji=False)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _line(text: str, style: str = "") -> Text:
    return Text(_COMMANDS.sub(" ", text), style=style)


def _table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[int] = (),
    shares: Mapping[int, int] | None = None,
    wrap: bool = False,
) -> Table:
    """A table without lines.

    The columns in `shares` part the room that is left among them; what does not fit ends in …, or wraps in the last column with `wrap`.
    """
    # Padding cells and measuring them takes Rich as long as all the rest: the gaps stand in the text, and the widths are given.
    last, shares, rows = len(columns) - 1, shares or {}, list(rows)
    table = Table(box=None, padding=0, pad_edge=False, header_style="dim", expand=bool(shares))
    for place, name in enumerate(columns):
        wraps = wrap and place == last
        longest = max(1, *(cell_len(row[place]) for row in (columns, *rows)))
        table.add_column(
            _cell(name, place, wraps),
            justify="right" if place in right else "left",
            no_wrap=not wraps,
            overflow="fold" if wraps else "ellipsis",
            width=None if wraps else _NARROWEST_SHARE if place in shares else longest + (2 if place else 0),
            ratio=shares.get(place),
        )
    for row in rows:
        table.add_row(*(_cell(text, place, wrap and place == last) for place, text in enumerate(row)))
    return table


def _cell(text: str, place: int, wraps: bool) -> RenderableType:
    if wraps:
        return Padding(Text("\n").join(map(_line, text.split("\n"))), (0, 0, 0, 2))
    return _line(text if place == 0 else f"  {text}")


def _two_ends(left: Text, right: Text) -> Table:
    table = Table.grid(expand=True, padding=(0, 0, 0, 2))
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True)
    table.add_row(left, right)
    return table


def _section(title: str, *parts: RenderableType, style: str = "bold") -> Group:
    return Group(Text(), Text(title, style=style), *(Padding(part, (0, 0, 0, 2)) for part in parts))


def profile_page(profile: Profile, top: int, who: str, width: int = PIPED_WIDTH) -> Group:
    """Who, how much by whose count, with which works, beside what, and what to be careful about.

    Where there is room, by whom and when each work was counted stands beside it.
    """
    parts: list[RenderableType] = [*_head(profile), *_figures(profile), *_works(profile, top, width)]
    if profile.artifacts:
        parts.append(_section("beside citations", _artifacts(profile)))
    if profile.warnings:
        parts.append(_section("careful", *_hanging(words.cautions(profile)), style="bold yellow"))
    parts += [Text(), _line(f'every number\'s origin: citetrack explain "{who}" [METRIC or WORK]', "dim")]
    return Group(*parts)


def _head(profile: Profile) -> list[RenderableType]:
    person = profile.person
    name = _line(person.name or "a list of works", "bold")
    for other in words.other_scripts(person):
        name.append_text(_line(f"  {other}"))
    return [
        _two_ends(name, _line(words.as_of(profile))),
        _two_ends(_line(" · ".join(words.ids_of(person)), "dim"), _line(words.works_and_years(profile))),
    ]


def _figures(profile: Profile) -> list[RenderableType]:
    if not profile.by_source:
        return [Text(), _line(words.span(profile), "dim")]
    table = _table(words.SOURCE_COLUMNS, map(words.source_row, profile.by_source), right=(1, 2, 3, 4), wrap=True)
    parts: list[RenderableType] = [Text(), table, _line(words.span(profile), "dim")]
    if profile.counts:
        told = words.headline_metrics(profile)
        if told:
            parts.append(_section(f"by {words.policy(profile.counts)}", _in_rows_of(_METRICS_IN_A_ROW, told)))
    return parts


def _in_rows_of(width: int, cells: Sequence[str]) -> Table:
    table = Table.grid(padding=(0, 3, 0, 0))
    for start in range(0, len(cells), width):
        table.add_row(*map(_line, cells[start : start + width]))
    return table


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
    return [Text(), *_listing(columns, rows, width), *([_line(f"  {more:,} more: --top 0", "dim")] if more else [])]


def _listing(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[Text]:
    """The works, a line each, the title with three parts of the room that is left and the venue with one; what does not fit ends in ….

    Laid out here because Rich's table takes ten times as long for what may be hundreds of lines, and start-up is part of the product.
    """
    widths = [max(cell_len(row[place]) for row in (columns, *rows)) for place in range(len(columns))]
    room = max(width - sum(widths) - 2 * len(widths) + 2 + widths[_TITLE] + widths[_VENUE], 2 * _NARROWEST_SHARE)
    widths[_VENUE] = min(widths[_VENUE], max(room // 4, room - widths[_TITLE], _NARROW_VENUE))
    widths[_TITLE] = min(widths[_TITLE], room - widths[_VENUE])
    lines = ["  ".join(map(_fitted, row, widths, _TO_THE_RIGHT)).rstrip() for row in (columns, *rows)]
    return [Text(lines[0], "dim", no_wrap=True), Text("\n".join(lines[1:]), no_wrap=True)]


def _fitted(text: str, width: int, to_the_right: bool) -> str:
    """Text of exactly so many cells."""
    text = _COMMANDS.sub(" ", text)
    if cell_len(text) > width:
        text = f"{set_cell_size(text, width - 1).rstrip()}…"
    gap = " " * (width - cell_len(text))
    return f"{gap}{text}" if to_the_right else f"{text}{gap}"


def _artifacts(profile: Profile) -> Table:
    table = Table.grid(padding=(0, 3, 0, 0))
    for name, figures in map(words.artifact, profile.artifacts):
        table.add_row(*map(_line, (name, *figures)))
    return table


def _hanging(lines: Iterable[str]) -> list[RenderableType]:
    """Each line wrapped under its own beginning."""
    parts: list[RenderableType] = []
    for line in lines:
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_row(Text("·", style="dim"), _line(line))
        parts.append(table)
    return parts


def metrics_page(figures: Mapping[str, Figure]) -> Table:
    """One line for each metric: its value, unit, convention and what was left out."""
    rows = [(name, str(figure), figure.unit, _remarks(figure)) for name, figure in figures.items()]
    return _table(("metric", "value", "unit", ""), rows, right=(1,), wrap=True)


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
        _two_ends(
            _line(f"{explanation.about}  {words.profile_figure(figure, profile)}  {figure.unit}", "bold"),
            _line(f"{profile.person.name or 'a list of works'}, {words.as_of(profile)}"),
        ),
        _line("; ".join(_facts(figure, profile)), "dim"),
    ]
    if rows:
        table = _table(("", "#", "cited", "work", "source", "date", "origin"), rows, right=(1, 2), shares={3: 1}, wrap=True)
        counts = words.policy(explanation.counts or "")
        made = "that make it" if figure.value is not None else "that make it where each count is at its least"
        parts += [Text(), _line(f"counts of {counts}; • marks the {len(core)} works {made}"), table]
    if without:
        parts.append(_section("without a count: anything from 0 up", _line(", ".join(without))))
    if explanation.left_out:
        parts.append(_section("left out", *(_line(f"{key}: {why}") for key, why in explanation.left_out)))
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
        dict.fromkeys(observation.origin for observation in used),
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
        _two_ends(_line(row.title or "(untitled)", "bold"), _line(work.key)),
        _line(authors, "dim"),
        _line(
            f"{words.venue(row)}, {work.year or 'year unknown'}; place among the authors: {words.place(row, profile.person)}",
            "dim",
        ),
    ]
    parts += [_line(f"record {record.origin}: {', '.join(record.ids) or 'no id'}", "dim") for record in work.records]
    parts += [Text(), _line(told)]
    if explanation.observations:
        rows = [_observation(observation, observation in explanation.used) for observation in explanation.observations]
        table = _table(("", "source", "date", "stated", "origin", "note"), rows, right=(3,), shares={5: 1}, wrap=True)
        parts += [table, *([_line("• marks what is used", "dim")] if explanation.used else [])]
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
        observation.origin,
        observation.note or observation.url,
    )
