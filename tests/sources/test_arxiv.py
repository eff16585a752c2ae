"""arXiv: works by their ids, and spellings of a name; on real recordings where there are any."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import BadAnswer, Malformed
from citetrack.http import Http
from citetrack.records.model import Candidate, Problem, Question, Record
from citetrack.sources import arxiv

Ask = Callable[..., list[Any]]


@pytest.fixture
def ask(serve: Callable[..., Any], door: Callable[..., Http]) -> Ask:
    """`ask(exchanges, *ids)`: everything said about these ids; `ask.served` is the server asked last."""

    def run(exchanges: Any, *identifiers: str) -> list[Any]:
        run.served = serve(exchanges)  # type: ignore[attr-defined]
        return list(arxiv.fetch(Question(arxiv=identifiers), door(arxiv, run.served.url)))  # type: ignore[attr-defined]

    return run


def feed(*entries: str, total: object = None) -> str:
    counted = f"<o:totalResults>{len(entries) if total is None else total}</o:totalResults>"
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/" '
        f'xmlns:arxiv="http://arxiv.org/schemas/atom">{counted}{"".join(entries)}</feed>'
    )


def paper(identifier: str, title: str = "A title", *authors: str, **said: str) -> str:
    more = "".join(f"<arxiv:{tag}>{text}</arxiv:{tag}>" for tag, text in said.items() if tag != "summary")
    names = "".join(f"<author><name>{name}</name></author>" for name in authors or ("Ada Berg",))
    summary = f"<summary>{said.get('summary', 'We study it.')}</summary>"
    return (
        f"<entry><id>http://arxiv.org/abs/{identifier}</id><title>{title}</title>{summary}"
        f"<published>2024-03-05T10:00:00Z</published>{more}{names}</entry>"
    )


def exchange(body: object, **more: Any) -> dict[str, Any]:
    return {"path": "/query", "body": body, **more}


def records(said: list[Any]) -> list[Record]:
    return [item for item in said if isinstance(item, Record)]


def problems(said: list[Any]) -> list[str]:
    return [item.code for item in said if isinstance(item, Problem)]


# --- real recordings


def test_a_real_work_is_read_whole(recorded: Callable[..., Any], ask: Ask) -> None:
    """A recorded answer about one work becomes its record, without any observation: arXiv counts no citations."""
    (said,) = ask(recorded("arxiv", "id_1605.08386_s0_m100_199195aa31ad.json"), "1605.08386")
    assert (said.key, said.title, said.year) == ("1605.08386", "Heat-bath random walks with Markov bases", 2016)
    assert [str(author) for author in said.authors] == ["Stanley, Caprice", "Windisch, Tobias"]
    assert (said.venue, said.type, said.ids, said.observations) == ("arXiv", "misc", ("arxiv:1605.08386",), ())
    assert said.entry["primaryclass"] == "math.CO"
    assert (said.entry["version"], said.entry["url"]) == ("1", "http://arxiv.org/abs/1605.08386v1")


def test_a_real_old_id_and_its_journal_reference_are_kept(recorded: Callable[..., Any], ask: Ask) -> None:
    """An id of the old scheme is the key with its slash, and the journal reference stands in the entry; the venue stays arXiv."""
    (said,) = ask(recorded("arxiv", "id_astro-ph_0601001_s0_m100_3150dca9dc76.json"), "astro-ph/0601001")
    assert (said.key, said.venue, said.entry["journal"]) == ("astro-ph/0601001", "arXiv", "ActaAstron.56:1-50,2006")
    assert str(said.authors[2]) == "Gaudi, B. Scott"


def test_of_two_real_ids_the_unknown_one_is_named(recorded: Callable[..., Any], ask: Ask) -> None:
    """An id that arXiv does not have costs nothing but is told, once for all of them, and loses nothing of the run."""
    said = ask(recorded("arxiv", "id_0808.05394_1707.08567_s0_m100_42e5aa0ec3af.json"), "0808.05394", "1707.08567")
    assert [record.key for record in records(said)] == ["1707.08567"]
    assert len(said[0].authors) == 34
    assert "0808.05394" in said[1].message
    assert not said[1].lost


def test_a_real_answer_without_works_is_an_unknown_id(recorded: Callable[..., Any], ask: Ask) -> None:
    """A recorded feed of no entries says that the id is unknown."""
    assert problems(ask(recorded("arxiv", "id_0000.0000_s0_m100_8b51d9633a68.json"), "0000.0000")) == ["unknown_work"]


@pytest.mark.parametrize("name", ["id_2104.12255v1_s0_m100_6ae69987ffe1.json", "id_quant-ph_0201082v1_s0_m100_86989fe779ef.json"])
def test_what_was_recorded_of_one_version_reads_as_the_work(recorded: Callable[..., Any], ask: Ask, name: str) -> None:
    """The answer about a version is read as the work's: the version is not in the key but in the entry."""
    (said,) = ask([exchange(recorded("arxiv", name)[0].body)], "2104.12255")[:1]
    assert said.key in name.replace("_", "/")
    assert not said.key.endswith("v1")
    assert said.entry["version"] == "1"
    assert said.title in (
        "0",
        "Quantum Computers and Quantum Computer Languages: Quantum Assembly Language and Quantum C Language",
    )


