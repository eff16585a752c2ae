"""The server, the door and the recordings that the tests of the sources stand on: a test is worth what these do."""

import gzip
import json
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import recordings
import serving

from citetrack import sources
from citetrack.errors import BadAnswer, NotFound, Refused, Unavailable
from citetrack.http import Http, Key

toy = SimpleNamespace(
    __name__="citetrack.sources.toy",
    BASE="https://toy.example/api/v1",
    HOSTS=("toy.example",),
    KEY=Key(parameter="key"),
    CONTACT="mailto",
)


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., list[Any]]:
    """`written(name, text)` writes a file of recordings and gives what `recorded` makes of it."""

    def read(name: str, text: str) -> list[Any]:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return recordings.exchanges(tmp_path / name, toy.BASE, strict=True)

    return read


def test_the_server_sees_what_left_the_door(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """Opaque ids and cursors arrive as they were sent: encoded once, and once only."""
    cursor = "AoJ+/=%20 ü&x=1"
    served = serve([{"path": "/works/10.1/a b", "query": {"cursor": cursor}, "body": {"title": "Ünïcode"}}])
    answer = door(toy, served.url).get("works", "10.1/a b", params={"cursor": cursor, "rows": 3})
    assert answer.json() == {"title": "Ünïcode"}
    assert not served.unexpected
    assert served.asked[0].path == "/works/10.1%2Fa%20b"
    assert served.asked[0].query == {"cursor": cursor, "rows": "3"}
    assert served.targets == ["/works/10.1%2Fa%20b?cursor=AoJ%2B%2F%3D%2520%20%C3%BC%26x%3D1&rows=3"]


def test_equal_exchanges_answer_in_order_and_the_last_for_ever(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """A source that fails and then answers can be played, and the same question asked again."""
    served = serve([{"path": "/a", "body": {"n": number}} for number in (1, 2)])
    http = door(toy, served.url, cache=None)
    assert [http.get("a").json() for _ in range(3)] == [{"n": 1}, {"n": 2}, {"n": 2}]


def test_the_exchange_that_asks_most_answers(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """The second page is not answered with the first one, though its parameters are among those of the second."""
    first = {"path": "/a", "query": {"filter": "x"}, "body": {"page": 1}}
    second = {"path": "/a", "query": {"filter": "x", "cursor": "c"}, "body": {"page": 2}}
    served = serve([first, second])
    http = door(toy, served.url, cache=None)
    for _ in range(2):
        assert http.get("a", params={"filter": "x", "cursor": "c"}).json() == {"page": 2}
        assert http.get("a", params={"filter": "x"}).json() == {"page": 1}
    assert not served.unused


def test_what_nobody_expects_is_a_404_that_names_it(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """A request that no exchange fits is seen by the client and by the test; so is an exchange that nobody asked for."""
    served = serve([{"path": "/a", "query": {"page": 1}}, {"method": "POST", "path": "/b"}])
    with pytest.raises(NotFound):
        door(toy, served.url).get("a", params={"page": 2})
    assert [str(asked) for asked in served.unexpected] == ["GET /a?page=2"]
    assert [exchange.path for exchange in served.unused] == ["/a", "/b"]


def test_a_post_is_told_from_another_by_its_body(
    serve: Callable[..., Any], door: Callable[..., Http], exchange: type[Any]
) -> None:
    """`matches` decides on the body, and a body may be made of the request."""
    echo = exchange("POST", "/batch", body=lambda asked: json.loads(asked.body), matches=lambda asked: b"7" in asked.body)
    served = serve([echo])
    http = door(toy, served.url)
    assert http.post("batch", json={"ids": ["7"]}).json() == {"ids": ["7"]}
    with pytest.raises(NotFound):
        http.post("batch", json={"ids": ["8"]})


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"body": {"n": 1}, "headers": {"content-length": "999"}}, BadAnswer),
        ({"body": b"{}", "headers": {"Content-Encoding": "gzip"}}, BadAnswer),
        ({"status": 503}, Unavailable),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example/"}}, Refused),
    ],
)
def test_an_answer_can_be_as_wrong_as_it_likes(
    serve: Callable[..., Any], door: Callable[..., Http], answer: dict[str, Any], error: type[Exception]
) -> None:
    """Cut off, wrongly packed, unavailable, sent elsewhere: the server plays it, and the door names it."""
    with pytest.raises(error):
        door(toy, serve([{"path": "/a", **answer}]).url).get("a")


def test_text_is_packed_where_the_headers_say_so(serve: Callable[..., Any], door: Callable[..., Http]) -> None:
    """What was recorded packed goes over the wire packed."""
    served = serve([{"path": "/a", "body": {"n": 1}, "headers": {"content-encoding": "gzip"}}])
    assert door(toy, served.url).get("a").json() == {"n": 1}


