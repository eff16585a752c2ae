"""The reading of ORCID: groups of summaries, ids by relationship, merged and closed records, the search; and what real answers gave."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import BadAnswer, Malformed, NotFound, Refused, Unavailable
from citetrack.http import Answer, Http
from citetrack.records.model import Candidate, Problem, Question, Record, Said
from citetrack.sources import orcid

ME = "0000-0002-1825-0097"
OTHER = "0000-0001-5109-3700"
ASKED = Question(ids={"orcid": ME})

Serve = Callable[..., Any]
Door = Callable[..., Http]
Recorded = Callable[..., list[Any]]


def page(what: str, body: object, of: str = ME, **more: Any) -> dict[str, Any]:
    return {"path": f"/{of}/{what}", "body": body, **more}


def person(**more: object) -> dict[str, object]:
    name = {"given-names": {"value": "Josiah"}, "family-name": {"value": "Carberry"}, "credit-name": None}
    return {"name": name, **more}


def external(kind: str, value: str, relationship: str | None = "self", normalized: str | None = None) -> dict[str, object]:
    return {
        "external-id-type": kind,
        "external-id-value": value,
        "external-id-normalized": normalized and {"value": normalized},
        "external-id-relationship": relationship,
    }


def summary(code: object, *externals: Mapping[str, object], index: object = "0", **more: object) -> dict[str, object]:
    title = {"title": {"value": f"Work {code}"}}
    listed = {"external-id": list(externals)}
    return {"put-code": code, "display-index": index, "title": title, "type": "journal-article", "external-ids": listed, **more}


def group(*summaries: object) -> dict[str, object]:
    return {"work-summary": list(summaries)}


def records(said: Sequence[Said]) -> list[Record]:
    return [one for one in said if isinstance(one, Record)]


def problems(said: Sequence[Said]) -> list[Problem]:
    return [one for one in said if isinstance(one, Problem)]


def candidate(said: Sequence[Said]) -> Candidate:
    (found,) = (one for one in said if isinstance(one, Candidate))
    return found


@pytest.fixture
def listen(serve: Serve, door: Door) -> Callable[..., list[Said]]:
    """What the source says where these groups are the works of the person."""

    def ask(*groups: object) -> list[Said]:
        served = serve([page("person", person()), page("works", {"group": list(groups)})])
        return list(orcid.fetch(ASKED, door(orcid, served.url)))

    return ask


@pytest.fixture
def read(listen: Callable[..., list[Said]]) -> Callable[..., Record]:
    """The one record made of a group of these summaries."""
    return lambda *summaries: records(listen(group(*summaries)))[0]


# --- real answers -----------------------------------------------------------------------------------------------------------------------


def test_a_real_list_of_works_is_read_whole(recorded: Recorded, serve: Serve, door: Door) -> None:
    """111 groups of a real record are 111 works with their ids, types, years and venues; no summary is a work of its own."""
    served = serve(recorded("orcid", "works.yml"))
    said = list(orcid.fetch(Question(ids={"orcid": "0000-0003-1444-9135"}), door(orcid, served.url)))
    works = records(said)
    assert (len(works), problems(said), served.unexpected) == (111, [], [])
    assert Counter(one.type for one in works) == {"misc": 77, "article": 34}
    assert Counter(len(one.ids) for one in works) == {1: 97, 0: 14}
    assert all(name.startswith("doi:") for one in works for name in one.ids)
    told = [
        sum(value is not None for value in values)
        for values in zip(*((one.title, one.venue, one.year) for one in works), strict=True)
    ]
    assert told == [111, 93, 97]
    grouped = {one.key: one.entry["put-codes"] for one in works if "put-codes" in one.entry}
    assert grouped == {"13215478": "21955246", "5295426": "5295427", "5295430": "5295431"}
    assert sum("issn" in one.entry for one in works) == 5
    assert not any(one.authors or one.authors_complete or one.observations for one in works)


def test_a_real_person_and_their_works_are_told(recorded: Recorded, serve: Serve, door: Door) -> None:
    """A record of eight works: the person's name and Scopus id, and each work as ORCID states it."""
    served = serve(recorded("orcid", "identifiers_output_from_or_cid.yml"))
    said = list(orcid.fetch(Question(ids={"orcid": "0000-0002-9341-7985"}), door(orcid, served.url)))
    assert candidate(said)[:3] == ("orcid", "orcid:0000-0002-9341-7985", "Peter Binfield")
    assert candidate(said).note == "Scopus Author ID 55224382400"
    assert [(one.key, one.year, one.type) for one in records(said)] == [
        ("15536015", 2013, "article"),
        ("5011717", 2009, "article"),
        ("15536016", 2009, "inproceedings"),
        ("15536014", 2008, "article"),
        ("15536013", 2008, "article"),
        ("15536017", 1993, "inproceedings"),
        ("15536018", 1993, "article"),
        ("15536019", 1992, "article"),
    ]
    first = records(said)[0]
    assert first.ids == ("doi:10.3233/isu-130714",)
    assert first.venue is None
    assert first.entry["work-type"] == "journal-article"
    assert records(said)[1].entry["day"] == "21"


