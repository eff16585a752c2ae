"""From the command line to seven services and back: `update`, `find`, `sources` and what `profile` makes of what they brought.

The services are tests/support/services.py, written from the documentation of the real ones. Where time matters to nobody, the command line runs
inside this process with the sources' paces and the waits between attempts set to nothing; what they are worth is tested in test_http.py.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from services import (
    CARBERRY,
    COUNTS,
    KEY,
    LIN,
    NAMES,
    NAMESAKE,
    WORKS,
    Fault,
    Reply,
    Services,
    Work,
    World,
    answers,
    empty,
    garbage,
    h_index,
    half,
    truncated,
)

import citetrack
from citetrack import app, http, sources
from citetrack.cli import main
from citetrack.store import open_store

ORCID = CARBERRY.orcid
WHO = f"orcid:{ORCID}"
Process = subprocess.CompletedProcess[str]
Outcome = tuple[int, str, str]


@pytest.fixture
def services() -> Iterator[Services]:
    with Services() as served:
        yield served


@pytest.fixture(autouse=True)
def environment(services: Services, tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The services instead of the real ones, a store and a cache of the test's own, the bundled data folder."""
    own = {
        **services.environment(),
        "CITETRACK_STORE": str(tmp_path / "store.db"),
        "CITETRACK_CACHE": str(tmp_path / "cache"),
        "CITETRACK_DATA": str(checkout / "bib"),
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    return own


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with Josiah Carberry, known by his ORCID iD, and one work of his written down by hand; another person is known by nothing."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "people.toml").write_text(
        f'[josiah-carberry]\nname = "Josiah Carberry"\naka = ["J. S. Carberry"]\nids = {{ orcid = "{ORCID}" }}\n\n'
        '[nobody-at-all]\nname = "Nobody at All"\n',
        encoding="utf-8",
    )
    (data / "josiah-carberry.bib").write_text(
        "@article{silly-2008,\n  title = {Toward a Unified Theory of High-Energy Metaphysics: Silly String Theory},\n"
        "  author = {Carberry, Josiah},\n  journal = {Journal of Psychoceramics},\n  year = {2008},\n  doi = {10.5555/12345678},\n}\n",
        encoding="utf-8",
    )
    (data / "nobody-at-all.bib").write_text("@misc{nothing, title = {Nothing}, author = {Nobody at All}}\n", encoding="utf-8")
    monkeypatch.setenv("CITETRACK_DATA", str(data))
    return data


