"""Crossref: what is made of a work's fields, how works are asked for, and the real answers recorded by others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import BadAnswer, Malformed, Unavailable
from citetrack.http import Http
from citetrack.records.model import Problem, Question, Record, Said
from citetrack.sources import crossref

ORCID = "0000-0002-1825-0097"
DOI = "10.5555/12345678"

Serve = Callable[..., Any]
Door = Callable[..., Http]


def listed(*items: object, total: int | None = None) -> dict[str, object]:
    """A list of works as Crossref answers it."""
    message = {"facets": {}, "total-results": len(items) if total is None else total, "items": list(items)}
    return {"status": "ok", "message-type": "work-list", "message-version": "1.0.0", "message": message}


def one(**item: object) -> dict[str, object]:
    """A work alone as Crossref answers it."""
    return {"status": "ok", "message-type": "work", "message-version": "1.0.0", "message": {"DOI": DOI, **item}}


def works(said: Sequence[Said]) -> list[Record]:
    return [item for item in said if isinstance(item, Record)]


def problems(said: Sequence[Said]) -> list[Problem]:
    return [item for item in said if isinstance(item, Problem)]


@pytest.fixture
def read(serve: Serve, door: Door) -> Callable[..., Record]:
    """The record that a work with these fields becomes, through the real transport."""

    def reading(**item: object) -> Record:
        served = serve([{"path": f"/works/{DOI}", "body": one(**item)}])
        [record] = works(list(crossref.fetch(Question(dois=(DOI,)), door(crossref, served.url))))
        return record

    return reading


@pytest.fixture
def warned(serve: Serve, door: Door) -> Callable[..., list[Problem]]:
    """The problems that a work with these fields raises."""

    def reading(**item: object) -> list[Problem]:
        served = serve([{"path": f"/works/{DOI}", "body": one(**item)}])
        return problems(list(crossref.fetch(Question(dois=(DOI,)), door(crossref, served.url))))

    return reading


# --- the fields of a work -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "year"),
    [
        ({"issued": {"date-parts": [[2020]]}}, 2020),
        ({"issued": {"date-parts": [[2020, 5]]}}, 2020),
        ({"issued": {"date-parts": [[2020, 5, 31]]}}, 2020),
        ({"issued": {"date-parts": [[None]]}}, None),
        ({"issued": {"date-parts": [[]]}}, None),
        ({"issued": {"date-parts": []}}, None),
        ({"issued": {}}, None),
        ({"issued": None}, None),
        ({}, None),
        ({"issued": {"date-parts": [[0, 1]]}}, None),
        ({"issued": {"date-parts": [[20222]]}, "published": {"date-parts": [[2022]]}}, 2022),
        ({"issued": {"date-parts": [[2015, 12]]}, "published-print": {"date-parts": [[2016, 2]]}}, 2015),
        ({"issued": {"date-parts": [[None]]}, "published-online": {"date-parts": [[2019, 5]]}}, 2019),
        ({"issued": {"date-parts": [[None]]}, "approved": {"date-parts": [[2025, 4, 1]]}}, 2025),
        ({"issued": {"date-parts": [[None]]}, "created": {"date-parts": [[2004, 6, 22]]}}, None),
    ],
)
def test_the_year_is_that_of_the_earliest_publication(
    read: Callable[..., Record], dates: dict[str, object], year: int | None
) -> None:
    """Partial and unknown dates are read as documented; the day on which a DOI was registered is no date of publication."""
    assert read(**dates).year == year


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("journal-article", "article"),
        ("proceedings-article", "inproceedings"),
        ("book-chapter", "incollection"),
        ("reference-entry", "incollection"),
        ("monograph", "book"),
        ("edited-book", "book"),
        ("proceedings", "proceedings"),
        ("report", "techreport"),
        ("dissertation", "phdthesis"),
        ("dataset", "dataset"),
        ("posted-content", "misc"),
        ("peer-review", "misc"),
        ("a type of tomorrow", "misc"),
        (None, "misc"),
    ],
)
def test_types_become_those_of_bibtex(read: Callable[..., Record], kind: str | None, expected: str) -> None:
    """Each of Crossref's types has a place in BibTeX; one that is not known is `misc`."""
    assert read(type=kind).type == expected


