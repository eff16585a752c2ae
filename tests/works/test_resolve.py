"""Works: joined by what is asserted and by what a person decided, never by a guess."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import ConfigError, UsageError
from citetrack.records.model import Decisions, Record
from citetrack.records.names import parse_name
from citetrack.works.resolve import Work, decided_away, form_of, resolve, unknown_names

IDS = st.lists(
    st.sampled_from([f"doi:10.1000/{letter}" for letter in "abcd"] + [f"arxiv:2001.0000{n}" for n in range(4)]), max_size=2
)


def record(key: str, *identifiers: str, **fields: object) -> Record:
    return Record(key, "bib", ids=tuple(identifiers), **fields)  # type: ignore[arg-type]


def groups(works: list[Work]) -> set[frozenset[str]]:
    return {frozenset(one.key for one in work.records) for work in works}


def test_the_same_id_is_the_same_work() -> None:
    """Records that share a DOI or an arXiv id, directly or through a third, are one work; others are not."""
    works = resolve(
        [
            record("a", "doi:10.1000/x"),
            record("b", "doi:10.1000/x", "arxiv:2001.00001"),
            record("c", "arxiv:2001.00001"),
            record("d"),
        ]
    )
    assert groups(works) == {frozenset("abc"), frozenset("d")}


def test_an_isbn_joins_nothing() -> None:
    """The chapters of one book share its ISBN and stay apart."""
    assert len(resolve([record("one", "isbn:9780306406157"), record("two", "isbn:9780306406157")])) == 2


def test_decisions_join_and_part() -> None:
    """`same` joins what shares nothing, `different` parts what shares an id."""
    records = [record("a", "doi:10.1000/x"), record("b", "doi:10.1000/x"), record("c")]
    decisions = Decisions(same=(("bib:a", "bib:c"),), different=(("bib:a", "bib:b"),))
    assert groups(resolve(records, decisions=decisions)) == {frozenset("ac"), frozenset("b")}


def test_an_id_may_name_a_record_in_a_decision() -> None:
    """A decision may name a record by any id it bears, however that is written."""
    records = [record("a", "doi:10.1000/x"), record("b", "arxiv:2001.00001")]
    assert len(resolve(records, decisions=Decisions(same=(("DOI:10.1000/X", "https://arxiv.org/abs/2001.00001v2"),)))) == 1


def test_contradicting_decisions_are_an_error() -> None:
    """What is said to be both the same and different cannot be obeyed, and is named."""
    decisions = Decisions(same=(("bib:a", "bib:b"), ("bib:b", "bib:c")), different=(("bib:a", "bib:c"),))
    with pytest.raises(ConfigError, match="bib:a and bib:c"):
        resolve([record("a"), record("b"), record("c")], decisions=decisions)


@given(st.lists(IDS, max_size=12), st.randoms(use_true_random=False))
def test_order_does_not_matter(id_lists: list[list[str]], shuffle: random.Random) -> None:
    """Which records are together does not depend on the order they are given in, with a human decision or without."""
    records = [record(str(number), *identifiers) for number, identifiers in enumerate(id_lists)]
    decisions = Decisions(different=(("bib:0", "bib:1"),))
    other = list(records)
    shuffle.shuffle(other)
    assert groups(resolve(records)) == groups(resolve(other))
    assert groups(resolve(records, decisions=decisions)) == groups(resolve(other, decisions=decisions))


@given(st.lists(IDS, min_size=2, max_size=12))
def test_a_decision_is_always_obeyed(id_lists: list[list[str]]) -> None:
    """Whatever ids assert, records decided to be different stay apart and records decided to be the same are joined; none is lost."""
    records = [record(str(number), *identifiers) for number, identifiers in enumerate(id_lists)]
    apart = resolve(records, decisions=Decisions(different=(("bib:0", "bib:1"),)))
    assert not any({"0", "1"} <= group for group in groups(apart))
    joined = resolve(records, decisions=Decisions(same=(("bib:0", "bib:1"),)))
    assert any({"0", "1"} <= group for group in groups(joined))
    assert sorted(one.key for work in apart for one in work.records) == sorted(one.key for one in records)


def test_the_most_formal_edition_is_shown() -> None:
    """A work shows the title, year, venue and type of its most formal edition; its key is its first record's, its age the earliest's."""
    preprint = record("pre", "arxiv:2001.00001", title="A draft", year=2020)
    paper = record(
        "paper", "doi:10.1000/x", "arxiv:2001.00001", title="A paper", year=2022, venue="Journal of Tests", type="article"
    )
    talk = record("talk", "arxiv:2001.00001", title="A talk", year=2021, venue="Testing Conference", type="inproceedings")
    (work,) = resolve([preprint, talk, paper])
    assert (work.key, work.title, work.year, work.venue, work.type, work.first_year) == (
        "pre",
        "A paper",
        2022,
        "Journal of Tests",
        "article",
        2020,
    )
    assert [edition.form for edition in work.editions] == ["journal", "proceedings", "preprint"]
    assert work.ids == ("arxiv:2001.00001", "doi:10.1000/x")


def test_editions_are_results_of_their_own_at_their_level() -> None:
    """At the level `edition` a preprint and its paper are two results; another level is an error."""
    records = [record("pre", "arxiv:2001.00001"), record("paper", "arxiv:2001.00001", venue="Journal of Tests", type="article")]
    assert groups(resolve(records, level="edition")) == {frozenset(["pre"]), frozenset(["paper"])}
    with pytest.raises(UsageError, match="no such level"):
        resolve(records, level="page")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "form"),
    [
        ({"type": "article", "venue": "arXiv preprint arXiv:2001.00001"}, "preprint"),
        ({"type": "article", "venue": "CoRR"}, "preprint"),
        ({"type": "article", "venue": "Nature"}, "journal"),
        ({"type": "inproceedings", "venue": "ICML"}, "proceedings"),
        ({"type": "misc", "ids": ("arxiv:2001.00001",)}, "preprint"),
        ({"type": "article", "ids": ("arxiv:2001.00001",)}, "preprint"),
        ({"type": "online"}, "other"),
        ({"type": "phdthesis"}, "other"),
    ],
)
def test_forms(fields: dict[str, object], form: str) -> None:
    """The venue and the entry type tell a preprint from a paper."""
    assert form_of(Record("k", "bib", **fields)) == form  # type: ignore[arg-type]


def test_of_records_of_one_form_the_first_speaks() -> None:
    """The first record of the most formal form is shown as it stands, a cut list of authors too; where it says nothing, the next fills in."""
    cut = record("cut", "doi:10.1000/x", year=2020, authors=(parse_name("Lin, Junyang"),), authors_complete=False)
    whole = record(
        "whole", "doi:10.1000/x", year=2018, title="T", authors=(parse_name("Lin, Junyang"), parse_name("Zhou, Chang"))
    )
    (work,) = resolve([cut, whole])
    assert (len(work.authors), work.authors_complete, work.year, work.title) == (1, False, 2020, "T")
    assert work.first_year == 2018


def test_not_mine_and_unknown_names() -> None:
    """`not_mine` names a work by the key or id of any of its records; a name that fits none is told."""
    records = [record("a", "doi:10.1000/x")]
    decisions = Decisions(not_mine=("doi:10.1000/X", "bib:gone"))
    (work,) = resolve(records)
    assert decided_away(work, decisions) == "doi:10.1000/X"
    assert unknown_names(records, decisions) == ["bib:gone"]


def test_many_records_of_one_id() -> None:
    """Fifty thousand records of one DOI are one work, quickly enough to be tested here: nothing is quadratic."""
    assert len(resolve([record(str(number), "doi:10.1000/x") for number in range(50_000)])) == 1


def test_a_record_that_bears_both_names_of_a_decision_contradicts_nothing() -> None:
    """Two ids that a person keeps apart may come to stand on one record of a source: that record is one work, and no error."""
    decisions = Decisions(different=(("doi:10.1/x", "arxiv:2301.00001"),))
    both = Record(key="W1", source="openalex", ids=("doi:10.1/x", "arxiv:2301.00001"))
    assert len(resolve([both], decisions=decisions)) == 1


def test_what_is_kept_apart_does_not_part_others() -> None:
    """Of three records with one DOI, of which one is kept apart from both others, the two others are one work."""
    records = [
        Record(key=key, source=source, ids=("doi:10.1/x",))
        for source, key in (("bib", "k"), ("crossref", "10.1/x"), ("openalex", "W1"))
    ]
    decisions = Decisions(different=(("bib:k", "crossref:10.1/x"), ("crossref:10.1/x", "openalex:W1")))
    assert sorted(len(one.records) for one in resolve(records, decisions=decisions)) == [1, 2]
