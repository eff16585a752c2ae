"""What an update costs, in requests, time and disk: `python -m benchmarks.updating`, from a checkout.

One person with 500 works, and four sources that answer as they are documented to, in a process of their own (`benchmarks.faults`). The first table counts
requests, the second times whole processes, which take turns; the third is the store, run by run. Where time is not the matter, no source's pace is kept.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from unittest import mock

from benchmarks.faults import ROOT, Impatient, Served, describe, scholar, served
from citetrack import app

if TYPE_CHECKING:
    from services import Work, World

WORKS: Final = 500
FEW: Final = 75
DAYS: Final = 30
MOST: Final = {"openalex": 8, "semanticscholar": 3}
"""Requests for a person with 500 works."""
COUNTING: Final = ("crossref", "openalex", "semanticscholar")
BARE: Final = "python -c pass"
UPDATE: Final = "update by 3 sources, all in the cache"
LITTLE: Final = f"the same, {FEW} works"
WITH: Final = "profile, with a store of 3 sources"
WITHOUT: Final = "profile, without a store"
GOAL_SECONDS: Final = 1.0


class Case(NamedTuple):
    """A person as a data folder tells of them, the network that knows them, and where what is told is kept."""

    slug: str
    data: Path
    kept: Path
    network: Served
    number: int = 0
    """Of the person on the first day, in the network."""

    def environment(self, day: int = 0) -> dict[str, str]:
        """What makes citetrack ask the network as it is on that day."""
        return self.network.environment(self.number + day, self.kept) | {"CITETRACK_DATA": str(self.data)}

    def update(self, *sources: str, day: int = 0, now: datetime | None = None) -> dict[str, int]:
        """Ask these sources; how many requests each took. Raises where one is not complete."""
        with mock.patch("citetrack.http.Http", Impatient):
            asked = app.update(
                self.slug, source=sources, environment=self.environment(day), now=(lambda: now) if now else None
            ).asked
        for source, outcome in asked.items():
            if outcome.result != "skipped" and not (outcome.result == "complete" and outcome.records):
                raise RuntimeError(f"{source}: {outcome.result}, {len(outcome.records)} records {outcome.why}")
        return {source: outcome.requests for source, outcome in asked.items()}


# --- requests -----------------------------------------------------------------------------------------------------------------------------


def known(folder: Path, world: World, network: Served, schemes: Sequence[str] = (), number: int = 0) -> Case:
    """The person as a new data folder tells of them: by their ids, or where there are none by the works."""
    slug = describe([world], folder, schemes)[0]
    if not schemes:
        (folder / f"{slug}.bib").write_text(bibliography(world.works), encoding="utf-8")
    return Case(slug, folder, folder / "kept", network, number)


def bibliography(works: Iterable[Work]) -> str:
    """The works as somebody may have gathered them by hand."""
    return "\n".join(
        f"@article{{work-{work.id},\n  title = {{{work.title}}},\n  author = {{{' and '.join(work.authors)}}},\n  year = {{{work.year}}},\n"
        + (f"  doi = {{{work.doi}}},\n" if work.doi else "")
        + (f"  eprint = {{{work.arxiv}}},\n  archiveprefix = {{arXiv}},\n" if work.arxiv else "")
        + "}\n"
        for work in works
    )


def requests_kept(every: Mapping[str, Case]) -> bool:
    """Print the first table; whether the goals are kept."""
    kept = True
    sources = (*COUNTING, "orcid")
    lines = [f"| {WORKS} works | {' | '.join(sources)} | the same again |", f"|---|{'--:|' * (len(sources) + 1)}"]
    for name, case in every.items():
        first = case.update(*sources)
        again = sum(case.update(*sources).values())
        kept &= not again and all(first[source] <= most for source, most in MOST.items())
        lines.append(f"| {name} | {' | '.join(str(first[source]) for source in sources)} | {again} |")
    goals = (f"≤ {MOST[source]}" if source in MOST else "" for source in sources)
    print("\n".join([*lines, f"| goal | {' | '.join(goals)} | 0 |\n"]))
    return kept


# --- time ---------------------------------------------------------------------------------------------------------------------------------


def seconds(arguments: list[str], environment: Mapping[str, str]) -> float:
    """The wall-clock seconds of one process of this interpreter, from the checkout's root; raises where it fails."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env={**own, **environment}, capture_output=True, check=True)
    return time.perf_counter() - start