def test_titles_lose_their_markup_and_their_line_ends(read: Callable[..., Record]) -> None:
    """Face markup, MathML, entities and the blanks of a pretty-printed deposit are gone; the subtitle stays out of the title."""
    title = 'The role of\n        <scp>AI</scp>\n        in H<sub>2</sub>O &amp;amp; <mml:math xmlns:mml="x"><mml:mi>n</mml:mi></mml:math>\x1b[2J'
    record = read(title=[" ", title, "Another title"], subtitle=["A <i>study</i>"])
    assert record.title == "The role of AI in H2O & n"
    assert (record.entry["title"], record.entry["subtitle"]) == (record.title, "A study")


def test_people_and_groups_are_told_apart(read: Callable[..., Record]) -> None:
    """A person has a family name, a given name, perhaps a suffix; an organisation is one name that is never taken apart."""
    record = read(
        author=[
            {"family": "King", "given": "Martin Luther", "suffix": "Jr.", "ORCID": f"https://orcid.org/{ORCID}"},
            {"name": "Institute for Ceramics and Glass"},
            {"given": "Plato"},
            {"family": "조혜린"},
        ]
    )
    assert [str(author) for author in record.authors] == [
        "King, Jr., Martin Luther",
        "Institute for Ceramics and Glass",
        "Plato",
        "조혜린",
    ]
    assert [author.literal for author in record.authors] == [False, True, False, False]
    assert record.authors_complete
    assert record.entry["author"] == "King, Jr., Martin Luther and {Institute for Ceramics and Glass} and Plato and 조혜린"


@pytest.mark.parametrize("authors", [None, [], [{"sequence": "first"}], [{"family": "Lin"}, {"affiliation": []}]])
def test_an_author_without_a_name_leaves_the_list_incomplete(read: Callable[..., Record], authors: object) -> None:
    """No list of authors, or one with somebody unnamed in it, is not said to be complete."""
    assert not read(author=authors).authors_complete


def test_a_paper_of_thousands_is_read_whole(read: Callable[..., Record]) -> None:
    """2,900 authors are 2,900 authors."""
    authors = [{"family": f"Name{number}", "given": "A. B.", "affiliation": [{"name": "CERN"}]} for number in range(2900)]
    assert len(read(author=authors).authors) == 2900


def test_a_chapter_appeared_in_its_book_not_in_the_series(read: Callable[..., Record]) -> None:
    """Of several containing titles the last is the volume; a journal is the first, whatever follows it; a book has its series in the entry alone."""
    two = ["Lecture Notes in Ceramics", "Kilns 2001"]
    chapter = read(type="book-chapter", **{"container-title": two, "ISBN": ["9780306406157"]})
    assert (chapter.venue, chapter.entry["booktitle"], chapter.entry["series"]) == (
        "Kilns 2001",
        "Kilns 2001",
        "Lecture Notes in Ceramics",
    )
    article = read(type="journal-article", **{"container-title": ["Journal of Kilns", "J. Kilns"]})
    assert (article.venue, article.entry["journal"]) == ("Journal of Kilns", "Journal of Kilns")
    book = read(type="monograph", **{"container-title": two[:1]})
    assert (book.venue, book.entry["series"]) == (None, "Lecture Notes in Ceramics")


def test_an_isbn_is_an_id_of_the_book_alone(read: Callable[..., Record]) -> None:
    """All chapters share their book's ISBN, so that as an id of theirs it would make them one work."""
    isbn = {"ISBN": ["http://id.crossref.org/isbn/9780306406157", "0-306-40615-2"]}
    assert read(type="monograph", **isbn).ids == (f"doi:{DOI}", "isbn:9780306406157")
    chapter = read(type="book-chapter", **isbn)
    assert chapter.ids == (f"doi:{DOI}",)
    assert "9780306406157" in chapter.entry["isbn"]


@pytest.mark.parametrize("institution", [[{"name": "bioRxiv"}, {"name": "Other"}], {"name": "bioRxiv", "place": []}])
def test_a_preprint_appeared_where_it_was_posted(read: Callable[..., Record], institution: object) -> None:
    """The institution is the venue of posted content, whether it comes as documented, one object, or as recorded, a list."""
    record = read(type="posted-content", subtype="preprint", institution=institution, posted={"date-parts": [[2016, 5, 30]]})
    assert (record.venue, record.year, record.entry["institution"], record.entry["type"]) == (
        "bioRxiv",
        2016,
        "bioRxiv",
        "preprint",
    )
    assert read(type="dissertation", institution=institution).venue is None


