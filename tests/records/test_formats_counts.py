"""`records.formats`: the tables of citetrack's own making, `<slug>.counts.csv` and the table of `citetrack metrics --file`."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import InputError
from citetrack.records.formats import Columns, read_bib_with_counts, read_columns, read_counts
from citetrack.records.model import BOUNDS, Record

HEADER = "about,source,date,figure,bound,value,url,note\n"
RECORDS = [Record("alpha-2020", "bib", ids=("doi:10.5555/a",)), Record("beta:2021", "bib"), Record("beta:2021", "bib")]


def written(folder: Path, text: str, name: str = "x.counts.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_statements_are_sorted_by_what_they_are_about(tmp_path) -> None:
    """The person, artifacts, records (by key, by `bib:key`, by an id they bear): each with source, date, bound and the line it stands on."""
    text = HEADER + (
        ',scholar,2026-03-03,citations,>,42000,,"a report, over two\nlines"\n'
        "alpha-2020,scholar,2026-03-04,,=,12,https://example.org/a,\n"
        "bib:alpha-2020,scholar,2026-03-05,citations,<,20,,\n"
        "doi:10.5555/A,Crossref,2026-03-06,citations,>=,3,,\n"
        "beta:2021,scholar,,citations,~,7,,\n"
        "hf:Qwen,huggingface,2026-03-03,downloads,>,600000000,javascript:alert(1),\n"
    )
    counts = read_counts(written(tmp_path, text), RECORDS)
    assert counts.problems == ()
    [person] = counts.person
    assert (person.about, person.value, person.bound, person.figure, person.date) == (
        "",
        42000,
        ">",
        "citations",
        date(2026, 3, 3),
    )
    assert (person.note, person.origin) == ("a report, over two lines", "x.counts.csv:2")
    alpha = counts.by_key["alpha-2020"]
    assert [(one.source, one.bound, one.value, one.figure, one.about) for one in alpha] == [
        ("scholar", "=", 12, "citations", "alpha-2020"),
        ("scholar", "<", 20, "citations", "alpha-2020"),
        ("crossref", ">=", 3, "citations", "alpha-2020"),
    ]
    assert (alpha[0].origin, alpha[0].url) == ("x.counts.csv:4", "https://example.org/a")
    assert counts.by_key["beta:2021"][0].date is None
    [artifact] = counts.artifacts
    assert (artifact.about, artifact.figure, artifact.url) == ("hf:Qwen", "downloads", "")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("alpha-2020,scholar,2026-03-03,citations,=,-1,,", "never negative"),
        ("alpha-2020,scholar,2026-03-03,citations,=,1.5,,", "expected a whole number"),
        ('alpha-2020,scholar,2026-03-03,citations,=,"1,234",,', "expected a whole number"),
        ("alpha-2020,scholar,2026-03-03,citations,=,12345678901,,", "none is above"),
        ("alpha-2020,scholar,2026-03-03,citations,=,,,", "value is empty"),
        ("alpha-2020,scholar,2026-03-03,citations,,12,,", "bound holds"),
        ("alpha-2020,scholar,2026-03-03,citations,≥,12,,", "bound holds"),
        ("alpha-2020,scholar,2026-02-30,citations,=,12,,", "expected YYYY-MM-DD"),
        ("alpha-2020,scholar,03/04/2026,citations,=,12,,", "expected YYYY-MM-DD"),
        ("alpha-2020,scholar,20260304,citations,=,12,,", "expected YYYY-MM-DD"),
        ("alpha-2020,scholar,9026-03-04,citations,=,12,,", "1900 to 2100"),
        ("alpha-2020,,2026-03-03,citations,=,12,,", "source is empty"),
        ("alpha-2020,scholar,2026-03-03,citations,=,12,a,b,c", "9 cells under 8 columns"),
    ],
)
def test_a_line_that_is_no_statement_is_named_and_costs_no_other(tmp_path, line, said) -> None:
    """A problem says the line and what is wrong with it; the lines around it are counted."""
    good = "alpha-2020,scholar,2026-03-01,citations,=,5,,\n"
    counts = read_counts(written(tmp_path, f"{HEADER}{good}{line}\n{good}"), RECORDS)
    [problem] = counts.problems
    assert said in problem.message
    assert (problem.line, problem.file) == (3, "x.counts.csv")
    assert [one.value for one in counts.by_key["alpha-2020"]] == [5, 5]


def test_a_line_without_its_record_is_kept_and_named(tmp_path) -> None:
    """A key the `.bib` lacks is a problem `unjoined_count`, with the nearest key there is; the statement is not lost."""
    text = HEADER + "alpha-2002,scholar,2026-03-03,citations,=,5,,\nnothing-like-it,scholar,2026-03-03,citations,=,6,,\n"
    counts = read_counts(written(tmp_path, text), RECORDS)
    assert [(problem.code, problem.line) for problem in counts.problems] == [("unjoined_count", 2), ("unjoined_count", 3)]
    assert "did you mean 'alpha-2020'?" in counts.problems[0].message
    assert "did you mean" not in counts.problems[1].message
    assert [one.value for one in counts.unjoined] == [5, 6]
    assert not counts.by_key


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("about,source,date,figure,bound\n", "needs a header line with the columns value"),
        ("alpha,scholar,2026-03-03,citations,=,5,,\n", "needs a header line"),
        (HEADER.replace("note", "noet"), "has no column 'noet'"),
        (HEADER.replace("note", "url"), "stands twice"),
    ],
)
def test_another_header_is_an_error_that_names_the_columns(tmp_path, header, said) -> None:
    """The file cannot be read at all, and the line says why."""
    with pytest.raises(InputError, match=said) as caught:
        read_counts(written(tmp_path, header), RECORDS)
    assert "x.counts.csv:1: " in str(caught.value)


def test_columns_may_stand_in_another_order_and_free_text_may_be_left_out(tmp_path) -> None:
    """Only `url` and `note` are optional."""
    text = "value,bound,figure,date,source,about\n5,=,citations,2026-03-03,scholar,alpha-2020\n"
    assert read_counts(written(tmp_path, text), RECORDS).by_key["alpha-2020"][0].value == 5


@given(value=st.integers(1, 10**9), bound=st.sampled_from(BOUNDS), day=st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_what_is_written_is_what_is_read(tmp_path_factory, value, bound, day) -> None:
    """A statement survives its way through the file unchanged, bound and all."""
    path = written(tmp_path_factory.mktemp("counts"), f"{HEADER},scholar,{day.isoformat()},h_index,{bound},{value},,\n")
    [read] = read_counts(path, []).person
    assert (read.value, read.bound, read.date, read.figure) == (value, bound, day, "h_index")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("alpha-2020,s,2026-03-03,citations,<,0,,", "unread"),
        ("alpha-2020,max,2026-03-03,citations,=,1,,", "unread"),
        ("alpha-2020,s,2026-03-03,citations,=,6000000000,,", "unread"),
        ("hf:Qwen,s,2026-03-03,downloads,=,-6,,", "unread"),
        ("hf:Qwen Foo,s,2026-03-03,downloads,=,6,,", "unjoined_count"),
        ("hf:,s,2026-03-03,downloads,=,6,,", "unjoined_count"),
    ],
)
def test_what_cannot_be_is_not_counted(tmp_path, line, code) -> None:
    """Less than nothing, a source named like a policy, an absurd count, an artifact without an id: each is a problem, none is lost silently."""
    counts = read_counts(written(tmp_path, f"{HEADER}{line}\n"), RECORDS)
    assert [problem.code for problem in counts.problems] == [code]
    assert not counts.by_key
    assert not counts.artifacts


def test_downloads_may_be_more_than_any_citations(tmp_path) -> None:
    """What is absurd as a count of citations is none as one of downloads; the case of a figure's name does not count."""
    [read] = read_counts(written(tmp_path, f"{HEADER}hf:Qwen,s,2026-03-03,Downloads,>,6000000000,,\n"), []).artifacts
    assert (read.value, read.figure) == (6_000_000_000, "downloads")


