"""One contract for every source, held against its fixture in tests/fixtures/sources; a source or a fixture without the other fails.

The fixture says what is asked (`question`, `name`), which requests are expected with which answers (`exchanges`, `find_exchanges`), and what
is made of them (`expected`, `candidates`), in order. `json_asked` of an exchange is what the body of its request must hold. A source that never
needs a second page says why not in `unpaged`.
"""

from __future__ import annotations

import ast
import copy
import json
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from inspect import getdoc
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from citetrack import sources
from citetrack.errors import (
    BadAnswer,
    BudgetSpent,
    Malformed,
    NotFound,
    RateLimited,
    Refused,
    SourceError,
    Unavailable,
)
from citetrack.http import LONGEST_WAIT, Budget, Http, Key, Pace
from citetrack.records import ids as identifiers
from citetrack.records.model import BOUNDS, Candidate, Observation, Problem, Question, Record, Said

FIXTURES: Final = Path(__file__).resolve().parent.parent / "fixtures" / "sources"
NAMES: Final = sources.names()
TODAY: Final = date(2026, 7, 26)  # the clock of the door

# How many spoiled answers of each source are tried: spread evenly over all there could be, so that a run is quick and always the same.
MOST_SPOILED: Final = 100
MOST_ITEMS: Final = 20_000

each_source = pytest.mark.parametrize("name", NAMES)


class Case(NamedTuple):
    """A source with its fixture."""

    source: Any
    fixture: dict[str, Any]
    question: Question

    @property
    def exchanges(self) -> list[dict[str, Any]]:
        return self.fixture["exchanges"]


def load_case(name: str) -> Case:
    path = FIXTURES / f"{name}.json"
    if not path.is_file():
        pytest.fail(f"the source {name} has no fixture: {path.name} is missing in tests/fixtures/sources")
    fixture = json.loads(path.read_text(encoding="utf-8"))
    asked = fixture["question"]
    question = Question(dict(asked.get("ids", {})), tuple(asked.get("dois", ())), tuple(asked.get("arxiv", ())))
    fixture["exchanges"] = [_matching(**exchange) for exchange in fixture["exchanges"]]
    return Case(sources.load(name), fixture, question)


def _matching(json_asked: object = None, **exchange: Any) -> dict[str, Any]:
    """The exchange, with what the body of its request must hold as JSON where the fixture says so: to another request it is no answer."""
    return exchange if json_asked is None else {**exchange, "matches": lambda asked: json.loads(asked.body) == json_asked}


@pytest.fixture
def case(name: str) -> Case:
    return load_case(name)


class Told(NamedTuple):
    """What a source said before it ended, and the error it ended with."""

    items: list[Said]
    error: Exception | None


def listen(items: Iterator[Said]) -> Told:
    """Everything the source says. An error other than those a source may raise is not caught."""
    said: list[Said] = []
    try:
        said.extend(islice(items, MOST_ITEMS))
    except (SourceError, Malformed) as error:
        return Told(said, error)
    assert len(said) < MOST_ITEMS, "it never ends"
    return Told(said, None)


# --- the porch ------------------------------------------------------------------------------------------------------------------------


def test_every_source_has_a_fixture_and_every_fixture_a_source() -> None:
    """Neither an untested source nor a fixture that tests nothing can lie about."""
    assert {path.name for path in FIXTURES.iterdir()} == {f"{name}.json" for name in NAMES}


@each_source
def test_the_porch_is_complete(name: str) -> None:
    """Each source says where it is, by what it can be asked, how fast, with which key, and what was proven, in the agreed types."""
    source: Any = sources.load(name)
    host = re.fullmatch(r"https://([a-z0-9.-]+)(?:/[\w./-]*[\w-])?", source.BASE)
    assert host, "BASE is an https address without a slash at the end"
    assert isinstance(source.HOSTS, tuple)
    assert source.HOSTS[0] == host[1]
    assert isinstance(source.IDS, tuple)
    assert source.IDS
    assert set(source.IDS) <= set(identifiers.SCHEMES)
    assert isinstance(source.PACE, Pace)
    assert source.PACE.requests > 0
    assert source.PACE.seconds > 0
    assert source.KEY is None or isinstance(source.KEY, Key)
    assert source.KEY is None or bool(source.KEY.header) != bool(source.KEY.parameter), "a key goes into one place"
    assert isinstance(source.CONTACT, str)
    for phrase in (source.ANONYMOUS, source.PROVEN, getattr(source, "ADVICE", "")):
        assert isinstance(phrase, str)
        assert "\n" not in phrase
        assert len(phrase) <= 160
    assert source.PROVEN


