"""Each metric beside a twin written straight from its definition, and beside worked examples of papers, textbooks and programs."""

import json
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.metrics import age, evaluate, hirsch, totals

careers = st.lists(st.one_of(st.integers(0, 15), st.integers(0, 400)), max_size=25)


def top(citations, size):
    return sum(sorted(citations)[len(citations) - size :])


def naive_h(citations):
    return max(h for h in range(len(citations) + 1) if len([count for count in citations if count >= h]) >= h)


def naive_g(citations):
    return max(g for g in range(len(citations) + 1) if top(citations, g) >= g * g)


@given(citations=careers)
def test_h_by_trying_every_h(citations):
    """The largest h such that h works have at least h citations."""
    assert hirsch.h_index(citations) == naive_h(citations)


@given(citations=careers)
def test_g_by_trying_every_g(citations):
    """The largest g such that the g most cited works have g² citations together; padded, the list is as long as it takes."""
    assert hirsch.g_index(citations) == naive_g(citations)
    assert hirsch.g_index_unbounded(citations) == naive_g(citations + [0] * (math.isqrt(sum(citations)) + 1))


@given(citations=careers)
def test_the_core_indices_hang_together(citations):
    """R² = h² + e², A·h = R², a·h² = all citations; h <= g <= g unbounded; undefined only where h is 0."""
    h, e, r = hirsch.h_index(citations), hirsch.e_index(citations), hirsch.r_index(citations)
    a, constant = hirsch.a_index(citations), hirsch.hirsch_a(citations)
    assert r**2 == pytest.approx(h**2 + e**2)
    assert r**2 == pytest.approx(top(citations, naive_h(citations)))
    assert (a is None) == (constant is None) == (h == 0)
    if a is not None and constant is not None:
        assert a * h == pytest.approx(r**2)
        assert constant * h**2 == pytest.approx(sum(citations))
    assert h <= hirsch.g_index(citations) <= hirsch.g_index_unbounded(citations)


@given(citations=careers)
def test_counting_and_typical_works(citations):
    """Totals, thresholds, mean, median and maximum, against the standard library."""
    assert hirsch.i10_index(citations) == len([count for count in citations if count > 9])
    assert hirsch.i100_index(citations) == len([count for count in citations if count > 99])
    assert totals.max_citations(citations) == (max(citations) if citations else 0)
    assert totals.median_citations(citations) == (statistics.median(citations) if citations else None)
    assert totals.cites_per_work(citations) == (pytest.approx(statistics.mean(citations)) if citations else None)


@given(citations=careers.filter(bool), first=st.integers(1950, 2030))
def test_ages(citations, first):
    """Citations and h over the years since the first work, of which there is at least one."""
    years = [first + place for place in range(len(citations))]
    assert age.cites_per_year(citations, years, 2026) == sum(citations) / max(1, 2026 - first)
    assert age.m_quotient(citations, years, 2026) == naive_h(citations) / max(1, 2026 - first)


NAMES = {
    "h": "h_index",
    "i10": "i10_index",
    "i100": "i100_index",
    "e": "e_index",
    "R": "r_index",
    "a": "a_index",
    "hirsch_a": "hirsch_a",
    "citations": "citations",
    "cites_per_paper": "cites_per_work",
    "median": "median_citations",
    "cites_per_year": "cites_per_year",
    "max_citations": "max_citations",
    "papers": "works",
}


def our_name(example):
    """The metric an example is of, under our conventions; None where it follows another."""
    convention = example.get("convention") or ""
    if example["metric"] != "g":
        return NAMES.get(example["metric"])
    if "unbounded" in convention:
        return "g_index_unbounded"
    return None if "dropped" in convention else "g_index"


def given_by(example):
    """What an example hands to `evaluate`; None where it is no plain list of whole counts."""
    given_values = example["input"]
    if {"citations", "year_first", "query_year"} <= given_values.keys():
        return {
            "citations": [given_values["citations"]],
            "years": [given_values["year_first"]],
            "as_of": given_values["query_year"],
        }
    counts = given_values.get("citations", given_values.get("values"))
    whole = isinstance(counts, list) and all(isinstance(count, int) for count in counts)
    return {"citations": counts} if whole else None


def test_worked_examples_of_papers_textbooks_and_programs(shared_data):
    """Every worked example that follows our conventions is met, to the digits it is printed with."""
    examples = json.loads((shared_data / "oracles.json").read_text(encoding="utf-8"))
    met = set()
    for example in examples:
        name, values = our_name(example), given_by(example)
        if name and values and isinstance(example["expected"], (int, float)):
            value = evaluate(**values)[name].value
            assert value == pytest.approx(example["expected"], rel=1e-9, abs=example.get("abs_tol", 1e-9)), example["id"]
            met.add(name)
    assert met == {*NAMES.values(), "g_index", "g_index_unbounded"}


def test_the_textbook_list():
    """Rousseau, Egghe and Guns, tables 7.2 and 7.6: seven works of h 4, g 5 and R² 22."""
    figures = evaluate([8, 5, 5, 4, 4, 1, 0])
    assert figures["h_index"].value == 4
    assert figures["g_index"].value == 5
    assert figures["r_index"].value == pytest.approx(math.sqrt(22))


def test_the_two_conventions_of_g_differ_where_they_must():
    """One work of ten citations: g is 1 or 3; cited works alone would be another convention still, which is not ours."""
    figures = evaluate([10])
    assert (figures["g_index"].value, figures["g_index_unbounded"].value) == (1, 3)
    figures = evaluate([50, 18, 11, 7, 4, 3, 0, 0])
    assert (figures["g_index"].value, figures["g_index_unbounded"].value) == (8, 9)
