"""One run: every source is asked, side by side, in rounds, and what each said is gathered, whole or in part.

In the first round the sources are asked by the ids of the person. Then they are asked by the works known from the `.bib` and from the sources asked
before, so that a curated list without author ids is counted too; and again as long as one source names an id of a work that another has not
been asked for. What earlier runs brought comes last: so a run that finds everything in the cache asks what the run before it asked, and no more.
Each source has a thread of its own and keeps its own pace. A source that fails costs only itself.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from citetrack.errors import BadAnswer, Malformed, Refused, SourceError, StoreError
from citetrack.records.model import Artifact, Candidate, Observation, Outcome, Problem, Question, Record

if TYPE_CHECKING:
    from citetrack.http import Http
    from citetrack.records.model import Result, Said
    from citetrack.sources import Source

_T = TypeVar("_T")
MISSING: Final = frozenset({"unknown_id", "closed_record"})
"""Problems by which the person's own list is missing, beside those by which an item of it is."""
_MOST_ROUNDS: Final = 8
"""Of asking by works: more than ids ever lead from source to source, unless a source makes them up."""
_WORK_SCHEMES: Final = ("doi", "arxiv")
_LOOK: Final = 0.1  # seconds between two reports of progress
_PATIENCE: Final = 300.0  # seconds for one answer, where the transport's own limits do not see that it drips
_GRACE: Final = 2.0  # seconds that an interrupted source gets to end by itself


class Progress(NamedTuple):
    """How far one source is: what it does, and how much it has said."""

    source: str
    state: str
    records: int
    requests: int


@dataclass(slots=True, eq=False)
class _Asked:
    """A source while it is asked. Only its own thread writes; appending is atomic, so that the others may read at any time."""

    name: str
    source: Source
    http: Http
    asked: tuple[str, ...]
    said: list[Said] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    wanted: set[str] = field(default_factory=set)
    listed: list[str] = field(default_factory=list)
    questions: int = 0
    error: str = ""
    state: str = "waits"
    thread: threading.Thread | None = None

    @property
    def records(self) -> list[Record]:
        return [item for item in tuple(self.said) if isinstance(item, Record)]

    def ask(self, question: Question) -> None:
        """Ask and keep what is said, item by item; what went wrong is kept as the reason."""
        self.questions += 1
        self.state = "asks"
        try:
            for item in self.source.fetch(question, self.http):
                self._keep(item, own=bool(question.ids))
        except (SourceError, Malformed) as error:
            self.error = _in_words(self.name, error, self.http)
        self.state = "answered"

    def _keep(self, item: Said, *, own: bool) -> None:
        if isinstance(item, Problem) and item.lost:
            self.http.forget_last()
        if isinstance(item, Record):
            if own:
                self.listed.append(item.key)
            if item.key in self.keys:
                return
            self.keys.add(item.key)
        self.said.append(item)

    def outcome(self, interrupted: str = "") -> Outcome:
        """What came of it."""
        said = tuple(self.said)
        problems = tuple(item for item in said if isinstance(item, Problem))
        reasons = [reason for reason in (interrupted, self.error) if reason]
        reasons += [problem.message for problem in problems if problem.lost or problem.code in MISSING]
        observations = tuple(item for item in said if isinstance(item, Observation))
        records = tuple(item for item in said if isinstance(item, Record))
        return Outcome(
            source=self.name,
            result=_result(self.questions, reasons, something=bool(records or observations)),
            why=_in_one_line(reasons) if self.questions else self._why_not_asked(interrupted),
            day=self.http.day,
            asked=self.asked,
            requests=self.http.requests,
            records=records,
            listed=frozenset(self.listed),
            observations=observations,
            artifacts=tuple(item for item in said if isinstance(item, Artifact)),
            candidates=tuple(item for item in said if isinstance(item, Candidate)),
            problems=problems,
        )

    def _why_not_asked(self, interrupted: str) -> str:
        if interrupted:
            return f"{interrupted} before it was asked"
        return f"nothing is known that it can be asked by: {', '.join(self.source.IDS)}"


def _in_words(source: str, error: SourceError | Malformed, http: Http) -> str:
    """What went wrong, in one line; an answer that may be mended when it is asked for again is not kept in the cache."""
    if isinstance(error, BadAnswer | Malformed | Refused):
        http.forget_last()
    return str(error) if isinstance(error, SourceError) else f"{source} sent what cannot be read: {error}"


def _result(questions: int, reasons: list[str], *, something: bool) -> Result:
    if not questions:
        return "skipped"
    if not reasons:
        return "complete"
    return "partial" if something else "failed"