@pytest.fixture
def known_everywhere(folder: Path) -> Path:
    """The folder, where Josiah Carberry has an id at every source that knows people."""
    ids = {scheme: getattr(CARBERRY, scheme) for scheme in ("orcid", "openalex", "s2", "dblp", "scholar")}
    written = ", ".join(f'{scheme} = "{value}"' for scheme, value in ids.items())
    people = (folder / "people.toml").read_text(encoding="utf-8")
    (folder / "people.toml").write_text(people.replace(f'orcid = "{ORCID}"', written), encoding="utf-8")
    return folder


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No source waits its turn, and nobody waits between two attempts."""
    for name in NAMES:
        monkeypatch.setattr(sources.load(name), "PACE", http.Pace(10_000, 1.0))
    monkeypatch.setattr(http, "_stated_pace", lambda headers: None)
    monkeypatch.setattr(http, "_waiting", lambda state: 0.0)


@pytest.fixture
def run(at_once: None, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """`run("update", …)` is the command line inside this process: its exit code, what it printed, what it said."""

    def call(*words: object) -> Outcome:
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


@pytest.fixture
def cli(python: Callable[..., Process], checkout: Path) -> Callable[..., Process]:
    """`cli("update", …)` is `python cli.py update …` as a process."""
    return lambda *words: python(checkout / "cli.py", *words)


def started(*words: str) -> subprocess.Popen[str]:
    """`python cli.py …` as a process that is not waited for."""
    cli = Path(__file__).resolve().parents[1] / "cli.py"
    return subprocess.Popen([sys.executable, str(cli), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def asked_in(out: str) -> dict[str, dict[str, Any]]:
    """What an update in JSON says of each source."""
    document = json.loads(out)
    assert document["schema"] == "citetrack/update/1"
    asked: dict[str, dict[str, Any]] = document["asked"]
    return asked


def outcomes(out: str) -> dict[str, str]:
    return {name: said["outcome"] for name, said in asked_in(out).items()}


def rows(profile: str) -> dict[str, dict[str, Any]]:
    return {row["source"]: row for row in json.loads(profile)["by_source"]}


def expected(person: Any, source: str, works: tuple[Work, ...] = WORKS) -> int:
    """What the counts of all works that the source knows sum to; Crossref knows no preprint."""
    return sum(COUNTS[source](work) for work in works if work.written_by(person) and (work.doi or source != "crossref"))


# --- the services themselves ----------------------------------------------------------------------------------------------------------------

_MANY = "|".join(f"10.5555/{n}" for n in range(101))


@pytest.mark.parametrize(
    ("source", "target", "status"),
    [
        ("openalex", "/works?per_page=101", 400),
        ("openalex", f"/works?filter=doi:{_MANY}", 400),
        ("openalex", "/works?page=101&per_page=100", 400),
        ("openalex", "/works?cursor=nonsense", 400),
        ("openalex", "/works?select=abstract", 400),
        ("openalex", "/works?filter=written_by:me", 400),
        ("openalex", f"/works?filter=doi:{'x' * 4100}", 414),
        ("openalex", "/works/doi:10.5555/unknown", 404),
        ("semanticscholar", "/author/2000001825?fields=nonsense", 400),
        ("semanticscholar", "/author/2000001825/papers?offset=9000&limit=1000", 400),
        ("semanticscholar", "/author/2000001825/papers?limit=1001", 400),
        ("semanticscholar", "/author/1", 404),
        ("crossref", "/works?rows=1001", 400),
        ("crossref", "/works?offset=9990&rows=20", 400),
        ("crossref", "/works?filter=arxiv:1", 400),
        ("crossref", "/works/10.48550/arxiv.2202.03052", 404),
        ("orcid", "/expanded-search?q=a&rows=1001", 400),
        ("orcid", "/0000-0001-5109-3700/works", 404),
        ("arxiv", "/query?id_list=abc", 400),
        ("arxiv", "/query?id_list=2202.03052&max_results=30001", 400),
        ("dblp", "/search/author/api?q=Lin", 400),
        ("dblp", "/pid/404.xml", 404),
        ("scholar", "/citations?user=nobody", 404),
    ],
)  # fmt: skip
def test_the_services_refuse_what_the_documentation_refuses(services: Services, source: str, target: str, status: int) -> None:
    """What the services let pass is allowed: pages, batches, filters and addresses beyond the documented limits are errors, and so are unknown ids."""
    assert requests.get(services.url(source) + target, timeout=30).status_code == status


def test_a_batch_may_be_too_long_or_hold_nothing_known(services: Services) -> None:
    """Semantic Scholar takes at most 500 ids at once, and refuses a batch of which it knows none; of others the unknown are null."""
    url = services.url("semanticscholar") + "/paper/batch?fields=title"
    asked = [["DOI:10.5555/1"] * 501, ["DOI:10.5555/1"], ["DOI:10.5555/1", "ARXIV:2202.03052"]]
    answered = [requests.post(url, json={"ids": ids}, timeout=30) for ids in asked]
    assert [one.status_code for one in answered] == [400, 400, 200]
    assert [one and one["title"][:3] for one in answered[2].json()] == [None, "OFA"]


# --- the whole, end to end ------------------------------------------------------------------------------------------------------------------


def test_junyang_lin_is_counted_by_sources_that_know_none_of_his_ids(services: Services, cli: Callable[..., Process]) -> None:
    """The bundled list is updated and shown end to end; all but DBLP and Scholar answer by its arXiv ids and DOIs. The same again asks and changes nothing."""
    update = cli("update", "Junyang Lin", "--format", "json")
    assert (update.returncode, update.stderr) == (0, "")
    assert outcomes(update.stdout) == dict.fromkeys(NAMES, "complete") | {"orcid": "skipped"}
    assert {name: said["records"] for name, said in asked_in(update.stdout).items()} == {
        "arxiv": 7, "crossref": 6, "dblp": 13, "openalex": 12, "orcid": 0, "scholar": 12, "semanticscholar": 12,
    }  # fmt: skip
    assert not services.asked_of("orcid")
    first = cli("profile", "Junyang Lin", "--format", "json")
    assert (first.returncode, first.stderr) == (0, "")
    by_source = rows(first.stdout)
    assert {"scholar", "openalex", "semanticscholar", "crossref", "dblp"} <= by_source.keys()
    scholar = by_source["scholar"]
    assert scholar["works"] == scholar["works_counted"] == 12
    assert scholar["citations"]["value"] == scholar["stated"]["citations"]["value"] == expected(LIN, "scholar")
    for source in ("openalex", "crossref"):
        assert by_source[source]["citations"]["low"] == expected(LIN, source)

    services.forget()
    again = cli("update", "Junyang Lin", "--format", "json")
    assert (again.returncode, again.stderr, services.asked) == (0, "", [])
    assert {name: said["requests"] for name, said in asked_in(again.stdout).items()} == dict.fromkeys(NAMES, 0)
    second = cli("profile", "Junyang Lin", "--format", "json")
    assert second.stdout == first.stdout
    assert services.asked == []


def test_an_orcid_leads_from_source_to_source(services: Services, folder: Path, cli: Callable[..., Process]) -> None:
    """By an ORCID iD three sources bring lists, of whose works others are asked; OpenAlex' own figures stand as stated. The same again changes nothing."""
    update = cli("update", "Josiah Carberry", "--format", "json")
    assert (update.returncode, update.stderr) == (0, "")
    assert outcomes(update.stdout) == dict.fromkeys(NAMES, "complete") | {"dblp": "skipped", "scholar": "skipped"}
    profile = cli("profile", "Josiah Carberry", "--format", "json")
    assert (profile.returncode, profile.stderr) == (0, "")
    page = json.loads(profile.stdout)
    own = [work for work in WORKS if work.written_by(CARBERRY)]
    counts = [COUNTS["openalex"](work) for work in own]
    stated = {figure: said["value"] for figure, said in rows(profile.stdout)["openalex"]["stated"].items()}
    assert stated["citations"] == sum(counts)
    assert stated["h_index"] == h_index(counts)
    assert [work["title"] for work in page["works"]] == [work.title for work in sorted(own, key=lambda work: -work.cited)]

    services.forget()
    assert cli("update", "Josiah Carberry").returncode == 0
    assert services.asked == []
    assert cli("profile", "Josiah Carberry", "--format", "json").stdout == profile.stdout


def test_an_id_is_enough(services: Services, run: Callable[..., Outcome]) -> None:
    """Somebody in no `people.toml` can be asked for by an id; the profile bears the name that the sources give. Before any run, exit code 2 says what to do."""
    code, _, err = run("profile", WHO)
    assert code == 2
    assert f"citetrack update {WHO}" in err
    assert run("update", WHO)[0] == 0
    code, out, err = run("profile", WHO, "--format", "json")
    assert (code, err) == (0, "")
    person = json.loads(out)["person"]
    assert (person["slug"], person["name"], person["ids"]) == (None, "Josiah Carberry", {"orcid": ORCID})
    assert [work["position"] for work in json.loads(out)["works"]][:3] == [1, 1, 2]


def test_one_work_of_many_sources_is_one_work(services: Services, known_everywhere: Path, run: Callable[..., Outcome]) -> None:
    """A paper and its preprint, told of by six sources under three ids, are one work in which each source counts once; markup in a title is read, not shown."""
    assert run("update", "Josiah Carberry")[0] == 0
    works = json.loads(run("profile", "Josiah Carberry", "--format", "json")[1])["works"]
    paper = next(work for work in works if "10.5555/987654321" in work["ids"].get("doi", ()))
    assert "2012.99991" in paper["ids"]["arxiv"]
    counted = [one["source"] for one in paper["observations"] if one["figure"] == "citations"]
    assert sorted(counted) == sorted(set(counted))
    assert {"crossref", "openalex", "semanticscholar"} <= set(counted)
    assert not [work["title"] for work in works if "<" in work["title"] or "&amp;" in work["title"]]


