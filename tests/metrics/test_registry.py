"""One contract for every metric there is, and for every one to come."""

import doctest
import inspect
import math
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import citetrack.metrics
from citetrack.metrics import METRICS, Metric, evaluate, in_core
from citetrack.metrics import registry as registry_module
from citetrack.metrics.page import metrics_page, sections
from citetrack.metrics.registry import metric

NAMES_OF_THIS_PIECE = frozenset(
    "works works_counted citations cites_per_work cites_per_year h_index g_index g_index_unbounded i10_index i100_index m_quotient "
    "e_index a_index r_index hirsch_a median_citations max_citations".split()
)
PUBLIC_NAMES = NAMES_OF_THIS_PIECE | frozenset(
    "cites_per_author authors_per_work years_active i1000_index ar_index m_median q2_index hg_index hc_index awcr awcr_per_author "
    "aw_index hi_index hi_norm hi_annual hm_index ha_index acc1 acc2 acc5 acc10 acc20 h_coverage tapered_h rational_h real_h h2_index "
    "w_index_wu w_index_woeginger k_index_ye_rousseau p_index_prathap j_index_todeschini maxprod pi_index f_index_tol t_index_tol "
    "euclidean works_fractional citations_fractional pure_h_fractional gf_citations gf_papers h5_index h5_median h_first_author "
    "citations_first_author citations_last_author sharpened_h self_citation_rate c_score beauty awakening_year cd_index".split()
)
EVERY = pytest.mark.parametrize("definition", METRICS.values(), ids=METRICS.keys())

careers = st.lists(st.tuples(st.integers(0, 40), st.integers(1990, 2030), st.integers(1, 9), st.integers(1, 9)), max_size=12)


def arguments(definition: Metric, career, as_of=2026):
    """What a metric asks for, taken from rows of count, year, number of authors and position."""
    columns = dict(zip(("citations", "years", "authors", "positions"), zip(*career, strict=True), strict=True)) if career else {}
    given_by_name = {"counted": [True] * len(career), "as_of": as_of} | {name: list(column) for name, column in columns.items()}
    return {name: given_by_name.get(name, []) for name in definition.needs}


def test_the_metrics_promised_exist():
    """Every metric that users were promised is registered, and none bears a name of its own invention."""
    assert set(METRICS) >= NAMES_OF_THIS_PIECE
    assert set(METRICS) <= PUBLIC_NAMES


@EVERY
def test_a_metric_documents_itself(definition):
    """Each docstring has a sentence, a return with its unit or meaning, an example and its references, in this order."""
    parts = sections(definition.doc)
    assert list(parts) == ["", "Returns", "Examples", "References"]
    assert parts[""].splitlines()[0].endswith(".")
    assert len(parts["Returns"].splitlines()) >= 2
    assert parts["References"].startswith("- ")
    assert definition.unit
    assert definition.paper == "citetrack" or definition.paper.startswith(("doi:10.", "https://"))
    assert definition.convention is None or definition.convention.strip()


@EVERY
def test_the_example_of_a_metric_holds(definition):
    """What the docstring shows is what the function returns."""
    examples = doctest.DocTestFinder(recurse=False).find(
        definition.function, definition.name, globs=vars(inspect.getmodule(definition.function))
    )
    results = doctest.DocTestRunner(verbose=False).run(examples[0])
    assert results.attempted > 0
    assert results.failed == 0


@EVERY
def test_a_metric_says_where_it_is_undefined(definition):
    """A function that may return None says so in its docstring, and the other way round."""
    may_be_none = "None" in str(inspect.signature(definition.function).return_annotation)
    assert ("None" in sections(definition.doc)["Returns"]) == may_be_none


@EVERY
def test_an_empty_career_gives_nothing_or_none(definition):
    """No works: 0 or None, never an error."""
    assert definition.function(**arguments(definition, [])) in (0, None)


@EVERY
def test_a_career_without_citations_never_raises(definition):
    """Uncited works are a career like another."""
    assert definition.function(**arguments(definition, [(0, 2020, 1, 1)] * 3)) in (0, 3, None)


@EVERY
@given(data=st.data(), career=careers)
def test_the_order_of_works_does_not_matter(definition, data, career):
    """A career is a set of works, in whatever order they are listed."""
    other = data.draw(st.permutations(career))
    assert definition.function(**arguments(definition, career)) == definition.function(**arguments(definition, other))


