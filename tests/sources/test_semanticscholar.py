"""Semantic Scholar: what it is asked, within the limits it documents, and what is made of its real answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import BadAnswer, Malformed, NotFound, Refused, SourceError
from citetrack.http import Http
from citetrack.records import shape
from citetrack.records.model import Candidate, Observation, Problem, Question, Record, Said
from citetrack.sources import semanticscholar

Serve = Callable[..., Any]
Door = Callable[..., Http]
Recorded = Callable[..., list[Any]]

# The fields that the documentation's schemas name.
DOCUMENTED_OF_PAPERS: Final = set(
    "paperId corpusId externalIds url title abstract venue publicationVenue year referenceCount citationCount influentialCitationCount "
    "isOpenAccess openAccessPdf fieldsOfStudy s2FieldsOfStudy publicationTypes publicationDate journal citationStyles authors".split()
)
DOCUMENTED_OF_AUTHORS: Final = set(
    "authorId externalIds url name affiliations homepage paperCount citationCount hIndex papers papers.title papers.citationCount".split()
)
SEEN: Final = semanticscholar._Seen(date(2026, 7, 26), "sha256:0")


def records(said: list[Said]) -> list[Record]:
    return [item for item in said if isinstance(item, Record)]


def problems(said: list[Said]) -> list[str]:
    return [item.code for item in said if isinstance(item, Problem)]


def figures(record: Record) -> dict[str, int]:
    return {observation.figure: observation.value for observation in record.observations}


def paper(number: int, **fields: object) -> dict[str, object]:
    return {
        "paperId": f"{number:040x}",
        "title": f"Work {number}",
        "authors": [{"authorId": "1", "name": "Ada Lovelace"}],
        **fields,
    }


def author(key: str = "7", **fields: object) -> dict[str, object]:
    return {"authorId": key, "name": "Ada Lovelace", **fields}


def summary(body: object, asked: str = "7") -> dict[str, object]:
    return {"path": f"/author/{asked}", "body": body}


def pages(total: int, most: int = 1000, key: str = "7") -> dict[str, object]:
    """All pages of an author with so many papers, cut as the documentation says."""

    def page(asked: Any) -> dict[str, object]:
        offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
        end = min(offset + min(limit, most), total)
        following = {"next": end} if end < total else {}
        return {"offset": offset, **following, "data": [paper(number) for number in range(offset, end)]}

    return {"path": f"/author/{key}/papers", "body": page}


def batch(known: Mapping[str, object]) -> dict[str, object]:
    """The batch endpoint: an answer for each id, in order, null for those not known."""
    return {
        "method": "POST",
        "path": "/paper/batch",
        "body": lambda asked: [known.get(name) for name in json.loads(asked.body)["ids"]],
    }


def ending(items: Iterator[Said]) -> tuple[list[Said], Exception | None]:
    """What is said, and the error it ends with."""
    said: list[Said] = []
    try:
        said.extend(items)
    except (Malformed, SourceError) as error:
        return said, error
    return said, None


def read(one: object) -> Record:
    return semanticscholar._record(one, SEEN)


@pytest.fixture
def fetched(serve: Serve, door: Door) -> Callable[..., tuple[list[Said], Any]]:
    """What is said in answer to a question by a server with these exchanges, and the server."""

    def ask(question: Question, exchanges: list[Any], **options: Any) -> tuple[list[Said], Any]:
        served = serve(exchanges)
        return list(semanticscholar.fetch(question, door(semanticscholar, served.url, **options))), served

    return ask


Fetched = Callable[..., tuple[list[Said], Any]]


# --- what is asked


def test_a_profile_of_500_works_costs_three_requests(fetched: Fetched) -> None:
    """The author, one page, and one batch for the works that the list lacks."""
    others = tuple(f"10.1000/{number}" for number in range(500))
    said, served = fetched(Question({"s2": "7"}, dois=others), [summary(author(paperCount=500)), pages(500), batch({})])
    assert len(records(said)) == 500
    assert len(served.asked) == 3


def test_works_in_the_list_are_not_asked_for(fetched: Fetched) -> None:
    """A DOI or arXiv id that the list states is known already; only the others go into the batch."""
    listed = paper(1, externalIds={"DOI": "10.1000/ABC", "ArXiv": "2202.03052"})
    exchanges = [summary(author()), {"path": "/author/7/papers", "body": {"offset": 0, "data": [listed]}}, batch({})]
    _, served = fetched(Question({"s2": "7"}, ("10.1000/abc", "10.1000/new"), ("2202.03052",)), exchanges)
    assert json.loads(served.asked[-1].body) == {"ids": ["DOI:10.1000/new"]}
    _, served = fetched(Question({"s2": "7"}, ("10.1000/abc",), ("2202.03052",)), exchanges)
    assert [one.method for one in served.asked] == ["GET", "GET"]


def test_batches_hold_at_most_500_ids_as_documented(fetched: Fetched) -> None:
    """1,200 ids are three batches, each id once with its documented prefix."""
    dois, arxiv = tuple(f"10.1000/{number}" for number in range(800)), tuple(f"2101.{number:05}" for number in range(400))
    said, served = fetched(Question({}, (*dois, dois[0]), arxiv), [batch({"ARXIV:2101.00399": paper(5)})])
    asked = [json.loads(one.body)["ids"] for one in served.asked]
    assert [len(ids) for ids in asked] == [500, 500, 200]
    assert [name for ids in asked for name in ids] == [*(f"DOI:{doi}" for doi in dois), *(f"ARXIV:{id_}" for id_ in arxiv)]
    assert [record.key for record in records(said)] == [paper(5)["paperId"]]


def test_only_documented_fields_are_asked_for(fetched: Fetched, serve: Serve, door: Door) -> None:
    """One field too many, and the whole request is refused."""
    _, served = fetched(Question({"s2": "7"}, ("10.1000/1",)), [summary(author()), pages(1), batch({})])
    asked = [set(one.query["fields"].split(",")) for one in served.asked]
    assert asked[0] <= DOCUMENTED_OF_AUTHORS
    assert asked[1] == asked[2] <= DOCUMENTED_OF_PAPERS
    search = serve([{"path": "/author/search", "body": {"total": 0, "offset": 0, "data": []}}])
    assert not list(semanticscholar.find("Ada", door(semanticscholar, search.url)))
    assert set(search.asked[0].query["fields"].split(",")) <= DOCUMENTED_OF_AUTHORS


def test_the_list_ends_where_the_interface_ends(fetched: Fetched) -> None:
    """Offset and limit stay below 10,000 together; that papers are missing is told, and the 9,999 are there."""
    said, served = fetched(Question({"s2": "7"}), [summary(author(paperCount=12_000)), pages(12_000)])
    ranges = [(int(one.query["offset"]), int(one.query["limit"])) for one in served.asked[1:]]
    assert all(offset + limit < 10_000 and limit <= 1000 for offset, limit in ranges)
    assert (len(ranges), len(records(said)), problems(said)) == (10, 9_999, ["list_partial"])


WEI: Final = {"authorId": "7", "name": "Wei Wang"}
NAMESAKE: Final = {"authorId": "8", "name": "Wei Wang"}


@pytest.mark.parametrize(
    ("authors", "position"),
    [
        ([NAMESAKE, WEI], 2),
        ([WEI, NAMESAKE], 1),
        ([{"authorId": "9", "name": "Ada Lovelace"}, {"authorId": 7, "name": "王伟"}], 2),
        ([{"authorId": None, "name": None}, WEI], 1),
        ([NAMESAKE, {"authorId": None, "name": "Wei Wang"}], None),
        (None, None),
    ],
    ids=["namesakes", "namesakes the other way", "another spelling", "behind one without a name", "only namesakes", "nobody"],
)
def test_the_place_is_that_of_the_author_asked_about(fetched: Fetched, authors: object, position: int | None) -> None:
    """The author's id says who the person is among the authors that have a name, whatever name is printed; without it nobody is taken."""
    listed = {"path": "/author/7/papers", "body": {"offset": 0, "data": [paper(1, authors=authors)]}}
    (record,) = records(fetched(Question({"s2": "7"}), [summary(author()), listed])[0])
    assert record.position == position
    assert position is None or position <= len(record.authors)


