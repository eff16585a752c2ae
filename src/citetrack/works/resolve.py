"""Records into works and editions, by what is asserted: the same DOI or arXiv id, and what a person decided.

A *work* is what was written; an *edition* is one published form of it (preprint, proceedings, journal). Works are derived anew from
the records each time and never stored, so a better matcher repairs the past. Nothing here guesses from titles or names.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING, Final, Literal

from citetrack.errors import ConfigError, UsageError
from citetrack.records import ids
from citetrack.records.model import Decisions, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from citetrack.records.names import Name

Form = Literal["journal", "proceedings", "preprint", "other"]
Level = Literal["work", "edition"]

FORMALITY: Final[tuple[Form, ...]] = ("journal", "proceedings", "preprint", "other")
# One of these says that two records are the same work. An ISBN does not: all chapters of a book bear it.
ASSERTING: Final = frozenset({"arxiv", "doi", "pmcid", "pmid"})
_PROCEEDINGS: Final = frozenset({"conference", "incollection", "inproceedings"})
_PREPRINT_VENUE = re.compile(
    r"\b(?:arxiv|corr|biorxiv|medrxiv|chemrxiv|psyarxiv|ssrn|preprints?|research square)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Edition:
    """One published form of a work: the records that describe it, in the order they were given.

    Of several the first speaks; where it says nothing (no year, no venue), the next that does.
    """

    form: Form
    records: tuple[Record, ...]

    @cached_property
    def title(self) -> str | None:
        return next((record.title for record in self.records if record.title), None)

    @cached_property
    def _of_authors(self) -> Record:
        """The first record that names authors, even where it cuts their list: what it says is not mended with what another says."""
        return next((record for record in self.records if record.authors), self.records[0])

    @property
    def authors(self) -> tuple[Name, ...]:
        return self._of_authors.authors

    @property
    def authors_complete(self) -> bool:
        return self._of_authors.authors_complete

    @property
    def position(self) -> int | None:
        """The person's place among these authors, where their source says by an id who that is."""
        return self._of_authors.position

    @cached_property
    def year(self) -> int | None:
        return next((record.year for record in self.records if record.year is not None), None)

    @cached_property
    def venue(self) -> str | None:
        """The journal or the proceedings; ``arXiv`` where none is named but an arXiv id is; else `None`."""
        named = next((record.venue for record in self.records if record.venue), None)
        return named or ("arXiv" if any(identifier.startswith("arxiv:") for identifier in self.ids) else None)

    @property
    def type(self) -> str:
        return self.records[0].type

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return _distinct(identifier for record in self.records for identifier in record.ids)


@dataclass(frozen=True)
class Work:
    """Records believed to be one work. Its title, authors, year, venue and type are those of the most formal edition."""

    records: tuple[Record, ...]

    @cached_property
    def editions(self) -> tuple[Edition, ...]:
        """The published forms, the most formal first; ties stand as in the list."""
        forms: dict[Form, list[Record]] = defaultdict(list)
        for record in self.records:
            forms[form_of(record)].append(record)
        return tuple(Edition(form, tuple(forms[form])) for form in FORMALITY if form in forms)

    @property
    def _shown(self) -> Edition:
        return self.editions[0]

    @cached_property
    def key(self) -> str:
        """The key of the first record of a `.bib`, else the ``scheme:value`` of the first record."""
        of_bib = next((record for record in self.records if record.source == "bib"), None)
        return of_bib.key if of_bib else identifier_of(self.records[0])

    @property
    def title(self) -> str | None:
        return self._shown.title or next((edition.title for edition in self.editions if edition.title), None)

    @property
    def authors(self) -> tuple[Name, ...]:
        return self._shown.authors

    @property
    def authors_complete(self) -> bool:
        return self._shown.authors_complete

    @cached_property
    def position(self) -> int | None:
        """The person's place among the authors, where a source that lists as many of them says by an id who that is."""
        lists = (record for record in self.records if record.position and len(record.authors) == len(self.authors))
        return self._shown.position or next((record.position for record in lists), None)

    @property
    def year(self) -> int | None:
        return self._shown.year

    @cached_property
    def first_year(self) -> int | None:
        """The year of the earliest edition, from which ages count."""
        return min((record.year for record in self.records if record.year is not None), default=None)

    @property
    def venue(self) -> str | None:
        return self._shown.venue

    @property
    def type(self) -> str:
        return self._shown.type

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return _distinct(identifier for record in self.records for identifier in record.ids)

    @cached_property
    def names(self) -> frozenset[str]:
        """Everything a user may call this work by: the keys of its records, bare and with their source, and its ids."""
        keys = {record.key for record in self.records} | {identifier_of(record) for record in self.records}
        return frozenset(keys | set(self.ids))


def form_of(record: Record) -> Form:
    """In which form the record says the work appeared.

    An article in something called arXiv, CoRR, SSRN … is a preprint whatever its entry type; so is anything without a venue but with an arXiv id.
    """
    if record.venue and _PREPRINT_VENUE.search(record.venue):
        return "preprint"
    if record.type in _PROCEEDINGS:
        return "proceedings"
    if not record.venue and any(identifier.startswith("arxiv:") for identifier in record.ids):
        return "preprint"
    return "journal" if record.type == "article" else "other"