def test_counts_are_hung_on_the_records_of_the_bib(tmp_path) -> None:
    """Each record carries the statements about it, after those the `.bib` itself holds; the rest stands with the records."""
    bib = written(tmp_path, "@article{alpha-2020, title = {Alpha}, year = 2020}\n@misc{beta, title = {Beta}}\n", "x.bib")
    text = HEADER + (
        "alpha-2020,scholar,2026-03-03,citations,=,5,,\n,scholar,2026-03-03,citations,>,9,,\n"
        "hf:Qwen,huggingface,2026-03-03,downloads,>,6,,\ngamma,scholar,2026-03-03,citations,=,7,,\n"
    )
    records = read_bib_with_counts(bib, written(tmp_path, text))
    assert [[one.value for one in record.observations] for record in records] == [[5], []]
    assert [(one.about, one.value) for one in records.observations] == [("", 9), ("hf:Qwen", 6)]
    assert [problem.code for problem in records.problems] == ["unjoined_count"]
    assert [record.title for record in read_bib_with_counts(bib)] == ["Alpha", "Beta"]


def test_counts_of_a_key_that_stands_twice_are_counted_once(tmp_path) -> None:
    """They go to the first entry, so that folding the two does not double them."""
    bib = written(tmp_path, "@misc{a, title = {One}}\n@misc{a, title = {Two}}\n", "x.bib")
    records = read_bib_with_counts(bib, written(tmp_path, HEADER + "a,scholar,2026-03-03,citations,=,5,,\n"))
    assert [len(record.observations) for record in records] == [1, 0]


