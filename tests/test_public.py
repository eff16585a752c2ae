"""What users import: every public name is there, documented, and works when used twice."""

import inspect
from pathlib import Path

import pytest

import citetrack

BIB = """
@article{a, title = {One}, author = {Lin, Junyang}, year = {2020}, journal = {J}, doi = {10.1000/one}}
@misc{b, title = {One}, author = {Lin, Junyang}, year = {2019}, note = {doi:10.1000/one}}
@article{c, title = {Two}, author = {Lin, J.}, year = {2021}, journal = {J}, note = {Cited by: 7}}
"""


@pytest.fixture
def bib(tmp_path: Path) -> Path:
    path = tmp_path / "mine.bib"
    path.write_text(BIB, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", citetrack.__all__)
def test_every_public_name_resolves_and_is_documented(name: str) -> None:
    """A name in `__all__` is there, the same each time, and says what it is."""
    found = getattr(citetrack, name)
    assert found is getattr(citetrack, name)
    assert name == "__version__" or inspect.getdoc(found)
    assert name in dir(citetrack)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as in any module."""
    with pytest.raises(AttributeError, match="nonsense"):
        citetrack.nonsense  # noqa: B018 - the access is what is tested


def test_every_public_function_is_typed() -> None:
    """Each parameter and each result of a public function has a type."""
    for name in ("profile", "read", "read_bib", "resolve"):
        signature = inspect.signature(getattr(citetrack, name))
        assert signature.return_annotation is not inspect.Signature.empty
        assert all(parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values())


def test_a_list_is_read_resolved_and_profiled_twice(bib: Path) -> None:
    """Reading, resolving, profiling and evaluating give the same when called again."""
    for _ in range(2):
        records = citetrack.read_bib(bib)
        assert [record.key for record in records] == ["a", "b", "c"]
        assert records.problems == []
        assert [record.key for record in citetrack.read(str(bib))] == ["a", "b", "c"]
        assert len(citetrack.resolve(records)) == 2
        made = citetrack.profile(bib, name="Junyang Lin")
        assert made.metrics["h_index"].low == 1
        assert [row.position for row in made.works] == [1, 1]
        assert len(made.to_pandas()) == 2
        assert "@article{c," in made.to_bibtex().replace(" ", "")
        assert made.to_dict()["schema"] == "citetrack/profile/1"
        assert citetrack.metrics.evaluate(citations=[10, 8, 5, 4, 3])["h_index"].value == 4


def test_a_file_says_nothing_of_whose_it_is(bib: Path) -> None:
    """Without a name a file's list has no person, and no place among authors."""
    made = citetrack.profile(bib)
    assert made.to_dict()["person"] == {"slug": None, "name": None, "aka": [], "ids": {}}
    assert {row.position for row in made.works} == {None}


def test_counts_inside_a_bib_are_observations(bib: Path) -> None:
    """What an exporter hid in a field is a count with its source and line; its file bears no date, which is told."""
    document = citetrack.profile(bib).to_dict()
    (observation,) = next(work for work in document["works"] if work["key"] == "c")["observations"]
    assert (observation["source"], observation["value"], observation["date"]) == ("scopus", 7, None)
    assert observation["origin"] == "mine.bib:4"
    assert "undated" in {warning["code"] for warning in document["warnings"]}
    assert document["metrics"]["m_quotient"]["value"] is None
    assert document["by_source"][0]["works"] == 2
