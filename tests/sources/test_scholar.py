"""Google Scholar: pages in the shape that scholarly's own parsers read, served from loopback."""

from __future__ import annotations

import builtins
import html
import json
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import BadAnswer, NotFound, RateLimited, Refused, SourceError, Unavailable
from citetrack.fetching import gather
from citetrack.records.formats import read
from citetrack.records.model import Candidate, Observation, Outcome, Problem, Question, Record
from citetrack.sources import scholar

if TYPE_CHECKING:
    from citetrack.records.model import Said

USER = "AdaLovelace0"
ASKED = Question({"scholar": USER})
FIGURES = ("citations", "citations_5y", "h_index", "h_index_5y", "i10_index", "i10_index_5y")


class Row(NamedTuple):
    """A row of the list; `cites` is the text of its cell, `None` leaves the cell out."""

    key: str
    title: str = "A title"
    cites: str | None = "3"
    year: str = "2020"
    venue: str = "Journal of Tests 4 (2), 10-20"

    def __str__(self) -> str:
        target = f"/citations?view_op=view_citation&amp;hl=en&amp;user={USER}&amp;citation_for_view={self.key}"
        link = f"https://scholar.google.com/scholar?oi=bibs&amp;hl=en&amp;cites=1{self.year}" if self.cites else ""
        cell = f'<a href="{link}" class="gsc_a_ac gs_ibl">{self.cites}</a>'
        return (
            f'<tr class="gsc_a_tr"><td class="gsc_a_t"><a href="{target}" class="gsc_a_at">{html.escape(self.title)}</a>'
            f'<div class="gs_gray">A Lovelace, C Babbage</div><div class="gs_gray">{html.escape(self.venue)}'
            f'<span class="gs_oph">{self.year and f", {self.year}"}</span></div></td><td class="gsc_a_c">{"" if self.cites is None else cell}</td>'
            f'<td class="gsc_a_y"><span class="gsc_a_h gsc_a_hc gs_ibl">{self.year}</span></td></tr>'
        )


def works(*numbers: int, **fields: str) -> list[Row]:
    return [Row(f"{USER}:work{number:08}", f"Work {number}", **fields) for number in numbers]


def table(*cells: object) -> str:
    return "<table id='gsc_rsb_st'><tr>" + "".join(f'<td class="gsc_rsb_std">{cell}</td>' for cell in cells) + "</tr></table>"


def chart(**years: int) -> str:
    labels = "".join(f'<span class="gsc_g_t">{year[1:]}</span>' for year in years)
    bars = "".join(
        f'<a class="gsc_g_a" style="left:8px;height:9px;z-index:{len(years) - place}"><span class="gsc_g_al">{value}</span></a>'
        for place, value in enumerate(years.values())
        if value
    )
    return f'<div class="gsc_md_hist_b">{labels}{bars}</div>'


def page(
    rows: Iterable[Row | str] = (),
    *,
    user: str = USER,
    name: str = "Ada Lovelace",
    beside: str = "",
    more: bool = False,
    email: str = "Verified email at example.org",
) -> str:
    """A profile page: only what scholarly looks for, in the order of the real one."""
    return (
        f'<!doctype html><html><head><link rel="canonical" href="https://scholar.google.com/citations?user={user}&amp;hl=en"></head><body>'
        f'<div id="gsc_prf_in">{name}</div><div class="gsc_prf_il">Analytical Engines Ltd</div>'
        f'<div class="gsc_prf_il" id="gsc_prf_ivh">{email}</div>{beside}'
        f'<table id="gsc_a_t"><tbody id="gsc_a_b">{"".join(map(str, rows))}</tbody></table>'
        f'<button type="button" id="gsc_bpf_more"{"" if more else " disabled"}>Show more</button></body></html>'
    )


def answers(body: object, **fields: Any) -> list[Mapping[str, Any]]:
    return [{"path": "/citations", "body": body, **fields}]


Ask = Callable[..., "list[Said]"]


@pytest.fixture
def ask(serve: Any, door: Any) -> Ask:
    """What the source says when Scholar answers with these exchanges; `ask.served` is the server."""

    def run(exchanges: list[Mapping[str, Any]], question: Question = ASKED, **options: Any) -> list[Said]:
        run.served = serve(exchanges)  # type: ignore[attr-defined]
        return list(scholar.fetch(question, door(scholar, run.served.url, **options)))  # type: ignore[attr-defined]

    return run


