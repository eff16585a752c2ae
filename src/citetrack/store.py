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
import re
import sqlite3
import stat
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from citetrack.errors import StoreDamaged, StoreError
from citetrack.records.model import Artifact, Candidate, Observation, Outcome, Problem, Record
from citetrack.records.names import Name

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

APPLICATION: Final = 0x63697465
"""The application id in the header of every store: ``cite``."""

# A write waits this long for another process to end its own, which takes some milliseconds.
_PATIENCE: Final = 10.0

_LOST_BODIES: Final = (
    "SELECT COUNT(DISTINCT origin) FROM provenance WHERE origin LIKE 'sha256:%' AND origin NOT IN (SELECT digest FROM body)"
)
# The smallest page that SQLite writes.
_SMALLEST: Final = 512

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

# What brings a store from each version to the next; the number of steps is the version written here.
# Texts of other people's making lie in JSON, where every character is safe, or pass through `_column`.
_STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        # whom: one row for each slug and set of ids that was ever asked about
        "CREATE TABLE person (id INTEGER PRIMARY KEY, slug, ids TEXT NOT NULL)",
        # a run without `finished` was cut off
        "CREATE TABLE run (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person, at TEXT NOT NULL, finished TEXT)",
        # what came over the wire, byte for byte
        "CREATE TABLE body (digest TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, compressed BLOB NOT NULL)",
        # what a source says a work or an artifact is
        "CREATE TABLE description (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, data TEXT NOT NULL)",
        # the numbers of one work, artifact or person: [url, [[figure, value, bound, part, url, note, source, about], …]]
        "CREATE TABLE observations (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, data TEXT NOT NULL)",
        # all that one answer held
        "CREATE TABLE content (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, data TEXT NOT NULL)",
        # in its order; the first item has no description and is the person
        """CREATE TABLE content_item (
            content INTEGER NOT NULL REFERENCES content, place INTEGER NOT NULL, description INTEGER REFERENCES description,
            observations INTEGER NOT NULL REFERENCES observations, listed INTEGER NOT NULL, PRIMARY KEY (content, place)
        ) WITHOUT ROWID""",
        # one source's outcome in one run; `date` is the day of its answers, else that of the run
        """CREATE TABLE sighting (
            id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run, person INTEGER NOT NULL REFERENCES person, source NOT NULL,
            date TEXT NOT NULL, result TEXT NOT NULL, why NOT NULL, day TEXT, asked TEXT NOT NULL, requests INTEGER NOT NULL,
            content INTEGER NOT NULL REFERENCES content, digest BLOB NOT NULL
        )""",
        "CREATE INDEX sighting_of ON sighting (person, source, date, run)",
        # where the items from `first` to `last` of a sighting stood: on `date` in `origin`; an item read from several bodies has several parts
        """CREATE TABLE provenance (
            sighting INTEGER NOT NULL REFERENCES sighting, first INTEGER NOT NULL, part INTEGER NOT NULL, last INTEGER NOT NULL,
            date TEXT, origin NOT NULL, PRIMARY KEY (sighting, first, part)
        ) WITHOUT ROWID""",
        """CREATE VIEW observation AS
        SELECT sighting.run AS run, sighting.id AS sighting,
            COALESCE(json_extract(said.value, '$[6]'), json_extract(description.data, '$.source'), sighting.source) AS source,
            COALESCE(json_extract(said.value, '$[7]'), json_extract(description.data, '$.key'), json_extract(description.data, '$.artifact'), '')
                AS about,
            json_extract(said.value, '$[0]') AS figure, COALESCE(json_extract(said.value, '$[2]'), '=') AS bound,
            json_extract(said.value, '$[1]') AS value, provenance.date AS date, provenance.origin AS origin,
            COALESCE(json_extract(said.value, '$[4]'), json_extract(observations.data, '$[0]')) AS url,
            COALESCE(json_extract(said.value, '$[5]'), '') AS note
        FROM sighting
        JOIN content_item ON content_item.content = sighting.content
        JOIN observations ON observations.id = content_item.observations
        JOIN json_each(observations.data, '$[1]') AS said
        LEFT JOIN description ON description.id = content_item.description
        JOIN provenance ON provenance.sighting = sighting.id AND content_item.place BETWEEN provenance.first AND provenance.last
            AND provenance.part = COALESCE(json_extract(said.value, '$[3]'), 0)""",
    ),
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
    with _told(path):
        _look(path, create=create)
        database = _writable(path, patience) if create else _readable(path, patience)
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
        known = _json(dict(sorted(ids.items())))
        with self._writing() as database:
            whom = _person(database, _column(slug), known)
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
        packed, stretches = _pack(outcome)
        with self._writing() as database:
            known = database.execute("SELECT person, substr(at, 1, 10) FROM run WHERE id = ?", (run,)).fetchone()
            if known is None:
                raise StoreError(f"the store {self.path} has no run {run}; begin one to add to it")
            content = _find(database, "content", packed.digest) or _add_content(database, packed)
            digest = _sighting_digest(outcome, packed.digest, stretches)
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
                results.setdefault(run, {})[_text(source)] = result
            rows = database.execute(
                "SELECT run.id, slug, at, finished FROM run JOIN person ON person.id = person ORDER BY run.id"
            )
            return [
                Run(
                    number,
                    _text(slug),
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
            return int(_pragma(database, "user_version"))

    def lost_bodies(self) -> int:
        """In how many raw bodies numbers stood that are kept no longer: no number is lost by it, but where it can be read again is."""
        with self._reading() as database:
            return int(database.execute(_LOST_BODIES).fetchone()[0])

    def body(self, digest: str) -> bytes | None:
        """The raw body kept under the digest, ``sha256:…``; `None` where there is none."""
        with self._reading() as database:
            row = database.execute("SELECT digest, size, compressed FROM body WHERE digest = ?", (_column(digest),)).fetchone()
            return row and _unpacked_body(*row)

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
        with self._lock, _told(self.path):
            yield self._database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._reading() as database:
            database.execute("BEGIN IMMEDIATE")  # a plain BEGIN would fail, and not wait, where another process has written since
            with database:
                yield database


# --- Opening ---------------------------------------------------------------------------------------------------------------------------------


def _look(path: Path, *, create: bool) -> None:
    """Make the folders, or raise `StoreError` where there is no file and none is to be made, or something that is no file."""
    if not path.exists():
        if not create:
            raise StoreError(f"there is no store at {path}; citetrack update WHO makes one")
        for folder in reversed([parent for parent in path.parents if not parent.exists()]):
            folder.mkdir(mode=0o700, exist_ok=True)
    elif not stat.S_ISREG((found := path.stat()).st_mode):
        raise StoreError(f"{path} is no file; name another in CITETRACK_STORE")
    elif 0 < found.st_size < _SMALLEST:  # SQLite would take a few bytes for an empty database, and write over them
        raise StoreDamaged(f"the store {path} {_FAULTS[sqlite3.SQLITE_NOTADB]}")


def _connect(path: Path, patience: float, options: str) -> sqlite3.Connection:
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}", uri=True, timeout=patience, isolation_level=None, check_same_thread=False
    )
    database.execute("PRAGMA foreign_keys = ON")
    return database


