"""DBLP: a person's page, and a search for people; on pages written to the documentation, since no recordings exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from citetrack.errors import Malformed, Unavailable
from citetrack.http import Http
from citetrack.records.model import Candidate, Observation, Problem, Question, Record
from citetrack.sources import dblp

Ask = Callable[..., list[Any]]
PERSON = '<person key="homepages/12/34-1"><author pid="12/34-1">Ada Berg 0001</author></person>'


@pytest.fixture
def ask(serve: Callable[..., Any], door: Callable[..., Http]) -> Ask:
    """`ask(body, …)`: everything said of the person 12/34-1, whose page is this; `ask.served` is the server asked last."""

    def run(body: object, *, pid: str = "12/34-1", **more: Any) -> list[Any]:
        run.served = serve([{"path": "/pid/12/34-1.xml", "body": body, **more}])  # type: ignore[attr-defined]
        return list(dblp.fetch(Question(ids={"dblp": pid}), door(dblp, run.served.url)))  # type: ignore[attr-defined]

    return run


def page(*works: str, person: str = PERSON, pid: str = "12/34-1", n: object = "3") -> str:
    listed = "".join(f"<r>{work}</r>" for work in works)
    return f'<?xml version="1.0"?><dblpperson name="Ada Berg 0001" pid="{pid}" n="{n}">{person}{listed}</dblpperson>'


def article(inner: str = "", tag: str = "article", key: str = "journals/x/Berg24", **attributes: str) -> str:
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    author = "" if "<author" in inner or "<editor" in inner else '<author pid="12/34-1">Ada Berg 0001</author>'
    title = "" if "<title" in inner else "<title>Trees.</title>"
    return f'<{tag} key="{key}"{more}>{author}{title}<year>2024</year>{inner}</{tag}>'


def records(said: list[Any]) -> list[Record]:
    return [item for item in said if isinstance(item, Record)]


def problems(said: list[Any]) -> list[str]:
    return [item.code for item in said if isinstance(item, Problem)]


# --- the person


def test_the_sample_of_a_homonym_is_read(ask: Ask) -> None:
    """Names lose the number that tells namesakes apart; the namesakes themselves and their works are no part of the person."""
    homonyms = (
        '<homonyms n="1"><h f="b/Berg:Ada"><person publtype="disambiguation" key="homepages/12/34">'
        '<author pid="12/34">Ada Berg</author><note type="affiliation">Elsewhere</note><url>https://orcid.org/0000-0002-1825-0097</url>'
        "</person></h></homonyms>"
    )
    said = ask(
        page(article('<author pid="12/34-1">Ada Berg 0001</author><author pid="9/9">Kim Lee 0023</author>')).replace(
            PERSON, PERSON + homonyms
        )
    )
    candidate = said[0]
    assert isinstance(candidate, Candidate)
    assert (candidate.id, candidate.name, candidate.affiliations, candidate.ids) == ("dblp:12/34-1", "Ada Berg", (), ())
    assert [str(author) for author in records(said)[0].authors] == ["Berg, Ada", "Lee, Kim"]
    assert records(said)[0].entry["author"] == "Ada Berg and Kim Lee"


@pytest.mark.parametrize(
    ("authors", "position"),
    [
        ('<author pid="35/7092">Wei Wang 0009</author><author pid="12/34-1">Wei Wang</author>', 2),
        ('<author pid="12/34-1">Wei Wang</author><author pid="35/7092">Wei Wang 0009</author>', 1),
        ('<author pid="9/9">Ada Berg</author><author pid="12/34-1">王伟</author>', 2),
        ('<author pid="9/9"> </author><author pid="12/34-1">Wei Wang</author>', 1),
        ('<author pid="9/9">Ada Berg 0001</author><author>Ada Berg 0001</author>', None),
    ],
    ids=["namesakes", "namesakes the other way", "another spelling", "behind one without a name", "only namesakes"],
)
def test_the_place_is_that_of_the_pid(ask: Ask, authors: str, position: int | None) -> None:
    """The pid says who the person is among the authors that have a name, whatever name is printed; without it nobody is taken."""
    (record,) = records(ask(page(article(authors))))
    assert record.position == position
    assert position is None or position <= len(record.authors)


def test_several_names_of_one_person_are_kept(ask: Ask) -> None:
    """The first name is the primary one; other names, also in other scripts, stand beside it, each once."""
    person = (
        '<person key="homepages/12/34-1"><author pid="12/34-1">Ada Berg 0001</author><author pid="12/34-1">Ada Thal</author>'
        '<note type="unicode name">白蛋</note><note type="uname">&#30333;</note><note type="award">A prize</note></person>'
    )
    candidate = ask(page(person=person))[0]
    assert (candidate.name, candidate.aka) == ("Ada Berg", ("Ada Thal", "白蛋", "白"))


def test_ids_elsewhere_come_from_the_links(ask: Ask) -> None:
    """ORCID, Google Scholar and OpenAlex addresses become ids; other pages, works and broken ones do not."""
    urls = (
        "https://orcid.org/0000-0002-1825-0097",
        "https://orcid.org/0000-0002-1825-0098",
        "https://scholar.google.com/citations?user=qp6IwtgAAAAJ",
        "https://openalex.org/A5100",
        "https://openalex.org/W5100",
        "https://doi.org/10.1000/x",
        "https://dblp.org/pid/12/34-1",
        "https://ada.example.org/",
        "javascript:x",
    )
    person = PERSON.replace("</person>", "".join(f"<url>{url}</url>" for url in urls) + "</person>")
    assert ask(page(person=person))[0].ids == ("orcid:0000-0002-1825-0097", "scholar:qp6IwtgAAAAJ", "openalex:A5100")


def test_the_number_of_works_is_what_dblp_states(ask: Ask) -> None:
    """The stated number is an observation about the person; one not stated makes none, one that is no number costs only itself."""
    (number,) = [item for item in ask(page()) if isinstance(item, Observation)]
    assert (number.figure, number.value, number.about, number.url) == ("works", 3, "", "https://dblp.org/pid/12/34-1")
    assert not [item for item in ask(page().replace(' n="3"', "")) if isinstance(item, Observation)]
    said = ask(page(article(), n="many"))
    assert problems(said) == ["unread"]
    assert [record.key for record in records(said)] == ["journals/x/Berg24"]


def test_a_pid_that_moved_is_told_and_followed(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """DBLP leads from a pid that was given up to the one in use; the works come, and the new pid is named."""
    served = serve(
        [
            {"path": "/pid/12/34.xml", "status": 301, "headers": {"Location": "/pid/12/34-1.xml"}, "body": "moved"},
            {"path": "/pid/12/34-1.xml", "body": page(article())},
        ]
    )
    said = list(dblp.fetch(Question(ids={"dblp": "12/34"}), door(dblp, served.url)))
    assert problems(said) == ["merged_id"]
    assert "12/34-1" in said[0].message
    assert [item.id for item in said if isinstance(item, Candidate)] == ["dblp:12/34-1"]
    assert len(records(said)) == 1


def test_a_page_of_several_people_is_nobody(ask: Ask) -> None:
    """Works of a disambiguation page belong to several people of one name: none is taken, and the people are named to choose from."""
    several = PERSON.replace("<person ", '<person publtype="disambiguation" ')
    homonyms = '<homonyms n="2">' + "".join(
        f'<h><person><author pid="12/34-{n}">Ada Berg 000{n}</author></person></h>' for n in (2, 3)
    )
    (said,) = ask(page(article(), person=f"{several}{homonyms}</homonyms>"))
    assert said.code == "unknown_id"
    assert "12/34-2, 12/34-3" in said.message


@pytest.mark.parametrize("pid", ["conf/icml/Berg22", "215", "../secret", "1/2/3", "x/y?z=1"])
def test_an_id_that_is_no_pid_is_not_asked_for(ask: Ask, pid: str) -> None:
    """A record's key or anything else that names no person makes no request, and is told."""
    assert problems(ask(page(), pid=pid)) == ["unknown_id"]
    assert not ask.served.asked  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", [404, 410])
