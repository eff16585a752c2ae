"""One run: two rounds, side by side, each source complete or named partial."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from citetrack.errors import Malformed, StoreError, Unavailable
from citetrack.fetching import Progress, gather
from citetrack.http import Access, Http
from citetrack.records.model import Observation, Outcome, Problem, Question, Record, Said
from citetrack.sources import Source

PERSON = {"orcid": "0000-0002-1825-0097", "dblp": "215/3823"}


def source(fetch: Callable[[Question, Http], Iterator[Said]], *ids: str) -> Source:
    """A source in memory: what it says is decided here, nothing is asked of a network."""
    return cast("Source", SimpleNamespace(IDS=ids, fetch=fetch))


def work(key: str, *ids: str, source: str = "s") -> Record:
    return Record(key=key, source=source, title=key, ids=ids)


def gathered(sources: Mapping[str, Source], known: list[Record] | None = None, **options: Any) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}

    def door(name: str) -> Http:
        return Http(Access(source=name, base="http://127.0.0.1:9", pace=None))

    gather(PERSON, known or [], sources, door, lambda one: outcomes.__setitem__(one.source, one), threading.Event(), **options)
    return outcomes


def test_sources_are_asked_by_the_person_and_then_by_the_works_known() -> None:
    """The second round asks each source for the works that it has not told of, known from the list or from another source."""
    asked: list[tuple[str, Question]] = []

    def lists(question: Question, http: Http) -> Iterator[Said]:
        asked.append(("lists", question))
        if question.ids:
            yield work("a", "doi:10.1/a", "arxiv:2001.00001")

    def counts(question: Question, http: Http) -> Iterator[Said]:
        asked.append(("counts", question))
        yield from (work(doi, f"doi:{doi}") for doi in question.dois)

    outcomes = gathered(
        {"lists": source(lists, "dblp", "doi"), "counts": source(counts, "doi", "arxiv")}, [work("b", "doi:10.1/b", source="bib")]
    )
    assert asked[0] == ("lists", Question(ids={"dblp": "215/3823"}))
    assert sorted(asked[1:]) == [
        ("counts", Question(dois=("10.1/a", "10.1/b"))),
        ("lists", Question(dois=("10.1/b",))),
    ]
    assert {name: (one.result, one.asked, len(one.records)) for name, one in outcomes.items()} == {
        "lists": ("complete", ("dblp:215/3823",), 1),
        "counts": ("complete", (), 2),
    }


def test_the_ids_of_a_work_are_asked_one_after_the_other() -> None:
    """The DOI first, then, of the works that it did not lead to, the arXiv id; a source is never asked for a work it has told of, nor by an id twice."""
    asked: list[Question] = []

    def knows(question: Question, http: Http) -> Iterator[Said]:
        asked.append(question)
        if "10.1/paper" in question.dois:
            yield work("paper", "doi:10.1/paper")
        if "2001.00002" in question.arxiv:
            yield work("preprint", "arxiv:2001.00002")

    known = [
        work("a", "arxiv:2001.00001", "doi:10.1/paper", source="bib"),
        work("b", "doi:10.1/unknown", "doi:10.1/of-the-preprint", "arxiv:2001.00002", source="bib"),
        work("c", "arxiv:2001.00003", source="bib"),
    ]
    outcome = gathered({"s": source(knows, "doi", "arxiv")}, known)["s"]
    assert asked == [
        Question(dois=("10.1/paper", "10.1/unknown"), arxiv=("2001.00003",)),
        Question(dois=("10.1/of-the-preprint",)),
        Question(arxiv=("2001.00002",)),
    ]
    assert (outcome.result, [record.key for record in outcome.records]) == ("complete", ["paper", "preprint"])


def test_works_are_asked_for_in_an_order_of_their_own() -> None:
    """Who told of a work first makes no other question, so that the cache knows it again; an id that several records bear is asked once."""
    asked: list[Question] = []

    def knows_nothing(question: Question, http: Http) -> Iterator[Said]:
        asked.append(question)
        return iter(())

    dois = [f"10.1/{letter}" for letter in "abcdefgh"]
    known = [work(doi, f"doi:{doi}") for doi in dois]
    known += [work("b", "doi:10.1/a", "arxiv:2001.00002"), work("c", "arxiv:2001.00001"), work("d", "doi:10.1/a")]
    for order in (known, known[::-1]):
        gathered({"s": source(knows_nothing, "doi", "arxiv")}, order)
    assert asked == [Question(dois=tuple(dois), arxiv=("2001.00001",)), Question(arxiv=("2001.00002",))] * 2


def test_what_is_in_the_sources_own_list_is_told_from_what_was_asked_for() -> None:
    """`listed` holds the keys of the person's own list alone; a work told twice is kept once."""

    def fetch(question: Question, http: Http) -> Iterator[Said]:
        yield work("a", "doi:10.1/a")
        if question.dois:
            yield work("b", "doi:10.1/b")

    outcome = gathered({"s": source(fetch, "dblp", "doi")}, [work("x", "doi:10.1/b", source="bib")])["s"]
    assert [record.key for record in outcome.records] == ["a", "b"]
    assert outcome.listed == {"a"}