def test_the_real_error_for_a_bad_id_is_no_record(recorded: Callable[..., Any], ask: Ask) -> None:
    """The error of arXiv itself is a failed request with its status, an item lost without it, and never a work called Error."""
    error = recorded("arxiv", "id_abc_s0_m100_b79c8dcf6bc3.json")[0].body
    said = ask([exchange(error)], "2401.00001")
    assert problems(said) == ["unread"]
    assert "incorrect id format for abc" in said[0].message
    with pytest.raises(BadAnswer):
        ask([exchange(error, status=400)], "2401.00001")


def test_every_real_search_result_can_be_read(recorded: Callable[..., Any], ask: Ask, shared_data: Any) -> None:
    """All works in the recorded pages of a search are read, with what they hold: 180 entries, some DOIs, some journal references."""
    seen: dict[str, Record] = {}
    for path in sorted((shared_data / "recordings" / "arxiv").glob("q_*.json")):
        body = recorded("arxiv", path.name)[0].body
        said = ask([exchange(re.sub(r"(?<=totalResults>)\d+", "0", body))], "2401.00001")
        assert "unread" not in problems(said)
        assert len(records(said)) == body.count("<entry>")
        seen |= {record.key: record for record in records(said)}
    assert len(seen) == 100
    assert all(record.title and record.authors and record.year for record in seen.values())
    assert sum(any(one.startswith("doi:") for one in record.ids) for record in seen.values()) == body_count(recorded, "arxiv:doi")
    assert not [record.title for record in seen.values() if "$" in str(record.title)]


def body_count(recorded: Callable[..., Any], tag: str) -> int:
    return int(recorded("arxiv", "q_testing_s0_m100_cfe7536492ca.json")[0].body.count(f"<{tag}>"))


# --- asking


