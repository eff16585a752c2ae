"""Identifiers: every way they are written comes to one normal form, and nothing else does."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.records import ids


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("10.18653/v1/D18-1075", "doi:10.18653/v1/d18-1075"),
        ("https://doi.org/10.1145/3447548.3467206", "doi:10.1145/3447548.3467206"),
        ("http://dx.doi.org/10.1016/S0140-6736(20)30183-5.", "doi:10.1016/s0140-6736(20)30183-5"),
        ("(see doi:10.1000/xyz123)", "doi:10.1000/xyz123"),
        (
            "doi:10.1002/(SICI)1097-4571(199806)49:8<693::AID-ASI4>3.0.CO;2-O",
            "doi:10.1002/(sici)1097-4571(199806)49:8<693::aid-asi4>3.0.co;2-o",
        ),
        ("10.48550/arXiv.2202.03052", "arxiv:2202.03052"),
        ("https://doi.org/10.48550/ARXIV.2202.03052v2", "arxiv:2202.03052"),
        ("10.1145%2F3447548.3467206", "doi:10.1145/3447548.3467206"),
        (
            "https://doi.org/10.1002/(SICI)1097-4571(199806)49:8%3C693::AID-ASI4%3E3.0.CO;2-O",
            "doi:10.1002/(sici)1097-4571(199806)49:8<693::aid-asi4>3.0.co;2-o",
        ),
        ("no identifier", None),
        ("10.1000/", None),
    ],
)
def test_doi_forms(written: str, normal: str | None) -> None:
    """A DOI is found bare, labelled, in an address and in prose; arXiv's own DOIs are arXiv ids."""
    assert ids.doi(written) == normal


@pytest.mark.parametrize(
    ("field", "normal"),
    [
        ("10.5555/a|b", "doi:10.5555/a|b"),
        ("10.5555/a|c", "doi:10.5555/a|c"),
        ("https://doi.org/10.5555/A%7CB", "doi:10.5555/a|b"),
        ("10.5555/{a}.", "doi:10.5555/{a}"),
        (
            "https://doi.org/10.1002/(SICI)1097-4571(199806)49:8%3C693::AID-ASI4%3E3.0.CO;2-O",
            "doi:10.1002/(sici)1097-4571(199806)49:8<693::aid-asi4>3.0.co;2-o",
        ),
        (" http://dx.doi.org/10.1145/3447548.3467206\n", "doi:10.1145/3447548.3467206"),
        ("DOI: 10.1145/3447548.3467206", "doi:10.1145/3447548.3467206"),
        ("10.48550/arXiv.2202.03052", "arxiv:2202.03052"),
        ("https://doi.org/10.48550/arXiv.cond-mat.mes-hall/0211022v2", "arxiv:cond-mat/0211022"),
        ("10.48550/arXiv.nonsense", None),
        ("see 10.1000/x", None),
        ("10.1000/x and more", None),
        ("https://example.org/10.1000/x", None),
        ("https://doi.org/10.1000/a%0Ab", None),
        ("10.1000/", None),
        ("", None),
    ],
)
def test_the_doi_of_a_field_is_whole(field: str, normal: str | None) -> None:
    """What a field for DOIs holds is one DOI with all its characters, percent-encoded in an address; with more or less than that it is none."""
    assert ids.doi_of_field(field) == normal


@given(st.text(st.characters(codec="ascii", exclude_categories=("Cc", "Zs")), min_size=1, max_size=40))
def test_two_dois_are_never_one(suffix: str) -> None:
    """Two fields that differ in more than case give two DOIs."""
    one, other = (ids.doi_of_field(f"10.5555/{suffix}{last}") for last in ("b", "|b"))
    assert one == f"doi:10.5555/{suffix}b".casefold()
    assert other == f"doi:10.5555/{suffix}|b".casefold()