def test_a_real_record_without_works_has_none(recorded: Recorded, serve: Serve, door: Door) -> None:
    """An empty list of works is the person and nothing else, not an error."""
    served = serve(recorded("orcid", "works.yml"))
    said = list(orcid.fetch(Question(ids={"orcid": "0000-0003-1620-1408"}), door(orcid, served.url)))
    assert [candidate(said).name] == ["Thomas Johnson"]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("file", "asked", "name", "aka", "ids"),
    [
        ("as_orcid_accepts_self_or_or_cid_class.yml", "0000-0002-1642-628X", "Carl Boettiger", (), ("github:cboettig",)),
        ("orcid_id.yml", "0000-0002-9341-7985", "Peter Binfield", (), ()),
        ("orcid_id_address_data.yml", "0000-0003-1444-9135", "Scott A Chamberlain", ("Scott Chamberlain",), ("github:sckott",)),
        ("orcid_id_keywords_data.yml", "0000-0002-1642-628X", "Carl Boettiger", (), ("github:cboettig",)),
        ("orcid_search.yml", "0000-0002-5377-2624", "Carl Beringer", ("Carl R. Beringer III",), ()),
        ("orcid_search.yml", "0000-0002-0646-0388", "Carl Westin", (), ()),
        ("orcid_search.yml", "0000-0002-3141-3057", "Carl Jacob Liebersohn", ("Carl Liebersohn",), ()),
        ("orcid_search.yml", "0000-0003-4575-321X", "CARL HIMPSEL", (), ()),
        ("orcid_search.yml", "0000-0002-3743-6823", "Carl Sheperis", (), ()),
        ("orcid_search.yml", "0000-0001-7187-7633", "Carl McGowan", (), ()),
        ("orcid_search.yml", "0000-0003-0723-0581", "carl mattacola", (), ()),
        ("orcid_search.yml", "0000-0001-6101-5802", "Carl Andrews", (), ()),
        ("orcid_search.yml", "0000-0003-2026-0443", "Carl Wierks", (), ()),
        ("orcid_search.yml", "0000-0001-8913-3245", "Carl Phillips", (), ()),
        ("orcid_search_keywords_param.yml", "0000-0003-0705-8136", "Isabela Domiciano", (), ()),
        ("orcid_search_keywords_param.yml", "0000-0002-9907-3466", "James T. Anderson", ("James Anderson",), ()),
    ],
)
def test_real_persons_are_named_as_they_publish(
    recorded: Recorded, serve: Serve, door: Door, file: str, asked: str, name: str, aka: tuple[str, ...], ids: tuple[str, ...]
) -> None:
    """The published name stands first, the other names beside it, and the profiles elsewhere that the person links are ids."""
    served = serve([*recorded("orcid", file), page("works", {"group": []}, asked)])
    told = candidate(list(orcid.fetch(Question(ids={"orcid": asked}), door(orcid, served.url))))
    assert (told.id, told.name, told.aka, told.ids) == (f"orcid:{asked}", name, aka, ids)
    assert served.unexpected == []