def test_ids_are_asked_for_in_batches_of_a_hundred_once_each(ask: Ask) -> None:
    """250 ids, some given twice, are three requests that hold each id once, without versions."""
    given = [f"2401.{number:05d}" for number in range(250)]
    ask([exchange(feed())], *given, *given, "2401.00007v3")
    asked = [one.query["id_list"].split(",") for one in ask.served.asked]  # type: ignore[attr-defined]
    assert [len(batch) for batch in asked] == [100, 100, 50]
    assert [one for batch in asked for one in batch] == given
    assert [one.query["max_results"] for one in ask.served.asked] == ["100", "100", "50"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("bad", ["1234.1234", "1234.12345", "foo/0601001", "abc", "math/0313001", "2401.00001;x"])
def test_what_arxiv_calls_malformed_is_not_asked_for(ask: Ask, bad: str) -> None:
    """One id that is none would make an error of the whole batch, so it stays out, and is told."""
    said = ask([exchange(feed(paper("2401.00002v1")))], bad, "2401.00002")
    assert [one.query["id_list"] for one in ask.served.asked] == ["2401.00002"]  # type: ignore[attr-defined]
    assert [record.key for record in records(said)] == ["2401.00002"]
    assert bad in said[-1].message


def test_only_ids_that_are_none_ask_nothing(ask: Ask) -> None:
    """Without any id to ask for there is no request, but the user hears of it."""
    assert problems(ask([], "abc")) == ["unknown_work"]
    assert not ask.served.asked  # type: ignore[attr-defined]


def test_an_answer_of_fewer_than_there_are_is_asked_on(ask: Ask) -> None:
    """Where the feed says that there are more, the next page begins after those received."""
    pages = [exchange(feed(paper(f"2401.0000{n}v1"), total=3), query={"start": n}) for n in range(3)]
    said = ask(pages, "2401.00000", "2401.00001", "2401.00002")
    assert [record.key for record in said] == ["2401.00000", "2401.00001", "2401.00002"]


def test_a_feed_that_promises_more_than_it_gives_ends(ask: Ask) -> None:
    """A page that repeats, or an empty one with a total, is not asked for for ever, and no work is said twice.

    What was announced and never came is lost, and not unknown to arXiv.
    """
    said = ask([exchange(feed(paper("2401.00001v1"), total=10**9))], "2401.00001", "2401.00002", "2401.00003")
    assert [record.key for record in records(said)] == ["2401.00001"]
    assert len(ask.served.asked) == 3  # type: ignore[attr-defined]
    assert problems(ask([exchange(feed(total=7))], "2401.00001", "2401.00002")) == ["unread"]
    assert len(ask.served.asked) == 1  # type: ignore[attr-defined]


def test_batches_read_are_kept_where_a_later_one_fails(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """What the first batch held is there although the second never comes."""
    ids = tuple(f"2401.{number:05d}" for number in range(101))
    served = serve(
        [exchange(feed(paper("2401.00000v1")), query={"max_results": 100}), exchange("no", status=400, query={"max_results": 1})]
    )
    said: Iterator[Any] = arxiv.fetch(Question(arxiv=ids), door(arxiv, served.url))
    assert next(said).key == "2401.00000"
    with pytest.raises(BadAnswer):
        next(said)


# --- reading


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("comment", "This paper has been withdrawn by the author"),
        ("comment", "Withdrawn: the proof of Lemma 3 is wrong"),
        ("comment", "The paper is withdrawn due to a crucial error in equation 1"),
        ("comment", "5 pages. This submission was temporarily withdrawn"),
        ("comment", "The author has withdrawn this paper"),
        ("comment", "10 pages, 2 figures; withdrawn due to an error"),
        ("comment", "This paper has since been withdrawn"),
        ("summary", "This article has been withdrawn by arXiv administrators"),
        ("summary", "We have withdrawn this manuscript."),
    ],
)
def test_a_withdrawal_is_told_and_noted(ask: Ask, tag: str, text: str) -> None:
    """A work whose comment or abstract says that it was withdrawn is still a record, followed by the problem, with the words in its note."""
    record, problem = ask([exchange(feed(paper("2401.00001v2", **{tag: text})))], "2401.00001")
    assert (problem.code, problem.lost) == ("withdrawn", False)
    assert "2401.00001" in problem.message
    assert record.entry["note"] == text
    assert record.entry["version"] == "2"


@pytest.mark.parametrize(
    "text",
    [
        "12 pages",
        "We study how funds are withdrawn from a bank",
        "Money withdrawn from banks",
        "A study of withdrawn papers",
        "Drawn with TikZ",
    ],
)
def test_a_word_alone_withdraws_nothing(ask: Ask, text: str) -> None:
    """Works about withdrawals are not withdrawn."""
    assert problems(ask([exchange(feed(paper("2401.00001v1", comment=text, summary=text)))], "2401.00001")) == []


def test_the_authors_doi_is_an_id_of_the_work(ask: Ask) -> None:
    """The DOI that the authors state is the published form's; what arXiv minted is the arXiv id itself."""
    (said,) = ask([exchange(feed(paper("2401.00001v1", doi="https://doi.org/10.1000/ABC.1")))], "2401.00001")
    assert said.ids == ("arxiv:2401.00001", "doi:10.1000/abc.1")
    (own,) = ask([exchange(feed(paper("2401.00001v1", doi="10.48550/arXiv.2401.00001")))], "2401.00001")
    assert own.ids == ("arxiv:2401.00001",)


def test_tex_in_titles_and_names_is_read(ask: Ask) -> None:
    """Titles and names may hold TeX, which becomes text; the entry keeps it as it was."""
    body = feed(
        paper("2401.00001v1", r"On $\alpha$-trees\n  and H\'enon maps".replace(r"\n", "\n"), r"Fran\c{c}ois H\'enon", "Ada Berg")
    )
    (said,) = ask([exchange(body)], "2401.00001")
    assert said.title == "On α-trees and Hénon maps"
    assert [str(author) for author in said.authors] == ["Hénon, François", "Berg, Ada"]
    assert said.entry["title"] == r"On $\alpha$-trees and H\'enon maps"