def _writable(path: Path, patience: float) -> sqlite3.Connection:
    database, version = _opened(path, patience, "mode=rwc")
    with _closed_on_failure(database):
        if version < len(_STEPS):
            _migrate(database, path)
        if _pragma(database, "journal_mode") != "wal":
            _log_ahead(database)
    return database


def _log_ahead(database: sqlite3.Connection) -> None:
    """Let readers read while somebody writes. Where the file system cannot, or another process is just about it, the store works without."""
    try:
        database.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if _code(error) != sqlite3.SQLITE_BUSY:
            raise


def _readable(path: Path, patience: float) -> sqlite3.Connection:
    try:
        # mode=ro would leave two side files behind, which only a connection that may write clears away.
        database, version = _opened(path, patience, "mode=rw")
    except sqlite3.OperationalError as error:
        if _code(error) not in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN} or _unmerged(path):
            raise
        # Where no side file is and none can be made nobody writes, so the file is what it is.
        database, version = _opened(path, patience, "mode=ro&immutable=1")
    if version < len(_STEPS):
        database = _migrated_copy(database, path)
    database.execute("PRAGMA query_only = ON")
    return database


def _opened(path: Path, patience: float, options: str) -> tuple[sqlite3.Connection, int]:
    database = _connect(path, patience, options)
    with _closed_on_failure(database):
        return database, _version(database, path)


