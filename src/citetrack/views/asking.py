"""The pages about asking the sources: what came of a run, whom a name may mean, which sources there are, and how far a run is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from citetrack.records.text import fold
from citetrack.views.layout import hanging, line, section, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TextIO

    from rich.console import RenderableType
    from rich.table import Table

    from citetrack.records.model import Candidate, Outcome, Snapshot

_TITLES_SHOWN: Final = 3
_WHOSE: Final = 40
_LONGEST_SLUG: Final = 40
_LONGEST_NAME: Final = 60


def outcomes_page(snapshot: Snapshot, who: str) -> Group:
    """One line for each source: what came of asking it, how many records, at the cost of how many requests, and why it is not complete."""
    rows = [
        (name, outcome.result, f"{len(outcome.records):,}", f"{outcome.requests:,}", outcome.why or _noted(outcome))
        for name, outcome in snapshot.asked.items()
    ]
    listed = table(("source", "outcome", "records", "requests", ""), rows, right=(2, 3), wrap=True)
    return Group(listed, Text(), line(f'what they make together: citetrack profile "{who}"', "dim"))


def _noted(outcome: Outcome) -> str:
    return "; ".join(problem.message for problem in outcome.problems[:3])


def outcomes_document(snapshot: Snapshot) -> dict[str, Any]:
    """The document ``citetrack/update/1``."""
    asked = {
        name: {
            "outcome": outcome.result,
            "records": len(outcome.records),
            "requests": outcome.requests,
            "why": outcome.why,
            "day": outcome.day.isoformat() if outcome.day else None,
            "warnings": [{"code": problem.code, "message": problem.message} for problem in outcome.problems],
        }
        for name, outcome in snapshot.asked.items()
    }
    return {"schema": "citetrack/update/1", "asked": asked}


def candidates_page(name: str, candidates: Sequence[Candidate], file: str, slugs: Sequence[str] = ()) -> Group:
    """Who may be meant, with what tells them apart, and the lines to paste into `file`, where somebody of the name may stand already."""
    if not candidates:
        return Group(line(f"no source that was asked knows anybody called {name!r}; another spelling may help"))
    parts: list[RenderableType] = []
    for candidate in candidates:
        facts = [_numbers(candidate), "; ".join(candidate.affiliations), _also(candidate), candidate.note]
        parts += [Text(), line(f"{candidate.name}  {candidate.id or 'no id at ' + candidate.source}", "bold")]
        parts += hanging([fact for fact in facts if fact])
        parts += hanging(candidate.titles[:_TITLES_SHOWN])
    known = " or ".join(f"[{slug}]" for slug in slugs)
    where = f"for the ids = {{ … }} of {known} in {file}, those of the one who is meant" if slugs else f"to paste into {file}"
    told = where if slugs else f"{where}; take the # away before the ids of the one who is meant"
    lines = [
        Text(text.plain, no_wrap=True, overflow="ellipsis") for text in map(line, paste(name, candidates, known=bool(slugs)))
    ]
    return Group(*parts[1:], section(told, *lines))


def _numbers(candidate: Candidate) -> str:
    counted = [(candidate.works, "work"), (candidate.citations, "citation")]
    return " · ".join(f"{number:,} {unit}{'' if number == 1 else 's'}" for number, unit in counted if number is not None)


def _also(candidate: Candidate) -> str:
    also = [*candidate.aka[:5], *candidate.ids]
    return f"also {', '.join(also)}" if also else ""


def paste(name: str, candidates: Iterable[Candidate], *, known: bool = False) -> list[str]:
    """Lines of `people.toml`: one person of that name, with each candidate's ids as comments to choose from; of somebody `known` the ids alone.

    One id a line, with whose it is behind it, so that what may be cut where the page ends is a comment.
    """
    given = "{} = {}" if known else "# ids.{} = {}"
    told: dict[str, str] = {}
    for candidate in candidates:
        whose = " ".join([candidate.name, *(f"({place})" for place in candidate.affiliations[:1])])[:_WHOSE]
        for identifier in (candidate.id, *candidate.ids):
            scheme, _, value = identifier.partition(":")
            if value:
                told.setdefault(given.format(scheme, _quoted(value)), f"{candidate.source}: {whose}")
    widest = max(map(len, told), default=0)
    head = [] if known else [f"[{_slug(name)[:_LONGEST_SLUG]}]", f"name = {_quoted(name[:_LONGEST_NAME])}"]
    return head + [f"{one:<{widest}}  # {whose}" for one, whose in told.items()]


def _slug(name: str) -> str:
    words = "".join(character if character.isascii() and character.isalnum() else " " for character in fold(name)).split()
    return "-".join(words) or "given-family"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def candidates_document(candidates: Iterable[Candidate], failed: Mapping[str, str]) -> dict[str, Any]:
    """The document ``citetrack/find/1``."""
    rows = [
        {
            "source": candidate.source,
            "id": candidate.id or None,
            "name": candidate.name,
            "aka": list(candidate.aka),
            "affiliations": list(candidate.affiliations),
            "works": candidate.works,
            "citations": candidate.citations,
            "titles": list(candidate.titles),
            "ids": list(candidate.ids),
            "note": candidate.note,
        }
        for candidate in candidates
    ]
    warnings = [{"code": "source_failed", "message": why, "about": source} for source, why in failed.items()]
    return {"schema": "citetrack/find/1", "candidates": rows, "warnings": warnings}


def sources_page(rows: Sequence[Mapping[str, Any]]) -> Group:
    """One block for each source: by what it can be asked, with which key, how fast, what it was proven on, and what came of it last."""
    parts: list[RenderableType] = []
    for row in rows:
        finds = "; finds people by name" if row["finds_names"] else ""
        facts = [
            f"asked by {', '.join(row['asked_by'])}{finds}",
            f"at {row['address']}, at most {_pace(row)}",
            _key(row),
            f"reading proven on {row['proven_on']}",
            _last(row),
        ]
        parts += [Text(), line(str(row["source"]), "bold"), *hanging(facts)]
    contact = rows[0]["contact"] if rows else None
    told = f"contact sent: {contact}" if contact else "no contact is sent: set CITETRACK_CONTACT, or contact in citetrack.toml"
    return Group(*parts[1:], Text(), line(told, "dim"))


def _pace(row: Mapping[str, Any]) -> str:
    requests, seconds = row["requests"], row["seconds"]
    return f"{requests} request{'s' if requests > 1 else ''} in {seconds:g} s"


def _key(row: Mapping[str, Any]) -> str:
    variable, anonymous = row["key_variable"], row["anonymous"]
    cost = f"; without a contact: {anonymous}" if anonymous and row["wants_contact"] else ""
    if variable is None:
        return "takes no key" + (cost or (f"; {anonymous}" if anonymous else ""))
    if str(row["key"]).startswith("from"):
        return f"key {row['key']}{cost}"
    return f"no key ({variable})" + (cost or (f": {anonymous}" if anonymous else ""))


def _last(row: Mapping[str, Any]) -> str:
    if row["last_outcome"] is None:
        return "never asked"
    day = f" on {row['last_day']}" if row["last_day"] else ""
    return f"last asked{day}: {row['last_outcome']}" + (f" ({row['last_why']})" if row["last_why"] else "")


def checks_page(rows: Iterable[Mapping[str, Any]]) -> Table:
    """One line for each finding: how it stands, and what to do; below the first of each check what it looks at, where that was asked for."""
    shown: list[tuple[str, str, str]] = []
    for row in rows:
        check, explanation = str(row["check"]), str(row["explanation"])
        explained = any(check == before for before, _, _ in shown)
        below = f"\n{explanation}" if explanation and not explained else ""
        shown.append((check, str(row["status"]), f"{row['message']}{below}"))
    return table(("check", "", "finding"), shown, wrap=True)


class Watch:
    """How far a run is, on a terminal: one line for each source, renewed in place and gone at the end. Elsewhere it shows nothing."""

    def __init__(self, terminal: TextIO | None) -> None:
        self._live = Live(console=Console(file=terminal), transient=True, auto_refresh=False) if terminal else None

    def __enter__(self) -> Watch:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, progress: Iterable[tuple[str, str, int, int]]) -> None:
        """Show each source's name and state, and how many records came of how many requests."""
        if self._live:
            rows = [(name, state, f"{records:,}", f"{requests:,}") for name, state, records, requests in progress]
            self._live.update(table(("source", "", "records", "requests"), rows, right=(2, 3)), refresh=True)