def test_another_persons_work_of_the_same_name_stays_out(
    services: Services, known_everywhere: Path, run: Callable[..., Outcome]
) -> None:
    """A namesake whose ids nobody wrote down is not mixed in."""
    assert run("update", "Josiah Carberry")[0] == 0
    assert "Something Else Entirely" not in run("profile", "Josiah Carberry", "--format", "json")[1]


def pot(n: int) -> Work:
    """A work with a DOI, an arXiv id, or both."""
    doi, arxiv = f"10.5555/pot.{n}" if n % 3 else "", f"2001.{n:05}" if n % 3 != 1 else ""
    return Work(1000 + n, f"Pot {n}", ("Josiah Carberry",), 2000 + n % 20, (CARBERRY,), n, doi, arxiv)


def test_a_list_of_five_hundred_works_costs_what_is_promised(
    tmp_path: Path, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 works cost at most 8 requests to OpenAlex and 3 to Semantic Scholar, and no batch is longer than the services take."""
    many = tuple(pot(n) for n in range(500))
    bib = "".join(
        f"@misc{{pot{work.id}, title = {{{work.title}}}, author = {{Carberry, Josiah}}, year = {{{work.year}}},"
        + (f" doi = {{{work.doi}}}," if work.doi else "")
        + (f" eprint = {{{work.arxiv}}}, archiveprefix = {{arXiv}}" if work.arxiv else "")
        + "}\n"
        for work in many
    )
    with Services(World(works=many)) as services:
        for place, ids in enumerate(("", f'openalex = "{CARBERRY.openalex}", s2 = "{CARBERRY.s2}"')):
            data = tmp_path / f"data{place}"
            data.mkdir()
            (data / "people.toml").write_text(f'[c]\nname = "Josiah Carberry"\nids = {{ {ids} }}\n', encoding="utf-8")
            (data / "c.bib").write_text(bib, encoding="utf-8")
            for name, value in services.environment().items():
                monkeypatch.setenv(name, value)
            monkeypatch.setenv("CITETRACK_STORE", str(tmp_path / f"{place}.db"))
            monkeypatch.setenv("CITETRACK_CACHE", str(tmp_path / f"cache{place}"))
            services.forget()
            asked = app.update("c", data=data).asked
            assert {name: (one.result, one.why) for name, one in asked.items() if one.result not in ("complete", "skipped")} == {}
            assert len(asked["semanticscholar"].records) == 500
            assert len(services.asked_of("openalex")) <= 8
            assert len(services.asked_of("semanticscholar")) <= 3


LATER = Work(
    41, "A Pot That Was Published Later", ("Josiah Carberry",), 2024, (CARBERRY,), 9, "10.5555/later", "2401.99991", "Journal of Pots"
)  # fmt: skip


def test_what_one_source_tells_another_is_asked_in_the_same_run(
    folder: Path, run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A preprint's DOI that only arXiv and Semantic Scholar tell brings Crossref's count at once; the same command again asks and changes nothing."""
    wrote(folder, "")
    (folder / "josiah-carberry.bib").write_text(
        "@misc{later, title = {A Pot}, author = {Carberry, Josiah}, eprint = {2401.99991}, archiveprefix = {arXiv}}\n",
        encoding="utf-8",
    )
    with Services(World(works=(LATER,))) as services:
        for name, value in services.environment().items():
            monkeypatch.setenv(name, value)
        assert run("update", "Josiah Carberry")[0] == 0
        first = run("profile", "Josiah Carberry", "--format", "json")
        assert set(rows(first[1])) == {"crossref", "openalex", "semanticscholar"}
        assert len(json.loads(first[1])["works"]) == 1
        services.forget()
        assert run("update", "Josiah Carberry")[0] == 0
        assert services.asked == []
        assert run("profile", "Josiah Carberry", "--format", "json") == first


def test_a_source_that_makes_up_ids_is_not_followed_for_ever(
    services: Services, folder: Path, run: Callable[..., Outcome]
) -> None:
    """Where each answer names a new id, asking ends all the same."""
    invented = iter(range(10_000))

    def invent(reply: Reply) -> Reply:
        papers = json.loads(reply.body)
        for paper in papers if isinstance(papers, list) else ():
            if paper:
                paper["paperId"] = f"{next(invented):040x}"
                paper["externalIds"] = {"DOI": f"10.5555/invented.{next(invented)}"}
        return Reply(200, json.dumps(papers).encode())

    services.fail("semanticscholar", invent)
    assert run("update", "Josiah Carberry", "--format", "json")[0] == 0
    assert len(services.asked) < 60


# --- what fails -----------------------------------------------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Fault, str]] = {
    "500": (answers(500, "Internal Server Error"), "answers 500"),
    "403": (answers(403, '{"message": "Forbidden"}'), "answers 403"),
    "429": (answers(429, '{"message": "Too Many Requests"}', Retry_After="3600"), "429"),
    "truncated": (truncated, "breaks off"),
    "half": (half, "semanticscholar"),
    "garbage": (garbage, "semanticscholar"),
    "empty": (empty, "answers nothing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_is_named_and_costs_no_other_source(
    services: Services, known_everywhere: Path, run: Callable[..., Outcome], fault: str
) -> None:
    """A source that fails makes exit code 3, a line on stderr and its reason in the JSON; the others are complete, and the profile names it."""
    how, said = FAULTS[fault]
    services.fail("semanticscholar", how)
    code, out, err = run("update", "Josiah Carberry", "--format", "json")
    assert code == 3
    assert outcomes(out) == dict.fromkeys(NAMES, "complete") | {"semanticscholar": "failed"}
    why = asked_in(out)["semanticscholar"]["why"]
    assert said in why
    assert err == f"citetrack: semanticscholar failed: {why}\n"
    code, out, err = run("profile", "Josiah Carberry", "--format", "json")
    assert code == 3
    named = [one for one in json.loads(out)["warnings"] if one["code"] == "source_failed"]
    assert len(named) == 1
    assert "semanticscholar" in str(named[0])
    assert "it has no complete run yet" in named[0]["message"]
    assert err.count("\n") == 1
    assert "semanticscholar" in err


@pytest.mark.parametrize("source", NAMES)
def test_each_source_may_fail(services: Services, known_everywhere: Path, run: Callable[..., Outcome], source: str) -> None:
    """Whichever it is: it alone is named, and once it answers again the same command completes it."""
    services.fail(source, answers(500))
    code, out, _ = run("update", "Josiah Carberry", "--format", "json")
    assert code == 3
    assert outcomes(out) == dict.fromkeys(NAMES, "complete") | {source: "failed"}
    services.mend()
    services.forget()
    code, out, err = run("update", "Josiah Carberry", "--format", "json")
    assert (code, err) == (0, "")
    assert outcomes(out) == dict.fromkeys(NAMES, "complete")
    assert {one.service for one in services.asked} == {source}


def test_a_failure_in_the_middle_keeps_what_came_before(services: Services, folder: Path, run: Callable[..., Outcome]) -> None:
    """A source that fails at its second request is partial: what it said first is kept, and not asked for again."""
    services.fail("openalex", answers(503), after=1)
    code, out, _ = run("update", "Josiah Carberry", "--format", "json")
    assert (code, outcomes(out)["openalex"]) == (3, "partial")
    services.mend()
    services.forget()
    assert run("update", "Josiah Carberry")[0] == 0
    assert [one.path for one in services.asked] == ["works"]


def test_a_spent_budget_is_told_from_haste(services: Services, folder: Path, run: Callable[..., Outcome]) -> None:
    """OpenAlex without an allowance is not asked in vain: the reason says that it is used up and when it is renewed."""
    services.openalex.credits = 0
    code, _, err = run("update", "Josiah Carberry")
    assert code == 3
    assert "used up" in err
    assert "12 h" in err
    assert len(services.asked_of("openalex")) <= 2
    services.openalex.credits = 1000
    assert run("update", "Josiah Carberry")[0] == 0


def test_the_allowance_is_left_before_it_is_exceeded(services: Services, at_once: None, tmp_path: Path, folder: Path) -> None:
    """Once a source says that nothing is left, nothing more is asked of it."""
    services.openalex.credits = 1
    (folder / "josiah-carberry.bib").write_text(
        "".join(f"@misc{{w{n}, title = {{W {n}}}, doi = {{10.5555/unknown.{n}}}}}\n" for n in range(250)), encoding="utf-8"
    )
    outcome = app.update("Josiah Carberry", source="openalex").asked["openalex"]
    assert outcome.result == "partial"
    assert "used up" in outcome.why
    assert len(outcome.records) == 5
    assert len(services.asked_of("openalex")) == 2


DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_yesterday_stands_when_today_fails(services: Services, folder: Path, run: Callable[..., Outcome]) -> None:
    """What a source said yesterday stays in the profile when it fails today, and the warning says so; before the first run there is nothing of it."""
    app.update("Josiah Carberry", now=lambda: DAY)
    before = rows(run("profile", "Josiah Carberry", "--format", "json")[1])
    services.fail("openalex", answers(500))
    today = app.update("Josiah Carberry", max_age=0, now=lambda: DAY + timedelta(days=1))
    assert today.asked["openalex"].result == "failed"
    code, out, err = run("profile", "Josiah Carberry", "--format", "json")
    assert code == 3
    after = rows(out)
    assert after["openalex"] == before["openalex"]
    assert after["openalex"]["to"] == "2026-03-01"
    assert after["crossref"]["to"] == "2026-03-02"
    assert "what it said on 2026-03-01 stands" in err
    code, out, err = run("profile", "Josiah Carberry", "--format", "json", "--as-of", "2026-03-01")
    assert (code, err) == (0, "")
    assert rows(out)["crossref"]["to"] == "2026-03-01"
    code, out, err = run("profile", "Josiah Carberry", "--format", "json", "--as-of", "2026-02-28")
    assert (code, err, rows(out)) == (0, "", {})


def test_a_source_that_asks_to_wait_is_waited_for(services: Services, folder: Path, run: Callable[..., Outcome]) -> None:
    """One 429 and one 503 in between cost nothing but their repetition."""
    hurried = iter([answers(429, Retry_After="0"), answers(503)])

    def at_first(reply: Reply) -> Reply:
        fault = next(hurried, None)
        return fault(reply) if fault else reply

    services.fail("crossref", at_first)
    services.fail("semanticscholar", at_first)
    code, out, err = run("update", "Josiah Carberry", "--format", "json")
    assert (code, err) == (0, "")
    assert len(services.asked) == sum(said["requests"] for said in asked_in(out).values())


def test_another_host_is_not_followed(services: Services, folder: Path, run: Callable[..., Outcome]) -> None:
    """A redirect to a host that is not the source's own is refused, and the key stays here."""
    with Services() as elsewhere:
        services.fail("crossref", answers(302, Location=elsewhere.url("crossref") + "/works"))
        code, out, err = run("update", "Josiah Carberry", "--format", "json")
        assert (code, outcomes(out)["crossref"]) == (3, "failed")
        assert "not its own host" in err
        assert elsewhere.asked == []


@pytest.mark.parametrize("command", ["update", "profile"])
def test_a_store_that_is_none_is_told_in_a_line(
    services: Services, folder: Path, run: Callable[..., Outcome], tmp_path: Path, command: str
) -> None:
    """A damaged store makes exit code 4 and one line, nobody is asked, and the file is left as it is."""
    store = tmp_path / "store.db"
    store.write_bytes(b"this was a store once" * 400)
    code, out, err = run(command, "Josiah Carberry")
    assert (code, out, services.asked) == (4, "", [])
    assert err.count("\n") == 1
    assert str(store) in err
    assert store.read_bytes() == b"this was a store once" * 400


def test_nowhere_to_keep_a_store(
    services: Services, folder: Path, run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no store can be made, exit code 4 says so before anybody is asked."""
    (tmp_path / "a-file").write_text("", encoding="utf-8")
    monkeypatch.setenv("CITETRACK_STORE", str(tmp_path / "a-file" / "store.db"))
    code, _, err = run("update", "Josiah Carberry")
    assert (code, err.count("\n"), services.asked) == (4, 1, [])


def test_nowhere_to_keep_a_cache(
    services: Services, folder: Path, run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a cache a run costs its requests again, and is complete all the same."""
    (tmp_path / "a-file").write_text("", encoding="utf-8")
    monkeypatch.setenv("CITETRACK_CACHE", str(tmp_path / "a-file" / "cache"))
    for _ in range(2):
        services.forget()
        assert run("update", "Josiah Carberry")[0] == 0
        assert services.asked


# --- ids that are not what they were --------------------------------------------------------------------------------------------------------


def wrote(folder: Path, ids: str) -> None:
    (folder / "people.toml").write_text(f'[josiah-carberry]\nname = "Josiah Carberry"\nids = {{ {ids} }}\n', encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "scheme", "old", "new"),
    [
        ("openalex", "openalex", CARBERRY.formerly[0], CARBERRY.openalex),
        ("orcid", "orcid", "0000-0001-5109-3700", ORCID),
        ("dblp", "dblp", "97/1111", CARBERRY.dblp),
    ],
)
def test_a_merged_id_is_followed_and_named(
    services: Services, folder: Path, run: Callable[..., Outcome], source: str, scheme: str, old: str, new: str
) -> None:
    """An id that was merged into another brings the works of that one, and a warning with what to write into `people.toml`."""
    services.orcid.moved[old] = services.dblp.moved[old] = new
    wrote(folder, f'{scheme} = "{old}"')
    code, out, _ = run("update", "Josiah Carberry", "--source", source, "--format", "json")
    said = asked_in(out)[source]
    assert (code, said["outcome"]) == (0, "complete")
    assert said["records"] >= 5
    assert [(one["code"], f'{scheme} = "{new}"' in one["message"]) for one in said["warnings"]] == [("merged_id", True)]


@pytest.mark.parametrize(
    ("source", "scheme", "value"),
    [
        ("openalex", "openalex", "A5100000404"),
        ("semanticscholar", "s2", "404404404"),
        ("orcid", "orcid", "0000-0001-5109-3700"),
        ("dblp", "dblp", "404/404"),
        ("scholar", "scholar", "NotThereAAAJ"),
    ],
)
def test_an_unknown_id_is_named(
    services: Services, folder: Path, run: Callable[..., Outcome], source: str, scheme: str, value: str
) -> None:
    """An id that the source does not know makes exit code 3 and one line that says which, and what to do."""
    wrote(folder, f'{scheme} = "{value}"')
    (folder / "josiah-carberry.bib").write_text("@misc{a, title = {A}}\n", encoding="utf-8")
    code, _, err = run("update", "Josiah Carberry", "--source", source)
    assert code == 3
    assert err.count("\n") == 1
    assert value in err


def test_an_orcid_that_openalex_does_not_know_costs_no_completeness(
    services: Services, folder: Path, run: Callable[..., Outcome]
) -> None:
    """The iD may be right all the same: OpenAlex is asked by the works alone and is complete, with a remark that nobody there bears the iD."""
    wrote(folder, 'orcid = "0000-0002-1694-233X"')
    code, out, _ = run("update", "Josiah Carberry", "--source", "openalex", "--format", "json")
    asked = asked_in(out)["openalex"]
    assert (code, asked["outcome"], asked["records"]) == (0, "complete", 1)
    assert [one["code"] for one in asked["warnings"]] == ["no_profile"]
    code, out, _ = run("profile", "Josiah Carberry", "--format", "json")
    remarks = [one for one in json.loads(out)["warnings"] if one["code"] == "no_profile"]
    assert [("0000-0002-1694-233X" in one["message"], one["about"]) for one in remarks] == [(True, "openalex")]


@pytest.mark.parametrize("how", ["locked", "deactivated"])
def test_a_closed_record_is_named(services: Services, folder: Path, run: Callable[..., Outcome], how: str) -> None:
    """A record that ORCID locked or its owner deactivated is told from one that is missing and from a fault of ORCID's."""
    getattr(services.orcid, how).add(ORCID)
    code, out, err = run("update", "Josiah Carberry", "--source", "orcid", "--format", "json")
    assert code == 3
    assert how in err
    assert [one["code"] for one in asked_in(out)["orcid"]["warnings"]] == ["closed_record"]


def test_a_name_that_several_bear_is_nobody(services: Services, folder: Path, run: Callable[..., Outcome]) -> None:
    """DBLP's page for all people of one name brings no works; the pids to choose among are named."""
    wrote(folder, 'dblp = "97/1825"')
    code, out, err = run("update", "Josiah Carberry", "--source", "dblp", "--format", "json")
    assert (code, asked_in(out)["dblp"]["records"]) == (3, 0)
    assert "97/1825-1" in err
    assert "97/1825-2" in err


# --- interruptions --------------------------------------------------------------------------------------------------------------------------


def test_ctrl_c_keeps_what_came_and_the_next_run_asks_for_the_rest(
    services: Services, folder: Path, run: Callable[..., Outcome], tmp_path: Path
) -> None:
    """Ctrl-C ends with 130 and one line; what was fetched is in the store as a partial run, and is not asked for again."""
    held = services.hold("openalex", after=1)
    process = started("update", "Josiah Carberry")
    assert held.wait(60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "citetrack: interrupted\n")
    with open_store(tmp_path / "store.db", create=False) as store:
        latest = store.latest("josiah-carberry", {"orcid": ORCID})
        assert store.problems() == []
    assert (latest["openalex"].result, "interrupted" in latest["openalex"].why) == ("partial", True)
    code, page, err = run("profile", "Josiah Carberry", "--format", "json")
    assert code == 3
    assert "interrupted" in err
    assert len(json.loads(page)["works"]) == 1
    before = {one.target for one in services.asked}
    services.mend()
    services.forget()
    assert run("update", "Josiah Carberry")[0] == 0
    again = [one.target for one in services.asked if one.target in before]
    assert [target.partition("?")[0] for target in again if "openalex" in target] == ["/openalex/works"]
    assert not [target for target in again if "/openalex/authors" in target]


@pytest.mark.parametrize("number", range(1, 9))
def test_ctrl_c_may_come_at_any_request(services: Services, folder: Path, run: Callable[..., Outcome], number: int) -> None:
    """Wherever Ctrl-C comes: 130, one line, a sound store, and the same command then completes what is missing."""
    begun = threading.Event()
    processes: list[subprocess.Popen[str]] = []

    def interrupt() -> None:
        begun.wait(30)
        processes[0].send_signal(signal.SIGINT)

    services.at(number, interrupt)
    processes.append(started("update", "Josiah Carberry"))
    begun.set()
    out, err = processes[0].communicate(timeout=60)
    assert (processes[0].returncode, out, err) in ((130, "", "citetrack: interrupted\n"), (0, out, ""))
    assert run("doctor", "store")[0] == 0
    assert run("update", "Josiah Carberry")[0] == 0
    code, out, err = run("profile", "Josiah Carberry", "--format", "json")
    assert (code, err) == (0, "")
    assert rows(out)["openalex"]["citations"]["value"] == expected(CARBERRY, "openalex")
    assert len(json.loads(out)["works"]) == 5


@pytest.mark.parametrize("number", range(1, 9))
def test_the_plug_may_be_pulled_at_any_request(
    services: Services, folder: Path, run: Callable[..., Outcome], cli: Callable[..., Process], number: int
) -> None:
    """A process killed at any request leaves a store that is sound and readable; the same command then completes, and nothing is there twice."""
    begun, killed = threading.Event(), threading.Event()
    processes: list[subprocess.Popen[str]] = []

    def kill() -> None:
        begun.wait(30)
        processes[0].kill()
        killed.set()

    services.at(number, kill)
    processes.append(started("update", "Josiah Carberry"))
    begun.set()
    processes[0].communicate(timeout=60)
    assert killed.is_set()
    assert processes[0].returncode == -signal.SIGKILL
    code, out, err = run("doctor", "store")
    assert code == 0, (out, err)
    assert run("profile", "Josiah Carberry")[0] in (0, 3)
    assert run("update", "Josiah Carberry")[0] == 0
    code, out, err = run("profile", "Josiah Carberry", "--format", "json")
    assert (code, err) == (0, "")
    works = json.loads(out)["works"]
    assert len(works) == 5
    for work in works:
        once = [(one["source"], one["figure"], one["date"]) for one in work["observations"]]
        assert len(once) == len(set(once))
    assert rows(out)["openalex"]["citations"]["value"] == expected(CARBERRY, "openalex")


def test_two_updates_at_once(services: Services, folder: Path, run: Callable[..., Outcome]) -> None:
    """Two processes that ask at the same time both succeed, and the profile is the same as after one."""
    both = threading.Barrier(2)
    together = iter(range(2))

    def meet(reply: Reply) -> Reply:
        if next(together, None) is not None:
            both.wait(60)
        return reply

    services.fail("orcid", meet)
    processes = [started("update", "Josiah Carberry") for _ in range(2)]
    ended = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ended
    twice = run("profile", "Josiah Carberry", "--format", "json")
    assert twice[0] == 0
    assert run("doctor", "store")[0] == 0
    os.environ["CITETRACK_STORE"] += ".once"  # put back by the fixture
    assert run("update", "Josiah Carberry")[0] == 0
    assert run("profile", "Josiah Carberry", "--format", "json") == twice


# --- asking for less, or more ---------------------------------------------------------------------------------------------------------------


def test_offline_makes_no_connection(services: Services, folder: Path, run: Callable[..., Outcome]) -> None:
    """With `--offline` nothing is asked: without a cache every source says so, which the profile does not hold against them; with one all are complete."""
    code, out, err = run("update", "Josiah Carberry", "--offline", "--format", "json")
    assert code == 3
    assert {name for name, how in outcomes(out).items() if how == "failed"} == {
        "crossref",
        "openalex",
        "orcid",
        "semanticscholar",
    }
    assert err.count("--offline") == 4
    assert run("find", "Josiah Carberry", "--offline")[0] == 1
    assert run("profile", "Josiah Carberry", "--offline")[0] == 0
    assert run("sources", "--offline")[0] == 0
    assert services.asked == []
    assert run("update", "Josiah Carberry")[0] == 0
    online = run("profile", "Josiah Carberry", "--format", "json")
    services.forget()
    code, out, err = run("update", "Josiah Carberry", "--offline", "--max-age", "0", "--format", "json")
    assert (code, err, services.asked) == (0, "", [])
    assert run("profile", "Josiah Carberry", "--format", "json") == online


def test_source_limits_who_is_asked(services: Services, folder: Path, run: Callable[..., Outcome]) -> None:
    """`--source` may be repeated, in any case; no other source is asked or spoken of."""
    code, out, _ = run("update", "Josiah Carberry", "--source", "Crossref", "--source", "orcid", "--format", "json")
    assert (code, set(outcomes(out))) == (0, {"crossref", "orcid"})
    assert {one.service for one in services.asked} == {"crossref", "orcid"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("update", "Josiah Carberry", "--source", "nature"), "no such source: 'nature'"),
        (("find", "Josiah Carberry", "--source", "nature"), "no such source: 'nature'"),
        (("update", "Nobody at All"), "nothing is known of Nobody at All"),
        (("update", "Somebody Else"), "Somebody Else"),
        (("update", "mine.bib"), "is a file"),
        (("update", "Josiah Carberry", "--max-age", "soon"), "--max-age"),
        (("find", " "), "find takes a name"),
    ],
)
def test_wrong_usage_is_told_in_a_line(
    services: Services, folder: Path, run: Callable[..., Outcome], words: tuple[str, ...], said: str
) -> None:
    """An unknown source or person, a file, a person of whom nothing is known: exit code 2, one line, and nobody is asked."""
    code, out, err = run(*words)
    assert (code, out, services.asked) == (2, "", [])
    assert err.count("\n") == 1
    assert said in err