Run = Callable[[Any], Outcome]


@pytest.fixture
def run(door: Any, tmp_path: Path) -> Run:
    """What comes of a run of its own against this server; all of a test's share one cache."""

    def gathered(served: Any) -> Outcome:
        outcomes: list[Outcome] = []
        http = door(scholar, served.url, cache=tmp_path / "shared cache")
        gather(ASKED.ids, [], {"scholar": scholar}, lambda name: http, outcomes.append, threading.Event())
        return outcomes[0]

    return gathered


def records(said: Iterable[Said]) -> list[Record]:
    return [one for one in said if isinstance(one, Record)]


def problems(said: Iterable[Said]) -> list[Problem]:
    return [one for one in said if isinstance(one, Problem)]


def figures(said: Iterable[Said]) -> dict[str, int]:
    return {one.figure: one.value for one in said if isinstance(one, Observation)}


# --- what is read


def test_a_profile_is_read_as_the_person_its_figures_and_its_works(ask: Ask) -> None:
    """The person comes first, then what Google states of them, then each work with its count, day, page and digest."""
    row = Row(f"{USER}:u5HHmVD_uO8C", "Notes & <Queries>", "42", "1843", "Scientific Memoirs 3, 666-731")
    said = ask(answers(page([row], beside=table(42, 30, 1, 1, 1, 1))))
    assert said[0] == Candidate(
        "scholar", f"scholar:{USER}", "Ada Lovelace", affiliations=("Analytical Engines Ltd",), citations=42
    )
    assert figures(said) == dict(zip(FIGURES, (42, 30, 1, 1, 1, 1), strict=True))
    [work] = records(said)
    assert (work.key, work.source, work.title, work.year) == (row.key, "scholar", "Notes & <Queries>", 1843)
    assert (work.venue, work.type, work.ids) == ("Scientific Memoirs", "misc", (f"scholar:{row.key}",))
    assert (work.authors, work.authors_complete) == ((), False)
    [count] = work.observations
    assert (count.value, count.date, count.about, count.origin) == (42, date(2026, 7, 26), row.key, work.origin)
    assert count.url == "https://scholar.google.com/scholar?oi=bibs&hl=en&cites=11843"
    assert work.origin.startswith("sha256:")
    assert all(one.url == f"https://scholar.google.com/citations?user={USER}" for one in said if isinstance(one, Observation))
    assert not problems(said)


def test_the_address_begins_as_robots_txt_allows_it_and_asks_for_english(ask: Ask) -> None:
    """One request for a profile of up to a hundred works, `user` first."""
    ask(answers(page(works(1))))
    assert ask.served.targets == [f"/citations?user={USER}&hl=en&pagesize=100"]  # type: ignore[attr-defined]


def test_nothing_is_asked_without_a_scholar_id(ask: Ask) -> None:
    """Works known by DOI or arXiv id are no question to Scholar."""
    assert ask([], Question({"orcid": "0000-0002-1825-0097"}, ("10.1/x",), ("2309.16609",))) == []
    assert not ask.served.asked  # type: ignore[attr-defined]


def test_an_arxiv_id_is_taken_from_where_a_work_appeared(ask: Ask) -> None:
    """What Scholar writes as "arXiv preprint arXiv:…" is the work's id, and no venue."""
    [work] = records(ask(answers(page([Row(f"{USER}:x", venue="arXiv preprint arXiv:2309.16609")]))))
    assert (work.ids[0], work.venue) == ("arxiv:2309.16609", None)


def test_a_blank_count_is_none_yet_and_a_missing_one_says_nothing(ask: Ask) -> None:
    """Scholar leaves the cell blank, and without a link, where it knows no citation; of any other cell scholarly's 0 is nobody's statement."""
    rows = [Row(f"{USER}:a", cites=""), Row(f"{USER}:b", cites=None), str(Row(f"{USER}:c")).replace(">3</a>", "></a>")]
    blank, missing, emptied = records(ask(answers(page(rows))))
    assert [one.value for one in blank.observations] == [0]
    assert missing.observations == emptied.observations == ()


def test_figures_that_are_not_stated_are_not_zero(ask: Ask) -> None:
    """Without its table, scholarly makes an h-index of 0; without a bar, a year of 0. Neither is said."""
    assert figures(ask(answers(page(beside=chart(y2024=0, y2025=7))))) == {"citations_in_2025": 7}


