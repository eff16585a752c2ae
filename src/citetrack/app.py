"""The verbs. The only module that sees both the world (files, the environment) and the pure core."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from citetrack import config, metrics
from citetrack.errors import InputError, Malformed, OutputError, SourceError, UsageError
from citetrack.profiles.build import build
from citetrack.profiles.counts import end_of
from citetrack.records import bibtex, formats, ids
from citetrack.records.model import Person, Problem, Records, Snapshot
from citetrack.works.resolve import decided_away, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date

    from citetrack.fetching import Progress
    from citetrack.http import Access, Http
    from citetrack.metrics import Figure
    from citetrack.profiles.profile import Profile
    from citetrack.records.model import Candidate, Outcome, Record
    from citetrack.sources import Source

SUFFIXES: Final = frozenset({".bib", ".bibtex", ".ciw", ".csv", ".json", ".ris", ".tsv", ".txt"})
"""What a WHO must end in to be taken for a file that should be there."""
_LONGEST_COUNT: Final = 18
_CANDIDATES: Final = 10
"""How many people a source is asked for; who is not among its first ten is found by adding an affiliation or an id."""


def profile(
    who: str | Path,
    *,
    data: str | Path | None = None,
    name: str | None = None,
    as_of: str | int | date | None = None,
    source: str | Collection[str] = (),
    counts: str | None = None,
    environment: Mapping[str, str] | None = None,
    checkout: Path | None = None,
) -> Profile:
    """The profile of `who`, from the data folder and the store of runs, or from one file, without any network.

    Parameters
    ----------
    who
        An id ``scheme:value``, a file (BibTeX, RIS, Publish or Perish CSV, Scopus or Web of Science export, scholarly JSON; told by its
        content), or a slug, name or alias of `people.toml`.
    data
        The data folder; by default as `citetrack.config.data_folder` finds it.
    name
        Whose list a file is, where it does not say so itself.
    as_of
        ``YYYY``, ``YYYY-MM``, ``YYYY-MM-DD`` or a date: later observations are left out, and ages count from the end of that period. The default is
        the newest date among the observations used.
    source
        Keep only what these sources said.
    counts
        The source whose counts make the metrics and the ranking, or ``max``; by default the one that counts most of the works.

    Raises
    ------
    InputError
        A file that is missing, empty or unreadable.
    UsageError
        An unknown or ambiguous `who`, a source that says nothing, a date that is none; `ConfigError` for a broken `people.toml`.
    """
    day = None if as_of is None else end_of(str(as_of))
    person, records = read_list(who, data=data, name=name, as_of=day, environment=environment, checkout=checkout)
    return build(
        person,
        records,
        as_of=day,
        sources=[one.casefold() for one in ([source] if isinstance(source, str) else source)],
        counts=None if counts is None else counts.casefold(),
    )


def read_list(
    who: str | Path,
    *,
    data: str | Path | None = None,
    name: str | None = None,
    as_of: date | None = None,
    environment: Mapping[str, str] | None = None,
    checkout: Path | None = None,
) -> tuple[Person, Records]:
    """The person that `who` names, and everything that is written down of their works: by hand, and by the sources up to `as_of`."""
    if is_file(who):
        records = formats.read(who)
        if not records and not records.observations and not records.problems:
            raise InputError(f"{who}: no entry in it")
        return Person(slug=None, name=name or records.name, ids=records.ids), records
    environment = os.environ if environment is None else environment
    folder = config.data_folder(str(data) if data else None, environment, checkout)
    person = tracked(str(who), folder)
    if name:
        person = replace(person, name=name)
    records = _curated(folder.path, person)
    file = config.store_file(environment)
    if not _is_there(file):
        return _known_by_something(person, records, folder), records
    from citetrack.store import open_store  # ~10 ms, for those who have a store

    with open_store(file, create=False) as store:
        newest = store.newest(person.slug, person.ids, as_of)
        latest = store.latest(person.slug, person.ids, as_of)
    records = with_sources(records, newest, latest)
    return _known_by_something(_named(person, newest), records, folder), records


def tracked(who: str, folder: config.DataFolder) -> Person:
    """The person of `people.toml` whom `who` names; for the id of nobody there, someone of whom just that id is known."""
    identifier = ids.parse(who)
    scheme = ids.scheme_of(who)
    if identifier is None and scheme is None:
        return config.find_person(who, config.people(folder), str(folder))
    if identifier is None or not ids.is_person(identifier):
        said = "is the id of a work, not of a person" if identifier else f"is no id of the form that ids of {scheme} have"
        raise UsageError(f"{who[:80]} {said}; a person's id is like orcid:0000-0002-1825-0097 or dblp:215/3823")
    scheme, _, value = identifier.partition(":")
    everyone = config.people(folder) if _is_there(folder.path / config.PEOPLE) else []
    if any(person.ids.get(scheme) == value for person in everyone):
        return config.find_person(who, everyone, str(folder))
    return Person(slug=None, name=None, ids={scheme: value})


def _named(person: Person, outcomes: Mapping[str, Outcome]) -> Person:
    """Somebody known by an id alone bears the name that a source gives them."""
    names = [candidate.name for outcome in outcomes.values() for candidate in outcome.candidates if candidate.name]
    return person if person.name or not names else replace(person, name=names[0])


def _known_by_something(person: Person, records: Records, folder: config.DataFolder) -> Person:
    if records or records.observations or records.problems:
        return person
    if person.slug is None:
        identifier = ":".join(next(iter(person.ids.items())))[:80]
        untold = f"nobody in {folder} has the id {identifier}, and no source has told of them yet"
        raise UsageError(f"{untold}; citetrack update {identifier} asks the sources")
    raise InputError(
        f"nothing is known of {person.name} yet: citetrack update {person.slug} asks the sources, {folder.path / person.slug}.bib may hold the works"
    )


def with_sources(records: Records, newest: Mapping[str, Outcome], latest: Mapping[str, Outcome]) -> Records:
    """What was gathered by hand with what each source said in its newest complete run. A newer run that is not complete is named, and replaces nothing."""
    joined = Records(
        records,
        problems=records.problems,
        observations=records.observations,
        name=records.name,
        ids=records.ids,
        list_of=records.list_of,
        format=records.format,
        updated=records.updated,
        lists={source: outcome.listed for source, outcome in newest.items() if outcome.listed},
    )
    for source, outcome in newest.items():
        joined.extend(outcome.records)
        joined.observations += outcome.observations
        joined.observations += (one for artifact in outcome.artifacts for one in artifact.observations)
        joined.problems += (problem._replace(file=source) for problem in outcome.problems)
    joined.problems += (
        Problem("source_failed", _not_complete(outcome, newest.get(source)), source)
        for source, outcome in latest.items()
        if outcome.result in ("partial", "failed")
    )
    return joined


def _not_complete(outcome: Outcome, before: Outcome | None) -> str:
    when = f" on {outcome.day}" if outcome.day else ""
    instead = f"what it said on {before.day} stands" if before else "it has no complete run yet"
    return f"the newest run{when} {'is partial' if outcome.result == 'partial' else 'failed'} ({outcome.why}); {instead}"


def is_file(who: str | Path) -> bool:
    """Whether `who` means a file: one that is there, or a word with a path separator or a suffix that citetrack reads."""
    if isinstance(who, Path):
        return True
    if ids.scheme_of(who) or ids.parse(who):
        return False
    separators = {os.sep, os.altsep or os.sep, "/"}
    return Path(who).suffix.lower() in SUFFIXES or any(separator in who for separator in separators) or os.path.isfile(who)  # noqa: PTH113 - Path.is_file raises for a name that is too long


def _curated(folder: Path, person: Person) -> Records:
    """The person's `.bib` with the counts written down beside it."""
    if person.slug is None:
        return Records()
    bib, counts = folder / f"{person.slug}.bib", folder / f"{person.slug}.counts.csv"
    if not _is_there(bib) and person.ids and not _is_there(counts):
        return Records()  # the works are those that the sources tell of
    if not _is_there(bib):
        raise InputError(f"{bib} is missing: it is to hold the works of {person.name}, in BibTeX")
    return formats.read_bib_with_counts(bib, counts) if _is_there(counts) else bibtex.read(bib)