def test_a_server_that_is_closed_leaves_nothing_open() -> None:
    """After its test a server takes no connection, and those that stood are cut."""
    served = serving.Served()
    address = ("127.0.0.1", urlsplit(served.url).port)
    with socket.create_connection(address, timeout=10) as standing:
        standing.sendall(b"GET /a HTTP/1.1\r\n\r\n")
        assert standing.recv(4) == b"HTTP"
        served.close()
        while standing.recv(1000):
            pass
    with pytest.raises(OSError):
        socket.create_connection(address, timeout=10)


def test_a_door_knows_the_key_and_shares_a_cache_where_told(
    serve: Callable[..., Any], door: Callable[..., Http], tmp_path: Path
) -> None:
    """Fields of `Access` and options of `Http` are both options of the door."""
    served = serve([{"path": "/a", "query": {"key": "s3cret", "mailto": "me@toy.example"}, "body": {"n": 1}}])
    for _ in range(2):
        http = door(toy, served.url, secret="s3cret", contact="me@toy.example", cache=tmp_path / "shared")
        assert http.get("a").json() == {"n": 1}
    assert len(served.asked) == 1


PACKED = gzip.compress(json.dumps({"n": "päcked"}).encode(), mtime=0)


def vcrpy(uri: str, response: dict[str, Any], **request: Any) -> str:
    return json.dumps(
        {"version": 1, "interactions": [{"request": {"method": "GET", "uri": uri, **request}, "response": response}]}
    )


def binary(body: bytes) -> str:
    import yaml

    return yaml.safe_dump(
        {
            "interactions": [
                {
                    "request": {"method": "GET", "uri": f"{toy.BASE}/a"},
                    "response": {"status": {"code": 200}, "body": {"string": body}},
                }
            ]
        }
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("text.yaml", vcrpy(f"{toy.BASE}/a", {"status": {"code": 200}, "body": {"string": '{"n": "päcked"}'}})),
        ("content.yaml", vcrpy(f"{toy.BASE}/a", {"status_code": 200, "content": '{"n": "päcked"}'})),
        ("binary.yaml", binary(PACKED)),
        (
            "other.yml",
            json.dumps(
                {
                    "http_interactions": [
                        {
                            "request": {"method": "get", "uri": f"{toy.BASE}/a", "body": {"encoding": "", "string": ""}},
                            "response": {
                                "status": {"status_code": "200"},
                                "headers": {"content-encoding": "gzip", "date": "Thu, 01 Jan 1970 00:00:00 GMT"},
                                "body": {"string": '{"n": "päcked"}'},
                            },
                        }
                    ]
                }
            ),
        ),
        ("one.json", json.dumps({"url": f"{toy.BASE}/a?sortBy=x", "status_code": 200, "body": '{"n": "päcked"}'})),
    ],
)
def test_every_format_of_recordings_gives_the_same_answer(
    written: Callable[..., Any], serve: Callable[..., Any], door: Callable[..., Http], name: str, text: str
) -> None:
    """Cassettes of three libraries, packed or not, and plain JSON: one answer, served below the base address."""
    served = serve(written(name, text))
    answer = door(toy, served.url).get("a", params={"fields": "n", "limit": 5, "sort": "n"})
    assert answer.json() == {"n": "päcked"}
    assert "Date" not in answer.headers


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({"filter": "x", "offset": 10}, True),
        ({"filter": "x", "offset": 10, "select": "DOI", "rows": 1000, "mailto": "a@b.example"}, True),
        ({"filter": "x", "offset": 10, "sort": "year"}, True),
        ({"filter": "x", "offset": 10, "order": "desc"}, False),
        ({"filter": "x"}, False),
        ({"filter": "y", "offset": 10}, False),
        ({"filter": "x", "offset": 10, "cursor": "c"}, False),
    ],
)
def test_a_replay_answers_for_the_recorded_item_only(
    written: Callable[..., Any], serve: Callable[..., Any], door: Callable[..., Http], asked: dict[str, Any], answered: bool
) -> None:
    """Fields, page size, identification and an order of one's own are ignored; another item, filter or offset is another question."""
    response = {"status": {"code": 200}, "body": {"string": "{}"}}
    served = serve(written("a.yaml", vcrpy(f"{toy.BASE}/a?filter=x&offset=10&limit=10&order=asc&q=", response)))
    found = door(toy, served.url).get_or_none("a", params=asked)
    assert (found is not None) is answered
    assert bool(served.unexpected) is not answered


