"""The file: its tables and their versions, how it is opened to be written or only to be read, and what is said where it fails."""

from __future__ import annotations

import sqlite3
import stat
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from citetrack.errors import StoreDamaged, StoreError

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION: Final = 0x63697465
"""The application id in the header of every store: ``cite``."""


# The smallest page that SQLite writes.
_SMALLEST: Final = 512


# What brings a store from each version to the next; the number of steps is the version written here.
# Texts of other people's making lie in JSON, where every character is safe, or pass through `as_column`.
STEPS: Final[tuple[tuple[str, ...], ...]] = (
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


def look(path: Path, *, create: bool) -> None:
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


def writable(path: Path, patience: float) -> sqlite3.Connection:
    """A connection to the store, made and brought up to date where it has to be."""
    database, version = _opened(path, patience, "mode=rwc")
    with _closed_on_failure(database):
        if version < len(STEPS):
            _migrate(database, path)
        if pragma(database, "journal_mode") != "wal":
            _log_ahead(database)
    return database


def _log_ahead(database: sqlite3.Connection) -> None:
    """Let readers read while somebody writes. Where the file system cannot, or another process is just about it, the store works without."""
    try:
        database.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if _code(error) != sqlite3.SQLITE_BUSY:
            raise


def readable(path: Path, patience: float) -> sqlite3.Connection:
    """A connection that changes nothing, also to a store in a folder where nothing may be written."""
    try:
        # mode=ro would leave two side files behind, which only a connection that may write clears away.
        database, version = _opened(path, patience, "mode=rw")
    except sqlite3.OperationalError as error:
        if _code(error) not in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN} or _unmerged(path):
            raise
        # Where no side file is and none can be made nobody writes, so the file is what it is.
        database, version = _opened(path, patience, "mode=ro&immutable=1")
    if version < len(STEPS):
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
    version = int(pragma(database, "user_version"))
    tables = database.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    application = pragma(database, "application_id")
    if application != APPLICATION and (application or version or tables):
        raise StoreError(f"{path} is a database, but no store of citetrack's; name another file in CITETRACK_STORE")
    if version > len(STEPS):
        raise StoreError(
            f"the store {path} was written by a newer citetrack (version {version}, this one knows {len(STEPS)}); upgrade citetrack"
        )
    return version


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    """Bring the store up to date in one transaction."""
    database.execute("BEGIN IMMEDIATE")
    with database:
        for statement in (statement for step in STEPS[_version(database, path) :] for statement in step):
            database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {len(STEPS)}")


def pragma(database: sqlite3.Connection, name: str) -> Any:
    """What SQLite holds under the name."""
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


class Damaged(ValueError):
    """A row that is not what its digest says."""


# What reading a row may raise where something else than we wrote is in it.
MISREAD: Final = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError, zlib.error)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what goes wrong with the file into `StoreError`: one line that says what, where and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        kind = StoreDamaged if _code(error) in _DAMAGES else StoreError
        raise kind(f"the store {path} {_FAULTS.get(_code(error), f'failed: {error}')}") from error
    except OSError as error:
        raise StoreError(f"the store {path} cannot be opened: {error.strerror}; name another file in CITETRACK_STORE") from error
    except MISREAD as error:
        raise StoreDamaged(f"the store {path} {_DAMAGED}") from error


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary code; the module sqlite3 itself gives none, as for text that is no UTF-8."""
    plain = sqlite3.SQLITE_MISUSE if isinstance(error, sqlite3.ProgrammingError) else sqlite3.SQLITE_ERROR
    return getattr(error, "sqlite_errorcode", plain) & 0xFF