def _is_there(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where it may not look


def update(
    who: str | Path,
    *,
    data: str | Path | None = None,
    source: str | Collection[str] = (),
    max_age: float | None = None,
    offline: bool = False,
    environment: Mapping[str, str] | None = None,
    checkout: Path | None = None,
    now: Callable[[], datetime] | None = None,
    tell: Callable[[list[Progress]], object] = lambda progress: None,
) -> Snapshot:
    """Ask the sources about `who`, and append what they said to the store as one run.

    Every source is asked that knows one of the person's ids, or one of the works known from the `.bib`, the store, or the sources asked before.

    Parameters
    ----------
    who
        A slug, name or alias of `people.toml`, or an id ``scheme:value`` of a person.
    source
        Ask only these.
    max_age
        Days for which an answer in the cache is used as it is; 1 by default.
    offline
        Make no connection: only the cache answers.
    now
        The clock, by default the system's, in UTC.
    tell
        Called several times a second with how far each source is.

    Returns
    -------
    Snapshot
        What came of asking each source. One that failed is in it, with the reason; it costs the others nothing.

    Raises
    ------
    UsageError
        An unknown or ambiguous `who`, an unknown source, or nothing known that a source can be asked by.
    StoreError
        The store cannot be written to. What was fetched is in the cache.
    """
    from citetrack import sources
    from citetrack.fetching import gather
    from citetrack.store import open_store

    environment = os.environ if environment is None else environment
    clock = now or _system_clock
    if is_file(who):
        raise UsageError(
            f"{who} is a file, and runs are kept of people: name them in people.toml, with the works as <slug>.bib beside it"
        )
    folder = config.data_folder(str(data) if data else None, environment, checkout)
    person = tracked(str(who), folder)
    chosen = {name: sources.load(name) for name in _chosen(source, sources.names())}
    stop, asked = threading.Event(), {}
    with open_store(config.store_file(environment)) as store:
        by_hand = _curated(folder.path, person)
        remembered = _theirs(with_sources(by_hand, store.newest(person.slug, person.ids), {}), person)
        door = _doors(chosen, folder, environment, clock, max_age, offline, stop, store.keep)
        run = store.begin(person.slug, person.ids, clock())

        def done(outcome: Outcome) -> None:
            if outcome.result == "complete" or not offline:  # that somebody was not asked is no failure of theirs
                store.add(run, outcome)
            asked[outcome.source] = outcome

        gather(person.ids, _theirs(by_hand, person), chosen, door, done, stop, tell, remembered)
        store.finish(run, clock())
    if all(outcome.result == "skipped" for outcome in asked.values()):
        raise UsageError(
            f"nothing is known of {person.name or who} that {', '.join(asked)} can be asked by; citetrack find NAME lists ids for people.toml"
        )
    return Snapshot(person.slug, dict(person.ids), clock(), dict(sorted(asked.items())))


def _system_clock() -> datetime:
    return datetime.now(UTC)


def _chosen(source: str | Collection[str], names: Sequence[str]) -> list[str]:
    wanted = [one.casefold() for one in ([source] if isinstance(source, str) else source)]
    for one in wanted:
        if one not in names:
            raise UsageError(f"no such source: {one[:80]!r}; there are {', '.join(names)}")
    return sorted(set(wanted)) or list(names)


def _theirs(records: Records, person: Person) -> list[Record]:
    """The works that the person has not said are somebody else's: those are not asked for."""
    return [
        record
        for work in resolve(records, decisions=person.decisions)
        if not decided_away(work, person.decisions)
        for record in work.records
    ]


def _doors(
    chosen: Mapping[str, Source],
    folder: config.DataFolder,
    environment: Mapping[str, str],
    now: Callable[[], datetime],
    max_age: float | None = None,
    offline: bool = False,
    stop: threading.Event | None = None,
    keep: Callable[[bytes], object] | None = None,
) -> Callable[[str], Http]:
    """What opens the way to a source, as it and the user's configuration have it."""
    from citetrack.http import Cache, Http

    settings = settings_of(folder, environment)
    cache = Cache(config.cache_folder(environment), now)
    age = timedelta(days=1 if max_age is None else max_age)

    def door(name: str) -> Http:
        return Http(
            access_of(name, chosen[name], settings), cache=cache, max_age=age, offline=offline, now=now, stop=stop, keep=keep
        )

    return door


def settings_of(folder: config.DataFolder, environment: Mapping[str, str]) -> config.Settings:
    """How the user configured the sources."""
    from citetrack import sources

    keys = {name: sources.load(name).KEY for name in sources.names()}
    return config.settings(folder.path, environment, {name: key.variables if key else () for name, key in keys.items()})


def access_of(name: str, source: Source, settings: config.Settings) -> Access:
    """How the source is reached."""
    from citetrack.http import Access

    return Access(
        source=name,
        base=settings.urls.get(name, source.BASE),
        pace=source.PACE,
        hosts=source.HOSTS,
        key=source.KEY,
        secret=settings.keys.get(name) if source.KEY else None,
        contact=settings.contact,
        contact_parameter=source.CONTACT,
        budget=getattr(source, "budget", None),
        refusal=getattr(source, "refusal", None),
    )


def find(
    name: str,
    *,
    data: str | Path | None = None,
    source: str | Collection[str] = (),
    max_age: float | None = None,
    offline: bool = False,
    environment: Mapping[str, str] | None = None,
    checkout: Path | None = None,
    now: Callable[[], datetime] | None = None,
) -> tuple[list[Candidate], dict[str, str]]:
    """The people of that name whom the sources know, as each ranks them, and for each source that could not be asked the reason.

    Nothing is written down: who somebody is stays a person's decision.
    """
    from citetrack import sources

    environment = os.environ if environment is None else environment
    if not name.strip():
        raise UsageError('find takes a name, as in: citetrack find "Junyang Lin"')
    every = {one: sources.load(one) for one in _chosen(source, sources.names())}
    chosen = {one: module for one, module in every.items() if sources.finder(module)}
    folder = config.data_folder(str(data) if data else None, environment, checkout)
    door = _doors(chosen, folder, environment, now or _system_clock, max_age, offline)
    found: list[Candidate] = []
    failed: dict[str, str] = {}
    for one, module in chosen.items():
        http = door(one)
        try:
            found += islice((sources.finder(module) or _nobody)(name, http), _CANDIDATES)
        except (SourceError, Malformed) as error:
            failed[one] = str(error)
        finally:
            http.close()
    return found, failed


def _nobody(name: str, http: Http) -> Iterator[Candidate]:
    yield from ()


def source_rows(
    *, data: str | Path | None = None, environment: Mapping[str, str] | None = None, checkout: Path | None = None
) -> list[dict[str, object]]:
    """Every source with what it can be asked by, its key, its pace, what it was proven on, and what came of asking it last. Makes no connection."""
    from citetrack import sources

    environment = os.environ if environment is None else environment
    settings = settings_of(config.data_folder(str(data) if data else None, environment, checkout), environment)
    last = _last_outcomes(config.store_file(environment))
    return [_source_row(name, sources.load(name), settings, last.get(name)) for name in sources.names()]


def _last_outcomes(file: Path) -> Mapping[str, Outcome]:
    if not _is_there(file):
        return {}
    from citetrack.store import open_store

    with open_store(file, create=False) as store:
        return store.outcomes()


def _source_row(name: str, source: Source, settings: config.Settings, last: Outcome | None) -> dict[str, object]:
    return {
        "source": name,
        "asked_by": list(source.IDS),
        "finds_names": hasattr(source, "find"),
        "address": settings.urls.get(name, source.BASE),
        "key": "takes none" if source.KEY is None else f"from {settings.key_names[name]}" if name in settings.keys else "none",
        "key_variable": f"CITETRACK_{name.upper()}_KEY" if source.KEY else None,
        "contact": settings.contact,
        "anonymous": "" if name in settings.keys or (source.CONTACT and settings.contact) else source.ANONYMOUS,
        "requests": source.PACE.requests,
        "seconds": source.PACE.seconds,
        "proven_on": source.PROVEN,
        "last_outcome": last.result if last else None,
        "last_day": last.day.isoformat() if last and last.day else None,
        "last_why": last.why if last else None,
    }


def read(path: str | Path) -> Records:
    """The records of one file of any format citetrack reads, told by its content.

    Takes BibTeX, RIS, Publish or Perish CSV, Scopus and Web of Science exports, scholarly JSON, and a CSV whose header names
    ``id,source,title,authors,venue,year,doi``. One bad entry never costs another: what could not be read is in `.problems`.

    Raises `InputError` for a file that is missing, empty, binary or of no known format.
    """
    return formats.read(path)


def read_bib(path: str | Path) -> Records:
    """The records of a `.bib` file: a list of `Record`, with `.problems`; never raises for one bad entry.

    Raises `InputError` for a file that is missing, empty or binary.
    """
    return bibtex.read(path)


def metrics_of(counts: Sequence[str], file: str | None, as_of: str | None) -> dict[str, Figure]:
    """All metrics of the counts that were typed, or of a table with the columns ``citations,year,authors,position``."""
    year = None if as_of is None else end_of(as_of).year
    if file is None:
        return metrics.evaluate([_count(text) for text in counts], as_of=year)
    table = formats.read_columns(Path(file))
    return metrics.evaluate(table.citations, years=table.years, authors=table.authors, positions=table.positions, as_of=year)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT):
        raise UsageError(f"{text[:40]!r} is no count of citations; a count is a whole number from 0 up, as in 12")
    return int(text)