def test_the_examples_hold() -> None:
    """Every doctest of the module runs."""
    results = doctest.testmod(ids)
    assert results.attempted
    assert not results.failed


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("2505.09388", "arxiv:2505.09388"),
        ("2505.09388v3", "arxiv:2505.09388"),
        ("arXiv:2505.09388 [cs.CL]", "arxiv:2505.09388"),
        ("arXiv preprint arXiv:1811.11214", "arxiv:1811.11214"),
        ("https://arxiv.org/pdf/2202.03052v2.pdf", "arxiv:2202.03052"),
        ("CoRR, abs/1905.01186", "arxiv:1905.01186"),
        ("math.GT/0309136", "arxiv:math/0309136"),
        ("cond-mat/0211022", "arxiv:cond-mat/0211022"),
        ("cond-mat.mes-hall/0211022", "arxiv:cond-mat/0211022"),
        ("https://arxiv.org/abs/cond-mat.mes-hall/0211022v2", "arxiv:cond-mat/0211022"),
        ("arXiv:cond-mat.soft/0211022", "arxiv:cond-mat/0211022"),
        ("arXiv:hep-th/9901001v1", "arxiv:hep-th/9901001"),
        ("Phys. Rev. 1234.5678 pages", None),
        ("pages 1994.12345", None),
    ],
)
def test_arxiv_forms(written: str, normal: str | None) -> None:
    """An arXiv id is found in every place exporters hide it, without its version, and not in mere numbers."""
    assert ids.arxiv(written) == normal


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("orcid:0000-0002-1825-0097", "orcid:0000-0002-1825-0097"),
        ("https://orcid.org/0000-0002-1694-233x", "orcid:0000-0002-1694-233X"),
        ("orcid:0000-0002-1825-0098", None),
        ("dblp:215/3823", "dblp:215/3823"),
        ("https://dblp.org/pid/215/3823.html", "dblp:215/3823"),
        ("dblp:../../etc/passwd", None),
        ("scholar:qp6IwtgAAAAJ", "scholar:qp6IwtgAAAAJ"),
        ("https://scholar.google.com/citations?hl=en&user=qp6IwtgAAAAJ", "scholar:qp6IwtgAAAAJ"),
        ("OpenAlex: a5023888391", "openalex:A5023888391"),
        ("semanticscholar:35996608", "s2:35996608"),
        ("huggingface:Qwen", "hf:Qwen"),
        ("Junyang Lin", None),
        ("nosuch:thing", None),
        ("https://example.org/10", None),
    ],
)
def test_parse(written: str, normal: str | None) -> None:
    """`scheme:value` of a known scheme, a source's name as a scheme, and well-known addresses are ids; everything else is not."""
    assert ids.parse(written) == normal


@pytest.mark.parametrize(
    ("identifier", "person"),
    [("openalex:A1", True), ("openalex:W1", False), ("dblp:l/JunyangLin", True), ("dblp:conf/icml/WangYMLBLMZZY22", False),
     ("s2:35996608", True), ("s2:" + "a" * 40, False), ("doi:10.1/x", False), ("hf:Qwen", True), ("hf:Qwen/Qwen3-8B", False)],
)  # fmt: skip
def test_person_or_work(identifier: str, person: bool) -> None:
    """An id's form tells a person from a work."""
    assert ids.is_person(identifier) is person


def test_isbn_needs_its_check_digit() -> None:
    """A valid ISBN-10 becomes its ISBN-13; a wrong check digit is no ISBN."""
    assert ids.isbn("ISBN 0-306-40615-2") == "isbn:9780306406157"
    assert ids.isbn("0-306-40615-3") is None


@given(st.text(max_size=200))
def test_any_text_is_read_without_error(text: str) -> None:
    """Whatever is written, reading it gives a normal id or nothing, and the normal form reads as itself."""
    found = ids.parse(text)
    assert found is None or ids.parse(found) == found
    for read in (ids.doi, ids.arxiv, ids.orcid, ids.isbn):
        value = read(text)
        assert value is None or ids.parse(value) == value


@given(st.integers(7, 30), st.integers(1, 12), st.integers(0, 99999), st.integers(1, 20))
def test_versions_of_an_arxiv_id_are_one_id(year: int, month: int, number: int, version: int) -> None:
    """With and without a version, bare and as a DOI, an arXiv id is the same."""
    bare = f"{year:02}{month:02}.{number:05}"
    assert {ids.arxiv(bare), ids.arxiv(f"arXiv:{bare}v{version}"), ids.doi(f"10.48550/arXiv.{bare}")} == {f"arxiv:{bare}"}


def test_grouped_as_json_shows_them() -> None:
    """Ids are grouped by scheme, each once, in the order given."""
    assert ids.by_scheme(["doi:10.1/b", "arxiv:1", "doi:10.1/a", "doi:10.1/b"]) == {"arxiv": ["1"], "doi": ["10.1/b", "10.1/a"]}