@pytest.mark.parametrize(("file", "asked"), [("works_error.yml", "Asfaf"), ("as_orcid_invalid_orcid_id.yml", "adfafadf")])
def test_a_real_unknown_id_is_told(recorded: Recorded, serve: Serve, door: Door, file: str, asked: str) -> None:
    """What ORCID really answers to an iD that does not exist is one problem that names it."""
    served = serve([*recorded("orcid", file), page("works", {"error-code": 9016}, asked, status=404)])
    (said,) = orcid.fetch(Question(ids={"orcid": asked}), door(orcid, served.url))
    assert isinstance(said, Problem)
    assert said.code == "unknown_id"
    assert asked in said.message
    assert served.unused == []


def test_real_errors_of_the_search_are_told_in_its_words(recorded: Recorded, serve: Serve, door: Door) -> None:
    """The bodies ORCID really sends with 400 and 500 make one line with its own explanation."""
    errors = [
        replace(one, path="/expanded-search", matches=None)
        for file in ("orcid_search_fail.yml", "orcid_error.yml")
        for one in recorded("orcid", file)
    ]
    bad, broken = (next(one for one in errors if one.status == status) for status in (400, 500))
    with pytest.raises(BadAnswer, match="made a bad request"):
        list(orcid.find("Carl", door(orcid, serve([bad]).url)))
    with pytest.raises(Unavailable, match="Something went wrong in ORCID"):
        list(orcid.find("Carl", door(orcid, serve([broken]).url)))


# --- groups -----------------------------------------------------------------------------------------------------------------------------


def test_the_preferred_summary_speaks_for_the_work(read: Callable[..., Record]) -> None:
    """The highest display index decides, whether it is written as text or as a number; the put-codes of the others are kept."""
    found = read(summary(1, index="2"), summary(2, index="10"), summary(3, index=9))
    assert (found.key, found.title, found.entry["put-codes"]) == ("2", "Work 2", "1, 3")


def test_of_equally_preferred_summaries_the_first_speaks(read: Callable[..., Record]) -> None:
    """Equal or missing indices leave the order of the answer, which is ORCID's own."""
    assert read(summary(1, index="0"), summary(2, index="0")).key == "1"
    assert read(summary(3, index=None), summary(4, index="0")).key == "3"


@given(st.permutations([summary(code, external("doi", f"10.5555/{code}"), index=str(code)) for code in range(1, 6)]))
def test_the_order_of_summaries_decides_nothing(summaries: list[object]) -> None:
    """However the summaries of a group are ordered, the same one speaks, and the same ids are the work's."""
    found = orcid._record(group(*summaries), "")
    assert found is not None
    assert found.key == "5"
    assert sorted(found.ids) == [f"doi:10.5555/{code}" for code in range(1, 6)]
    assert found.ids[0] == "doi:10.5555/5"


def test_the_own_ids_of_all_summaries_are_the_works(read: Callable[..., Record]) -> None:
    """What any source in the group calls the work's own id is one, each once, those of the summary that speaks first."""
    found = read(
        summary(1, external("doi", "10.5555/A"), external("pmid", "PMID: 17", normalized="17"), index="0"),
        summary(2, external("doi", "https://doi.org/10.5555/a"), external("pmc", "PMC18"), index="1"),
    )
    assert found.ids == ("doi:10.5555/a", "pmcid:PMC18", "pmid:17")


def test_ids_in_another_relationship_are_not_the_works(read: Callable[..., Record]) -> None:
    """Journal, book, other version and grant are named in the entry, each for what it is, and identify nothing."""
    found = read(
        summary(
            1,
            external("issn", "1234-5679", "part-of"),
            external("doi", "10.5555/book", "part-of"),
            external("doi", "10.5555/preprint", "version-of"),
            external("grant-number", "G 7", "funded-by"),
            external("doi", "10.5555/unclear", None),
        )
    )
    assert found.ids == ()
    assert found.entry["issn"] == "1234-5679"
    assert found.entry["part-of"] == "doi:10.5555/book"
    assert found.entry["version-of"] == "doi:10.5555/preprint"
    assert found.entry["funded-by"] == "grant-number:G 7"
    assert "doi" not in found.entry


def test_ids_of_other_schemes_are_kept_beside(read: Callable[..., Record]) -> None:
    """An own id of a scheme that identifies nothing here is no id of the record, and is not lost."""
    found = read(summary(1, external("eid", "2-s2.0-1"), external("bibcode", "2008JPs...1"), external("doi", "no DOI at all")))
    assert (found.ids, found.entry["other-ids"]) == ((), "eid:2-s2.0-1, bibcode:2008JPs...1, doi:no DOI at all")


