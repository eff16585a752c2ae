"""`evaluate`: from what a caller gives to figures, or to one clear line of what is wrong."""

import math
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import UsageError
from citetrack.metrics import METRICS, evaluate, in_core, registry
from citetrack.metrics.columns import LARGEST_COUNT, read_year

HIRSCH_LIKE = [42, 36, 14, 11, 9, 9, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0]
WITHOUT_AGE = ["cites_per_year", "m_quotient"]


def test_a_plain_list_of_counts():
    """The five counts everyone knows: h of 4, and every other figure beside it."""
    figures = evaluate([10, 8, 5, 4, 3])
    expected = {
        "works": 5,
        "works_counted": 5,
        "citations": 30,
        "cites_per_work": 6.0,
        "median_citations": 5.0,
        "max_citations": 10,
        "h_index": 4,
        "g_index": 5,
        "g_index_unbounded": 5,
        "i10_index": 1,
        "i100_index": 0,
        "e_index": pytest.approx(math.sqrt(11)),
        "a_index": 6.75,
        "r_index": pytest.approx(math.sqrt(27)),
        "hirsch_a": 1.875,
    }
    assert {name: figures[name].value for name in expected} == expected
    assert type(figures["h_index"].value) is int
    assert type(figures["cites_per_work"].value) is float


def test_an_unknown_count_is_unknown_and_not_zero():
    """A work without a count stays in every metric as anything from 0 up."""
    figures = evaluate([10, 8, None])
    assert (figures["h_index"].low, figures["h_index"].high) == (2, 3)
    assert (figures["citations"].value, figures["citations"].low, figures["citations"].high) == (None, 18, None)
    assert (figures["median_citations"].low, figures["median_citations"].high) == (8.0, 10.0)
    assert (figures["works"].value, figures["works_counted"].value) == (3, 2)
    assert figures["cites_per_work"].low == 6.0


def test_a_bound_may_leave_a_figure_certain():
    """Over 42,000 citations reach ten for certain: what does not hang on the open end has its value."""
    figures = evaluate([(42_001, None), 3])
    assert figures["i10_index"].value == 1
    assert figures["h_index"].value == 2
    assert figures["max_citations"].value is None


def test_a_caller_may_say_which_works_are_counted():
    """A count given as "about" is open like an unknown one, and a bound from 0 up is still a statement; only the caller knows."""
    assert evaluate([(0, None), None, 3])["works_counted"].value == 2
    assert evaluate([(0, None), None, 3], counted=[False, False, True])["works_counted"].value == 1


@pytest.mark.parametrize("name", WITHOUT_AGE)
def test_without_a_date_or_a_year_an_age_is_unknown(name):
    """What needs an input that is not given is present and says nothing; works without a year are counted as left out."""
    assert evaluate([5, 3], as_of=2026)[name].to_dict() | {"convention": ""} == {
        "value": None, "low": 0, "high": None, "unit": evaluate([])[name].unit, "convention": "", "excluded": 2, "interval": "bounds",
    }  # fmt: skip
    assert evaluate([5, 3], years=[2020, 2021])[name].high is None
    assert evaluate([5, 3], years=[None, None], as_of=2026)[name].excluded == 2


def test_works_without_a_year_are_left_out_of_what_needs_one():
    """They are counted in `excluded` there, and nowhere else."""
    figures = evaluate([40, 10, 90], years=[2016, 2020, None], as_of=2026)
    assert figures["cites_per_year"].value == 5.0
    assert figures["m_quotient"].value == pytest.approx(0.2)
    assert {name: figure.excluded for name, figure in figures.items() if figure.excluded} == {
        "cites_per_year": 1,
        "m_quotient": 1,
    }
    assert figures["citations"].value == 140


def test_ages_are_those_of_publish_or_perish():
    """A career that begins this year, or that a date lies before, is one year old."""
    assert [evaluate([12], years=[year], as_of=2026)["cites_per_year"].value for year in (2020, 2025, 2026, 2027)] == [
        2.0,
        12.0,
        12.0,
        12.0,
    ]


@pytest.mark.parametrize("as_of", [2026, "2026", "2026-07", "2026-07-26", date(2026, 7, 26), pd.Timestamp("2026-07-26")])
def test_a_date_may_be_a_year_or_any_iso_date(as_of):
    """All the ways to say when."""
    assert read_year(as_of) == 2026


@pytest.mark.parametrize(
    "as_of",
    ["", "26", "2026-13", "2026-02-30", "2026/07/01", "today", "2026-W01-1", "٢٠٢٦", "20260726", 0, 10_000, 20.5, True, pd.NaT],
)
def test_a_date_that_is_none_is_refused(as_of):
    """One line that names it."""
    with pytest.raises(UsageError, match=r"^as_of: [^\n]*$"):
        evaluate([1], as_of=as_of)


