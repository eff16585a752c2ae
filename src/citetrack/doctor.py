"""What is wrong with this installation and its data: named checks, each of which may know how to mend what it finds.

A check looks and yields findings; only `rows` with ``fix`` changes anything, by calling the `mend` that a finding brings. What is mended is safe to
mend: folders that are missing are made, a damaged store is moved aside, and temporary files that citetrack itself left behind are removed. What a
person wrote, and what a source said, is never changed or deleted. Nothing here touches the network.

Whatever a check leans on is imported inside it: where a library is missing, the others still say so.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from citetrack import config
from citetrack.errors import CitetrackError, ConfigError, InputError, StoreDamaged, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from citetrack.http import Key
    from citetrack.records.model import Person, Problem, Records
    from citetrack.sources import Source
    from citetrack.store import Run

Status = Literal["ok", "warning", "error", "fixed"]

OLDEST_PYTHON: Final = (3, 11)
_EARLIEST: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""Before this there was no citetrack: a clock that says so is wrong."""
_ONE_DAY: Final = timedelta(days=1)
_SHOWN: Final = 10
_PATIENCE: Final = 0.5  # seconds that a store in use is waited for

_REQUIREMENT: Final = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\])?\s*\(?([^;()]*)\)?\s*(;.*)?", re.DOTALL)
_LIMIT: Final = re.compile(r"(>=|<=|==|!=|>|<)\s*([\d.]+)")
_VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
_OURS: Final = re.compile(r"CITETRACK_([A-Z0-9_]+)_(?:URL|KEY)")
_ANSWER: Final = re.compile(r"[0-9a-f]{64}\.\w+", re.ASCII)
_LEFTOVER: Final = re.compile(r"tmp\w+\.part", re.ASCII)
"""How the cache names an answer, and one that is not written whole yet."""
_LOGIN: Final = re.compile(r"(https?://)[^\s/@]*@", re.IGNORECASE)
_QUERY: Final = re.compile(r"(https?://[^\s?']*)\?[^\s']*", re.IGNORECASE)
_OWN_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PLACEHOLDER: Final = re.compile(r"<.*>|.*\byour[-_ ]?(?:api[-_ ]?)?(?:key|token)\b.*|x{4,}|\*{4,}|change[-_ ]?me", re.IGNORECASE)


class Finding(NamedTuple):
    """What a check found. `message` is one line: what, where, what to do. `about` is the file or the source. `mend` mends it and says what was done."""

    status: Status
    message: str
    about: str = ""
    mend: Callable[[], str] | None = None


class House(NamedTuple):
    """What is looked at: the folder of the option, the checkout, the environment, and what the clock and Python say of themselves."""

    option: str | None
    checkout: Path | None
    environment: Mapping[str, str]
    now: datetime
    python: tuple[int, ...]

    def folder(self) -> config.DataFolder:
        """The data folder. Raises `ConfigError`."""
        return config.data_folder(self.option, self.environment, self.checkout)

    def store(self) -> Path:
        """The file of the store itself, where a link leads to it: SQLite keeps its side files there."""
        return Path(os.path.realpath(config.store_file(self.environment)))

    def only(self, wanted: Callable[[str], bool]) -> dict[str, str]:
        """The variables of the environment whose names are wanted."""
        return {name: value for name, value in self.environment.items() if wanted(name)}


class Check(NamedTuple):
    """A check: its name, what it looks at and why, and the looking itself."""

    name: str
    explanation: str
    look: Callable[[House], Iterator[Finding]]


