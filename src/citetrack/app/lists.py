"""Who is meant, and everything that is written down of their works: by hand, and by the sources in the store."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from citetrack import config
from citetrack.errors import InputError, UsageError
from citetrack.records import bibtex, formats, ids
from citetrack.records.model import Person, Problem, Records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from citetrack.records.model import Outcome

SUFFIXES: Final = frozenset({".bib", ".bibtex", ".ciw", ".csv", ".json", ".ris", ".tsv", ".txt"})
"""What a WHO must end in to be taken for a file that should be there."""


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
    records = curated(folder.path, person)
    file = config.store_file(environment)
    if not is_there(file):
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
    everyone = config.people(folder) if is_there(folder.path / config.PEOPLE) else []
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
        told_by={*newest, *latest},
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


def curated(folder: Path, person: Person) -> Records:
    """The person's `.bib` with the counts written down beside it."""
    if person.slug is None:
        return Records()
    bib, counts = folder / f"{person.slug}.bib", folder / f"{person.slug}.counts.csv"
    if not is_there(bib) and person.ids and not is_there(counts):
        return Records()  # the works are those that the sources tell of
    if not is_there(bib):
        raise InputError(f"{bib} is missing: it is to hold the works of {person.name}, in BibTeX")
    return formats.read_bib_with_counts(bib, counts) if is_there(counts) else bibtex.read(bib)


def is_there(path: Path) -> bool:
    """Whether there is anything at the path; not where nobody may look."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where it may not look