def test_the_entry_holds_what_the_work_states(read: Callable[..., Record]) -> None:
    """BibTeX's fields under BibTeX's names; what holds nothing is absent; a publisher's own numbers are kept but are no ids."""
    record = read(
        type="journal-article",
        volume="5",
        issue="11",
        page="1-3",
        publisher="Society of Psychoceramics",
        ISSN=["0264-3561"],
        URL="https://doi.org/10.5555/12345678",
        editor=[{"family": "Glaze", "given": "Truman"}],
        **{"article-number": "e17", "alternative-id": [DOI.upper(), "S0197458010001284", "58350", "arXiv:2505.09388"]},
    )
    expected = {
        "volume": "5",
        "number": "11",
        "pages": "1-3",
        "publisher": "Society of Psychoceramics",
        "issn": "0264-3561",
        "url": "https://doi.org/10.5555/12345678",
        "editor": "Glaze, Truman",
        "eid": "e17",
        "doi": DOI,
        "alternative-id": "S0197458010001284; 58350; arXiv:2505.09388",
    }
    assert dict(record.entry) == expected
    assert record.ids == (f"doi:{DOI}", "arxiv:2505.09388")


def test_relations_to_other_forms_are_kept_apart_from_the_ids(read: Callable[..., Record]) -> None:
    """A preprint and its paper are two objects: each names the other in its entry, in the ids' normal form, and never among its own ids."""
    record = read(
        relation={
            "has-preprint": [
                {"id-type": "doi", "id": "10.1101/014852", "asserted-by": "object"},
                {"id-type": "doi", "id": "https://doi.org/10.48550/arXiv.2505.09388", "asserted-by": "subject"},
                {"id-type": "arxiv", "id": "2505.09388v2"},
                {"id-type": "uri", "id": "http://example.org/x"},
                {"id-type": "issn", "id": "0264-3561"},
                {"id-type": None, "id": None},
            ],
            "is-version-of": [{"id-type": "doi", "id": "10.59350/7MTWQ-q3661"}],
            "has-review": [{"id-type": "doi", "id": "10.5555/review"}],
            "is-preprint-of": [],
        }
    )
    assert record.entry["has-preprint"] == "doi:10.1101/014852 arxiv:2505.09388"
    assert record.entry["is-version-of"] == "doi:10.59350/7mtwq-q3661"
    assert not {"has-review", "is-preprint-of"} & record.entry.keys()
    assert record.ids == (f"doi:{DOI}",)


def test_counts_are_statements_with_their_origin(read: Callable[..., Record]) -> None:
    """Citations and references as stated, 0 as 0, and nothing where nothing was stated."""
    stated = read(**{"is-referenced-by-count": 0, "references-count": 12})
    assert [(one.figure, one.value, one.about) for one in stated.observations] == [("citations", 0, DOI), ("references", 12, DOI)]
    assert {one.url for one in stated.observations} == {f"https://api.crossref.org/works/{DOI}"}
    assert {one.origin for one in stated.observations} == {stated.origin}
    assert read().observations == ()


@pytest.mark.parametrize(
    "doi",
    [
        "10.1002/(sici)1099-0771(199806)11:2<107::aid-bdm292>3.0.co;2-y",
        "10.1890/0012-9615(1999)069[0569:edilsa]2.0.co;2",
        "10.1111/(issn)1442-9993",
        "10.5555/odd{brace}and|bar",
    ],
)
def test_strange_dois_are_kept_whole(serve: Serve, door: Door, doi: str) -> None:
    """Whatever characters a DOI has, it is asked for, keyed and identified as it is."""
    served = serve([{"path": f"/works/{doi}", "body": one(DOI=doi.upper())}])
    [record] = works(list(crossref.fetch(Question(dois=(doi,)), door(crossref, served.url))))
    assert (record.key, record.ids) == (doi, (f"doi:{doi}",))
    assert served.targets == [f"/works/{quote(doi, safe=':')}"]


# --- retractions and other updates ----------------------------------------------------------------------------------------------------


def update(kind: str, doi: str, source: str = "publisher") -> dict[str, object]:
    return {"DOI": doi, "type": kind, "label": kind.title(), "source": source, "updated": {"date-parts": [[2010, 2, 6]]}}


