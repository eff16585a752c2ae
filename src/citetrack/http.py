"""The only door to the network: what a source is asked goes out, and what it answers comes in, here and nowhere else.

One `Http` stands for one source. It knows the source's base address, keeps its pace, sends the key and the contact where the source documents
them, tries again where that can help, keeps answers for a while, and refuses what is too large or comes from elsewhere. A source only says
which resource it wants; what went wrong comes back as one of the errors below `errors.SourceError`.

The key and the contact are added below the cache, at the last moment: no address that is logged, stored, cached or shown can hold them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import re
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property, lru_cache
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple
from urllib.parse import quote, urlencode, urljoin, urlsplit, urlunsplit

import requests
import tenacity
import urllib3
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from pyrate_limiter import InMemoryBucket, Limiter, Rate, SingleBucketFactory
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from requests_cache import CachedSession
from requests_cache.backends.base import BaseCache
from requests_cache.backends.filesystem import FileDict
from requests_cache.models.response import CachedResponse

from citetrack._version import __version__
from citetrack.errors import BadAnswer, BudgetSpent, NotFound, RateLimited, Refused, SourceError, Stopped, Unavailable
from citetrack.records.text import clean

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    Parameters = Mapping[str, str | int]

JSON: Final = "application/json"
LARGEST: Final = 64 * 2**20
"""Bytes of one answer, unpacked; the largest page that a source documents is 10 MB."""
ATTEMPTS: Final = 4
LONGEST_WAIT: Final = 90.0
"""Seconds. A source that asks for more is left alone, and the message says when to come back."""
_CONNECT_TIMEOUT: Final = 10.0
_READ_TIMEOUT: Final = 60.0
_WHOLE_TIMEOUT: Final = 180.0
_CHUNK: Final = 2**16
_REDIRECTS: Final = 5
_LASTING: Final = (200, 301, 302, 303, 307, 308, 404, 410)
"""What is worth keeping: an answer, where it moved to, and that there is none."""
_SHORTEST_EXPIRY: Final = 1  # what is fresh is decided here, by our clock; to requests-cache everything it holds is old
_MOVED_TO: Final = "X-Moved-To"
_LONGEST_ERROR: Final = 160
_SHORTEST_SECRET: Final = 6  # a shorter one would be found everywhere
_YEAR: Final = 365 * 86_400
_REFUSALS: Final = (400, 409)
_LONGEST_REFUSAL: Final = 10_000


class Pace(NamedTuple):
    """How fast a source may be asked: so many requests in so many seconds, one at a time."""

    requests: int
    seconds: float


class Key(NamedTuple):
    """How a source takes a key: in a header (behind `prefix`) or as a parameter; `variables` are its customary environment variables."""

    variables: tuple[str, ...] = ()
    header: str = ""
    parameter: str = ""
    prefix: str = ""


class Budget(NamedTuple):
    """What a source says is left of an allowance: `left` and the `cost` of one more request in its own `unit`, `renewed` in seconds from now."""

    left: float
    cost: float = 0.0
    renewed: float | None = None
    unit: str = "requests"


class Access(NamedTuple):
    """How one source is reached; made of the constants of its module and of what the user configured."""

    source: str
    base: str
    pace: Pace | None
    home: str = ""
    """The source's own base address, which its redirects name where `base` is a mirror's."""
    hosts: tuple[str, ...] = ()
    key: Key | None = None
    secret: str | None = None
    contact: str | None = None
    contact_parameter: str = ""
    budget: Callable[[Mapping[str, str]], Budget | None] | None = None
    """What the headers of an answer say of an allowance."""
    refusal: Callable[[Answer], str | None] | None = None
    """By which words an answer that is an error turns out to be a block, which no retry helps against."""
    advice: str = ""
    """What to do instead where the source refuses or limits."""

    def __repr__(self) -> str:
        return f"Access({self.source} at {self.base}, {'with' if self.secret else 'without'} a key)"


@dataclass(frozen=True)
class Answer:
    """One answer. `day` is the day on which the source gave it, also where it now comes from the cache; `url` holds neither key nor contact."""

    source: str
    url: str
    status: int
    body: bytes = field(repr=False)
    day: date
    headers: Mapping[str, str] = field(repr=False)
    content: Any = field(default=None, repr=False)
    """The body read as what was asked for: JSON values, or the root of an XML document; `None` in a refusal that was admitted."""

    @cached_property
    def origin(self) -> str:
        """The digest by which the body can be found again: what every observation read from it bears as its origin."""
        return f"sha256:{hashlib.sha256(self.body).hexdigest()}"

    def text(self) -> str:
        """The body as UTF-8, which all sources write; what is not becomes U+FFFD."""
        return self.body.decode("utf-8-sig", errors="replace")

    def json(self) -> object:
        """The body read as JSON."""
        return self.content

    def xml(self) -> Element:
        """The root of the body read as XML."""
        root: Element = self.content
        return root


class Cache:
    """Answers on disk, in a folder of files that several processes may share. A cache that fails costs requests, never an answer."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._backend = BaseCache()
        self._trouble = ""
        try:
            self._backend.responses = _Files(folder, now)
        except OSError as error:
            self._trouble = _uncached(folder, error)

    @property
    def trouble(self) -> str:
        """Why answers are not kept, in one line; empty where they are."""
        return self._trouble or getattr(self._backend.responses, "trouble", "")

    def session(self) -> CachedSession:
        """A session whose answers are kept here."""
        return CachedSession(
            backend=self._backend,
            expire_after=_SHORTEST_EXPIRY,
            allowable_codes=_LASTING,
            allowable_methods=("GET", "POST"),
            key_fn=_name_of,
        )

    def held(self, request: requests.PreparedRequest) -> CachedResponse | None:
        """The answer kept to this request, of whatever age."""
        return self._backend.get_response(_name_of(request))

    def hold(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        """Keep this answer to this request, whatever its status."""
        self._backend.save_response(response, _name_of(request))

    def forget(self, request: requests.PreparedRequest) -> None:
        """Drop the answer to this request."""
        with contextlib.suppress(KeyError):
            del self._backend.responses[_name_of(request)]


def _uncached(folder: Path, error: OSError) -> str:
    return f"answers are not cached, so that the next run asks again: {folder}: {error.strerror}; name another folder in CITETRACK_CACHE"


class _Files(FileDict):
    """Files written whole or not at all, whose age is told by the given clock."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        super().__init__(folder, decode_content=False)  # the bytes as they came: their digest is the origin of what was read
        self._now = now
        self.trouble = ""

    def __getitem__(self, key: str) -> CachedResponse:
        try:
            value = super().__getitem__(key)
        except (ExceptionGroup, ValueError, TypeError, RecursionError):  # the file was cut off, or holds something else
            raise KeyError(key) from None
        if not isinstance(value, CachedResponse) or value.created_at.tzinfo is None or value.status_code < 200:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: CachedResponse) -> None:
        value.created_at = self._now()
        temporary = None
        try:
            with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=self.cache_dir, suffix=".part", delete=False) as file:
                temporary = Path(file.name)
                file.write(self.serialize(value))
            temporary.replace(self._key2path(key))
        except OSError as error:  # a full disk: the answer itself is in hand
            self.trouble = _uncached(Path(self.cache_dir), error)
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)


def _name_of(request: requests.PreparedRequest, **_: object) -> str:
    body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
    accept = request.headers.get("Accept", "")
    return hashlib.sha256(
        b"\n".join([(request.method or "").encode(), (request.url or "").encode(), accept.encode(), body])
    ).hexdigest()


class _Transport(HTTPAdapter):
    """What stands between requests and the network: identification is added here, and answers are read with a limit."""

    def __init__(self, access: Access, on_sent: Callable[[], None], on_headers: Callable[[Mapping[str, str]], None]) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._access, self._on_sent, self._on_headers = access, on_sent, on_headers

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        self._on_sent()
        options |= {"stream": True, "timeout": (_CONNECT_TIMEOUT, _READ_TIMEOUT)}
        response = super().send(_identified(request, self._access), **options)
        response.request, response.url = request, request.url or ""
        response.cookies.clear()
        self._on_headers(dict(response.headers))  # as they came: those of a cached answer that is still true are old
        # Every request for a resource bears the same headers; requests-cache would compare the key.
        response.headers.pop("Vary", None)
        secret = self._access.secret or ""
        for name, value in response.headers.items():
            response.headers[name] = _without_secret(value, secret)
        if "Location" in response.headers:  # requests would stumble over one that is no address
            response.headers[_MOVED_TO] = response.headers.pop("Location")
        response._content = _without_secret(_read_within(response, LARGEST).decode("latin-1"), secret).encode("latin-1")
        response._content_consumed = True  # type: ignore[attr-defined] # as `Response.content` itself does when it has read
        return response


def _identified(request: requests.PreparedRequest, access: Access) -> requests.PreparedRequest:
    identified = request.copy()
    identified.headers.pop("Cache-Control", None)  # requests-cache speaks to itself with it
    own = {access.contact_parameter: access.contact} if access.contact_parameter and access.contact else {}
    if access.contact:
        identified.headers["User-Agent"] = f"{request.headers['User-Agent']} (mailto:{access.contact})"
    if access.key and access.secret:
        if access.key.header:
            identified.headers[access.key.header] = access.key.prefix + access.secret
        else:
            own[access.key.parameter] = access.secret
    if own:
        url = identified.url or ""
        identified.url = f"{url}{'&' if '?' in url else '?'}{urlencode(own)}"
    return identified


def _without_secret(text: str, secret: str) -> str:
    """Text from outside without the key, which some services repeat, as it is or as it stands in an address."""
    if len(secret) < _SHORTEST_SECRET:
        return text
    return _any_form_of(secret).sub("KEY", text)


@lru_cache
def _any_form_of(secret: str) -> re.Pattern[str]:
    """As it is, and as it may stand in an address, in JSON or in HTML, in any case."""
    return re.compile("".join(re.escape(one) if one.isalnum() else _any_form_of_sign(one) for one in secret), re.IGNORECASE)


def _any_form_of_sign(sign: str) -> str:
    number = ord(sign)
    forms = (
        sign,
        f"%{number:02x}",
        f"\\{sign}",
        f"\\u{number:04x}",
        f"&#x{number:x};",
        f"&#{number};",
        *(["+"] if sign == " " else []),
    )
    return f"(?:{'|'.join(map(re.escape, forms))})"


class _Discreet(logging.Filter):
    """Keeps keys out of the log of urllib3, which names whole addresses."""

    secrets: ClassVar[set[str]] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        for secret in self.secrets:
            message = _without_secret(message, secret)
        if message != record.getMessage():
            record.msg, record.args = message, ()
        return True


_DISCREET: Final = _Discreet()
logging.getLogger("urllib3.connectionpool").addFilter(_DISCREET)
logging.getLogger("requests_cache").addHandler(logging.NullHandler())  # of a cached file that cannot be read nobody need hear


def _read_within(response: requests.Response, limit: int) -> bytes:
    """The body unpacked, chunk by chunk, so that neither a gigabyte nor a bomb of a few packed bytes is ever held."""
    ends = time.monotonic() + _WHOLE_TIMEOUT
    chunks, size = [], 0
    with contextlib.closing(response):
        # Not `iter_content`, which would wait for a whole chunk, be it a byte a second.
        while chunk := _next_chunk(response):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise _TooLarge
            if time.monotonic() > ends:
                raise requests.Timeout(f"not whole after {_WHOLE_TIMEOUT:.0f} s")
    return b"".join(chunks)


def _next_chunk(response: requests.Response) -> bytes:
    """What has come, unpacked; the errors of urllib3 become those that requests would make of them."""
    try:
        chunk: bytes = response.raw.read1(_CHUNK, decode_content=True)
    except urllib3.exceptions.DecodeError as error:
        raise requests.exceptions.ContentDecodingError from error
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.Timeout from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError from error
    return chunk


class _TooLarge(requests.RequestException):
    pass


class _Wanted(NamedTuple):
    """The kind of body, and the words of the refusals that are answers too."""

    accept: str
    admitted: tuple[str, ...] = ()


class _Again(Exception):
    """What may go better the next time: the error to give up with, and for how many seconds the source asked to wait."""

    def __init__(self, error: SourceError, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error, self.after = error, after


class Http:
    """One source, asked politely.

    `max_age`: an answer in the cache that is younger is used as it is; an older one is asked for again, conditionally where the source gave a validator.
    `offline`: no connection is made; the cache answers, whatever its age. `now` is the clock. `stop` ends all waiting and asking once it is set.
    `wait` waits for so many seconds (the default ends early when `stop` is set). `keep` is given every body that is read.
    """

    def __init__(
        self,
        access: Access,
        *,
        cache: Cache | None = None,
        max_age: timedelta = timedelta(days=1),
        offline: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        stop: threading.Event | None = None,
        wait: Callable[[float], object] | None = None,
        keep: Callable[[bytes], object] | None = None,
    ) -> None:
        self.access = access
        self.requests = 0
        """How many requests went out to the network, repetitions included."""
        self._cache, self._max_age, self._offline, self._now = cache, max_age, offline, now
        self._stop = stop or threading.Event()
        self._wait = wait or self._stop.wait
        self._keep = keep
        self.day: date | None = None
        """The newest day of an answer, also of one that came from the cache."""
        self._left: Budget | None = None
        self._trail: list[requests.PreparedRequest] = []
        self.asked_at: float | None = None
        """Since when (`time.monotonic`) an answer has been waited for; `None` between two requests."""
        self._too_slow = ""
        self._limiter = _limiter(access.pace)
        if access.secret:
            _DISCREET.secrets.add(access.secret)
        self._session = self._new_session()

    def get(self, *segments: str, params: Parameters | None = None, accept: str = JSON, admitted: tuple[str, ...] = ()) -> Answer:
        """The resource below the base address. Each segment and each parameter is encoded as opaque text.

        A refusal (400, 409) in words that hold one of those `admitted` is an answer too, of that status and without content.

        Raises `NotFound` (404, 410), `Refused` (401, 403, a redirect to a host that is not the source's), `RateLimited`, `BudgetSpent`,
        `Unavailable`, `BadAnswer` (other errors of the request, or a body that is not what `accept` says), `Stopped`.
        """
        return self._answer("GET", segments, params, _Wanted(accept, admitted))

    def get_or_none(
        self, *segments: str, params: Parameters | None = None, accept: str = JSON, admitted: tuple[str, ...] = ()
    ) -> Answer | None:
        """The same; `None` where the source knows no such resource."""
        try:
            return self._answer("GET", segments, params, _Wanted(accept, admitted))
        except NotFound:
            return None

    def post(self, *segments: str, json: object, params: Parameters | None = None, admitted: tuple[str, ...] = ()) -> Answer:
        """The answer to a batch that is asked for by POST; nothing is changed at the source, so that it is cached like any other."""
        return self._answer("POST", segments, params, _Wanted(JSON, admitted), json)

    def forget_last(self) -> None:
        """Drop the newest answer, and how it was reached, from the cache: what was in it could not be read, and may be mended when it is asked for again."""
        for request in self._trail:
            self._forget(request)

    def close(self) -> None:
        """Close the connections; the cache stays."""
        requests.Session.close(self._session)

    def _new_session(self) -> requests.Session:
        session = self._cache.session() if self._cache else requests.Session()
        session.cookies = RequestsCookieJar(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Transport(self.access, self._count, self._obey))
        session.headers.update({"User-Agent": f"citetrack/{__version__}", "Accept-Encoding": "gzip, deflate"})
        return session

    def _count(self) -> None:
        self.requests += 1

    def _answer(
        self, method: str, segments: tuple[str, ...], params: Parameters | None, wanted: _Wanted, body: object = None
    ) -> Answer:
        url = self._url(segments, params)
        self._trail.clear()
        for _ in range(_REDIRECTS):
            request = self._prepared(method, url, body, wanted)
            answer, target = self._held(request, wanted) or self._tried(request, wanted)
            if target is None:
                self.day = max(self.day or answer.day, answer.day)
                if self._keep:
                    self._keep(answer.body)
                return answer
            url = self._allowed(url, target)
        self.forget_last()
        raise BadAnswer(f"{self.access.source} redirects without end at {_shown(url)}")

    def _prepared(self, method: str, url: str, body: object, wanted: _Wanted) -> requests.PreparedRequest:
        # Given something to do, requests does not look for a password in ~/.netrc.
        asked = requests.Request(method, url, json=body, headers={"Accept": wanted.accept}, auth=lambda request: request)
        try:
            return self._session.prepare_request(asked)
        except (requests.RequestException, ValueError):
            raise BadAnswer(f"{self.access.source} names an address that is none: {_shown(url)}") from None

    def _url(self, segments: tuple[str, ...], params: Parameters | None) -> str:
        if {".", ".."} & set(segments):
            raise BadAnswer(f"{self.access.source} cannot be asked for {'/'.join(segments)[:80]}: no id is like that")
        # The colon of `doi:10.…` may stand as it is (RFC 3986, 3.3), and OpenAlex knows its free requests by it.
        path = "".join(f"/{quote(segment, safe=':', errors='replace')}" for segment in segments)
        query = urlencode(
            {name: str(value) for name, value in (params or {}).items()}, quote_via=quote, safe="", errors="replace"
        )
        return f"{self.access.base.rstrip('/')}{path}{'?' + query if query else ''}"

    def _allowed(self, url: str, target: str) -> str:
        """Where a redirect leads, if that is the source's own host, reached as safely as before."""
        try:
            target = self._at_our_base(urljoin(url, target))
            to, own = _host(target), self._own_hosts()
        except ValueError:
            self.forget_last()
            raise BadAnswer(f"{self.access.source} redirects to what is no address; try again later") from None
        if to in own:
            return target
        self.forget_last()  # a hotel's page of welcome is another day's business
        told = f"{self.access.source} sends us to {clean(to[1])[:80] or 'nowhere'}, which is not its own host; not followed"
        raise Refused(self._advised(told))

    def _own_hosts(self) -> set[tuple[str, str, int]]:
        """The base address's, from http to https too; and, where that is the source's own, its other hosts."""
        scheme, host, port = _host(self.access.base)
        others = self.access.hosts if host in self.access.hosts else ()
        return {(scheme, host, port), ("https", host, 443), *(("https", other, 443) for other in others)}

    def _at_our_base(self, target: str) -> str:
        """A mirror redirects to the addresses of what it mirrors; and some repeat the whole query, key and contact included."""
        parts = urlsplit(target)
        named = {self.access.contact_parameter, self.access.key.parameter if self.access.key else ""} - {""}
        kept = [pair for pair in parts.query.split("&") if pair.partition("=")[0] not in named] if parts.query else []
        target = urlunsplit(parts._replace(query="&".join(kept), fragment=""))
        home = self.access.home
        return self.access.base.rstrip("/") + target.removeprefix(home) if home and target.startswith(f"{home}/") else target

    def _held(self, request: requests.PreparedRequest, wanted: _Wanted) -> tuple[Answer, str | None] | None:
        """What the cache answers, if it is young enough or all there can be."""
        held = self._cache.held(request) if self._cache else None
        if held is not None and (self._offline or timedelta(0) <= self._now() - held.created_at <= self._max_age):
            try:
                return self._judged(request, held, held.created_at.date(), wanted)
            except _Again:  # damaged on disk
                self._forget(request)
        if self._offline:
            raise Unavailable(
                f"{self.access.source} was not asked (--offline), and the cache holds no answer of {_shown(request.url)}"
            )
        return None

    def _forget(self, request: requests.PreparedRequest) -> None:
        if self._cache:
            self._cache.forget(request)

    def _tried(self, request: requests.PreparedRequest, wanted: _Wanted) -> tuple[Answer, str | None]:
        """Ask, and ask again where that can help, waiting as long as the source says, or longer each time."""
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            retry=tenacity.retry_if_exception(self._may_help),
            wait=_waiting,
            sleep=self._pause,
            reraise=True,
        )
        try:
            answered: tuple[Answer, str | None] = attempts(self._asked, request, wanted)
        except _Again as last:
            raise last.error from None
        return answered

    def _may_help(self, error: BaseException) -> bool:
        return isinstance(error, _Again) and not self._stop.is_set() and (error.after or 0) <= LONGEST_WAIT

    def _pause(self, seconds: float) -> None:
        self._wait(seconds)
        self._check_stop()

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped(f"{self.access.source} was interrupted")

    def _asked(self, request: requests.PreparedRequest, wanted: _Wanted) -> tuple[Answer, str | None]:
        self._check_stop()
        self._check_budget()
        self._take_turn()
        response = self._sent(request)
        try:
            answer, target = self._judged(request, response, self._now().date(), wanted)
        except _Again:
            self._forget(request)
            raise
        if self._cache and answer.status not in _LASTING:
            self._cache.hold(request, response)
        return answer, target

    def _sent(self, request: requests.PreparedRequest) -> requests.Response:
        source, where = self.access.source, _shown(request.url)
        self.asked_at = time.monotonic()
        try:
            # `Session.send` alone would not know of a proxy or of certificates that the environment names.
            surroundings = self._session.merge_environment_settings(request.url or "", {}, None, None, None)
            return self._session.send(request, allow_redirects=False, **surroundings, **self._freshness(request))
        except _TooLarge:
            raise BadAnswer(f"{source} answers with more than {LARGEST // 2**20} MB at {where}; refused") from None
        except requests.Timeout:
            raise _Again(Unavailable(f"{source} did not answer in time at {where}; try again later")) from None
        except requests.exceptions.ContentDecodingError:
            raise _Again(BadAnswer(f"{source} sends an answer that cannot be unpacked at {where}")) from None
        except requests.exceptions.ChunkedEncodingError:
            raise _Again(BadAnswer(f"{source} sends an answer that breaks off at {where}; try again later")) from None
        except requests.exceptions.SSLError:
            raise Unavailable(
                f"the certificate of {source} cannot be checked at {where}; look at REQUESTS_CA_BUNDLE and the clock"
            ) from None
        except requests.ConnectionError:
            raise _Again(Unavailable(f"{source} cannot be reached at {where}; check the network, then try again")) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError, TypeError) as error:
            # Also what a proxy or certificates come to that the environment names wrongly. Not its text: that may hold a password.
            named = "look at the proxies and certificates that the environment names"
            raise Unavailable(f"{source} cannot be asked at {where} ({type(error).__name__}); {named}") from None
        finally:
            self.asked_at = None

    def _freshness(self, request: requests.PreparedRequest) -> dict[str, bool]:
        """To requests-cache: whether to ask conditionally, or as if nothing were held."""
        held = self._cache.held(request) if self._cache else None
        if not self._cache:
            return {}
        validator = held is not None and held.status_code == 200 and ("ETag" in held.headers or "Last-Modified" in held.headers)
        return {"refresh": True} if validator else {"force_refresh": True}

    def _judged(
        self, request: requests.PreparedRequest, response: requests.Response, day: date, wanted: _Wanted
    ) -> tuple[Answer, str | None]:
        """The answer, or where it moved to; or the error it is."""
        self._trail.append(request)
        answer = Answer(
            self.access.source, request.url or "", response.status_code, response.content or b"", day, response.headers
        )
        status = answer.status
        if status in (301, 302, 303, 307, 308):
            return answer, response.headers.get(_MOVED_TO, "")
        if status != 200:
            fault = self._fault(answer)
            if status not in _REFUSALS or not any(words in answer.text()[:_LONGEST_REFUSAL] for words in wanted.admitted):
                raise fault
            return answer, None
        return replace(answer, content=self._read(answer, wanted.accept)), None

    def _read(self, answer: Answer, accept: str) -> object:
        where = f"{self.access.source} at {_shown(answer.url)}"
        if not answer.body.strip():
            raise _Again(BadAnswer(f"{where} answers nothing; try again later"))
        try:
            if "json" in accept:
                return json.loads(answer.body)
            if "xml" in accept:
                return fromstring(answer.body)
        except DefusedXmlException:
            raise BadAnswer(f"{where} sends XML that declares entities; refused") from None
        except (ValueError, LookupError, ParseError, RecursionError) as error:  # LookupError: an encoding that there is not
            raise _Again(
                BadAnswer(f"{where} sends what is no {'JSON' if 'json' in accept else 'XML'} ({clean(str(error))[:80]})")
            ) from None
        return None

    def _fault(self, answer: Answer) -> Exception:
        """The error that a status means, ready to be raised; `_Again` where asking once more may help."""
        source, status, where = self.access.source, answer.status, _shown(answer.url)
        if self.access.refusal and (blocked := self.access.refusal(answer)):
            return Refused(self._advised(blocked))
        told = f"{source} answers {status} at {where}{_own_words(answer, self.access.secret)}"
        if status in (404, 410):
            return NotFound(told)
        if status in (401, 403):
            return Refused(self._advised(f"{told}; {self._about_the_key()}"))
        if status == 429:
            return self._too_many(answer, told)
        if status in (408, 425) or status >= 500:
            after = _seconds_to_wait(answer.headers, self._now())
            later = f"it asks to come back in {_duration(after)}" if after and after > LONGEST_WAIT else "try again later"
            return _Again(Unavailable(f"{told}; {later}"), after)
        return BadAnswer(told)

    def _advised(self, told: str) -> str:
        return f"{told}; {self.access.advice}" if self.access.advice else told

    def _about_the_key(self) -> str:
        if self.access.key is None:
            return "it takes no key; try again later"
        variable = f"CITETRACK_{self.access.source.upper()}_KEY"
        return f"check the key in {variable}" if self.access.secret else f"a key may help: set {variable}"

    def _too_many(self, answer: Answer, told: str) -> Exception:
        budget = self.access.budget(answer.headers) if self.access.budget else None
        if budget is not None and budget.left <= budget.cost:
            self._left = budget
            return BudgetSpent(self._spent(budget))
        after = _seconds_to_wait(answer.headers, self._now())
        if after is not None and after > LONGEST_WAIT:
            return RateLimited(self._advised(f"{told}; it asks to come back in {_duration(after)}"))
        return _Again(RateLimited(self._advised(f"{told}; try again later")), after)

    def _spent(self, budget: Budget) -> str:
        renewed = f"; renewed in {_duration(budget.renewed)}" if budget.renewed and budget.renewed > 0 else ""
        help_ = (
            ""
            if self.access.secret or not self.access.key
            else f"; a key allows more: CITETRACK_{self.access.source.upper()}_KEY"
        )
        return f"{self.access.source}: its allowance is used up ({budget.left:g} {budget.unit} left){renewed}{help_}"

    def _check_budget(self) -> None:
        """Stop before the source has to say no."""
        if self._too_slow:
            raise RateLimited(self._advised(self._too_slow))
        if self._left is not None and self._left.left < max(self._left.cost, 1e-9):
            raise BudgetSpent(self._spent(self._left))

    def _obey(self, stated: Mapping[str, str]) -> None:
        """What the source says of its limits: what is left of an allowance, and how many requests it takes in how many seconds."""
        headers = CaseInsensitiveDict(stated)
        if self.access.budget:
            self._left = self.access.budget(headers) or self._left
        slow, pace = _stated_pace(headers), self.access.pace
        if slow and pace and slow.seconds / slow.requests > pace.seconds / pace.requests:
            self.access = self.access._replace(pace=slow)
            self._limiter = _limiter(slow)
            if slow.seconds / slow.requests > LONGEST_WAIT:
                allowed = f"{slow.requests} request{'s' if slow.requests > 1 else ''} in {_duration(slow.seconds)}"
                self._too_slow = f"{self.access.source} allows {allowed}; what was fetched is kept, try again then"

    def _take_turn(self) -> None:
        while self._limiter is not None and not self._limiter.try_acquire(self.access.source, blocking=False):
            self._pause(0.02)