def test_a_version_inside_the_group_is_the_works_own(read: Callable[..., Record]) -> None:
    """Versions that ORCID grouped are one work with the ids of both; an id that is somebody's own is no longer called another version."""
    found = read(
        summary(1, external("doi", "10.5555/journal"), external("doi", "10.5555/preprint", "version-of"), index="1"),
        summary(2, external("doi", "10.5555/preprint")),
    )
    assert found.ids == ("doi:10.5555/journal", "doi:10.5555/preprint")
    assert "version-of" not in found.entry


def test_the_isbn_of_a_book_is_not_that_of_its_chapters(read: Callable[..., Record]) -> None:
    """An ISBN marked as the work's own identifies a book; on a chapter it is the book's, and would make one work of all chapters."""
    isbn = external("isbn", "978-0-306-40615-7", normalized="9780306406157")
    assert read(summary(1, isbn, type="book")).ids == ("isbn:9780306406157",)
    chapter = read(summary(1, isbn, type="book-chapter"))
    assert (chapter.ids, chapter.entry["isbn"]) == ((), "9780306406157")


def test_arxiv_ids_are_found_in_every_form(read: Callable[..., Record]) -> None:
    """As an id, as the DOI that arXiv mints, and as a link: one id, and the fields of BibTeX for it."""
    forms = [external("arxiv", "arXiv:2301.00001v2"), external("doi", "10.48550/arXiv.2301.00001")]
    forms.append(external("uri", "https://arxiv.org/abs/2301.00001"))
    found = read(summary(1, *forms, type="preprint"))
    assert found.ids == ("arxiv:2301.00001",)
    assert (found.entry["eprint"], found.entry["archiveprefix"], found.type) == ("2301.00001", "arXiv", "misc")


@pytest.mark.parametrize(
    ("kind", "bibtex", "field"),
    [
        ("journal-article", "article", "journal"),
        ("conference-paper", "inproceedings", "booktitle"),
        ("book-chapter", "incollection", "booktitle"),
        ("book", "book", "series"),
        ("dissertation-thesis", "phdthesis", "journal"),
        ("working-paper", "techreport", "journal"),
        ("software", "misc", "journal"),
        ("a-type-of-tomorrow", "misc", "journal"),
        (None, "misc", "journal"),
    ],
)
def test_types_are_bibtexs(read: Callable[..., Record], kind: str | None, bibtex: str, field: str) -> None:
    """Each type of ORCID has its nearest in BibTeX, the title of the collection its field; a type nobody knows yet is `misc`."""
    found = read(summary(1, type=kind, **{"journal-title": {"value": "The collection"}}))
    assert (found.type, found.venue, found.entry[field]) == (bibtex, "The collection", "The collection")


@pytest.mark.parametrize(
    ("when", "year"),
    [
        (None, None),
        ({"year": None, "month": None, "day": None}, None),
        ({"year": {"value": "2013"}, "month": None, "day": None}, 2013),
        ({"year": {"value": "2013"}, "month": {"value": "02"}}, 2013),
        ({"year": {"value": ""}}, None),
        ({"year": {"value": "0000"}}, None),
    ],
)
def test_dates_may_be_partial(read: Callable[..., Record], when: object, year: int | None) -> None:
    """The year that is stated is the year; without one there is none."""
    assert read(summary(1, **{"publication-date": when})).year == year


def test_what_is_null_was_not_said(read: Callable[..., Record]) -> None:
    """A summary of nothing but nulls is a record without a title, a year, a venue or ids."""
    bare = dict.fromkeys(("title", "external-ids", "url", "type", "publication-date", "journal-title", "display-index"))
    found = read({"put-code": 1, **bare})
    assert (found.title, found.year, found.venue, found.ids, found.entry) == (None, None, None, (), {})
    assert read({**summary(1), "title": {"title": None}, "external-ids": {"external-id": None}}).title is None


