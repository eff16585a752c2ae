"""Ten people, four sources, and a network on which 30 % of the requests go wrong: `python -m benchmarks.faults`, from a checkout.

A process of its own answers as the four sources are documented to (tests/support/services.py), and spoils every third answer or so: late, reset, 500
to 503, 429 with and without `Retry-After`, noise or another document, cut off. Each person is updated on two days in that weather, and once more in
fine weather. What is promised: every run is complete, or partial or failed with a reason; nothing is kept or shown twice; no thread and no file
stays open; memory stays flat; what once was complete stands; and in the end all is as if nothing had ever gone wrong.

Two kinds of weather: faults that come one by one, and faults that stay for five requests, which outlast the attempts. They are drawn from a seed for
each source apart. Nobody waits for his turn or between two attempts: the waits that were due are added up.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, ClassVar, Final, NamedTuple
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from services import Fault, Person, Reply, Services, Work, World, answers, empty, garbage, half, truncated

from citetrack import app, http
from citetrack.errors import InputError
from citetrack.profiles.profile import Profile
from citetrack.records.model import Outcome

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ("crossref", "openalex", "orcid", "semanticscholar")
SIZES: Final = (20, 200, 40, 180, 60, 160, 80, 140, 100, 120)
SHARE: Final = 0.3
WEATHERS: Final = {"one by one": 1 / (1 - SHARE), "for five requests": 5.0}
"""By how many requests a fault stays on the average."""
FIRST_DAY: Final = datetime(2026, 11, 2, 9, tzinfo=UTC)
SECOND_DAY: Final = FIRST_DAY + timedelta(days=1, hours=1)
GOAL_MEMORY: Final = 2**18
"""Bytes more after the last person than after the second."""


# --- the people ---------------------------------------------------------------------------------------------------------------------------

_WORDS: Final = (
    "adaptive alpine annual aquatic archive binary border canonical cellular coastal coherent colour common compact context copper crystal cyclic deep "
    "desert digital discrete diurnal early elastic emergent estuary faint feedback fertile fluid forest formal fractal garden glacial global granular "
    "harbour harmonic hidden hybrid island isotope kernel lattice layered limestone linear lunar magnetic marginal marine medieval mobile mountain "
    "narrow neural northern nuclear optical orbital organic parallel passive pattern periodic planar polar porous primary quiet radial random recursive "
    "regional remote rural sediment seismic serial silent sparse spectral stable static stellar stochastic symbolic thermal tidal topology transient "
    "tropical urban valley variable vector virtual volcanic western winter"
).split()
_FAMILIES: Final = (
    "Abe Adeyemi Alvarez Andersson Baker Bauer Bianchi Chen Costa Dubois Eriksen Farkas Fischer Garcia Haddad Hansen Horvat Ivanova Jansen "
    "Johansson Kaya Kim Kowalski Kumar Laine Lopez Mbeki Meyer Molnar Moreau Nakamura Nguyen Novak Okafor Olsen Park Pereira Petrov Popescu Rossi "
    "Saito Santos Schmidt Silva Singh Svensson Tanaka Toth Vargas Wagner Walker Weber Wong Yamada Yilmaz Zhou"
).split()
_GIVEN: Final = "Ada Amir Ana Bela Carl Chloe Dana Eli Emil Eva Finn Greta Hana Ines Ivan Jana Kai Lena Lou Mara Mei Nils Nora Omar Paul Rui Tom".split()


def scholar(number: int, works: int, seed: str = "") -> World:
    """A person known to OpenAlex, ORCID and Semantic Scholar, with so many works: papers, preprints, and papers with their preprints."""
    dice = random.Random(f"{seed}person {number}")
    person = Person(
        f"{_GIVEN[number % len(_GIVEN)]} Quill{_FAMILIES[number].lower()}",
        affiliation="University of Somewhere",
        orcid=_orcid(f"00000003{1_000_000 + number}"),
        openalex=f"A51{number:08}",
        s2=f"31{number:08}",
    )
    return World((person,), tuple(_work(person, number, place, dice) for place in range(1, works + 1)))


def _orcid(digits: str) -> str:
    """The iD of fifteen digits with its check character (ISO 7064, MOD 11-2)."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    whole = digits + "0123456789X"[(12 - total % 11) % 11]
    return "-".join(whole[start : start + 4] for start in range(0, 16, 4))


