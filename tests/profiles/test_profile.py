"""A profile from files a person wrote: what is counted, by whom, ranked how, and what is said of it."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import citetrack
from citetrack.errors import ConfigError, UsageError
from citetrack.profiles.explain import explain

PEOPLE = """
[ada]
name = "Ada Lovelace"
aka = ["Lovelace, A."]
ids = {{ orcid = "0000-0002-1825-0097" }}
{decisions}
"""
BIB = """
@misc{pre, title = {Notes on an Engine}, author = {Lovelace, Ada and Babbage, Charles}, year = {2019}, eprint = {1901.00001}, archiveprefix = {arXiv}}
@article{paper, title = {Notes on an Engine}, author = {Babbage, Charles and Lovelace, Ada}, year = {2021}, journal = {Annals of Engines},
  doi = {10.48550/arXiv.1901.00001}}
@inproceedings{second, title = {Bernoulli Numbers}, author = {Ada Lovelace}, year = {2020}, booktitle = {Proceedings of Engines}, doi = {10.1000/second}}
@misc{cut, title = {A Long List}, author = {Babbage, Charles and others}, year = {2022}}
@misc{team, title = {Made by Many}, author = {{The Engine Team}}, year = {2022}}
@misc{alone, title = {Without a Count}, author = {Ada Lovelace and others}, year = {2018}}
"""
HEADER = "about,source,date,figure,bound,value,url,note\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


def write(folder: Path, counts: str = "", decisions: str = "", bib: str = BIB) -> Path:
    (folder / "people.toml").write_text(PEOPLE.format(decisions=decisions), encoding="utf-8")
    (folder / "ada.bib").write_text(bib, encoding="utf-8")
    (folder / "ada.counts.csv").write_text(HEADER + counts, encoding="utf-8")
    return folder


def profile(folder: Path, **options: Any) -> dict[str, Any]:
    return citetrack.profile("Ada Lovelace", data=folder, **options).to_dict()


def work(document: dict[str, Any], key: str) -> dict[str, Any]:
    return next(row for row in document["works"] if row["key"] == key)


def codes(document: dict[str, Any]) -> set[str]:
    return {warning["code"] for warning in document["warnings"]}


def test_unknown_is_never_zero(folder: Path) -> None:
    """Without any count every figure of citations is open, no work has a number or a rank, and nothing is 0 or dated."""
    document = profile(folder)
    assert document["counts"] is None
    assert document["as_of"] is None
    assert document["totals"] == {"works": 5, "works_counted": 0, "citations": {"value": None, "low": 0, "high": None}}
    assert document["metrics"]["h_index"]["high"] == 5
    assert {row["citations"] for row in document["works"]} == {None}
    assert {row["rank"] for row in document["works"]} == {None}
    assert "undated" in codes(document)


def test_preprint_and_paper_fold_between_the_largest_and_the_sum(tmp_path: Path) -> None:
    """Two counts of one source for two records of one work are an interval from the largest to their sum; the source's total is of works."""
    document = profile(
        write(tmp_path, "pre,scholar,2024-01-01,,=,30,,\npaper,scholar,2024-01-01,,=,12,,\nsecond,scholar,2024-01-01,,=,5,,\n")
    )
    folded = work(document, "pre")
    assert (folded["citations"], folded["citations_low"], folded["citations_high"]) == (None, 30, 42)
    assert (folded["title"], folded["year"], folded["venue"], folded["type"]) == (
        "Notes on an Engine",
        2021,
        "Annals of Engines",
        "article",
    )
    assert [edition["type"] for edition in folded["editions"]] == ["article", "misc"]
    assert document["by_source"][0]["citations"] == {"value": None, "low": 35, "high": None}


def test_one_count_alone_stays_exact(tmp_path: Path) -> None:
    """A record of which a source states nothing adds nothing to its work."""
    document = profile(write(tmp_path, "paper,scholar,2024-01-01,,=,12,,\n"))
    assert work(document, "pre")["citations"] == 12


