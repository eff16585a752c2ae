"""Asking the sources: a run about a person, a search for a name, and what is known of the sources themselves."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from citetrack import config
from citetrack.app.lists import curated, is_file, is_there, tracked, with_sources
from citetrack.errors import UsageError
from citetrack.records.model import Snapshot
from citetrack.works.resolve import decided_away, resolve

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from citetrack.fetching import Progress
    from citetrack.http import Access, Cache, Http
    from citetrack.records.model import Candidate, Outcome, Person, Record, Records
    from citetrack.sources import Source

_FIRST_YEAR, _LAST_YEAR = 2025, 2100  # no run is of an earlier year than this program
_LONGEST_AGE: Final = 36_500
_CANDIDATES: Final = 10
"""How many people a source is asked for; who is not among its first ten is found by adding an affiliation or an id."""


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
        An unknown or ambiguous `who`, an unknown source, an age that is none, or nothing known that a source can be asked by.
    StoreError
        The store cannot be written to. What was fetched is in the cache.
    """
    import threading

    from citetrack import sources
    from citetrack.fetching import gather
    from citetrack.store import open_store

    environment = os.environ if environment is None else environment
    clock = now or _system_clock
    if is_file(who):
        told = "is a file, and runs are kept of people: name them in people.toml, with the works as <slug>.bib beside it"
        raise UsageError(f"{who} {told}")
    folder = config.data_folder(str(data) if data else None, environment, checkout)
    person = tracked(str(who), folder)
    by_hand = curated(folder.path, person)
    chosen = {name: sources.load(name) for name in _chosen(source, sources.names())}
    settings, age = settings_of(folder, environment), _age(max_age)
    stop, asked = threading.Event(), {}
    with open_store(config.store_file(environment)) as store:
        newest = store.newest(person.slug, person.ids)
        remembered_until = max((outcome.day for outcome in newest.values() if outcome.day), default=None)
        remembered = _theirs(with_sources(by_hand, newest, {}), person)
        door, cache = _doors(chosen, settings, environment, clock, age, offline, stop, store.keep)
        begun: list[int] = []

        def done(outcome: Outcome) -> None:
            asked[outcome.source] = outcome
            if outcome.result == "complete" or (outcome.result != "skipped" and not offline):  # who was not asked has not failed
                if not begun:
                    begun.append(store.begin(person.slug, person.ids, clock()))
                store.add(begun[0], outcome)

        gather(person.ids, _theirs(by_hand, person), chosen, door, done, stop, tell, remembered)
        for run in begun:
            store.finish(run, clock())
    if all(outcome.result == "skipped" for outcome in asked.values()):
        raise UsageError(_nothing_known(person.name or str(who), asked, chosen))
    troubles = tuple(trouble for trouble in (cache.trouble, _clock_trouble(remembered_until, clock())) if trouble)
    return Snapshot(person.slug, dict(person.ids), clock(), dict(sorted(asked.items())), troubles)


def _clock_trouble(newest: date | None, now: datetime) -> str:
    """What is to be said where the clock is wrong, or was: the newest answer would hide all later ones."""
    if not _FIRST_YEAR <= now.year <= _LAST_YEAR:
        return f"the clock of this machine says {now:%Y-%m-%d}, and the answers bear that day: set it, then update again"
    if newest is not None and newest > now.date() + timedelta(days=1):
        told = f"the store holds answers of {newest}, later than today, {now:%Y-%m-%d}: the clock is wrong, or was then"
        return f"{told}; profile --as-of {now:%Y-%m-%d} leaves them out"
    return ""


def _nothing_known(who: str, asked: Iterable[str], chosen: Mapping[str, Source]) -> str:
    from citetrack import sources

    told = f"nothing is known of {who[:80]} that {', '.join(asked)} can be asked by"
    if any(sources.finder(source) for source in chosen.values()):
        return f"{told}; citetrack find NAME lists ids for people.toml"
    return f"{told}; the id stands in the address of the person's page there, and goes into people.toml"


def _age(days: float | None) -> timedelta:
    """How old an answer in the cache may be."""
    if days is not None and not 0 <= days <= _LONGEST_AGE:
        raise UsageError(f"an age is a number of days from 0 to {_LONGEST_AGE:,}; {days!r} is none")
    return timedelta(days=1 if days is None else days)


def _system_clock() -> datetime:
    return datetime.now(UTC)


def _chosen(source: str | Collection[str], names: Sequence[str]) -> list[str]:
    wanted = [one.casefold() for one in ([source] if isinstance(source, str) else source)]
    for one in wanted:
        if one not in names:
            raise UsageError(f"no such source: {one[:80]!r}; there are {', '.join(names)}")
    return sorted(set(wanted)) or list(names)


def _theirs(records: Records, person: Person) -> list[Record]:
    """The works that the person has not said are somebody else's: of what is known before the run, those are not asked for."""
    return [
        record
        for work in resolve(records, decisions=person.decisions)
        if not decided_away(work, person.decisions)
        for record in work.records
    ]