@pytest.mark.parametrize(
    ("updates", "codes"),
    [
        ({"updated-by": [update("retraction", "10.5555/notice")]}, ["retracted"]),
        (
            {"updated-by": [update("Retraction", "10.5555/n"), update("retraction", "10.5555/N", "retraction-watch")]},
            ["retracted"],
        ),
        ({"updated-by": [update("withdrawal", "10.5555/notice")]}, ["withdrawn"]),
        ({"updated-by": [update("removal", "10.5555/notice")]}, ["withdrawn"]),
        ({"updated-by": [update("correction", "10.5555/c"), update("expression_of_concern", "10.5555/e")]}, []),
        ({"updated-by": [update("partial_retraction", "10.5555/p")]}, []),
        ({"update-to": [update("retraction", "10.5555/another-work")]}, []),
        ({"update-to": [update("retraction", DOI.upper())]}, ["retracted"]),
        ({"updated-by": []}, []),
        ({}, []),
    ],
)
def test_a_retracted_work_is_told_from_its_notice(
    warned: Callable[..., list[Problem]], updates: Mapping[str, object], codes: list[str]
) -> None:
    """Once for each work that is retracted, also in place; neither for the notice, nor for a correction."""
    found = warned(title=["Cracked Pots"], **updates)
    assert [problem.code for problem in found] == codes
    assert all(
        "Cracked Pots" in problem.message and DOI in problem.message and "not_mine" in problem.message for problem in found
    )
    assert not any(problem.lost for problem in found)


def test_updates_stand_in_the_entry(read: Callable[..., Record]) -> None:
    """Who updated the work, and what it updates, can be read there; a retraction stands in the note as well."""
    record = read(
        **{
            "updated-by": [update("correction", "10.5555/C"), update("retraction", "10.5555/r")],
            "update-to": [update("new_version", "10.5555/old")],
        }
    )
    assert record.entry["updated-by"] == "correction doi:10.5555/c; retraction doi:10.5555/r"
    assert record.entry["update-to"] == "new version doi:10.5555/old"
    assert record.entry["note"] == "retracted by doi:10.5555/r"
    assert "note" not in read(**{"updated-by": [update("correction", "10.5555/C")]}).entry


# --- asking ---------------------------------------------------------------------------------------------------------------------------


def test_one_doi_is_asked_for_alone_and_several_by_a_filter(serve: Serve, door: Door) -> None:
    """A single work has an address of its own; a batch is one request whose filter repeats ``doi:``; no DOI is asked for twice."""
    served = serve(
        [
            {"path": "/works", "body": listed({"DOI": "10.5555/a"}, {"DOI": "10.5555/B"})},
            {"path": "/works/10.5555/a", "body": one(DOI="10.5555/a")},
        ]
    )
    list(crossref.fetch(Question(dois=("10.5555/a", "10.5555/a")), door(crossref, served.url)))
    said = list(crossref.fetch(Question(dois=("10.5555/a", "10.5555/b", "10.5281/zenodo.1")), door(crossref, served.url)))
    assert [record.key for record in works(said)] == ["10.5555/a", "10.5555/b"]
    assert not problems(said), "a DOI that another agency registered is nobody's fault"
    assert [asked.path for asked in served.asked] == ["/works/10.5555%2Fa", "/works"]
    assert served.asked[1].query["filter"] == "doi:10.5555/a,doi:10.5555/b,doi:10.5281/zenodo.1"


def test_an_unknown_doi_asked_for_alone_is_no_problem(serve: Serve, door: Door) -> None:
    """A 404 for one work means that Crossref did not register it."""
    served = serve([{"path": "/works/10.5281/zenodo.1", "status": 404, "body": "Resource not found."}])
    assert list(crossref.fetch(Question(dois=("10.5281/zenodo.1",)), door(crossref, served.url))) == []


DOIS = st.lists(st.text("abcdefgh0123456789./()<>:;,[]_é-", min_size=1, max_size=90).map("10.5555/".__add__), max_size=200)


@given(DOIS)
def test_batches_hold_every_doi_once_and_fit_into_a_request(dois: list[str]) -> None:
    """No DOI is lost or asked for twice; no filter is longer or of more works than a request takes; a comma never stands in a filter."""
    batches = list(crossref._batches(dois))
    assert sorted(doi for batch in batches for doi in batch) == sorted(set(dois))
    for batch in batches:
        assert 1 <= len(batch) <= crossref.ROWS
        assert len(batch) == 1 or not any("," in doi for doi in batch)
        assert len(batch) == 1 or len(quote(",".join(f"doi:{doi}" for doi in batch), safe="")) <= crossref.LONGEST_FILTER