def test_citations_by_year_belong_to_the_year_of_their_bar(ask: Ask) -> None:
    """The bars are counted from the right, and a year may have none."""
    assert figures(ask(answers(page(beside=chart(y2022=5, y2023=0, y2024=2))))) == {
        "citations_in_2022": 5,
        "citations_in_2024": 2,
    }


def test_a_page_in_another_language_is_read(ask: Ask) -> None:
    """Where Scholar does not keep to English, what scholarly cannot make of the line about mail costs nothing else."""
    said = ask(answers(page(works(1), name="艾达", email="在 example.org 的电子邮件经过验证", beside=table(3, 3, 1, 1, 0, 0))))
    assert isinstance(said[0], Candidate)
    assert (said[0].name, said[0].affiliations) == ("艾达", ("Analytical Engines Ltd",))
    assert not problems(said)
    assert len(records(said)) == 1


def test_real_profiles_laid_out_as_pages_are_read_like_their_exports(shared_data: Path, serve: Any, door: Any) -> None:
    """What scholarly once wrote to a file of nine real profiles, put back into pages, gives the records and figures that the file gives."""
    served = serve()
    for file in sorted((shared_data / "gs").glob("*.json")):
        profile, exported = json.loads(file.read_text(encoding="utf-8")), read(file)
        served.use(answers(real_page(profile)))
        said = list(scholar.fetch(Question(exported.ids), door(scholar, served.url)))
        assert not problems(said), file.name
        assert [plain(one) for one in records(said)] == [plain(one) for one in exported], file.name
        stated = {one.figure: one.value for one in exported.observations}
        assert {name: value for name, value in figures(said).items() if "_in_" not in name} == stated, file.name


def plain(record: Record) -> tuple[object, ...]:
    """A record without what tells where and when it was read."""
    known = tuple(one for one in record.ids if not one.startswith("scholar:"))
    return record.key, record.title, record.year, record.venue, record.type, known, [one.value for one in record.observations]


def real_page(profile: Mapping[str, Any]) -> str:
    found = profile["publications"]
    rows = [real_row(item) for item in (found.values() if isinstance(found, dict) else found)]
    cells = [profile[name] for name in ("citedby", "citedby5y", "hindex", "hindex5y", "i10index", "i10index5y")]
    beside = table(*cells) + chart(**{f"y{year}": value for year, value in profile.get("cites_per_year", {}).items()})
    return page(rows, user=profile["scholar_id"].partition("&")[0], name=profile["name"], beside=beside)


def real_row(item: Mapping[str, Any]) -> Row:
    year = str(item["bib"].get("pub_year") or "")
    cites = str(item["num_citations"] or "")
    return Row(
        item["author_pub_id"], item["bib"]["title"], cites, year, item["bib"].get("citation", "").removesuffix(f", {year}")
    )


# --- pages


def test_a_long_list_is_read_page_by_page(ask: Ask) -> None:
    """While the button for more can be pressed the next hundred is asked for; the last page may be empty."""
    exchanges = [
        *answers(page(works(*range(100)), more=True, beside=table(300 + 3, 0, 0, 0, 0, 0))),
        *answers(page(works(100), more=True), query={"cstart": 100}),
        *answers(page(), query={"cstart": 200}),
    ]
    said = ask(exchanges)
    assert [one.title for one in records(said)] == [f"Work {number}" for number in range(101)]
    assert not problems(said)
    assert len(ask.served.asked) == 3  # type: ignore[attr-defined]


def test_what_was_read_is_handed_on_before_the_next_page_is_asked_for(serve: Any, door: Any) -> None:
    """An interruption keeps the pages before it."""
    served = serve(answers(page(works(1), more=True)))
    said = scholar.fetch(ASKED, door(scholar, served.url))
    assert isinstance(next(one for one in said if isinstance(one, Record)), Record)
    assert len(served.asked) == 1


def test_the_same_page_again_ends_the_list_and_says_so(ask: Ask) -> None:
    """A profile that gives one page for ever costs two requests, and its works are brought once."""
    said = ask(answers(page(works(1, 2), more=True)))
    assert len(records(said)) == 2
    assert [one.code for one in problems(said)] == ["unread"]
    assert len(ask.served.asked) == 2  # type: ignore[attr-defined]


def test_a_further_page_that_is_not_there_is_an_error(serve: Any, door: Any) -> None:
    """The profile exists, so a 404 in the middle of its list is no unknown id."""
    served = serve([*answers(page(works(1), more=True)), *answers("", status=404, query={"cstart": 100})])
    said = scholar.fetch(ASKED, door(scholar, served.url))
    with pytest.raises(NotFound):
        list(said)