@pytest.mark.parametrize(
    ("element", "message"),
    [
        (-1, "-1 is negative"),
        (2.5, "2.5 is not a whole number"),
        (math.nan, "nan is not a whole number"),
        (math.inf, "inf is not a whole number"),
        ("7", "'7' is not a whole number"),
        ("\x1b[31m\n", r"'\x1b[31m\n' is not a whole number"),
        (True, "True is not a whole number"),
        (LARGEST_COUNT + 1, "9223372036854775808 is out of range; give a whole number from 0 to 9223372036854775807"),
        (10**5000, "a number of 16610 bits is out of range"),
        (-(10**5000), "a number of 16610 bits is negative"),
        ((1, 2, 3), "(1, 2, 3) is neither a count nor a pair"),
        ((3, 2), "the greatest count, 2, is below the least, 3"),
        ((-1, 2), "-1 is negative"),
        ((None, 2), "None is not a whole number"),
        ((1, False), "False is not a whole number"),
        ("x" * 10_000, "is not a whole number"),
    ],
    ids=range(16),
)
def test_a_count_that_is_none_is_refused_with_its_position(element, message):
    """One short line: where, which value, what would do."""
    with pytest.raises(UsageError) as raised:
        evaluate([3, element])
    text = str(raised.value)
    assert text.startswith("citations, position 2: ")
    assert message in text
    assert text.isprintable()
    assert len(text) < 200


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"years": [2020]}, "years has 1 elements and citations 2; give one for each work"),
        ({"authors": [1, 2, 3]}, "authors has 3 elements and citations 2; give one for each work"),
        ({"counted": []}, "counted has 0 elements and citations 2; give one for each work"),
        ({"years": [2020, 0]}, "years, position 2: 0 is out of range; give a whole number from 1 to 9999"),
        ({"years": [2020.5, 0]}, "years, position 1: 2020.5 is not a whole number; give a whole number from 1 to 9999"),
        ({"authors": [None, 0]}, f"authors, position 2: 0 is out of range; give a whole number from 1 to {LARGEST_COUNT}"),
        ({"positions": [-1, 1]}, f"positions, position 1: -1 is negative; give a whole number from 1 to {LARGEST_COUNT}"),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns, message):
    """Lists of different lengths and impossible elements are told in one line."""
    with pytest.raises(UsageError) as raised:
        evaluate([1, 2], **columns)
    assert str(raised.value) == message


def test_huge_counts_work():
    """Up to the largest number that a 64-bit column holds, sums stay whole numbers."""
    figures = evaluate([10**18] * 40 + [LARGEST_COUNT])
    assert figures["citations"].value == 40 * 10**18 + LARGEST_COUNT
    assert figures["g_index_unbounded"].value == math.isqrt(40 * 10**18 + LARGEST_COUNT)
    assert figures["h_index"].value == 41


def test_columns_of_a_data_frame_work():
    """The columns of a pandas frame, with its own missing values, are as good as lists."""
    frame = pd.DataFrame({"citations": [10, None, 3], "year": [2020, 2021, None]}, dtype="Int64")
    figures = evaluate(frame["citations"], years=frame["year"], as_of=2026)
    assert figures == evaluate([10, None, 3], years=[2020, 2021, None], as_of=2026)
    assert evaluate(pd.Series([3, 2, 1]).to_numpy())["citations"].value == 6


def test_it_works_when_called_twice():
    """Nothing is kept from one call to the next, and generators are as good as lists."""
    assert evaluate(HIRSCH_LIKE) == evaluate(HIRSCH_LIKE) == evaluate(count for count in HIRSCH_LIKE)


@given(elements=st.lists(st.integers(0, 50), max_size=20))
def test_three_spellings_of_an_exact_count_are_one(elements):
    """3, (3, 3) and 3.0 say the same."""
    assert (
        evaluate(elements) == evaluate([(count, count) for count in elements]) == evaluate([float(count) for count in elements])
    )


def test_a_list_of_a_hundred_thousand_works_is_no_trouble():
    """Wide intervals of many works are computed too; anything quadratic would never end here."""
    figures = evaluate([(place % 500, 100_000 + place) for place in range(100_000)])
    assert (figures["h_index"].low, figures["h_index"].high) == (497, 100_000)
    assert figures["a_index"].low <= figures["a_index"].high


@pytest.mark.parametrize(
    ("name", "core"),
    [
        ("h_index", [True, True, True, False, False]),
        ("a_index", [True, True, True, False, False]),
        ("g_index", [True, True, True, True, True]),
        ("g_index_unbounded", [True, True, True, True, True]),
        ("i10_index", [False, True, False, False, False]),
        ("i100_index", [False, False, False, False, False]),
        ("max_citations", [False, True, False, False, False]),
        ("citations", [True, True, True, True, True]),
    ],
)
def test_the_core_of_a_metric(name, core):
    """Which works make the number, in the order they were given."""
    assert in_core(name, [3, 15, 8, 3, 0]) == core


def test_the_core_leaves_out_what_the_metric_leaves_out():
    """A work without a year takes no part in a metric of age, however cited; bounded counts stand with their least."""
    assert in_core("m_quotient", [90, 5, (2, None), None], years=[None, 2020, 2021, 2022]) == [False, True, True, False]


def test_a_metric_that_does_not_exist_is_refused():
    """One line that says which there are."""
    with pytest.raises(UsageError, match="no metric is called 'h-index'; there are works, works_counted, citations"):
        in_core("h-index", [1])


def test_a_sum_of_which_every_term_is_missing_is_unknown(monkeypatch):
    """Where no work has what a metric needs, its figure is unknown and not the 0 of an empty career."""

    def authors_in_all(authors):
        return sum(authors)

    monkeypatch.setattr(registry, "METRICS", {})
    registry.metric(unit="authors", paper="citetrack", rises=True)(authors_in_all)
    monkeypatch.setitem(METRICS, "authors_in_all", registry.METRICS["authors_in_all"])
    assert evaluate([5, 3], authors=[2, None])["authors_in_all"].value == 2
    assert evaluate([5, 3], authors=[None, None])["authors_in_all"].value is None
    assert evaluate([5, 3])["authors_in_all"].excluded == 2
    assert evaluate([])["authors_in_all"].value == 0