def test_a_person_who_is_gone_is_told(ask: Ask, status: int) -> None:
    """A pid that DBLP does not know, or no longer, is named with what to do."""
    (said,) = ask("<html><body>gone</body></html>", status=status)
    assert (said.code, "12/34-1" in said.message) == ("unknown_id", True)


def test_a_page_of_another_kind_is_refused(ask: Ask) -> None:
    """A well-formed document that is no person's page is no empty list."""
    with pytest.raises(Malformed, match="dblpperson"):
        ask("<dblp/>")
    with pytest.raises(Unavailable):
        ask("busy", status=503)


# --- the works


def test_a_preprint_in_corr_is_one_by_venue_and_arxiv_id(ask: Ask) -> None:
    """The CoRR version beside a paper is a record of its own, with the arXiv id of its link or, without one, of its volume."""
    link = "<ee>https://doi.org/10.48550/arXiv.2505.09388</ee>"
    corr = "<volume>abs/2505.09388</volume><journal>CoRR</journal>"
    old = "<volume>cs.DB/0106001</volume><journal>CoRR</journal><ee>http://arxiv.org/abs/cs.DB/0106001</ee>"
    said = records(
        ask(
            page(
                article(corr + link, key="journals/corr/abs-2505-09388", publtype="informal"),
                article(corr, key="journals/corr/abs-2505-09389"),
                article(old, key="journals/corr/cs-DB-0106001"),
                article(
                    "<booktitle>VLDB</booktitle><ee>https://doi.org/10.1000/V.1</ee>", "inproceedings", key="conf/vldb/Berg25"
                ),
            )
        )
    )
    assert [record.ids[1:] for record in said] == [
        ("arxiv:2505.09388",),
        ("arxiv:2505.09388",),
        ("arxiv:cs/0106001",),
        ("doi:10.1000/v.1",),
    ]
    assert [(record.venue, record.type) for record in said[2:]] == [("CoRR", "article"), ("VLDB", "inproceedings")]
    assert (said[0].entry["eprint"], said[0].entry["archiveprefix"]) == ("2505.09388", "arXiv")


