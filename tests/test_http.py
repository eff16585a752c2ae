"""The door to the network, held against a real server on loopback."""

import base64
import gzip
import json
import logging
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from citetrack import http
from citetrack.errors import BadAnswer, BudgetSpent, NotFound, RateLimited, Refused, SourceError, Stopped, Unavailable
from citetrack.http import Access, Budget, Cache, Http, Key, Pace

START = datetime(2026, 7, 26, 12, tzinfo=UTC)
SECRET = "s3cret/Key+1="


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Http]]:
    """`opened(url, **options)`: a source called example at that address, with a cache that all of a test share, and without waiting."""
    doors: list[Http] = []

    def start(url: str, **options: Any) -> Http:
        fields = {name: options.pop(name) for name in Access._fields if name in options}
        cache = options.pop("cache", Cache(tmp_path / "cache", clock))
        given = {"now": clock, "wait": lambda seconds: None} | options
        doors.append(Http(Access(**({"source": "example", "base": url, "pace": None} | fields)), cache=cache, **given))
        return doors[-1]

    yield start
    for one in doors:
        one.close()


def test_ids_and_cursors_reach_the_source_as_they_are(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """Segments and parameters are encoded as opaque text: nothing in them is taken for a path, a query or a space."""
    server = serve([{"path": "/works/10.1/a b/../ü?x#y%", "body": {"ok": 1}}])
    answer = opened(server.url).get("works", "10.1/a b/../ü?x#y%", params={"cursor": "*+/= &%2B", "rows": 5})
    assert answer.json() == {"ok": 1}
    assert server.targets == ["/works/10.1%2Fa%20b%2F..%2F%C3%BC%3Fx%23y%25?cursor=%2A%2B%2F%3D%20%26%252B&rows=5"]
    assert server.asked[0].query["cursor"] == "*+/= &%2B"


def test_a_base_address_may_have_a_path(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """An institutional proxy that puts a path before the source's own is kept whole."""
    server = serve([{"path": "/proxy/v1/works", "body": []}])
    assert opened(f"{server.url}/proxy/v1/").get("works").json() == []


def test_who_asks_is_said_and_the_contact_is_sent_where_it_is_documented(
    serve: Callable[..., Any], opened: Callable[..., Http]
) -> None:
    """The User-Agent names program, version and contact; the contact stands in the source's own parameter as well."""
    server = serve([{"path": "/works", "body": []}])
    opened(server.url, contact="someone@example.org", contact_parameter="mailto").get("works")
    assert re.fullmatch(r"citetrack/\S+ \(mailto:someone@example\.org\)", server.asked[0].headers["User-Agent"])
    assert server.asked[0].query == {"mailto": "someone@example.org"}


def test_without_a_contact_nobody_is_named(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """Asked anonymously, a source gets no empty contact."""
    server = serve([{"path": "/works", "body": []}])
    opened(server.url, contact_parameter="mailto").get("works")
    assert server.asked[0].query == {}
    assert "mailto" not in server.asked[0].headers["User-Agent"]


@pytest.mark.parametrize("key", [Key(parameter="api_key"), Key(header="Authorization", prefix="Bearer ")])
def test_a_key_is_sent_and_appears_nowhere_else(
    serve: Callable[..., Any], opened: Callable[..., Http], tmp_path: Path, key: Key
) -> None:
    """The key reaches the source; no answer, no error and no file of the cache holds it, nor the contact."""
    server = serve([{"path": "/works", "body": {}}, {"path": "/broken", "status": 500}, {"path": "/refused", "status": 401}])
    door = opened(server.url, key=key, secret=SECRET, contact="someone@example.org", contact_parameter="mailto")
    answer = door.get("works")
    told = [repr(answer), answer.url]
    for path in ("broken", "refused"):
        with pytest.raises(SourceError) as error:
            door.get(path)
        told.append(str(error.value))
    sent = server.asked[0]
    assert sent.query.get("api_key") == SECRET or sent.headers["Authorization"] == f"Bearer {SECRET}"
    files = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [text for text in (*told, *files) if SECRET in text or "someone%40example" in text or "someone@example" in text]


@pytest.mark.parametrize(
    "echo",
    [
        {"body": {"asked": f"/works?api_key={SECRET}"}},
        {"body": {}, "headers": {"Link": f"<https://a.example/works?api_key={SECRET}>"}},
        {"status": 404, "body": f"nothing at /works?api_key={SECRET}"},
        {"status": 403, "body": {"message": f"bad key {quote(SECRET)}"}},
        {"status": 403, "body": {"message": f"bad key {SECRET.upper()}"}},
        {"body": b'{"you": "' + SECRET.replace("/", "\\/").replace("+", "\\u002b").encode() + b'"}'},
        {"body": {}, "headers": {"Set-Cookie": f"key={SECRET}; Path=/"}},
        {"status": 301, "headers": {"Location": f"/moved?api_key={quote(SECRET)}&cursor=1"}},
        {"status": 301, "headers": {"Location": f"/{SECRET}/moved"}},
    ],
)
def test_a_key_that_the_source_repeats_is_kept_and_told_nowhere(
    serve: Callable[..., Any],
    opened: Callable[..., Http],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    echo: dict[str, Any],
) -> None:
    """Whatever a source sends back of the address or the key: no file of the cache, no body kept, no error and no log holds it."""
    caplog.set_level(logging.DEBUG)
    kept: list[bytes] = []
    server = serve([{"path": "/works"} | echo, {"path": "/moved", "body": {}}, {"path": "/KEY/moved", "body": {}}])
    door = opened(server.url, key=Key(parameter="api_key"), secret=SECRET, keep=kept.append)
    told = ""
    try:
        told = repr(door.get("works"))
    except SourceError as error:
        told = str(error)
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    everything = [told.encode(), caplog.text.encode(), *kept, *files, *(base64.b64decode(one) for one in bodies(files))]
    assert not [one for one in everything if any(form.encode() in one for form in (SECRET, SECRET.upper(), quote(SECRET)))]
    assert all(asked.query.get("api_key", SECRET) == SECRET for asked in server.asked)
    assert all(target.count("api_key=") == 1 for target in server.targets)


def bodies(files: list[bytes]) -> list[str]:
    """The bodies in cached files, packed as they are there."""
    return [json.loads(file)["_content"] or "" for file in files]


def test_passwords_of_the_surroundings_stay_there(
    serve: Callable[..., Any], opened: Callable[..., Http], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password in ~/.netrc is not sent, and one in the address of a proxy that cannot be used is not told."""
    server = serve([{"path": "/works", "body": {}}])
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hidden\ndefault login me password hidden\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    opened(server.url).get("works")
    assert server.asked[0].headers["Authorization"] is None
    monkeypatch.setenv("http_proxy", "http://me:hidden@127.0.0.1:99999")
    with pytest.raises(SourceError) as error:
        opened("http://example.invalid").get("works")
    assert "hidden" not in str(error.value)


def test_an_answer_is_asked_for_once_while_it_is_young(
    serve: Callable[..., Any], opened: Callable[..., Http], clock: Clock
) -> None:
    """Within the age the cache answers, also in another run, and the answer keeps the day on which the source gave it."""
    server = serve([{"path": "/works", "body": {"n": 1}}, {"path": "/works", "body": {"n": 2}}])
    assert opened(server.url).get("works").day == date(2026, 7, 26)
    clock.now += timedelta(hours=23)
    again = opened(server.url)
    assert (again.get("works").json(), again.requests, again.day) == ({"n": 1}, 0, date(2026, 7, 26))
    clock.now += timedelta(hours=2)
    older = opened(server.url)
    assert (older.get("works").json(), older.requests, older.day) == ({"n": 2}, 1, date(2026, 7, 27))


def test_an_age_of_nothing_asks_every_time(serve: Callable[..., Any], opened: Callable[..., Http], clock: Clock) -> None:
    """`max_age` 0 takes only what was answered at this very moment from the cache."""
    server = serve([{"path": "/works", "body": {"n": 1}}, {"path": "/works", "body": {"n": 2}}])
    opened(server.url, max_age=timedelta(0)).get("works")
    clock.now += timedelta(milliseconds=1)
    assert opened(server.url, max_age=timedelta(0)).get("works").json() == {"n": 2}


def test_a_clock_that_was_wrong_does_not_make_answers_immortal(
    serve: Callable[..., Any], opened: Callable[..., Http], clock: Clock
) -> None:
    """What was cached on a day that has not come yet is asked for again."""
    server = serve([{"path": "/works", "body": {"n": 1}}, {"path": "/works", "body": {"n": 2}}])
    clock.now += timedelta(days=4000)
    opened(server.url).get("works")
    clock.now = START
    assert opened(server.url).get("works").json() == {"n": 2}


def test_what_has_not_changed_is_not_sent_again(serve: Callable[..., Any], opened: Callable[..., Http], clock: Clock) -> None:
    """An old answer with a validator is asked for conditionally; 304 makes it the answer of today, and young again."""
    etag = {"ETag": '"v1"'}
    changed = {"path": "/works", "headers": etag, "body": {"n": 1}}
    same = {"path": "/works", "status": 304, "headers": etag, "matches": lambda asked: asked.headers["If-None-Match"] == '"v1"'}
    server = serve([changed, same])
    opened(server.url).get("works")
    clock.now += timedelta(days=3)
    answer = opened(server.url).get("works")
    assert (answer.json(), answer.day) == ({"n": 1}, date(2026, 7, 29))
    third = opened(server.url)
    assert (third.get("works").json(), third.requests) == ({"n": 1}, 0)


def test_batches_by_post_are_told_apart_by_what_they_ask_for(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """A batch is cached like anything else, under its own ids."""
    server = serve([{"method": "POST", "path": "/batch", "body": lambda asked: json.loads(asked.body)}])
    for one in ("a", "b", "a"):
        assert opened(server.url).post("batch", json={"ids": [one]}).json() == {"ids": [one]}
    assert len(server.asked) == 2


def test_what_is_not_there_is_known_too(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """404 and 410 are `NotFound`, or None; they are cached, and told with the source's own words."""
    server = serve(
        [{"path": "/one", "status": 404, "body": {"error": "no\x1b[31m such <b>work</b>"}}, {"path": "/two", "status": 410}]
    )
    with pytest.raises(NotFound, match=r"example answers 404 at 127\.0\.0\.1:\d+/one \(no such work\)$"):
        opened(server.url).get("one")
    again = opened(server.url)
    assert again.get_or_none("one") is None
    assert again.requests == 0
    assert again.get_or_none("two") is None


def test_a_refusal_that_is_expected_is_an_answer(serve: Callable[..., Any], opened: Callable[..., Http], clock: Clock) -> None:
    """Where a source refuses in words that are admitted, that is an answer, cached while it is young; other refusals stay errors."""
    server = serve([{"method": "POST", "path": "/batch", "status": 400, "body": {"error": "No valid ids given"}}])
    for _ in range(2):
        assert opened(server.url).post("batch", json=["x"], admitted=("too large", "No valid ids")).status == 400
        clock.now += timedelta(hours=20)
    assert len(server.asked) == 1
    assert opened(server.url).post("batch", json=["x"], admitted=("No valid ids",)).day == date(2026, 7, 28)
    with pytest.raises(BadAnswer, match="No valid ids given"):
        opened(server.url).post("batch", json=["y"], admitted=("too large",))


@pytest.mark.parametrize(
    ("status", "error", "attempts"),
    [
        (400, BadAnswer, 1),
        (401, Refused, 1),
        (403, Refused, 1),
        (429, RateLimited, 4),
        (500, Unavailable, 4),
        (503, Unavailable, 4),
    ],
)
def test_errors_are_named_and_only_what_may_pass_is_tried_again(
    serve: Callable[..., Any], opened: Callable[..., Http], status: int, error: type[SourceError], attempts: int
) -> None:
    """Each status has its error; a retry happens only where it can help, and no failure is cached."""
    server = serve([{"path": "/works", "status": status, "body": {"message": "why"}}])
    with pytest.raises(error, match=f"example answers {status} .*why"):
        opened(server.url).get("works")
    assert len(server.asked) == attempts
    server.use([{"path": "/works", "body": []}])
    assert opened(server.url).get("works").json() == []


REFUSALS: dict[str, dict[str, Any]] = {
    "401": {"status": 401},
    "403": {"status": 403},
    "429": {"status": 429},
    "429 for hours": {"status": 429, "headers": {"Retry-After": "7200"}},
    "a block": {"status": 503, "body": "blocked"},
    "another host": {"status": 302, "headers": {"Location": "https://elsewhere.example/"}},
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_says_what_to_do_instead(serve: Callable[..., Any], opened: Callable[..., Http], refusal: str) -> None:
    """Whatever way a source refuses or limits, its advice stands once at the end of the message, and nothing does without one."""
    server = serve([{"path": "/works", "body": "", **REFUSALS[refusal]}])
    told = []
    for advice in ("", "read a file instead"):
        door = opened(server.url, advice=advice, refusal=lambda answer: "it is a block" if answer.text() == "blocked" else None)
        with pytest.raises((Refused, RateLimited)) as error:
            door.get("works")
        told.append(str(error.value))
    assert told[1] == f"{told[0]}; read a file instead"


def test_advice_is_for_refusals_alone(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """What a source does not know, or cannot say just now, is not to be had elsewhere for that."""
    server = serve([{"path": "/a", "status": 404}, {"path": "/b", "status": 500}, {"path": "/c", "status": 400}])
    door = opened(server.url, advice="read a file instead")
    for path, kind in (("a", NotFound), ("b", Unavailable), ("c", BadAnswer)):
        with pytest.raises(kind) as error:
            door.get(path)
        assert "instead" not in str(error.value)


def test_a_fault_that_passes_costs_only_time(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """After two faults and a half answer the fourth attempt is the answer; the pauses grow, with jitter."""
    waits: list[float] = []
    torn = {"path": "/works", "headers": {"Content-Length": "100"}, "body": b'{"n": '}
    server = serve(
        [{"path": "/works", "status": 502}, torn, {"path": "/works", "status": 500}, {"path": "/works", "body": {"n": 1}}]
    )
    door = opened(server.url, wait=waits.append)
    assert door.get("works").json() == {"n": 1}
    assert (len(waits), door.requests) == (3, 4)
    assert [1 <= waits[0] <= 2, 2 <= waits[1] <= 3, 4 <= waits[2] <= 5] == [True, True, True]


@pytest.mark.parametrize("stated", ["7", "Sun, 26 Jul 2026 12:00:07 GMT"])
def test_a_source_that_says_how_long_to_wait_is_obeyed(
    serve: Callable[..., Any], opened: Callable[..., Http], stated: str
) -> None:
    """`Retry-After` in seconds or as a date is waited for, no shorter and no longer."""
    waits: list[float] = []
    server = serve([{"path": "/works", "status": 429, "headers": {"Retry-After": stated}}, {"path": "/works", "body": []}])
    opened(server.url, wait=waits.append).get("works")
    assert waits == [7.0]


def test_a_source_that_asks_for_hours_is_left_alone(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """A pause longer than is sensible is not waited for; the message says when to come back."""
    server = serve([{"path": "/works", "status": 429, "headers": {"Retry-After": "7200"}}])
    with pytest.raises(RateLimited, match="come back in 2 h"):
        opened(server.url).get("works")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "nonsense", ["soon", "-5", "1e99999", "Sun, 99 Foo 2026", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"]
)
def test_a_pause_that_is_none_is_not_believed(serve: Callable[..., Any], opened: Callable[..., Http], nonsense: str) -> None:
    """A `Retry-After` that says nothing leaves the growing pauses."""
    server = serve([{"path": "/works", "status": 503, "headers": {"Retry-After": nonsense}}, {"path": "/works", "body": []}])
    assert opened(server.url).get("works").json() == []


def left(headers: Any) -> Budget | None:
    stated = headers.get("X-Left")
    return Budget(float(stated), cost=1, renewed=7200) if stated else None


def test_a_spent_allowance_is_told_from_a_rate(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """A 429 with nothing left is not tried again; with something left it is."""
    server = serve(
        [
            {"path": "/spent", "status": 429, "headers": {"X-Left": "0"}},
            {"path": "/fast", "status": 429, "headers": {"X-Left": "5"}},
        ]
    )
    with pytest.raises(BudgetSpent, match=r"used up .*renewed in 2 h; a key allows more: CITETRACK_EXAMPLE_KEY"):
        opened(server.url, budget=left, key=Key(header="x")).get("spent")
    with pytest.raises(RateLimited):
        opened(server.url, budget=left).get("fast")
    assert [asked.path for asked in server.asked] == ["/spent", *["/fast"] * 4]


def test_an_allowance_that_ends_is_not_overdrawn(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """As soon as the source says that nothing is left, nothing more is asked; the cache still answers."""
    server = serve([{"path": "/one", "headers": {"X-Left": "0"}, "body": 1}, {"path": "/two", "body": 2}])
    door = opened(server.url, budget=left)
    assert door.get("one").json() == 1
    with pytest.raises(BudgetSpent):
        door.get("two")
    assert door.get("one").json() == 1
    assert [asked.path for asked in server.asked] == ["/one"]


def test_an_old_answer_that_is_still_true_brings_no_old_allowance(
    serve: Callable[..., Any], opened: Callable[..., Http], clock: Clock
) -> None:
    """What is left is what the newest answer says, not what stood beside the one that a 304 confirms."""
    etag = {"ETag": '"v1"'}
    there = {"path": "/works", "headers": etag | {"X-Left": "0"}, "body": 1}
    server = serve([there, {"path": "/works", "status": 304, "headers": etag | {"X-Left": "9"}}, {"path": "/two", "body": 2}])
    opened(server.url, budget=left).get("works")
    clock.now += timedelta(days=3)
    door = opened(server.url, budget=left)
    assert (door.get("works").json(), door.get("two").json()) == (1, 2)


def test_how_a_source_is_reached_prints_without_its_key(opened: Callable[..., Http]) -> None:
    """Whoever prints what an `Http` stands for sees no key."""
    assert SECRET not in repr(opened("http://127.0.0.1:9", secret=SECRET).access)


def test_an_id_is_never_a_way_up(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """A segment that would mean another resource than the one asked for is refused."""
    server = serve([])
    with pytest.raises(BadAnswer, match="no id is like that"):
        opened(server.url).get("author", "..", "papers")
    assert not server.asked


def test_the_pace_is_kept_and_slows_down_when_the_source_says_so(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """No more requests leave in a span of time than the pace allows, nor than the source's own rate headers allow; the cache needs no turn."""
    stop = threading.Event()
    slow = {"X-Rate-Limit-Limit": "1", "X-Rate-Limit-Interval": "60s"}
    server = serve([{"path": "/one", "body": 1}, {"path": "/two", "headers": slow, "body": 2}, {"path": "/three", "body": 3}])
    door = opened(server.url, pace=Pace(1000, 1.0), wait=lambda seconds: stop.set(), stop=stop)
    door.get("one")
    door.get("two")
    door.get("one")
    assert door.access.pace == Pace(1, 60)
    with pytest.raises(Stopped):  # it waits for its turn, and the wait is cut short here
        _ = [door.get(path) for path in ("three", "four")]
    assert "/four" not in [asked.path for asked in server.asked]


def test_a_source_that_allows_next_to_nothing_is_left_alone(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """A rate of one request in a day is told, not waited out."""
    slow = {"X-Rate-Limit-Limit": "1", "X-Rate-Limit-Interval": "86400s"}
    server = serve([{"path": "/one", "headers": slow, "body": 1}])
    door = opened(server.url, pace=Pace(1000, 1.0))
    door.get("one")
    with pytest.raises(RateLimited, match="allows 1 request in 24 h"):
        door.get("two")
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"", b"   ", b'{"n": ', b"<html>busy</html>", b"[" * 200_000, b"\xff\xfe\x00", b'{"n": NaN'])
def test_a_body_that_is_no_json_is_named_and_not_cached(
    serve: Callable[..., Any], opened: Callable[..., Http], body: bytes
) -> None:
    """An empty, torn or foreign body is asked for again, then it is an error; the next run finds no trace of it."""
    server = serve([{"path": "/works", "body": body}])
    with pytest.raises(BadAnswer):
        opened(server.url).get("works")
    assert len(server.asked) == 4
    server.use([{"path": "/works", "body": {"n": 1}}])
    assert opened(server.url).get("works").json() == {"n": 1}


def test_entity_bombs_are_refused(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """XML that declares entities is refused at once, before anything is expanded; XML without is read."""
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a0 "ha">{lines}]><r>&a9;</r>'
    server = serve([{"path": "/bomb", "body": bomb}, {"path": "/feed", "body": "<feed><entry/></feed>"}])
    with pytest.raises(BadAnswer, match="declares entities"):
        opened(server.url).get("bomb", accept="application/atom+xml")
    assert len(server.asked) == 1
    assert opened(server.url).get("feed", accept="application/atom+xml").xml().tag == "feed"


def test_bombs_and_gigabytes_are_refused_before_they_are_held(
    serve: Callable[..., Any], opened: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small packed body that would unpack to more than the limit is cut off there, and so is a large plain one."""
    monkeypatch.setattr(http, "LARGEST", 2**20)
    packed = gzip.compress(bytes(2**24))
    server = serve(
        [{"path": "/bomb", "headers": {"Content-Encoding": "gzip"}, "body": packed}, {"path": "/large", "body": bytes(2**21)}]
    )
    assert len(packed) < 2**15
    for path in ("bomb", "large"):
        with pytest.raises(BadAnswer, match="more than 1 MB"):
            opened(server.url).get(path)
    assert len(server.asked) == 2


@pytest.mark.parametrize("encoding", ["foo", "base64", "rot13", "zlib"])
def test_xml_in_an_encoding_that_there_is_not_is_named(
    serve: Callable[..., Any], opened: Callable[..., Http], encoding: str
) -> None:
    """Nonsense in the first line of a document is an answer that cannot be read."""
    server = serve([{"path": "/feed", "body": f'<?xml version="1.0" encoding="{encoding}"?><feed/>'}])
    with pytest.raises(BadAnswer, match="no XML"):
        opened(server.url).get("feed", accept="application/xml")


def test_an_answer_that_does_not_end_is_cut_off(
    serve: Callable[..., Any], opened: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer may drip, but not for ever: after a while what has come is let go."""
    monkeypatch.setattr(http, "_WHOLE_TIMEOUT", -1.0)
    server = serve([{"path": "/works", "body": {"n": 1}}])
    with pytest.raises(Unavailable, match="did not answer in time"):
        opened(server.url).get("works")


def test_a_packed_answer_that_is_damaged_is_named(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """What cannot be unpacked is an answer that cannot be read, not a fault of ours."""
    damaged = zlib.compress(b'{"n": 1}')[:-6] + b"------"
    server = serve([{"path": "/works", "headers": {"Content-Encoding": "gzip"}, "body": damaged}])
    with pytest.raises(BadAnswer, match="cannot be unpacked"):
        opened(server.url).get("works")


def test_redirects_are_followed_within_the_source(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """A merged id leads to another resource of the same source; the way there is cached, the answer is that of the end."""
    server = serve([{"path": "/A1", "status": 301, "headers": {"Location": "/A2"}}, {"path": "/A2", "body": {"id": "A2"}}])
    assert opened(server.url).get("A1").json() == {"id": "A2"}
    again = opened(server.url)
    assert (again.get("A1").json(), again.requests) == ({"id": "A2"}, 0)


def test_a_mirrors_redirect_to_what_it_mirrors_is_followed_at_the_mirror(
    serve: Callable[..., Any], opened: Callable[..., Http]
) -> None:
    """Where a base address is replaced, a redirect to the source's own address leads to the same resource of the mirror."""
    location = {"Location": "https://api.example.org/authors/A2"}
    server = serve(
        [{"path": "/m/authors/A1", "status": 301, "headers": location}, {"path": "/m/authors/A2", "body": {"id": "A2"}}]
    )
    door = opened(f"{server.url}/m", home="https://api.example.org")
    assert door.get("authors", "A1").json() == {"id": "A2"}


def test_a_host_is_the_same_in_any_case(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """Hosts are compared as the network does, without case."""
    server = serve([{"path": "/A2", "body": {"id": "A2"}}])
    port = server.url.rpartition(":")[2]
    server.use(
        [
            {"path": "/A1", "status": 302, "headers": {"Location": f"http://LocalHost:{port}/A2"}},
            {"path": "/A2", "body": {"id": "A2"}},
        ]
    )
    assert opened(f"http://localhost:{port}").get("A1").json() == {"id": "A2"}


def test_a_portal_in_the_way_is_forgotten(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """A redirect that was not followed is not cached: once the portal lets us through, the source answers."""
    server = serve([{"path": "/works", "status": 302, "headers": {"Location": "http://portal.example/login"}}])
    with pytest.raises(Refused, match=r"portal\.example"):
        opened(server.url).get("works")
    server.use([{"path": "/works", "body": {"n": 1}}])
    assert opened(server.url).get("works").json() == {"n": 1}


@pytest.mark.parametrize(
    "target",
    ["https://elsewhere.example/A2", "//elsewhere.example/", "file:///etc/passwd", "", "http://[::1", "//[", "http://a:b:c/"],
)
def test_redirects_that_lead_elsewhere_are_not_followed(
    serve: Callable[..., Any], opened: Callable[..., Http], target: str
) -> None:
    """Neither another host nor another kind of address is asked."""
    server = serve([{"path": "/A1", "status": 302, "headers": {"Location": target}}])
    with pytest.raises((Refused, BadAnswer)):
        opened(server.url).get("A1")
    assert {asked.path for asked in server.asked} == {"/A1"}


def test_a_redirect_to_itself_ends(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """A circle of redirects is an error after a few steps."""
    server = serve([{"path": "/A1", "status": 301, "headers": {"Location": "/A1"}}])
    with pytest.raises(BadAnswer, match="without end"):
        opened(server.url).get("A1")


def test_offline_makes_no_connection(serve: Callable[..., Any], opened: Callable[..., Http], clock: Clock) -> None:
    """Offline the cache answers whatever its age, and what it does not hold is an error that says so."""
    server = serve([{"path": "/works", "body": 1}])
    opened(server.url).get("works")
    clock.now += timedelta(days=400)
    offline = opened(server.url, offline=True)
    assert offline.get("works").day == date(2026, 7, 26)
    with pytest.raises(Unavailable, match="--offline"):
        offline.get("others")
    assert (offline.requests, len(server.asked)) == (0, 1)


def test_no_network_is_one_clear_line(opened: Callable[..., Http]) -> None:
    """Where nothing listens, the error says which source cannot be reached and what to do."""
    with pytest.raises(Unavailable, match=r"example cannot be reached at .*; check the network"):
        opened("http://127.0.0.1:9").get("works")


def test_an_interruption_ends_waiting_and_asking(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """Once `stop` is set nothing more is asked or waited for."""
    stop = threading.Event()
    server = serve([{"path": "/works", "status": 503}])
    door = opened(server.url, stop=stop, wait=lambda seconds: stop.set())
    with pytest.raises(Stopped):
        door.get("works")
    with pytest.raises(Stopped):
        door.get("others")
    assert len(server.asked) == 1


def test_a_cache_that_cannot_be_written_costs_no_answer(
    serve: Callable[..., Any], opened: Callable[..., Http], clock: Clock, tmp_path: Path
) -> None:
    """Where the folder of the cache cannot be made, answers come all the same, and the trouble is told."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    cache = Cache(tmp_path / "file" / "cache", clock)
    server = serve([{"path": "/works", "body": 1}])
    assert opened(server.url, cache=cache).get("works").json() == 1
    assert "answers are not cached" in cache.trouble


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "null",
        "[]",
        '{"_content": 5}',
        "\x00" * 50,
        '{"a": 1}',
        '{"created_at": 5}',
        '{"created_at": "2026-07-26T12:00:00"}',
        "[" * 100_000,
    ],
)
def test_a_damaged_cache_is_asked_around(
    serve: Callable[..., Any], opened: Callable[..., Http], tmp_path: Path, damage: str
) -> None:
    """A cached file that was cut off or overwritten is as if it were not there."""
    server = serve([{"path": "/works", "body": {"n": 1}}])
    opened(server.url).get("works")
    for path in (tmp_path / "cache").iterdir():
        path.write_text(damage, encoding="utf-8")
    assert opened(server.url).get("works").json() == {"n": 1}
    assert len(server.asked) == 2


def test_every_body_is_handed_on_and_found_again_by_its_digest(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """What was read can be kept; the origin of an answer is the digest of the very bytes, from the network and from the cache alike."""
    kept: list[bytes] = []
    raw = '{"n":  1, "ü": "\\ud800"}'.encode()
    server = serve([{"path": "/works", "body": raw}])
    first = opened(server.url, keep=kept.append).get("works")
    second = opened(server.url, keep=kept.append).get("works")
    assert kept == [raw, raw]
    assert first.origin == second.origin
    assert first.origin.startswith("sha256:")


def test_cookies_are_not_kept(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """A source cannot recognise us from one request to the next."""
    server = serve([{"path": "/one", "headers": {"Set-Cookie": "id=1; Path=/"}, "body": 1}, {"path": "/two", "body": 2}])
    door = opened(server.url)
    door.get("one")
    door.get("two")
    assert server.asked[1].headers["Cookie"] is None


def test_what_could_not_be_read_is_asked_for_again(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """A page that its reader found malformed is dropped from the cache."""
    server = serve([{"path": "/works", "body": {"results": 5}}, {"path": "/works", "body": {"results": []}}])
    door = opened(server.url)
    door.get("works")
    door.forget_last()
    assert opened(server.url).get("works").json() == {"results": []}


def test_an_address_in_a_message_is_short_and_harmless(serve: Callable[..., Any], opened: Callable[..., Http]) -> None:
    """A message stays one line, whatever the source or the question holds."""
    server = serve(
        [
            {
                "path": "/works",
                "status": 400,
                "body": {"status": "failed", "message": [{"message": "bad\nfilter\x1b]0;x\x07" * 50}]},
            }
        ]
    )
    with pytest.raises(BadAnswer) as error:
        opened(server.url).get("works", params={"filter": "x" * 5000})
    assert len(str(error.value)) < 400
    assert str(error.value).isprintable()
