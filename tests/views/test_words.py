"""Wordings: a bound is printed as a bound, an unknown as unknown, and nothing open as if it were known."""

from pathlib import Path

import pytest

import citetrack
from citetrack.metrics import Figure
from citetrack.views import words

BIB = """
@misc{pre, title = {One}, author = {Ada Lovelace and Charles Babbage}, year = {2019}, eprint = {1901.00001}, archiveprefix = {arXiv}, citations = {30}}
@inproceedings{paper, title = {One}, author = {Ada Lovelace and Charles Babbage}, year = {2020}, booktitle = {Proceedings of the Engines},
  eprint = {1901.00001}, archiveprefix = {arXiv}, citations = {12}}
@misc{cut, title = {Two}, author = {Ada Lovelace and others}, year = {2021}}
@misc{behind, title = {Three}, author = {Charles Babbage and others}, year = {2021}}
@misc{without, title = {Four}, author = {Charles Babbage}}
"""


@pytest.fixture
def rows(tmp_path: Path) -> dict[str, tuple[str, ...]]:
    path = tmp_path / "mine.bib"
    path.write_text(BIB, encoding="utf-8")
    made = citetrack.profile(path, name="Ada Lovelace")
    return {row.key: words.work_row(row, made.person) for row in made.works}


def test_a_folded_count_is_an_interval_and_its_rank_is_about(rows: dict[str, tuple[str, ...]]) -> None:
    """Two counts of one work print as the interval from the largest to their sum, the venue names both editions."""
    assert rows["pre"] == ("~1", "30–42", "2020", "One", "1/2", "Engines + arXiv")


@pytest.mark.parametrize(("key", "place", "year"), [("cut", "1/1+", "2021"), ("behind", "?", "2021"), ("without", "–", "?")])
def test_places(rows: dict[str, tuple[str, ...]], key: str, place: str, year: str) -> None:
    """Before a cut the place has a plus, behind it it is unknown, and a whole list that lacks the person has none."""
    rank, count, shown_year, _, shown_place, venue = rows[key]
    assert (rank, count, shown_year, shown_place, venue) == ("–", "?", year, place, "misc")


@pytest.mark.parametrize(
    ("figure", "works", "counted", "bounded", "shown"),
    [
        (Figure(8, 8, 8), 10, 5, True, "8"),
        (Figure(None, 8, 12), 10, 10, False, "8–12"),
        (Figure(None, 8, 10), 10, 9, False, "≥ 8"),
        (Figure(None, 8, 10), 10, 10, True, "≥ 8"),
        (Figure(None, 0, 3), 3, 0, True, "≥ 0"),
        (Figure(None, 0, None), None, None, True, "?"),
        (Figure(7.75, 7.75, 7.75), 1, 1, False, "7.75"),
    ],
)
def test_a_figure_is_as_open_as_the_counts_behind_it(
    figure: Figure, works: int | None, counted: int | None, bounded: bool, shown: str
) -> None:
    """`≥ low` as soon as one work has no count or no upper bound, `low–high` otherwise, `?` where the list is missing."""
    assert words.column_figure(figure, works, counted, bounded=bounded) == shown


def test_statements_of_several_days_each_bear_their_own(tmp_path: Path) -> None:
    """What a source states of the person bears one date where it is the same for all, else each its own."""
    (tmp_path / "people.toml").write_text('[a]\nname = "A B"\n', encoding="utf-8")
    (tmp_path / "a.bib").write_text("@misc{x, title={T}, year={2020}}", encoding="utf-8")
    (tmp_path / "a.counts.csv").write_text(
        "about,source,date,figure,bound,value,url,note\n,s,2024-01-01,citations,>,42000,,\n,s,2025-01-01,h_index,=,30,,\n,t,,citations,~,5,,\n",
        encoding="utf-8",
    )
    made = citetrack.profile("a", data=tmp_path)
    assert [words.source_row(row)[-1] for row in made.by_source] == [
        "> 42,000 citations (2024-01-01), h 30 (2025-01-01)",
        "~ 5 citations",
    ]


def test_many_cautions_of_a_kind_are_cut(tmp_path: Path) -> None:
    """Of many warnings of one kind the page shows a few and says how many more there are."""
    path = tmp_path / "mine.bib"
    path.write_text(
        "\n".join(f"@misc{{k{n}, title = {{T{n}}}, author = {{A B and others}}, year = {{2020}}}}" for n in range(9)),
        encoding="utf-8",
    )
    told = words.cautions(citetrack.profile(path, name="Somebody Else"))
    assert sum("authors is cut" in line for line in told) == 5
    assert "4 more of this kind (authors_cut); --format json lists all" in told
