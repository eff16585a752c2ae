"""One run: every source is asked, side by side, in rounds, and what each said is gathered, whole or in part.

In the first round the sources are asked by the ids of the person. Then they are asked by the works known from the `.bib` and from the sources asked
before, so that a curated list without author ids is counted too; and again as long as one source names an id of a work that another has not
been asked for. What earlier runs brought comes last: so a run that finds everything in the cache asks what the run before it asked, and no more.
Each source has a thread of its own and keeps its own pace. A source that fails costs only itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from citetrack.errors import Malformed, SourceError
from citetrack.records.model import Artifact, Candidate, Observation, Outcome, Problem, Question, Record

if TYPE_CHECKING:
    from citetrack.http import Http
    from citetrack.records.model import Result, Said
    from citetrack.sources import Source

MISSING: Final = frozenset({"unknown_id", "closed_record"})
"""Problems by which the person's own list is missing, beside those by which an item of it is."""
_MOST_ROUNDS: Final = 8
"""Of asking by works: more than ids ever lead from source to source, unless a source makes them up."""
_WORK_SCHEMES: Final = ("doi", "arxiv")
_LOOK: Final = 0.1  # seconds between two reports of progress
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
            self.error = str(error) if isinstance(error, SourceError) else f"{self.name} sent what cannot be read: {error}"
            if isinstance(error, Malformed):
                self.http.forget_last()
        self.state = "waits"

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
        return (
            f"{interrupted} before it was asked"
            if interrupted
            else f"no id that {self.name} can be asked by ({', '.join(self.source.IDS)}) is known"
        )


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

    try:
        for run in _answered(runs, person_ids, (known, remembered), stop, tell):
            deliver(run)
    except KeyboardInterrupt:
        stop.set()
        _wait_for_threads(runs)
        for run in runs:
            if run.name not in delivered:
                deliver(run, "interrupted")
        raise
    finally:
        stop.set()
        for run in runs:
            run.http.close()


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
    for _ in _side_by_side(first, runs, stop, tell):
        pass
    yield from (run for run in runs if not _goes_on(run))
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
    """The works that the source can be asked for by their ids, was not asked for and has not told of yet; `None` where there is none.

    A work that it was asked for by one id and does not know is not asked for by another.
    """
    told = run.wanted | {identifier for record in run.records for identifier in record.ids}
    wanted: dict[str, dict[str, None]] = {scheme: {} for scheme in _WORK_SCHEMES}
    for record in known:
        if told.isdisjoint(record.ids):
            for identifier in record.ids:
                scheme, _, value = identifier.partition(":")
                if scheme in wanted and scheme in run.source.IDS:
                    wanted[scheme][value] = None
    run.wanted |= {f"{scheme}:{value}" for scheme, values in wanted.items() for value in values}
    question = Question(dois=tuple(wanted["doi"]), arxiv=tuple(wanted["arxiv"]))
    return question if question.dois or question.arxiv else None


def _side_by_side(
    questions: Mapping[_Asked, Question], runs: list[_Asked], stop: threading.Event, tell: Callable[[list[Progress]], object]
) -> Iterator[_Asked]:
    """Ask each source its question, each in a thread of its own; those that have been answered, as they come."""
    waiting = {_in_thread(run, question): run for run, question in questions.items()}
    try:
        while waiting:
            finished, _ = wait(waiting, timeout=_LOOK, return_when=FIRST_COMPLETED)
            tell([Progress(run.name, run.state, len(run.keys), run.http.requests) for run in runs])
            for future in finished:
                run = waiting.pop(future)
                if run.thread is not None:
                    run.thread.join()  # it has nothing left to do but end
                future.result()  # what nobody foresaw, and a store that cannot be written to, end the run
                yield run
    finally:
        if waiting:
            stop.set()


def _in_thread(run: _Asked, question: Question) -> Future[None]:
    """A daemon thread rather than a pool: a pool is waited for at exit, and a source may take a minute to say nothing."""
    answered: Future[None] = Future()

    def ask() -> None:
        try:
            run.ask(question)
        except BaseException as error:  # noqa: BLE001 - handed over whole, to be raised by who waits
            answered.set_exception(error)
        else:
            answered.set_result(None)

    run.thread = threading.Thread(target=ask, name=f"citetrack-{run.name}", daemon=True)
    run.thread.start()
    return answered


def _wait_for_threads(runs: Iterable[_Asked]) -> None:
    """Let those that are between two requests end; one that hangs in a request is left to its timeout."""
    for run in runs:
        if run.thread is not None:
            run.thread.join(_GRACE / len(tuple(runs)))
