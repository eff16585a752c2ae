"""What every printed page is laid out with. Everything printed goes through `line`, which drops what a terminal would obey rather than show."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final, TextIO

from rich.cells import cell_len
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import RenderableType

PIPED_WIDTH: Final = 100
_WIDEST: Final = 160
NARROWEST_SHARE: Final = 8
_NARROWEST: Final = 40  # a terminal that says less is taken for this wide
# What a terminal would obey, and what joins emoji: terminals differ in how wide joined ones are.
COMMANDS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200d\u200e\u200f\u202a-\u202e\u2066-\u2069\ufe0e\ufe0f]+")


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


def line(text: str, style: str = "") -> Text:
    """Text made harmless."""
    return Text(COMMANDS.sub(" ", text), style=style)


def table(
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
    laid = Table(box=None, padding=0, pad_edge=False, header_style="dim", expand=bool(shares))
    for place, name in enumerate(columns):
        wraps = wrap and place == last
        longest = max(1, *(cell_len(row[place]) for row in (columns, *rows)))
        laid.add_column(
            _cell(name, place, wraps),
            justify="right" if place in right else "left",
            no_wrap=not wraps,
            overflow="fold" if wraps else "ellipsis",
            width=None if wraps else NARROWEST_SHARE if place in shares else longest + (2 if place else 0),
            ratio=shares.get(place),
        )
    for row in rows:
        laid.add_row(*(_cell(text, place, wrap and place == last) for place, text in enumerate(row)))
    return laid


def _cell(text: str, place: int, wraps: bool) -> RenderableType:
    if wraps:
        return Padding(Text("\n").join(map(line, text.split("\n"))), (0, 0, 0, 2))
    return line(text if place == 0 else f"  {text}")


def two_ends(left: Text, right: Text) -> Table:
    """One text at the left end of the line, which gives way where there is no room, the other at the right."""
    ends = Table.grid(expand=True, padding=(0, 0, 0, 2))
    ends.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    ends.add_column(justify="right", no_wrap=True)
    ends.add_row(left, right)
    return ends


def section(title: str, *parts: RenderableType, style: str = "bold") -> Group:
    """A title, and parts set in below it."""
    return Group(Text(), Text(title, style=style), *(Padding(part, (0, 0, 0, 2)) for part in parts))


def hanging(lines: Iterable[str]) -> list[RenderableType]:
    """Each line wrapped under its own beginning."""
    parts: list[RenderableType] = []
    for text in lines:
        item = Table.grid(padding=(0, 1, 0, 0))
        item.add_row(Text("·", style="dim"), line(text))
        parts.append(item)
    return parts
