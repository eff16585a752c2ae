"""The only door to SQLite: what each source said, run by run, kept unchanged and read again as it stood on a day.

What a source says is kept apart from when it said so. A *description* (of a work or an artifact, without its numbers) and a list of
*observations* (its numbers, without day and place of finding) are each stored once, under the digest of their text; a *content* is the list of
all that one answer held. A *sighting* is one source's outcome in one run: it names the content that was seen, and its *provenance* says on which
day and in which raw body each stretch of it stood. So an answer that says the same again costs a few rows, one in which twenty counts have moved
costs twenty lists of numbers, and what is read is still exactly what was added. The view ``observation`` gives every number with its day to SQL.

Every text that is kept under a digest is checked against it when it is read, so that a damaged file never becomes a wrong number.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from citetrack.errors import StoreDamaged, StoreError
from citetrack.records.model import Outcome
from citetrack.store.opening import MISREAD, Damaged, look, pragma, readable, told, writable
from citetrack.store.packing import (
    Content,
    Item,
    Stretch,
    as_column,
    as_json,
    content_digest,
    digest_of,
    joint_digest,
    of_column,
    pack,
    sighting_digest,
    stamps_of,
    unpack,
)

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

# A write waits this long for another process to end its own, which takes some milliseconds.
_PATIENCE: Final = 10.0
_LOST_BODIES: Final = (
    "SELECT COUNT(DISTINCT origin) FROM provenance WHERE origin LIKE 'sha256:%' AND origin NOT IN (SELECT digest FROM body)"
)


class Run(NamedTuple):
    """One run: its number, about whom, when it began and ended (`None`: it goes on, or was cut off), and what came of each source."""

    number: int
    slug: str | None
    at: datetime
    finished: datetime | None
    results: Mapping[str, str]


def open_store(path: Path, *, create: bool = True, patience: float = _PATIENCE) -> Store:
    """The store in the file at `path`, as a context manager.

    With `create`, a missing file and its folders (for the user alone) are made, and a store of an older version is brought up to date. Without,
    the store is only read: nothing is made or changed, an older version is brought up to date in memory, and a store that lies in a folder
    where nothing may be written can be read too. A busy store is waited for `patience` seconds.

    Raises `StoreError` for a file that is no store, is damaged, locked, of a newer version, or cannot be opened; without `create` also for a missing one.
    """
    with told(path):
        look(path, create=create)
        database = writable(path, patience) if create else readable(path, patience)
    return Store(path, database)


class Store:
    """An open store. Every method may be called from any thread; each raises `StoreError`, and nothing else, where the file fails it."""

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self._database = database
        self._lock = threading.Lock()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. Closing twice does nothing."""
        with self._reading() as database:
            database.close()

    def begin(self, slug: str | None, ids: Mapping[str, str], at: datetime) -> int:
        """The number of a new run that asks about the person known as `slug` and by `ids` (a scheme and the bare value)."""
        known = as_json(dict(sorted(ids.items())))
        with self._writing() as database:
            whom = _person(database, as_column(slug), known)
            return _insert(database, "INSERT INTO run (person, at) VALUES (?, ?)", whom, at.isoformat())

    def finish(self, run: int, at: datetime) -> None:
        """Note that the run came to its end; one without this note was cut off. What it added counts either way."""
        with self._writing() as database:
            database.execute("UPDATE run SET finished = ? WHERE id = ?", (at.isoformat(), run))

    def keep(self, body: bytes) -> str:
        """The digest, ``sha256:…``, under which the raw body is now kept. Keeping a body twice does nothing."""
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        with self._reading() as database:
            if database.execute("SELECT 1 FROM body WHERE digest = ?", (digest,)).fetchone():
                return digest
        compressed = zlib.compress(body)
        with self._writing() as database:
            database.execute("INSERT OR IGNORE INTO body VALUES (?, ?, ?)", (digest, len(body), compressed))
        return digest

    def add(self, run: int, outcome: Outcome) -> None:
        """Add one source's outcome to a run, whole or not at all. The bodies it was read from are kept before, with `keep`."""
        packed, stretches = pack(outcome)
        with self._writing() as database:
            known = database.execute("SELECT person, substr(at, 1, 10) FROM run WHERE id = ?", (run,)).fetchone()
            if known is None:
                raise StoreError(f"the store {self.path} has no run {run}; begin one to add to it")
            content = _find(database, "content", packed.digest) or _add_content(database, packed)
            digest = sighting_digest(outcome, packed.digest, stretches)
            sighting = _add_sighting(database, outcome, (run, *known), content, digest)
            database.executemany("INSERT INTO provenance VALUES (?, ?, ?, ?, ?, ?)", _rows(sighting, stretches))

    def newest(self, slug: str | None, ids: Mapping[str, str], as_of: date | None = None) -> dict[str, Outcome]:
        """For each source the newest complete outcome about the person at or before `as_of`, exactly as it was added; sources in alphabetical order.

        An outcome is about the person if every id it was asked by is among `ids`, and its run shares an id with them or, where either has none, the
        slug. Its date is `Outcome.day`, else that of the run; of two on one day the later run's counts.
        """
        with self._reading() as database:
            seen = _sightings(database, slug, ids, as_of, ("complete",))
            return {source: _outcome(database, sighting) for source, sighting in seen.items()}

    def latest(self, slug: str | None, ids: Mapping[str, str], as_of: date | None = None) -> dict[str, Outcome]:
        """As `newest`, of any result but ``skipped``, without content: whether a newer one failed. `day` is never `None`, but the run's date then."""
        with self._reading() as database:
            seen = _sightings(database, slug, ids, as_of, ("complete", "partial", "failed"))
            return {source: _without_content(sighting) for source, sighting in seen.items()}

    def outcomes(self) -> dict[str, Outcome]:
        """For each source the outcome of the last run that asked it about anybody, without content; `day` as in `latest`."""
        with self._reading() as database:
            last = "SELECT MAX(id) FROM sighting WHERE result != 'skipped' GROUP BY source"
            rows = database.execute(f"{_SIGHTING} WHERE id IN ({last}) ORDER BY source")
            return {sighting.source: _without_content(sighting) for sighting in map(_sighting, rows)}

    def runs(self) -> list[Run]:
        """Every run, the oldest first."""
        with self._reading() as database:
            results: dict[int, dict[str, str]] = {}
            for run, source, result in database.execute("SELECT run, source, result FROM sighting ORDER BY source"):
                results.setdefault(run, {})[of_column(source)] = result
            rows = database.execute(
                "SELECT run.id, slug, at, finished FROM run JOIN person ON person.id = person ORDER BY run.id"
            )
            return [
                Run(
                    number,
                    of_column(slug),
                    datetime.fromisoformat(at),
                    datetime.fromisoformat(end) if end else None,
                    results.get(number, {}),
                )
                for number, slug, at, end in rows
            ]

    @property
    def version(self) -> int:
        """The version of the schema; an older store that is only read has been brought up to date in memory."""
        with self._reading() as database:
            return int(pragma(database, "user_version"))

    def lost_bodies(self) -> int:
        """In how many raw bodies numbers stood that are kept no longer: no number is lost by it, but where it can be read again is."""
        with self._reading() as database:
            return int(database.execute(_LOST_BODIES).fetchone()[0])

    def body(self, digest: str) -> bytes | None:
        """The raw body kept under the digest, ``sha256:…``; `None` where there is none."""
        with self._reading() as database:
            row = database.execute("SELECT digest, size, compressed FROM body WHERE digest = ?", (as_column(digest),)).fetchone()
            return row and _unpacked_body(*row)

    def digests(self, beginning: str) -> list[str]:
        """The digests of the raw bodies kept that begin so, at most ten of them."""
        with self._reading() as database:
            rows = database.execute(
                "SELECT digest FROM body WHERE substr(digest, 1, ?) = ? LIMIT 10", (len(beginning), beginning)
            )
            return sorted(digest for (digest,) in rows)

    def problems(self) -> list[str]:
        """What is wrong with the file, a line each: its structure, its references, whatever is not what its digest says; empty where all is well.

        Raises `StoreError`, and not `StoreDamaged`, where it could not be looked through, as while another program holds it.
        """
        found: list[str] = []
        for check in (_structure, _references, _texts, _contents, _answers, _bodies):
            try:
                with self._reading() as database:
                    found += check(database)
            except StoreDamaged as error:
                found.append(str(error))
        return found

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, told(self.path):
            yield self._database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as database:
            try:
                database.execute(
                    "BEGIN IMMEDIATE"
                )  # a plain BEGIN would fail, and not wait, where another process has written since
                with database:
                    yield database
            finally:
                if database.in_transaction:  # interrupted between the two
                    database.rollback()