def test_a_source_that_nothing_is_known_for_is_skipped_and_says_why() -> None:
    """A source that can be asked by nothing known is not asked."""

    def fetch(question: Question, http: Http) -> Iterator[Said]:
        raise AssertionError("asked")
        yield

    outcome = gathered({"s": source(fetch, "s2", "doi")})["s"]
    assert (outcome.result, outcome.why) == ("skipped", "nothing is known that it can be asked by: s2, doi")


def fails(error: Exception, *said: Said) -> Source:
    def fetch(question: Question, http: Http) -> Iterator[Said]:
        yield from said
        raise error

    return source(fetch, "dblp")


@pytest.mark.parametrize(
    ("failing", "result", "why"),
    [
        (fails(Unavailable("s is down")), "failed", "s is down"),
        (fails(Unavailable("s is down"), work("a")), "partial", "s is down"),
        (fails(Malformed("page holds 5"), work("a")), "partial", "s sent what cannot be read: page holds 5"),
        (fails(Unavailable("down"), Observation("s", None, 5)), "partial", "down"),
    ],
)
def test_a_source_that_fails_is_named_and_costs_no_other(failing: Source, result: str, why: str) -> None:
    """What a source said before it failed is kept, and the others are complete."""
    outcomes = gathered({"s": failing, "other": source(lambda question, http: iter([work("b")]), "dblp")})
    assert (outcomes["s"].result, outcomes["s"].why) == (result, why)
    assert outcomes["other"].result == "complete"


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("unread", "partial"),
        ("unknown_id", "partial"),
        ("closed_record", "partial"),
        ("merged_id", "complete"),
        ("no_profile", "complete"),
    ],
)
def test_a_problem_makes_a_run_partial_where_something_is_missing(code: str, result: str) -> None:
    """An item that was lost, or a list that could not be had, leaves the run partial, with the message; a remark does not."""
    said = [work("a"), Problem(code, "why")]
    outcome = gathered({"s": source(lambda question, http: iter(said), "dblp")})["s"]
    assert (outcome.result, outcome.why) == (result, "" if result == "complete" else "why")
    assert [problem.code for problem in outcome.problems] == [code]


def test_a_source_that_failed_is_not_asked_again_in_the_second_round() -> None:
    """A source that is down is left alone."""
    asked: list[Question] = []

    def fetch(question: Question, http: Http) -> Iterator[Said]:
        asked.append(question)
        raise Unavailable("down")
        yield

    gathered({"s": source(fetch, "dblp", "doi")}, [work("x", "doi:10.1/b", source="bib")])
    assert len(asked) == 1


@pytest.mark.parametrize("error", [StoreError("the disk is full"), ZeroDivisionError()])
def test_what_is_no_fault_of_a_source_ends_the_run(error: Exception) -> None:
    """A store that cannot be written to, or a fault of ours, is not taken for an outage."""
    with pytest.raises(type(error)):
        gathered({"s": fails(error)})