def test_a_list_below_the_stated_total_is_not_whole(ask: Ask) -> None:
    """A total that the list does not reach makes the run partial, with both numbers."""
    [problem] = problems(ask(answers(page(works(1, 2), beside=table(1000, 0, 0, 0, 0, 0)))))
    assert problem.code == "unread"
    assert "6 citations of the 1,000" in problem.message
    assert "citetrack profile FILE" in problem.message


def test_a_page_that_breaks_off_is_an_error_after_its_works(serve: Any, run: Run) -> None:
    """Without the button at its end a page is cut: its whole rows are kept, the answer is not."""
    whole = page(works(1, 2))
    served = serve(answers(whole[: whole.index("</tbody>")]))
    for asked in (1, 2):
        outcome = run(served)
        assert (outcome.result, len(outcome.records), "breaks off" in outcome.why) == ("partial", 2, True)
        assert len(served.asked) == asked


# --- what goes wrong


def test_a_row_that_cannot_be_read_costs_only_itself(ask: Ask) -> None:
    """The problem names page and place; the works before and after are there."""
    broken = '<tr class="gsc_a_tr"><td>no title</td></tr>'
    uncounted = str(works(8)[0]).replace(">3</a>", ">three</a>")
    said = ask(answers(page([works(1)[0], broken, uncounted, works(2)[0]])))
    assert [one.title for one in records(said)] == ["Work 1", "Work 2"]
    assert [one.message.partition(":")[0] for one in problems(said)] == [
        "page 1 of the list, work 2",
        "page 1 of the list, work 3",
    ]
    assert {one.code for one in problems(said)} == {"unread"}


@pytest.mark.parametrize("count", ["-5", "9" * 30, "9" * 5000])
def test_an_absurd_count_is_no_count(ask: Ask, count: str) -> None:
    """Neither in the list nor in the table; each is named."""
    said = ask(answers(page(works(1, cites=count), beside=table(count, 1, 1, 1, 1, 1))))
    assert "citations" not in figures(said)
    assert not any(one.observations for one in records(said))
    assert {one.code for one in problems(said)} == {"unread"}


def test_figures_that_cannot_be_read_are_named(ask: Ask) -> None:
    """A table of words loses the figures and nothing else."""
    said = ask(answers(page(works(1), beside=table("many", 1, 1, 1, 1, 1))))
    [problem] = problems(said)
    assert (problem.code, "the figures of the person" in problem.message) == ("unread", True)
    assert not figures(said)
    assert len(records(said)) == 1


def test_a_chart_that_cannot_be_read_costs_no_figure(ask: Ask) -> None:
    """The citations by year are lost, and named; the figures beside them and the works are not."""
    said = ask(answers(page(works(1), beside=table(3, 3, 1, 1, 0, 0) + chart(y2024=3).replace("z-index:1", ""))))
    [problem] = problems(said)
    assert (problem.code, "the citations by year" in problem.message) == ("unread", True)
    assert figures(said) == dict(zip(FIGURES, (3, 3, 1, 1, 0, 0), strict=True))
    assert len(records(said)) == 1


def test_figures_before_one_that_cannot_be_read_are_kept(ask: Ask) -> None:
    """The total stands first in the table, and is stated whatever comes after it."""
    said = ask(answers(page(works(1), beside=table(3, 3, "many", 1, 0, 0))))
    assert figures(said) == {"citations": 3, "citations_5y": 3}
    assert [one.code for one in problems(said)] == ["unread"]


def test_an_unknown_id_is_a_problem(ask: Ask) -> None:
    """A 404 names the id and where to find the right one."""
    [problem] = ask(answers("<html>404</html>", status=404))
    assert isinstance(problem, Problem)
    assert (problem.code, USER in problem.message) == ("unknown_id", True)


def test_a_profile_that_moved_names_its_new_id(ask: Ask) -> None:
    """The old id leads to the new page; its further pages are asked by the new id."""
    new = "AdaByron0000"
    exchanges = [
        {
            "path": "/citations",
            "query": {"user": USER},
            "status": 302,
            "headers": {"Location": f"/citations?user={new}&hl=en&pagesize=100"},
        },
        *answers(page(works(1), user=new, more=True), query={"user": new}),
        *answers(page(works(2), user=new), query={"user": new, "cstart": 100}),
    ]
    said = ask(exchanges)
    assert [(one.code, new in one.message) for one in problems(said)] == [("merged_id", True)]
    assert [one.id for one in said if isinstance(one, Candidate)] == [f"scholar:{new}"]
    assert len(records(said)) == 2


