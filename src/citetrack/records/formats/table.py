"""Rows of a CSV or tab-delimited file, one at a time, each with the physical line it starts on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from citetrack.errors import InputError
from citetrack.records.formats import opening
from citetrack.records.formats.fields import Notes

DELIMITERS: Final = (",", ";", "\t")


class Header(NamedTuple):
    """The delimiter, the column names (folded: case, blanks around, byte order mark) and the number of the line they stand on."""

    delimiter: str
    names: tuple[str, ...]
    line: int

    def __contains__(self, name: object) -> bool:
        return name in self.names


class Row(NamedTuple):
    """A row: the physical `line` it starts on, its `cells` by column name."""

    line: int
    cells: Mapping[str, str]


def header(seen: opening.Head) -> Header | None:
    """The first line that is not blank, read as column names with the delimiter that finds most of them; `None` without such a line."""
    for number, line in enumerate(seen.text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        bare = line.strip(" \t\r\n\ufeff")
        # Spreadsheets write `sep=;` before the header.
        if bare and not bare.casefold().startswith("sep="):
            return max((_header(line, delimiter, number) for delimiter in DELIMITERS), key=lambda found: len(found.names))
    return None


def _header(line: str, delimiter: str, number: int) -> Header:
    cells: list[str] = next(_reader([line], delimiter), [])
    return Header(delimiter, tuple(cell.strip(" \t\"'\ufeff").casefold() for cell in cells), number)


def rows(seen: opening.Head, found: Header, notes: Notes, *, quoted: bool = True) -> Iterator[Row]:
    """The rows below the header. A row that is cut, or has more cells than there are columns, becomes a problem and costs no other row.

    Where cells are not `quoted`, as in Web of Science's tab-delimited exports, a quotation mark is only a character.
    """
    raw = _Remembering(seen.path, opening.lines(seen))
    reader = _reader(raw, found.delimiter, quoted=quoted)
    started = 0
    while True:
        raw.next_row()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            notes.unread(f"{_unreadable(error)}; nothing from here to line {reader.line_num} was read", started + 1)
            started = reader.line_num
            continue
        if cells is None:
            return
        line, started = started + 1, reader.line_num
        if line <= found.line or not any(cell.strip() for cell in cells):
            continue
        if complaint := _complaint(cells, raw.row, found, quoted=quoted):
            notes.unread(complaint, line)
        else:
            yield Row(line, dict(zip(found.names, chain(cells, iter(lambda: "", None)), strict=False)))


class _Reader(Protocol):
    """What `csv.reader` gives; its own class has no public name."""

    @property
    def line_num(self) -> int: ...
    def __next__(self) -> list[str]: ...
    def __iter__(self) -> Iterator[list[str]]: ...


class _Remembering:
    """The lines, remembering those of the row being read: only they tell a row that the file cuts, or that never ends."""

    def __init__(self, path: Path, lines: Iterable[str]) -> None:
        self._path = path
        self._lines = iter(lines)
        self._size = 0
        self.row: list[str] = []

    def next_row(self) -> None:
        self._size = 0
        self.row.clear()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.row.append(line)
        self._size += len(line)
        if self._size > opening.LONGEST_ROW:
            raise InputError(f"{self._path}: a row of more than {opening.LONGEST_ROW // 2**20} MB; no list of works has one")
        return line


def _complaint(cells: list[str], raw: list[str], found: Header, *, quoted: bool) -> str | None:
    ended = raw[-1].endswith(("\n", "\r"))
    if quoted and not _closed(raw, found.delimiter):
        return "a quotation mark is opened and never closed; nothing from here to the end of the file was read"
    if len(cells) < len(found.names) and not ended:
        return f"the last row breaks off: {len(cells)} of {len(found.names)} columns"
    if any(cell.strip() for cell in cells[len(found.names) :]):
        return f"{len(cells)} cells under {len(found.names)} columns; quote the cell that holds a {found.delimiter!r}"
    return None


def _closed(raw: list[str], delimiter: str) -> bool:
    if sum(line.count('"') for line in raw) % 2 == 0:
        return True
    try:
        list(csv.reader(raw, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end of data" not in str(error)
    return True


def _unreadable(error: csv.Error) -> str:
    return "a cell of more than 16 MB" if "field larger" in str(error) else f"a row that is no CSV ({error})"


def _reader(lines: Iterable[str], delimiter: str, *, quoted: bool = True) -> _Reader:
    # Reference lists and abstracts exceed csv's default of 128 KiB for a cell.
    csv.field_size_limit(max(csv.field_size_limit(), opening.LONGEST_LINE))
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)


def required(seen: opening.Head, names: set[str], what: str, *, optional: set[str] | None = None) -> Header:
    """The header of a file of citetrack's own making.

    Raises `InputError` that names the columns which are missing, stand twice, or are neither required nor `optional` (where that is given).
    """
    found = header(seen)
    where = f"{seen.path}:{found.line if found else 1}"
    have = set(found.names) if found else set()
    if found is None or names - have:
        raise InputError(f"{where}: {what} needs a header line with the columns {','.join(sorted(names - have))}")
    if optional is not None and (unknown := have - names - optional):
        raise InputError(f"{where}: {what} has no column {', '.join(map(repr, sorted(unknown)))}")
    if len(found.names) != len(have):
        raise InputError(f"{where}: a column of {what} stands twice")
    return found