def test_an_interruption_keeps_what_was_said() -> None:
    """On Ctrl-C each source that is not done comes as a partial outcome, and the interruption goes on."""
    held, interrupted = threading.Event(), threading.Event()

    def fetch(question: Question, http: Http) -> Iterator[Said]:
        yield work("a")
        interrupted.set()
        held.wait(30)
        yield work("b")

    outcomes: dict[str, Outcome] = {}

    def tell(progress: list[Progress]) -> None:
        if interrupted.is_set():
            held.set()
            raise KeyboardInterrupt

    def door(name: str) -> Http:
        return Http(Access(source=name, base="http://127.0.0.1:9", pace=None))

    stop = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        gather(PERSON, [], {"s": source(fetch, "dblp")}, door, lambda one: outcomes.__setitem__(one.source, one), stop, tell)
    assert stop.is_set()
    assert (outcomes["s"].result, outcomes["s"].why) == ("partial", "interrupted")
    assert "a" in [record.key for record in outcomes["s"].records]


def test_no_thread_is_left() -> None:
    """When a run is over, so are its threads."""
    gathered({name: source(lambda question, http: iter([work("a")]), "dblp") for name in "abcdef"})
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("citetrack-") and thread.is_alive()]


def test_a_source_that_drips_for_ever_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that has been sending one answer for longer than anybody waits is named and left; the others are complete."""
    released = threading.Event()

    def drips(question: Question, http: Http) -> Iterator[Said]:
        yield work("a")
        http.asked_at = -1_000_000.0
        released.wait(30)

    outcomes = gathered({"s": source(drips, "dblp"), "other": source(lambda question, http: iter([work("b")]), "dblp")})
    released.set()
    assert (outcomes["s"].result, outcomes["other"].result) == ("partial", "complete")
    assert "has been sending one answer for 5 minutes" in outcomes["s"].why


def test_a_source_that_has_said_all_is_written_down_at_once() -> None:
    """Who is asked nothing more is delivered while others are still being asked, so that nothing can undo it."""
    held = threading.Event()

    def slow(question: Question, http: Http) -> Iterator[Said]:
        held.wait(30)
        yield work("b")

    delivered: list[str] = []

    def done(outcome: Outcome) -> None:
        delivered.append(outcome.source)
        held.set()

    def door(name: str) -> Http:
        return Http(Access(source=name, base="http://127.0.0.1:9", pace=None))

    quick = source(lambda question, http: iter([work("a")]), "dblp")
    gather(PERSON, [], {"slow": source(slow, "dblp"), "quick": quick}, door, done, threading.Event())
    assert delivered == ["quick", "slow"]


def test_a_fault_of_ours_costs_the_other_sources_nothing() -> None:
    """What nobody foresaw ends the run, but what the other sources said by then is delivered first."""
    outcomes: dict[str, Outcome] = {}

    def door(name: str) -> Http:
        return Http(Access(source=name, base="http://127.0.0.1:9", pace=None))

    sources = {"bad": fails(KeyError("x")), "good": source(lambda question, http: iter([work("a")]), "dblp", "doi")}
    with pytest.raises(KeyError):
        gather(PERSON, [], sources, door, lambda one: outcomes.__setitem__(one.source, one), threading.Event())
    assert [record.key for record in outcomes["good"].records] == ["a"]
    assert "fault" in outcomes["bad"].why


@pytest.mark.skipif(os.name == "nt", reason="signals are sent to oneself as on POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_waits_for_what_is_being_written_down(number: signal.Signals) -> None:
    """Ctrl-C and the order to end come to their right after an outcome has been written, whole and once."""
    written: list[str] = []

    def write(outcome: Outcome) -> None:
        os.kill(os.getpid(), number)
        written.append(outcome.source)

    def door(name: str) -> Http:
        return Http(Access(source=name, base="http://127.0.0.1:9", pace=None))

    kept = signal.getsignal(signal.SIGTERM)
    sources = {name: source(lambda question, http: iter([work("a")]), "dblp") for name in ("r", "s")}
    with pytest.raises(KeyboardInterrupt):
        gather(PERSON, [], sources, door, write, threading.Event())
    assert sorted(written) == ["r", "s"]
    assert signal.getsignal(signal.SIGTERM) is kept