def _host(url: str) -> tuple[str, str, int]:
    """Scheme, host and port, as they are compared. Raises `ValueError` for what is no address."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)


def _limiter(pace: Pace | None) -> Limiter | None:
    if pace is None:
        return None
    bucket = InMemoryBucket([Rate(pace.requests, max(1, round(pace.seconds * 1000)))])
    return Limiter(
        SingleBucketFactory(bucket, schedule_leak=False)
    )  # no thread of its own; a run asks too little to need tidying


def _waiting(state: tenacity.RetryCallState) -> float:
    """Seconds before the next attempt: as many as the source asked for, else a second or so, doubled each time, with jitter."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Again) and error.after is not None:
        return error.after
    return float(tenacity.wait_exponential_jitter(initial=1, max=30, jitter=1)(state))


def _seconds_to_wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """`Retry-After` as seconds: a number or a date (RFC 9110, 10.2.3)."""
    stated = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d+)?", stated):
        return float(stated)
    if not stated:
        return None
    try:
        return max(0.0, (parsedate_to_datetime(stated) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _stated_pace(headers: Mapping[str, str]) -> Pace | None:
    """Crossref's `X-Rate-Limit-Limit: 50` and `X-Rate-Limit-Interval: 1s`."""
    limit, interval = headers.get("X-Rate-Limit-Limit", ""), headers.get("X-Rate-Limit-Interval", "")
    if re.fullmatch(r"[1-9]\d{0,6}", limit) and (seconds := re.fullmatch(r"([1-9]\d{0,4})s", interval)):
        return Pace(int(limit), float(seconds[1]))
    return None


def _own_words(answer: Answer, secret: str | None) -> str:
    """What the source says of its error, short and harmless, and without the key, which some repeat."""
    try:
        said = _first_text(json.loads(answer.body))
    except (ValueError, RecursionError):
        said = answer.text() if len(answer.body) < 300 and b"<" not in answer.body else ""
    said = said or _summary(answer)
    words = _without_secret(clean(said), secret or "")[:_LONGEST_ERROR]
    return f" ({words})" if words else ""


def _summary(answer: Answer) -> str:
    """ArXiv explains an error in the summary of an entry."""
    found = re.search(rb"<summary[^>]*>([^<]{1,500})<", answer.body[:10_000])
    return found[1].decode(errors="replace") if found else ""


def _first_text(error: object) -> str:
    """The explanation inside an error: under one of its customary names, at any depth that is not silly."""
    for _ in range(4):
        if isinstance(error, str):
            return error
        if isinstance(error, list) and error:
            error = error[0]
        elif isinstance(error, Mapping):
            named = ("message", "error_description", "user-message", "developer-message", "detail", "error", "title")
            error = next((error[name] for name in named if error.get(name)), None)
    return ""


def _duration(seconds: float) -> str:
    if seconds > _YEAR:
        return "more than a year"
    minutes = round(seconds / 60)
    return f"{round(seconds)} s" if seconds < 120 else f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"


def _shown(url: str | None) -> str:
    """An address for a message: host and path, cut where they are long."""
    bare = clean((url or "").partition("://")[2].partition("?")[0])
    return bare if len(bare) <= 80 else f"{bare[:79]}…"