def test_the_first_line_of_a_request_stays_below_its_limit(serve: Serve, door: Door) -> None:
    """The service reads 4,096 bytes of it, mail address, method and protocol included."""
    dois = tuple(f"10.5555/{number:03}-{'x' * 40}" for number in range(150))
    served = serve([{"path": "/works", "body": listed()}])
    list(crossref.fetch(Question(dois=dois), door(crossref, served.url, contact=f"{'a' * 100}@example.org")))
    assert len(served.targets) > 1
    assert max(len(f"GET {target} HTTP/1.1") for target in served.targets) < 4096
    assert max(len(target) for target in served.targets) > 2000


def pages(total: int, given: int | None = None) -> dict[str, object]:
    """A server with so many works, which gives the pages asked for."""

    def body(asked: Any) -> dict[str, object]:
        start, rows = int(asked.query.get("offset", 0)), int(asked.query["rows"])
        assert start + rows <= 10_000
        stop = min(start + rows, total if given is None else given)
        return listed(*({"DOI": f"10.5555/{number}"} for number in range(start, stop)), total=total)

    return {"path": "/works", "body": body}


@pytest.mark.parametrize(("total", "requests"), [(0, 1), (1, 1), (50, 1), (51, 2), (149, 3)])
def test_a_list_is_read_to_its_end_and_no_further(serve: Serve, door: Door, total: int, requests: int) -> None:
    """Every page is asked for once, none beyond the last, and every work comes once."""
    served = serve([pages(total)])
    said = list(crossref.fetch(Question(ids={"orcid": ORCID}), door(crossref, served.url)))
    assert [record.key for record in works(said)] == [f"10.5555/{number}" for number in range(total)]
    assert len(served.asked) == requests
    assert {asked.query["filter"] for asked in served.asked} == {f"orcid:{ORCID}"}
    assert not problems(said)


def test_a_server_of_smaller_pages_is_read_as_well(serve: Serve, door: Door) -> None:
    """Where fewer works come than were asked for, the next page starts after those that came."""

    def body(asked: Any) -> dict[str, object]:
        start = int(asked.query.get("offset", 0))
        return listed(*({"DOI": f"10.5555/{number}"} for number in range(start, min(start + 20, 70))), total=70)

    said = list(crossref.fetch(Question(ids={"orcid": ORCID}), door(crossref, serve([{"path": "/works", "body": body}]).url)))
    assert len(works(said)) == 70
    assert not problems(said)


def test_more_works_than_can_be_reached_are_said_to_be_missing(serve: Serve, door: Door) -> None:
    """Offsets end at 10,000: those works come, and that there are more makes the run partial."""
    served = serve([pages(12_345)])
    said = list(crossref.fetch(Question(ids={"orcid": ORCID}), door(crossref, served.url, cache=None)))
    assert len(works(said)) == 10_000
    assert [(problem.lost, "12,345" in problem.message) for problem in problems(said)] == [(True, True)]


@pytest.mark.parametrize(
    "body",
    [
        lambda asked: listed({"DOI": "10.5555/a"}, {"DOI": "10.5555/b"}, total=90),
        lambda asked: listed(*([] if "offset" in asked.query else [{"DOI": "10.5555/a"}, {"DOI": "10.5555/b"}]), total=90),
        lambda asked: listed({"DOI": "10.5555/a"}, {"DOI": "10.5555/b"}, total=10**12),
    ],
    ids=["repeats itself", "falls silent", "boasts"],
)
def test_a_list_that_never_ends_is_left(serve: Serve, door: Door, body: Callable[[Any], object]) -> None:
    """A server that repeats a page, or has no more although it says so, is asked twice, and what is missing is told."""
    served = serve([{"path": "/works", "body": body}])
    said = list(crossref.fetch(Question(ids={"orcid": ORCID}), door(crossref, served.url)))
    assert [record.key for record in works(said)] == ["10.5555/a", "10.5555/b"]
    assert [problem.lost for problem in problems(said)] == [True]
    assert len(served.asked) == 2


def test_a_list_that_repeats_one_work_and_omits_another_is_told(serve: Serve, door: Door) -> None:
    """As many items as were announced are not as many works; of items without a DOI each is one, and is told by itself."""

    def said(*items: object, total: int) -> list[Any]:
        served = serve([{"path": "/works", "body": listed(*items, total=total)}])
        return list(crossref.fetch(Question(ids={"orcid": ORCID}), door(crossref, served.url, cache=None)))

    repeated = said({"DOI": "10.5555/a"}, {"DOI": "10.5555/A"}, {"DOI": "10.5555/b"}, total=3)
    assert [record.key for record in works(repeated)] == ["10.5555/a", "10.5555/b"]
    assert [
        (problem.lost, "counts 3 works" in problem.message, "gives 2" in problem.message) for problem in problems(repeated)
    ] == [(True, True, True)]
    unnamed = said({"DOI": "10.5555/a"}, {}, {}, total=3)
    assert [problem.message[:15] for problem in problems(unnamed)] == ["Crossref's work"] * 2