def test_only_links_to_dois_and_arxiv_are_ids(ask: Ask) -> None:
    """Every resolver's form of a DOI is the DOI, once; other links, and a DOI that several works share, are none."""
    inner = (
        "<ee>https://doi.org/10.1109/ICTAI.2012.57</ee><ee>https://doi.ieeecomputersociety.org/10.1109/ICTAI.2012.57</ee>"
        '<ee type="oa">http://dx.doi.org/10.1145/1.2</ee><ee>https://example.org/10.9999/other</ee><ee>https://www.wikidata.org/entity/Q1</ee>'
        '<note type="doi">10.9999/shared</note>'
    )
    (said,) = records(ask(page(article(inner))))
    assert said.ids == ("dblp:journals/x/Berg24", "doi:10.1109/ictai.2012.57", "doi:10.1145/1.2")
    assert said.entry["url"] == "https://doi.org/10.1109/ICTAI.2012.57"


def test_what_was_only_edited_is_left_out_and_counted(ask: Ask) -> None:
    """A volume that the person edited is not theirs as an author; a book they both edited and wrote in is; the number is told."""
    me, other = 'pid="12/34-1">Ada Berg 0001<', 'pid="9/9">Kim Lee<'
    said = ask(
        page(
            article(f"<editor {me}/editor><editor {other}/editor>", "proceedings", key="conf/x/2024"),
            article(f"<author {other}/author><editor {me}/editor>", "incollection", key="books/x/Lee24"),
            article(f"<author {me}/author><editor {me}/editor>", "book", key="books/x/Berg24"),
        )
    )
    assert [(record.key, record.type) for record in records(said)] == [("books/x/Berg24", "book")]
    assert said[0].note.startswith("2 of the works only edited")


@pytest.mark.parametrize(
    ("tag", "kind"),
    [(kind, kind) for kind in ("article", "inproceedings", "incollection", "book", "phdthesis", "mastersthesis")]
    + [("www", "misc"), ("data", "misc"), ("x", "misc")],
)
def test_kinds_of_publications_are_bibtex_types(ask: Ask, tag: str, kind: str) -> None:
    """DBLP's records bear BibTeX's names; what BibTeX has no name for is misc."""
    assert [record.type for record in records(ask(page(article(tag=tag))))] == [kind]


def test_a_home_page_is_no_publication(ask: Ask) -> None:
    """The record by which DBLP describes a person is not among their works."""
    home = article("<title>Home Page</title>", "www", key="homepages/12/34-1")
    assert records(ask(page(home))) == []


@pytest.mark.parametrize("publtype", ["withdrawn", "informal withdrawn"])
def test_a_withdrawn_work_is_told(ask: Ask, publtype: str) -> None:
    """A work that DBLP marks as withdrawn is a record with a note, followed by the problem."""
    said = ask(page(article(publtype=publtype)))
    assert [(record.entry["note"], problem) for record, problem in zip(records(said), problems(said), strict=True)] == [
        ("withdrawn", "withdrawn")
    ]
    assert problems(ask(page(article(publtype="informal")))) == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Trees.", "Trees"),
        ("Is it fast?", "Is it fast?"),
        ("And then...", "And then..."),
        ("H<sub>2</sub>O in <i>O</i>(n<sup>2</sup>) &amp; <tt>C</tt>.", "H2O in O(n2) & C"),
        ("<i>Trees</i>.", "Trees"),
    ],
)
def test_titles_lose_their_markup_and_full_stop(ask: Ask, written: str, read: str) -> None:
    """DBLP ends every title with a full stop, as its own BibTeX does not, and marks up formulas."""
    assert records(ask(page(article(f"<title>{written}</title>"))))[0].title == read


def test_the_entry_holds_the_fields_as_dblp_wrote_them(ask: Ask) -> None:
    """BibTeX's fields come over under their names; what is empty is not there, and a work without a link has DBLP's own page."""
    inner = "<pages>1-12</pages><volume>7</volume><number>3</number><journal>J. Trees</journal><publisher/><crossref>conf/x</crossref>"
    (said,) = records(ask(page(article(inner))))
    assert said.entry == {
        "author": "Ada Berg",
        "title": "Trees.",
        "year": "2024",
        "journal": "J. Trees",
        "volume": "7",
        "number": "3",
        "pages": "1-12",
        "url": "https://dblp.org/rec/journals/x/Berg24",
    }


