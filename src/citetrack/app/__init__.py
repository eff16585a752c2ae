"""The verbs. The only room that sees both the world (files, the environment, the network, the store) and the pure core."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from citetrack import metrics
from citetrack.app.asking import find, raw_answer, source_rows, update, where_to_paste
from citetrack.app.files import check_bib, format_bib, write
from citetrack.app.lists import read_list
from citetrack.errors import UsageError
from citetrack.profiles.build import build
from citetrack.profiles.counts import end_of
from citetrack.records import bibtex, formats

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from citetrack.metrics import Figure
    from citetrack.profiles.profile import Profile
    from citetrack.records.model import Records

__all__ = [
    "check_bib",
    "find",
    "format_bib",
    "metrics_of",
    "profile",
    "raw_answer",
    "read",
    "read_bib",
    "source_rows",
    "update",
    "where_to_paste",
    "write",
]

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
