"""The nouns of citetrack: what a source stated, unchanged, as frozen data.

Nothing here computes a metric or decides what belongs together; `None` always means "did not say" and never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from datetime import date

    from citetrack.records.names import Name

Bound = Literal["=", ">", ">=", "<", "<=", "~"]
BOUNDS: Final[tuple[Bound, ...]] = get_args(Bound)


class Observation(NamedTuple):
    """One number that one source stated on one day.

    `value` is a count (never negative); `bound` says how it stands to the truth: ``=`` exact, ``>`` `>=` ``<`` `<=` a limit, ``~`` about.
    `about` is empty for the person, else the key of a record or the `scheme:value` of an artifact. `date` is `None` where
    neither the file nor the source says when. `origin` is where the statement can be read again: ``file:line``, or the digest of a raw answer.
    """

    source: str
    date: date | None
    value: int
    bound: Bound = "="
    figure: str = "citations"
    about: str = ""
    origin: str = ""
    url: str = ""
    note: str = ""

    @property
    def interval(self) -> tuple[int, int | None]:
        """The least and the greatest count that the statement allows; `None` is unbounded. ``~ 500`` allows everything."""
        match self.bound:
            case "=":
                return self.value, self.value
            case "<":
                return 0, max(self.value - 1, 0)
            case "<=":
                return 0, self.value
            case ">":
                return self.value + 1, None
            case ">=":
                return self.value, None
            case "~":
                return 0, None


@dataclass(frozen=True, slots=True)
class Record:
    """What one source says one work is, in BibTeX's vocabulary, its text decoded.

    `key` is the source's own key, without a prefix. `ids` are ``scheme:value``, sorted as the record gives them. `authors` never holds
    ``others``: `authors_complete` is False where the source cut the list. `entry` keeps every field as the source wrote it. `origin` is ``file:line``.
    """

    key: str
    source: str
    title: str | None = None
    authors: tuple[Name, ...] = ()
    authors_complete: bool = True
    year: int | None = None
    venue: str | None = None
    type: str = "misc"
    ids: tuple[str, ...] = ()
    observations: tuple[Observation, ...] = ()
    affiliation: str | None = None
    entry: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    origin: str = field(default="", compare=False)


class Artifact(NamedTuple):
    """A model, a data set, a repository or all those of an organisation: shown beside citations, never added to them."""

    id: str
    kind: str = ""
    observations: tuple[Observation, ...] = ()


LOSSES: Final = frozenset({"bad_count", "broken_entry", "too_large", "unjoined_count", "unread"})
"""The codes of the problems by which something that the file holds is missing from what was read."""


class Problem(NamedTuple):
    """Something in a file that could not be read, or is not as it should be: where, and what to do."""

    code: str
    message: str
    file: str = ""
    line: int = 0

    @property
    def lost(self) -> bool:
        """Whether something of the file is missing from what was read."""
        return self.code in LOSSES

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{where}{self.message} [{self.code}]"


class Decisions(NamedTuple):
    """What a person decided about their own list; it always wins over any matcher.

    The names are those a user writes: ``bib:<key>``, ``scheme:value``. `same` and `different` are groups of at least two.
    """

    same: tuple[tuple[str, ...], ...] = ()
    different: tuple[tuple[str, ...], ...] = ()
    not_mine: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Someone tracked. `ids` maps a scheme to what the person's verified id there is; `slug` is `None` for a file given as WHO."""

    slug: str | None
    name: str | None
    aka: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    decisions: Decisions = Decisions()  # noqa: RUF009 - an immutable value


class Records(list[Record]):
    """The records of one reading, with everything else it held.

    `problems`: what could not be read, or only in part. `observations`: what the source states of the person (`about` empty) or of
    artifacts. `name`, `ids`: whose list it says it is. `list_of`: the source whose own list of the person's works this is (`scholar`,
    `scopus` …), `None` where a person gathered the list. `format`: the name of the format that was read. `updated`: the date the
    whole file bears, or `None`.
    """

    def __init__(
        self,
        records: Iterable[Record] = (),
        *,
        problems: Iterable[Problem] = (),
        observations: Iterable[Observation] = (),
        name: str | None = None,
        ids: Mapping[str, str] | None = None,
        list_of: str | None = None,
        format: str = "",
        updated: date | None = None,
    ) -> None:
        super().__init__(records)
        self.problems = list(problems)
        self.observations = list(observations)
        self.name = name
        self.ids = dict(ids or {})
        self.list_of = list_of
        self.format = format
        self.updated = updated