def test_a_bad_entry_costs_only_itself(ask: Ask) -> None:
    """An entry with a date that is none is told as lost; its neighbours are read, and no id is called unknown that may have been it."""
    bad = paper("2401.00002v1").replace("2024-03-05T10:00:00Z", "soon")
    said = ask([exchange(feed(paper("2401.00001v1"), bad, paper("2401.00003v1")))], "2401.00001", "2401.00002", "2401.00003")
    assert [record.key for record in records(said)] == ["2401.00001", "2401.00003"]
    assert problems(said) == ["unread"]


def test_an_empty_entry_is_no_work(ask: Ask) -> None:
    """An entry that holds nothing but an id stands for a work that is not there."""
    body = feed("<entry><id>http://arxiv.org/abs/2401.99999</id><updated>2024-01-01T00:00:00Z</updated></entry>")
    assert problems(ask([exchange(body)], "2401.99999")) == ["unknown_work"]


def test_what_is_no_feed_is_refused(ask: Ask) -> None:
    """A well-formed document of another kind is no empty list."""
    with pytest.raises(Malformed, match="Atom feed"):
        ask([exchange("<rss/>")], "2401.00001")


def test_a_list_of_thousands_of_authors_is_read(ask: Ask) -> None:
    """2,900 authors are 2,900 names in their order."""
    names = [f"Ada{number} Berg{number}" for number in range(2900)]
    (said,) = ask([exchange(feed(paper("2401.00001v1", "A title", *names)))], "2401.00001")
    assert [str(author) for author in said.authors[-2:]] == ["Berg2898, Ada2898", "Berg2899, Ada2899"]


@given(st.from_regex(r"[0-9]{2}(0[1-9]|1[0-2])\.[0-9]{4,5}", fullmatch=True), st.integers(1, 99))
def test_every_id_of_the_new_scheme_is_asked_for(identifier: str, version: int) -> None:
    """Whatever the number and the version: the documented form is well-formed, a month of 13 and more is not."""
    assert arxiv._well_formed(identifier)
    assert not arxiv._well_formed(f"{identifier}v{version}")
    assert not arxiv._well_formed(f"{identifier[:2]}{int(identifier[2:4]) + 12}{identifier[4:]}")


# --- searching for a name


def find(serve: Callable[..., Any], door: Callable[..., Http], name: str, *bodies: str) -> tuple[list[Candidate], Any]:
    served = serve([exchange(body) for body in bodies])
    return list(arxiv.find(name, door(arxiv, served.url))), served


def test_a_name_is_searched_as_a_phrase_and_steers_nothing(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """Quotes, brackets and colons of a name never become part of the query's language."""
    _, served = find(serve, door, 'Jun"yang (Lin) OR ti:x', feed())
    assert served.asked[0].query["search_query"] == 'au:"Jun yang Lin OR ti x"'
    assert find(serve, door, "Lin, Junyang", feed())[1].asked[0].query["search_query"] == 'au:"Junyang Lin"'
    assert find(serve, door, ' "" ', feed())[1].asked == []


def test_each_spelling_is_a_candidate_without_an_id(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """Spellings are told apart, most papers first; co-authors are not among them; nobody gets an id."""
    body = feed(
        paper("2401.00003v1", "Third", "Junyang Lin", "An Yang"),
        paper("2401.00002v1", "Second", "Jun-Yang Lin"),
        paper("2401.00001v1", "First", "Junyang Lin"),
        paper("2301.00001v1", "Other", "Minyang Lin"),
    )
    found, _ = find(serve, door, "Junyang Lin", body)
    assert [(one.name, one.works, one.id) for one in found] == [("Junyang Lin", 2, ""), ("Jun-Yang Lin", 1, "")]
    assert found[0].titles == ("Third (arxiv:2401.00003)", "First (arxiv:2401.00001)")
    assert ".bib" in found[0].note


def test_a_name_of_too_many_papers_is_not_counted(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """Where more papers match than are asked for, the number of works is unknown, and the asking ends."""
    page = feed(*(paper(f"2401.{number:05d}v1", "T", "Wei Wang") for number in range(500)), total=90_000)
    found, served = find(serve, door, "Wei Wang", page)
    assert [(one.name, one.works) for one in found] == [("Wei Wang", None)]
    assert [(one.query["start"], one.query["max_results"]) for one in served.asked] == [("0", "500"), ("500", "500")]
