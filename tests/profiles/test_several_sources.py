"""A profile of what several sources said, beside what a person wrote."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from citetrack.app.lists import with_sources
from citetrack.profiles.build import build
from citetrack.records.model import Observation, Outcome, Person, Problem, Record, Records
from citetrack.records.names import parse_name
from citetrack.store import open_store
from citetrack.views import words

ADA = Person(slug="ada", name="Ada Lovelace", ids={"s2": "1"})
MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)


def work(source: str, key: str, *counts: tuple[str, date, int], ids: tuple[str, ...] = ()) -> Record:
    observations = tuple(Observation(said_by, day, value, about=key) for said_by, day, value in counts)
    return Record(key=key, source=source, title=key, ids=ids, observations=observations)


def told(source: str, *records: Record, listed: tuple[str, ...] = (), **facts: Any) -> dict[str, Outcome]:
    return {source: Outcome(source, "complete", day=JUNE, records=records, listed=frozenset(listed), **facts)}


def document(
    by_hand: Records, newest: dict[str, Outcome], latest: dict[str, Outcome] | None = None, **options: Any
) -> dict[str, Any]:
    return build(ADA, with_sources(by_hand, newest, latest or {}), **options).to_dict()


def test_a_row_counts_the_sources_own_list_and_the_ranking_all_works() -> None:
    """Works that a source was asked for by their ids are ranked, but do not stand in the row that is compared with what it states."""
    listed = [work("s2", "a", ("s2", JUNE, 5)), work("s2", "b", ("s2", JUNE, 3))]
    asked_for = work("s2", "c", ("s2", JUNE, 100))
    stated = (Observation("s2", JUNE, 8),)
    made = document(Records(), told("s2", *listed, asked_for, listed=("a", "b"), observations=stated))
    (row,) = made["by_source"]
    assert (row["works"], row["works_counted"], row["citations"]["value"]) == (2, 2, 8)
    assert row["stated"]["citations"] == {"bound": "=", "value": 8, "date": "2026-06-01"}
    assert made["totals"]["works"] == 3
    assert made["totals"]["citations"]["value"] == 108


def test_a_source_without_a_list_is_counted_by_works() -> None:
    """Where a source was only asked for works, its two entries of one work fold into an interval in its row too."""
    entries = [work("s2", "a", ("s2", JUNE, 5), ids=("doi:10.1/a",)), work("s2", "b", ("s2", JUNE, 3), ids=("doi:10.1/a",))]
    (row,) = document(Records(), told("s2", *entries))["by_source"]
    assert (row["works"], row["citations"]) == (1, {"value": None, "low": 5, "high": 8})


@pytest.mark.parametrize(("by_hand_on", "expected"), [(MAY, 9), (JUNE, 9), (JULY, 7)])
def test_of_a_note_and_the_source_itself_the_newer_stands(by_hand_on: date, expected: int) -> None:
    """What was written down of a source and what it says itself are two reports of one entry: they are never added, the newer one counts."""
    noted = Records([work("bib", "note", ("s2", by_hand_on, 7), ids=("doi:10.1/a",))])
    made = document(noted, told("s2", work("s2", "a", ("s2", JUNE, 9), ids=("doi:10.1/a",)), listed=("a",)))
    (row,) = made["works"]
    assert (row["key"], row["citations"], row["bound"]) == ("note", expected, "=")
    assert len(row["observations"]) == 2


def test_a_list_without_counts_is_shown_as_unknown_not_as_nothing() -> None:
    """A source that lists works and counts none has its row, in which nothing is 0."""
    profile = build(ADA, with_sources(Records(), told("dblp", work("dblp", "a"), listed=("a",)), {}))
    (row,) = profile.by_source
    assert (row.works, row.works_counted, row.citations.value, row.citations.high) == (1, 0, None, None)
    assert words.source_row(row) == ("dblp", "0/1", "?", "?", "?", "")


@pytest.mark.parametrize("result", ["partial", "failed"])
def test_a_newer_run_that_is_not_complete_is_named_and_replaces_nothing(result: Any) -> None:
    """The last complete run stands; the newer one is a warning about its source, and the profile is partial."""
    complete = told("s2", work("s2", "a", ("s2", JUNE, 9)), listed=("a",))
    newer = {"s2": Outcome("s2", result, "s2 is down", day=JULY)}
    joined = with_sources(Records(), complete, newer)
    profile = build(ADA, joined)
    assert profile.partial
    (caution,) = profile.warnings
    assert (caution.code, caution.about) == ("source_failed", "s2")
    assert "s2 is down" in caution.message
    assert "2026-06-01" in caution.message
    assert profile.totals["citations"].value == 9


def test_what_a_source_remarks_becomes_a_warning_about_it() -> None:
    """A retraction or a merged id that a source tells of stands in the profile, and costs no completeness."""
    remark = Problem("merged_id", "1 is now 2")
    profile = build(ADA, with_sources(Records(), told("s2", work("s2", "a", ("s2", JUNE, 1)), problems=(remark,)), {}))
    assert [(one.code, one.about) for one in profile.warnings] == [("merged_id", "s2")]
    assert not profile.partial


def listing(source: str, key: str, *authors: str, position: int | None = None, **facts: Any) -> Record:
    return Record(
        key, source, title="T", ids=("doi:10.1/a",), authors=tuple(map(parse_name, authors)), position=position, **facts
    )


def places(*records: Record) -> list[int | None]:
    """The person's place in each work of a profile of what two sources list."""
    sources = sorted({record.source for record in records})
    newest = {
        source: outcome
        for source in sources
        for outcome in told(source, *(one for one in records if one.source == source)).values()
    }
    return [row["position"] for row in document(Records(), newest)["works"]]


def test_the_place_is_told_by_an_id_before_a_name() -> None:
    """Of two namesakes in one list the source says by an id which is meant; so it does of a person whom it lists by another name."""
    assert places(listing("s2", "a", "Ada Lovelace", "Ada Lovelace")) == [None]
    assert places(listing("s2", "a", "Ada Lovelace", "Ada Lovelace", position=2)) == [2]
    assert places(listing("s2", "a", "Charles Babbage", "Augusta King", position=2)) == [2]
    assert places(listing("s2", "a", "Ada Lovelace", "Augusta King", position=2)) == [2]


def test_a_place_counts_in_the_list_that_is_shown() -> None:
    """A source that lists as many authors tells the place for one that gives no ids; one that lists fewer counts in another list, and is not asked."""
    shown = listing("dblp", "a", "Wei Wang", "Ada Lovelace", "Ada Lovelace", type="article", venue="J")
    preprint = listing("s2", "b", "W. Wang", "A. Lovelace", "A. Lovelace", position=3, type="article", venue="arXiv")
    assert places(shown, preprint) == [3]
    assert places(shown, replace(preprint, authors=preprint.authors[1:], position=2)) == [None]
    assert places(replace(shown, position=2), replace(preprint, source="arxiv")) == [2]


def test_a_place_survives_the_store(tmp_path: Path) -> None:
    """What a source told of two namesakes is in the profile that is made from the store."""
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with open_store(tmp_path / "store.db") as store:
        run = store.begin(ADA.slug, ADA.ids, now)
        (outcome,) = told("s2", listing("s2", "a", "Ada Lovelace", "Ada Lovelace", position=2), listed=("a",)).values()
        store.add(run, replace(outcome, asked=("s2:1",)))
        store.finish(run, now)
        newest = store.newest(ADA.slug, ADA.ids)
    assert [row["position"] for row in document(Records(), newest)["works"]] == [2]