@each_source
def test_the_porch_names_its_documentation(name: str) -> None:
    """The module's docstring says what the source is and links the official pages that the reading follows."""
    described = getdoc(sources.load(name)) or ""
    assert len(described) > 200
    assert re.search(r"https://\S+\.\w+", described)


@each_source
def test_a_source_only_asks_and_reads(name: str) -> None:
    """No source catches, sleeps, looks at the clock or opens a connection, and none knows another: the door and the verbs do that."""
    source: Any = sources.load(name)
    tree = ast.parse(Path(source.__file__).read_text(encoding="utf-8"))
    assert {(name, where) for where in _catching(tree)} == {one for one in MAY_CATCH if one[0] == name}
    imported = {module for node in ast.walk(tree) for module in _imported(node)}
    assert not [module for module in imported if re.fullmatch(FOREIGN, module)]
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    named |= {module.rpartition(".")[2] for module in imported}
    assert not named & {"sleep", "now", "today", "utcnow", "suppress"}
    assert not {name for node in ast.walk(tree) for name in _defined(node)} & {"__exit__", "__aexit__"}, "a try in disguise"


MAY_CATCH: Final = {
    ("scholar", "_loaded"): "it loads a library that may be missing, or be built in another way: that is no answer of the source",
}
"""The functions of sources that may hold a `try`, and why; whatever comes of an answer is caught in `records.shape` and in `fetching`."""
FOREIGN: Final = (
    r"(requests|urllib3|httpx|socket|time|sqlite3|logging|contextlib|urllib\.request|http\.client|citetrack\.sources)(\..*)?"
)


def _catching(tree: ast.Module) -> set[str]:
    """The functions and classes at the top that hold a `try`; the empty name is the module's own."""
    return {getattr(top, "name", "") for top in tree.body for node in ast.walk(top) if isinstance(node, ast.Try | ast.TryStar)}


def _defined(node: ast.AST) -> list[str]:
    """The name that is defined here, as a function or by an assignment."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
            return [name]
    return []


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


@each_source
def test_a_budget_is_read_from_any_headers(name: str) -> None:
    """What a source says of its allowance is a `Budget` or nothing, whatever the headers hold."""
    budget = getattr(sources.load(name), "budget", None)
    if budget is None:
        return
    assert budget({}) is None
    own = set(re.findall(r'"([A-Za-z]+(?:-[A-Za-z]+)+)"', Path(str(sources.load(name).__file__)).read_text(encoding="utf-8")))
    assert own, "it reads no header"
    for value in ("", "0", "12", "-1", "x", "1e400", "nan", "9" * 400, "٣", "1,2"):
        found = budget(_Headers(dict.fromkeys(own, value)))
        assert found is None or isinstance(found, Budget)


class _Headers(dict[str, str]):
    """Headers, looked up in any case."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__({name.lower(): value for name, value in headers.items()})

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())


# --- what is made of the answers ------------------------------------------------------------------------------------------------------


def shown(item: Said) -> dict[str, Any]:
    """What the source said in the form of the fixture, with everything that is nothing left out."""
    match item:
        case Record():
            told: dict[str, Any] = {
                "kind": "record",
                "key": item.key,
                "title": item.title,
                "authors": [str(author) for author in item.authors],
                "authors_complete": item.authors_complete,
                "year": item.year,
                "venue": item.venue,
                "type": item.type,
                "ids": sorted(item.ids),
                "observations": [_number(observation) for observation in item.observations],
                "affiliation": item.affiliation,
                "position": item.position,
            }
        case Observation():
            told = {"kind": "observation", **_number(item)}
        case Candidate():
            told = {"kind": "candidate", **item._asdict()}
        case Problem():
            told = {"kind": "problem", "code": item.code, "message": item.message}
        case _:
            raise AssertionError(f"a source says no {type(item).__name__}")
    return told


def _number(observation: Observation) -> dict[str, Any]:
    return {"figure": observation.figure, "value": observation.value, "bound": observation.bound}


NOTHING: Final[dict[str, Any]] = {"authors_complete": True, "type": "misc", "bound": "="}
"""What a fixture need not write; everything else that it leaves out was not said."""
UNSTATED: Final = {
    "candidate": {"source", "note"},
    "problem": {"message"},
    "record": {"affiliation", "position"},
    "observation": set(),
}
"""What a fixture may pass over."""