def _work(person: Person, number: int, place: int, dice: random.Random) -> Work:
    authors = [f"{dice.choice(_GIVEN)} {family}" for family in dice.sample(_FAMILIES, dice.randint(0, 11))]
    authors.insert(dice.randint(0, len(authors)), person.name)
    year, kind = dice.randint(2008, 2025), dice.random()
    return Work(
        number * 1000 + place,
        " ".join(dice.sample(_WORDS, 7)).capitalize(),
        tuple(authors),
        year,
        (person,),
        int(dice.paretovariate(0.8)) % 5000,
        doi=f"10.5555/madeup.{year}.{number:03}.{place:05}" if kind < 0.85 else "",
        arxiv=f"{year % 100:02}{dice.randint(1, 12):02}.{place:05}" if kind > 0.6 else "",
        venue="Journal of Made-up Results" if kind < 0.85 else "",
    )


def later(world: World, day: int) -> World:
    """The same person so many days on: every day one work in 25 has been cited again."""
    gained: Counter[int] = Counter()
    for past in range(1, day + 1):
        dice = random.Random(f"day {past}")
        gained.update({work.id: dice.randint(1, 3) for work in dice.sample(world.works, len(world.works) // 25)})
    return World(world.people, tuple(replace(work, cited=work.cited + gained[work.id]) for work in world.works))


def describe(worlds: Sequence[World], folder: Path, schemes: Sequence[str] = ("openalex", "orcid", "s2")) -> list[str]:
    """Write `people.toml` into the folder, with the people's ids of these schemes; their slugs."""
    slugs = [f"person-{number}" for number in range(len(worlds))]
    folder.mkdir(exist_ok=True)
    (folder / "people.toml").write_text(
        "\n".join(_entry(slug, world, schemes) for slug, world in zip(slugs, worlds, strict=True)), encoding="utf-8"
    )
    return slugs


def _entry(slug: str, world: World, schemes: Sequence[str]) -> str:
    person = world.people[0]
    ids = ", ".join(f'{scheme} = "{getattr(person, scheme)}"' for scheme in schemes)
    return f'[{slug}]\nname = "{person.name}"\nids = {{ {ids} }}\n'


# --- the network --------------------------------------------------------------------------------------------------------------------------


def _reset(reply: Reply) -> Reply:
    raise ConnectionResetError


def _late(dice: random.Random) -> Fault:
    def wait(reply: Reply) -> Reply:
        time.sleep(dice.uniform(0.02, 0.2))
        return reply

    return wait


def _another(reply: Reply) -> Reply:
    return replace(reply, body=b'{"unlike": ["anything", {"that": "was asked for"}]}')


def _page(reply: Reply) -> Reply:
    return Reply(200, b"<!doctype html><html><title>Back soon</title></html>", {"Content-Type": "text/html"})


FAULTS: Final[dict[str, Callable[[random.Random], Fault]]] = {
    "late": _late,
    "reset": lambda dice: _reset,
    "5xx": lambda dice: answers(dice.choice((500, 502, 503, 504)), "<html>Oops</html>"),
    "429": lambda dice: answers(429, '{"message": "Too many requests"}'),
    "429 with Retry-After": lambda dice: answers(429, "", retry_after=str(dice.choice((0, 1, 5, 30, 600)))),
    "garbage": lambda dice: dice.choice((garbage, half, empty, _another, _page)),
    "cut off": lambda dice: truncated,
}


@dataclass
class Weather:
    """The faults of one source: on `share` of the requests, each staying for `lasting` requests on the average."""

    share: float
    lasting: float
    dice: random.Random
    bad: bool = False

    def fault(self) -> str | None:
        """What happens to the next request."""
        stays, comes = 1 - 1 / self.lasting, self.share / (self.lasting * (1 - self.share))
        self.bad = self.dice.random() < (stays if self.bad else comes)
        return self.dice.choice(sorted(FAULTS)) if self.bad else None


class Network(ThreadingHTTPServer):
    """Below `/<number>/<source>` the services of one person each, in the weather that was set."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, worlds: Sequence[World], seed: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.services = [Services(world) for world in worlds]
        for one in self.services:
            one.close()  # what they answer is wanted, not their servers
            one.openalex.credits = 10**9
        self.seed, self.lock = seed, threading.Lock()
        self.set(0.0, 1.0)

    def set(self, share: float, lasting: float) -> None:
        """Change the weather, and count anew."""
        self.weather = {source: Weather(share, lasting, random.Random(f"{self.seed} {lasting} {source}")) for source in SOURCES}
        self.counts = dict.fromkeys(["asked", *FAULTS], 0)

    def drawn(self, source: str) -> Fault:
        """What becomes of the next answer of this source."""
        with self.lock:
            weather = self.weather[source]
            name = weather.fault()
            self.counts["asked"] += 1
            if name is None:
                return lambda reply: reply
            self.counts[name] += 1
            return FAULTS[name](weather.dice)

    def handle_error(self, request: Any, client_address: object) -> None:
        """A connection that is to be reset is reset; one that the client has cut is done with."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)
            return
        request.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        request.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Network

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        number, _, rest = self.path.lstrip("/").partition("/")
        right = self.server.services[int(number)].answer(f"/{rest}", self.command, self.headers, body)
        reply = self.server.drawn(rest.partition("/")[0])(right)
        self.send_response_only(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: int(len(reply.body) * reply.cut)])
        self.close_connection = self.close_connection or reply.cut < 1

    do_POST = do_GET  # noqa: N815 - the name is the standard library's

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen."""


def serve(sizes: Sequence[int], days: int, seed: str) -> None:
    """Answer until stdin ends. The first line out is the address; each line in, `share lasting`, is a change of weather, answered by the counts so far."""
    worlds = [scholar(number, size, seed) for number, size in enumerate(sizes)]
    network = Network([later(world, day) for world in worlds for day in range(days)], seed)
    threading.Thread(target=network.serve_forever, args=(0.05,), daemon=True).start()
    print(f"http://127.0.0.1:{network.server_address[1]}", flush=True)
    for line in sys.stdin:
        counts = network.counts
        network.set(*map(float, line.split()))
        print(json.dumps(counts), flush=True)


class Served:
    """The network as the other process sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin
        assert process.stdout
        self._in, self._out = process.stdin, process.stdout
        self.address = self._out.readline().strip()

    def weather(self, share: float = 0.0, lasting: float = 1.0) -> dict[str, int]:
        """Change the weather; how often what has happened in the weather before."""
        print(share, lasting, file=self._in, flush=True)
        counts: dict[str, int] = json.loads(self._out.readline())
        return counts

    def environment(self, number: int, kept: Path) -> dict[str, str]:
        """What makes citetrack ask this network about that person, and keep what it is told in that folder."""
        urls = {f"CITETRACK_{source.upper()}_URL": f"{self.address}/{number}/{source}" for source in SOURCES}
        return urls | {"CITETRACK_STORE": str(kept / "store.db"), "CITETRACK_CACHE": str(kept / "cache")}


@contextmanager
def served(sizes: Sequence[int] = SIZES, seed: str = "", days: int = 1) -> Iterator[Served]:
    """The network for people with so many works, in a process of its own; with `days`, it numbers the days of each person one after the other."""
    options = ["--days", str(days), "--seed", seed]
    command = [sys.executable, "-m", "benchmarks.faults", "--serve", *map(str, sizes), *options]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Served(process)
        finally:
            process.terminate()


# --- the updates --------------------------------------------------------------------------------------------------------------------------


class Impatient(http.Http):
    """A door that keeps no pace, and notes how long it was to wait instead of waiting."""

    waits: ClassVar[list[float]] = []

    def __init__(self, access: http.Access, **options: Any) -> None:
        super().__init__(access._replace(pace=None), wait=self.waits.append, **options)


@dataclass
class Tally:
    """What came of all updates in one weather. `broken`: every promise that was not kept, a line each."""

    results: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    requests: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    retries: int = 0
    waited: float = 0.0
    resumed: int = 0
    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    threads: int = 0
    twice: int = 0
    equal: int = 0

    def check(self, kept: bool, broken: str) -> None:
        """Note the promise that was broken, unless it was kept."""
        if not kept:
            self.broken.append(broken)


class Round(NamedTuple):
    """Everyone who is updated: their slugs, where citetrack is told of them, and the network."""

    slugs: list[str]
    data: Path
    network: Served

    def update(self, number: int, kept: Path, now: datetime) -> Mapping[str, Outcome]:
        """Ask the four sources about that person at that time."""
        environment = self.network.environment(number, kept)
        snapshot = app.update(self.slugs[number], data=self.data, source=SOURCES, environment=environment, now=lambda: now)
        return snapshot.asked

    def profile(self, number: int, kept: Path) -> Profile | None:
        """What is known of that person now; `None` where that is nothing yet."""
        try:
            return app.profile(self.slugs[number], data=self.data, environment=self.network.environment(number, kept))
        except InputError:
            return None


class Truth(NamedTuple):
    """What a run in fine weather says of one person, and what the profile then is."""

    asked: Mapping[str, Outcome]
    profile: dict[str, Any]


def truths(everyone: Round, kept: Path) -> list[Truth]:
    """One run for each person, in fine weather, into a new store."""
    everyone.network.weather()
    asked = [everyone.update(number, kept, SECOND_DAY) for number in range(len(everyone.slugs))]
    profiles = [everyone.profile(number, kept) for number in range(len(everyone.slugs))]
    return [Truth(one, profile.to_dict()) for one, profile in zip(asked, profiles, strict=True) if profile]


def in_weather(everyone: Round, truth: Sequence[Truth], kept: Path, lasting: float) -> Tally:
    """Two days of bad weather for each person, then a run in fine weather."""
    tally = Tally()
    everyone.network.weather(SHARE, lasting)
    Impatient.waits.clear()
    for number in range(len(everyone.slugs)):
        _two_days(tally, everyone, truth[number], number, kept)
        _left_behind(tally)
    tally.retries, tally.waited = len(Impatient.waits), sum(Impatient.waits)
    tally.faults = everyone.network.weather()
    for number in range(len(everyone.slugs)):
        _mended(tally, everyone, truth[number], number, kept)
    return tally


def _two_days(tally: Tally, everyone: Round, truth: Truth, number: int, kept: Path) -> None:
    """Ask about that person on the first day and, when all answers in the cache have aged, on the second."""
    complete: set[str] = set()
    for day in (FIRST_DAY, SECOND_DAY):
        start = time.perf_counter()
        asked = everyone.update(number, kept, day)
        tally.seconds.append(time.perf_counter() - start)
        complete |= _counted(tally, asked, truth.asked, f"{everyone.slugs[number]} on {day:%d %B}")
        _shown(tally, everyone.profile(number, kept), complete, everyone.slugs[number])


def _counted(tally: Tally, asked: Mapping[str, Outcome], truth: Mapping[str, Outcome], where: str) -> set[str]:
    """Hold each outcome to what is promised; the sources that are complete."""
    for source, outcome in asked.items():
        tally.results[outcome.result] += 1
        tally.requests += outcome.requests
        named = outcome.result == "complete" or (outcome.result in ("partial", "failed") and outcome.why)
        tally.check(bool(named), f"{source}, {where}: {outcome.result} without a reason")
        whole = outcome.result != "complete" or outcome.listed == truth[source].listed
        tally.check(whole, f"{source}, {where}: complete with {len(outcome.listed)} of {len(truth[source].listed)} works listed")
        again = [key for key, times in Counter(record.key for record in outcome.records).items() if times > 1]
        tally.twice += len(again)
        tally.check(not again, f"{source}, {where}: {', '.join(again)} twice")
    tally.check(set(asked) == set(SOURCES), f"{where}: only {', '.join(asked)} were asked")
    return {source for source, outcome in asked.items() if outcome.result == "complete"}


def _shown(tally: Tally, profile: Profile | None, complete: set[str], who: str) -> None:
    """Hold the profile to what is promised: nothing is in it twice, and what once was complete stands."""
    if profile:
        tally.twice += len(again := twice(profile))
        tally.check(not again, f"{who}: the profile shows {', '.join(again)} twice")
    standing = {row.source for row in profile.by_source} if profile else set()
    tally.check(complete - {"orcid"} <= standing, f"{who}: {', '.join(complete - standing)} once complete, now missing")


def twice(profile: Profile) -> list[str]:
    """What the profile shows more than once: a record, an id, or a title without the caution that such works stand apart.

    Of the people here nobody has two works of one title. ORCID names no authors, so that of a paper and its preprint there only another
    source can tell that they are one work.
    """
    shown: Counter[str] = Counter()
    for row in profile.works:
        shown.update({identifier for record in row.work.records for identifier in record.ids})
        shown.update(f"{record.source}'s {record.key}" for record in row.work.records)
    titles = Counter(row.title for row in profile.works if row.title)
    warned = sum(caution.code == "unjoined" for caution in profile.warnings)
    shown.update(dict([pair for pair in titles.most_common() if pair[1] > 1][warned:]))
    return [one for one, times in shown.items() if times > 1]


def _left_behind(tally: Tally) -> None:
    """Count what an update has left: threads, open files, memory."""
    others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    tally.threads += len(others)
    tally.check(not others, f"left running: {', '.join(others)}")
    gc.collect()
    tally.memory.append(tracemalloc.get_traced_memory()[0])
    opened = Path("/proc/self/fd")
    tally.files.append(len(list(opened.iterdir())) if opened.exists() else 0)


def _mended(tally: Tally, everyone: Round, truth: Truth, number: int, kept: Path) -> None:
    """After one more run, in fine weather, all is as if nothing had ever gone wrong."""
    who = everyone.slugs[number]
    asked = everyone.update(number, kept, SECOND_DAY)
    tally.resumed += sum(outcome.requests for outcome in asked.values())
    for source, outcome in asked.items():
        same = content(outcome) == content(truth.asked[source])
        tally.equal += same
        tally.check(same, f"{source}, {who}: not what a new store holds ({outcome.result} {outcome.why})")
    profile = everyone.profile(number, kept)
    tally.check(
        profile is not None and profile.to_dict() == truth.profile, f"{who}: the profile is not what it is from a new store"
    )


def content(outcome: Outcome) -> object:
    """What an outcome says, whatever it took and in whatever order it came."""
    return (
        outcome.result,
        outcome.day,
        outcome.listed,
        sorted(map(repr, outcome.records)),
        sorted(map(repr, outcome.observations)),
        sorted(map(repr, outcome.candidates)),
        sorted(map(repr, outcome.problems)),
    )


def table(tallies: Mapping[str, Tally]) -> str:
    """The figures as a Markdown table, a column for each weather."""
    rows: dict[str, Callable[[Tally], str]] = {
        "outcomes of a source": lambda it: f"{it.results.total()}",
        "complete": lambda it: f"{it.results['complete']}",
        "partial, with the reason": lambda it: f"{it.results['partial']}",
        "failed, with the reason": lambda it: f"{it.results['failed']}",
        "requests": lambda it: f"{it.requests}",
        "of them spoilt": lambda it: f"{_spoilt(it):.0%}",
        "asked once more": lambda it: f"{it.retries}",
        "waits that were due": lambda it: f"{it.waited:.0f} s",
        "an update without them, memory being traced": lambda it: f"{statistics.median(it.seconds):.2f} s",
        "kept or shown twice": lambda it: f"{it.twice}",
        "threads left": lambda it: f"{it.threads}",
        "open files, first to last person": lambda it: f"{it.files[0]} to {it.files[-1]}",
        "memory, second to last person": lambda it: f"{it.memory[1] / 2**20:.2f} to {it.memory[-1] / 2**20:.2f} MB",
        "requests of the run in fine weather": lambda it: f"{it.resumed}",
        "then as in a new store": lambda it: f"{it.equal} of {it.results.total() // 2}",
        "promises broken": lambda it: f"{len(it.broken)}",
    }
    head = [f"| {SHARE:.0%} of the requests go wrong | {' | '.join(tallies)} |", f"|---|{'--:|' * len(tallies)}"]
    return "\n".join([*head, *(f"| {name} | {' | '.join(map(show, tallies.values()))} |" for name, show in rows.items())])


def _spoilt(tally: Tally) -> float:
    return sum(tally.faults[name] for name in FAULTS) / max(tally.faults["asked"], 1)


def flat(tally: Tally) -> bool:
    """Whether nothing grows over the people; the first two have everything loaded."""
    return tally.memory[-1] - tally.memory[1] < GOAL_MEMORY and tally.files[-1] <= tally.files[0]


def measure(seed: str) -> dict[str, Tally]:
    """The tally of each weather."""
    with tempfile.TemporaryDirectory() as name, served(SIZES, seed) as network, mock.patch("citetrack.http.Http", Impatient):
        folder = Path(name)
        slugs = describe([scholar(number, size, seed) for number, size in enumerate(SIZES)], folder / "data")
        everyone = Round(slugs, folder / "data", network)
        truth = truths(everyone, folder / "fine")
        tracemalloc.start()
        return {name: in_weather(everyone, truth, folder / name, lasting) for name, lasting in WEATHERS.items()}


def main() -> int:
    """Print the table; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", default="", help="another sequence of faults and other people")
    parser.add_argument("--serve", type=int, nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--days", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.days, options.seed)
        return 0
    tallies = measure(options.seed)
    print(table(tallies))
    for weather, tally in tallies.items():
        tally.check(flat(tally), "memory or open files grow over the people")
        for broken in tally.broken:
            print(f"broken, {weather}: {broken}", file=sys.stderr)
    return int(any(tally.broken for tally in tallies.values()))


if __name__ == "__main__":
    raise SystemExit(main())