def _doors(
    chosen: Mapping[str, Source],
    settings: config.Settings,
    environment: Mapping[str, str],
    now: Callable[[], datetime],
    age: timedelta,
    offline: bool,
    stop: threading.Event,
    keep: Callable[[bytes], object] | None = None,
) -> tuple[Callable[[str], Http], Cache]:
    """What opens the way to a source, as it and the user's configuration have it, and the cache that all of them share."""
    from citetrack.http import Cache, Http

    cache = Cache(config.cache_folder(environment), now)

    def door(name: str) -> Http:
        access = access_of(name, chosen[name], settings)
        return Http(access, cache=cache, max_age=age, offline=offline, now=now, stop=stop, keep=keep)

    return door, cache


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
        home=source.BASE,
        hosts=source.HOSTS,
        key=source.KEY,
        secret=settings.keys.get(name) if source.KEY else None,
        contact=settings.contact,
        contact_parameter=source.CONTACT,
        budget=getattr(source, "budget", None),
        refusal=getattr(source, "refusal", None),
        advice=getattr(source, "ADVICE", ""),
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
    tell: Callable[[list[Progress]], object] = lambda progress: None,
) -> tuple[list[Candidate], dict[str, str]]:
    """The people of that name whom the sources know, as each ranks them, and for each source that could not be asked the reason.

    Nothing is written down: who somebody is stays a person's decision. The parameters are those of `update`.

    Raises `UsageError` for a name that is none, an unknown source, or sources of which none can be searched.
    """
    import threading

    from citetrack import sources
    from citetrack.fetching import search

    environment = os.environ if environment is None else environment
    if not name.strip():
        raise UsageError('find takes a name, as in: citetrack find "Junyang Lin"')
    chosen = {one: sources.load(one) for one in _chosen(source, sources.names())}
    finders = {one: finder for one, module in chosen.items() if (finder := sources.finder(module))}
    if not finders:
        told = "cannot be searched for a name; the id stands in the address of the person's page there"
        raise UsageError(f"{', '.join(chosen)} {told}")
    folder = config.data_folder(str(data) if data else None, environment, checkout)
    stop = threading.Event()
    settings = settings_of(folder, environment)
    door, _ = _doors(chosen, settings, environment, now or _system_clock, _age(max_age), offline, stop)
    return search(name, finders, door, _CANDIDATES, stop, tell)


def where_to_paste(
    name: str, *, data: str | Path | None = None, environment: Mapping[str, str] | None = None, checkout: Path | None = None
) -> tuple[Path, tuple[str, ...]]:
    """The `people.toml` that ids found for the name belong into, and the slugs of those who stand there under that name already."""
    environment = os.environ if environment is None else environment
    folder = config.data_folder(str(data) if data else None, environment, checkout)
    if folder.example:  # which is not to be written into
        return config.user_data_directory() / config.PEOPLE, ()
    file = folder.path / config.PEOPLE
    everyone = config.people(folder) if is_there(file) else []
    return file, tuple(person.slug for person in everyone if person.slug and config.is_called(person, name))


def source_rows(
    *, data: str | Path | None = None, environment: Mapping[str, str] | None = None, checkout: Path | None = None
) -> list[dict[str, object]]:
    """Every source with what it can be asked by, its key, its pace, what it was proven on, and what came of asking it last. Makes no connection."""
    from citetrack import sources

    environment = os.environ if environment is None else environment
    settings = settings_of(config.data_folder(str(data) if data else None, environment, checkout), environment)
    last = _last_outcomes(config.store_file(environment))
    return [_source_row(name, sources.load(name), settings, last.get(name)) for name in sources.names()]


def raw_answer(digest: str, *, environment: Mapping[str, str] | None = None) -> bytes:
    """What a source answered, byte for byte, by the digest that numbers bear as their origin; a beginning that fits one will do.

    Raises `UsageError` where no answer, or more than one, has a digest that begins so.
    """
    file = config.store_file(os.environ if environment is None else environment)
    from citetrack.store import open_store

    with open_store(file, create=False) as store:
        fitting = store.digests(digest.lower().rstrip("…"))
        body = store.body(fitting[0]) if len(fitting) == 1 else None
    if body is None:
        told = (
            f"several answers begin with {digest[:80]}: {', '.join(fitting)}"
            if fitting
            else f"no answer kept in {file} has the digest {digest[:80]}"
        )
        raise UsageError(told)
    return body


def _last_outcomes(file: Path) -> Mapping[str, Outcome]:
    if not is_there(file):
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
        "wants_contact": bool(source.CONTACT),
        "requests": source.PACE.requests,
        "seconds": source.PACE.seconds,
        "proven_on": source.PROVEN,
        "last_outcome": last.result if last else None,
        "last_day": last.day.isoformat() if last and last.day else None,
        "last_why": last.why if last else None,
    }