@pytest.mark.parametrize(("recorded_offset", "asked"), [("&start=0", {}), ("", {"start": 0}), ("&start=0", {"start": 0})])
def test_an_offset_of_nothing_is_none(
    written: Callable[..., Any],
    serve: Callable[..., Any],
    door: Callable[..., Http],
    recorded_offset: str,
    asked: dict[str, Any],
) -> None:
    """The first page is the same one whether or not it is called that."""
    response = {"status": {"code": 200}, "body": {"string": "{}"}}
    served = serve(written("a.yaml", vcrpy(f"{toy.BASE}/a?q=x{recorded_offset}", response)))
    assert door(toy, served.url).get("a", params={"q": "x", **asked}).json() == {}


def test_a_doi_in_a_recorded_path_is_found_in_normal_form(
    written: Callable[..., Any], serve: Callable[..., Any], door: Callable[..., Http]
) -> None:
    """A DOI is one segment and in lower case when citetrack asks, whatever the recording did."""
    response = {"status": {"code": 200}, "body": {"string": "{}"}}
    served = serve(written("a.yaml", vcrpy(f"{toy.BASE}/works/10.1890/0012(1999)069[A:B]2.0.CO;2", response)))
    assert door(toy, served.url).get("works", "10.1890/0012(1999)069[a:b]2.0.co;2").json() == {}


def test_a_recorded_batch_answers_item_by_item(
    written: Callable[..., Any], serve: Callable[..., Any], door: Callable[..., Http]
) -> None:
    """Some of a recorded batch can be asked for, by any id that the items have; one that was not recorded cannot."""
    body = [None, {"paperId": "p1", "externalIds": {"DOI": "10.1/X"}}, {"paperId": "p2", "externalIds": {"ArXiv": "2.2"}}]
    response = {"status": {"code": 200}, "body": {"string": json.dumps(body)}}
    sent = json.dumps({"ids": ["CorpusId:0", "CorpusId:1", "10.2/Y"]})
    served = serve(written("a.yaml", vcrpy(f"{toy.BASE}/batch?fields=title", response, method="POST", body=sent)))
    http = door(toy, served.url)
    asked = ["DOI:10.2/y", "DOI:10.1/x", "CorpusId:0", "ARXIV:2.2", "p1"]
    assert http.post("batch", json={"ids": asked}).json() == [body[2], body[1], None, body[2], body[1]]
    with pytest.raises(NotFound):
        http.post("batch", json={"ids": ["p1", "p3"]})


def test_a_recorded_redirect_stays_on_loopback(
    written: Callable[..., Any], serve: Callable[..., Any], door: Callable[..., Http]
) -> None:
    """Where the recording moved to another address below the base, so does the replay."""
    moved = {"status": {"code": 301}, "headers": {"location": ["https://toy.example:443/api/v1/b?x=1"]}, "body": {"string": ""}}
    there = {"status": {"code": 200}, "body": {"string": '{"n": 1}'}}
    cassette = json.loads(vcrpy("http://toy.example/api/v1/a", moved))
    cassette["interactions"] += json.loads(vcrpy(f"{toy.BASE}/b?x=1", there))["interactions"]
    served = serve(written("a.yaml", json.dumps(cassette)))
    assert door(toy, served.url).get("a").json() == {"n": 1}


def test_a_file_of_another_address_is_told(written: Callable[..., Any]) -> None:
    """A file that answers nothing the source could ask, or that is no recording, fails the test that names it."""
    with pytest.raises(AssertionError, match="holds nothing"):
        written("elsewhere.yaml", vcrpy("https://elsewhere.example/a", {"status": {"code": 200}, "body": {"string": ""}}))
    with pytest.raises(AssertionError, match="is no cassette"):
        written("none.yaml", "- a list")


def test_a_wrong_name_is_told(recorded: Callable[..., Any]) -> None:
    """A recording that is not there fails the test that names it, and the failure says which there are."""
    with pytest.raises(pytest.fail.Exception, match=r"none such\.yaml; there are: id_"):
        recorded("arxiv", "none such.yaml")


@pytest.mark.parametrize("source", ["arxiv", "crossref", "openalex", "orcid", "semanticscholar"])
def test_all_real_recordings_can_be_served(shared_data: Path, serve: Callable[..., Any], source: str) -> None:
    """Each recording below the base address of its source is found by its own request, and has a body that is text."""
    base = sources.load(source).BASE
    found = 0
    for path in sorted((shared_data / "recordings" / source).iterdir()):
        for recording in recordings.of_file(path):
            exchange = recordings.replay(recording, base)
            if exchange is None:
                continue
            found += 1
            query = dict(parse_qsl(urlsplit(recording.url).query, keep_blank_values=True))
            asked = serving.Asked(recording.method, exchange.path, query, None, recording.sent.encode())
            assert exchange.fits(asked), recording.url
            assert isinstance(recording.body, str), recording.url
    assert found