def plain(told: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """The statement without what is nothing, and without what the fixture (`like`) may pass over and does."""
    passed = UNSTATED[told["kind"]] - like.keys()
    values = {name: _plain(value) for name, value in told.items() if name not in passed}
    if "ids" in values:
        values["ids"] = sorted(values["ids"])
    return {name: value for name, value in values.items() if value not in (None, [], NOTHING.get(name, ""))}


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: item for name, item in value.items() if item != NOTHING.get(name)}
    return value


def is_among(told: Mapping[str, Any], expected: Sequence[Mapping[str, Any]]) -> bool:
    return any(plain(told, like) == plain(like, like) for like in expected if like["kind"] == told["kind"])


def assert_said(items: Sequence[Said], expected: Sequence[Mapping[str, Any]]) -> None:
    """The source said what the fixture expects, in its order."""
    likes = [*expected, *({} for _ in items[len(expected) :])]
    assert [plain(shown(item), like) for item, like in zip(items, likes, strict=False)] == [
        plain(like, like) for like in expected
    ]


TURNING: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""What makes a terminal write from the other side."""


def assert_sound(items: Iterable[Said], name: str) -> None:
    """Whatever the answers were: each item is of the right types, traces to its answer, and cannot harm a terminal."""
    for item in items:
        numbers = [item] if isinstance(item, Observation) else item.observations if isinstance(item, Record) else ()
        for number in numbers:
            assert type(number.value) is int
            assert 0 <= number.value <= 10**9
            assert (number.source, number.date, number.bound in BOUNDS) == (name, TODAY, True)
            assert number.about == (item.key if isinstance(item, Record) else "")
            assert re.fullmatch("[a-z][a-z0-9_]*", number.figure)
            assert re.fullmatch("sha256:[0-9a-f]{64}", number.origin)
        for text in _texts(item):
            assert isinstance(text, str)
            assert not [one for one in text if unicodedata.category(one) in ("Cc", "Cs") or one in TURNING], ascii(text)
        if isinstance(item, Record):
            _assert_sound_record(item, name)
        elif isinstance(item, Candidate):
            assert item.source == name
            known = {item.id, *item.ids} if knows_people(name) else {*item.ids}
            assert {identifiers.parse(one) for one in known} == known


def knows_people(name: str) -> bool:
    """Whether the source has ids of people at all; where it has none, its candidates are mere spellings."""
    return bool(identifiers.PERSON_SCHEMES & set(sources.load(name).IDS))


def _assert_sound_record(record: Record, name: str) -> None:
    assert record.source == name
    assert record.key
    assert record.year is None or type(record.year) is int
    assert record.position is None or 1 <= record.position <= len(record.authors)
    assert len(set(record.ids)) == len(record.ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9]*:\S+", one) for one in record.ids), record.ids
    assert all(isinstance(value, str) and value for value in record.entry.values()), record.entry


def _texts(item: Said) -> Iterator[Any]:
    """Everything of it that will be shown."""
    match item:
        case Record():
            yield from (item.key, *item.ids, item.type, *(str(author) for author in item.authors))
            yield from (text for text in (item.title, item.venue, item.affiliation) if text is not None)
            yield from (observation.url for observation in item.observations)
        case Candidate():
            yield from (item.id, item.name, item.note, *item.aka, *item.affiliations, *item.titles, *item.ids)
        case Problem():
            yield item.message
        case Observation():
            yield from (item.url, item.note)


@each_source
def test_the_answers_are_read_as_expected(case: Case, name: str, serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """From the fixture's answers come the expected items in their order; every exchange is asked for, and nothing else is."""
    served = serve(case.exchanges)
    told = listen(case.source.fetch(case.question, door(case.source, served.url)))
    assert told.error is None
    assert [str(asked) for asked in served.unexpected] == []
    assert_said(told.items, case.fixture["expected"])
    assert [f"{one.method} {one.path} {dict(one.query)}" for one in served.unused] == []
    assert_sound(told.items, name)
    assert [item for item in told.items if isinstance(item, Record)], "a fixture without a record proves little"


