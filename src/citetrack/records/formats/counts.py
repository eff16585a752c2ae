"""Tables of citetrack's own making: ``<slug>.counts.csv`` beside a ``.bib``, and the plain table that ``citetrack metrics --file`` takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from citetrack.errors import InputError, Malformed
from citetrack.records import ids, shape
from citetrack.records.formats import fields, opening, table
from citetrack.records.formats.fields import Notes
from citetrack.records.model import BOUNDS, Bound, Observation, Problem, Record, Records

COLUMNS: Final = ("about", "source", "date", "figure", "bound", "value", "url", "note")
_OPTIONAL: Final = {"url", "note"}
# So many misspelt keys are compared with the keys there are; the rest are only named.
_SUGGESTIONS: Final = 5


class Counts(NamedTuple):
    """The statements of a ``counts.csv``, by what they are about.

    `person`: about the person (``about`` empty); `artifacts`: about a ``hf:`` or ``github:`` artifact; `by_key`: about a record, under its key;
    `unjoined`: about a key that no record bears, kept and each named in `problems` (code ``unjoined_count``).
    """

    person: tuple[Observation, ...]
    artifacts: tuple[Observation, ...]
    by_key: Mapping[str, tuple[Observation, ...]]
    unjoined: tuple[Observation, ...]
    problems: tuple[Problem, ...]


def read_counts(path: str | Path, records: Iterable[Record]) -> Counts:
    """The statements of a ``counts.csv``, joined to `records` by key, else by an id the record bears (``doi:…``, ``arxiv:…``).

    A line that cannot be read, or whose key no record bears, is a `Problem` with its line and costs no other. Raises `InputError` for a file
    that is missing, empty or binary, or has another header than ``about,source,date,figure,bound,value,url,note``.
    """
    notes = Notes(Path(path))
    seen = opening.head(notes.path)
    found = table.required(seen, set(COLUMNS) - _OPTIONAL, "a table of counts", optional=_OPTIONAL)
    statements = [
        (row.line, observation) for row in table.rows(seen, found, notes) if (observation := _observation(notes, row)) is not None
    ]
    return _joined(notes, statements, list(records))


def _observation(notes: Notes, row: table.Row) -> Observation | None:
    cell = {name: fields.line_of_text(text) or "" for name, text in row.cells.items()}
    try:
        if not cell["source"]:
            raise Malformed("source is empty: who states the number?")
        if cell["source"].casefold() == "max":
            raise Malformed("source holds 'max', which is the name of a policy")
        figure = cell["figure"].casefold() or "citations"
        value, bound = _value(cell["value"], figure), _bound(cell["bound"])
        if bound == "<" and value == 0:
            raise Malformed("nothing is less than 0")
        return Observation(
            source=cell["source"].casefold(),
            date=_day(cell["date"]),
            value=value,
            bound=bound,
            figure=figure,
            about=cell["about"],
            origin=notes.origin(row.line),
            url=fields.address(cell.get("url")),
            note=cell.get("note", ""),
        )
    except Malformed as error:
        notes.unread(f"this line was not counted: {error}", row.line)
        return None


def _day(written: str) -> date | None:
    """Only YYYY-MM-DD: in a file that people edit, 03/04/2026 means two days."""
    if not written:
        return None
    try:
        if len(written) != 10:
            raise ValueError
        day = date.fromisoformat(written)
    except ValueError:
        raise Malformed(f"date holds {written[:40]!r}, expected YYYY-MM-DD") from None
    if not 1900 <= day.year <= 2100:
        raise Malformed(f"date holds {written!r}, expected a year from 1900 to 2100")
    return day


def _value(written: str, figure: str) -> int:
    """A count; downloads and the like may be larger than any number of citations."""
    read = shape.count if figure == "citations" else shape.integer
    value = read({"value": written}, "value") if written else None
    if value is None:
        raise Malformed("value is empty; a count that is not known needs no line")
    if value < 0:
        raise Malformed(f"value holds {value}, expected a count, which is never negative")
    return value


def _bound(written: str) -> Bound:
    if written not in BOUNDS:
        raise Malformed(f"bound holds {written[:20]!r}, expected one of {' '.join(BOUNDS)} (= for an exact count)")
    return written


def _joined(notes: Notes, statements: Sequence[tuple[int, Observation]], records: Sequence[Record]) -> Counts:
    keys = {record.key for record in records}
    bearers = {identifier: record.key for record in reversed(records) for identifier in record.ids}
    person: list[Observation] = []
    artifacts: list[Observation] = []
    unjoined: list[Observation] = []
    by_key: dict[str, list[Observation]] = {}
    for line, statement in statements:
        key = _key(statement.about, keys, bearers)
        if not statement.about:
            person.append(statement)
        elif key is not None:
            by_key.setdefault(key, []).append(statement._replace(about=key))
        elif identifier := ids.artifact(statement.about):
            artifacts.append(statement._replace(about=identifier))
        else:
            notes.problem("unjoined_count", _unjoined(statement.about, keys if len(unjoined) < _SUGGESTIONS else ()), line)
            unjoined.append(statement)
    joined = {key: tuple(found) for key, found in by_key.items()}
    return Counts(tuple(person), tuple(artifacts), joined, tuple(unjoined), tuple(notes.problems))


def _key(about: str, keys: Collection[str], bearers: Mapping[str, str]) -> str | None:
    """The key of the record meant: its key, ``bib:<key>``, or an id it bears."""
    if about in keys:
        return about
    if about.startswith("bib:") and about[4:] in keys:
        return about[4:]
    return bearers.get(ids.parse(about) or "") if ":" in about else None


def _unjoined(about: str, keys: Collection[str]) -> str:
    message = f"counts of {about[:80]!r}, which no entry of the .bib has as its key"
    if not keys:
        return message
    from difflib import get_close_matches

    near = get_close_matches(about[:200], keys, n=1)
    return f"{message}; did you mean {near[0]!r}?" if near else message


def read_bib_with_counts(bib: str | Path, counts: str | Path | None = None) -> Records:
    """The records of a ``.bib``, each with the counts that its ``counts.csv`` states of it.

    `Records.observations` holds what is stated of the person and of artifacts. A line that names a key the ``.bib`` lacks is in `problems`
    (code ``unjoined_count``). Where a key stands twice in the ``.bib``, its counts go to the first. Raises `InputError`.
    """
    from citetrack.records import bibtex

    records = bibtex.read(Path(bib))
    if counts is None:
        return records
    stated = read_counts(counts, records)
    waiting = dict(stated.by_key)
    return Records(
        [_with(record, waiting.pop(record.key, ())) for record in records],
        problems=[*records.problems, *stated.problems],
        observations=[*records.observations, *stated.person, *stated.artifacts],
        name=records.name,
        ids=records.ids,
        list_of=records.list_of,
        format=records.format,
        updated=records.updated,
    )


def _with(record: Record, observations: tuple[Observation, ...]) -> Record:
    return replace(record, observations=(*record.observations, *observations)) if observations else record


class Columns(NamedTuple):
    """A plain table of works: one place in each column for each work, `None` where its cell is empty; a column the file lacks is `None`.

    `citations` and `years` are counts and years of publication, `authors` the number of authors, `positions` the person's place among them.
    """

    citations: tuple[int | None, ...]
    years: tuple[int | None, ...] | None = None
    authors: tuple[int | None, ...] | None = None
    positions: tuple[int | None, ...] | None = None


_RANGES: Final = {"citations": (0, shape.MOST_CITATIONS), "year": (1000, 2100), "authors": (1, 100_000), "position": (1, 100_000)}


def read_columns(path: str | Path) -> Columns:
    """The table of ``citetrack metrics --file``: a CSV with the columns ``citations,year,authors,position``.

    All but the first may be missing; other columns are left alone. Raises `InputError` that names the line and the column of the first
    cell which holds no such number.
    """
    path = Path(path)
    notes = Notes(path)
    seen = opening.head(path)
    found = table.required(seen, {"citations"}, "a table of works")
    names = [name for name in found.names if name in _RANGES]
    works = [[_cell(path, row, name) for name in names] for row in table.rows(seen, found, notes)]
    if notes.problems:
        raise InputError(f"{path}:{notes.problems[0].line}: {notes.problems[0].message}")
    columns = dict(zip(names, zip(*works, strict=True), strict=True)) if works else dict.fromkeys(names, ())
    return Columns(columns["citations"], columns.get("year"), columns.get("authors"), columns.get("position"))


def _cell(path: Path, row: table.Row, name: str) -> int | None:
    written = row.cells[name].strip()
    if not written:
        return None
    least, most = _RANGES[name]
    try:
        value = shape.integer({name: written}, name)
    except Malformed as error:
        raise InputError(f"{path}:{row.line}: column {error}") from error
    if value is None or not least <= value <= most:
        raise InputError(f"{path}:{row.line}: column {name} holds {written[:40]}, expected a number from {least:,} to {most:,}")
    return value
