"""The verbs. The only module that sees both the world (files, the environment) and the pure core."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from citetrack import config, metrics
from citetrack.errors import InputError, OutputError, UsageError
from citetrack.profiles.build import build
from citetrack.profiles.counts import end_of
from citetrack.records import bibtex, formats, ids
from citetrack.records.model import Person, Problem, Records

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from citetrack.metrics import Figure
    from citetrack.profiles.profile import Profile

SUFFIXES: Final = frozenset({".bib", ".bibtex", ".ciw", ".csv", ".json", ".ris", ".tsv", ".txt"})
"""What a WHO must end in to be taken for a file that should be there."""
_LONGEST_COUNT: Final = 18


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
    """The profile of `who`, from the data folder or from one file, without any network.

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
    person, records = read_list(who, data=data, name=name, environment=environment, checkout=checkout)
    return build(
        person,
        records,
        as_of=None if as_of is None else end_of(str(as_of)),
        sources=[one.casefold() for one in ([source] if isinstance(source, str) else source)],
        counts=None if counts is None else counts.casefold(),
    )


def read_list(
    who: str | Path,
    *,
    data: str | Path | None = None,
    name: str | None = None,
    environment: Mapping[str, str] | None = None,
    checkout: Path | None = None,
) -> tuple[Person, Records]:
    """The person that `who` names, and everything that is written down of their works."""
    if is_file(who):
        records = formats.read(who)
        if not records and not records.observations and not records.problems:
            raise InputError(f"{who}: no entry in it")
        return Person(slug=None, name=name or records.name, ids=records.ids), records
    folder = config.data_folder(str(data) if data else None, os.environ if environment is None else environment, checkout)
    person = config.find_person(str(who), config.people(folder), str(folder))
    if name:
        person = replace(person, name=name)
    return person, _curated(folder.path, person)


def is_file(who: str | Path) -> bool:
    """Whether `who` means a file: one that is there, or a word with a path separator or a suffix that citetrack reads."""
    if isinstance(who, Path):
        return True
    if ids.parse(who):
        return False
    separators = {os.sep, os.altsep or os.sep, "/"}
    return Path(who).suffix.lower() in SUFFIXES or any(separator in who for separator in separators) or os.path.isfile(who)  # noqa: PTH113 - Path.is_file raises for a name that is too long


def _curated(folder: Path, person: Person) -> Records:
    """The person's `.bib` with the counts written down beside it."""
    bib, counts = folder / f"{person.slug}.bib", folder / f"{person.slug}.counts.csv"
    if not _is_there(bib):
        raise InputError(f"{bib} is missing: it is to hold the works of {person.name}, in BibTeX")
    return formats.read_bib_with_counts(bib, counts) if _is_there(counts) else bibtex.read(bib)


def _is_there(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where it may not look


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