def check_bib(paths: Sequence[str], *, fix: bool) -> tuple[list[Problem], list[Problem], list[str]]:
    """The problems found in the files (after mending, with `fix`), what was mended, and what could not be read at all."""
    findings: list[Problem] = []
    changes: list[Problem] = []
    failed: list[str] = []
    for path in paths:
        try:
            if fix:
                changes += _mend(Path(path))
            findings += bibtex.check(path)
        except (InputError, OutputError) as error:
            failed.append(str(error))
    return findings, changes, failed


def _mend(path: Path) -> list[Problem]:
    mended, changes = bibtex.fix(path)
    if changes:
        write(path, mended)
    return changes


def format_bib(paths: Sequence[str], *, write_back: bool) -> tuple[list[str], list[str], list[Problem], list[str]]:
    """Each file's normal form, the files that are not in it, what in them could not be read, and what could not be read at all."""
    normal: list[str] = []
    unlike: list[str] = []
    problems: list[Problem] = []
    failed: list[str] = []
    for path in paths:
        try:
            formatted = bibtex.format_file(path)
            problems += [problem for problem in bibtex.read(path).problems if problem.lost]
        except InputError as error:
            failed.append(str(error))
            continue
        normal.append(formatted)
        if formatted.encode() != Path(path).read_bytes():
            unlike.append(path)
            if write_back:
                try:
                    write(Path(path), formatted)
                except OutputError as error:
                    failed.append(str(error))
    return normal, unlike, problems, failed


def write(path: Path, content: str) -> None:
    """Write a whole file or nothing: into a temporary file beside it, then over it. Raises `OutputError`."""
    import tempfile  # ~6 ms, and most results go to stdout

    target = Path(os.path.realpath(path))  # over the file a link leads to, not over the link
    temporary = None
    try:
        if target.exists() and not target.is_file():  # a device or a pipe is written to, never replaced
            target.write_text(content, encoding="utf-8", newline="")
            return
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