# --- Writing rows ----------------------------------------------------------------------------------------------------------------------------


def _insert(database: sqlite3.Connection, statement: str, *values: object) -> int:
    row = database.execute(statement, values).lastrowid
    assert row is not None
    return row


def _person(database: sqlite3.Connection, slug: str | bytes | None, ids: str) -> int:
    row = database.execute("SELECT id FROM person WHERE slug IS ? AND ids = ?", (slug, ids)).fetchone()
    return int(row[0]) if row else _insert(database, "INSERT INTO person (slug, ids) VALUES (?, ?)", slug, ids)


def _add_sighting(database: sqlite3.Connection, outcome: Outcome, run: tuple[int, int, str], content: int, digest: bytes) -> int:
    """Add what came of asking a source. `run`: its number, whom it is about, its date."""
    number, person, date = run
    day = outcome.day and outcome.day.isoformat()
    return _insert(
        database,
        "INSERT INTO sighting (run, person, source, date, result, why, day, asked, requests, content, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        number,
        person,
        as_column(outcome.source),
        day or date,
        outcome.result,
        as_column(outcome.why),
        day,
        as_json(outcome.asked),
        outcome.requests,
        content,
        digest,
    )


def _rows(sighting: int, stretches: Iterable[Stretch]) -> Iterator[tuple[object, ...]]:
    for *place, origin in stretches:
        yield sighting, *place, as_column(origin)


