"""Figures: what is known of a number, and how far."""

import dataclasses
import doctest
import itertools
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.metrics import (
    Figure,
    age,
    between,
    columns,
    evaluate,
    evaluation,
    hirsch,
    interval,
    page,
    registry,
    shown,
    totals,
    unknown,
)

counts = st.integers(0, 12)
exact = st.lists(counts, max_size=9)
pairs = st.tuples(counts, counts).map(lambda pair: (min(pair), max(pair)))
intervals = st.lists(pairs, max_size=9)
open_intervals = st.lists(st.one_of(pairs, st.tuples(counts, st.none()), st.none(), counts), max_size=9)


def as_pair(element):
    return (0, None) if element is None else (element, element) if isinstance(element, int) else element


def drawn(data, elements, ceiling=60):
    """Counts that the intervals allow; an unbounded one stays below a ceiling far above the others."""
    return [data.draw(st.integers(low, ceiling if high is None else high)) for low, high in map(as_pair, elements)]


def years_of(elements):
    return [2000 + place for place in range(len(elements))]


def figures_of(elements):
    return evaluate(elements, years=years_of(elements), as_of=2026)


def rising():
    return [name for name, definition in registry.METRICS.items() if definition.rises]


def holds(figure, value):
    return value is None or (figure.low <= value and (figure.high is None or value <= figure.high))


@given(data=st.data(), elements=open_intervals)
def test_what_can_happen_lies_within_the_bounds(data, elements):
    """For every metric: whatever the true counts are, within what is stated, the true value lies between low and high."""
    figures = figures_of(elements)
    for name, truth in figures_of(drawn(data, elements)).items():
        if name != "works_counted":
            assert holds(figures[name], truth.value), name


@given(data=st.data(), lower=exact)
def test_a_metric_that_rises_never_falls(data, lower):
    """Where a definition says that it rises, more citations to some works never lower it."""
    higher = [count + data.draw(counts) for count in lower]
    before, after = figures_of(lower), figures_of(higher)
    for name in rising():
        assert before[name].value is None or before[name].value <= after[name].value, name


@given(elements=intervals)
def test_the_interval_of_a_metric_that_rises_is_exact(elements):
    """Both ends are reached: by the least counts and by the greatest."""
    figures = figures_of(elements)
    least, greatest = figures_of([low for low, _ in elements]), figures_of([high for _, high in elements])
    for name in rising():
        if least[name].value is not None:
            assert figures[name].exact
            assert (figures[name].low, figures[name].high) == (least[name].value, greatest[name].value), name


@given(elements=open_intervals, far=st.integers(10**6, 10**9))
def test_an_unbounded_count_leaves_no_more_open_than_it_must(elements, far):
    """A high of None means that the value grows beyond all bounds with the counts; a finite one is reached."""
    figures = figures_of(elements)
    greatest = figures_of([far if high is None else high for _, high in map(as_pair, elements)])
    for name in rising():
        reached, figure = greatest[name].value, figures[name]
        if name == "works_counted":
            continue  # what is stated of a work is no matter of its count
        if reached is None:
            assert figure.value is None
        elif figure.high is None:
            assert reached >= 30, name  # far above what the finite counts can give
        else:
            assert reached == figure.high, name


@given(elements=exact)
def test_exact_counts_give_exact_figures(elements):
    """With nothing bounded or unknown each metric has its value, or is undefined."""
    for name, figure in figures_of(elements).items():
        undefined = (
            registry.METRICS[name].function(
                **{
                    need: {"citations": elements, "counted": elements, "years": years_of(elements), "as_of": 2026}[need]
                    for need in registry.METRICS[name].needs
                }
            )
            is None
        )
        assert (figure.value is None) == undefined, name
        assert figure.exact != undefined, name


@pytest.mark.parametrize("name", ["a_index", "e_index", "hirsch_a"])
def test_a_metric_that_may_fall_says_that_its_bounds_are_bounds(name):
    """These fall when h rises; their interval encloses, and is marked so until the two ends meet."""
    function = registry.METRICS[name].function
    assert function([5, 1]) > function([5, 2])
    assert figures_of([5, (1, 2)])[name].to_dict()["interval"] == "bounds"
    assert figures_of([5, 1])[name].to_dict()["interval"] == "exact"


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("a_index", 3.5, 5.0), ("e_index", math.sqrt(3), 2.0), ("hirsch_a", 1.75, 6.0)],
)
def test_bounds_are_tight_where_one_count_is_open(name, low, high):
    """With 5 and one or two citations: h is 1 or 2, and the bounds are what the two cases give."""
    figure = figures_of([5, (1, 2)])[name]
    assert (figure.low, figure.high) == (pytest.approx(low), pytest.approx(high))


@given(elements=intervals)
def test_bounds_of_narrow_intervals_are_not_wide(elements):
    """The bounds of a metric that may fall are never beyond what its h and its citations alone would allow."""
    figures = figures_of(elements)
    a, h, r = figures["a_index"], figures["h_index"], figures["r_index"]
    if h.low:
        assert h.low <= a.low <= a.high <= figures["max_citations"].high
        assert figures["e_index"].high <= r.high
        assert 1 <= figures["hirsch_a"].low <= figures["hirsch_a"].high <= figures["citations"].high / h.low**2


@given(
    elements=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 3)).map(lambda pair: (pair[0], sum(pair))), min_size=1, max_size=4
    )
)
def test_bounds_against_every_assignment_of_counts(elements):
    """All counts the intervals allow, one by one: none falls outside, and the lower ends of A and e are reached."""
    figures = evaluate(elements)
    for name in ("a_index", "e_index", "hirsch_a"):
        function = registry.METRICS[name].function
        values = [function(counts) for counts in itertools.product(*(range(low, high + 1) for low, high in elements))]
        assert all(holds(figures[name], value) for value in values)
        if name != "hirsch_a" and None not in values:
            assert figures[name].low == min(values)
        assert (figures[name].value is None) == (len(set(values)) > 1 or values[0] is None)


def test_a_figure_has_a_value_only_where_its_bounds_meet():
    """No value is ever picked from between."""
    assert between(3, 3) == Figure(3, 3, 3)
    assert between(3, 4).value is None
    assert between(3, math.inf) == between(3, None) == Figure(None, 3, None)
    assert unknown(unit="works") == Figure(None, 0, None, "works", exact=False)


def test_a_figure_cannot_be_changed():
    """A figure is a fact of one evaluation."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        between(1, 2).low = 0


def test_a_figure_speaks_json():
    """Its dictionary has the keys that scripts rely on, and is JSON without any extension (no Infinity, no NaN)."""
    figure = evaluate([10, None], years=[2020, None], as_of=2026)["cites_per_year"]
    assert json.loads(json.dumps(figure.to_dict(), allow_nan=False)) == {
        "value": 10 / 6,
        "low": 10 / 6,
        "high": 10 / 6,
        "unit": "citations per year",
        "convention": age.AGE,
        "excluded": 1,
        "interval": "exact",
    }
    for each in evaluate([(3, None), None, 2]).values():
        json.dumps(each.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "module", [age, columns, evaluation, hirsch, interval, page, registry, totals], ids=lambda module: module.__name__
)
def test_the_examples_in_the_code_hold(module):
    """Every doctest of the package runs."""
    assert doctest.testmod(module).failed == 0


@given(st.floats(0, 1e9, allow_nan=False))
def test_a_printed_bound_is_a_bound(bound):
    """What is printed of a lower bound is never above it, of an upper bound never below it."""
    low, high = (float(shown(bound, rounded).replace(",", "")) for rounded in (math.floor, math.ceil))
    assert low <= bound <= high