@pytest.mark.parametrize(
    ("bound", "low", "high", "value"),
    [("=", 9, 9, 9), (">", 10, None, None), (">=", 9, None, None), ("<", 0, 8, None), ("<=", 0, 9, None), ("~", 0, None, None)],
)
def test_bounds_are_intervals(tmp_path: Path, bound: str, low: int, high: int | None, value: int | None) -> None:
    """Each bound means the interval of its definition, and stays with the number as it was stated."""
    document = profile(write(tmp_path, f"second,scholar,2024-01-01,,{bound},9,,\n"))
    row = work(document, "second")
    assert (row["citations"], row["citations_low"], row["citations_high"], row["bound"]) == (value, low, high, bound)
    assert row["rank"] == 1
    assert document["totals"]["works_counted"] == (0 if bound == "~" else 1)


def test_ranking_by_the_number_stated(tmp_path: Path) -> None:
    """By the number whatever its bound; of ties the exact first, then the newer; the rank is shared; without a count last, newest first."""
    counts = "pre,s,2024-01-01,,<,9,,\nsecond,s,2024-01-01,,=,9,,\ncut,s,2024-01-01,,=,3,,\n"
    rows = profile(write(tmp_path, counts))["works"]
    assert [(row["key"], row["rank"]) for row in rows] == [("second", 1), ("pre", 1), ("cut", 3), ("team", None), ("alone", None)]


def test_as_of_leaves_out_what_is_later(tmp_path: Path) -> None:
    """At a date only what was stated by then counts, ages count from it, and a period ends with its last day."""
    counts = "second,s,2021-02-28,,=,4,,\nsecond,s,2023-05-01,,=,8,,\n"
    write(tmp_path, counts)
    assert work(profile(tmp_path), "second")["citations"] == 8
    assert profile(tmp_path)["as_of"] == "2023-05-01"
    for day in ("2021", "2021-02", "2021-02-28"):
        assert work(profile(tmp_path, as_of=day), "second")["citations"] == 4
    assert work(profile(tmp_path, as_of="2021-02-27"), "second")["citations"] is None
    assert profile(tmp_path, as_of="2021-02")["as_of"] == "2021-02-28"


@pytest.mark.parametrize("day", ["yesterday", "2021-13", "2021-02-30", "21", "2021-2", "２０２１"])
def test_a_date_that_is_none(folder: Path, day: str) -> None:
    """A date of another form, or of no calendar, is refused with the forms there are."""
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        profile(folder, as_of=day)


def test_a_count_that_fell_is_told_even_after_it_rose_again(tmp_path: Path) -> None:
    """Two consecutive exact counts of one source of which the later is smaller are a warning with both numbers and dates; bounds are none."""
    counts = (
        "second,s,2021-01-01,,=,1516,,\nsecond,s,2022-01-01,,=,305,,\nsecond,s,2023-01-01,,=,2000,,\nsecond,t,2023-01-01,,<,5,,\n"
    )
    document = profile(write(tmp_path, counts))
    (told,) = [warning for warning in document["warnings"] if warning["code"] == "fell"]
    assert told["about"] == "second"
    assert told["message"] == "second fell from 1,516 (2021-01-01) to 305 (2022-01-01) on s"


def test_places_among_the_authors(folder: Path) -> None:
    """The place is the person's in the authors shown; behind a cut and for a team it is unknown, and both are told."""
    document = profile(folder)
    assert work(document, "pre")["position"] == 2
    assert work(document, "alone")["position"] == 1
    assert work(document, "alone")["authors_complete"] is False
    assert work(document, "cut")["position"] is None
    assert work(document, "team")["position"] is None
    assert {(warning["code"], warning["about"]) for warning in document["warnings"]} >= {
        ("authors_cut", "cut"),
        ("team_author", "team"),
    }