@each_source
def test_no_work_is_said_twice(case: Case, serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """A work of the person's own list that is asked for by its id as well is one record; no observation is repeated."""
    items = listen(case.source.fetch(case.question, door(case.source, serve(case.exchanges).url))).items
    keys = Counter(item.key for item in items if isinstance(item, Record))
    assert not [key for key, times in keys.items() if times > 1]
    numbers = Counter((one.about, one.figure) for one in observations(items))
    assert not [figure for figure, times in numbers.items() if times > 1]


@each_source
def test_names_are_searched_where_the_service_can(
    case: Case, name: str, serve: Callable[..., Any], door: Callable[..., Http]
) -> None:
    """`find` gives the expected candidates from the fixture's answers; a source that has none has no fixture for it either."""
    find = sources.finder(case.source)
    assert (find is not None) == ("find_exchanges" in case.fixture), "find and find_exchanges stand together"
    if find is None:
        return
    served = serve(case.fixture["find_exchanges"])
    told = listen(find(case.fixture["name"], door(case.source, served.url)))
    assert told.error is None
    assert not served.unexpected
    assert_said(told.items, [{"kind": "candidate", **candidate} for candidate in case.fixture["candidates"]])
    assert told.items
    assert not served.unused
    assert_sound(told.items, name)


@each_source
def test_pages_are_asked_for_one_by_one(case: Case, serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """The fixture has at least two pages of one list, and the first record comes before the last page is asked for: what was read is kept."""
    if case.fixture.get("unpaged"):
        return
    served = serve(case.exchanges)
    items = case.source.fetch(case.question, door(case.source, served.url))
    next((item for item in items if isinstance(item, Record)), None)
    early = len(served.asked)
    listen(items)
    pages = Counter((asked.method, asked.path) for asked in served.asked)
    assert max(pages.values()) > 1, "no list of the fixture has two pages; if the source has none, say why in `unpaged`"
    assert early < len(served.asked)


# --- asking -----------------------------------------------------------------------------------------------------------------------------


@each_source
def test_with_nothing_to_ask_by_nothing_is_asked(case: Case, serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """Neither an empty question nor one by ids of other schemes makes a request or a statement."""
    served = serve([])
    foreign = {scheme: "x" for scheme in identifiers.SCHEMES if scheme not in case.source.IDS}
    for question in (Question(), Question(ids=foreign)):
        assert listen(case.source.fetch(question, door(case.source, served.url))) == ([], None)
    assert not served.asked


@each_source
def test_asking_again_within_the_age_makes_no_request(
    case: Case, serve: Callable[..., Any], door: Callable[..., Http], tmp_path: Path
) -> None:
    """The second run is answered by the cache, through another door, and says the same."""
    served = serve(case.exchanges)
    first = listen(case.source.fetch(case.question, door(case.source, served.url, cache=tmp_path / "kept")))
    asked = len(served.asked)
    second = listen(case.source.fetch(case.question, door(case.source, served.url, cache=tmp_path / "kept", offline=True)))
    assert len(served.asked) == asked
    assert second == first


@each_source
def test_the_key_is_sent_where_it_belongs_and_told_nowhere(
    case: Case, serve: Callable[..., Any], door: Callable[..., Http], tmp_path: Path
) -> None:
    """Key and contact go where the source documents them, with every request; neither is in what is said, kept, or told of an error."""
    key, secret, mail, said = case.source.KEY, "s3cr3t-k3y", "someone@mail.example", list[Told]()
    served = serve(case.exchanges)
    for exchanges in (case.exchanges, spoiled(case.exchanges, 0, {"status": 403, "body": {"error": "no"}})):
        served.use(exchanges)
        http = door(case.source, served.url, secret=secret, contact=mail, cache=tmp_path / "kept" / str(len(said)))
        said.append(listen(case.source.fetch(case.question, http)))
        for asked in served.asked:
            assert mail in asked.headers["User-Agent"]
            assert not case.source.CONTACT or asked.query[case.source.CONTACT] == mail
            sent = None if key is None else asked.headers[key.header] if key.header else asked.query[key.parameter]
            assert sent == (key and key.prefix + secret)
    assert isinstance(said[1].error, Refused)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "kept").rglob("*") if path.is_file())
    assert kept
    for private in (secret, mail):
        assert private not in repr(said)
        assert private.encode() not in kept


@each_source
def test_a_source_left_in_the_middle_leaves_no_thread(case: Case, serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """A run that is interrupted after its first item has nothing running any more."""
    served = serve(case.exchanges)
    before = set(threading.enumerate())
    items = case.source.fetch(case.question, door(case.source, served.url, pace=Pace(1000, 1.0)))
    next(items)
    items.close()
    started = [thread.name for thread in threading.enumerate() if thread not in before]
    assert not [thread for thread in started if "process_request_thread" not in thread], "the server's own threads aside"


# --- when things go wrong ---------------------------------------------------------------------------------------------------------------


class Fault(NamedTuple):
    """What may come instead of an answer, and the errors that a source may end with; none: it may also get over it."""

    change: Mapping[str, Any]
    errors: tuple[type[Exception], ...]
    waits: float = 0.0


def cut(exchange: Mapping[str, Any]) -> dict[str, Any]:
    """The answer, broken off in the middle."""
    body = as_bytes(exchange["body"])
    return {"body": body[: len(body) // 2], "headers": {"Content-Length": str(len(body))}}


def as_bytes(body: Any) -> bytes:
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


BOMB: Final = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
OUTSIDE: Final = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
READING: Final = (BadAnswer, Malformed)
FAULTS: Final[dict[str, Fault]] = {
    "401": Fault({"status": 401, "body": {"error": "who are you?"}}, (Refused,)),
    "403": Fault({"status": 403, "body": "<html>no</html>"}, (Refused,)),
    "429": Fault({"status": 429, "body": ""}, (RateLimited,), waits=0.1),
    "429 for a while": Fault({"status": 429, "body": "", "headers": {"Retry-After": "7"}}, (RateLimited, BudgetSpent), waits=7),
    "429 for a day": Fault({"status": 429, "body": "", "headers": {"Retry-After": "86400"}}, (RateLimited, BudgetSpent)),
    "500": Fault({"status": 500, "body": "<html>oops</html>"}, (Unavailable,), waits=0.1),
    "400": Fault({"status": 400, "body": {"message": "no such parameter"}}, (BadAnswer,)),
    "empty": Fault({"body": b""}, READING),
    "blank": Fault({"body": b" \n "}, READING),
    "binary": Fault({"body": bytes(range(256))}, READING),
    "deep": Fault({"body": b"[" * 100_000}, READING),
    "entities": Fault({"body": BOMB}, READING),
    "outside entity": Fault({"body": OUTSIDE}, READING),
}


def spoiled(exchanges: Sequence[Mapping[str, Any]], place: int, change: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The exchanges with the one at the place changed."""
    return [{**exchange, **change} if number == place else dict(exchange) for number, exchange in enumerate(exchanges)]


def places(exchanges: Sequence[Any]) -> list[int]:
    """The first exchange, the last, and one in between."""
    return sorted({0, len(exchanges) // 2, len(exchanges) - 1})


@each_source
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_becomes_its_error_and_what_was_read_is_kept(
    case: Case, name: str, serve: Callable[..., Any], door: Callable[..., Http], fault: str
) -> None:
    """Wherever in a run a request fails, the source ends with the error that says so, after the items read before; waits are as asked."""
    wrong, served, waits = FAULTS[fault], serve(), list[float]()
    for place in places(case.exchanges):
        served.use(spoiled(case.exchanges, place, wrong.change))
        told = listen(case.source.fetch(case.question, door(case.source, served.url, cache=None, wait=waits.append)))
        named = isinstance(told.error, wrong.errors) or (wrong.errors == READING and lost(told))
        assert named, f"exchange {place} gave {fault}, the source ended with {told.error!r}"
        assert_one_line(told.error)
        assert_sound(told.items, name)
        assert_said(kept(told), case.fixture["expected"][: len(kept(told))])
    assert wrong.waits <= max(waits, default=0) <= LONGEST_WAIT


def kept(told: Told) -> list[Said]:
    """What was said before the fault, as far as the source ended with it."""
    return told.items if told.error else []


def lost(told: Told) -> bool:
    """Whether the source itself says that something is missing from what it said."""
    return any(isinstance(item, Problem) and item.lost for item in told.items)


def assert_one_line(error: Exception | None) -> None:
    if error is not None:
        assert str(error)
        assert len(str(error)) < 600
        assert str(error).isprintable()


@each_source
def test_an_answer_cut_off_is_no_shorter_list(
    case: Case, name: str, serve: Callable[..., Any], door: Callable[..., Http]
) -> None:
    """A body that ends before the length announced is an error, never a list that happens to be short."""
    served = serve()
    for place in places(case.exchanges):
        served.use(spoiled(case.exchanges, place, cut(case.exchanges[place])))
        told = listen(case.source.fetch(case.question, door(case.source, served.url, cache=None)))
        assert isinstance(told.error, BadAnswer | Unavailable)
        assert_said(told.items, case.fixture["expected"][: len(told.items)])
        assert_sound(told.items, name)


@each_source
@pytest.mark.parametrize("fault", ["429", "429 for a while", "500", "empty"])
def test_a_fault_that_passes_leaves_no_trace(
    case: Case, serve: Callable[..., Any], door: Callable[..., Http], fault: str
) -> None:
    """Where the request that failed is answered when repeated, the run is what it would have been."""
    twice = [copied for one in case.exchanges for copied in ({**one, **FAULTS[fault].change}, one)]
    told = listen(case.source.fetch(case.question, door(case.source, serve(twice).url, cache=None)))
    assert told.error is None
    assert_said(told.items, case.fixture["expected"])


@each_source
def test_what_is_not_found_costs_only_itself(case: Case, name: str, serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """A 404 in the place of one answer ends in `NotFound` or is got over; nothing is said that the other answers do not hold."""
    served = serve()
    keys = {like["key"] for like in case.fixture["expected"] if like["kind"] == "record"}
    for place in range(len(case.exchanges)):
        served.use(spoiled(case.exchanges, place, {"status": 404, "body": {"error": "unknown"}}))
        told = listen(case.source.fetch(case.question, door(case.source, served.url, cache=None)))
        assert told.error is None or isinstance(told.error, NotFound)
        assert_sound(told.items, name)
        said = [shown(item) for item in told.items if not isinstance(item, Problem)]
        # A work may now be told by the answer that was only the second to tell of it before: in other words, but under its key.
        assert [item for item in said if item.get("key") not in keys and not is_among(item, case.fixture["expected"])] == []


@each_source
def test_an_unknown_person_is_told(case: Case, name: str, serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """Where everything asked for is unknown, the source says so of the person's id, or ends with `NotFound`; it makes up nothing."""
    served = serve([])
    ids = {scheme: value for scheme, value in case.question.ids.items() if scheme in case.source.IDS}
    told = listen(case.source.fetch(Question(ids=ids), door(case.source, served.url)))
    assert all(isinstance(item, Problem) for item in told.items)
    assert_sound(told.items, name)
    if ids:
        assert isinstance(told.error, NotFound) or [item for item in told.items if isinstance(item, Problem)]
        assert served.asked
    unknown = listen(case.source.fetch(case.question._replace(ids={}), door(case.source, served.url)))
    assert all(isinstance(item, Problem) for item in unknown.items)
    assert unknown.error is None or isinstance(unknown.error, NotFound)


# --- answers that are not what they should be -------------------------------------------------------------------------------------------

Path_ = tuple[str | int, ...]
HOSTILE: Final = "\x1b[31m\u0085<b>&lt;\u202e\ud800 \r\n"


def leaves(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every value of a JSON document below the top, with the path to it."""
    steps: Iterable[tuple[str | int, Any]] = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, inner in steps:
        yield (*path, step), inner
        yield from leaves(inner, (*path, step))


def others(value: Any) -> list[Any]:
    """What may stand in a place instead, of another type or out of all reason; null stays null."""
    match value:
        case None:
            return []
        case bool():
            return ["x", None]
        case int() | float():
            return ["x", None, True, -1, 10**30, 0.5, float("nan"), [value]]
        case str():
            return [{"a": 1}, None, 7, HOSTILE + value, "", [value]]
        case list():
            return [7, None, "x", {"a": 1}, [*value, None], [[]]]
        case _:
            return ["x", None, 7, []]


def replaced(document: Any, path: Path_, value: Any) -> Any:
    changed = copy.deepcopy(document)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def without(document: Any, path: Path_) -> Any:
    changed = copy.deepcopy(document)
    place = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return changed


class Spoiled(NamedTuple):
    """A spoiled body, and what was done to it."""

    what: str
    body: Any


def spoiled_json(document: Any) -> Iterator[Spoiled]:
    """The document with one value at a time replaced, or gone. What another type is comes first, for every value; then what is out of reason."""
    for top in ({}, [], None, 7, [None], [7], {"error": "x"}):
        yield Spoiled(f"the whole is {top!r}", top)
    for rank in range(8):
        for path, value in leaves(document):
            if len(choices := others(value)) > rank:
                yield Spoiled(f"{'.'.join(map(str, path))} is {choices[rank]!r}", replaced(document, path, choices[rank]))
        if rank == 0:
            for path, _ in leaves(document):
                yield Spoiled(f"{'.'.join(map(str, path))} is gone", without(document, path))


def spoiled_xml(document: str) -> Iterator[Spoiled]:
    """The document cut, or of another root; then with one element at a time emptied, given another text, or gone."""
    for whole in (document[: len(document) // 2], "<a/>", "<html><body>Busy<br></body></html>", document + "<a>"):
        yield Spoiled(f"the whole is {whole[:40]!r}…", whole)
    for change in (_texted, _emptied, _stripped, _removed, _hostile):
        for place in range(sum(1 for _ in ET.fromstring(document).iter())):
            root = ET.fromstring(document)
            parents = {child: parent for parent in root.iter() for child in parent}
            element = list(root.iter())[place]
            change(element, parents)
            yield Spoiled(
                f"element {place + 1}, <{element.tag}>, is {change.__name__[1:]}", ET.tostring(root, encoding="unicode")
            )


def _texted(element: ET.Element, _: object) -> None:
    element.text = "x"


def _hostile(element: ET.Element, _: object) -> None:
    element.text = f"\u0085\u009b31m<b>&lt; {element.text}"


def _emptied(element: ET.Element, _: object) -> None:
    element.text = None
    for child in list(element):
        element.remove(child)


def _stripped(element: ET.Element, _: object) -> None:
    element.attrib.clear()


def _removed(element: ET.Element, parents: Mapping[ET.Element, ET.Element]) -> None:
    if element in parents:
        parents[element].remove(element)


def spoiled_html(document: str) -> Iterator[Spoiled]:
    """Other pages altogether; then the page with one number at a time made a word, one text or address emptied, one class renamed."""
    for whole in ("<html><body>Busy<br></body></html>", "<html>" + "<div>" * 5_000, document[: document.index(">") + 1]):
        yield Spoiled(f"the whole is {whole[:40]!r}…", whole)
    for pattern, instead in HTML_CHANGES:
        for match in re.finditer(pattern, document):
            body = document[: match.start()] + instead + document[match.end() :]
            yield Spoiled(f"{match[0]!r} at {match.start()} is {instead!r}", body)
    for known in sorted(set(re.findall(r'(?<=class=")[^"]+', document))):
        yield Spoiled(f"class {known} is renamed", document.replace(f'class="{known}"', 'class="renewed"'))


A_TEXT: Final = r"(?<=>)[^<>\s][^<>]*(?=<)"
HTML_CHANGES: Final = (
    (r"(?<=>)[\d,.]+(?=<)", "x"),
    (A_TEXT, ""),
    (A_TEXT, "&#27;[31m&#155;&lt;b&gt;x"),
    (r'(?<=href=")[^"]+', ""),
)


def spoiled_bodies(body: Any) -> list[Spoiled]:
    """Spoiled answers of one exchange."""
    if not isinstance(body, str):
        return list(spoiled_json(body))
    return list(spoiled_html(body) if is_html(body) else spoiled_xml(body))


def is_html(body: str) -> bool:
    return "<html" in body[:500].lower()


def spread(found: Sequence[Any], most: int) -> list[Any]:
    """At most so many of them, the first dozen and then evenly over all."""
    if len(found) <= most:
        return list(found)
    head, tail = found[:12], found[12:]
    step = len(tail) / (most - 12)
    return [*head, *(tail[int(number * step)] for number in range(most - 12))]


NO_ANSWERS: Final = ({}, {"error": "busy"}), ("<a/>",), ("<html><body>Busy<br></body></html>",)


@each_source
def test_an_answer_without_its_list_is_no_empty_list(
    case: Case, name: str, serve: Callable[..., Any], door: Callable[..., Http]
) -> None:
    """A document of the right format that holds nothing known: where works are missing then, the source says so; an outage is no drop."""
    served = serve()
    whole = sum(like["kind"] == "record" for like in case.fixture["expected"])
    for place, exchange in enumerate(case.exchanges):
        kind = (1 + is_html(exchange["body"])) if isinstance(exchange["body"], str) else 0
        for body in NO_ANSWERS[kind]:
            served.use(spoiled(case.exchanges, place, {"body": body}))
            told = listen(case.source.fetch(case.question, door(case.source, served.url, cache=None)))
            complete = sum(isinstance(item, Record) for item in told.items) == whole
            assert complete or told.error or lost(told), f"exchange {place} was {body!r}"
            assert_sound(told.items, name)


@each_source
def test_a_page_that_comes_again_and_again_ends(
    case: Case, name: str, serve: Callable[..., Any], door: Callable[..., Http]
) -> None:
    """A list whose every page is the same one, or is empty and still names a next one, is not asked for without end."""
    served = serve(case.exchanges)
    listen(case.source.fetch(case.question, door(case.source, served.url)))
    allowed = 4 * len(served.asked) + 20
    for place, exchange in enumerate(case.exchanges):
        everywhere = {"method": exchange.get("method", "GET"), "path": exchange["path"]}
        others_ = [one for one in case.exchanges if one["path"] != exchange["path"]]
        for body in (exchange["body"], *emptied(exchange["body"])):
            served.use([*others_, {**everywhere, "body": body}])
            stop = threading.Event()
            served.limit, served.overrun = allowed, stop.set
            told = listen(case.source.fetch(case.question, door(case.source, served.url, cache=None, stop=stop)))
            assert len(served.asked) < allowed, f"exchange {place}: it goes on asking"
            assert_sound(told.items, name)


def emptied(body: Any) -> list[Any]:
    """The document with one of its lists empty."""
    found = [] if isinstance(body, str) else [path for path, value in leaves(body) if isinstance(value, list) and len(path) <= 2]
    return [replaced(body, path, []) for path in found]


def observations(items: Iterable[Said]) -> list[Observation]:
    return [
        one
        for item in items
        for one in (item.observations if isinstance(item, Record) else [item] if isinstance(item, Observation) else [])
    ]


@each_source
def test_a_wrong_type_costs_its_item_or_ends_in_a_named_error(
    case: Case, name: str, serve: Callable[..., Any], door: Callable[..., Http]
) -> None:
    """Whatever stands in a known field: the source goes on or ends with a named error, in few requests, and no number comes of what is none."""
    served = serve(case.exchanges)
    sound = numbers(listen(case.source.fetch(case.question, door(case.source, served.url))).items)
    limit = 4 * len(served.asked) + 20

    def ask(stop: threading.Event) -> Iterator[Said]:
        return case.source.fetch(case.question, door(case.source, served.url, cache=None, stop=stop))

    for what, told in spoiled_runs(case.exchanges, served, ask, limit):
        with noting(what):
            assert_one_line(told.error)
            assert_sound(told.items, name)
            assert not numbers(told.items) - sound, "a number that no answer holds"


@each_source
def test_a_search_holds_against_wrong_types_and_faults(
    case: Case, name: str, serve: Callable[..., Any], door: Callable[..., Http]
) -> None:
    """`find` gives sound candidates or ends with a named error, whatever the answer."""
    find = sources.finder(case.source)
    if find is None:
        return
    served, exchanges = serve(), case.fixture["find_exchanges"]

    def ask(stop: threading.Event) -> Iterator[Said]:
        return find(case.fixture["name"], door(case.source, served.url, cache=None, stop=stop))

    for fault, wrong in FAULTS.items():
        served.use(spoiled(exchanges, 0, wrong.change))
        told = listen(ask(threading.Event()))
        assert isinstance(told.error, wrong.errors), f"{fault} ended with {told.error!r}"
    for what, told in spoiled_runs(exchanges, served, ask, limit=4 * len(exchanges) + 20):
        with noting(what):
            assert_one_line(told.error)
            assert_sound(told.items, name)
            assert all(isinstance(item, Candidate) for item in told.items)


def spoiled_runs(
    exchanges: Sequence[Mapping[str, Any]], served: Any, ask: Callable[[threading.Event], Iterator[Said]], limit: int
) -> Iterator[tuple[str, Told]]:
    """What was said to each of a spread of spoiled answers, and how the answer was spoiled; fewer requests than `limit` are made for each."""
    bodies = [(place, *one) for place, exchange in enumerate(exchanges) for one in spoiled_bodies(exchange["body"])]
    firsts = sum(1 for place, *_ in bodies if place == 0)
    for place, what, body in spread(bodies[:firsts], MOST_SPOILED) + spread(bodies[firsts:], MOST_SPOILED // 2):
        where = f"in the answer of exchange {place}, {what}"
        with noting(where):
            written = body if isinstance(body, str) else json.dumps(body, ensure_ascii=True).encode()
            served.use(spoiled(exchanges, place, {"body": written}))
            stop = threading.Event()
            served.limit, served.overrun = limit, stop.set
            told = listen(ask(stop))
            assert len(served.asked) < limit, "it goes on asking"
        yield where, told


@contextmanager
def noting(what: str) -> Iterator[None]:
    """An error inside says what was being tried."""
    try:
        yield
    except Exception as error:
        error.add_note(what)
        raise


def numbers(items: Iterable[Said]) -> Counter[tuple[str, int]]:
    """The numbers stated, whatever they are about: a source may call a work by another of its ids where one is spoiled."""
    return Counter((one.figure, one.value) for one in observations(items))