def test_the_place_of_a_merged_author_is_that_of_the_present_id(fetched: Fetched) -> None:
    """Where the author has another id now, the list names them by that one."""
    listed = {"path": "/author/7/papers", "body": {"offset": 0, "data": [paper(1, authors=[NAMESAKE, WEI])]}}
    said, _ = fetched(Question({"s2": "6"}), [summary(author("7"), asked="6"), listed])
    assert [record.position for record in records(said)] == [2]


def test_a_work_asked_for_by_its_doi_gives_no_place(fetched: Fetched) -> None:
    """A batch is about nobody."""
    said, _ = fetched(Question(dois=("10.1000/1",)), [batch({"DOI:10.1000/1": paper(1, authors=[WEI])})])
    assert [record.position for record in records(said)] == [None]


@pytest.mark.parametrize("most", [1, 7, 100, 1000])
def test_the_next_page_begins_where_the_answer_says(fetched: Fetched, most: int) -> None:
    """A server may give fewer papers than it was asked for: none is lost, none comes twice."""
    said, _ = fetched(Question({"s2": "7"}), [summary(author()), pages(15, most)])
    assert [record.key for record in records(said)] == [paper(number)["paperId"] for number in range(15)]


@pytest.mark.parametrize("after", [0, 2, -5, "x", 2.5, [3], True])
def test_a_next_page_that_leads_nowhere_ends_the_list(serve: Serve, door: Door, after: object) -> None:
    """The same place again, one before it, or no number: what was read is kept, and the error is named."""
    first, second = {"offset": 0, "next": 2, "data": [paper(1), paper(2)]}, {"offset": 2, "next": after, "data": [paper(3)]}
    exchanges = [
        {"path": "/author/7/papers", "query": {"offset": place}, "body": body} for place, body in ((0, first), (2, second))
    ]
    said, error = ending(semanticscholar.fetch(Question({"s2": "7"}), door(semanticscholar, serve(exchanges).url)))
    assert len(records(said)) == 3
    assert "next" in str(error)


@pytest.mark.parametrize("body", [[], [paper(1)], [paper(1), paper(2), None], None, {"data": []}], ids=str)
def test_a_batch_of_another_length_is_an_error(serve: Serve, door: Door, body: object) -> None:
    """One answer stands for each id; with fewer or more nobody could say which is missing, and a short batch is no list of unknown works."""
    served = serve([{"method": "POST", "path": "/paper/batch", "body": json.dumps(body)}])
    question = Question(dois=("10.1000/1", "10.1000/2"))
    said, error = ending(semanticscholar.fetch(question, door(semanticscholar, served.url)))
    assert said == []
    assert isinstance(error, Malformed)
    assert "each of the 2 asked for" in str(error) or "expected a list" in str(error)


def test_an_empty_page_that_promises_more_ends_the_list(serve: Serve, door: Door) -> None:
    """Nothing on the page and a next one: asked for ever, it would never end."""
    served = serve([{"path": "/author/7/papers", "body": {"offset": 0, "next": 1, "data": []}}])
    _, error = ending(semanticscholar.fetch(Question({"s2": "7"}), door(semanticscholar, served.url)))
    assert isinstance(error, Malformed)
    assert len(served.asked) == 2


def test_the_key_goes_into_its_header_alone(fetched: Fetched) -> None:
    """The documented header, and no address."""
    _, served = fetched(Question({"s2": "7"}), [summary(author()), pages(1)], secret="sesame")
    assert {one.headers["x-api-key"] for one in served.asked} == {"sesame"}
    assert not [target for target in served.targets if "sesame" in target]


# --- the person


def test_an_unknown_author_is_told_and_the_works_are_asked_for_all_the_same(fetched: Fetched) -> None:
    """A wrong id costs the list, not the works known from elsewhere; the message says what to do."""
    said, _ = fetched(Question({"s2": "7"}, ("10.1000/1",)), [batch({"DOI:10.1000/1": paper(1)})])
    assert problems(said) == ["unknown_id"]
    assert "citetrack find" in str(said[0])
    assert len(records(said)) == 1


def test_an_author_of_another_id_is_told(fetched: Fetched) -> None:
    """Where the answer is about another id than was asked for, the list is that one's, and the message names it."""
    said, _ = fetched(Question({"s2": "7"}), [summary(author("8", hIndex=3)), pages(2, key="8")])
    assert problems(said) == ["merged_id"]
    assert 's2 = "8"' in str(said[0])
    assert len(records(said)) == 2


def test_the_numbers_of_an_author_may_be_text(fetched: Fetched) -> None:
    """The documentation describes them as strings and shows them as numbers; what is not stated is no number."""
    said, _ = fetched(Question({"s2": "7"}), [summary(author(paperCount="74", citationCount=12, hIndex=None)), pages(0)])
    assert [(item.figure, item.value) for item in said if isinstance(item, Observation)] == [("citations", 12), ("works", 74)]


def test_a_summary_that_cannot_be_read_costs_only_itself(fetched: Fetched) -> None:
    """The list is asked for although the numbers of the author are none."""
    said, _ = fetched(Question({"s2": "7"}), [summary(author(hIndex="many")), pages(3)])
    assert problems(said) == ["unread"]
    assert len(records(said)) == 3


def test_the_author_is_described(fetched: Fetched) -> None:
    """Names that DBLP knows, the ORCID iD and the homepage, as far as they are stated; a homepage is an address or nothing."""
    external = {"DBLP": ["Ada Lovelace 0002", "A. Lovelace", "01/2345"], "ORCID": "0000-0002-1825-0097"}
    described = author(externalIds=external, homepage="https://example.org/~ada", affiliations=["Analytical <b>Society</b>", ""])
    said, _ = fetched(Question({"s2": "7"}), [summary(described), pages(0)])
    expected = Candidate("semanticscholar", "s2:7", "Ada Lovelace", ("A. Lovelace",), ("Analytical Society",))
    assert said == [
        expected._replace(ids=("orcid:0000-0002-1825-0097", "dblp:01/2345"), note="homepage https://example.org/~ada")
    ]
    said, _ = fetched(Question({"s2": "7"}), [summary(author(homepage="javascript:alert(1)")), pages(0)])
    assert said == [Candidate("semanticscholar", "s2:7", "Ada Lovelace")]


def test_a_search_ends_at_a_hundred(serve: Serve, door: Door) -> None:
    """A common name has thousands of authors; the hundred best are enough, and come page by page."""

    def page(asked: Any) -> dict[str, object]:
        offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
        return {"total": 5000, "offset": offset, "next": offset + limit, "data": [author(str(offset + n)) for n in range(limit)]}

    served = serve([{"path": "/author/search", "body": page}])
    found = semanticscholar.find("Wei\u2010Lun  Wang", door(semanticscholar, served.url))
    assert next(found).id == "s2:0"
    assert len(served.asked) == 1
    assert len(list(found)) == 99
    assert served.asked[0].query["query"] == "Wei Lun Wang"


@pytest.mark.parametrize("name", ["", "  ", "-", "\x1b[2J"[:1]])
def test_no_name_is_not_searched(serve: Serve, door: Door, name: str) -> None:
    """Nothing to search for makes no request."""
    served = serve([])
    assert not list(semanticscholar.find(name, door(semanticscholar, served.url)))
    assert not served.asked


# --- reading


@pytest.mark.parametrize(
    ("types", "venue", "journal", "expected"),
    [
        (["JournalArticle"], None, None, "article"),
        (["JournalArticle", "Conference"], None, None, "inproceedings"),
        (["JournalArticle", "Conference"], "journal", None, "article"),
        (["JournalArticle"], "conference", None, "inproceedings"),
        (["Book"], "journal", None, "book"),
        (["BookSection"], None, "A book", "incollection"),
        (["Review"], None, None, "misc"),
        (["Review"], None, "A journal", "article"),
        (["Dataset"], None, "A journal", "misc"),
        (None, "journal", None, "article"),
        (None, None, None, "misc"),
    ],
)
def test_types_are_bibtex_types(types: object, venue: object, journal: object, expected: str) -> None:
    """Of several types the one that says most; the kind of venue decides between a journal and a conference."""
    place = {"name": "Somewhere", "type": venue} if venue else None
    one = paper(1, publicationTypes=types, publicationVenue=place, journal={"name": journal} if journal else None)
    assert read(one).type == expected


def test_the_entry_holds_what_was_written() -> None:
    """BibTeX's fields as the source wrote them; what it left empty is no field."""
    one = paper(
        1,
        title="On <i>Numbers</i>",
        year=1843,
        venue="Taylor's Memoirs",
        journal={"name": "Mem.", "volume": "3", "pages": ""},
        externalIds={"DOI": "10.1000/ABC", "ArXiv": "2202.03052"},
        url="https://www.semanticscholar.org/paper/1",
        authors=[{"name": "Ada Lovelace"}, {"name": "L. F. Menabrea"}],
    )
    assert dict(read(one).entry) == {
        "title": "On <i>Numbers</i>",
        "author": "Ada Lovelace and L. F. Menabrea",
        "year": "1843",
        "journal": "Taylor's Memoirs",
        "volume": "3",
        "doi": "10.1000/ABC",
        "eprint": "2202.03052",
        "archiveprefix": "arXiv",
        "url": "https://www.semanticscholar.org/paper/1",
    }
    assert read(one).title == "On Numbers"


@pytest.mark.parametrize("authors", [None, [], [{"authorId": None, "name": None}], [None], [{"authorId": "1", "name": ""}]])
def test_authors_without_a_name_make_no_complete_list(authors: object) -> None:
    """Neither a missing list nor a nameless author says who wrote the work."""
    assert (read(paper(1, authors=authors)).authors, read(paper(1, authors=authors)).authors_complete) == ((), False)


def test_an_author_without_an_id_is_an_author() -> None:
    """Many authors have no id; their names count."""
    record = read(paper(1, authors=[{"authorId": None, "name": "Ada Lovelace"}, {"name": "林俊旸"}]))
    assert ([str(name) for name in record.authors], record.authors_complete) == (["Lovelace, Ada", "林俊旸"], True)


def test_a_paper_of_2900_authors_is_read_whole() -> None:
    """A collaboration's list is long, not cut."""
    record = read(paper(1, authors=[{"authorId": str(number), "name": f"A. Physicist{number}"} for number in range(2900)]))
    assert (len(record.authors), record.authors_complete) == (2900, True)


@pytest.mark.parametrize("year", [None, 0, 3, 99999, -2020])
def test_what_is_no_year_is_none(year: object) -> None:
    """A year out of all reason is not taken for one."""
    assert read(paper(1, year=year)).year is None


@pytest.mark.parametrize(
    "bad",
    [
        {"paperId": None},
        {"paperId": "two words"},
        {"externalIds": {"DOI": True}},
        {"citationCount": -1},
        {"authors": [{"name": 5}]},
        {"title": []},
    ],
)
def test_one_bad_paper_costs_only_itself(fetched: Fetched, bad: dict[str, object]) -> None:
    """The others of the page are there, and the problem says which is not."""
    body = {"offset": 0, "data": [paper(1), paper(2) | bad, paper(3)]}
    said, _ = fetched(Question({"s2": "7"}), [summary(author()), {"path": "/author/7/papers", "body": body}])
    assert [item.key[-1] for item in records(said)] == ["1", "3"]
    assert problems(said) == ["unread"]
    assert "work 2" in next(item.message for item in said if isinstance(item, Problem))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(DOCUMENTED_OF_PAPERS)), json_values), st.booleans())
def test_whatever_stands_in_the_fields_is_a_record_or_a_problem(fields: dict[str, object], keyed: bool) -> None:
    """No value of any type ends a run, and no number comes of what is none."""
    one = fields | ({"paperId": "f" * 40} if keyed else {})
    (said,) = shape.each([one], read, "work")
    if isinstance(said, Record):
        assert all(one.get(name) is not None for figure, name in semanticscholar._PAPER_FIGURES if figure in figures(said))
    else:
        assert said.code == "unread"


# --- real answers


def test_a_real_author_is_described(recorded: Recorded, fetched: Fetched) -> None:
    """A. Turing's own numbers and his 60 papers, in the form of a page of his list."""
    exchanges = recorded("semanticscholar", "Author.json")
    real = json.loads(exchanges[0].body)
    listed = {"path": "/author/2262347/papers", "body": {"offset": 0, "data": real["papers"]}}
    said, _ = fetched(Question({"s2": "2262347"}), [*exchanges, listed])
    described = Candidate("semanticscholar", "s2:2262347", "A. Turing", ("Alan M. Turing",), works=60, citations=12415)
    titles = ("Computing Machinery and Intelligence", "Checking a large routine", "Computability and λ-definability")
    assert said[0] == described._replace(titles=titles)
    numbers = [(item.figure, item.value, item.url) for item in said if isinstance(item, Observation)]
    page = "https://www.semanticscholar.org/author/2262347"
    assert numbers == [("citations", 12415, page), ("h_index", 23, page), ("works", 60, page)]
    found = records(said)
    assert (len(found), problems(said)) == (60, [])
    assert sum(figures(record)["citations"] for record in found) == sum(one["citationCount"] for one in real["papers"])
    logic = next(record for record in found if "dblp:phd/Turing38" in record.ids)
    assert (logic.title, str(logic.authors[0]), logic.ids[1:]) == (
        "Systems of Logic Based on Ordinals",
        "Turing, A.",
        ("doi:10.1016/b978-044450423-4/50007-3", "dblp:phd/Turing38"),
    )


def test_an_author_of_whom_only_the_name_was_recorded_has_no_numbers(recorded: Recorded, fetched: Fetched) -> None:
    """What the answer lacks is not said."""
    exchanges = recorded("semanticscholar", "test_get_author.yaml")
    said, _ = fetched(Question({"s2": "2262347"}), [*exchanges, pages(0, key="2262347")])
    assert said == [Candidate("semanticscholar", "s2:2262347", "A. Turing")]


def test_a_real_list_is_read_to_its_end(recorded: Recorded, fetched: Fetched) -> None:
    """875 papers on nine pages, by the places that the answers state; of these papers only the titles were recorded."""
    said, served = fetched(Question({"s2": "1723755"}), recorded("semanticscholar", "test_get_author_papers.yaml"))
    found = records(said)
    assert (len(found), len({record.key for record in found}), problems(said)) == (875, 875, [])
    assert [one.query["offset"] for one in served.asked[1:]] == [str(offset) for offset in range(0, 900, 100)]
    assert all(record.title for record in found)
    assert {(record.authors, record.authors_complete, record.year, record.venue, record.observations) for record in found} == {
        ((), False, None, None, ())
    }


def test_a_real_batch_brings_counts(recorded: Recorded, fetched: Fetched) -> None:
    """Three works by their DOIs, with citations, influential citations and references as Semantic Scholar counted them."""
    question = Question(dois=("10.2139/ssrn.288970", "10.2139/ssrn.2250500", "10.1257/rct.1355"))
    said, served = fetched(question, recorded("semanticscholar", "test_get_papers_not_found_warning.yaml"))
    assert len(served.asked) == 1
    assert [(record.ids[1], record.year, record.venue, record.type, figures(record)) for record in records(said)] == [
        (
            "doi:10.2139/ssrn.288970",
            2001,
            "Experimental & Empirical Studies eJournal",
            "article",
            {"citations": 10670, "influential_citations": 578, "references": 30},
        ),
        (
            "doi:10.2139/ssrn.2250500",
            2013,
            "ERN: Credit Risk (Topic)",
            "article",
            {"citations": 2185, "influential_citations": 245, "references": 67},
        ),
        ("doi:10.1257/rct.1355", 2023, None, "misc", {"citations": 0, "influential_citations": 0, "references": 2}),
    ]
    first = records(said)[0]
    assert [str(name) for name in first.authors] == ["Bertrand, Marianne", "Duflo, E.", "Mullainathan, S."]
    assert {one.url for one in first.observations} == {f"https://www.semanticscholar.org/paper/{first.key}"}
    assert {one.date for one in first.observations} == {date(2026, 7, 26)}


def bodies(shared_data: Path, name: str) -> list[Any]:
    """The bodies of all answers in one recording."""
    cassette = yaml.load(
        (shared_data / "recordings" / "semanticscholar" / name).read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    answers = [item["response"] for item in cassette["interactions"]]
    return [json.loads(answer["content"] if "content" in answer else answer["body"]["string"]) for answer in answers]


def test_a_real_batch_holds_null_for_what_is_unknown(shared_data: Path, fetched: Fetched) -> None:
    """The recorded answer as it stands: null in the place of the unknown id, the others in their order."""
    (whole,) = bodies(shared_data, "test_get_papers_not_found_warning.yaml")
    assert whole[0] is None
    question = Question(dois=("10.1000/1", "10.2139/ssrn.288970", "10.2139/ssrn.2250500", "10.1257/rct.1355"))
    said, _ = fetched(question, [{"method": "POST", "path": "/paper/batch", "body": whole}])
    assert [record.key for record in records(said)] == [one["paperId"] for one in whole[1:]]
    assert problems(said) == []


def test_a_real_batch_without_other_fields_has_only_authors(recorded: Recorded, fetched: Fetched) -> None:
    """Only the authors were recorded: titles, years and counts are not said."""
    said, _ = fetched(Question(dois=("10.2139/ssrn.2250500",)), recorded("semanticscholar", "test_get_papers.yaml"))
    (record,) = records(said)
    assert [str(name) for name in record.authors] == ["Duflo, E.", "Banerjee, A.", "Glennerster, R.", "Kinnan, Cynthia"]
    assert (record.title, record.year, record.observations, record.authors_complete) == (None, None, (), True)


def test_a_real_paper_of_null_values_is_read(shared_data: Path, fetched: Fetched) -> None:
    """Null where a list of authors should be."""
    real = json.loads((shared_data / "recordings" / "semanticscholar" / "PaperWithNullValues.json").read_bytes())
    said, _ = fetched(Question(dois=("10.1000/1",)), [{"method": "POST", "path": "/paper/batch", "body": [real]}])
    assert [(record.key, record.authors, record.authors_complete) for record in records(said)] == [(real["paperId"], (), False)]


BULK: Final = (
    "test_search_paper_bulk_retrieval_sorted_results_asc.yaml",
    "test_search_paper_bulk_retrieval_sorted_results_desc.yaml",
)


@pytest.mark.parametrize("name", BULK)
def test_real_counts_are_read_exactly(shared_data: Path, name: str) -> None:
    """Three thousand counts of a bulk search, a question no fetcher asks: each is the number that stands there."""
    papers = [one for body in bodies(shared_data, name) for one in body["data"]]
    assert len(papers) > 3000
    assert [figures(read(one)) for one in papers] == [{"citations": one["citationCount"]} for one in papers]


TITLES: Final = (
    "test_search_paper.yaml",
    "test_search_paper_bulk_retrieval_traversing_results.yaml",
    "test_search_paper_year.yaml",
)


@pytest.mark.parametrize("name", TITLES)
def test_real_papers_of_other_questions_are_read(shared_data: Path, name: str) -> None:
    """Papers of searches that no fetcher asks for are in the same form: none is lost, and years are those stated."""
    papers = [one for body in bodies(shared_data, name) for one in body["data"]]
    found = [item for item in shape.each(papers, read, "work") if isinstance(item, Record)]
    assert [(record.key, record.year) for record in found] == [(one["paperId"], one.get("year")) for one in papers]
    assert all(record.title for record, one in zip(found, papers, strict=True) if one.get("title"))


def test_a_real_unknown_author_is_told(recorded: Recorded, fetched: Fetched) -> None:
    """Author 0 was asked for, and is not known."""
    said, served = fetched(Question({"s2": "0"}), recorded("semanticscholar", "test_not_found.yaml"))
    assert problems(said) == ["unknown_id"]
    assert served.asked[0].path == "/author/0"


def test_a_real_search_without_a_result_finds_nobody(shared_data: Path, serve: Serve, door: Door) -> None:
    """The answer to a search that finds nothing has no list at all, unlike the documentation's."""
    (nothing,) = bodies(shared_data, "test_empty_paginated_results.yaml")
    assert "data" not in nothing
    served = serve([{"path": "/author/search", "body": nothing}])
    assert not list(semanticscholar.find("Nobody", door(semanticscholar, served.url)))
    assert len(served.asked) == 1


def test_a_real_error_is_told_in_the_source_s_own_words(recorded: Recorded, serve: Serve, door: Door) -> None:
    """An error of ours in a request comes as `error`, an unknown paper likewise."""
    served = serve(recorded("semanticscholar", "test_bad_query_parameters.yaml", "test_not_found.yaml"))
    way = door(semanticscholar, served.url)
    with pytest.raises(BadAnswer, match=r"Unrecognized or unsupported fields: \[unknown\]"):
        way.get("paper", "10.1093", "mind", "lix.236.433", params={"fields": "unknown"})
    with pytest.raises(NotFound, match="Paper with id 0 not found"):
        way.get("paper", "0")


def test_a_real_refusal_of_a_key_is_one(recorded: Recorded, serve: Serve, door: Door) -> None:
    """A wrong key is answered 403 with a `message`; asking again does not help, and the key is not shown."""
    served = serve(recorded("semanticscholar", "test_debug.yaml"))
    ids = {"ids": ["CorpusId:470667", "10.2139/ssrn.2250500", "0f40b1f08821e22e859c6050916cec3667778613"]}
    with pytest.raises(Refused, match="Forbidden") as refused:
        door(semanticscholar, served.url, secret="F@k3K3y").post("paper", "batch", json=ids)
    assert "F@k3K3y" not in str(refused.value)
    assert len(served.asked) == 1


def test_a_batch_of_which_nothing_is_known_is_no_failure(serve: Serve, door: Door) -> None:
    """Where Semantic Scholar refuses a batch because it knows none of it, nothing is said, and nothing has failed."""
    served = serve([{"method": "POST", "path": "/paper/batch", "status": 400, "body": {"error": "No valid paper ids given"}}])
    assert not list(semanticscholar.fetch(Question(dois=("10.1/a", "10.1/b")), door(semanticscholar, served.url)))
    assert len(served.asked) == 1


def test_what_is_too_large_is_asked_for_in_parts(serve: Serve, door: Door) -> None:
    """Pages and batches above what one answer may hold come in smaller ones, and every paper comes once."""
    too_large = {"error": "Response would exceed maximum size. Use a smaller limit."}

    def papers(asked: Any) -> object:
        offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
        there = [{"paperId": str(number)} for number in range(offset, min(offset + limit, 25))]
        return {"offset": offset, "data": there} | ({"next": offset + limit} if offset + limit < 25 else {})

    def batch(asked: Any) -> object:
        return [{"paperId": name} for name in json.loads(asked.body)["ids"]]

    served = serve(
        [
            {"path": "/author/1", "body": {"authorId": "1", "name": "A"}},
            {
                "path": "/author/1/papers",
                "status": 400,
                "body": too_large,
                "matches": lambda asked: int(asked.query["limit"]) > 10,
            },
            {"path": "/author/1/papers", "body": papers},
            {
                "method": "POST",
                "path": "/paper/batch",
                "status": 400,
                "body": too_large,
                "matches": lambda asked: len(asked.body) > 60,
            },
            {"method": "POST", "path": "/paper/batch", "body": batch},
        ]
    )
    question = Question(ids={"s2": "1"}, dois=tuple(f"10.1/{number}" for number in range(9)))
    said = list(semanticscholar.fetch(question, door(semanticscholar, served.url)))
    assert [item.key for item in said if isinstance(item, Record)] == [
        *map(str, range(25)),
        *(f"DOI:10.1/{number}" for number in range(9)),
    ]