def identifier_of(record: Record) -> str:
    """The record as a user or `people.toml` names it: ``source:key``, as in ``bib:ofa-2022``."""
    return f"{record.source}:{record.key}"


def resolve(records: Iterable[Record], level: Level = "work", decisions: Decisions | None = None) -> list[Work]:
    """Group `records` into works.

    Two records are one work where they share a DOI, an arXiv id, a PubMed or a PubMed Central id, or where `decisions.same` joins them.
    `decisions.different` keeps records apart against any shared id. At the level ``edition`` a preprint and its paper are two results.

    Returns the works in the order of their first records, each holding its records in the order given; which records are together does
    not depend on that order. Raises `ConfigError` where the decisions contradict each other, `UsageError` for an unknown level.
    """
    if level not in ("work", "edition"):
        raise UsageError(f"no such level: {level!r}; there are 'work' and 'edition'")
    listed = list(records)
    groups = _grouped(listed, decisions or Decisions())
    works = [Work(tuple(listed[index] for index in group)) for group in groups]
    if level == "work":
        return works
    return [Work(edition.records) for work in works for edition in work.editions]


class _Groups:
    """Union-find in which some groups may never be joined."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))
        self._apart: dict[int, set[int]] = defaultdict(set)
        self._size = [1] * size

    def root(self, index: int) -> int:
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def keep_apart(self, one: int, other: int) -> bool:
        """Forbid the join; False where they are joined already."""
        one, other = self.root(one), self.root(other)
        if one == other:
            return False
        self._apart[one].add(other)
        self._apart[other].add(one)
        return True

    def join(self, one: int, other: int) -> bool:
        """Join the two groups; False where that is forbidden."""
        one, other = self.root(one), self.root(other)
        if one == other:
            return True
        if other in self._apart[one]:
            return False
        if self._size[one] < self._size[other]:
            one, other = other, one
        self._parent[other] = one
        self._size[one] += self._size[other]
        for third in self._apart.pop(other, set()):
            self._apart[third].discard(other)
            self._apart[third].add(one)
            self._apart[one].add(third)
        return True


def _grouped(records: Sequence[Record], decisions: Decisions) -> list[list[int]]:
    groups = _Groups(len(records))
    named = _by_name(records)
    for group in decisions.same:
        for one, other in pairwise(_members(group, named)):
            groups.join(one, other)
    for group in decisions.different:
        _keep_apart(groups, group, named)
    for one, other in _asserted(records, (lambda bearers: combinations(bearers, 2)) if decisions.different else pairwise):
        groups.join(one, other)
    members: dict[int, list[int]] = defaultdict(list)
    for index in range(len(records)):
        members[groups.root(index)].append(index)
    return list(members.values())


def _keep_apart(groups: _Groups, decided: Sequence[str], named: dict[str, list[int]]) -> None:
    for name, other_name in combinations(decided, 2):
        for one, other in product(named.get(_normal(name), ()), named.get(_normal(other_name), ())):
            if one != other and not groups.keep_apart(one, other):  # a record that bears both names is one and the same
                said = "says of both that they are the same and that they are different; keep one of the two"
                raise ConfigError(f"people.toml: {name} and {other_name}: it {said}")


def _by_name(records: Sequence[Record]) -> dict[str, list[int]]:
    """Which records each name that a decision may use stands for."""
    named: dict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        for name in {record.key, identifier_of(record), *record.ids}:
            named[name].append(index)
    return named


def _normal(name: str) -> str:
    return name.strip() if name.startswith("bib:") else ids.parse(name) or name.strip()


def _members(group: Iterable[str], named: dict[str, list[int]]) -> list[int]:
    return [index for name in group for index in named.get(_normal(name), ())]


def _asserted(records: Sequence[Record], pairs: Callable[[list[int]], Iterable[tuple[int, int]]]) -> Iterator[tuple[int, int]]:
    """The pairs that share an id, in an order that does not depend on the order of the records.

    Neighbours are enough, unless some are kept apart: then the others must find each other past these.
    """
    bearing: dict[str, list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        for identifier in record.ids:
            if identifier.partition(":")[0] in ASSERTING:
                bearing[identifier].append(index)
    for identifier in sorted(bearing):
        bearers = sorted(bearing[identifier], key=lambda index: (records[index].source, records[index].key, index))
        yield from pairs(bearers)


def decided_away(work: Work, decisions: Decisions) -> str | None:
    """The entry of `not_mine` that drops this work, or `None`."""
    return next((name for name in decisions.not_mine if _normal(name) in work.names), None)


def unknown_names(records: Sequence[Record], decisions: Decisions) -> list[str]:
    """The names in the decisions that fit no record: misspelt, or gone from the list."""
    known = _by_name(records)
    mentioned = (name for group in (*decisions.same, *decisions.different, decisions.not_mine) for name in group)
    return [name for name in _distinct(mentioned) if _normal(name) not in known]


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