def _in_one_line(reasons: list[str]) -> str:
    distinct = list(dict.fromkeys(reasons))
    more = f" (and {len(distinct) - 3} more)" if len(distinct) > 3 else ""
    return "; ".join(distinct[:3]) + more


def gather(
    person_ids: Mapping[str, str],
    known: Iterable[Record],
    sources: Mapping[str, Source],
    door: Callable[[str], Http],
    done: Callable[[Outcome], object],
    stop: threading.Event,
    tell: Callable[[list[Progress]], object] = lambda progress: None,
    remembered: Iterable[Record] = (),
) -> None:
    """Ask all `sources`; `done` gets the outcome of each as soon as it is there, in this thread. Those that cannot be asked by anything known are skipped.

    `person_ids` maps schemes to the person's ids, `known` are the works already known, `remembered` those that earlier runs brought, `door` opens
    the way to one source, `tell` hears of the progress in this thread. On Ctrl-C `stop` is set, what has been said so far comes as partial
    outcomes, and the interruption goes on.
    """
    runs = [_prepared(name, source, person_ids, door(name)) for name, source in sources.items()]
    delivered: set[str] = set()

    def deliver(run: _Asked, interrupted: str = "") -> None:
        done(run.outcome(interrupted))
        delivered.add(run.name)

    ended = "a fault of citetrack's own ended the run"
    try:
        for run in _answered(runs, person_ids, (known, remembered), stop, tell):
            with _undisturbed():
                deliver(run)
        ended = ""
    except KeyboardInterrupt:
        ended = "interrupted"
        raise
    except StoreError:
        ended = ""  # there is nothing to deliver to
        raise
    finally:
        stop.set()
        if ended:
            with _undisturbed():
                _wait_for_threads(runs)
                for run in runs:
                    if run.name not in delivered:
                        deliver(run, ended)
        for run in runs:
            run.http.close()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Inside, Ctrl-C and the order to end wait: what is being written down is written whole. They come to their right afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is ever interrupted
        return
    pressed: list[int] = []
    kept = {number: signal.signal(number, lambda number, _: pressed.append(number)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: it was not set from Python
    if pressed:
        raise KeyboardInterrupt


def _prepared(name: str, source: Source, person_ids: Mapping[str, str], http: Http) -> _Asked:
    asked = tuple(sorted(f"{scheme}:{value}" for scheme, value in _own(source, person_ids).items()))
    return _Asked(name, source, http, asked)


def _own(source: Source, person_ids: Mapping[str, str]) -> dict[str, str]:
    """Those of the person's ids that the source can be asked by."""
    return {scheme: value for scheme, value in person_ids.items() if scheme in source.IDS}


def _answered(
    runs: list[_Asked],
    person_ids: Mapping[str, str],
    works: Iterable[Iterable[Record]],
    stop: threading.Event,
    tell: Callable[[list[Progress]], object],
) -> Iterator[_Asked]:
    """The sources, each as soon as there is nothing more to ask it."""
    first = {run: Question(ids=_own(run.source, person_ids)) for run in runs if run.asked}
    for run in _side_by_side(first, runs, stop, tell):
        if not _goes_on(run):
            yield run
    yield from (run for run in runs if run not in first and not _goes_on(run))
    going_on = [run for run in runs if _goes_on(run)]
    for known in works:
        for questions in _by_all_works(list(known), going_on, runs):
            for _ in _side_by_side(questions, runs, stop, tell):
                pass
    yield from going_on


def _goes_on(run: _Asked) -> bool:
    return not run.error and any(scheme in run.source.IDS for scheme in _WORK_SCHEMES)


def _by_all_works(works: list[Record], asked: list[_Asked], runs: list[_Asked]) -> Iterator[dict[_Asked, Question]]:
    """What to ask for these works and for those told of so far, and again while an answer names an id that another source was not asked for."""
    for _ in range(_MOST_ROUNDS):
        known = [*works, *(record for run in runs for record in run.records)]
        questions = {run: question for run in asked if not run.error and (question := _by_works(run, known))}
        if not questions:
            return
        yield questions


def _by_works(run: _Asked, known: Iterable[Record]) -> Question | None:
    """The works that the source has not told of and can be asked for by an id that it was not asked for yet; `None` where there is none.

    Of each work one id at a time, the DOI first: most works are found by it, and each batch has its price. In an order that does not depend on who
    told of a work first: so the cache knows a batch again.
    """
    told = {identifier for record in run.records for identifier in record.ids}
    wanted = {identifier for record in known if told.isdisjoint(record.ids) and (identifier := _next_id(record, run))}
    run.wanted |= wanted
    dois, arxiv = ([one.partition(":")[2] for one in sorted(wanted) if one.startswith(scheme)] for scheme in _WORK_SCHEMES)
    return Question(dois=tuple(dois), arxiv=tuple(arxiv)) if wanted else None


def _next_id(record: Record, run: _Asked) -> str | None:
    """The id by which to ask for the work next."""
    for scheme in _WORK_SCHEMES:
        if scheme in run.source.IDS:
            for identifier in record.ids:
                if identifier.startswith(f"{scheme}:") and identifier not in run.wanted:
                    return identifier
    return None


def _side_by_side(
    questions: Mapping[_Asked, Question], runs: list[_Asked], stop: threading.Event, tell: Callable[[list[Progress]], object]
) -> Iterator[_Asked]:
    """Ask each source its question, each in a thread of its own; those that have been answered, as they come."""
    waiting: dict[Future[None], _Asked] = {}
    for run, question in questions.items():
        answered, run.thread = _in_thread(partial(run.ask, question), run.name)
        waiting[answered] = run

    def look() -> None:
        tell([Progress(run.name, run.state, len(run.keys), run.http.requests) for run in runs])

    for answered in _as_they_come({one: run.http for one, run in waiting.items()}, stop, look):
        run = waiting[answered]
        if not answered.done():
            run.error = _hangs(run.name)
        else:
            if run.thread is not None:
                run.thread.join()  # it has nothing left to do but end
            answered.result()  # what nobody foresaw, and a store that cannot be written to, end the run
        yield run


def _as_they_come(asked: Mapping[Future[_T], Http], stop: threading.Event, look: Callable[[], object]) -> Iterator[Future[_T]]:
    """The futures as they are done, with a look around several times a second; whoever stops looking stops the rest.

    One whose source has been sending a single answer for longer than anybody waits comes although it is not done, and is left to itself.
    """
    waiting = set(asked)
    try:
        while waiting:
            finished, waiting = wait(waiting, timeout=_LOOK, return_when=FIRST_COMPLETED)
            look()
            hanging = {one for one in waiting if time.monotonic() - (asked[one].asked_at or math.inf) > _PATIENCE}
            waiting -= hanging
            yield from (*finished, *hanging)
    finally:
        if waiting:
            stop.set()


def _hangs(source: str) -> str:
    return f"{source} has been sending one answer for {_PATIENCE / 60:.0f} minutes, and was left; try again later"


def _in_thread(task: Callable[[], _T], name: str) -> tuple[Future[_T], threading.Thread]:
    """A daemon thread rather than a pool: a pool is waited for at exit, and a source may take a minute to say nothing."""
    done: Future[_T] = Future()

    def ask() -> None:
        try:
            done.set_result(task())
        except BaseException as error:  # noqa: BLE001 - handed over whole, to be raised by who waits
            done.set_exception(error)

    thread = threading.Thread(target=ask, name=f"citetrack-{name}", daemon=True)
    thread.start()
    return done, thread


def _wait_for_threads(runs: list[_Asked]) -> None:
    """Let those that are between two requests end; one that hangs in a request is left to its timeout."""
    for run in runs:
        if run.thread is not None:
            run.thread.join(_GRACE / len(runs))


def search(
    name: str,
    finders: Mapping[str, Callable[[str, Http], Iterator[Candidate]]],
    door: Callable[[str], Http],
    most: int,
    stop: threading.Event,
    tell: Callable[[list[Progress]], object] = lambda progress: None,
) -> tuple[list[Candidate], dict[str, str]]:
    """The people of that name, at most so many of each source, in the order of the sources; and why a source could not be asked.

    The sources are asked side by side; what one said before it failed counts.
    """
    doors = {source: door(source) for source in finders}
    found: dict[str, list[Candidate]] = {source: [] for source in finders}
    failed: dict[str, str] = {}

    def look_for(source: str) -> None:
        try:
            for candidate in islice(finders[source](name, doors[source]), most):
                found[source].append(candidate)
        except (SourceError, Malformed) as error:
            failed[source] = _in_words(source, error, doors[source])

    def look() -> None:
        tell([Progress(source, "asks", len(found[source]), http.requests) for source, http in doors.items()])

    waiting = {_in_thread(partial(look_for, source), source)[0]: source for source in finders}
    try:
        for answered in _as_they_come({one: doors[source] for one, source in waiting.items()}, stop, look):
            if answered.done():
                answered.result()
            else:
                failed[waiting[answered]] = _hangs(waiting[answered])
    finally:
        stop.set()
        for http in doors.values():
            http.close()
    return [candidate for source in finders for candidate in found[source]], dict(sorted(failed.items()))