BLOCKS = {
    "captcha dialog": answers('<html><body><div id="gs_captcha_ccl"></div></body></html>'),
    "captcha in a profile": answers(page(works(1), beside='<form id="gs_captcha_f"></form>')),
    "captcha page": answers('<html><body onload="captcha()"><form id="captcha-form" action="index"></form></body></html>'),
    "denial of service": answers('<html><div class="rc-doscaptcha-body">later</div></html>'),
    "unusual traffic": answers("<html><body>Our systems have detected unusual traffic from your network.</body></html>"),
    "text alone": answers("Please show you're not a robot"),
    "in Danish": answers("<html><body onload=\"document.getElementById('captcha')\">usædvanlig trafik</body></html>"),
    "to /sorry/": answers("", status=302, headers={"Location": "https://www.google.com/sorry/index?continue=x"}),
    "to /sorry/ here": [
        *answers("", status=302, headers={"Location": "/sorry/index?continue=x"}),
        {"path": "/sorry/index", "body": page(works(1))},
    ],
    "to consent": answers("", status=302, headers={"Location": "https://consent.google.com/ml?continue=x"}),
    "403": answers("<html>Forbidden</html>", status=403),
}


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_refused_with_the_advice_to_read_an_export(ask: Ask, block: str) -> None:
    """Whatever way Google refuses, it is one error, and it says what to do instead."""
    with pytest.raises(Refused) as error:
        ask(BLOCKS[block])
    assert str(error.value).count("citetrack profile FILE") == 1


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "86400"}])
def test_too_many_requests_come_with_the_same_advice(ask: Ask, headers: Mapping[str, str]) -> None:
    """A 429 is the source's word for a limit, and the way around it is the same."""
    with pytest.raises(RateLimited) as error:
        ask(answers("<html>later</html>", status=429, headers=headers))
    assert str(error.value).count("citetrack profile FILE") == 1


@pytest.mark.parametrize("block", ["captcha dialog", "unusual traffic", "403", "to /sorry/"])
def test_a_block_is_not_asked_again_and_not_kept(serve: Any, run: Run, block: str) -> None:
    """One request for each run: no repetition within it, no refusal out of the cache in the next."""
    served = serve(BLOCKS[block])
    for asked in (1, 2):
        outcome = run(served)
        assert (outcome.result, outcome.why.count(scholar.ADVICE)) == ("failed", 1)
        assert len(served.asked) == asked


def test_a_block_in_the_middle_keeps_what_was_read(serve: Any, door: Any) -> None:
    """The first page is handed on before the second is refused."""
    served = serve([*answers(page(works(1), more=True)), *answers(BLOCKS["captcha dialog"][0]["body"], query={"cstart": 100})])
    said: list[Said] = []
    with pytest.raises(Refused):
        said.extend(scholar.fetch(ASKED, door(scholar, served.url)))
    assert len(records(said)) == 1


def test_a_title_about_captchas_is_no_block(ask: Ask) -> None:
    """What a work is about is not what the page is."""
    titles = ['<div id="recaptcha">', "Detecting unusual traffic: not a robot", "/sorry/ CAPTCHA"]
    said = ask(answers(page([Row(f"{USER}:{place}", title) for place, title in enumerate(titles)])))
    assert [one.title for one in records(said)] == titles


OTHER_PAGES = {
    "another page": "<html><title>Example</title></html>",
    "text": "hello.html",
    "an address": "https://example.org/index.html",
    "XML": '<?xml version="1.0"?><feed><entry/></feed>',
    "JSON": {"error": "no"},
    "bytes": bytes(range(256)) * 8,
    "a declaration without end": "<![x",
    "too large": "<html>" + " " * 2**20,
}


@pytest.mark.parametrize("kind", OTHER_PAGES)
def test_a_page_that_is_no_profile_is_a_bad_answer(ask: Ask, kind: str) -> None:
    """It is named and not guessed at, and no warning of the HTML parser's comes through."""
    with pytest.raises(BadAnswer, match="scholar sends a page"):
        ask(answers(OTHER_PAGES[kind]))