def test_max_age_0_asks_again(services: Services, folder: Path, run: Callable[..., Outcome]) -> None:
    """`--max-age 0` takes nothing from the cache; what it brings is the same, so is the profile."""
    assert run("update", "Josiah Carberry")[0] == 0
    asked, page = sorted(map(str, services.asked)), run("profile", "Josiah Carberry", "--format", "json")
    services.forget()
    assert run("update", "Josiah Carberry", "--max-age", "0")[0] == 0
    assert sorted(map(str, services.asked)) == asked
    assert run("profile", "Josiah Carberry", "--format", "json") == page


def test_refresh_is_update_and_profile(services: Services, folder: Path, run: Callable[..., Outcome], tmp_path: Path) -> None:
    """`profile --refresh` asks as `update` does and prints what `profile` then prints."""
    refreshed = run("profile", "Josiah Carberry", "--refresh", "--format", "json")
    asked = sorted(map(str, services.asked))
    services.forget()
    os.environ.update(
        CITETRACK_STORE=str(tmp_path / "other.db"), CITETRACK_CACHE=str(tmp_path / "other")
    )  # put back by the fixture
    assert run("update", "Josiah Carberry")[0] == 0
    assert sorted(map(str, services.asked)) == asked
    assert run("profile", "Josiah Carberry", "--format", "json") == refreshed