def test_sources_are_shown_side_by_side_and_never_summed(tmp_path: Path) -> None:
    """Every source has its row and its own statements; the metrics come from the one that counts most of the works."""
    counts = "second,a,2024-01-01,,=,5,,\npre,a,2024-01-01,,=,7,,\nsecond,b,2024-06-01,,=,50,,\n,b,2024-06-01,h_index,>=,3,,\n"
    document = profile(write(tmp_path, counts))
    assert document["counts"] == "a"
    assert [(row["source"], row["works"], row["works_counted"], row["citations"]["low"]) for row in document["by_source"]] == [
        ("a", 5, 2, 12),
        ("b", 5, 1, 50),
    ]
    assert document["by_source"][1]["stated"] == {"h_index": {"bound": ">=", "value": 3, "date": "2024-06-01"}}
    assert profile(tmp_path, counts="b")["totals"]["citations"]["low"] == 50
    assert [o["source"] for o in work(document, "second")["observations"]] == ["a", "b"]


def test_of_two_sources_that_count_as_many_the_newer_is_chosen(tmp_path: Path) -> None:
    """The default policy breaks a tie by the newest count."""
    assert profile(write(tmp_path, "second,z,2023-01-01,,=,5,,\npre,a,2024-01-01,,=,7,,\n"))["counts"] == "a"


def test_one_source_alone(tmp_path: Path) -> None:
    """`source` keeps only what it said, in every figure; the works stay, unknown where it is silent."""
    counts = (
        "second,a,2024-01-01,,=,5,,\nsecond,b,2024-06-01,,=,50,,\npre,b,2024-06-01,,=,1,,\nhf:Org,c,2024-06-01,downloads,>,9,,\n"
    )
    document = profile(write(tmp_path, counts), source="a")
    assert [row["source"] for row in document["by_source"]] == ["a"]
    assert len(document["works"]) == 5
    assert work(document, "pre")["citations"] is None
    assert [o["source"] for o in work(document, "second")["observations"]] == ["a"]
    assert document["artifacts"] == []
    assert document["as_of"] == "2024-01-01"


def test_the_largest_of_any_source(tmp_path: Path) -> None:
    """The policy `max` takes the largest low and the largest high of any source, and every figure says so."""
    counts = "second,a,2024-01-01,,=,5,,\nsecond,b,2024-06-01,,=,50,,\npre,a,2024-06-01,,=,3,,\npre,b,2024-06-01,,>,1,,\n"
    document = profile(write(tmp_path, counts), counts="max")
    assert work(document, "second")["citations"] == 50
    assert work(document, "second")["source"] == "b"
    assert (work(document, "pre")["citations_low"], work(document, "pre")["citations_high"]) == (3, None)
    assert {"largest of any source" in (figure["convention"] or "") for figure in document["metrics"].values()} == {True}


@pytest.mark.parametrize("options", [{"counts": "nobody"}, {"source": "nobody"}])
def test_a_source_that_says_nothing_is_refused(tmp_path: Path, options: dict[str, str]) -> None:
    """A source without any count is an error that names those that have some."""
    write(tmp_path, "second,a,2024-01-01,,=,5,,\n")
    with pytest.raises(UsageError, match=r"nobody.*those that do: a"):
        profile(tmp_path, **options)


def test_decisions_are_obeyed_and_told(tmp_path: Path) -> None:
    """`different` parts what shares an id, `not_mine` drops a work, a name that fits nothing is a warning; works of one title are told."""
    decisions = 'different = [["bib:pre", "bib:paper"]]\nnot_mine = ["doi:10.1000/SECOND", "bib:gone"]'
    document = profile(write(tmp_path, decisions=decisions))
    assert {row["key"] for row in document["works"]} == {"pre", "paper", "cut", "team", "alone"}
    assert {"unknown_decision", "unjoined"} <= codes(document)


def test_contradicting_decisions_are_an_error(tmp_path: Path) -> None:
    """Decisions that cannot both be obeyed are an error of configuration."""
    with pytest.raises(ConfigError):
        profile(write(tmp_path, decisions='same = [["bib:cut", "bib:team"]]\ndifferent = [["bib:cut", "bib:team"]]'))