def test_a_bad_work_costs_only_itself(ask: Ask) -> None:
    """A work without a key, or an empty place in the list, is told as lost; its neighbours are read."""
    said = ask(page(article(), article().replace(' key="journals/x/Berg24"', ""), "", article(key="journals/x/Berg25")))
    assert [record.key for record in records(said)] == ["journals/x/Berg24", "journals/x/Berg25"]
    assert problems(said) == ["unread", "unread"]


def test_a_work_listed_twice_is_said_once(ask: Ask) -> None:
    """A repeated key is one work."""
    assert len(records(ask(page(article(), article())))) == 1


def test_ten_thousand_works_are_read_in_their_order(ask: Ask) -> None:
    """A very long page loses nothing."""
    said = ask(page(*(article(key=f"journals/x/B{number}") for number in range(10_000)), n=10_000))
    assert [record.key for record in records(said)] == [f"journals/x/B{number}" for number in range(10_000)]


# --- searching for a name


def hit(name: str, pid: str, **info: object) -> dict[str, object]:
    return {"@score": "1", "info": {"author": name, "url": f"https://dblp.org/pid/{pid}", **info}}


def answer(*hits: object, total: object = None) -> dict[str, object]:
    counted = str(len(hits) if total is None else total)
    listed = {"hit": list(hits)} if hits else {}
    return {"result": {"hits": {"@total": counted, "@sent": str(len(hits)), "@first": "0", **listed}}}


def find(
    serve: Callable[..., Any], door: Callable[..., Http], name: str, body: object, *more: Any
) -> tuple[list[Candidate], Any]:
    served = serve([{"path": "/search/author/api", "body": body}, *more])
    return list(dblp.find(name, door(dblp, served.url))), served


def test_nobody_found_is_no_error(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """Without hits the list is missing from the answer; without words nothing is asked."""
    assert find(serve, door, "Nobody", answer())[0] == []
    assert find(serve, door, " | $ ", answer())[1].asked == []


def test_a_name_steers_nothing(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """What has a meaning in the language of the search never gets there; a hyphen inside a name does."""
    _, served = find(serve, door, "Hans-Peter |Mül$ler: -x", answer())
    assert served.asked[0].query["q"] == "Hans-Peter Mül ler x"


def test_longer_names_give_way_to_the_name_itself(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """The search finds words that begin with those asked for; where somebody bears the name as it stands, also as another name, only they count."""
    body = answer(hit("Wei Liang", "1/1"), hit("Wei Li 0001", "1/2"), hit("W. Li", "1/3", aliases={"alias": ["Li Wei", "X"]}))
    assert [one.id for one in find(serve, door, "Wei Li", body)[0]] == ["dblp:1/2", "dblp:1/3"]
    assert [one.id for one in find(serve, door, "Wei L", body)[0]] == ["dblp:1/1", "dblp:1/2", "dblp:1/3"]


def test_few_people_are_described_by_their_own_pages(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """Up to five get their number of works and titles; one whose page is missing stays as found, and one that is several people says so."""
    body = answer(hit("Ada Berg 0001", "12/34-1"), hit("Ada Berg 0002", "12/34-2"), hit("Ada Berg", "12/34"))
    several = page(person=PERSON.replace("<person ", '<person publtype="disambiguation" '), pid="12/34")
    pages = [{"path": "/pid/12/34-1.xml", "body": page(article())}, {"path": "/pid/12/34.xml", "body": several}]
    found, _ = find(serve, door, "Ada Berg", body, *pages)
    assert [(one.id, one.works, one.titles) for one in found] == [
        ("dblp:12/34-1", 3, ("Trees",)),
        ("dblp:12/34-2", None, ()),
        ("dblp:12/34", None, ()),
    ]
    assert "several people" in found[2].note


def test_many_people_cost_one_request(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """Six namesakes are told from the search alone; a bad one among them costs only itself."""
    body = answer(*(hit(f"Wei Wang 000{n}", f"1/{n}") for n in range(1, 7)), hit("Wei Wang", "no pid"), {"info": 7})
    found, served = find(serve, door, "Wei Wang", body)
    assert [one.id for one in found] == [f"dblp:1/{n}" for n in range(1, 7)]
    assert len(served.asked) == 1


def test_a_search_that_repeats_itself_ends(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """A total that is never reached is not asked for for ever."""
    found, served = find(serve, door, "Wei Wang", answer(*(hit("Wei Wang", f"1/{n}") for n in range(100)), total=9_999))
    assert len(served.asked) == 3
    assert len(found) == len({one.id for one in found}) == 100