def test_works_of_the_list_are_not_asked_for_again(serve: Serve, door: Door) -> None:
    """A DOI that the person's list held is known; where the list held all, no second request is made."""
    served = serve([{"path": "/works", "body": listed({"DOI": "10.5555/A"}, {"DOI": "10.5555/a"})}])
    said = list(crossref.fetch(Question(ids={"orcid": ORCID}, dois=("10.5555/a",)), door(crossref, served.url)))
    assert [record.key for record in works(said)] == ["10.5555/a"]
    assert len(served.asked) == 1


def test_the_affiliation_is_that_of_the_person_asked_about(serve: Serve, door: Door) -> None:
    """The author who bears the ORCID iD asked by; another author's place of work is not the person's."""
    authors = [
        {"family": "Other", "affiliation": [{"name": "Elsewhere"}]},
        {
            "family": "Carberry",
            "ORCID": f"http://orcid.org/{ORCID}",
            "affiliation": [{"name": "Brown <b>University</b>"}, {"name": "Wesleyan"}],
        },
    ]
    served = serve(
        [{"path": "/works", "body": listed({"DOI": "10.5555/a", "author": authors}, {"DOI": "10.5555/b", "author": authors[:1]})}]
    )
    said = list(crossref.fetch(Question(ids={"orcid": ORCID}), door(crossref, served.url)))
    assert [record.affiliation for record in works(said)] == ["Brown University; Wesleyan", None]


def test_a_broken_work_costs_only_itself(serve: Serve, door: Door) -> None:
    """Wrong types in known fields lose one work, named by its place; the works around it come."""
    broken: list[object] = [
        {"DOI": None},
        {"DOI": "10.5555/x", "is-referenced-by-count": -1},
        {"DOI": "10.5555/y", "title": "no list"},
        None,
        7,
    ]
    served = serve([{"path": "/works", "body": listed({"DOI": "10.5555/a"}, *broken, {"DOI": "10.5555/b"})}])
    said = list(crossref.fetch(Question(ids={"orcid": ORCID}), door(crossref, served.url)))
    assert [record.key for record in works(said)] == ["10.5555/a", "10.5555/b"]
    assert [problem.code for problem in problems(said)] == ["unread"] * 5
    assert (
        problems(said)[1].message
        == "Crossref's work 3: is-referenced-by-count holds -1, expected a count, which is never negative"
    )


@pytest.mark.parametrize("message", [{}, {"items": []}, {"total-results": 3}, [], None, {"items": {}, "total-results": 0}])
def test_a_page_that_is_none_is_an_error(serve: Serve, door: Door, message: object) -> None:
    """An answer without a list of works is not an empty list."""
    served = serve([{"path": "/works", "body": {"status": "ok", "message": message}}])
    with pytest.raises(Malformed):
        list(crossref.fetch(Question(ids={"orcid": ORCID}), door(crossref, served.url)))


def test_the_key_and_the_contact_go_where_crossref_documents_them(serve: Serve, door: Door) -> None:
    """The Plus token in its header behind `Bearer`, the mail address as `mailto`; without either neither is sent."""
    served = serve([{"path": f"/works/{DOI}", "body": one()}])
    question = Question(dois=(DOI,))
    list(crossref.fetch(question, door(crossref, served.url, secret="s3cret", contact="me@example.org")))
    list(crossref.fetch(question, door(crossref, served.url)))
    keyed, anonymous = served.asked
    assert keyed.headers["Crossref-Plus-API-Token"] == "Bearer s3cret"
    assert keyed.query == {"mailto": "me@example.org"}
    assert anonymous.headers["Crossref-Plus-API-Token"] is None
    assert anonymous.query == {}


# --- real answers ---------------------------------------------------------------------------------------------------------------------