def _unmerged(path: Path) -> bool:
    """Whether runs wait in the side file of a writer that was killed."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _migrated_copy(database: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with _closed_on_failure(copy), closing(database):
        database.backup(copy)
        _migrate(copy, path)
    return copy


def _version(database: sqlite3.Connection, path: Path) -> int:
    """The store's version, 0 for an empty file. Raises `StoreError` for what is no store or too new a one."""
    version = int(_pragma(database, "user_version"))
    tables = database.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    application = _pragma(database, "application_id")
    if application != APPLICATION and (application or version or tables):
        raise StoreError(f"{path} is a database, but no store of citetrack's; name another file in CITETRACK_STORE")
    if version > len(_STEPS):
        raise StoreError(
            f"the store {path} was written by a newer citetrack (version {version}, this one knows {len(_STEPS)}); upgrade citetrack"
        )
    return version


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    """Bring the store up to date in one transaction."""
    database.execute("BEGIN IMMEDIATE")
    with database:
        for statement in (statement for step in _STEPS[_version(database, path) :] for statement in step):
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {len(_STEPS)}")


def _pragma(database: sqlite3.Connection, name: str) -> Any:
    return database.execute(f"PRAGMA {name}").fetchone()[0]


@contextmanager
def _closed_on_failure(database: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        database.close()
        raise


# --- Errors ----------------------------------------------------------------------------------------------------------------------------------

_BUSY: Final = "is in use by another program; wait until that has ended, then try again"
_DAMAGED: Final = "is damaged; citetrack doctor says where"
_DAMAGES: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB})
_FAULTS: Final = {
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_READONLY: "cannot be written; make the file and its folder writable, or name another in CITETRACK_STORE",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; make the file and its folder readable and writable, or name another in CITETRACK_STORE",
    sqlite3.SQLITE_PERM: "cannot be opened; make the file and its folder readable and writable, or name another in CITETRACK_STORE",
    sqlite3.SQLITE_FULL: "has no room left on its disk; free some and try again, what it held before is safe",
    sqlite3.SQLITE_IOERR: "cannot be read or written, as the disk is full or failing; make room or mend it, then try again",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_ERROR: _DAMAGED,  # our statements are right, so a table is not, or holds no text where it should
    sqlite3.SQLITE_NOTADB: "is no database, or its beginning was overwritten; citetrack doctor says more, or name another file in CITETRACK_STORE",
}


class _Damaged(ValueError):
    """A row that is not what its digest says."""