@EVERY
@given(career=careers)
def test_a_metric_changes_none_of_its_inputs(definition, career):
    """A metric is a pure function: called twice it says the same, and its lists are as they were."""
    given_once = arguments(definition, career)
    first = definition.function(**given_once)
    assert given_once == arguments(definition, career)
    assert first == definition.function(**given_once)


@EVERY
@given(career=careers)
def test_a_value_is_a_number_that_json_can_hold(definition, career):
    """A finite whole or real number, never a truth value; real-valued metrics are never whole numbers by type."""
    value = definition.function(**arguments(definition, career))
    assert value is None or (type(value) in (int, float) and math.isfinite(value))


@EVERY
def test_every_metric_is_in_the_result_of_evaluate(definition):
    """`evaluate` leaves no metric out, whatever it is given."""
    for figures in (
        evaluate([]),
        evaluate([3, None, (1, 5)]),
        evaluate([3], years=[2020], authors=[2], positions=[1], as_of=2026),
    ):
        assert figures[definition.name].unit == definition.unit
        assert figures[definition.name].convention == definition.convention


@EVERY
@given(career=careers)
def test_a_core_is_as_many_works_as_the_metric_has(definition, career):
    """The works said to make a number do make it: without all others it is the same."""
    citations = [row[0] for row in career]
    core = in_core(
        definition.name, citations, years=[row[1] for row in career], authors=[1] * len(career), positions=[1] * len(career)
    )
    assert len(core) == len(career)
    if definition.core and definition.name != "m_quotient":  # its age is that of all works
        chosen = [row for row, inside in zip(career, core, strict=True) if inside]
        whole, alone = (definition.function(**arguments(definition, rows)) for rows in (career, chosen))
        assert whole == alone


def test_a_metric_must_rise_or_bring_its_bounds():
    """A definition that leaves open how its interval is found is refused when it is written."""
    with pytest.raises(TypeError, match="rises with every count or brings its bounds"):
        metric(unit="works", paper="citetrack")


def test_a_metric_may_only_ask_for_what_there_is(monkeypatch):
    """A misspelt parameter is refused when the metric is written, not when it is computed."""
    monkeypatch.setattr(registry_module, "METRICS", {})

    def of_moons(citations, moons):
        return None

    with pytest.raises(TypeError, match="of_moons may ask for citations, years"):
        metric(unit="works", paper="citetrack", rises=True)(of_moons)


def test_the_decorator_returns_the_function_untouched(monkeypatch):
    """A registered metric is the very function that was written."""
    monkeypatch.setattr(registry_module, "METRICS", {})

    def some_index(citations):
        return 0

    assert metric(unit="works", paper="citetrack", rises=True)(some_index) is some_index


def test_every_module_that_defines_metrics_is_loaded():
    """A metric in a new file is found: importing the package loads each module that registers something."""
    folder = Path(citetrack.metrics.__file__).parent
    for module in pkgutil.iter_modules([str(folder)]):
        if "\n@metric(" in (folder / f"{module.name}.py").read_text(encoding="utf-8"):
            assert hasattr(citetrack.metrics, module.name), f"citetrack/metrics/__init__.py does not import {module.name}"


def test_the_page_of_metrics_is_what_the_registry_gives():
    """docs/metrics.md is written from the definitions; if this fails, run: python -m citetrack.metrics > docs/metrics.md"""
    written = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert written == metrics_page()
    assert all(f"\n## {name}\n" in written for name in METRICS)


def test_the_module_prints_the_page():
    """`python -m citetrack.metrics` prints the page in UTF-8, whatever the console speaks."""
    done = subprocess.run([sys.executable, "-m", "citetrack.metrics"], capture_output=True, check=True)
    assert done.stdout.decode() == metrics_page()


def test_metrics_import_nothing_heavy():
    """Computing metrics loads no numeric library, and none of the standard library's slow ones."""
    code = "import sys, citetrack.metrics; print(sorted({'numpy', 'pandas', 'statistics', 'fractions', 'decimal', 'datetime'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("definition", [each for each in METRICS.values() if each.grows], ids=lambda each: each.name)
@given(career=careers, work=st.tuples(st.integers(0, 40), st.integers(1990, 2030), st.integers(1, 9), st.integers(1, 9)))
def test_a_metric_that_grows_never_falls_when_a_work_is_added(definition, career, work):
    """Of a list that is not whole such a metric is a lower bound: no further work, whatever its numbers, can lower it."""
    before = definition.function(**arguments(definition, career))
    assert before <= definition.function(**arguments(definition, [*career, work]))
