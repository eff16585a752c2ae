"""The store of runs: what a source said comes back exactly as it was said, on its day, whatever becomes of the process or the file."""

import gc
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import StoreError
from citetrack.records.model import BOUNDS, Artifact, Candidate, Observation, Outcome, Problem, Record
from citetrack.records.names import Name
from citetrack.store import Store, open_store, opening

DAY = date(2026, 7, 24)
NOON = datetime(2026, 7, 24, 12, tzinfo=UTC)
IDS = {"openalex": "A1", "orcid": "0000-0002-1825-0097"}
ASKED = ("openalex:A1",)


def work(number: int, count: int, day: date | None = DAY, origin: str = "sha256:00") -> Record:
    key, url = f"W{number}", f"https://openalex.org/W{number}"

    def observed(figure: str, value: int) -> Observation:
        return Observation("openalex", day, value, "=", figure, key, origin, url)

    return Record(
        key,
        "openalex",
        title=f"Work {number}",
        authors=(Name("Lin", "Junyang"), Name("Qwen Team", literal=True)),
        year=2024,
        ids=(f"openalex:{key}", f"doi:10.1000/{number}"),
        observations=(observed("citations", count), observed("citations_in_2024", count // 2)),
        entry={"title": f"Work {number}", "year": "2024"},
        origin=origin,
        position=2 if number % 2 else None,
    )


def complete(*counts: int, day: date | None = DAY, origin: str = "sha256:00", source: str = "openalex") -> Outcome:
    """What a source says that lists one work for each count."""
    records = tuple(replace(work(number, count, day, origin), source=source) for number, count in enumerate(counts))
    stated = (Observation(source, day, sum(counts), origin=origin),)
    return Outcome(
        source, "complete", "", day, ASKED, 2, records, frozenset(record.key for record in records), observations=stated
    )


def whole(outcome: Outcome) -> tuple[object, ...]:
    """All of an outcome, also what a comparison of records passes over."""
    return outcome, [(record.origin, list(record.entry.items())) for record in outcome.records]


def append(path: Path, *outcomes: Outcome, at: datetime = NOON, slug: str | None = "lin", ids: dict[str, str] = IDS) -> None:
    with open_store(path) as store:
        run = store.begin(slug, ids, at)
        for outcome in outcomes:
            store.add(run, outcome)
        store.finish(run, at)


def newest(path: Path, as_of: date | None = None, slug: str | None = "lin", ids: dict[str, str] = IDS) -> dict[str, Outcome]:
    with open_store(path, create=False) as store:
        return store.newest(slug, ids, as_of)


def rows(path: Path, table: str) -> int:
    with sqlite3.connect(path) as database:
        found: int = database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
    database.close()
    return found


def message(error: pytest.ExceptionInfo[StoreError], path: Path) -> str:
    """What the error says, which is one line that names the file."""
    said = str(error.value)
    assert "\n" not in said
    assert str(path) in said
    return said


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


# --- What is added comes back --------------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=()), max_size=8) | st.sampled_from(
    ["", "\ud800", "a\0b", "林", "</title>\x1b[2J"]
)
DAYS = st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1))
COUNTS = st.integers(0, 10**9)
NAMES = st.builds(Name, TEXT, TEXT, TEXT, TEXT, st.booleans())
OBSERVATIONS = st.lists(
    st.builds(Observation, TEXT, DAYS, COUNTS, st.sampled_from(BOUNDS), TEXT, TEXT, TEXT, TEXT, TEXT), max_size=4
).map(tuple)


def tuples(items: st.SearchStrategy[object], size: int = 3) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(items, max_size=size).map(tuple)


RECORDS = st.builds(
    Record,
    key=TEXT,
    source=TEXT,
    title=st.none() | TEXT,
    authors=tuples(NAMES),
    authors_complete=st.booleans(),
    year=st.none() | st.integers(-(10**9), 10**9),
    venue=st.none() | TEXT,
    type=TEXT,
    ids=tuples(TEXT),
    observations=OBSERVATIONS,
    affiliation=st.none() | TEXT,
    entry=st.dictionaries(TEXT, TEXT, max_size=3),
    origin=TEXT,
    position=st.none() | st.integers(1, 10**4),
)
ARTIFACTS = st.builds(Artifact, TEXT, TEXT, OBSERVATIONS)
CANDIDATES = st.builds(
    Candidate,
    TEXT,
    TEXT,
    TEXT,
    tuples(TEXT),
    tuples(TEXT),
    st.none() | COUNTS,
    st.none() | COUNTS,
    tuples(TEXT),
    tuples(TEXT),
    TEXT,
)
OUTCOMES = st.builds(
    Outcome,
    source=TEXT,
    result=st.just("complete"),
    why=TEXT,
    day=DAYS,
    asked=st.just(()),
    requests=COUNTS,
    records=tuples(RECORDS),
    listed=st.frozensets(TEXT, max_size=3),
    observations=OBSERVATIONS,
    artifacts=tuples(ARTIFACTS),
    candidates=tuples(CANDIDATES),
    problems=tuples(st.builds(Problem, TEXT, TEXT, TEXT, COUNTS)),
)


@pytest.fixture(scope="module")
def well_used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store(tmp_path_factory.mktemp("well_used") / "store.db") as store:
        yield store


@given(OUTCOMES, TEXT, st.dictionaries(TEXT, TEXT, max_size=2))
def test_round_trip(well_used: Store, outcome: Outcome, slug: str, ids: dict[str, str]) -> None:
    """Whatever a source said comes back as it was said: every field, every order, every character, lone surrogates and NUL among them."""
    ids = {**ids, "s2": str(well_used.begin(None, {}, NOON))}  # somebody new
    outcome = replace(outcome, asked=tuple(sorted(f"{scheme}:{value}" for scheme, value in ids.items())))
    well_used.add(well_used.begin(slug, ids, NOON), outcome)
    assert {source: whole(read) for source, read in well_used.newest(slug, ids).items()} == {outcome.source: whole(outcome)}
    assert well_used.latest(slug, ids).keys() == {outcome.source} <= well_used.outcomes().keys()


def test_what_was_read_is_sound(well_used: Store) -> None:
    """After all that, in whatever order the tests run, the store finds nothing wrong with itself."""
    assert well_used.problems() == []


def test_round_trip_of_an_ordinary_outcome(path: Path) -> None:
    """An outcome read again by another process is the one that was added, with its origins and its BibTeX fields in their order."""
    append(path, complete(5, 3, 0))
    assert whole(newest(path)["openalex"]) == whole(complete(5, 3, 0))


def test_a_body_is_kept_under_its_digest(path: Path) -> None:
    """A raw body comes back byte for byte, is kept once, and an unknown digest gives none."""
    body = b'{"results": []}\x00\xff' * 1000
    with open_store(path) as store:
        digest = store.keep(body)
        assert store.keep(body) == digest
        assert store.keep(b"") != digest
        assert store.body(digest) == body
        assert store.body("sha256:0") is None
        assert store.body("\ud800") is None
    assert rows(path, "body") == 2
    assert path.stat().st_size < 2 * 10**5


# --- Seen again ------------------------------------------------------------------------------------------------------------------------------


def test_an_identical_answer_is_seen_again_and_not_copied(path: Path) -> None:
    """The same answer on another day, in another body, adds no content, yet each day's is read with its own date and origin."""
    later = DAY + timedelta(1)
    append(path, complete(5, 3))
    before = {table: rows(path, table) for table in ("description", "observations", "content", "content_item")}
    append(path, complete(5, 3, day=later, origin="sha256:11"), at=NOON + timedelta(1))
    assert {table: rows(path, table) for table in before} == before
    assert rows(path, "sighting") == 2
    assert whole(newest(path, as_of=DAY)["openalex"]) == whole(complete(5, 3))
    assert whole(newest(path)["openalex"]) == whole(complete(5, 3, day=later, origin="sha256:11"))


def test_only_what_changed_is_stored_anew(path: Path) -> None:
    """Where one count of fifty moves, one list of numbers is stored and no description."""
    counts = list(range(50))
    append(path, complete(*counts))
    descriptions, numbers = rows(path, "description"), rows(path, "observations")
    counts[7] += 1
    append(path, complete(*counts, day=DAY + timedelta(1)), at=NOON + timedelta(1))
    assert rows(path, "description") == descriptions == 50
    assert rows(path, "observations") == numbers + 2  # the work's, and the person's sum
    assert newest(path)["openalex"] == complete(*counts, day=DAY + timedelta(1))


def test_an_answer_from_several_bodies_of_several_days(path: Path) -> None:
    """A page from the cache beside one of today keeps its own day and origin, also where one work is counted in both."""
    yesterday = DAY - timedelta(1)
    both = replace(
        work(1, 8),
        observations=(*work(1, 8).observations, Observation("openalex", yesterday, 7, "~", origin="sha256:22", note="old")),
    )
    outcome = replace(complete(), records=(work(0, 9, yesterday, "sha256:11"), both, work(2, 4, None, "a.bib:7")))
    append(path, outcome)
    assert whole(newest(path)["openalex"]) == whole(outcome)


def test_every_number_can_be_asked_for_in_sql(path: Path) -> None:
    """The view `observation` holds each number of each run with its source, day, bound and origin."""
    told = Observation("google", None, 7, "~", "downloads", "hf:Qwen", "a.csv:3", "", "said so")
    outcome = replace(complete(5), artifacts=(Artifact("hf:Qwen", "organisation", (told,)),))
    append(path, outcome)
    append(path, replace(complete(5, day=DAY + timedelta(1), origin="sha256:11"), artifacts=outcome.artifacts))
    both = [*outcome.records[0].observations, *outcome.observations, told]
    both += [*complete(5, day=DAY + timedelta(1), origin="sha256:11").records[0].observations]
    both += [*complete(5, day=DAY + timedelta(1), origin="sha256:11").observations, told]
    with sqlite3.connect(path) as database:
        found = database.execute(
            "SELECT source, date, value, bound, figure, about, origin, url, note FROM observation"
        ).fetchall()
    database.close()
    assert sorted(map(str, found)) == sorted(str((one.source, one.date and str(one.date), *one[2:])) for one in both)


# --- Which is newest -------------------------------------------------------------------------------------------------------------------------


def test_newest_is_by_day_and_then_by_run(path: Path) -> None:
    """The day of the answers decides, not the order of the runs; on one day the later run; after `as_of` nothing."""
    append(path, complete(1, day=date(2026, 7, 1)))
    append(path, complete(3, day=date(2026, 7, 3)))
    append(path, complete(4, day=date(2026, 7, 3)))
    append(path, complete(2, day=date(2026, 7, 2)))
    read = {
        day: [outcome.records[0].observations[0].value for outcome in newest(path, date(2026, 7, day)).values()]
        for day in (1, 2, 3)
    }
    assert read == {1: [1], 2: [2], 3: [4]}
    assert newest(path, date(2026, 6, 30)) == {}
    assert newest(path)["openalex"] == complete(4, day=date(2026, 7, 3))


def test_newest_is_found_under_all_ids_a_person_had(path: Path) -> None:
    """Runs from before and after an id was added, or the slug changed, are one series: the day decides here too, and then the run."""
    append(path, complete(1, day=date(2026, 7, 1)), ids={"openalex": "A1"})
    append(path, complete(3, day=date(2026, 7, 3)), slug="junyang-lin")
    append(path, complete(4, day=date(2026, 7, 3)), ids={"openalex": "A1"})
    append(path, complete(2, day=date(2026, 7, 2)), slug=None)
    append(path, complete(9, day=date(2026, 7, 4)), ids={"orcid": "another"})
    assert newest(path, date(2026, 7, 2)) == {"openalex": complete(2, day=date(2026, 7, 2))}
    assert newest(path) == {"openalex": complete(4, day=date(2026, 7, 3))}


def test_without_a_day_the_date_of_the_run_counts(path: Path) -> None:
    """An outcome without a day stands at its run's date, and is still read without one."""
    append(path, complete(1, day=None), at=datetime(2026, 7, 2, 23, 59, tzinfo=UTC))
    assert newest(path, date(2026, 7, 1)) == {}
    assert newest(path, date(2026, 7, 2)) == {"openalex": complete(1, day=None)}
    with open_store(path, create=False) as store:
        assert store.latest("lin", IDS)["openalex"].day == date(2026, 7, 2)


def test_a_failure_replaces_nothing_and_is_told(path: Path) -> None:
    """A partial or failed outcome leaves the complete one standing; `latest` tells of it; one that was skipped is no outcome."""
    append(path, complete(9))
    partial = replace(complete(), result="partial", why="stopped after page 1", day=DAY + timedelta(1))
    append(path, partial, at=NOON + timedelta(1))
    append(path, Outcome("openalex", "failed", "503 Service Unavailable", asked=ASKED), at=NOON + timedelta(2))
    append(path, Outcome("openalex", "skipped", "not asked"), at=NOON + timedelta(3))
    assert newest(path) == {"openalex": complete(9)}
    with open_store(path, create=False) as store:
        failed = store.latest("lin", IDS)["openalex"]
        assert (failed.result, failed.why, failed.day) == ("failed", "503 Service Unavailable", DAY + timedelta(2))
        assert store.latest("lin", IDS, DAY + timedelta(1))["openalex"].result == "partial"
        assert store.outcomes() == {"openalex": failed}


def test_sources_stand_in_alphabetical_order(path: Path) -> None:
    """Each source has its own newest outcome, in an order that doesn't depend on the runs."""
    append(path, complete(1, source="scholar"), complete(2, source="dblp"))
    append(path, complete(3, source="crossref"))
    assert list(newest(path)) == ["crossref", "dblp", "scholar"]


@pytest.mark.parametrize(
    ("run", "asked", "person", "theirs"),
    [
        (("lin", {"s2": "1"}), ["s2:1"], ("lin", {"s2": "1", "orcid": "o"}), True),  # an id was added since
        (("lin", {"s2": "1"}), ["s2:1"], ("junyang-lin", {"s2": "1"}), True),  # the slug was changed
        (("lin", {"s2": "wrong", "orcid": "o"}), ["s2:wrong"], ("lin", {"orcid": "o"}), False),  # a wrong id was removed
        (("lin", {"s2": "wrong", "orcid": "o"}), [], ("lin", {"orcid": "o"}), True),  # the same run, asked by works only
        (("lin", {"s2": "1"}), [], ("lin", {"s2": "2"}), False),  # a namesake
        (("lin", {"s2": "1"}), [], ("lin", {"orcid": "1"}), False),  # the same value of another scheme
        (("lin", {"s2": "1"}), [], ("lin", {}), True),
        (("lin", {}), [], ("lin", {"s2": "1"}), True),
        (("lin", {}), [], ("wang", {}), False),
        ((None, {}), [], (None, {}), False),  # nobody knows whose
        ((None, {"s2": "1"}), ["s2:1"], (None, {"s2": "1"}), True),
    ],
)
def test_whose_an_outcome_is(
    path: Path, run: tuple[str | None, dict[str, str]], asked: list[str], person: tuple[str | None, dict[str, str]], theirs: bool
) -> None:
    """It is the person's if it was asked by none but their ids, in a run that shares an id with them or, lacking ids, the slug."""
    append(path, replace(complete(1), asked=tuple(asked)), slug=run[0], ids=run[1])
    assert bool(newest(path, slug=person[0], ids=person[1])) == theirs


def test_a_wrong_id_uncovers_the_outcome_before(path: Path) -> None:
    """Where the newest outcome was asked by an id that was since removed, the newest of the others is read."""
    append(path, complete(1))
    append(path, replace(complete(2), asked=("openalex:A1", "openalex:A2")), ids={**IDS, "s2": "7"}, at=NOON + timedelta(1))
    assert newest(path) == {"openalex": complete(1)}


# --- The file --------------------------------------------------------------------------------------------------------------------------------


def test_a_store_is_made_with_its_folders_for_the_user_alone(tmp_path: Path) -> None:
    """Missing folders are made, readable to nobody else, and an existing one keeps its mode."""
    tmp_path.chmod(0o755)
    path = tmp_path / "data" / "citetrack" / "store.db"
    append(path, complete(1))
    assert newest(path) == {"openalex": complete(1)}
    if os.name == "posix":
        assert [stat.S_IMODE(folder.stat().st_mode) for folder in list(path.parents)[:3]] == [0o700, 0o700, 0o755]


def test_reading_makes_and_changes_nothing(path: Path) -> None:
    """A store opened to be read is the same, byte for byte, afterwards, without files beside it; and it takes no run."""
    with pytest.raises(StoreError, match=r"there is no store at .*citetrack update") as error:
        open_store(path, create=False)
    message(error, path)
    assert list(path.parent.iterdir()) == []
    append(path, complete(1))
    before = path.read_bytes()
    with open_store(path, create=False) as store:
        assert store.newest("lin", IDS)
        assert (store.problems(), store.lost_bodies()) == ([], 1)
        with pytest.raises(StoreError, match="cannot be written"):
            store.begin("lin", IDS, NOON)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.fixture
def as_a_plain_user() -> Iterator[Path]:
    """A folder that others may enter, and this process without the rights of the superuser."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    privileged = os.name == "posix" and os.geteuid() == 0
    try:
        yield folder
    finally:
        if privileged:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


def become_a_plain_user(folder: Path) -> None:
    if os.name != "posix":
        pytest.skip("skipped: the folder's mode is not obeyed here")
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        list(folder.iterdir())
    except PermissionError:
        pytest.skip("skipped: the folder for temporary files is closed to others")


def test_a_store_where_nothing_may_be_written_is_read(as_a_plain_user: Path) -> None:
    """A store in a folder that may not be written, itself read-only, is read as any other; to write there is refused in one line."""
    path = as_a_plain_user / "store.db"
    append(path, complete(1))
    path.chmod(0o444)
    as_a_plain_user.chmod(0o555)
    become_a_plain_user(as_a_plain_user)
    assert newest(path) == {"openalex": complete(1)}
    with pytest.raises(StoreError, match="cannot be written; make") as error, open_store(path) as store:
        store.begin("lin", IDS, NOON)
    message(error, path)
    with pytest.raises(StoreError, match="Permission denied") as error:
        open_store(as_a_plain_user / "new" / "store.db")
    message(error, as_a_plain_user)


def test_another_users_live_store_is_read(as_a_plain_user: Path) -> None:
    """While another user writes, what they have stored so far can be read from a folder that may not be written."""
    path = as_a_plain_user / "store.db"
    with open_store(path) as store:
        store.add(store.begin("lin", IDS, NOON), complete(1))
        as_a_plain_user.chmod(0o555)
        become_a_plain_user(as_a_plain_user)
        assert newest(path) == {"openalex": complete(1)}
        if os.getuid() == 0:
            os.seteuid(0)
        as_a_plain_user.chmod(0o755)


def test_runs_in_a_side_file_that_cannot_be_read_are_not_passed_over(as_a_plain_user: Path) -> None:
    """Where a killed writer left runs in a side file and nothing may be written, an error says so; the older runs never pass for the newest."""
    path = as_a_plain_user / "store.db"
    copy = as_a_plain_user / "copy.db"
    append(path, complete(1))
    with open_store(path) as store:
        store.add(store.begin("lin", IDS, NOON), complete(2))
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    assert newest(copy) == {"openalex": complete(2)}
    shutil.copy(path, copy)
    with open_store(path) as store:
        store.add(store.begin("lin", IDS, NOON), complete(2))
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
            Path(f"{copy}{suffix}").chmod(0o444)
    as_a_plain_user.chmod(0o555)
    become_a_plain_user(as_a_plain_user)
    with pytest.raises(StoreError, match="make the file and its folder") as error:
        newest(copy)
    message(error, copy)


def test_an_empty_file_is_a_store_without_runs(path: Path) -> None:
    """A file of no bytes reads as an empty store and stays as it is, and becomes a store when it is written."""
    path.touch()
    assert newest(path) == {}
    assert path.read_bytes() == b""
    append(path, complete(1))
    assert newest(path) == {"openalex": complete(1)}


def test_an_older_store_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store of an older version keeps its runs and gets the steps it lacks; to be read it is not changed; a newer one is refused."""
    append(path, complete(1))
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(opening, "STEPS", (*opening.STEPS, ("CREATE TABLE later (id)", "INSERT INTO later VALUES (7)")))
        assert newest(path) == {"openalex": complete(1)}
        assert path.read_bytes() == before
        append(path, complete(2))
        assert rows(path, "later") == 1
        assert newest(path) == {"openalex": complete(2)}
        append(path, complete(3))
        assert rows(path, "later") == 1
    for create in (True, False):
        with pytest.raises(StoreError, match=r"newer citetrack \(version 2, this one knows 1\); upgrade citetrack") as error:
            open_store(path, create=create)
        message(error, path)


def test_a_step_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store is brought up to date whole or not at all."""
    append(path, complete(1))
    with monkeypatch.context() as patch:
        patch.setattr(opening, "STEPS", (*opening.STEPS, ("CREATE TABLE later (id)", "INSERT INTO nowhere VALUES (7)")))
        with pytest.raises(StoreError):
            open_store(path)
    assert newest(path) == {"openalex": complete(1)}
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        rows(path, "later")


@pytest.mark.parametrize("create", [True, False])
def test_what_is_no_store_is_refused(tmp_path: Path, create: bool) -> None:
    """A folder, a device, a text file and another program's database are each refused in one line, and left as they are."""
    other, text, folder = tmp_path / "other.db", tmp_path / "notes.txt", tmp_path / "folder"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE history (url)")
    database.close()
    text.write_text("not a database, but long enough to be taken for one by its size alone " * 20)
    folder.mkdir()
    refused = {other: "no store of citetrack's", text: "is no database", folder: "is no file", Path(os.devnull): "is no file"}
    before = other.read_bytes()
    for path, why in refused.items():
        with pytest.raises(StoreError, match=why) as error:
            open_store(path, create=create)
        assert "CITETRACK_STORE" in message(error, path)
    assert other.read_bytes() == before
    assert text.read_text().startswith("not a database")


def test_a_store_below_a_file_is_refused(tmp_path: Path) -> None:
    """Where a folder cannot be made, one line says why."""
    (tmp_path / "file").touch()
    for create in (True, False):
        with pytest.raises(StoreError) as error:
            open_store(tmp_path / "file" / "folder" / "store.db", create=create)
        message(error, tmp_path)
    with pytest.raises(StoreError, match="name too long") as error:
        open_store(tmp_path / ("x" * 300))
    message(error, tmp_path)


def test_a_store_in_use_is_waited_for_and_then_refused(path: Path) -> None:
    """While another process writes, the store can be read, and writing says that it is in use."""
    append(path, complete(1))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with open_store(path, patience=0) as store:
        assert store.newest("lin", IDS) == {"openalex": complete(1)}
        with pytest.raises(StoreError, match="in use by another program; wait") as error:
            store.begin("lin", IDS, NOON)
        message(error, path)
        other.execute("COMMIT")
        assert store.begin("lin", IDS, NOON) == 2
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    for create in (True, False):
        with pytest.raises(StoreError, match="in use by another program; wait"):
            open_store(path, create=create, patience=0)
    other.close()


def test_a_full_disk_costs_only_what_did_not_fit(path: Path) -> None:
    """Where there is no room one line says so, nothing is half stored, and what was there stands."""
    append(path, complete(1))
    with open_store(path) as store:
        run = store.begin("lin", IDS, NOON)
        pages = store._database.execute("PRAGMA page_count").fetchone()[0]
        store._database.execute(f"PRAGMA max_page_count = {pages}")
        for write in (lambda: store.keep(random.Random(1).randbytes(10**5)), lambda: store.add(run, complete(*range(200)))):
            with pytest.raises(StoreError, match="no room left") as error:
                write()
            message(error, path)
        store._database.execute("PRAGMA max_page_count = 100000")
        store.add(run, complete(2, 2))
    assert newest(path) == {"openalex": complete(2, 2)}
    assert rows(path, "sighting") == 2
    assert rows(path, "body") == 0


def test_an_unknown_run_is_refused(path: Path) -> None:
    """An outcome of no run is refused whole, and the store goes on."""
    with open_store(path) as store:
        with pytest.raises(StoreError, match="has no run 7") as error:
            store.add(7, complete(1))
        message(error, path)
        store.add(store.begin("lin", IDS, NOON), complete(2))
    assert newest(path) == {"openalex": complete(2)}
    assert rows(path, "content") == 1


def test_an_outcome_that_fails_halfway_leaves_nothing(path: Path) -> None:
    """Whatever stops an outcome from being added, nothing of it is stored, and the store goes on."""
    with open_store(path) as store:
        run = store.begin("lin", IDS, NOON)
        store._database.execute("CREATE TEMP TRIGGER stop BEFORE INSERT ON provenance BEGIN SELECT RAISE(ABORT, 'stop'); END")
        with pytest.raises(StoreError, match="stop"):
            store.add(run, complete(1))
        store._database.execute("DROP TRIGGER stop")
        assert store.newest("lin", IDS) == {}
        store.add(run, complete(2))
    assert newest(path) == {"openalex": complete(2)}
    assert rows(path, "content") == 1


def test_a_closed_store_says_so(path: Path) -> None:
    """Using a store after it was closed is a `StoreError` like any other; closing it twice is none."""
    with open_store(path) as store:
        store.close()
    with pytest.raises(StoreError, match="closed database"):
        store.newest("lin", IDS)


def test_no_connection_is_left_open(path: Path) -> None:
    """Neither a refused file nor a read one leaves a connection behind, which Python would warn of."""
    path.write_bytes(b"x" * 5000)
    for create in (True, False):
        with pytest.raises(StoreError):
            open_store(path, create=create)
    path.unlink()
    path.touch()
    newest(path)
    gc.collect()  # a warning here is an error


# --- Damage ----------------------------------------------------------------------------------------------------------------------------------

BODY = b'{"results": [{"id": "W0", "cited_by_count": 5}]}' * 30


def two_runs(path: Path) -> list[Outcome]:
    with open_store(path) as store:
        origin = store.keep(BODY)
        outcomes = [complete(*range(40), origin=origin), complete(*range(1, 41), day=DAY + timedelta(1), origin=origin)]
        for outcome in outcomes:
            store.add(store.begin("lin", IDS, NOON), outcome)
        assert store.problems() == []
    return outcomes


def read_or_refused(path: Path, outcomes: list[Outcome]) -> bool:
    """Whether all is read as it was stored; where the store is refused, or something in it is not found, it is not; nothing else may happen."""
    found: list[dict[str, Outcome]] = []
    complaints: list[str] = []
    try:
        with open_store(path, create=False) as store:
            complaints = store.problems()
            assert store.body(outcomes[0].records[0].origin) in {None, BODY}
            found = [store.newest("lin", IDS, day) for day in (DAY, None)]
    except StoreError as error:
        complaints.append(str(error))
    for read in found:
        assert not read or whole(read["openalex"]) in map(whole, outcomes)
    assert all("\n" not in line for line in complaints)
    return not complaints


def test_a_garbage_page_is_never_read_as_a_number(path: Path) -> None:
    """Whichever page is overwritten, the store is refused or what is read was once stored; and the store's own check always tells."""
    outcomes = two_runs(path)
    good = path.read_bytes()
    chance = random.Random(7)
    for start in range(0, len(good), 4096):
        path.write_bytes(good[:start] + chance.randbytes(4096) + good[start + 4096 :])
        assert not read_or_refused(path, outcomes), start // 4096


def test_a_truncated_store_is_refused(path: Path) -> None:
    """A store that was cut anywhere is refused in a line that names it and what looks into it."""
    outcomes = two_runs(path)
    good = path.read_bytes()
    for length in [1, 50, 100, 1000, *range(4096, len(good), 4096), len(good) - 1]:
        path.write_bytes(good[:length])
        assert not read_or_refused(path, outcomes), length
        with pytest.raises(StoreError, match="citetrack doctor") as error:
            newest(path)
        message(error, path)


def test_a_flipped_bit_is_never_read_as_a_number(path: Path) -> None:
    """Wherever a bit turns, what is read was once stored, or the store is refused."""
    outcomes = two_runs(path)
    good = bytearray(path.read_bytes())
    chance = random.Random(11)
    noticed = 0
    for place in chance.sample(range(len(good)), 400):
        bit = 1 << chance.randrange(8)
        good[place] ^= bit
        path.write_bytes(good)
        noticed += not read_or_refused(path, outcomes)
        good[place] ^= bit
    assert noticed > 100


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("UPDATE observations SET data = replace(data, '5', '6')", "observations 2 does not match"),
        ('UPDATE observations SET data = \'["",[["citations",6]]]\' WHERE id = 2', "observations 2 does not match"),
        ("UPDATE description SET data = replace(data, '2024', '2025')", "description 1 does not match"),
        ("UPDATE content SET data = '{}'", "content 1 does not match"),
        ("DELETE FROM content_item WHERE place = 1", "content 1 does not match"),
        ("UPDATE content_item SET listed = 0", "content 1 does not match"),
        ("UPDATE sighting SET day = '2026-07-23'", "sighting 1 (openalex, 2026-07-24) does not match"),
        ("UPDATE sighting SET day = 'Friday'", "sighting 1"),
        ("UPDATE sighting SET asked = '[', requests = 'many'", "sighting 1"),
        ("UPDATE provenance SET date = '2026-07-23'", "sighting 1"),
        ("UPDATE provenance SET origin = 'sha256:11'", "sighting 1"),
        ("UPDATE body SET compressed = x'00'", "body sha256:"),
        ("UPDATE body SET size = 3", "body sha256:"),
        ("DELETE FROM description", "a row of content_item refers to one of description that is missing"),
        ("DROP TABLE provenance", "is damaged"),
    ],
)
def test_a_changed_row_is_told(path: Path, spoil: str, told: str) -> None:
    """What is not as its digest says, and what is missing, is named by `problems`."""
    with open_store(path) as store:
        store.add(store.begin("lin", IDS, NOON), complete(5, origin=store.keep(BODY)))
        assert store.problems() == []
    with sqlite3.connect(path) as database:
        database.execute(spoil)
    database.close()
    with open_store(path, create=False) as store:
        assert any(told in line for line in store.problems()), store.problems()
    assert not read_or_refused(path, [complete(5, origin=f"sha256:{hashlib.sha256(BODY).hexdigest()}")])


def test_a_body_never_unpacks_to_more_than_it_was(path: Path) -> None:
    """A body replaced by a bomb is refused before it fills the memory."""
    bomb = zlib.compress(bytes(10**8))
    with open_store(path) as store:
        digest = store.keep(BODY)
        store._database.execute("UPDATE body SET compressed = ?", (bomb,))
        with pytest.raises(StoreError, match="damaged"):
            store.body(digest)


# --- Several at once, and the plug pulled ----------------------------------------------------------------------------------------------------


def test_threads_share_a_store(path: Path) -> None:
    """Sources that run side by side keep and add on one store, each its own outcome whole."""
    together = threading.Barrier(6)
    with open_store(path) as store, ThreadPoolExecutor(6) as threads:
        run = store.begin("lin", IDS, NOON)

        def fetch(number: int) -> Outcome:
            together.wait()
            for page in range(5):
                origin = store.keep(f"page {page} of {number % 2}".encode())
            outcome = complete(*range(number, number + 30), source=f"source{number}", origin=origin)
            store.add(run, outcome)
            return outcome

        outcomes = {outcome.source: outcome for outcome in threads.map(fetch, range(6))}
        assert store.newest("lin", IDS) == outcomes
        assert store.problems() == []
    assert rows(path, "body") == 10


# Two sources answer in one run. The process waits before its statement number STOP; without one it prints how many there were.
UPDATE = """
import sqlite3, sys
from datetime import UTC, date, datetime
from pathlib import Path
from citetrack.records.model import Observation, Outcome, Record
from citetrack.store import open_store

path, stop = Path(sys.argv[1]), int(sys.argv[2])
statements = 0

def wait(statement):
    global statements
    statements += 1
    if statements == stop:
        print("waiting", flush=True)
        sys.stdin.read()

def connect(*words, real=sqlite3.connect, **options):
    database = real(*words, **options)
    database.set_trace_callback(wait)
    return database

sqlite3.connect = connect
with open_store(path) as store:
    run = store.begin("lin", {"openalex": "A1"}, datetime(2026, 7, 24, tzinfo=UTC))
    for source in ("crossref", "openalex"):
        origin = store.keep(source.encode() * 1000)
        numbers = [Observation(source, date(2026, 7, 24), 5, about=key, origin=origin) for key in "abc"]
        records = [Record(number.about, source, title=number.about, observations=(number,), origin=origin) for number in numbers]
        store.add(run, Outcome(source, "complete", day=date(2026, 7, 24), records=tuple(records)))
    store.finish(run, datetime(2026, 7, 24, tzinfo=UTC))
print(statements)
"""


def update(path: Path, stop: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", UPDATE, str(path), str(stop)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )


def finished(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="skipped: no SIGKILL here")
def test_a_killed_process_leaves_a_store(tmp_path: Path) -> None:
    """Killed before any statement, from the making of the store on, a process leaves a sound store of whole outcomes, in which the next run goes on."""
    total = int(finished(update(tmp_path / "whole.db", 0)))
    expected = newest(tmp_path / "whole.db", ids={"openalex": "A1"})
    assert sorted(expected) == ["crossref", "openalex"]
    seen = set()
    for stop in {*range(1, total + 1, max(1, total // 12)), total}:
        path = tmp_path / f"{stop}.db"
        with update(path, stop) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "waiting\n"
            process.send_signal(signal.SIGKILL)
        with open_store(path) as store:
            assert store.problems() == []
            found = store.newest("lin", {"openalex": "A1"})
        assert found.items() <= expected.items()
        seen.add(len(found))
        finished(update(path, 0))
        assert newest(path, ids={"openalex": "A1"}) == expected
    assert seen == {0, 1, 2}


def test_two_updates_at_once_both_succeed(tmp_path: Path) -> None:
    """Processes that make and fill one store at the same time each add their run, and what they share is stored once."""
    path = tmp_path / "store.db"
    processes = [update(path, 1) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()  # and it goes on
        process.stdin = None
    for process in processes:
        finished(process)
    assert {table: rows(path, table) for table in ("run", "sighting", "content", "body")} == {
        "run": 4,
        "sighting": 8,
        "content": 2,
        "body": 2,
    }
    with open_store(path, create=False) as store:
        assert store.problems() == []


SMALL_FILES = """
import resource, sys
from pathlib import Path
from citetrack.errors import StoreError
from citetrack.store import open_store

resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
with open_store(Path(sys.argv[1])) as store:
    first = store.keep(b"first")
    try:
        store.keep(__import__("random").Random(1).randbytes(10**6))
    except StoreError as error:
        print(error)
    print(store.body(first))
"""


def test_a_write_that_the_system_refuses_is_one_line(path: Path, python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Where the system takes no more bytes, an error says so, and what was kept before is still read."""
    pytest.importorskip("resource", reason="skipped: no limit on the size of files here")
    done = python("-c", SMALL_FILES, path, measured=False)
    assert done.returncode == 0, done.stderr
    error, kept = done.stdout.splitlines()
    assert str(path) in error
    assert "disk is full or failing" in error
    assert kept == "b'first'"