def test_unfinished_tags_cost_no_more_than_their_length() -> None:
    """A megabyte of what Python's own HTML parser needs hours for is parsed, and is no profile."""
    for piece in ("<a ", "<a b=", "<!--", "<p", "<div>"):
        assert scholar._soup(piece * (2**18 // len(piece))).find(id="gsc_prf_in") is None


@given(st.binary(max_size=300), st.integers(0, 2000))
def test_whatever_stands_in_a_page_ends_in_what_is_named(noise: bytes, place: int) -> None:
    """Bytes thrown into a profile page give records, problems or a `SourceError`, and nothing else."""
    body = page(works(1, 2), beside=table(6, 6, 1, 1, 0, 0) + chart(y2024=6)).encode()
    place = place % len(body)
    http: Any = _Answering(body[:place] + noise + body[place:])
    try:
        said = list(scholar.fetch(ASKED, http))
    except SourceError:
        return
    assert said


class _Answering:
    """A door behind which one body stands for the first page, and nothing for another."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get_or_none(self, *segments: str, **options: Any) -> Any:
        from citetrack.http import Answer

        return Answer("scholar", "http://localhost/citations", 200, self._body, date(2026, 7, 26), {})

    def get(self, *segments: str, **options: Any) -> Any:
        raise NotFound("scholar answers 404")


# --- scholarly


def test_scholarly_is_read_without_changing_anything_for_others(python: Any) -> None:
    """After its parsers were loaded no module of others is there that was not, and none is changed; not a warning, not a log handler more."""
    code = """
import sys, logging, builtins, warnings
import bibtexparser, bs4, importlib.machinery, importlib.util
from citetrack.sources import scholar
before, importer, handlers, filters = dict(sys.modules), builtins.__import__, list(logging.root.handlers), list(warnings.filters)
attributes = set(vars(bibtexparser))
found = scholar.parsers()
assert found.AuthorParser and found.PublicationParser and found.PublicationSource.AUTHOR_PUBLICATION_ENTRY
assert set(sys.modules) == set(before), set(sys.modules) - set(before)
assert builtins.__import__ is importer and logging.root.handlers == handlers and warnings.filters == filters
assert set(vars(bibtexparser)) == attributes
assert importlib.util.find_spec("bibtexparser.bibdatabase") is None
for name in ("scholarly", "httpx", "selenium", "arrow", "fake_useragent", "bibtexparser.bibdatabase"):
    assert name not in sys.modules, name
try:
    import bibtexparser.bibdatabase
except ModuleNotFoundError:
    print("still missing")
"""
    run = python("-W", "error", "-c", code, measured=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "still missing\n", "")


def test_nothing_of_scholarly_or_beautiful_soup_is_loaded_before_it_is_needed(python: Any) -> None:
    """To list the source costs nothing of what reading a page costs."""
    code = "import sys; from citetrack.sources import scholar; print([name for name in ('bs4', 'lxml', 'scholarly') if name in sys.modules])"
    assert python("-c", code, measured=False).stdout == "[]\n"


def test_the_parsers_are_loaded_once_by_however_many_threads() -> None:
    """Sources run side by side, and so may two people's profiles."""
    scholar._loaded.cache_clear()
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(scholar.parsers())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1
    assert found[0].PublicationSource is scholar._loaded("data_types").PublicationSource  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", ["no package", "no such module", "an import that fails"])
def test_a_missing_scholarly_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, ask: Ask, tmp_path: Path, fault: str) -> None:
    """Somebody may have removed it, or installed one that is built otherwise: the source fails, and says what to install."""
    if fault != "no package":
        (tmp_path / "scholarly").mkdir()
        (tmp_path / "scholarly" / "__init__.py").write_text("raise SystemExit('the package itself is never run')\n")
    if fault == "an import that fails":
        (tmp_path / "scholarly" / "author_parser.py").write_text("import a_module_that_nobody_has\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *(one for one in sys.path if "site-packages" not in one)])
    import bs4  # noqa: F401 - found once, it is there for the page

    scholar._loaded.cache_clear()
    with pytest.raises(Unavailable, match="pip install scholarly"):
        ask(answers(page(works(1))))
    monkeypatch.undo()
    scholar._loaded.cache_clear()


def test_what_scholarly_imports_from_elsewhere_is_the_real_thing() -> None:
    """Only what it misses is supplied: its `re` is Python's, and everybody's import is untouched."""
    import re

    assert scholar.parsers().re is re
    assert partial(builtins.__import__, "json")() is sys.modules["json"]