def test_the_real_counts_join_their_real_bib(shared_data) -> None:
    """Every line of the real table finds its record, the person or an artifact."""
    folder = shared_data / "people"
    records = read_bib_with_counts(folder / "junyang-lin.bib", folder / "junyang-lin.counts.csv")
    lines = (folder / "junyang-lin.counts.csv").read_text(encoding="utf-8").count("\n") - 1
    assert sum(len(record.observations) for record in records) + len(records.observations) == lines
    assert not [problem for problem in records.problems if problem.code in ("unjoined_count", "unread")]


def test_a_table_of_works_becomes_plain_columns(tmp_path) -> None:
    """One place for each work, `None` where a cell is empty; a column the file lacks is `None`; others are left alone."""
    path = written(tmp_path, "title,citations,year,position\nOne,10,2020,1\nTwo,,2021,\nThree,0,,3\n")
    assert read_columns(path) == Columns((10, None, 0), (2020, 2021, None), None, (1, None, 3))
    assert read_columns(written(tmp_path, "citations\n")) == Columns(())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("citations,year\n3,2020\n-4,2020\n", r":3: column citations holds -4, expected a number from 0 to"),
        ("citations,year\n3,MMXX\n", r":2: column year holds 'MMXX'"),
        ("citations,year\n3,20\n", r":2: column year holds 20"),
        ("citations,authors\n3,0\n", r":2: column authors holds 0"),
        ("citations\n1.5\n", r":2: column citations holds '1.5'"),
        ("year\n2020\n", "needs a header line with the columns citations"),
        ("3\n4\n", "needs a header line"),
        ('citations,year\n3,2020\n"4', "never closed"),
    ],
)
def test_a_cell_that_is_no_number_ends_the_reading_with_its_line_and_column(tmp_path, text, said) -> None:
    """A table for metrics is right or refused: a work left out would change every figure unseen."""
    with pytest.raises(InputError, match=said):
        read_columns(written(tmp_path, text))