def rows(
    checks: Sequence[str],
    *,
    data: str | None = None,
    checkout: Path | None = None,
    fix: bool = False,
    explain: bool = False,
    environment: Mapping[str, str] | None = None,
    now: Callable[[], datetime] | None = None,
    python: tuple[int, ...] | None = None,
) -> list[dict[str, object]]:
    """The findings of the checks that are named, or of all, as flat objects with the keys ``check status message about explanation``.

    Parameters
    ----------
    checks
        Names of `CHECKS`; empty for all. They are made in the order of that table.
    data, checkout, environment
        As `citetrack.config.data_folder` takes them.
    fix
        Mend what is safe to mend: the status of such a finding is ``fixed``, and its message says what was done.
    explain
        Fill ``explanation`` with what the check looks at, and why.
    now, python
        The clock, and the version of Python; by default those of this process.

    Raises
    ------
    UsageError
        A check that is none.
    """
    house = House(
        data,
        checkout,
        os.environ if environment is None else environment,
        now() if now else datetime.now(UTC),
        python or sys.version_info[:3],
    )
    hide = partial(_without_secrets, _secrets(house))
    told: dict[str, str] = {}
    made = []
    for check in _chosen(checks):
        for finding in _findings(check, house, told):
            done = _mended(finding) if fix and finding.mend else finding
            made.append(_row(check, done, hide, explain=explain))
    return made


def _chosen(names: Sequence[str]) -> list[Check]:
    wanted = [name.strip().casefold().replace("-", "_") for name in names]
    known = [check.name for check in CHECKS]
    for given, name in zip(names, wanted, strict=True):
        if name not in known:
            raise UsageError(f"no such check: {given[:80]!r}; there are {', '.join(known)}")
    return [check for check in CHECKS if not wanted or check.name in wanted]


def _findings(check: Check, house: House, told: dict[str, str]) -> list[Finding]:
    """What the check finds. What keeps it from looking is told once: under the first check that meets it."""
    found: list[Finding] = []
    try:
        found.extend(check.look(house))
    except (CitetrackError, OSError, ImportError) as error:
        message = _hindrance(error)
        if (before := told.setdefault(message, check.name)) == check.name:
            found.append(Finding("error", message))
        else:
            found.append(Finding("warning", f"not looked at, for the reason told under {before}"))
    return found


def _hindrance(error: Exception) -> str:
    if isinstance(error, OSError):
        return (
            f"{error.filename} cannot be looked at: {error.strerror}; give yourself the right to read it, or name another place"
        )
    if isinstance(error, ImportError):
        return f"a part of citetrack cannot be loaded ({error}); citetrack doctor libraries names what is missing, or install citetrack again"
    return str(error)


def _mended(finding: Finding) -> Finding:
    assert finding.mend is not None
    try:
        return finding._replace(status="fixed", message=finding.mend())
    except OSError as error:
        return finding._replace(status="error", message=f"{finding.message}; this failed: {error.strerror} ({error.filename})")


def _row(check: Check, finding: Finding, hide: Callable[[str], str], *, explain: bool) -> dict[str, object]:
    return {
        "check": check.name,
        "status": finding.status,
        "message": hide(_one_line(finding.message)),
        "about": hide(_one_line(finding.about)),
        "explanation": check.explanation if explain else "",
    }