# What reading a row may raise where something else than we wrote is in it.
_MISREAD: Final = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError, zlib.error)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what goes wrong with the file into `StoreError`: one line that says what, where and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        kind = StoreDamaged if _code(error) in _DAMAGES else StoreError
        raise kind(f"the store {path} {_FAULTS.get(_code(error), f'failed: {error}')}") from error
    except OSError as error:
        raise StoreError(f"the store {path} cannot be opened: {error.strerror}; name another file in CITETRACK_STORE") from error
    except _MISREAD as error:
        raise StoreDamaged(f"the store {path} {_DAMAGED}") from error


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary code; the module sqlite3 itself gives none, as for text that is no UTF-8."""
    plain = sqlite3.SQLITE_MISUSE if isinstance(error, sqlite3.ProgrammingError) else sqlite3.SQLITE_ERROR
    return getattr(error, "sqlite_errorcode", plain) & 0xFF


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
        _column(outcome.source),
        day or date,
        outcome.result,
        _column(outcome.why),
        day,
        _json(outcome.asked),
        outcome.requests,
        content,
        digest,
    )


def _rows(sighting: int, stretches: Iterable[_Stretch]) -> Iterator[tuple[object, ...]]:
    for *place, origin in stretches:
        yield sighting, *place, _column(origin)


def _find(database: sqlite3.Connection, table: str, digest: bytes) -> int | None:
    row = database.execute(f"SELECT id FROM {table} WHERE digest = ?", (digest,)).fetchone()
    return row and int(row[0])


def _add(database: sqlite3.Connection, table: str, digest: bytes, data: str) -> int:
    return _find(database, table, digest) or _insert(database, f"INSERT INTO {table} (digest, data) VALUES (?, ?)", digest, data)


def _add_content(database: sqlite3.Connection, packed: _Content) -> int:
    content = _add(database, "content", packed.digest, packed.data)
    for place, item in enumerate(packed.items):
        description = (
            None if item.description is None else _add(database, "description", _digest(item.description), item.description)
        )
        observations = _add(database, "observations", _digest(item.observations), item.observations)
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
    return sighting._replace(source=_text(sighting.source), why=_text(sighting.why))


def _sightings(
    database: sqlite3.Connection, slug: str | None, ids: Mapping[str, str], as_of: date | None, results: Sequence[str]
) -> dict[str, _Sighting]:
    """For each source, in alphabetical order, the newest sighting of the person with one of the results at or before the date."""
    known = set(ids.items())
    rows = database.execute("SELECT id, slug, ids FROM person")
    people = [row[0] for row in rows if _is_about(slug, known, _text(row[1]), set(json.loads(row[2]).items()))]
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
    return _unpack(_bare(sighting), content, _stamps(stretches, len(content.items)))


def _content(database: sqlite3.Connection, content: int) -> _Content:
    """The content as it was packed. Raises `ValueError` where the rows are not what their digests say."""
    digest, data = database.execute("SELECT digest, data FROM content WHERE id = ?", (content,)).fetchone()
    rows = database.execute(
        "SELECT description.data, observations.data, listed FROM content_item "
        "JOIN observations ON observations.id = observations LEFT JOIN description ON description.id = description "
        "WHERE content = ? ORDER BY place",
        (content,),
    ).fetchall()
    items = [_Item(description, observations, bool(listed)) for description, observations, listed in rows]
    if _content_digest(data, items) != digest:
        raise _Damaged(f"content {content} does not match its digest")
    return _Content(data, items, digest)


def _stretches(database: sqlite3.Connection, sighting: _Sighting, content: bytes) -> list[_Stretch]:
    """The sighting's provenance. Raises `ValueError` where it, the sighting or the content is not what the sighting's digest says."""
    rows = database.execute(
        "SELECT first, part, last, date, origin FROM provenance WHERE sighting = ? ORDER BY first, part", (sighting.id,)
    )
    stretches = [(first, part, last, day, _text(origin)) for first, part, last, day, origin in rows]
    if _sighting_digest(_bare(sighting), content, stretches) != sighting.digest:
        raise _Damaged(f"sighting {sighting.id} does not match its digest")
    return stretches


def _unpacked_body(digest: str, size: int, compressed: bytes) -> bytes:
    """The body. Raises `ValueError` or `zlib.error` where it is not what its digest says; never unpacks more than it should hold."""
    body = zlib.decompressobj().decompress(compressed, size + 1)
    if f"sha256:{hashlib.sha256(body).hexdigest()}" != digest:
        raise _Damaged(f"body {digest} does not match its digest")
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
            if not isinstance(data, str) or _digest(data) != digest:
                yield f"{table} {id} does not match its digest"


def _contents(database: sqlite3.Connection) -> Iterator[str]:
    for id, digest, data in database.execute("SELECT id, digest, data FROM content").fetchall():
        if not isinstance(data, str) or _joint_digest(data, _item_digests(database, id)) != digest:
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
        except _MISREAD:
            yield f"sighting {sighting.id} ({sighting.source}, {sighting.date}) does not match its digest"


def _bodies(database: sqlite3.Connection) -> Iterator[str]:
    for digest, size, compressed in database.execute("SELECT digest, size, compressed FROM body"):
        try:
            _unpacked_body(digest, size, compressed)
        except _MISREAD:
            yield f"body {digest} does not match its digest"


# --- What is said, as text: pure -------------------------------------------------------------------------------------------------------------

_Stamp = tuple[date | None, str]
"""When something was stated, and where it can be read again."""


class _Item(NamedTuple):
    """One thing that a source spoke of, as JSON; the person has no description. `listed`: a work of the source's own list of the person."""

    description: str | None
    observations: str
    listed: bool


class _Content(NamedTuple):
    """All that one answer held. `data`: what is neither a work nor an artifact nor a number, as JSON."""

    data: str
    items: Sequence[_Item]
    digest: bytes