def _find(database: sqlite3.Connection, table: str, digest: bytes) -> int | None:
    row = database.execute(f"SELECT id FROM {table} WHERE digest = ?", (digest,)).fetchone()
    return row and int(row[0])


def _add(database: sqlite3.Connection, table: str, digest: bytes, data: str) -> int:
    return _find(database, table, digest) or _insert(database, f"INSERT INTO {table} (digest, data) VALUES (?, ?)", digest, data)


def _add_content(database: sqlite3.Connection, packed: Content) -> int:
    content = _add(database, "content", packed.digest, packed.data)
    for place, item in enumerate(packed.items):
        description = (
            None if item.description is None else _add(database, "description", digest_of(item.description), item.description)
        )
        observations = _add(database, "observations", digest_of(item.observations), item.observations)
        database.execute(
            "INSERT INTO content_item VALUES (?, ?, ?, ?, ?)", (content, place, description, observations, item.listed)
        )
    return content


# --- Reading rows ----------------------------------------------------------------------------------------------------------------------------


class _Sighting(NamedTuple):
    date: str
    run: int
    id: int
    source: str
    result: str
    why: str
    day: str | None
    asked: str
    requests: int
    content: int
    digest: bytes


_SIGHTING: Final = f"SELECT {', '.join(_Sighting._fields)} FROM sighting"


def _sighting(row: Sequence[Any]) -> _Sighting:
    sighting = _Sighting(*row)
    return sighting._replace(source=of_column(sighting.source), why=of_column(sighting.why))


def _sightings(
    database: sqlite3.Connection, slug: str | None, ids: Mapping[str, str], as_of: date | None, results: Sequence[str]
) -> dict[str, _Sighting]:
    """For each source, in alphabetical order, the newest sighting of the person with one of the results at or before the date."""
    known = set(ids.items())
    rows = database.execute("SELECT id, slug, ids FROM person")
    people = [row[0] for row in rows if _is_about(slug, known, of_column(row[1]), set(json.loads(row[2]).items()))]
    mine = {f"{scheme}:{value}" for scheme, value in known}
    found: dict[str, _Sighting] = {}
    for person in people:
        for (source,) in database.execute("SELECT DISTINCT source FROM sighting WHERE person = ?", (person,)).fetchall():
            newest_first = _newest_first(database, person, source, as_of or date.max, results)
            newest = next((sighting for sighting in newest_first if mine.issuperset(json.loads(sighting.asked))), None)
            if newest and newest[:3] > found.get(newest.source, ("",))[:3]:
                found[newest.source] = newest
    return dict(sorted(found.items()))


def _newest_first(
    database: sqlite3.Connection, person: int, source: str | bytes, as_of: date, results: Sequence[str]
) -> Iterator[_Sighting]:
    marks = ", ".join("?" * len(results))
    return map(
        _sighting,
        database.execute(
            f"{_SIGHTING} WHERE person = ? AND source = ? AND date <= ? AND result IN ({marks}) ORDER BY date DESC, run DESC, id DESC",
            (person, source, as_of.isoformat(), *results),
        ),
    )


def _is_about(slug: str | None, ids: set[tuple[str, str]], stored_slug: str | None, stored_ids: set[tuple[str, str]]) -> bool:
    """Whether a run about somebody is about the person: they share an id or, where either has none, the slug."""
    return bool(ids & stored_ids) if ids and stored_ids else slug is not None and slug == stored_slug


def _without_content(sighting: _Sighting) -> Outcome:
    return replace(_bare(sighting), day=date.fromisoformat(sighting.date))