def test_titles_are_made_harmless(read: Callable[..., Record]) -> None:
    """Markup, entities and terminal escapes are gone from what is shown and from what is kept."""
    title = {"title": {"value": "On <i>x</i> &amp; \x1b[31my\x07\r\n z"}, "subtitle": {"value": "A\x1b]0;t\x07 part"}}
    found = read(summary(1, title=title, url={"value": "javascript:alert(1)"}))
    assert (found.title, found.entry["title"], found.entry["subtitle"]) == ("On x & y z", "On x & y z", "A part")
    assert "url" not in found.entry


def test_a_broken_work_costs_only_itself(listen: Callable[..., list[Said]]) -> None:
    """A group that cannot be read is told with its place; those around it are kept, and a group of nothing public is nothing."""
    said = listen(group(summary(1)), group({"title": 7}), group(), group(summary(None)), 5, group(summary(2)))
    assert [one.key for one in records(said)] == ["1", "2"]
    assert [one.code for one in problems(said)] == ["unread"] * 3
    assert [one.message.split(":")[0] for one in problems(said)] == ["work 2", "work 4", "work 5"]


def test_a_work_listed_twice_is_told_once(listen: Callable[..., list[Said]]) -> None:
    """A put-code that comes again says nothing new."""
    assert [one.key for one in records(listen(group(summary(1)), group(summary(1)), group(summary(2))))] == ["1", "2"]


def test_a_very_long_list_is_read_in_two_requests(serve: Serve, door: Door) -> None:
    """Ten thousand works come in one answer, each once."""
    served = serve([page("person", person()), page("works", {"group": [group(summary(code)) for code in range(10_000)]})])
    said = list(orcid.fetch(ASKED, door(orcid, served.url)))
    assert len({one.key for one in records(said)}) == 10_000
    assert len(served.asked) == 2


def test_a_list_without_groups_is_no_empty_list(serve: Serve, door: Door) -> None:
    """An answer that lacks the list is an error; otherwise a fault of the source would read as a record emptied."""
    served = serve([page("person", person()), page("works", {"path": f"/{ME}/works"})])
    with pytest.raises(Malformed, match="holds no groups"):
        list(orcid.fetch(ASKED, door(orcid, served.url)))


# --- the record -------------------------------------------------------------------------------------------------------------------------


def test_a_person_may_keep_their_name_private(serve: Serve, door: Door) -> None:
    """Without a public name there is none to show, and the works are told all the same."""
    served = serve([page("person", {"name": None}), page("works", {"group": [group(summary(1))]})])
    said = list(orcid.fetch(ASKED, door(orcid, served.url)))
    assert (candidate(said).name, candidate(said).id) == ("", f"orcid:{ME}")
    assert [one.key for one in records(said)] == ["1"]


def test_a_broken_person_does_not_cost_the_works(serve: Serve, door: Door) -> None:
    """What cannot be read of the person is told; the works follow."""
    served = serve([page("person", {"name": "Josiah"}), page("works", {"group": [group(summary(1))]})])
    said = list(orcid.fetch(ASKED, door(orcid, served.url)))
    assert [one.code for one in problems(said)] == ["unread"]
    assert [one.key for one in records(said)] == ["1"]


def test_links_to_profiles_elsewhere_are_ids(serve: Serve, door: Door) -> None:
    """Of the links and identifiers of a person those are ids whose form is known to name a person; everything else is none."""
    links = [
        "https://scholar.google.com/citations?hl=en&user=AbCdEfGhIjKL",
        "https://openalex.org/A5023888391",
        "https://dblp.org/pid/12/3456.html",
        "https://github.com/josiah/pots",
        "https://doi.org/10.5555/12345678",
        f"https://orcid.org/{OTHER}",
        "javascript:https://github.com/josiah",
        "http://pots.example/",
    ]
    urls = {"researcher-url": [{"url-name": None, "url": {"value": link}} for link in links] + [{"url": None}]}
    served = serve([page("person", person(**{"researcher-urls": urls})), page("works", {"group": []})])
    told = candidate(list(orcid.fetch(ASKED, door(orcid, served.url))))
    assert told.ids == ("scholar:AbCdEfGhIjKL", "openalex:A5023888391", "dblp:12/3456")