_Stretch = tuple[int, int, int, str | None, str]
"""The first item of a stretch of items, a part of them, the last item; the day on which and the origin where that part stood."""


def _pack(outcome: Outcome) -> tuple[_Content, list[_Stretch]]:
    """What the outcome says, and when and where each stretch of it stood."""
    keys = {record.key for record in outcome.records}
    others = {"listed": sorted(outcome.listed - keys), "candidates": outcome.candidates, "problems": outcome.problems}
    packed = [
        _packed_item(outcome.observations, outcome.source, ""),
        *(_packed_record(record, record.key in outcome.listed, outcome.day) for record in outcome.records),
        *(_packed_artifact(artifact, outcome.source) for artifact in outcome.artifacts),
    ]
    data, items = _json(others), [item for item, _ in packed]
    return _Content(data, items, _content_digest(data, items)), list(_in_stretches(stamps for _, stamps in packed))


def _in_stretches(stamps: Iterable[Sequence[_Stamp]]) -> Iterator[_Stretch]:
    """Neighbours that stood in the same places are one stretch, which has a part for each of the places."""
    for same, stretch in groupby(enumerate(stamps), key=lambda pair: pair[1]):
        places = [place for place, _ in stretch]
        for part, (day, origin) in enumerate(same):
            yield places[0], part, places[-1], day and day.isoformat(), origin


def _stamps(stretches: Iterable[_Stretch], items: int) -> list[list[_Stamp]]:
    """When and where each item stood, part by part."""
    stamps: list[list[_Stamp]] = [[] for _ in range(items)]
    for first, _, last, day, origin in stretches:
        stamp = (date.fromisoformat(day) if day else None, origin)
        for place in range(first, last + 1):
            stamps[place].append(stamp)
    return stamps


def _packed_artifact(artifact: Artifact, source: str) -> tuple[_Item, Sequence[_Stamp]]:
    description = {"artifact": artifact.id, "kind": artifact.kind, "source": source}
    return _packed_item(artifact.observations, source, artifact.id, description)


def _packed_record(record: Record, listed: bool, day: date | None) -> tuple[_Item, Sequence[_Stamp]]:
    description = {
        "key": record.key,
        "source": record.source,
        "title": record.title,
        "authors": [_trimmed(_name_parts(name), _PLAIN_NAME) for name in record.authors],
        "authors_complete": record.authors_complete,
        "year": record.year,
        "venue": record.venue,
        "type": record.type,
        "ids": record.ids,
        "affiliation": record.affiliation,
        "entry": dict(record.entry),
    }
    # The first part is where the record itself stood.
    stated = next((observation.date for observation in record.observations if observation.origin == record.origin), day)
    item, stamps = _packed_item(record.observations, record.source, record.key, description, ((stated, record.origin),))
    return item._replace(listed=listed), stamps


def _packed_item(
    observations: Iterable[Observation], source: str, about: str, description: object = None, stamps: Sequence[_Stamp] = ()
) -> tuple[_Item, Sequence[_Stamp]]:
    observations = tuple(observations)
    url = observations[0].url if observations else ""
    parts = {stamp: part for part, stamp in enumerate(stamps)}
    said = []
    for it in observations:
        part = parts.setdefault((it.date, it.origin), len(parts))
        own = (
            it.url if it.url != url else None,
            it.note,
            it.source if it.source != source else None,
            it.about if it.about != about else None,
        )
        said.append(_trimmed((it.figure, it.value, it.bound, part, *own), _PLAIN_OBSERVATION))
    return _Item(None if description is None else _json(description), _json([url, said]), False), tuple(parts)


def _unpack(bare: Outcome, content: _Content, stamps: Sequence[Sequence[_Stamp]]) -> Outcome:
    data = json.loads(content.data)
    records: list[Record] = []
    artifacts: list[Artifact] = []
    listed = set(data["listed"])
    names: dict[tuple[Any, ...], Name] = {}
    for item, stood in zip(content.items[1:], stamps[1:], strict=True):
        described = json.loads(item.description or "{}")
        if "artifact" in described:
            artifacts.append(_artifact(described, item.observations, stood))
            continue
        records.append(_record(described, item.observations, stood, names))
        if item.listed:
            listed.add(described["key"])
    return replace(
        bare,
        records=tuple(records),
        listed=frozenset(listed),
        observations=_unpacked(content.items[0].observations, stamps[0], bare.source, ""),
        artifacts=tuple(artifacts),
        candidates=tuple(Candidate(*map(_tupled, it)) for it in data["candidates"]),
        problems=tuple(Problem(*it) for it in data["problems"]),
    )


