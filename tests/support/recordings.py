"""The real recordings, read as exchanges that a server on loopback can answer with: each by its own form, each for the very item it was asked for."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import yaml
from serving import Asked, Exchange

# What a replay ignores: which fields of an item are wanted, how many items on a page, and who asks.
IGNORED: Final = frozenset("fields select limit rows per-page per_page size max_results mailto api_key apikey email tool".split())
SORTS: Final = frozenset("sort order sortby sortorder".split())
STARTS: Final = frozenset("offset start".split())
KEPT: Final = re.compile(
    r"content-type|content-encoding|location|link|retry-after|x-?rate-?limit.*|x-concurrency-limit", re.IGNORECASE
)
_DOI_IN_PATH: Final = re.compile(r"/10\.\d{4,9}(?:/|%2f)", re.IGNORECASE)


class Recording(NamedTuple):
    """One recorded interaction, whatever the format of its file."""

    method: str
    url: str
    sent: str
    status: int
    headers: Mapping[str, str]
    body: bytes | str


def exchanges(path: Path, base: str, *, strict: bool) -> list[Exchange]:
    """The answers in a file of recordings to what was asked below `base`; with `strict` there must be some."""
    found = [exchange for recording in of_file(path) if (exchange := replay(recording, base))]
    assert found or not strict, f"{path.name} holds nothing that was asked below {base}"
    return found


def replay(recording: Recording, base: str) -> Exchange | None:
    """The recording as an exchange; `None` where it was asked elsewhere than below `base`."""
    place = _below(recording.url, base)
    if place is None:
        return None
    path, query = place
    headers = {name: text for name, text in recording.headers.items() if KEPT.fullmatch(name)}
    headers |= {name: _moved(text, base) for name, text in headers.items() if name.lower() == "location"}
    if isinstance(recording.body, bytes):
        headers = {name: text for name, text in headers.items() if name.lower() != "content-encoding"}
    if batch := _batch(recording):
        matches, body = partial(_same_batch, query, batch), partial(_picked, batch)
        return Exchange(recording.method, path, {}, recording.status, headers, body, matches)
    matches = partial(_same_item, query, recording.sent)
    # Told apart by `matches` alone: with parameters in `query`, an offset of 0 would have to be written out.
    return Exchange(recording.method, path, {}, recording.status, headers, recording.body, matches)


def _below(url: str, base: str) -> tuple[str, dict[str, str]] | None:
    """The path below the base address and the parameters; a DOI in the path is in lower case, as citetrack writes it."""
    there, here = urlsplit(url), urlsplit(base)
    root = here.path.rstrip("/") + "/"
    if there.hostname != here.hostname or not there.path.startswith(root):
        return None
    path = there.path[len(root) - 1 :]
    return path.lower() if _DOI_IN_PATH.search(path) else path, dict(parse_qsl(there.query))


def _moved(location: str, base: str) -> str:
    """Where a recorded redirect leads, on loopback where it stays below the base address."""
    place = _below(location, base)
    if place is None:
        return location
    query = urlsplit(location).query
    return place[0] + (f"?{query}" if query else "")


def _item(query: Mapping[str, str]) -> dict[str, str]:
    """The parameters that say which item is wanted."""
    return {
        name: value
        for name, value in query.items()
        if value and name.lower() not in IGNORED | SORTS and not (name in STARTS and value == "0")
    }


def _same_question(recorded: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    orders = [name for name in recorded if name.lower() in SORTS and name in asked]
    return _item(recorded) == _item(asked) and all(recorded[name] == asked[name] for name in orders)


def _same_item(query: Mapping[str, str], sent: str, asked: Asked) -> bool:
    return _same_question(query, asked.query) and _json(sent) == _json(asked.body)


def _json(text: str | bytes) -> object:
    try:
        return json.loads(text or "null")
    except ValueError:
        return text


# --- batches, item by item


def _batch(recording: Recording) -> dict[str, object]:
    """The items of a recorded batch by each id they have: the one they were asked by, and those they state themselves."""
    sent, got = _json(recording.sent), _json(recording.body) if recording.status == 200 else None
    ids = sent.get("ids") if isinstance(sent, dict) else None
    if not (isinstance(ids, list) and isinstance(got, list) and len(ids) == len(got)):
        return {}
    return {_bare(name): item for asked, item in zip(ids, got, strict=True) for name in [asked, *_stated(item)]}


def _stated(item: object) -> list[str]:
    if not isinstance(item, Mapping):
        return []
    others = [f"{scheme}:{value}" for scheme, value in (item.get("externalIds") or {}).items()]
    return [item[name] for name in ("paperId", "authorId") if name in item] + others


def _bare(name: str) -> str:
    return re.sub(r"^doi:", "", name.lower())


def _same_batch(query: Mapping[str, str], batch: Mapping[str, object], asked: Asked) -> bool:
    sent = _json(asked.body)
    ids = sent.get("ids") if isinstance(sent, dict) else None
    return bool(ids) and all(_bare(name) in batch for name in ids) and _same_question(query, asked.query)


def _picked(batch: Mapping[str, object], asked: Asked) -> list[object]:
    return [batch[_bare(name)] for name in json.loads(asked.body)["ids"]]


# --- the formats of the files


@lru_cache(maxsize=64)
def of_file(path: Path) -> Sequence[Recording]:
    """Everything recorded in one file."""
    if path.suffix == ".json":
        return _of_json(json.loads(path.read_bytes()))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where there is one, safe in any case
    data = yaml.load(path.read_bytes(), Loader=loader)
    found = next((data[name] for name in ("interactions", "http_interactions") if name in data), None)
    if found is None:
        raise AssertionError(f"{path.name} is no cassette: it holds neither interactions nor http_interactions")
    return [_of_cassette(item["request"], item["response"]) for item in found]


def _of_json(data: Mapping[str, Any]) -> Sequence[Recording]:
    """A recording in JSON, or the bare body of an answer, whose address is the one its own id has in the documentation."""
    if data.keys() >= {"url", "status_code", "body"}:
        return [Recording("GET", data["url"], "", data["status_code"], {}, data["body"])]
    places = {
        r"https://openalex\.org/(A\d+)": ("id", "https://api.openalex.org/authors/"),
        r"https://openalex\.org/(W\d+)": ("id", "https://api.openalex.org/works/"),
        r"(\d+)": ("authorId", "https://api.semanticscholar.org/graph/v1/author/"),
        r"([0-9a-f]{40})": ("paperId", "https://api.semanticscholar.org/graph/v1/paper/"),
    }
    body, headers = json.dumps(data, ensure_ascii=False), {"Content-Type": "application/json"}
    found = ((address, re.fullmatch(pattern, str(data.get(name, "")))) for pattern, (name, address) in places.items())
    return [Recording("GET", address + match[1], "", 200, headers, body) for address, match in found if match]


def _of_cassette(request: Mapping[str, Any], response: Mapping[str, Any]) -> Recording:
    status = response.get("status_code") or response["status"]
    code = status if isinstance(status, int) else status.get("code") or status["status_code"]
    headers = {name: text[0] if isinstance(text, list) else str(text) for name, text in (response.get("headers") or {}).items()}
    sent = request.get("body") or ""
    return Recording(
        request["method"].upper(),
        request["uri"],
        (sent.get("string") or "") if isinstance(sent, Mapping) else sent,
        int(code),
        headers,
        _read_body(response["content"] if "content" in response else response.get("body")),
    )


def _read_body(body: Any) -> bytes | str:
    """The body as text, decompressed; bytes only where it is no UTF-8."""
    if isinstance(body, Mapping):
        body = base64.b64decode(body["base64_string"]) if "base64_string" in body else body.get("string")
    raw = body.encode() if isinstance(body, str) else body or b""
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw
