import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import BudgetSpent, Malformed, RateLimited
from citetrack.http import Budget, Http
from citetrack.records.model import Candidate, Observation, Problem, Question, Record, Said
from citetrack.sources import openalex

PRIEM = Question(ids={"openalex": "A5023888391"})
SPENT = {"X-RateLimit-Remaining": "0", "X-RateLimit-Credits-Required": "1", "X-RateLimit-Reset": "43200"}

Serve = Callable[..., Any]
Door = Callable[..., Http]


def author(key: str = "A5023888391", **fields: Any) -> dict[str, Any]:
    return {"id": f"https://openalex.org/{key}", "display_name": "Jason Priem"} | fields


def work(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": f"https://openalex.org/W{1000 + number}", "title": f"Work {number}", "cited_by_count": number} | fields


def authorship(place: str = "middle", **fields: Any) -> dict[str, Any]:
    return {
        "author_position": place,
        "author": {"id": "https://openalex.org/A5000000001", "display_name": "Ada Lovelace"},
    } | fields


def page(*found: Any, count: int | None = None, following: str | None = None) -> dict[str, Any]:
    return {"meta": {"count": len(found) if count is None else count, "next_cursor": following}, "results": list(found)}


def at(path: str, body: object = b"", query: Mapping[str, object] | None = None, **fields: Any) -> dict[str, Any]:
    return {"path": path, "query": query or {}, "body": body} | fields


def profile(*pages: Any, **fields: Any) -> list[dict[str, Any]]:
    """An author and the pages of their works."""
    return [at("/authors/A5023888391", author(**fields)), *(at("/works", one, {"cursor": cursor}) for cursor, one in pages)]


@pytest.fixture
def ask(serve: Serve, door: Door) -> Callable[..., tuple[list[Said], Any]]:
    """`ask(exchanges, question)` gives what was said and the server that was asked."""

    def asked(exchanges: Any, question: Question = PRIEM, **options: Any) -> tuple[list[Said], Any]:
        served = serve(exchanges)
        return list(openalex.fetch(question, door(openalex, served.url, **options))), served

    return asked


def records(said: list[Said]) -> list[Record]:
    return [one for one in said if isinstance(one, Record)]


def codes(said: list[Said]) -> list[str]:
    return [one.code for one in said if isinstance(one, Problem)]


def only(ask: Callable[..., Any], **fields: Any) -> Record:
    """The record that becomes of one work with these fields."""
    said, _ = ask(profile(("*", page(work(**fields)))))
    (found,) = records(said)
    return found


# --- what it costs ------------------------------------------------------------------------------------------------------------------------


def test_a_profile_of_500_works_costs_at_most_8_requests(ask: Callable[..., Any]) -> None:
    """One request for the author, one for each hundred works, none for an empty last page, and one for a hundred works known by their DOIs."""
    cursors = ["*", "b", "c", "d", "e", "f"]
    pages = [
        (cursor, page(*(work(100 * number + one) for one in range(100)), count=500, following=cursors[number + 1]))
        for number, cursor in enumerate(cursors[:5])
    ]
    dois = at("/works", page(work(999)), {"filter": "doi:" + "|".join(f"10.5555/{number}" for number in range(100))})
    question = PRIEM._replace(dois=tuple(f"10.5555/{number}" for number in range(100)))
    said, served = ask([*profile(*pages), dois], question)
    assert len(records(said)) == 501
    assert len(served.asked) == 7
    assert not served.unexpected


def test_pages_are_as_large_and_fields_as_few_as_the_documentation_allows(ask: Callable[..., Any]) -> None:
    """Lists are asked for by a hundred, with the fields that are read and no others."""
    _, served = ask(profile(("*", page(work()))))
    for asked in served.asked:
        assert "abstract_inverted_index" not in asked.query["select"]
    assert served.asked[1].query["per_page"] == "100"


@given(st.lists(st.text("abcdefgh0123456789/.()<>;:,-", min_size=1, max_size=300).map("10.5555/".__add__), max_size=250))
def test_every_doi_is_asked_for_once_and_no_address_is_too_long(dois: list[str]) -> None:
    """Batches keep to the hundred values of a filter and to the 4,094 bytes of an address, and lose nothing."""
    batches = list(openalex._batches(dois))
    assert sorted(doi for batch in batches for doi in batch) == sorted(dois)
    for batch in batches:
        assert len(batch) <= 100
        assert len(batch) == 1 or len(quote("|".join(batch), safe="")) <= openalex.LONGEST_FILTER
        assert len(batch) == 1 or not any("," in doi for doi in batch)


def test_a_filter_holds_a_hundred_values() -> None:
    """The documented limit; one more begins the next batch."""
    assert [len(batch) for batch in openalex._batches(f"10.5555/{number}" for number in range(201))] == [100, 100, 1]


def test_the_longest_address_fits(ask: Callable[..., Any]) -> None:
    """With a key of usual length the whole address of a full batch stays below the limit of 4,094 bytes."""
    dois = tuple(f"10.5555/{'x' * 40}.{number}" for number in range(200))
    _, served = ask([at("/works", page())], Question(dois=dois), secret="k" * 40)
    assert max(map(len, served.targets)) + len(openalex.BASE) < 4_094
    assert sum(asked.query["filter"].count("10.5555") for asked in served.asked) == 200


def test_one_work_alone_is_asked_for_itself_which_costs_nothing(ask: Callable[..., Any]) -> None:
    """A single DOI, and one with a comma that a filter would cut, go into the path; unknown ones are silently absent."""
    question = Question(dois=("10.5555/a,b", "10.5555/c"), arxiv=())
    said, served = ask([at("/works/doi:10.5555/a,b", work(1))], question)
    assert [record.key for record in records(said)] == ["W1001"]
    assert sorted(asked.path for asked in served.asked) == ["/works/doi:10.5555%2Fa%2Cb", "/works/doi:10.5555%2Fc"]
    assert codes(said) == []


def test_an_arxiv_id_is_asked_for_by_the_doi_that_arxiv_registered(ask: Callable[..., Any]) -> None:
    """New ids and old ones; one that a copy of a work found before already bears is not asked for."""
    copy = {"landing_page_url": "http://arxiv.org/abs/2205.01833v2", "source": None, "version": "submittedVersion"}
    listed = page(work(1, doi="https://doi.org/10.5555/one", locations=[copy]))
    question = PRIEM._replace(dois=("10.5555/one",), arxiv=("2205.01833", "hep-th/9901001", "2505.09388"))
    said, served = ask([*profile(("*", listed)), at("/works", page())], question)
    assert served.asked[-1].query["filter"] == "doi:10.48550/arxiv.hep-th/9901001|10.48550/arxiv.2505.09388"
    assert records(said)[0].ids == ("openalex:W1001", "doi:10.5555/one", "arxiv:2205.01833")


# --- the person ---------------------------------------------------------------------------------------------------------------------------


def test_a_merged_author_is_followed_and_the_new_id_is_named(ask: Callable[..., Any]) -> None:
    """The documented redirect: the works are those of the author that is left, and a line says what to write into people.toml."""
    moved = at("/authors/A5092938886", status=301, headers={"Location": "/authors/A5006060960"})
    left = [at("/authors/A5006060960", author("A5006060960")), at("/works", page(work(affiliation=None)), {"cursor": "*"})]
    said, served = ask([moved, *left], Question(ids={"openalex": "A5092938886"}))
    assert codes(said) == ["merged_id"]
    assert 'openalex = "A5006060960"' in str(said[0])
    assert served.asked[-1].query["filter"] == "authorships.author.id:A5006060960"
    assert len(records(said)) == 1


def test_an_author_who_is_gone_is_told_and_looked_for_by_orcid(ask: Callable[..., Any]) -> None:
    """A merged or deleted id may also be unknown; the person's ORCID iD still leads to the profile."""
    exchanges = [at("/authors/orcid:0000-0001-6187-6610", author()), at("/works", page(work()))]
    question = Question(ids={"openalex": "A5092938886", "orcid": "0000-0001-6187-6610"})
    said, _ = ask(exchanges, question)
    assert codes(said) == ["unknown_id"]
    assert "A5092938886" in str(said[0])
    assert len(records(said)) == 1


def test_an_unknown_person_does_not_cost_the_works(ask: Callable[..., Any]) -> None:
    """Where neither id leads to a profile, both are named, and the works known by their DOIs are brought all the same."""
    question = Question({"openalex": "A1111111111", "orcid": "0000-0002-1825-0097"}, ("10.5555/a",))
    said, _ = ask([at("/works/doi:10.5555/a", work())], question)
    assert codes(said) == ["unknown_id", "no_profile"]
    assert len(records(said)) == 1


def test_an_orcid_without_a_profile_is_no_mistake(ask: Callable[..., Any]) -> None:
    """An iD that nobody at OpenAlex bears may be right: that is remarked, not called unknown, and the works come by their DOIs."""
    question = Question({"orcid": "0000-0002-1825-0097"}, ("10.5555/a",))
    said, _ = ask([at("/works/doi:10.5555/a", work())], question)
    assert codes(said) == ["no_profile"]
    assert "0000-0002-1825-0097" in str(said[0])
    assert [record.position for record in records(said)] == [None]


@pytest.mark.parametrize("identifier", ["A9999999999", "A5317838346", "W2741809807", "I4200000001", "nobody", "\x1b[31mA1"])
def test_what_is_no_person_is_not_asked_for(ask: Callable[..., Any], identifier: str) -> None:
    """To a filter by the null author the service answers with all works there are; a placeholder or a work's id costs no request."""
    said, served = ask([], Question(ids={"openalex": identifier}))
    assert codes(said) == ["unknown_id"]
    assert str(said[0]).isprintable()
    assert served.asked == []


def test_a_profile_that_became_the_deleted_author_is_unknown(ask: Callable[..., Any]) -> None:
    """A redirect to the placeholder of deleted profiles is no new id, and its works are nobody's."""
    said, served = ask([at("/authors/A5023888391", author("A5317838346"))])
    assert codes(said) == ["unknown_id"]
    assert len(served.asked) == 1


def test_an_emptied_profile_is_told(ask: Callable[..., Any]) -> None:
    """A merge may leave a profile without works behind: what it states is kept, and a line says what to do."""
    said, _ = ask(profile(("*", page()), works_count=0))
    assert codes(said) == ["unknown_id"]
    assert "A5023888391" in str(said[-1])
    assert [one.value for one in said if isinstance(one, Observation)] == [0]


def test_what_the_author_does_not_state_is_no_number(ask: Callable[..., Any]) -> None:
    """A profile of which only the id is known makes a candidate and no observation."""
    said, _ = ask([at("/authors/A5023888391", {"id": "https://openalex.org/A5023888391"}), at("/works", page(work()))])
    assert said[0] == Candidate("openalex", "openalex:A5023888391", "A5023888391")
    assert not [one for one in said if isinstance(one, Observation)]


def test_numbers_lead_to_the_public_pages(ask: Callable[..., Any]) -> None:
    """The person's numbers bear the address of the profile, a work's that of the work."""
    said, _ = ask(profile(("*", page(work())), cited_by_count=7))
    (own,) = (one for one in said if isinstance(one, Observation))
    assert (own.url, own.about) == ("https://openalex.org/A5023888391", "")
    (record,) = records(said)
    assert {one.url for one in record.observations} == {"https://openalex.org/W1001"}


# --- the list -----------------------------------------------------------------------------------------------------------------------------


def test_cursors_are_opaque(ask: Callable[..., Any]) -> None:
    """Whatever stands in a cursor comes back as it was."""
    cursor = "IlsxNjA5/+=% &"
    said, served = ask(profile(("*", page(work(1), count=2, following=cursor)), (cursor, page(work(2), count=2))))
    assert [asked.query.get("cursor") for asked in served.asked] == [None, "*", cursor]
    assert len(records(said)) == 2


def test_a_list_that_repeats_itself_ends(ask: Callable[..., Any]) -> None:
    """The same page again, with the same cursor or ever new ones, is an error and no endless run; the same work is said once."""
    turns: Iterator[int] = iter(range(100))
    with pytest.raises(Malformed, match="repeats itself"):
        ask([at("/authors/A5023888391", author()), at("/works", lambda _: page(work(), count=9, following=f"c{next(turns)}"))])
    assert next(turns) == 2


@pytest.mark.parametrize("cursor", ["\x1b[31m", "a\ud800", "a\r\nX: y"])
def test_a_cursor_that_is_none_is_not_sent(ask: Callable[..., Any], cursor: str) -> None:
    """Control characters and lone surrogates, which no address can hold, are an error of the page."""
    body = json.dumps(page(work(), count=2, following=cursor)).encode()
    with pytest.raises(Malformed, match="next_cursor"):
        ask(profile(("*", body)))


def test_a_work_listed_twice_is_said_once(ask: Callable[..., Any]) -> None:
    """A list may change between two pages, so that a work stands on both. Where as many works are there as were announced, none is missing."""
    pages = ("*", page(work(1), work(2), count=3, following="c")), ("c", page(work(2), work(3), count=3))
    said, _ = ask(profile(*pages))
    assert [record.key for record in records(said)] == ["W1001", "W1002", "W1003"]
    assert codes(said) == []


def test_a_list_that_repeats_one_work_and_omits_another_is_told(ask: Callable[..., Any]) -> None:
    """As many items as were announced are not as many works: the one in whose place another stands twice is missing."""
    pages = ("*", page(work(1), work(2), count=4, following="c")), ("c", page(work(2), work(3), count=4))
    said, _ = ask(profile(*pages))
    assert len(records(said)) == 3
    assert codes(said) == ["unread"]
    assert "announces 4 works" in str(said[-1])
    assert "gave 3" in str(said[-1])


def test_a_work_that_cannot_be_read_is_missed_once(ask: Callable[..., Any]) -> None:
    """Items without an id are lost, each with a line; the list itself is as long as announced, and no further line says that it is short."""
    said, _ = ask(profile(("*", page(work(1), None, {}, {}, work(2, title=5), count=5))))
    assert [record.key for record in records(said)] == ["W1001"]
    assert [one.message[:6] for one in said if isinstance(one, Problem)] == ["work 2", "work 3", "work 4", "work 5"]


@pytest.mark.parametrize("last", [page(count=3, following="d"), page(count=3)])
def test_a_list_that_ends_early_is_told(ask: Callable[..., Any], last: Any) -> None:
    """Fewer works than were announced is a loss that a profile must know of."""
    said, _ = ask(profile(("*", page(work(1), work(2), count=3, following="c")), ("c", last)))
    assert codes(said) == ["unread"]
    assert "announces 3 works" in str(said[-1])


def test_a_list_without_a_total_goes_on_until_nothing_follows(ask: Callable[..., Any]) -> None:
    """The documented end: no next cursor, or no results."""
    first, second = page(work(1), following="c"), page(work(2))
    del first["meta"]["count"], second["meta"]["count"]
    said, _ = ask(profile(("*", first), ("c", second)))
    assert len(records(said)) == 2
    assert codes(said) == []


def test_pages_come_as_they_are_read(serve: Serve, door: Door) -> None:
    """After an interruption what was read is there, and no page was asked for that nobody wanted."""
    served = serve(profile(("*", page(work(1), count=10_000, following="c"))))
    said = openalex.fetch(PRIEM, door(openalex, served.url))
    assert records([next(said), next(said)])
    said.close()
    assert len(served.asked) == 2


# --- a work -------------------------------------------------------------------------------------------------------------------------------


def test_a_work_of_which_nothing_is_known_is_a_record(ask: Callable[..., Any]) -> None:
    """Every field may be null: nothing is made up, and no author list is no complete one."""
    empty = dict.fromkeys(openalex.WORK_FIELDS.split(","))
    said, _ = ask(profile(("*", page(empty | {"id": "https://openalex.org/W1001"}))))
    (record,) = records(said)
    assert record == Record("W1001", "openalex", authors_complete=False, ids=("openalex:W1001",))
    assert record.entry == {}


def test_nulls_inside_are_nothing(ask: Callable[..., Any]) -> None:
    """An author, a venue, a copy or a year may be null as well."""
    location = {"source": None, "landing_page_url": None, "version": None}
    record = only(
        ask,
        authorships=[{"author": {"id": None, "display_name": None, "orcid": None}, "raw_author_name": None}, authorship("last")],
        primary_location=location,
        locations=[location, None],
        counts_by_year=[{"year": None, "cited_by_count": 3}, {"year": 2024, "cited_by_count": None}],
    )
    assert [str(name) for name in record.authors] == ["Lovelace, Ada"]
    assert not record.authors_complete
    assert record.venue is None
    assert [one.figure for one in record.observations] == ["citations"]


def test_a_malformed_work_costs_only_itself(ask: Callable[..., Any]) -> None:
    """The others of its page are read, and the line says which one is lost and why."""
    said, _ = ask(profile(("*", page(work(1), work(2, cited_by_count="many"), work(3)))))
    assert [record.key for record in records(said)] == ["W1001", "W1003"]
    assert codes(said) == ["unread"]
    assert "work 2" in str(said[-2])
    assert "cited_by_count" in str(said[-2])


def named(key: str | None, name: str, printed: str | None = None) -> dict[str, Any]:
    profile = {"id": key and f"https://openalex.org/{key}", "display_name": name}
    return authorship(author=profile, raw_author_name=printed or name)


@pytest.mark.parametrize(
    ("authors", "position"),
    [
        ([named("A1111111111", "Wei Wang"), named("A5023888391", "Wei Wang")], 2),
        ([named("A5023888391", "Wei Wang"), named("A1111111111", "Wei Wang")], 1),
        ([named(None, "Jason Priem"), named("A5023888391", "王伟", "W. Wang")], 2),
        ([named(None, "", ""), named("A5023888391", "Wei Wang")], 1),
        ([named("A1111111111", "Jason Priem"), named(None, "Jason Priem")], None),
        ([], None),
    ],
    ids=["namesakes", "namesakes the other way", "another spelling", "behind one without a name", "only a namesake", "nobody"],
)
def test_the_place_is_that_of_the_profile_asked_about(
    ask: Callable[..., Any], authors: list[object], position: int | None
) -> None:
    """The profile's id says who the person is among the authors that have a name, whatever name is printed; without it nobody is taken."""
    record = only(ask, authorships=authors)
    assert record.position == position
    assert position is None or position <= len(record.authors)


def test_a_work_asked_for_by_its_doi_alone_gives_no_place(ask: Callable[..., Any]) -> None:
    """Nobody was asked about."""
    said, _ = ask(
        [at("/works/doi:10.5555/a", work(authorships=[named("A5023888391", "Wei Wang")]))], Question(dois=("10.5555/a",))
    )
    assert [record.position for record in records(said)] == [None]


def test_strange_dois_are_kept_whole(ask: Callable[..., Any]) -> None:
    """A DOI ends where the field does: two that differ only in their last characters are two, and one is asked for as it is written."""
    listed = page(
        work(1, doi="https://doi.org/10.5555/a|b"),
        work(2, doi="https://doi.org/10.5555/a|c"),
        work(3, doi="https://doi.org/10.1002/(sici)1097-4571(199806)49:8%3C693::aid-asi4%3E3.0.co;2-o"),
    )
    said, served = ask(profile(("*", listed)), PRIEM._replace(dois=("10.5555/a|b", "10.5555/a|d")))
    assert [record.ids[1:] for record in records(said)] == [
        ("doi:10.5555/a|b",),
        ("doi:10.5555/a|c",),
        ("doi:10.1002/(sici)1097-4571(199806)49:8<693::aid-asi4>3.0.co;2-o",),
    ]
    assert [asked.path for asked in served.asked[2:]] == ["/works/doi:10.5555%2Fa%7Cd"]


@pytest.mark.parametrize("placeholder", [None, "https://openalex.org/A9999999999", "https://openalex.org/A5317838346"])
def test_a_placeholder_author_keeps_the_printed_name(ask: Callable[..., Any], placeholder: str | None) -> None:
    """Somebody whom OpenAlex could not tell apart is still an author."""
    nobody = authorship(author={"id": placeholder, "display_name": "Unknown Author"}, raw_author_name="Hopper, Grace")
    record = only(ask, authorships=[authorship("first"), nobody])
    assert [str(name) for name in record.authors] == ["Lovelace, Ada", "Hopper, Grace"]
    assert record.authors_complete


@pytest.mark.parametrize(
    ("number", "last", "fields", "complete"),
    [
        (99, "middle", {}, True),
        (100, "last", {}, True),
        (100, "middle", {}, False),
        (100, None, {}, False),
        (2_900, "last", {}, True),
        (100, "last", {"is_authors_truncated": True}, False),
    ],
)
def test_a_list_cut_after_100_authors_is_known_by_its_last(
    ask: Callable[..., Any], number: int, last: str | None, fields: dict[str, Any], complete: bool
) -> None:
    """OpenAlex lists the first hundred authors; whether there are more shows in the place of the last one listed."""
    listed = [authorship("first"), *(authorship() for _ in range(number - 2)), authorship(last or "", author_position=last)]
    record = only(ask, authorships=listed, **fields)
    assert len(record.authors) == number
    assert record.authors_complete is complete
    assert record.entry["author"].endswith(" and others") is not complete


def test_where_the_person_was_is_told_of_the_person_alone(ask: Callable[..., Any]) -> None:
    """Institutions that OpenAlex told apart, else what was printed; those of the other authors are not theirs."""
    other = authorship(institutions=[{"display_name": "Elsewhere"}])
    own = {"author": {"id": "https://openalex.org/A5023888391"}, "raw_affiliation_strings": ["Dept. X", "Dept. Y"]}
    assert only(ask, authorships=[other, own]).affiliation == "Dept. X; Dept. Y"
    assert only(ask, authorships=[other, own | {"institutions": [{"display_name": "OurResearch"}]}]).affiliation == "OurResearch"
    assert only(ask, authorships=[other]).affiliation is None


def test_the_copies_state_further_ids_and_are_kept(ask: Callable[..., Any]) -> None:
    """A preprint's arXiv id and DOI stand in the addresses of the copies; an address that only looks like one gives none."""
    copies = [
        {
            "landing_page_url": "https://doi.org/10.5555/published",
            "version": "publishedVersion",
            "source": {"display_name": "A Journal"},
        },
        {"landing_page_url": None, "pdf_url": "https://arxiv.org/pdf/2205.01833", "version": "submittedVersion"},
        {
            "landing_page_url": "https://doi.org/10.1101/2020.01.01.123456",
            "version": "submittedVersion",
            "raw_source_name": "bioRxiv",
        },
        {"landing_page_url": "https://repository.example/abs/2301.00001", "pdf_url": "javascript:alert(1)"},
        {"landing_page_url": "https://repository.example/10.5555/copy"},
    ]
    record = only(ask, doi="https://doi.org/10.5555/Published", locations=copies, primary_location=copies[0], type="article")
    assert record.ids == ("openalex:W1001", "doi:10.5555/published", "arxiv:2205.01833", "doi:10.1101/2020.01.01.123456")
    assert (record.entry["doi"], record.entry["eprint"]) == ("10.5555/published", "2205.01833")
    assert (record.venue, record.entry["version"], record.entry["journal"]) == ("A Journal", "publishedVersion", "A Journal")
    assert record.entry["locations"].split("; ")[0] == "publishedVersion A Journal https://doi.org/10.5555/published"
    assert "javascript" not in record.entry["locations"]


@pytest.mark.parametrize(
    ("stated", "kind", "expected"),
    [
        ("article", "journal", "article"),
        ("article", "conference", "inproceedings"),
        ("book-chapter", "conference", "inproceedings"),
        ("book-chapter", "book series", "incollection"),
        ("conference-paper", None, "inproceedings"),
        ("preprint", "repository", "misc"),
        ("dissertation", "repository", "phdthesis"),
        ("report", None, "techreport"),
        ("something new", "journal", "misc"),
        (None, None, "misc"),
    ],
)
def test_types_are_those_of_bibtex(ask: Callable[..., Any], stated: str | None, kind: str | None, expected: str) -> None:
    """A paper in proceedings is an `article` to OpenAlex, whose venue is a conference; a type that is new is `misc`."""
    assert only(ask, type=stated, primary_location={"source": {"display_name": "X", "type": kind}}).type == expected


def test_an_absurd_year_is_no_year(ask: Callable[..., Any]) -> None:
    """A year that cannot be one is left out, of the work as well as of its counts."""
    record = only(
        ask, publication_year=20185, counts_by_year=[{"year": 0, "cited_by_count": 2}, {"year": 2024, "cited_by_count": 5}]
    )
    assert record.year is None
    assert [(one.figure, one.value) for one in record.observations] == [("citations", 1), ("citations_in_2024", 5)]


def test_titles_and_names_are_harmless(ask: Callable[..., Any]) -> None:
    """OpenAlex passes text on as it came: markup and terminal escapes are gone from what is shown and from what is exported."""
    hostile = "<b>Deep</b> &amp; \x1b[31mred\x07 \u202etitle"
    somebody = authorship("last", author={"id": "https://openalex.org/A5000000001", "display_name": "Ada \x1b[2JLovelace"})
    record = only(ask, title=hostile, authorships=[somebody], primary_location={"source": {"display_name": hostile}})
    assert record.title == record.venue == "Deep & red title"
    assert str(record.authors[0]) == "Lovelace, Ada"
    assert all(text.isprintable() for text in record.entry.values())


# --- the allowance ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        # https://help.openalex.org/api/errors/
        (
            {
                "X-RateLimit-Limit": "10000",
                "X-RateLimit-Remaining": "8766",
                "X-RateLimit-Credits-Used": "1",
                "X-RateLimit-Reset": "43200",
            },
            Budget(8766, 1, 43200, "credits"),
        ),
        ({"x-ratelimit-remaining": "8766", "x-ratelimit-credits-used": "0"}, Budget(8766, 1, None, "credits")),
        ({"X-RateLimit-Remaining": "3", "X-RateLimit-Onetime-Remaining": "500"}, Budget(503, 1, None, "credits")),
        ({"X-RateLimit-Remaining": "5", "X-RateLimit-Credits-Required": "10"}, Budget(5, 10, None, "credits")),
        (
            {"X-RateLimit-Remaining-USD": "0.979", "X-RateLimit-Cost-USD": "0.001", "X-RateLimit-Prepaid-Remaining-USD": "2"},
            Budget(2.979, 0.001, None, "USD"),
        ),
        ({"X-RateLimit-Remaining-USD": "1e-7"}, Budget(1e-7, 0.0001, None, "USD")),
        (SPENT | {"Retry-After": "43200"}, Budget(0, 1, 43200, "credits")),
        (SPENT | {"Retry-After": "1"}, None),
        ({"X-RateLimit-Remaining": "0", "Retry-After": "1"}, None),
        ({"X-RateLimit-Remaining": "many"}, None),
        ({"X-RateLimit-Limit": "1000"}, None),
        ({}, None),
    ],
)
def test_the_headers_tell_what_is_left(headers: dict[str, str], expected: Budget | None) -> None:
    """Credits, else dollars, a prepaid balance included, whatever the case of the names; a refusal for haste tells nothing of the allowance."""
    assert openalex.budget(headers) == expected


def test_a_spent_allowance_is_not_waited_for(serve: Serve, door: Door) -> None:
    """A 429 because the day's allowance is used up: no wait, no repetition, and the message says when it is renewed and that a key helps."""
    waits: list[float] = []
    served = serve(
        [at("/authors/A5023888391", {"error": "Rate limit exceeded"}, status=429, headers=SPENT | {"Retry-After": "43200"})]
    )
    with pytest.raises(BudgetSpent, match=r"12 h.*CITETRACK_OPENALEX_KEY"):
        list(openalex.fetch(PRIEM, door(openalex, served.url, wait=waits.append)))
    assert (len(served.asked), waits) == (1, [])


def test_haste_is_waited_out(serve: Serve, door: Door) -> None:
    """A 429 because of too many requests in a second says that nothing remains, too; after the second the answer comes."""
    waits: list[float] = []
    hasty = at("/authors/A5023888391", {"error": "Rate limit exceeded"}, status=429, headers=SPENT | {"Retry-After": "1"})
    served = serve([hasty, *profile(("*", page(work())))])
    assert records(list(openalex.fetch(PRIEM, door(openalex, served.url, wait=waits.append))))
    assert waits == [1]
    with pytest.raises(RateLimited):
        list(openalex.fetch(PRIEM, door(openalex, serve([hasty]).url)))


def test_it_stops_before_the_source_has_to_say_no(serve: Serve, door: Door) -> None:
    """The page that used up the allowance is kept; the next one is not asked for."""
    exchanges = profile(("*", page(work(), count=2, following="c")))
    exchanges[1]["headers"] = {"X-RateLimit-Remaining": "0", "X-RateLimit-Credits-Used": "1", "X-RateLimit-Reset": "600"}
    served, said = serve(exchanges), list[Said]()
    with pytest.raises(BudgetSpent, match="10 min"):
        said.extend(openalex.fetch(PRIEM, door(openalex, served.url)))
    assert len(records(said)) == 1
    assert len(served.asked) == 2


# --- the search ---------------------------------------------------------------------------------------------------------------------------


def test_a_search_is_one_request_and_its_words_are_words(serve: Serve, door: Door) -> None:
    """What a search would take for an operator is none in a name; placeholders are nobody."""
    served = serve([at("/authors", page(author(topics=[{"display_name": "Altmetrics"}]), author("A9999999999")))])
    found = list(openalex.find('"Priem*" (Jason) AND\x1b[31m', door(openalex, served.url)))
    assert found == [Candidate("openalex", "openalex:A5023888391", "Jason Priem", note="Altmetrics")]
    assert [asked.query["search"] for asked in served.asked] == ["Priem Jason And"]


def test_names_of_any_script_are_searched_for_as_they_are(serve: Serve, door: Door) -> None:
    """Vowel signs, hyphens, apostrophes and full stops are parts of names."""
    served = serve([at("/authors", page())])
    for name in ("林俊旸", "नरेन्द्र", "Jean-Luc O’Neill", "J. Priem"):
        assert list(openalex.find(name, door(openalex, served.url))) == []
    assert [asked.query["search"] for asked in served.asked] == ["林俊旸", "नरेन्द्र", "Jean-Luc O’Neill", "J. Priem"]


@pytest.mark.parametrize("name", ["", "  ", "*", '"?"', "\x1b[31m"])
def test_a_name_without_words_asks_nothing(serve: Serve, door: Door, name: str) -> None:
    """Nothing to look for, nothing asked."""
    served = serve([])
    assert list(openalex.find(name, door(openalex, served.url))) == []
    assert served.asked == []


def test_a_profile_shows_what_tells_it_apart(serve: Serve, door: Door) -> None:
    """A profile without an institution of today shows those of before; one that is malformed costs only itself."""
    before = [{"institution": {"display_name": f"University {number}"}} for number in range(9)]
    served = serve(
        [at("/authors", page(author(affiliations=before, last_known_institutions=[]), author("A2222222222", works_count="x")))]
    )
    (found,) = openalex.find("Jason Priem", door(openalex, served.url))
    assert found.affiliations == ("University 0", "University 1", "University 2")


# --- real answers -------------------------------------------------------------------------------------------------------------------------


def test_the_recorded_author_and_work_are_read(shared_data: Path, ask: Callable[..., Any]) -> None:
    """The one real author and the one real work that were recorded, whole, as they were answered."""
    folder = shared_data / "recordings" / "openalex"
    person, paper = (json.loads((folder / f"{key}.json").read_text(encoding="utf-8")) for key in ("A5023888391", "W2741809807"))
    said, _ = ask([at("/authors/A5023888391", person), at("/works", page(paper))])
    assert codes(said) == []
    candidate = said[0]
    assert isinstance(candidate, Candidate)
    assert (candidate.name, candidate.works, candidate.citations) == ("Jason Priem", 62, 3890)
    assert candidate.affiliations == ("OurResearch",)
    assert candidate.ids == ("orcid:0000-0001-6187-6610",)
    stated = {one.figure: one.value for one in said if isinstance(one, Observation)}
    assert (stated["works"], stated["citations"], stated["h_index"], stated["i10_index"]) == (62, 3890, 17, 20)
    assert (stated["citations_in_2024"], stated["works_in_2024"]) == (314, 1)
    (record,) = records(said)
    assert (record.key, record.year, record.venue, record.type, len(record.authors)) == (
        "W2741809807",
        2018,
        "PeerJ",
        "article",
        9,
    )
    assert record.authors_complete
    assert record.ids == ("openalex:W2741809807", "doi:10.7717/peerj.4375", "pmid:29456894", "pmcid:PMC5815332")
    assert record.observations[0].value == 962
    assert (record.entry["volume"], record.entry["pages"], record.entry["publisher"]) == ("6", "e4375", "PeerJ, Inc.")