# --- keys -----------------------------------------------------------------------------------------------------------------------------------


def traces(folder: Path, secret: str) -> list[str]:
    """The files in which the secret stands."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


@pytest.mark.parametrize("source", ["crossref", "openalex", "orcid", "semanticscholar"])
def test_a_wrong_key_is_named_and_never_shown(
    services: Services, folder: Path, run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str
) -> None:
    """A key that the source refuses is told by the name of its variable; the key itself is nowhere: not on the screen, not in the cache, not in the store."""
    variable, secret = f"CITETRACK_{source.upper()}_KEY", "s3cret-of-mine-0815"
    monkeypatch.setenv(variable, secret)
    code, out, err = run("update", "Josiah Carberry", "--source", source, "--format", "json")
    assert code == 3
    assert variable in err
    assert secret not in out + err
    assert secret not in "".join(run("profile", "Josiah Carberry", "--format", "json")[1:])
    assert secret not in "".join(run("sources")[1:])
    assert traces(tmp_path, secret) == []


def test_a_right_key_is_sent_and_kept_nowhere(
    services: Services, folder: Path, run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each key goes out as its source documents it, with the contact; neither is written down, and who asks without them is served from the same cache."""
    for source in ("crossref", "openalex", "orcid", "semanticscholar"):
        monkeypatch.setenv(f"CITETRACK_{source.upper()}_KEY", KEY)
    monkeypatch.setenv("CITETRACK_CONTACT", "someone@example.org")
    assert run("update", "Josiah Carberry")[0] == 0
    assert {one.headers["Authorization"] for one in services.asked_of("orcid")} == {f"Bearer {KEY}"}
    assert {one.headers["x-api-key"] for one in services.asked_of("semanticscholar")} == {KEY}
    assert {one.query["api_key"] for one in services.asked_of("openalex")} == {KEY}
    assert {one.headers["Crossref-Plus-API-Token"] for one in services.asked_of("crossref")} == {f"Bearer {KEY}"}
    assert {one.query["mailto"] for one in services.asked_of("crossref")} == {"someone@example.org"}
    assert all("mailto:someone@example.org" in one.headers["User-Agent"] for one in services.asked)
    assert traces(tmp_path, KEY) == traces(tmp_path, "someone@example.org") == []
    for source in ("crossref", "openalex", "orcid", "semanticscholar"):
        monkeypatch.delenv(f"CITETRACK_{source.upper()}_KEY")
    services.forget()
    assert run("update", "Josiah Carberry")[0] == 0
    assert services.asked == []