def test_artifacts_stand_beside_citations(tmp_path: Path) -> None:
    """Downloads keep their bound and date, are never added to citations, and count as neither source of works nor statement of the person."""
    document = profile(write(tmp_path, "hf:Org,huggingface,2024-06-01,downloads,>,600000000,,\n"))
    (artifact,) = document["artifacts"]
    assert artifact["id"] == "hf:Org"
    assert artifact["figures"] == {"downloads": {"bound": ">", "value": 600000000, "date": "2024-06-01"}}
    assert document["by_source"] == []
    assert document["totals"]["citations"]["low"] == 0


def test_every_number_names_its_origin(tmp_path: Path) -> None:
    """Each observation of a work bears the file and line it stands in."""
    document = profile(write(tmp_path, "second,a,2024-01-01,,=,5,https://example.org/x,seen\n"))
    (observation,) = work(document, "second")["observations"]
    assert observation["origin"] == "ada.counts.csv:2"
    assert observation["url"] == "https://example.org/x"


def test_the_document_is_plain_json_and_stable(tmp_path: Path) -> None:
    """The document holds JSON values only and is the same each time; calling twice works."""
    write(tmp_path, "second,a,2024-01-01,,=,5,,\n,a,2024-01-01,,>,4,,\n")
    assert json.dumps(profile(tmp_path)) == json.dumps(profile(tmp_path))


def test_a_frame_is_typed(tmp_path: Path) -> None:
    """`to_pandas` gives one row a work with whole numbers, texts and dates as such, missing where not known."""
    write(tmp_path, "second,a,2024-01-01,,=,5,,\n")
    frame = citetrack.profile("Ada Lovelace", data=tmp_path).to_pandas()
    assert frame["key"].iloc[0] == "second"
    assert str(frame["citations"].dtype) == "Int64"
    assert str(frame["title"].dtype) == "string"
    assert str(frame["counted_on"].dtype).startswith("datetime64")
    assert frame["citations"].isna().sum() == 4


def test_the_repr_is_readable(folder: Path) -> None:
    """A profile at the prompt says whose it is and what is known."""
    shown = repr(citetrack.profile("Ada Lovelace", data=folder))
    assert "Ada Lovelace" in shown
    assert "5 works" in shown


def test_ages_count_from_the_earliest_record(tmp_path: Path) -> None:
    """Of two records of one form the earlier year sets the age, whichever stands first."""
    bib = """@misc{late, title = {T}, author = {Ada Lovelace}, year = {2018}, eprint = {1601.00001}, archiveprefix = {arXiv}}
@misc{early, title = {T}, author = {Ada Lovelace}, year = {2016}, eprint = {1601.00001}, archiveprefix = {arXiv}}"""
    document = profile(write(tmp_path, "late,s,2026-01-01,,=,90,,\n", bib=bib))
    assert document["metrics"]["cites_per_year"]["value"] == 9
    assert document["works"][0]["year"] == 2018


def test_a_work_that_is_not_theirs_gives_no_warning(tmp_path: Path) -> None:
    """What `not_mine` drops is told of in no warning; a bare key names it as well as `bib:` and the key."""
    counts = "second,s,2021-01-01,,=,20,,\nsecond,s,2022-01-01,,=,10,,\n"
    assert codes(profile(write(tmp_path, counts, decisions='not_mine = ["second"]'))) == {"authors_cut", "team_author", "undated"}


def test_an_explained_count_shows_the_observation_that_makes_it(tmp_path: Path) -> None:
    """Of several counts behind one number, that with the largest lower bound is shown first; works that make an age are in its core."""
    counts = "pre,s,2024-01-01,,=,100,,\npaper,s,2024-01-01,,=,20,,\nsecond,t,2024-01-01,,=,90,,\nsecond,s,2024-01-01,,=,10,,\n"
    made = citetrack.profile("Ada Lovelace", data=write(tmp_path, counts), counts="max")
    vector = {entry["key"]: entry for entry in explain(made, "m_quotient").to_dict()["vector"]}
    assert (vector["pre"]["low"], vector["pre"]["observation"]["value"]) == (100, 100)
    assert (vector["second"]["low"], vector["second"]["observation"]["value"]) == (90, 90)
    assert {key for key, entry in vector.items() if entry["in_core"]} == {"pre", "second"}