def test_a_merged_id_names_the_new_one(serve: Serve, door: Door) -> None:
    """The redirect of a deprecated iD leads to the record it is part of now: that one is read, and the user told what to write down."""
    served = serve(
        [
            page("person", {"error-code": 9007}, status=301, headers={"Location": f"/{OTHER}/person"}),
            page("person", person(), OTHER),
            page("works", {"group": [group(summary(1))]}, OTHER),
        ]
    )
    told, who, work = orcid.fetch(ASKED, door(orcid, served.url))
    assert isinstance(told, Problem)
    assert (told.code, told.message.count(ME), told.message.count(OTHER)) == ("merged_id", 1, 2)
    assert isinstance(who, Candidate)
    assert who.id == f"orcid:{OTHER}"
    assert isinstance(work, Record)
    assert [asked.path for asked in served.asked] == [f"/{ME}/person", f"/{OTHER}/person", f"/{OTHER}/works"]


def test_a_redirect_to_another_host_is_not_followed(serve: Serve, door: Door) -> None:
    """Only ORCID's own host may say where a record is."""
    served = serve([page("person", {}, status=301, headers={"Location": f"https://elsewhere.example/{OTHER}/person"})])
    with pytest.raises(Refused, match="not its own host"):
        list(orcid.fetch(ASKED, door(orcid, served.url)))


@pytest.mark.parametrize(
    ("error", "why"),
    [
        ({"error-code": 9018, "user-message": "The ORCID record is locked."}, "is locked"),
        ({"error-code": 9044, "user-message": "The ORCID record is deactivated."}, "was deactivated"),
        ({"error-code": 9036, "user-message": "This record has not been claimed"}, "not been claimed"),
        ({"error-code": 1, "user-message": "Away\x1b[31m for lunch"}, "is not shown"),
    ],
)
def test_a_closed_record_is_told_with_its_reason(error: dict[str, object], why: str) -> None:
    """Locked, deactivated and unclaimed records are told apart by ORCID's own words, on one line that says what to do."""
    body = json.dumps(error).encode()
    told = orcid._closed(Answer("orcid", f"https://pub.orcid.org/v3.0/{ME}/person", 409, body, date(2026, 7, 26), {}), ME)
    assert told.code == "closed_record"
    assert why in told.message
    assert ME in told.message
    assert told.message.isprintable()


def test_a_closed_record_is_never_an_empty_list(serve: Serve, door: Door) -> None:
    """A record that may not be read ends in one line that says so, after one request."""
    served = serve([page("person", {"error-code": 9018, "user-message": "The ORCID record is locked."}, status=409)])
    try:
        (said,) = orcid.fetch(ASKED, door(orcid, served.url))
    except BadAnswer as error:
        told = str(error)
    else:
        assert isinstance(said, Problem)
        assert said.code == "closed_record"
        told = said.message
    assert "locked" in told
    assert [asked.path for asked in served.asked] == [f"/{ME}/person"]


def test_works_that_are_missing_of_somebody_known_are_an_error(serve: Serve, door: Door) -> None:
    """Who has a record has a list of works; that it is not found is no empty list and no unknown iD."""
    items = orcid.fetch(ASKED, door(orcid, serve([page("person", person())]).url))
    assert isinstance(next(items), Candidate)
    with pytest.raises(NotFound):
        next(items)


def test_works_of_somebody_without_a_public_page_are_read(serve: Serve, door: Door) -> None:
    """Where only the list of works is found, it is told."""
    served = serve([page("works", {"group": [group(summary(1))]})])
    assert [one.key for one in records(list(orcid.fetch(ASKED, door(orcid, served.url))))] == ["1"]


def test_a_token_is_sent_as_bearer(serve: Serve, door: Door) -> None:
    """The token goes into the header that ORCID documents, and nothing is sent where there is none."""
    served = serve([page("person", person()), page("works", {"group": []})])
    list(orcid.fetch(ASKED, door(orcid, served.url)))
    list(orcid.fetch(ASKED, door(orcid, served.url, secret="a-token")))
    assert [asked.headers.get("Authorization") for asked in served.asked] == [None, None, "Bearer a-token", "Bearer a-token"]


# --- the search -------------------------------------------------------------------------------------------------------------------------


