"""The nouns of citetrack: what a source stated, unchanged, as frozen data.

Nothing here computes a metric or decides what belongs together; `None` always means "did not say" and never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from datetime import date, datetime

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
    ``others``: `authors_complete` is False where the source cut the list. `position` is the place among them of the person asked about, 1 for the
    first, where the source says by an id who that is. `entry` keeps every field as the source wrote it. `origin` is ``file:line``.
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
    position: int | None = None


class Artifact(NamedTuple):
    """A model, a data set, a repository or all those of an organisation: shown beside citations, never added to them."""

    id: str
    kind: str = ""
    observations: tuple[Observation, ...] = ()


LOSSES: Final = frozenset({"bad_count", "broken_entry", "source_failed", "too_large", "unjoined_count", "unread"})
"""The codes of the problems by which something that a file holds, or a source was asked for, is missing from what was read."""


class Problem(NamedTuple):
    """Something that could not be read, or is not as it should be: where, and what to do. `file` is a file's or a source's name."""

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


class Question(NamedTuple):
    """What a source is asked about one person.

    `ids` holds those of the person's ids that the source can be asked by: a scheme and the bare value (``{"orcid": "0000-0002-1825-0097"}``).
    `dois` and `arxiv` are works already known, bare and in normal form (``10.18653/v1/d18-1075``, ``2505.09388``); never a DOI that arXiv minted.
    """

    ids: Mapping[str, str] = MappingProxyType({})
    dois: tuple[str, ...] = ()
    arxiv: tuple[str, ...] = ()


class Candidate(NamedTuple):
    """Somebody a source knows, with what tells them apart from others of that name. Who a person is stays a person's decision.

    `id` is ``scheme:value``; `ids` are further ids that the source states of them; `affiliations` and `titles` are a few of each; `None` was not said.
    """

    source: str
    id: str
    name: str
    aka: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()
    works: int | None = None
    citations: int | None = None
    titles: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    note: str = ""


Said = Record | Observation | Artifact | Candidate | Problem
"""What a source says, item by item. A `Candidate` in the answer to a question is the source's own description of the person asked about."""


Result = Literal["complete", "partial", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking one source in one run.

    `asked`: the ids of the person it was asked by, ``scheme:value``, sorted; empty where it was asked by works only. `day`: the newest day
    of its answers, `None` where it gave none. `requests`: how many requests went out, repetitions included; answers from the cache are none.
    `why`: one line, where the result is not complete. `listed`: the keys of the records that stand in the source's own list of the person;
    the others were asked for by their ids. `candidates`: whom the source says the person is.
    """

    source: str
    result: Result
    why: str = ""
    day: date | None = None
    asked: tuple[str, ...] = ()
    requests: int = 0
    records: tuple[Record, ...] = ()
    listed: frozenset[str] = frozenset()
    observations: tuple[Observation, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One run: of whom, when, and what came of asking each source. A source that failed is named, so that an outage is never read as a drop.

    `troubles`: what else went wrong, a line each, and cost nothing but time.
    """

    slug: str | None
    ids: Mapping[str, str]
    at: datetime
    asked: Mapping[str, Outcome] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()


class Records(list[Record]):
    """The records of one reading, with everything else it held.

    `problems`: what could not be read, or only in part. `observations`: what the source states of the person (`about` empty) or of artifacts.
    `name`, `ids`: whose list it says it is. `list_of`: the source whose own list of the person's works this is (`scholar`, `scopus` …), `None`
    where a person gathered the list. `lists`: for each source of the store that gave a list of the person's works, the keys of the records in it.
    `told_by`: the sources of the store that were asked. `format`: the name of the format that was read. `updated`: the date the whole file
    bears, or `None`.
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
        lists: Mapping[str, frozenset[str]] | None = None,
        told_by: Iterable[str] = (),
    ) -> None:
        super().__init__(records)
        self.problems = list(problems)
        self.observations = list(observations)
        self.name = name
        self.ids = dict(ids or {})
        self.list_of = list_of
        self.format = format
        self.updated = updated
        self.lists = dict(lists or {})
        self.told_by = frozenset(told_by)