# File, DOI, how the title begins, year, type, citations, references, number of authors: read from the recorded JSON by eye.
SINGLE = [
    ("cr_works.yml", "10.1111/(issn)1442-9993", "Austral Ecology", None, "misc", 0, 0, 0),
    ("cr_works__warns_well.yml", "10.1038/nnano.2014.279", "Charges ride the spin wave", 2014, "article", 44, 12, 2),
    ("cr_works_warns_well.yml", "10.1038/nnano.2014.279", "Charges ride the spin wave", 2014, "article", 44, 12, 2),
    (
        "cr_works__parses_funders.yml",
        "10.1515/crelle-2013-0024",
        "Rigidity and stability of Einstein metrics",
        2015,
        "article",
        3,
        0,
        2,
    ),
    ("cr_works__parses_funders.yml", "10.1186/isrctn11093872", "CapaCiTY Study 2", 2015, "dataset", 0, 0, 1),
    ("cr_works_no_content_domain_fail.yml", "10.7287/peerj.3819v0.1/reviews/2", "Peer Review #2 of", 2017, "misc", 0, 0, 1),
    ("cr_works_parses_affilitation.yml", "10.4018/978-1-4666-9588-7.les2", '"Racial Epithet"', None, "incollection", 0, 0, 1),
    (
        "test_works_mixed_ids_warn.yaml",
        "10.1371/journal.pone.0020476",
        "Using and Reporting the Delphi",
        2011,
        "article",
        1673,
        54,
        5,
    ),
    (
        "test_works_with_one_id.yaml",
        "10.1371/journal.pone.0033693",
        "Methylphenidate Exposure Induces",
        2012,
        "article",
        72,
        70,
        6,
    ),
    (
        "test_works_with_many_ids.yaml",
        "10.1016/j.neurobiolaging.2010.03.024",
        "Human umbilical cord",
        2012,
        "article",
        242,
        57,
        11,
    ),
    ("test_works_with_many_ids.yaml", "10.1002/jor.1100150407", "Growth hormone secretagogue", 1997, "article", 19, 36, 12),
    ("test_works_with_many_ids.yaml", "10.1038/srep16696", "Single-molecule FRET studies", 2015, "article", 110, 62, 8),
    ("test_works_with_many_ids.yaml", "10.1109/icdcsw.2003.1203662", "Accurate and explicit", None, "inproceedings", 4, 13, 2),
    ("test_works_with_many_ids.yaml", "10.3892/ijo_00000353", "Human bladder cancer cells", 2009, "article", 4, 0, 1),
    (
        "test_workscontainer_with_two_ids.yaml",
        "10.1136/esmoopen-2020-000776",
        "Phase II study of lenvatinib",
        2020,
        "article",
        16,
        28,
        13,
    ),
]


@pytest.mark.parametrize(("file", "doi", "title", "year", "kind", "citations", "references", "authors"), SINGLE)
def test_a_recorded_work_is_read(
    recorded: Callable[..., Any],
    serve: Serve,
    door: Door,
    file: str,
    doi: str,
    title: str,
    year: int | None,
    kind: str,
    citations: int,
    references: int,
    authors: int,
) -> None:
    """The real answer to the question for one DOI becomes the record that a reader of it expects."""
    served = serve(recorded("crossref", file))
    [record] = list(crossref.fetch(Question(dois=(doi,)), door(crossref, served.url)))
    assert isinstance(record, Record)
    assert record.title is not None
    assert record.title.startswith(title)
    assert (record.key, record.year, record.type, len(record.authors)) == (doi, year, kind, authors)
    assert {one.figure: one.value for one in record.observations} == {"citations": citations, "references": references}
    assert not served.unexpected


def test_a_recorded_title_full_of_markup_is_clean(recorded: Callable[..., Any], serve: Serve, door: Door) -> None:
    """Five genes in italics, each on a line of its own in the deposit, become one line."""
    served = serve(recorded("crossref", "test_workscontainer_with_two_ids.yaml"))
    [record] = works(list(crossref.fetch(Question(dois=("10.1136/jclinpath-2020-206745",)), door(crossref, served.url))))
    assert record.title is not None
    assert record.title.startswith("Construction of a reference material panel for detecting KRAS / NRAS / EGFR / BRAF / MET")


def test_a_recorded_correction_is_no_retraction(recorded: Callable[..., Any], serve: Serve, door: Door) -> None:
    """PLOS corrected this paper: its entry says so, and nobody is alarmed."""
    served = serve(recorded("crossref", "test_works_with_one_id.yaml"))
    [record] = list(crossref.fetch(Question(dois=("10.1371/journal.pone.0033693",)), door(crossref, served.url)))
    assert isinstance(record, Record)
    assert record.entry["updated-by"] == "correction doi:10.1371/annotation/c76da2c1-ccb8-4797-94c1-359d3ceceeda"