def _artifact(described: Mapping[str, Any], observations: str, stamps: Sequence[_Stamp]) -> Artifact:
    id, kind, source = described["artifact"], described["kind"], described["source"]
    return Artifact(id, kind, _unpacked(observations, stamps, source, id))


def _record(
    described: Mapping[str, Any], observations: str, stamps: Sequence[_Stamp], names: dict[tuple[Any, ...], Name]
) -> Record:
    return Record(
        key=described["key"],
        source=described["source"],
        title=described["title"],
        authors=tuple([_name(tuple(parts), names) for parts in described["authors"]]),
        authors_complete=described["authors_complete"],
        year=described["year"],
        venue=described["venue"],
        type=described["type"],
        ids=tuple(described["ids"]),
        observations=_unpacked(observations, stamps, described["source"], described["key"]),
        affiliation=described["affiliation"],
        entry=described["entry"],
        origin=stamps[0][1],
    )


def _name(parts: tuple[Any, ...], names: dict[tuple[Any, ...], Name]) -> Name:
    """The name; the same one for all works of one co-author, of whom there are far fewer than author lists name."""
    name = names.get(parts)
    if name is None:
        name = names[parts] = Name(*parts)
    return name


def _unpacked(observations: str, stamps: Sequence[_Stamp], source: str, about: str) -> tuple[Observation, ...]:
    common, said = json.loads(observations)
    found = []
    for it in said:
        figure, value, bound, part, url, note, own_source, own_about = it + _PLAIN_OBSERVATION[len(it) :]
        day, origin = stamps[part]
        found.append(
            Observation(
                source if own_source is None else own_source,
                day,
                value,
                bound,
                figure,
                about if own_about is None else own_about,
                origin,
                common if url is None else url,
                note,
            )
        )
    return tuple(found)


# What is left out at the end of a list: the commonest case.
_PLAIN_OBSERVATION: Final[list[Any]] = ["citations", 0, "=", 0, None, "", None, None]
_PLAIN_NAME: Final[list[Any]] = [None, "", "", "", False]


def _name_parts(name: Name) -> tuple[Any, ...]:
    return name.family, name.given, name.particle, name.suffix, name.literal


def _trimmed(values: Sequence[Any], plain: Sequence[Any]) -> Sequence[Any]:
    """The values without those at the end that are plain."""
    end = len(values)
    while end and values[end - 1] == plain[end - 1]:
        end -= 1
    return values[:end]


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _content_digest(data: str, items: Iterable[_Item]) -> bytes:
    return _joint_digest(
        data, ((_digest(it.description) if it.description else None, _digest(it.observations), it.listed) for it in items)
    )


def _joint_digest(data: str, items: Iterable[tuple[bytes | None, bytes, bool]]) -> bytes:
    joint = hashlib.sha256(_digest(data))
    for description, observations, listed in items:
        joint.update((description or b"-") + observations + (b"+" if listed else b"-"))
    return joint.digest()


def _sighting_digest(outcome: Outcome, content: bytes, stretches: Sequence[_Stretch]) -> bytes:
    day = outcome.day and outcome.day.isoformat()
    said = outcome.source, outcome.result, outcome.why, day, outcome.asked, outcome.requests, content.hex(), stretches
    return _digest(_json(said))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _json(value: object) -> str:
    """JSON in ASCII, which also holds what is no character of Unicode, as a lone surrogate."""
    return json.dumps(value, separators=(",", ":"))


def _column(text: str | None) -> str | bytes | None:
    """The text as a column takes it: as it stands or, where it holds a lone surrogate, as bytes."""
    return text.encode("utf-8", "surrogatepass") if text and _SURROGATE.search(text) else text


def _text(column: Any) -> Any:
    return column.decode("utf-8", "surrogatepass") if isinstance(column, bytes) else column