def _bare(sighting: _Sighting) -> Outcome:
    return Outcome(
        source=sighting.source,
        result=sighting.result,  # type: ignore[arg-type] # `add` wrote one
        why=sighting.why,
        day=date.fromisoformat(sighting.day) if sighting.day else None,
        asked=tuple(json.loads(sighting.asked)),
        requests=sighting.requests,
    )


def _outcome(database: sqlite3.Connection, sighting: _Sighting) -> Outcome:
    """The outcome as it was added. Raises `ValueError` where the rows are not what their digests say."""
    content = _content(database, sighting.content)
    stretches = _stretches(database, sighting, content.digest)
    return unpack(_bare(sighting), content, stamps_of(stretches, len(content.items)))


def _content(database: sqlite3.Connection, content: int) -> Content:
    """The content as it was packed. Raises `ValueError` where the rows are not what their digests say."""
    digest, data = database.execute("SELECT digest, data FROM content WHERE id = ?", (content,)).fetchone()
    rows = database.execute(
        "SELECT description.data, observations.data, listed FROM content_item "
        "JOIN observations ON observations.id = observations LEFT JOIN description ON description.id = description "
        "WHERE content = ? ORDER BY place",
        (content,),
    ).fetchall()
    items = [Item(description, observations, bool(listed)) for description, observations, listed in rows]
    if content_digest(data, items) != digest:
        raise Damaged(f"content {content} does not match its digest")
    return Content(data, items, digest)


def _stretches(database: sqlite3.Connection, sighting: _Sighting, content: bytes) -> list[Stretch]:
    """The sighting's provenance. Raises `ValueError` where it, the sighting or the content is not what the sighting's digest says."""
    rows = database.execute(
        "SELECT first, part, last, date, origin FROM provenance WHERE sighting = ? ORDER BY first, part", (sighting.id,)
    )
    stretches = [(first, part, last, day, of_column(origin)) for first, part, last, day, origin in rows]
    if sighting_digest(_bare(sighting), content, stretches) != sighting.digest:
        raise Damaged(f"sighting {sighting.id} does not match its digest")
    return stretches


def _unpacked_body(digest: str, size: int, compressed: bytes) -> bytes:
    """The body. Raises `ValueError` or `zlib.error` where it is not what its digest says; never unpacks more than it should hold."""
    body = zlib.decompressobj().decompress(compressed, size + 1)
    if f"sha256:{hashlib.sha256(body).hexdigest()}" != digest:
        raise Damaged(f"body {digest} does not match its digest")
    return body


# --- Checking --------------------------------------------------------------------------------------------------------------------------------


def _structure(database: sqlite3.Connection) -> Iterator[str]:
    return (" ".join(row[0].split()) for row in database.execute("PRAGMA integrity_check") if row[0] != "ok")


def _references(database: sqlite3.Connection) -> Iterator[str]:
    for table, _, parent, _ in database.execute("PRAGMA foreign_key_check"):
        yield f"a row of {table} refers to one of {parent} that is missing"


def _texts(database: sqlite3.Connection) -> Iterator[str]:
    for table in ("description", "observations"):
        for id, digest, data in database.execute(f"SELECT id, digest, data FROM {table}"):
            if not isinstance(data, str) or digest_of(data) != digest:
                yield f"{table} {id} does not match its digest"


def _contents(database: sqlite3.Connection) -> Iterator[str]:
    for id, digest, data in database.execute("SELECT id, digest, data FROM content").fetchall():
        if not isinstance(data, str) or joint_digest(data, _item_digests(database, id)) != digest:
            yield f"content {id} does not match its digest"


def _item_digests(database: sqlite3.Connection, content: int) -> Iterator[tuple[bytes | None, bytes, bool]]:
    return database.execute(
        "SELECT description.digest, observations.digest, listed FROM content_item "
        "JOIN observations ON observations.id = observations LEFT JOIN description ON description.id = description "
        "WHERE content = ? ORDER BY place",
        (content,),
    )


def _answers(database: sqlite3.Connection) -> Iterator[str]:
    contents = dict(database.execute("SELECT id, digest FROM content"))
    for sighting in map(_sighting, database.execute(_SIGHTING).fetchall()):
        try:
            _stretches(database, sighting, contents.get(sighting.content, b""))
        except MISREAD:
            yield f"sighting {sighting.id} ({sighting.source}, {sighting.date}) does not match its digest"


def _bodies(database: sqlite3.Connection) -> Iterator[str]:
    for digest, size, compressed in database.execute("SELECT digest, size, compressed FROM body"):
        try:
            _unpacked_body(digest, size, compressed)
        except MISREAD:
            yield f"body {digest} does not match its digest"