@pytest.mark.parametrize(
    ("file", "doi"),
    [
        ("test_works_bad_id_warn.yaml", "10.1371/notarealdoi"),
        ("test_works_mixed_ids_warn.yaml", "10.1371/notarealdoi"),
        ("cr_works__warns_well.yml", "blblbl"),
        ("cr_works_warns_well.yml", "blblbl"),
        ("cr_works.yml", "blblbl"),
    ],
)
def test_a_recorded_not_found_is_silent(recorded: Callable[..., Any], serve: Serve, door: Door, file: str, doi: str) -> None:
    """Crossref's real 404 is text, not JSON, and means that it did not register the DOI."""
    served = serve(recorded("crossref", file))
    assert list(crossref.fetch(Question(dois=(doi,)), door(crossref, served.url))) == []
    assert len(served.asked) == 1
    assert not served.unexpected


def recorded_bodies(exchanges: Sequence[Any], status: int = 200) -> Iterator[Any]:
    """The JSON bodies of the recorded answers."""
    for exchange in exchanges:
        body = exchange.body if isinstance(exchange.body, str | bytes) else b""
        if exchange.status == status and body.lstrip()[:1] in ("{", b"{"):
            yield json.loads(body)


def test_every_work_ever_recorded_can_be_read(recorded: Callable[..., Any], serve: Serve, door: Door) -> None:
    """The works of all recorded lists, served as pages of one list: each becomes a record, none a problem, no markup is left."""
    bodies = [body["message"] for body in recorded_bodies(recorded("crossref")) if body.get("message-type") == "work-list"]
    items = {item["DOI"]: item for message in bodies for item in message["items"]}

    def body(asked: Any) -> dict[str, object]:
        start = int(asked.query.get("offset", 0))
        return listed(*list(items.values())[start : start + 50], total=len(items))

    served = serve([{"path": "/works", "body": body}])
    said = list(crossref.fetch(Question(ids={"orcid": ORCID}), door(crossref, served.url)))
    assert len(items) > 200
    assert problems(said) == []
    assert [record.key for record in works(said)] == list(items)
    assert not [record.title for record in works(said) if record.title and ("<" in record.title or "&amp;" in record.title)]
    records = {record.key: record for record in works(said)}
    assert (records["10.1101/014852"].venue, records["10.1101/014852"].year) == ("bioRxiv", 2015)
    assert records["10.1002/ece3.2314"].entry["has-preprint"] == "doi:10.1101/014852"
    assert records["10.1002/essoar.10504562.1"].entry["is-preprint-of"] == "doi:10.1029/2020ms002386"
    assert records["10.59350/895qm-mnq80"].entry["is-version-of"] == "doi:10.59350/7mtwq-q3661"
    assert records["10.4242/balisagevol3.renear01"].venue == "Proceedings of Balisage: The Markup Conference 2009"
    assert [author.literal for author in records["10.4095/110861"].authors] == [True]


def test_recorded_cursors_stand_still(recorded: Callable[..., Any]) -> None:
    """Why pages are asked for by offset: at Crossref every page of a list names the same next cursor, so that all but the first have one address."""
    for file in ("test_cursor_max.yaml", "cr_works_with_cursor_and_progress_bar.yml"):
        messages = [body["message"] for body in recorded_bodies(recorded("crossref", file))]
        assert len(messages) > 2
        # A new list, and with it a new cursor, begins where the recording asks with `*` again.
        assert len({message["next-cursor"] for message in messages[:3]}) == 1
        assert len({message["items"][0]["DOI"] for message in messages[:3]}) == 3


@pytest.mark.parametrize(
    ("file", "status", "error", "words"),
    [
        ("cr_works_fails_well.yml", 400, BadAnswer, "Integer"),
        ("test_works_query_filters_not_allowed_with_dois.yaml", 400, BadAnswer, "This"),
        ("cr_works_with_cursor_fails_well.yml", 500, Unavailable, "try again later"),
    ],
)
def test_recorded_faults_become_named_errors(
    recorded: Callable[..., Any], serve: Serve, door: Door, file: str, status: int, error: type[Exception], words: str
) -> None:
    """Crossref's own words in its real answers to bad requests stand in the message, on one line."""
    [body] = recorded_bodies(recorded("crossref", file), status)
    served = serve([{"path": "/works", "status": status, "body": body}])
    with pytest.raises(error, match=words) as caught:
        list(crossref.fetch(Question(ids={"orcid": ORCID}), door(crossref, served.url)))
    assert str(caught.value).isprintable()