# --- find and sources -----------------------------------------------------------------------------------------------------------------------


def test_find_lists_who_may_be_meant(services: Services, run: Callable[..., Outcome]) -> None:
    """Candidates come from every source that can search, with what tells them apart: namesakes as people of their own."""
    code, out, err = run("find", "Josiah Carberry", "--format", "json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert (document["schema"], document["warnings"]) == ("citetrack/find/1", [])
    found = {one["id"]: one for one in document["candidates"]}
    for person in (CARBERRY, NAMESAKE):
        assert {f"openalex:{person.openalex}", f"s2:{person.s2}", f"dblp:{person.dblp}"} <= found.keys()
        assert found[f"openalex:{person.openalex}"]["affiliations"] == [person.affiliation]
        assert found[f"openalex:{person.openalex}"]["citations"] == expected(person, "openalex")
    assert WHO in found
    assert WHO in found[f"openalex:{CARBERRY.openalex}"]["ids"]
    assert {one["source"] for one in document["candidates"]} == {"arxiv", "dblp", "openalex", "orcid", "semanticscholar"}
    assert set(document["candidates"][0]) == set("source id name aka affiliations works citations titles ids note".split())


def test_what_find_prints_can_be_pasted(services: Services, run: Callable[..., Outcome], tmp_path: Path) -> None:
    """The lines to paste are TOML, each candidate's ids comments: with one of these uncommented they make a person whom `update` takes."""
    data = tmp_path / "pasted"
    data.mkdir()
    code, out, err = run("find", "Junyang Lin", "--data", data)
    assert (code, err) == (0, "")
    assert str(data / "people.toml") in out.replace("\n", "")
    lines = [line.strip() for line in out.partition("[junyang-lin]")[2].splitlines()[1:] if line.strip()]
    lines.insert(0, "[junyang-lin]")
    assert tomllib.loads("\n".join(lines)) == {"junyang-lin": {"name": "Junyang Lin"}}
    chosen = {line.removeprefix("# ").split("  #")[0].rstrip() for line in lines if line.startswith("# ids.")}
    assert {f'ids.dblp = "{LIN.dblp}"', f'ids.openalex = "{LIN.openalex}"'} <= chosen
    pasted = [line.removeprefix("# ") if "ids.openalex" in line else line for line in lines]
    (data / "people.toml").write_text("\n".join(pasted), encoding="utf-8")
    code, out, err = run("update", "Junyang Lin", "--data", data, "--source", "openalex", "--format", "json")
    assert (code, err) == (0, "")
    assert asked_in(out)["openalex"]["records"] == 12
    code, out, err = run("profile", "Junyang Lin", "--data", data, "--format", "json")
    assert (code, err) == (0, "")
    assert len(json.loads(out)["works"]) == 12


def test_for_somebody_who_is_listed_find_prints_ids_for_their_table(
    services: Services, run: Callable[..., Outcome], folder: Path
) -> None:
    """A second table of one name would break people.toml: for somebody who stands there, ids are printed as they go between the braces."""
    code, out, _ = run("find", "Josiah Carberry", "--source", "openalex")
    assert code == 0
    assert f"ids={{…}}of[josiah-carberry]in{folder / 'people.toml'}" in "".join(out.split())
    (line,) = [line for line in out.splitlines() if f'openalex = "{CARBERRY.openalex}"' in line]
    people = (folder / "people.toml").read_text(encoding="utf-8")
    people = people.replace("ids = { orcid", f"ids = {{ {line.partition('#')[0].strip()}, orcid")
    assert tomllib.loads(people)["josiah-carberry"]["ids"] == {"openalex": CARBERRY.openalex, "orcid": ORCID}


def test_namesakes_who_are_listed_are_left_to_choose_from(services: Services, run: Callable[..., Outcome], folder: Path) -> None:
    """Where two people of the name are tracked, both are named: whose the ids are stays a person's decision."""
    people = folder / "people.toml"
    people.write_text(people.read_text(encoding="utf-8") + '[carberry-2]\nname = "Carberry, Josiah"\n', encoding="utf-8")
    out = run("find", "Josiah Carberry", "--source", "openalex")[1]
    assert "of[josiah-carberry]or[carberry-2]in" in "".join(out.split())


def test_a_source_that_cannot_be_searched_is_told(services: Services, run: Callable[..., Outcome]) -> None:
    """Where none of the sources can be searched nobody was looked for, and that is said; where all fail, nobody is said to be unknown."""
    code, out, err = run("find", "Junyang Lin", "--source", "scholar")
    assert (code, out) == (2, "")
    assert "scholar cannot be searched" in err
    services.fail("dblp", answers(500))
    code, out, err = run("find", "Junyang Lin", "--source", "dblp")
    assert (code, out) == (1, "")
    assert "dblp failed" in err


def test_the_raw_answer_behind_a_number_can_be_read(services: Services, run: Callable[..., Outcome]) -> None:
    """The digest that `explain` prints beside a number, shortened as it is, leads to the answer of the source in which it stood."""
    assert run("update", "Junyang Lin", "--source", "openalex")[0] == 0
    _, out, _ = run("explain", "Junyang Lin", "arxiv:2202.03052")
    (digest,) = set(re.findall(r"openalex +\S+ +\S+(?: citations_in_\d+)? +(sha256:[0-9a-f]{12}…)", out))
    code, out, err = run("explain", "Junyang Lin", digest)
    assert (code, err) == (0, "")
    assert any("2202.03052" in json.dumps(work) for work in json.loads(out)["results"])
    code, _, err = run("explain", "Junyang Lin", "sha256:0000")
    assert (code, "no answer kept" in err) == (2, True)


def test_a_refresh_names_what_failed(services: Services, run: Callable[..., Outcome]) -> None:
    """`profile --refresh` names the sources that failed and ends with 3, also where nothing of it is kept, as offline."""
    code, out, err = run("profile", "Junyang Lin", "--refresh", "--offline")
    assert (code, out.startswith("Junyang Lin")) == (3, True)
    assert err.count("failed: ") == 6


def test_a_cache_that_cannot_be_written_is_told_once(
    services: Services, run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a cache everything works, and one line says that the next run will ask again."""
    (tmp_path / "in-the-way").write_text("", encoding="utf-8")
    monkeypatch.setenv("CITETRACK_CACHE", str(tmp_path / "in-the-way"))
    code, _, err = run("update", "Junyang Lin", "--source", "openalex")
    assert (code, err.count("\n"), "answers are not cached" in err) == (0, 1, True)


@pytest.mark.parametrize(
    ("day", "told"), [((1970, 1, 1), "the clock of this machine says 1970-01-01"), ((2026, 1, 1), "later than today")]
)
def test_a_wrong_clock_is_told(services: Services, at_once: None, day: tuple[int, int, int], told: str) -> None:
    """An update on a day that cannot be, or before the newest answer kept, says so: that answer would hide all later ones."""

    def at(year: int, month: int, number: int) -> citetrack.Snapshot:
        now = datetime(year, month, number, tzinfo=UTC)
        return citetrack.update("Junyang Lin", source="openalex", max_age=0, now=lambda: now)

    assert at(2026, 7, 1).troubles == ()
    assert told in " ".join(at(*day).troubles)


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("orcid:0000-0002-1825-0098", "is no id of the form that ids of orcid have"),
        ("scholar:../../etc", "is no id of the form that ids of scholar have"),
        ("doi:10.5555/12345678", "is the id of a work, not of a person"),
        ("openalex:W2741809807", "is the id of a work, not of a person"),
        ("https://doi.org/10.5555/12345678", "is the id of a work, not of a person"),
    ],
)
def test_an_id_that_is_no_persons_is_told_as_such(run: Callable[..., Outcome], who: str, told: str) -> None:
    """A wrong check digit, a work's id, a path dressed up as an id: one line that says what it is."""
    for command in ("update", "profile"):
        code, _, err = run(command, who)
        assert (code, told in err) == (2, True), err


def test_find_names_the_source_that_fails(services: Services, run: Callable[..., Outcome]) -> None:
    """A source that cannot search today makes exit code 3 and is named; the candidates of the others are printed."""
    services.fail("openalex", answers(500))
    code, out, err = run("find", "Josiah Carberry", "--format", "json")
    document = json.loads(out)
    assert code == 3
    assert [one["about"] for one in document["warnings"]] == ["openalex"]
    assert err.startswith("citetrack: openalex failed: ")
    assert {one["source"] for one in document["candidates"]} == {"arxiv", "dblp", "orcid", "semanticscholar"}


def test_nobody_of_that_name(services: Services, run: Callable[..., Outcome]) -> None:
    """A name that no source knows is said to be unknown, and is no error."""
    code, out, err = run("find", "Xyzzy Plugh")
    assert (code, err) == (0, "")
    assert "Xyzzy Plugh" in out


def test_sources_tell_how_it_went(services: Services, folder: Path, run: Callable[..., Outcome]) -> None:
    """`sources` lists all seven with where and how each is asked and what came of it last, without asking any."""
    services.fail("crossref", answers(500))
    assert run("update", "Josiah Carberry")[0] == 3
    services.forget()
    code, out, err = run("sources", "--format", "json")
    assert (code, err, services.asked) == (0, "", [])
    document = json.loads(out)
    assert document["schema"] == "citetrack/sources/1"
    listed = {row["source"]: row for row in document["sources"]}
    assert tuple(sorted(listed)) == NAMES
    assert {name: row["address"] for name, row in listed.items()} == {name: services.url(name) for name in NAMES}
    last = {name: row["last_outcome"] for name, row in listed.items()}
    assert last == {
        "arxiv": "complete", "crossref": "failed", "dblp": None, "openalex": "complete", "orcid": "complete", "scholar": None,
        "semanticscholar": "complete",
    }  # fmt: skip
    assert "500" in listed["crossref"]["last_why"]