def times(case: Case, little: Case, rounds: int) -> dict[str, list[float]]:
    """The seconds of each process in interleaved rounds; one round before them warms the file cache."""
    sources = [word for source in COUNTING for word in ("--source", source)]
    bare = case._replace(kept=case.data / "nothing")
    commands = {
        BARE: (["-c", "pass"], case),
        WITHOUT: (["cli.py", "profile", bare.slug], bare),
        WITH: (["cli.py", "profile", case.slug], case),
        UPDATE: (["cli.py", "update", case.slug, *sources], case),
        LITTLE: (["cli.py", "update", little.slug, *sources], little),
    }
    taken = [{name: seconds(words, one.environment()) for name, (words, one) in commands.items()} for _ in range(rounds + 1)][1:]
    return {name: [turn[name] for turn in taken] for name in commands}


def times_kept(case: Case, little: Case, rounds: int) -> bool:
    """Print the second table; whether the goal is kept, and nothing was asked.

    A goal in seconds is held against the quickest round: what else the machine does only adds to it.
    """
    little.update(*COUNTING)
    case.network.weather()
    taken = times(case, little, rounds)
    asked = case.network.weather()["asked"]
    median = {name: statistics.median(each) for name, each in taken.items()}
    lines = [f"| {WORKS} works | median | quickest | ratio | goal |", "|---|--:|--:|--:|--:|"]
    for name, each in taken.items():
        ratio, goal = median[name] / median[BARE], f"< {GOAL_SECONDS:.0f} s" if name == UPDATE else ""
        lines.append(f"| {name} | {1000 * median[name]:.0f} ms | {1000 * min(each):.0f} ms | {ratio:.1f}× | {goal} |")
    print("\n".join(lines))
    print(f"\nA profile takes {median[WITH] / median[WITHOUT]:.1f}× as long with the store; the updates made {asked} requests.\n")
    return min(taken[UPDATE]) < GOAL_SECONDS and not asked


# --- disk ---------------------------------------------------------------------------------------------------------------------------------


def grown(case: Case, days: int, *, moving: bool) -> tuple[int, int]:
    """The bytes of the store after the first run, and after one run on each of so many days."""
    first = datetime(2026, 1, 1, 12, tzinfo=UTC)
    sizes = []
    for day in range(days):
        case.update(*COUNTING, day=day if moving else 0, now=first + timedelta(days=day, minutes=day))
        sizes.append((case.kept / "store.db").stat().st_size)
    return sizes[0], sizes[-1]


def store_table(case: Case, folder: Path, days: int) -> str:
    """The third table."""
    lines = [f"| {WORKS} works, 3 sources | after 1 run | after {days} | a run more |", "|---|--:|--:|--:|"]
    for name, moving in (("every day the same", False), ("every day 20 works cited more", True)):
        first, last = grown(case._replace(kept=folder / name), days, moving=moving)
        each = (last - first) / max(days - 1, 1)
        lines.append(f"| {name} | {first / 1e6:.2f} MB | {last / 1e6:.2f} MB | {each / 1e3:.0f} kB |")
    return "\n".join(lines)


def main() -> int:
    """Print the tables; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.updating", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=11, help="interleaved rounds (default 11)")
    parser.add_argument("--days", type=int, default=DAYS, help=f"days on which the store is added to (default {DAYS})")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, served([WORKS, FEW], days=options.days) as network:
        folder = Path(name)
        world = scholar(0, WORKS)
        every = {
            "by the ids of the person": known(folder / "ids", world, network, ("openalex", "orcid", "s2")),
            "by the ORCID iD alone": known(folder / "orcid", world, network, ("orcid",)),
            "by the works alone": known(folder / "works", world, network),
        }
        little = known(folder / "few", scholar(1, FEW), network, number=options.days)
        few_asked = requests_kept(every)
        quick = times_kept(every["by the works alone"], little, options.rounds)
        print(store_table(every["by the ids of the person"], folder, options.days))
    return int(not (few_asked and quick))


if __name__ == "__main__":
    raise SystemExit(main())