def hits(start: int, count: int, total: int) -> dict[str, object]:
    found = [{"orcid-id": _iD(number), "given-names": "Wei", "family-names": "Wang"} for number in range(start, start + count)]
    return {"expanded-result": found, "num-found": total}


def _iD(number: int) -> str:  # noqa: N802 - as ORCID writes it
    """A valid iD, one for each number: the check digit is that of ISO 7064 MOD 11-2."""
    digits = f"0000000{number:08d}"
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    check = "0123456789X"[(12 - total % 11) % 11]
    return "-".join(f"{digits}{check}"[place : place + 4] for place in range(0, 16, 4))


def _answer(pages: Callable[[int], object]) -> list[dict[str, Any]]:
    return [{"path": "/expanded-search", "body": lambda asked: pages(int(asked.query["start"]))}]


def test_the_search_pages_as_it_is_read(serve: Serve, door: Door) -> None:
    """The second page is asked for only when the first is read, from the number of rows that came, and none after the last."""
    served = serve(_answer(lambda start: hits(start, 3 if start else 50, 53)))
    found = orcid.find("Wei Wang", door(orcid, served.url))
    next(found)
    assert len(served.asked) == 1
    assert len(list(found)) == 52
    assert [asked.query["start"] for asked in served.asked] == ["0", "50"]
    assert all(int(asked.query["rows"]) <= 200 for asked in served.asked)


def test_a_common_name_ends(serve: Serve, door: Door) -> None:
    """Of a hundred thousand people of one name the best matches are told, in few requests."""
    served = serve(_answer(lambda start: hits(start, 100, 100_000)))
    assert len(list(orcid.find("Wei Wang", door(orcid, served.url)))) == 200
    assert len(served.asked) == 2


@pytest.mark.parametrize(
    "again", [{"expanded-result": None, "num-found": 9}, {"expanded-result": [], "num-found": 9}, hits(0, 2, 9)]
)
def test_a_page_that_brings_nothing_new_is_the_last(serve: Serve, door: Door, again: object) -> None:
    """An empty page, or the same one again, ends the search whatever number was promised."""
    served, stop = serve(_answer(lambda start: again if start else hits(0, 2, 9))), threading.Event()
    served.limit, served.overrun = 20, stop.set
    assert len(list(orcid.find("Wei Wang", door(orcid, served.url, cache=None, stop=stop)))) == 2
    assert len(served.asked) == 2


def test_a_broken_hit_costs_only_itself(serve: Serve, door: Door) -> None:
    """A hit without a valid iD is nobody; the others are found."""
    wrong = [{"orcid-id": "0000-0002-1825-0098"}, {"orcid-id": None}, 7, {"orcid-id": ME, "other-name": "x"}, {"orcid-id": OTHER}]
    served = serve(_answer(lambda start: {"expanded-result": wrong, "num-found": 5}))
    assert [one.id for one in orcid.find("x", door(orcid, served.url))] == [f"orcid:{OTHER}"]


@pytest.mark.parametrize("name", ["", "  ", '+-&&||!(){}[]^"~*?:\\/', "\x1b[31m"])
def test_without_a_word_nothing_is_asked(serve: Serve, door: Door, name: str) -> None:
    """What holds no word of a name is no question."""
    served = serve([])
    assert list(orcid.find(name, door(orcid, served.url))) == []
    assert served.asked == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Lin, Junyang", "Lin Junyang"),
        ("林俊旸", "林俊旸"),
        ("Jean-Luc O’Neill", "Jean-Luc O’Neill"),
        ("J. R. Smith", "J R Smith"),
        ("NOT orcid:* OR (family-name:Lin)", "not orcid or family-name Lin"),
        ("-Lin +Wei", "Lin Wei"),
    ],
)
def test_a_name_is_asked_for_by_its_words(serve: Serve, door: Door, name: str, words: str) -> None:
    """Every word must be there, in any order and in any public name; nothing in a name works as an operator of the query language."""
    served = serve(_answer(lambda start: {"expanded-result": [], "num-found": 0}))
    assert list(orcid.find(name, door(orcid, served.url))) == []
    (asked,) = served.asked
    assert asked.query["q"] == words
    assert (asked.query["defType"], asked.query["mm"]) == ("edismax", "100%")
    assert "given-and-family-names" in asked.query["qf"]