def test_the_case_of_a_source_does_not_count(tmp_path: Path) -> None:
    """A source may be written in any case, in the file and on the command line."""
    write(tmp_path, "second,Scholar,2024-01-01,,=,5,,\n")
    assert profile(tmp_path, counts="SCHOLAR", source="Scholar")["counts"] == "scholar"


def test_many_sources_each_keep_their_row(tmp_path: Path) -> None:
    """A thousand sources of a thousand works each have their row with their one work."""
    bib = "\n".join(f"@misc{{k{n}, title = {{T{n}}}, author = {{Ada Lovelace}}, year = {{2020}}}}" for n in range(1000))
    counts = "".join(f"k{n},source{n},2024-01-01,,=,{n},,\n" for n in range(1000))
    rows = profile(write(tmp_path, counts, bib=bib))["by_source"]
    assert {(row["source"], row["works_counted"], row["citations"]["low"]) for row in rows} == {
        (f"source{n}", 1, n) for n in range(1000)
    }


def test_an_interval_of_two_sources_is_neither_of_them(tmp_path: Path) -> None:
    """Where the largest low and the largest high are two sources', the work's source is the policy, by its name."""
    write(
        tmp_path,
        "second,a,2024-01-01,,=,100,,\nsecond,b,2024-01-01,,<=,300,,\npre,a,2024-01-01,,=,7,,\npre,b,2024-01-01,,=,5,,\n",
    )
    document = profile(tmp_path, counts="max")
    assert (
        work(document, "second")["citations_low"],
        work(document, "second")["citations_high"],
        work(document, "second")["source"],
    ) == (100, 300, "max")
    assert (work(document, "pre")["citations"], work(document, "pre")["source"]) == (7, "a")
    made = citetrack.profile("ada", data=tmp_path, counts="max")
    assert explain(made, "second").figure.convention == "largest of any source"


def test_two_entries_of_one_key_are_two_series(tmp_path: Path) -> None:
    """A smaller count of another entry that happens to bear the same key is no fall, and each is explained by its place."""
    entry = "@article{{k, title = {{{title}}}, author = {{Ada Lovelace}}, year = {{2020}}, note = {{Cited by: {n}; Export Date: 1 May {year}}}}}\n"
    bib = entry.format(title="One", n=50, year=2024) + entry.format(title="Two", n=3, year=2025)
    document = profile(write(tmp_path, bib=bib))
    assert "fell" not in codes(document)
    made = citetrack.profile("ada", data=tmp_path)
    with pytest.raises(UsageError, match=r"ada\.bib:1.*ada\.bib:2"):
        explain(made, "k")
    assert explain(made, "ada.bib:2").figure.value == 3


def test_works_of_a_later_year_and_counts_of_a_later_day_are_told(tmp_path: Path) -> None:
    """At a day before a work's year the work stays, and is told of; before any count that is told too."""
    document = profile(write(tmp_path, "second,s,2024-01-01,,=,4,,\n"), as_of="2019")
    told = {warning["code"]: warning["message"] for warning in document["warnings"]}
    assert "cut, team and 1 more" in told["dated_later"] or "stand in every figure" in told["dated_later"]
    assert told["not_yet_counted"] == "no work has a count by 2019-12-31; the oldest is of 2024-01-01"


def test_a_day_may_be_a_year_or_a_date(folder: Path) -> None:
    """From Python the day may be a number or a date as well."""
    assert profile(folder, as_of=2021)["as_of"] == "2021-12-31"
    assert profile(folder, as_of=date(2021, 2, 3))["as_of"] == "2021-02-03"


def test_two_authors_of_the_persons_name_leave_the_place_unknown(tmp_path: Path) -> None:
    """Which of two namesakes in one list is meant is not guessed."""
    bib = "@misc{two, title = {T}, author = {Ada Lovelace and B C and Ada Lovelace}, year = {2020}}"
    assert profile(write(tmp_path, bib=bib))["works"][0]["position"] is None