def _one_line(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _secrets(house: House) -> list[str]:
    """Every key in the environment, so that none is shown, wherever else somebody wrote it down by mistake; the longest first."""
    variables: set[str] = set()
    with contextlib.suppress(ImportError):  # told under every check that leans on the sources
        variables = {variable for source in _sources().values() if source.KEY for variable in source.KEY.variables}
    keys = house.only(lambda name: name in variables or (name.startswith("CITETRACK_") and name.endswith("_KEY")))
    return sorted((value.strip() for value in keys.values() if len(value.strip()) > 3), key=len, reverse=True)


def _without_secrets(secrets: Iterable[str], text: str) -> str:
    """The text without the keys, and without what somebody may have put into an address: a password, a key behind the question mark."""
    for secret in secrets:
        text = text.replace(secret, "…")
    return _QUERY.sub(r"\1?…", _LOGIN.sub(r"\1…@", text))


def _sources() -> dict[str, Source]:
    from citetrack import sources

    return {name: sources.load(name) for name in sources.names()}


# --- The installation ------------------------------------------------------------------------------------------------------------------------


def _python(house: House) -> Iterator[Finding]:
    version, oldest = (".".join(map(str, numbers)) for numbers in (house.python, OLDEST_PYTHON))
    if house.python < OLDEST_PYTHON:
        yield Finding("error", f"Python {version} is too old; citetrack needs {oldest} or newer", sys.executable)
    else:
        yield Finding("ok", f"Python {version}", sys.executable)


def _libraries(house: House) -> Iterator[Finding]:
    required = _required(house.checkout)
    if required is None:
        yield Finding("error", "citetrack itself is not installed, so what it needs is not known; pip install it again")
        return
    faults = [fault for line in required if (fault := _library(line))]
    yield from faults
    if not faults:
        yield Finding("ok", f"the {len(required)} libraries that citetrack needs are there, and new enough")


def _required(checkout: Path | None) -> list[str] | None:
    """What every installation needs, one requirement a line: from the checkout that runs, else from what pip noted; `None` where nothing tells."""
    project = checkout / "pyproject.toml" if checkout else None
    if project and project.is_file():
        declared: list[str] = tomllib.loads(project.read_text("utf-8"))["project"]["dependencies"]
    else:
        try:
            declared = metadata.requires("citetrack") or []
        except metadata.PackageNotFoundError:
            return None
    return [line for line in declared if ";" not in line]  # behind it stands for whom: an extra, another system


def _library(requirement: str) -> Finding | None:
    """What is wrong with a library that is required, as ``rich>=13.9``."""
    read = _REQUIREMENT.fullmatch(requirement)
    if not read:
        return None
    name, limits = read[1], _LIMIT.findall(read[2])
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding("error", f"the library {name} is missing; pip install '{requirement}'", name)
    if all(_holds(version, relation, limit) for relation, limit in limits):
        return None
    return Finding(
        "error", f"the library {name} is {version}, and citetrack needs {requirement}; pip install '{requirement}'", name
    )


def _holds(version: str, relation: str, limit: str) -> bool:
    """Whether the numbers of a version stand so to those of a limit; what is added to them, as in 2.0rc1, does not count."""
    length = max(len(_numbers(version)), len(_numbers(limit)))
    one, other = (numbers + (0,) * (length - len(numbers)) for numbers in (_numbers(version), _numbers(limit)))
    return {
        ">=": one >= other,
        "<=": one <= other,
        "==": one == other,
        "!=": one != other,
        ">": one > other,
        "<": one < other,
    }[relation]


def _numbers(version: str) -> tuple[int, ...]:
    release = re.match(r"[\d.]*\d", version)
    return tuple(int(number) for number in (release[0] if release else "0").split(".") if number)


def _scholarly(house: House) -> Iterator[Finding]:
    from citetrack.sources import scholar

    scholar.parsers()
    yield Finding("ok", "the pages of Google Scholar can be read with scholarly", "scholar")


# --- The data folder -------------------------------------------------------------------------------------------------------------------------


def _data_folder(house: House) -> Iterator[Finding]:
    folder = house.folder()
    where = str(folder.path)
    if not folder.path.is_dir():
        yield Finding(
            "error", f"the data folder {where} is not there; name the one that holds {config.PEOPLE} with --data", where
        )
        return
    if not _may(folder.path, os.R_OK | os.X_OK):
        yield Finding(
            "error", f"the data folder {where} cannot be read; give yourself the right to, or name another with --data", where
        )
        return
    everyone = config.people(folder)
    own = config.store_file({}).parent  # the user data directory
    note = (
        f"; it is read only: write a {config.PEOPLE} of your own into {own}, or name its folder with --data"
        if folder.example
        else ""
    )
    yield Finding("ok", f"{folder}: {_many(len(everyone), 'person', 'people')}{note}", where)


def _people(house: House) -> Iterator[Finding]:
    folder = house.folder()
    everyone = config.people(folder)
    faults = [*_known_by_nothing(folder, everyone), *_shared_ids(folder, everyone), *_orphans(folder, everyone)]
    yield from _first(faults, f"people of {folder}")
    if not faults:
        with_ids = sum(bool(person.ids) for person in everyone)
        yield Finding("ok", f"{len(everyone)} in {folder}, {with_ids} with ids that sources can be asked by", str(folder.path))


def _known_by_nothing(folder: config.DataFolder, everyone: Iterable[Person]) -> Iterator[Finding]:
    for person in everyone:
        bib = folder.path / f"{person.slug}.bib"
        if not bib.exists() and not person.ids:
            how = f"write the works into {bib}, or ids into {folder.path / config.PEOPLE} (citetrack find {person.name!r} lists some)"
            yield Finding("error", f"[{person.slug}]: nothing is known of them; {how}", str(bib))


def _shared_ids(folder: config.DataFolder, everyone: Iterable[Person]) -> Iterator[Finding]:
    bearers: dict[str, list[str]] = {}
    for person in everyone:
        for scheme, value in person.ids.items():
            bearers.setdefault(f"{scheme}:{value}", []).append(f"[{person.slug}]")
    for identifier, slugs in bearers.items():
        if len(slugs) > 1:
            where = folder.path / config.PEOPLE
            yield Finding(
                "error",
                f"{identifier} is the id of {' and '.join(slugs)}; take it from whom it does not belong to, in {where}",
                str(where),
            )


def _orphans(folder: config.DataFolder, everyone: Iterable[Person]) -> Iterator[Finding]:
    """Files of works and counts that no person of `people.toml` is named by."""
    slugs = {str(person.slug) for person in everyone}
    for file in sorted(folder.path.iterdir()):
        ending = next((ending for ending in (".counts.csv", ".bib") if file.name.endswith(ending)), None)
        slug = file.name.removesuffix(ending) if ending else None
        if slug is not None and slug not in slugs:
            how = f"write [{slug}] into {folder.path / config.PEOPLE}, or give the file the slug of whom it is about"
            yield Finding("warning", f"{file} belongs to nobody; {how}", str(file))


def _bib(house: House) -> Iterator[Finding]:
    folder = house.folder()
    files = [(person, folder.path / f"{person.slug}.bib") for person in config.people(folder)]
    there = [(person, bib) for person, bib in files if bib.exists()]
    for _, bib in there:
        yield from _works(bib)
    if not there:
        yield Finding("ok", f"nobody in {folder} has a .bib; their works are those that the sources tell of", str(folder.path))


def _works(bib: Path) -> Iterator[Finding]:
    from citetrack.records import bibtex, formats

    counts = bib.with_name(f"{bib.stem}.counts.csv")
    try:
        records = formats.read_bib_with_counts(bib, counts) if counts.exists() else bibtex.read(bib)
    except InputError as error:
        yield Finding("error", str(error), str(bib))
        return
    lost = [problem for problem in records.problems if problem.lost]
    of_counts = [problem for problem in lost if problem.file == counts.name]
    of_works = [problem for problem in lost if problem.file != counts.name]
    if of_works:
        yield Finding("error", f"{_lost(bib, of_works, 'entry', 'entries')}; citetrack bib check {bib} lists all", str(bib))
    if of_counts:
        yield Finding("error", f"{_lost(counts, of_counts, 'line', 'lines')}; mend the line, or write the entry", str(counts))
    if not lost:
        yield Finding("ok", f"{bib}: {_held(records)}", str(bib))


def _lost(file: Path, lost: Sequence[Problem], one: str, many: str) -> str:
    first = f"line {lost[0].line}: {lost[0].message}" if lost[0].line else lost[0].message
    return f"{file}: {_many(len(lost), one, many)} could not be used{', the first at ' if lost[0].line else ': '}{first}"


def _held(records: Records) -> str:
    stated = len(records.observations) + sum(len(record.observations) for record in records)
    noted = f"; {_many(len(records.problems), 'remark', 'remarks')} that cost nothing" if records.problems else ""
    return f"{_many(len(records), 'work', 'works')}, {_many(stated, 'statement', 'statements')}{noted}"


# --- How the sources are reached -------------------------------------------------------------------------------------------------------------


def _settings(house: House) -> Iterator[Finding]:
    file = house.folder().path / config.SETTINGS
    known = _sources()
    read = _read_settings(house, lambda name: name.startswith("CITETRACK_") and name.endswith("_URL"))
    strays = _strays(house, known)
    yield from strays
    if not strays:
        replaced = f"; other addresses for {', '.join(read.urls)}" if read.urls else ""
        yield Finding(
            "ok", f"{file} can be read{replaced}" if file.exists() else f"no {file}: the defaults hold{replaced}", str(file)
        )


def _read_settings(
    house: House, wanted: Callable[[str], bool], customary: Mapping[str, Sequence[str]] | None = None
) -> config.Settings:
    """The settings, of whose environment only the variables wanted are seen, so that each check meets its own faults alone."""
    return config.settings(house.folder().path, house.only(wanted), dict.fromkeys(_sources(), ()) | dict(customary or {}))


def _strays(house: House, known: Iterable[str]) -> list[Finding]:
    """Variables that name a source which is none."""
    named = {name: read[1].casefold() for name in sorted(house.environment) if (read := _OURS.fullmatch(name))}
    return [
        Finding("warning", f"{name} is set, but there is no source {source!r}; there are {', '.join(known)}", name)
        for name, source in named.items()
        if source not in known
    ]


def _contact(house: House) -> Iterator[Finding]:
    _read_settings(house, lambda name: False)  # what is wrong with the file is told under `settings`
    contact = _read_settings(house, lambda name: name == "CITETRACK_CONTACT").contact
    if contact:
        yield Finding("ok", f"sources are told {contact} as the contact")
        return
    costs = [f"{name}: {source.ANONYMOUS}" for name, source in _sources().items() if source.CONTACT and source.ANONYMOUS]
    how = f"set CITETRACK_CONTACT, or contact in {house.folder().path / config.SETTINGS}, to your mail address"
    yield Finding("warning", f"no contact is set, so sources are asked anonymously ({'; '.join(costs)}); {how}")


def _keys(house: House) -> Iterator[Finding]:
    _read_settings(house, lambda name: False)
    written = _variables_written(house.folder().path / config.SETTINGS)
    for name, source in _sources().items():
        if source.KEY:
            yield from _key(house, name, source, source.KEY, written.get(name))


def _variables_written(file: Path) -> dict[str, str]:
    """For each source the variable that `citetrack.toml`, which can be understood, names for its key."""
    if not file.exists():
        return {}
    table: dict[str, Any] = tomllib.loads(file.read_text("utf-8-sig"))
    return {name: facts["key_env"] for name, facts in table.get("sources", {}).items() if "key_env" in facts}


def _key(house: House, name: str, source: Source, key: Key, written: str | None) -> Iterator[Finding]:
    own = f"CITETRACK_{name.upper()}_KEY"
    if written is not None and not _VARIABLE.fullmatch(written):
        told = f"is to name a variable of the environment, as {own}, in capitals, and not to be the key itself"
        yield Finding("error", f"key_env of [sources.{name}] in {config.SETTINGS} {told}", name)
        return
    if written and not house.environment.get(written):
        yield Finding("warning", f"{config.SETTINGS} says that the key of {name} stands in {written}, which is not set", name)
    customary = (*([written] if written else []), *key.variables)
    try:
        read = _read_settings(
            house,
            lambda variable: variable in (own, *customary) or variable == f"CITETRACK_{name.upper()}_URL",
            {name: key.variables},
        )
    except ConfigError as error:
        yield Finding("error", str(error), name)
        return
    if name in read.keys:
        yield _kept_key(name, read, key)
    else:
        costs = f": {source.ANONYMOUS}" if source.ANONYMOUS and not source.CONTACT else ""
        yield Finding("ok", f"{name} has no key{costs}; {own} would hold one", name)


def _kept_key(name: str, read: config.Settings, key: Key) -> Finding:
    value, variable, url = read.keys[name], read.key_names[name], read.urls.get(name, "")
    for told, wrong in _FAULTS_OF_KEYS:
        if wrong(value, key.prefix.strip()):
            return Finding("warning", f"the key of {name} in {variable} {told}", name)
    if url.casefold().startswith("http:") and urlsplit(url).hostname not in _OWN_MACHINE:
        return Finding("warning", f"the key of {name} in {variable} goes to {url} unencrypted; use https", name)
    return Finding("ok", f"{name} has a key, from {variable}", name)


_FAULTS_OF_KEYS: Final[tuple[tuple[str, Callable[[str, str], bool]], ...]] = (
    ("stands in quotes; write it without", lambda key, prefix: key[:1] in "\"'" or key[-1:] in "\"'"),
    (
        "begins with the word that citetrack sends before every key; leave it out",
        lambda key, prefix: bool(prefix) and key.casefold().startswith(f"{prefix.casefold()} "),
    ),
    ("is what a manual writes in the place of a key; put your own there", lambda key, prefix: bool(_PLACEHOLDER.fullmatch(key))),
    ("holds a blank, as no key does; copy it again", lambda key, prefix: " " in key),
)


# --- The store and the cache -----------------------------------------------------------------------------------------------------------------


def _store(house: House) -> Iterator[Finding]:
    file = house.store()
    if not _is_there(file):
        yield _absent(file.parent, f"no store at {file} yet; citetrack update WHO makes one", 0o700)
        return
    from citetrack.store import open_store

    try:
        with open_store(file, create=False, patience=_PATIENCE) as store:
            faults = store.problems()
            runs, version, lost = ([], 0, 0) if faults else (store.runs(), store.version, store.lost_bodies())
    except StoreDamaged:
        yield _unreadable(file)
        return
    if faults:
        yield _damaged(file, faults[0] + (f", and {len(faults) - 1} more" if len(faults) > 1 else ""))
        return
    if not (_may(file, os.W_OK) and _may(file.parent, os.W_OK)):
        told = "can be read, but no update can be added to it; make the file and its folder writable"
        yield Finding("warning", f"the store {file} {told}", str(file))
        return
    if lost:
        yield Finding(
            "warning",
            f"{file}: {_many(lost, 'raw answer', 'raw answers')} in which numbers stood are missing; the numbers are whole",
            str(file),
        )
    yield Finding("ok", f"{file}: sound, {_size(file.stat().st_size)}, version {version}, {_last(runs, house.now)}", str(file))


def _last(runs: Sequence[Run], now: datetime) -> str:
    """How many runs there are, and of when the newest is; those that were cut off count, so they are told and no fault."""
    if not runs:
        return "without any run yet"
    cut = sum(run.finished is None and run.at < now - _ONE_DAY for run in runs)
    told = f"{_many(len(runs), 'run', 'runs')}, the newest of {runs[-1].at:%Y-%m-%d %H:%M} UTC"
    return f"{told}; {cut} cut off before the end, what they had fetched counts" if cut else told


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _absent(folder: Path, message: str, mode: int) -> Finding:
    """What is to lie in `folder` is not there yet: well, if it can be made."""
    if folder.is_dir() and _may(folder, os.W_OK | os.X_OK):
        return Finding("ok", message, str(folder))
    nearest = next(parent for parent in (folder, *folder.parents) if os.path.lexists(parent))
    if folder != nearest and nearest.is_dir() and _may(nearest, os.W_OK | os.X_OK):
        return Finding("ok", message, str(folder), partial(_make, folder, mode))
    what = "cannot be written to; make it writable" if nearest.is_dir() else "is no folder; move it away"
    return Finding(
        "error", f"{message.partition(';')[0]}, and none can be made: {nearest} {what}, or name another place", str(folder)
    )


def _may(path: Path, mode: int) -> bool:
    """Whether the file or folder may be read, written, entered by the user on whose behalf this process acts."""
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _make(folder: Path, mode: int) -> str:
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(mode=mode, exist_ok=True)
    return f"made the folder {folder}"


def _unreadable(file: Path) -> Finding:
    if _is_ours(file):
        return _damaged(file, "it cannot be read")
    return Finding("error", f"{file} holds something else than a store; name another file in CITETRACK_STORE", str(file))


def _damaged(file: Path, how: str) -> Finding:
    what_to_do = "citetrack doctor store --fix moves it aside, whole, and the next update starts anew"
    return Finding("error", f"the store {file} is damaged: {how}; {what_to_do}", str(file), partial(_move_aside, file))


def _is_ours(file: Path) -> bool:
    """Whether what SQLite cannot read was once a store, so that it may be moved: its name or its beginning says so."""
    from citetrack.store.opening import APPLICATION

    with file.open("rb") as opened:
        beginning = opened.read(2**16)
    header = beginning[68:72] == APPLICATION.to_bytes(4, "big")  # where SQLite keeps the application id
    return header or b"CREATE TABLE sighting" in beginning or file.suffix.casefold() in {".db", ".sqlite", ".sqlite3"}


def _move_aside(file: Path) -> str:
    """Rename the store with its side files, whose names begin with its own, so that SQLite's own tools can still be tried on it."""
    number = next(number for number in range(1, sys.maxsize) if not os.path.lexists(f"{file}.damaged-{number}"))
    aside = file.with_name(f"{file.name}.damaged-{number}")
    for ending in ("-wal", "-shm", ""):  # the file last: a side file without it would be taken for that of the next store
        part = file.with_name(file.name + ending)
        if os.path.lexists(part):
            part.rename(aside.with_name(aside.name + ending))
    return f"moved the damaged store aside, to {aside}; citetrack update WHO starts a new one"


def _cache(house: House) -> Iterator[Finding]:
    folder = config.cache_folder(house.environment)
    if not folder.is_dir():
        yield _absent(folder, f"no cache at {folder} yet; the first update makes it", 0o777)
        return
    if not _may(folder, os.R_OK | os.W_OK | os.X_OK):
        told = "cannot be written to, so that every update asks anew; make it writable, or name another in CITETRACK_CACHE"
        yield Finding("error", f"the cache {folder} {told}", str(folder))
        return
    files = list(_files(folder))
    yesterday = (house.now - _ONE_DAY).timestamp()
    left = [path for path, facts in files if _LEFTOVER.fullmatch(path.name) and facts.st_mtime < yesterday]
    if left:
        held = f"{_many(len(left), 'temporary file', 'temporary files')} of updates that were cut off"
        told = f"the cache {folder} holds {held}; citetrack doctor cache --fix removes them"
        yield Finding("warning", told, str(folder), partial(_remove, folder, left))
    sizes = [facts.st_size for path, facts in files if _ANSWER.fullmatch(path.name)]
    others = sum(not (_ANSWER.fullmatch(path.name) or _LEFTOVER.fullmatch(path.name)) for path, _ in files)
    also = f"; {_many(others, 'other file', 'other files')} there that citetrack leaves alone" if others else ""
    yield Finding("ok", f"{folder}: {_many(len(sizes), 'answer', 'answers')}, {_size(sum(sizes))}{also}", str(folder))


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The files in the folder itself, links left out; one that an update takes away meanwhile is passed over."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), entry.stat(follow_symlinks=False)


def _remove(folder: Path, left: Sequence[Path]) -> str:
    for path in left:
        path.unlink(missing_ok=True)
    return f"removed {_many(len(left), 'temporary file', 'temporary files')} that citetrack itself had left in {folder}, older than a day"


def _clock(house: House) -> Iterator[Finding]:
    today = house.now.date()
    if house.now < _EARLIEST:
        yield Finding("error", f"the clock says {today}, which is past; set it, or ages, dates of answers and limits are wrong")
        return
    newest = _newest_answer(house.store())
    if newest and newest > today + _ONE_DAY:
        told = f"the store's newest answer is of {newest}, and the clock says {today}: one of them is wrong"
        yield Finding("error", f"{told}; set the clock, and if it is right, leave that answer out with --as-of {today}")
    else:
        yield Finding("ok", f"{house.now:%Y-%m-%d %H:%M} UTC")


def _newest_answer(file: Path) -> date | None:
    """The day of it, or of a newer run; `None` where there is none, or none can be read, which is told under `store`."""
    if not file.exists():
        return None
    from citetrack.store import open_store

    try:
        with open_store(file, create=False, patience=_PATIENCE) as store:
            days = [outcome.day for outcome in store.outcomes().values() if outcome.day]
            return max([*days, *(run.at.date() for run in store.runs())], default=None)
    except StoreError:
        return None


# --- Words -----------------------------------------------------------------------------------------------------------------------------------


def _many(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _size(octets: int) -> str:
    return f"{octets / 2**20:,.1f} MB" if octets >= 2**20 else f"{octets / 2**10:,.1f} kB"


def _first(faults: Sequence[Finding], what: str) -> Iterator[Finding]:
    """The first of many findings, errors before warnings, and how many more there are."""
    ordered = sorted(faults, key=lambda finding: finding.status != "error")
    yield from ordered[:_SHOWN]
    if len(ordered) > _SHOWN:
        yield Finding(ordered[_SHOWN].status, f"and {len(ordered) - _SHOWN} more findings about the {what}")


CHECKS: Final = (
    Check(
        "python",
        "Whether this Python is one that citetrack was written for; an older one fails in the middle of something.",
        _python,
    ),
    Check(
        "libraries",
        "Whether every library that citetrack requires is installed and new enough, by what pip noted of it; nothing is imported.",
        _libraries,
    ),
    Check(
        "scholarly",
        "Whether the parsers of scholarly can be loaded. Its last release is of 2023 and it leans on what other libraries no longer have, "
        "so citetrack loads them in a way of its own, without which Google Scholar cannot be read.",
        _scholarly,
    ),
    Check(
        "data_folder",
        "Which folder of people and works is used, whether it can be read, and whether people.toml can be understood. It is the one of --data, else "
        "CITETRACK_DATA, else bib/ of the checkout, else ./bib, else the user data directory, else the example that comes with the package.",
        _data_folder,
    ),
    Check(
        "people",
        "Whether each person has works or ids to be known by, whether an id belongs to one person alone (else one's numbers show up in the profile "
        "of the other), and whether each .bib and counts.csv belongs to somebody.",
        _people,
    ),
    Check(
        "bib",
        "Whether every entry of each person's .bib and every line of their counts.csv can be used: what cannot is missing from every figure.",
        _bib,
    ),
    Check(
        "settings",
        "Whether citetrack.toml and the addresses in the environment can be understood, and whether every source they name is one.",
        _settings,
    ),
    Check(
        "contact",
        "Whether sources are told a mail address. Several answer faster, or write before they block, where they know whom to write to.",
        _contact,
    ),
    Check(
        "keys",
        "For each source that takes a key, in which variable it was found, and whether it looks like one. The key itself is never shown.",
        _keys,
    ),
    Check(
        "store",
        "Whether the store of runs can be opened, whether all in it is as it was written (its structure, its references, and every digest), "
        "and of when its newest answer is. Without it, profiles rest on the data folder alone.",
        _store,
    ),
    Check(
        "cache",
        "Whether answers can be kept for the next update, how many are, and whether updates that were cut off left temporary files behind.",
        _cache,
    ),
    Check(
        "clock",
        "Whether the clock can be right. By it the age of what is in the cache is told, and the day of a run.",
        _clock,
    ),
)
