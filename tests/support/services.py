"""Seven services on loopback that answer as the documentation of the real ones says, over one small world of works and people.

They were written from the documentation, not from the readers that are tested against them. What is documented of paging, batches, unknown and
merged ids, limits and errors holds here too: who asks for more than is allowed gets the error that is documented, not more.
The works and their authors are real where they are Junyang Lin's; Josiah Carberry and his works are the inventions that ORCID and Crossref use in
their own documentation; every count and every id at OpenAlex and Semantic Scholar is made up.

`with Services() as services:` starts them; `services.environment()` is what makes citetrack ask them; `services.asked` is what was asked. Each can be
made to fail (`services.fail`), and anything can be done at the n-th request (`services.at`).
"""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    import socket
    from types import TracebackType

NAMES = ("arxiv", "crossref", "dblp", "openalex", "orcid", "scholar", "semanticscholar")
KEY = "the-right-key-4711"
"""The key that every service takes; any other one is refused."""


# --- the world ----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """Somebody the services know, each by an id of its own or not at all. `formerly` are ids that were merged into the present ones."""

    name: str
    aka: tuple[str, ...] = ()
    affiliation: str = ""
    orcid: str = ""
    openalex: str = ""
    s2: str = ""
    dblp: str = ""
    scholar: str = ""
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True)
class Work:
    """A work: `authors` as printed, `by` those among them whom the services know. `cited` is what each service counts in its own way.

    With a DOI and an arXiv id it is a paper and its preprint: one work to OpenAlex and Semantic Scholar, two to DBLP, ORCID, arXiv and Crossref.
    """

    id: int
    title: str
    authors: tuple[str, ...]
    year: int
    by: tuple[Person, ...]
    cited: int
    doi: str = ""
    arxiv: str = ""
    venue: str = ""
    kind: str = "article"
    markup: str = ""
    """The title as a publisher deposited it, with HTML."""
    note: str = ""

    def person(self, author: str) -> Person | None:
        return next((person for person in self.by if author in (person.name, *person.aka)), None)

    def written_by(self, person: Person) -> bool:
        return person in self.by


LIN = Person(
    "Junyang Lin", affiliation="Alibaba Group", openalex="A5100000215", s2="2000003823", dblp="215/3823", scholar="qp6IwtgAAAAJ"
)
CARBERRY = Person(
    "Josiah Carberry",
    aka=("J. S. Carberry", "カーベリー ジョサイア"),
    affiliation="Brown University",
    orcid="0000-0002-1825-0097",
    openalex="A5100001825",
    s2="2000001825",
    dblp="97/1825-1",
    scholar="CbrryJ0AAAAJ",
    formerly=("A5100009999",),
)
NAMESAKE = Person("Josiah Carberry", affiliation="Wesleyan University", openalex="A5100007777", s2="2000007777", dblp="97/1825-2")
PEOPLE = (LIN, CARBERRY, NAMESAKE)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


_EMNLP = "Proceedings of the 2018 Conference on Empirical Methods in Natural Language Processing"
_ACL = "Proceedings of the 56th Annual Meeting of the Association for Computational Linguistics (Volume 2: Short Papers)"
_IJCAI = "Proceedings of the Twenty-Seventh International Joint Conference on Artificial Intelligence"
_KDD = "Proceedings of the 27th ACM SIGKDD Conference on Knowledge Discovery and Data Mining"
_PSYCHO = "Journal of Psychoceramics"

WORKS = (
    Work(
        1,
        "An Auto-Encoder Matching Model for Learning Utterance-Level Semantic Dependency in Dialogue Generation",
        _names("Liangchen Luo, Jingjing Xu, Junyang Lin, Qi Zeng, Xu Sun"),
        2018, (LIN,), 60, "10.18653/v1/d18-1075", venue=_EMNLP, kind="inproceedings",
    ),
    Work(
        2,
        "Semantic-Unit-Based Dilated Convolution for Multi-Label Text Classification",
        _names("Junyang Lin, Qi Su, Pengcheng Yang, Shuming Ma, Xu Sun"),
        2018, (LIN,), 70, "10.18653/v1/d18-1485", venue=_EMNLP, kind="inproceedings",
    ),
    Work(
        3,
        "Global Encoding for Abstractive Summarization",
        _names("Junyang Lin, Xu Sun, Shuming Ma, Qi Su"),
        2018, (LIN,), 150, "10.18653/v1/p18-2027", venue=_ACL, kind="inproceedings",
    ),
    Work(
        4,
        "Bag-of-Words as Target for Neural Machine Translation",
        _names("Shuming Ma, Xu Sun, Yizhong Wang, Junyang Lin"),
        2018, (LIN,), 48, "10.18653/v1/p18-2053", venue=_ACL, kind="inproceedings",
    ),
    Work(
        5,
        "A Hierarchical End-to-End Model for Jointly Improving Text Summarization and Sentiment Classification",
        _names("Shuming Ma, Xu Sun, Junyang Lin, Xuancheng Ren"),
        2018, (LIN,), 80, "10.24963/ijcai.2018/591", "1805.01089", _IJCAI, "inproceedings",
    ),
    Work(
        6,
        "Towards Knowledge-Based Personalized Product Description Generation in E-commerce",
        _names("Qibin Chen, Junyang Lin, Yichang Zhang, Hongxia Yang, Jingren Zhou, Jie Tang"),
        2019, (LIN,), 90, "", "1903.12457",
    ),
    Work(
        7,
        "InterBERT: Vision-and-Language Interaction for Multi-modal Pretraining",
        _names("Junyang Lin, An Yang, Yichang Zhang, Jie Liu, Jingren Zhou, Hongxia Yang"),
        2020, (LIN,), 66, "", "2003.13198",
    ),
    Work(
        8,
        "M6: Multi-Modality-to-Multi-Modality Multitask Mega-transformer for Unified Pretraining",
        _names("Junyang Lin, Rui Men, An Yang, Chang Zhou, Yichang Zhang, Peng Wang, Jingren Zhou, Jie Tang, Hongxia Yang"),
        2021, (LIN,), 33, "10.1145/3447548.3467206", venue=_KDD, kind="inproceedings",
        markup="M6: Multi-Modality-to-Multi-Modality Multitask <i>Mega-transformer</i> for Unified Pretraining",
    ),
    Work(
        9,
        "OFA: Unifying Architectures, Tasks, and Modalities Through a Simple Sequence-to-Sequence Learning Framework",
        _names("Peng Wang, An Yang, Rui Men, Junyang Lin, Shuai Bai, Zhikang Li, Jianxin Ma, Chang Zhou, Jingren Zhou, Hongxia Yang"),
        2022, (LIN,), 900, "", "2202.03052",
    ),
    Work(
        10,
        "Chinese CLIP: Contrastive Vision-Language Pretraining in Chinese",
        _names("An Yang, Junshu Pan, Junyang Lin, Rui Men, Yichang Zhang, Jingren Zhou, Chang Zhou"),
        2022, (LIN,), 120, "", "2211.01335",
    ),
    Work(
        11,
        "ONE-PEACE: Exploring One General Representation Model Toward Unlimited Modalities",
        _names("Peng Wang, Shijie Wang, Junyang Lin, Shuai Bai, Xiaohuan Zhou, Jingren Zhou, Xinggang Wang, Chang Zhou"),
        2023, (LIN,), 110, "", "2305.11172",
    ),
    Work(
        12,
        "Exploring Sparse Expert Models and Beyond",
        _names(
            "An Yang, Junyang Lin, Rui Men, Chang Zhou, Le Jiang, Xianyan Jia, Ang Wang, Jie Zhang, Jiamang Wang, Yong Li, "
            "Di Zhang, Wei Lin, Lin Qu, Jingren Zhou, Hongxia Yang"
        ),
        2021, (LIN,), 40, "", "2105.15082",
    ),
    Work(
        21,
        "Toward a Unified Theory of High-Energy Metaphysics: Silly String Theory",
        ("Josiah Carberry",),
        2008, (CARBERRY,), 20, "10.5555/12345678", venue=_PSYCHO,
    ),
    Work(
        22,
        "The Memory Bus Considered Harmful & Slow",
        _names("Josiah Carberry, Alva Stinkney"),
        2012, (CARBERRY,), 12, "10.5555/666655554444", venue=_PSYCHO,
        markup="The <i>Memory Bus</i> Considered Harmful &amp;amp; Slow",
    ),
    Work(
        23,
        "The Impact of Interactive Epistemologies on Cryptography",
        _names("Alva Stinkney, Josiah Carberry"),
        2021, (CARBERRY,), 7, "10.5555/987654321", "2012.99991", _PSYCHO,
    ),
    Work(
        24,
        "陶器心理学の基礎 (Foundations of Psychoceramics)",
        _names("カーベリー ジョサイア, 高橋 花子"),
        2019, (CARBERRY,), 3, "10.5555/20190401", venue="陶器心理学雑誌",
    ),
    Work(
        25,
        "Cracked Pots in Theory and Practice",
        ("J. S. Carberry",),
        2023, (CARBERRY,), 1, "", "2301.99992",
        note="Comment: 12 pages, many of them cracked",
    ),
    Work(
        31,
        "A Study of Something Else Entirely",
        _names("Josiah Carberry, Ada Berg"),
        2015, (NAMESAKE,), 500, "10.5555/31313131", venue="Journal of Other Things",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """What the services know. Each counts citations in a way of its own, so that no two are ever mistaken for each other."""

    people: tuple[Person, ...] = PEOPLE
    works: tuple[Work, ...] = WORKS

    def of(self, person: Person) -> list[Work]:
        return [work for work in self.works if work.written_by(person)]

    def called(self, words: Iterable[str]) -> list[Person]:
        """Those one of whose names holds all the words."""
        wanted = {word.casefold() for word in words}
        return [
            person
            for person in self.people
            if wanted and any(wanted <= set(name.casefold().split()) for name in (person.name, *person.aka))
        ]

    def with_doi(self, doi: str) -> Work | None:
        return next((work for work in self.works if work.doi and work.doi == doi.casefold()), None)

    def with_arxiv(self, arxiv: str) -> Work | None:
        return next((work for work in self.works if work.arxiv and work.arxiv == arxiv), None)


COUNTS: Mapping[str, Callable[[Work], int]] = {
    "openalex": lambda work: work.cited,
    "semanticscholar": lambda work: work.cited + 3,
    "crossref": lambda work: work.cited // 2,
    "scholar": lambda work: work.cited * 2,
}


def h_index(counts: Iterable[int]) -> int:
    return sum(count >= rank for rank, count in enumerate(sorted(counts, reverse=True), 1))


# --- asking and answering -----------------------------------------------------------------------------------------------------------------


class Asked(NamedTuple):
    """A request as it came: the service, the path below its address (decoded), the parameters, and what else a test may look at."""

    service: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes
    target: str

    def __str__(self) -> str:
        return f"{self.service}: {self.method} {self.target} {self.body[:100].decode(errors='replace')}".rstrip()


@dataclass(frozen=True)
class Reply:
    """An answer before it is written. `cut` sends only so much of the body as a fraction, though all of it was announced."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: float = 1.0


Fault = Callable[[Reply], Reply]
"""How a service fails: what becomes of the answer it would have given."""


def answers(status: int, body: str = "", **headers: str) -> Fault:
    """It answers with this status; `retry_after="0"` is the header `Retry-After`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda reply: Reply(status, body.encode(), named)


def truncated(reply: Reply) -> Reply:
    """The connection ends in the middle of the answer."""
    return replace(reply, cut=0.5)


def half(reply: Reply) -> Reply:
    """The answer is whole as HTTP sees it, and half of what it should be."""
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def garbage(reply: Reply) -> Reply:
    """The answer is none."""
    return replace(reply, body=b"\x00\xff<<<{{{ not what anybody asked for")


def empty(reply: Reply) -> Reply:
    """The answer is nothing."""
    return replace(reply, body=b"")


def _json(value: object, status: int = 200, **headers: str) -> Reply:
    content = {"Content-Type": "application/json; charset=utf-8"}
    return Reply(status, json.dumps(value, ensure_ascii=False).encode(), content | headers)


def _markup(text: str, status: int = 200, kind: str = "application/xml", **headers: str) -> Reply:
    return Reply(status, text.encode(), {"Content-Type": f"{kind}; charset=utf-8"} | headers)


def _number(query: Mapping[str, str], name: str, default: int) -> int | None:
    """A parameter that is a whole number from 0 up; `None` where it is something else."""
    stated = query.get(name, str(default))
    return int(stated) if stated.isascii() and stated.isdigit() else None


# --- OpenAlex -----------------------------------------------------------------------------------------------------------------------------

_WORK_FIELDS = frozenset(
    "id doi title display_name publication_year publication_date type ids authorships primary_location locations best_oa_location biblio "
    "cited_by_count counts_by_year referenced_works_count is_retracted language topics is_authors_truncated".split()
)
_AUTHOR_FIELDS = frozenset(
    "id orcid display_name display_name_alternatives works_count cited_by_count summary_stats affiliations last_known_institutions topics "
    "counts_by_year ids works_api_url updated_date created_date relevance_score".split()
)


class OpenAlex:
    """https://developers.openalex.org: single entities for nothing, lists for a credit, searches for ten; `credits` are what the day still holds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.credits = 1000
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Reply:
        if len(asked.target) > 4094:
            return self._error(414, "Request-URI Too Large", "")
        kind, _, id = asked.path.strip("/").partition("/")
        single, search = bool(id), "search" in asked.query
        cost = 0 if single else 10 if search else 1
        with self._lock:
            if cost > self.credits:
                return self._spent(cost)
            self.credits -= cost
        key = asked.query.get("api_key")
        if key not in (None, KEY):
            return self._error(401, "Invalid API key", f"The API key {key} is not valid", cost)
        found: Callable[..., Reply] | None = {
            ("works", True): self._work,
            ("works", False): self._works,
            ("authors", True): self._author,
            ("authors", False): self._authors,
        }.get((kind, single))
        reply = found(asked.query, id) if found else self._error(404, "Not found", "There is no such endpoint")
        return replace(reply, headers=reply.headers | self._allowance(cost))

    def _allowance(self, cost: int) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": "1000",
            "X-RateLimit-Remaining": str(self.credits),
            "X-RateLimit-Credits-Used": str(cost),
            "X-RateLimit-Reset": "43200",
        }

    def _spent(self, cost: int) -> Reply:
        told = self._error(
            429, "Rate limit exceeded", "Insufficient credits for this request; the daily limit resets at midnight UTC"
        )
        return replace(told, headers=told.headers | self._allowance(0) | {"X-RateLimit-Credits-Required": str(cost)})

    @staticmethod
    def _error(status: int, error: str, message: str, cost: int = 0) -> Reply:
        return _json({"error": error, "message": message}, status)

    def _selected(self, item: dict[str, Any], query: Mapping[str, str], known: frozenset[str]) -> dict[str, Any]:
        wanted = query.get("select", "")
        return {name: item.get(name) for name in wanted.split(",")} if wanted else item

    def _unknown_field(self, query: Mapping[str, str], known: frozenset[str]) -> Reply | None:
        for name in filter(None, query.get("select", "").split(",")):
            if name not in known:
                return self._error(400, "Invalid query parameters error.", f"{name} is not a valid select field.")
        return None

    def _work(self, query: Mapping[str, str], id: str) -> Reply:
        found = self._with_doi(id.removeprefix("doi:").removeprefix("https://doi.org/")) if "10." in id else None
        found = found or next(
            (work for work in self.world.works if id.removeprefix("https://openalex.org/") == self.own(work)), None
        )
        if found is None:
            return self._error(404, "Not found", f"Work {id} not found")
        return self._unknown_field(query, _WORK_FIELDS) or _json(self._selected(self.work(found), query, _WORK_FIELDS))

    def _with_doi(self, doi: str) -> Work | None:
        """A work bears one DOI: that of its published form, or the one that arXiv registered."""
        doi = doi.casefold()
        found = self.world.with_doi(doi) or self.world.with_arxiv(doi.removeprefix("10.48550/arxiv."))
        return found if found and self.doi(found) == doi else None

    @staticmethod
    def doi(work: Work) -> str:
        return work.doi or f"10.48550/arxiv.{work.arxiv}"

    @staticmethod
    def own(work: Work) -> str:
        return f"W41000{work.id:05}"

    def _works(self, query: Mapping[str, str], _: str) -> Reply:
        chosen = list(self.world.works)
        for part in filter(None, query.get("filter", "").split(",")):
            name, _, value = part.partition(":")
            values = value.split("|")
            if len(values) > 100:
                return self._error(
                    400, "Invalid query parameters error.", f"Maximum number of values exceeded for {name}. 100 is the limit."
                )
            match name:
                case "authorships.author.id" | "author.id":
                    wanted = {one.rpartition("/")[2].upper() for one in values}
                    chosen = [work for work in chosen if any(person.openalex in wanted for person in work.by)]
                case "authorships.author.orcid" | "author.orcid":
                    chosen = [work for work in chosen if any(person.orcid in value for person in work.by if person.orcid)]
                case "doi":
                    found = [self._with_doi(one.removeprefix("https://doi.org/")) for one in values]
                    chosen = [work for work in chosen if work in found]
                case _:
                    return self._error(
                        400, "Invalid query parameters error.", f"{name} is not a valid field. Valid fields are: doi, author.id"
                    )
        return self._unknown_field(query, _WORK_FIELDS) or self._page(chosen, query, self.work, _WORK_FIELDS)

    def _page(
        self, chosen: Sequence[Any], query: Mapping[str, str], form: Callable[[Any], dict[str, Any]], known: frozenset[str]
    ) -> Reply:
        """By cursor until a page is empty and names none, or by number as far as the ten thousandth."""
        size = int(query.get("per_page") or query.get("per-page") or "25")
        if not 1 <= size <= 100:
            return self._error(400, "Pagination error.", "per-page parameter must be between 1 and 100")
        page: int | None = int(query.get("page", "1"))
        cursor = query.get("cursor")
        if cursor:
            try:
                start = 0 if cursor == "*" else int(json.loads(base64.b64decode(cursor, validate=True))[0])
            except (ValueError, TypeError, IndexError):
                return self._error(400, "Pagination error.", "cursor value is invalid")
            page = None
        else:
            if page is None or page * size > 10_000:
                return self._error(
                    400, "Pagination error.", "Maximum results size of 10,000 records is exceeded. Cursor pagination is required."
                )
            start = (page - 1) * size
        found = chosen[start : start + size]
        following = (
            base64.b64encode(json.dumps([start + len(found), "https://openalex.org/"]).encode()).decode() if found else None
        )
        meta: dict[str, Any] = {
            "count": len(chosen),
            "db_response_time_ms": 7,
            "page": page,
            "per_page": size,
            "groups_count": None,
        }
        if cursor:
            meta["next_cursor"] = following
        return _json({"meta": meta, "results": [self._selected(form(one), query, known) for one in found], "group_by": []})

    def work(self, work: Work) -> dict[str, Any]:
        own, doi = f"https://openalex.org/{self.own(work)}", f"https://doi.org/{self.doi(work)}"
        places = [self._place(doi, work.venue, work.kind)] if work.doi else []
        places += (
            [self._place(f"https://arxiv.org/abs/{work.arxiv}", "arXiv (Cornell University)", "repository")] if work.arxiv else []
        )
        count = COUNTS["openalex"](work)
        return {
            "id": own,
            "doi": doi,
            "title": work.markup or work.title,
            "display_name": work.markup or work.title,
            "publication_year": work.year,
            "type": "article" if work.doi else "preprint",
            "ids": {"openalex": own, "doi": doi},
            "authorships": [self._authorship(work, place, author) for place, author in enumerate(work.authors[:100])],
            "primary_location": places[0],
            "locations": places,
            "biblio": {"volume": None, "issue": None, "first_page": None, "last_page": None},
            "cited_by_count": count,
            "counts_by_year": [
                {"year": 2025, "cited_by_count": count // 2},
                {"year": 2024, "cited_by_count": count - count // 2},
            ],
        }

    @staticmethod
    def _place(url: str, venue: str, kind: str) -> dict[str, Any]:
        type = {"inproceedings": "conference", "repository": "repository"}.get(kind, "journal")
        source = {"id": "https://openalex.org/S41", "display_name": venue, "type": type, "host_organization_name": None}
        version = "submittedVersion" if type == "repository" else "publishedVersion"
        return {"is_oa": True, "landing_page_url": url, "pdf_url": None, "source": source, "version": version, "license": None}

    @staticmethod
    def _authorship(work: Work, place: int, author: str) -> dict[str, Any]:
        person = work.person(author)
        institutions = [{"id": "https://openalex.org/I1", "display_name": person.affiliation}] if person else []
        position = "first" if place == 0 else "last" if place == len(work.authors) - 1 else "middle"
        return {
            "author_position": position,
            "author": {
                # whoever was not told apart is a placeholder
                "id": f"https://openalex.org/{person.openalex if person else 'A9999999999'}",
                "display_name": person.name if person else None,
                "orcid": f"https://orcid.org/{person.orcid}" if person and person.orcid else None,
            },
            "institutions": institutions,
            "raw_author_name": author,
            "raw_affiliation_strings": [person.affiliation] if person else [],
        }

    def _author(self, query: Mapping[str, str], id: str) -> Reply:
        bare = id.removeprefix("https://openalex.org/").upper()
        orcid = id.removeprefix("orcid:").removeprefix("https://orcid.org/")
        merged = next((person for person in self.world.people if bare in person.formerly), None)
        if merged:
            return Reply(301, b"", {"Location": f"{self.base}/authors/{merged.openalex}"})
        found = next(
            (person for person in self.world.people if person.openalex == bare or (person.orcid and person.orcid == orcid)), None
        )
        if found is None:
            return self._error(404, "Not found", f"Author {id} not found")
        return self._unknown_field(query, _AUTHOR_FIELDS) or _json(self._selected(self.author(found), query, _AUTHOR_FIELDS))

    base = ""

    def _authors(self, query: Mapping[str, str], _: str) -> Reply:
        found = (
            self.world.called(query.get("search", "").replace("-", " ").split()) if "search" in query else list(self.world.people)
        )
        return self._unknown_field(query, _AUTHOR_FIELDS) or self._page(found, query, self.author, _AUTHOR_FIELDS)

    def author(self, person: Person) -> dict[str, Any]:
        counts = [COUNTS["openalex"](work) for work in self.world.of(person)]
        institution = {"id": "https://openalex.org/I1", "display_name": person.affiliation}
        return {
            "id": f"https://openalex.org/{person.openalex}",
            "orcid": f"https://orcid.org/{person.orcid}" if person.orcid else None,
            "display_name": person.name,
            "display_name_alternatives": list(person.aka),
            "works_count": len(counts),
            "cited_by_count": sum(counts),
            "summary_stats": {
                "2yr_mean_citedness": 1.5,
                "h_index": h_index(counts),
                "i10_index": sum(count >= 10 for count in counts),
            },
            "affiliations": [{"institution": institution, "years": [2024]}],
            "last_known_institutions": [institution],
            "topics": [
                {"id": "https://openalex.org/T1", "display_name": "Natural language processing" if person is LIN else "Ceramics"}
            ],
            "counts_by_year": [{"year": 2024, "works_count": 1, "cited_by_count": 5}],
        }


# --- Semantic Scholar ---------------------------------------------------------------------------------------------------------------------

_S2_PAPER = frozenset(
    "paperId corpusId externalIds url title abstract venue publicationVenue year referenceCount citationCount influentialCitationCount isOpenAccess "
    "openAccessPdf fieldsOfStudy s2FieldsOfStudy publicationTypes publicationDate journal citationStyles authors".split()
)
_S2_AUTHOR = frozenset("authorId externalIds url name affiliations homepage paperCount citationCount hIndex papers".split())


class SemanticScholar:
    """https://api.semanticscholar.org/api-docs/graph: fields by name, pages by offset and limit, batches of at most 500."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("x-api-key", KEY) != KEY:
            return _json({"message": "Forbidden"}, 403)
        parts = asked.path.strip("/").split("/")
        match asked.method, parts:
            case "POST", ["paper", "batch"]:
                return self._batch(asked)
            case "GET", ["author", "search"]:
                return self._search(asked.query)
            case "GET", ["author", id]:
                return self._author(id, asked.query)
            case "GET", ["author", id, "papers"]:
                return self._papers(id, asked.query)
            case "GET", ["paper", *rest]:
                work = self._known("/".join(rest))
                return (
                    self._chosen(work, asked.query, self._paper, _S2_PAPER)
                    if work
                    else self._error(404, f"Paper with id {'/'.join(rest)} not found")
                )
        return self._error(404, "Not Found")

    @staticmethod
    def _error(status: int, told: str) -> Reply:
        return _json({"error": told}, status)

    def _known(self, id: str) -> Work | None:
        scheme, _, value = id.partition(":")
        match scheme.upper():
            case "DOI":
                doi = value.casefold()
                return self.world.with_doi(doi) or self.world.with_arxiv(doi.removeprefix("10.48550/arxiv."))
            case "ARXIV":
                return self.world.with_arxiv(value)
        return self.world.with_doi(id) or next((work for work in self.world.works if self.own(work) == id), None)

    @staticmethod
    def own(work: Work) -> str:
        return f"{work.id:040x}"

    def _bad_fields(self, query: Mapping[str, str], known: frozenset[str]) -> Reply | None:
        bad = [name for name in query.get("fields", "").split(",") if name and name.partition(".")[0] not in known]
        return self._error(400, f"Unrecognized or unsupported fields: [{', '.join(bad)}]") if bad else None

    def _chosen(
        self, item: Any, query: Mapping[str, str], form: Callable[[Any, set[str]], dict[str, Any]], known: frozenset[str]
    ) -> Reply:
        return self._bad_fields(query, known) or _json(form(item, set(query.get("fields", "").split(","))))

    def _batch(self, asked: Asked) -> Reply:
        wanted = json.loads(asked.body).get("ids") if asked.body else None
        if not isinstance(wanted, list) or not wanted:
            return self._error(400, "Missing or empty required body parameter: ids")
        if len(wanted) > 500:
            return self._error(400, f"Too many ids: {len(wanted)}; at most 500 are allowed")
        found = [self._known(str(id)) for id in wanted]
        if not any(found):
            return self._error(400, "No valid paper ids given")
        fields = set(asked.query.get("fields", "").split(","))
        return self._bad_fields(asked.query, _S2_PAPER) or _json([work and self._paper(work, fields) for work in found])

    def _range(self, query: Mapping[str, str]) -> tuple[int, int] | Reply:
        start, size = _number(query, "offset", 0), _number(query, "limit", 100)
        if start is None or size is None or not 1 <= size <= 1000 or start + size >= 10_000:
            return self._error(400, "offset + limit must be < 10000, limit at most 1000")
        return start, size

    def _paged(
        self, items: Sequence[Any], query: Mapping[str, str], form: Callable[[Any, set[str]], dict[str, Any]], **more: Any
    ) -> Reply:
        bounds = self._range(query)
        if isinstance(bounds, Reply):
            return bounds
        start, size = bounds
        fields = set(query.get("fields", "").split(","))
        following = {"next": start + size} if start + size < len(items) else {}
        return _json(
            more | {"offset": start} | following | {"data": [form(item, fields) for item in items[start : start + size]]}
        )

    def _author(self, id: str, query: Mapping[str, str]) -> Reply:
        person = self._person(id)
        return (
            self._chosen(person, query, self._described, _S2_AUTHOR)
            if person
            else self._error(404, f"Author with id {id} not found")
        )

    def _person(self, id: str) -> Person | None:
        return next((person for person in self.world.people if person.s2 == id), None)

    def _papers(self, id: str, query: Mapping[str, str]) -> Reply:
        person = self._person(id)
        if person is None:
            return self._error(404, f"Author with id {id} not found")
        return self._bad_fields(query, _S2_PAPER) or self._paged(self.world.of(person), query, self._paper)

    def _search(self, query: Mapping[str, str]) -> Reply:
        words = query.get("query", "")
        if not words:
            return self._error(400, "Missing required parameter: query")
        found = (
            [] if "-" in words else [person for person in self.world.called(words.split()) if person.s2]
        )  # no hyphened words, says its FAQ
        return self._bad_fields(query, _S2_AUTHOR) or self._paged(found, query, self._described, total=len(found))

    def _described(self, person: Person, fields: set[str]) -> dict[str, Any]:
        works = self.world.of(person)
        counts = [COUNTS["semanticscholar"](work) for work in works]
        external: dict[str, list[str]] = {"ORCID": [person.orcid]} if person.orcid else {}
        if person.dblp:
            external["DBLP"] = [person.name]
        every = {
            "externalIds": external,
            "url": f"https://www.semanticscholar.org/author/{person.s2}",
            "name": person.name,
            "affiliations": [],
            "homepage": None,
            "paperCount": len(works),
            "citationCount": sum(counts),
            "hIndex": h_index(counts),
        }
        said = {"authorId": person.s2} | {name: value for name, value in every.items() if name in fields or fields == {""}}
        if any(name.startswith("papers") for name in fields):
            own = {name.removeprefix("papers.") for name in fields if name.startswith("papers.")}
            said["papers"] = [self._paper(work, own) for work in works]
        return said

    def _paper(self, work: Work, fields: set[str]) -> dict[str, Any]:
        external = (
            {"CorpusId": 700_000 + work.id}
            | ({"DOI": work.doi} if work.doi else {})
            | ({"ArXiv": work.arxiv} if work.arxiv else {})
        )
        conference = work.kind == "inproceedings"
        every = {
            "externalIds": external,
            "url": f"https://www.semanticscholar.org/paper/{self.own(work)}",
            "title": work.title,
            "venue": work.venue or "arXiv.org",
            "publicationVenue": None,
            "year": work.year,
            "referenceCount": 25,
            "citationCount": COUNTS["semanticscholar"](work),
            "influentialCitationCount": work.cited // 10,
            "publicationTypes": ["Conference"] if conference else ["JournalArticle"],
            "journal": {"name": work.venue or "ArXiv", "volume": f"abs/{work.arxiv}" if work.arxiv else None},
            "authors": [
                {"authorId": person.s2 if (person := work.person(name)) else None, "name": name} for name in work.authors
            ],
        }
        return {"paperId": self.own(work)} | {name: value for name, value in every.items() if name in fields or fields == {""}}


# --- Crossref -----------------------------------------------------------------------------------------------------------------------------


class Crossref:
    """https://api.crossref.org/swagger-ui: what members registered, one by DOI or lists by filters; it knows nothing that arXiv registered."""

    def __init__(self, world: World) -> None:
        self.world = world

    _LIMITS: Mapping[str, str] = {
        "X-Rate-Limit-Limit": "5",
        "X-Rate-Limit-Interval": "1s",
        "X-Api-Pool": "public",
        "X-Concurrency-Limit": "1",
    }

    def answer(self, asked: Asked) -> Reply:
        if len(asked.target) > 4000:
            return Reply(414, b"", {})
        token = asked.headers.get("Crossref-Plus-API-Token", f"Bearer {KEY}")
        if token != f"Bearer {KEY}":
            return _markup("Invalid token", 401, "text/plain")
        path = asked.path.strip("/")
        if path == "works":
            reply = self._works(asked.query)
        else:
            work = self.world.with_doi(path.removeprefix("works/")) if path.startswith("works/") else None
            reply = self._message("work", self._work(work)) if work else _markup("Resource not found.", 404, "text/plain")
        return replace(reply, headers=reply.headers | self._LIMITS)

    @staticmethod
    def _message(kind: str, message: object) -> Reply:
        return _json({"status": "ok", "message-type": kind, "message-version": "1.0.0", "message": message})

    @staticmethod
    def _invalid(kind: str, value: str, told: str) -> Reply:
        failure = [{"type": kind, "value": value, "message": told}]
        return _json({"status": "failed", "message-type": "validation-failure", "message": failure}, 400)

    def _works(self, query: Mapping[str, str]) -> Reply:
        for name in query.keys() - set("filter rows offset sort order select query cursor mailto sample facet".split()):
            return self._invalid("parameter-not-allowed", name, "This route does not support that parameter")
        size, start = _number(query, "rows", 20), _number(query, "offset", 0)
        if size is None or size > 1000:
            return self._invalid(
                "integer-not-valid",
                query["rows"],
                "Integer specified as rows must be a positive integer less than or equal to 1000",
            )
        if start is None or start + size > 10_000:
            return self._invalid(
                "integer-not-valid", query.get("offset", ""), "Integer specified as offset must be less than or equal to 10000"
            )
        chosen: Any = self._filtered(query.get("filter", ""))
        if isinstance(chosen, Reply):
            return chosen
        items = [self._work(work) for work in chosen[start : start + size]]
        asked = {"start-index": start, "search-terms": query.get("query")}
        return self._message(
            "work-list", {"facets": {}, "total-results": len(chosen), "items": items, "items-per-page": size, "query": asked}
        )

    def _filtered(self, filters: str) -> list[Work] | Reply:
        """Values of one filter are alternatives, different filters are joined."""
        wanted: dict[str, list[str]] = {}
        for part in filter(None, filters.split(",")):
            name, _, value = part.partition(":")
            wanted.setdefault(name, []).append(value)
        chosen = [work for work in self.world.works if work.doi]
        for name, values in wanted.items():
            if name == "doi":
                chosen = [work for work in chosen if work.doi in {value.casefold() for value in values}]
            elif name == "orcid":
                bare = {value.rpartition("/")[2] for value in values}
                chosen = [work for work in chosen if self._deposited(work) in bare]
            else:
                return self._invalid(
                    "filter-not-available", name, f"Filter {name} specified but there is no such filter for this route."
                )
        return chosen

    @staticmethod
    def _deposited(work: Work) -> str:
        """The ORCID iD that the publisher deposited, which not all do."""
        return next((person.orcid for person in work.by if person.orcid and work.id % 2), "none")

    def _work(self, work: Work) -> dict[str, Any]:
        registered = {"date-parts": [[work.year]]}
        relation = (
            {"has-preprint": [{"id-type": "doi", "id": f"10.48550/arXiv.{work.arxiv}", "asserted-by": "subject"}]}
            if work.arxiv
            else {}
        )
        return {
            "DOI": work.doi,
            "URL": f"https://doi.org/{work.doi}",
            "type": "proceedings-article" if work.kind == "inproceedings" else "journal-article",
            "title": [work.markup or work.title],
            "container-title": [work.venue],
            "publisher": "Society of Psychoceramics" if CARBERRY in work.by else "Association for Computational Linguistics",
            "issued": registered,
            "published": registered,
            "author": [self._author(work, place, name) for place, name in enumerate(work.authors)],
            "is-referenced-by-count": COUNTS["crossref"](work),
            "reference-count": 25,
            "relation": relation,
        }

    def _author(self, work: Work, place: int, name: str) -> dict[str, Any]:
        family_first = not name.isascii()
        first, _, last = name.rpartition(" ") if not family_first else name.partition(" ")[::-1]
        given, family = (first, last)
        said: dict[str, Any] = {
            "given": given,
            "family": family,
            "sequence": "additional" if place else "first",
            "affiliation": [],
        }
        person = work.person(name)
        if person and person.orcid and self._deposited(work) == person.orcid:
            said |= {"ORCID": f"http://orcid.org/{person.orcid}", "authenticated-orcid": False}
        return said


# --- ORCID --------------------------------------------------------------------------------------------------------------------------------


class Orcid:
    """https://pub.orcid.org/v3.0: who a person is, their works in groups, and a search; `moved`, `locked` and `deactivated` are records that are gone."""

    base = ""

    def __init__(self, world: World) -> None:
        self.world = world
        self.moved: dict[str, str] = {}
        self.locked: set[str] = set()
        self.deactivated: set[str] = set()

    def answer(self, asked: Asked) -> Reply:
        token = asked.headers.get("Authorization", f"Bearer {KEY}").removeprefix("Bearer ")
        if token != KEY:
            return _json({"error": "invalid_token", "error_description": f"Invalid access token: {token}"}, 401)
        id, _, section = asked.path.strip("/").partition("/")
        if id == "expanded-search":
            return self._search(asked.query)
        if id in self.moved:
            told = self._error(301, 9007, "301 Moved Permanently: This account is deprecated. Please refer to account: the other")
            return replace(told, headers=told.headers | {"Location": f"{self.base}/{self.moved[id]}/{section}"})
        if id in self.locked:
            return self._error(409, 9018, "409 Conflict: The ORCID record is locked and cannot be edited.")
        if id in self.deactivated:
            return self._error(409, 9044, "409 Conflict: The ORCID record is deactivated.")
        person = next((one for one in self.world.people if one.orcid and one.orcid == id), None)
        if person is None or section not in ("person", "works"):
            return self._error(
                404, 9016, f"404 Not Found: The resource was not found. Full validation error: ORCID iD {id} not found"
            )
        return _json(self._person(person) if section == "person" else self._works(person))

    @staticmethod
    def _error(status: int, code: int, told: str) -> Reply:
        more = "https://members.orcid.org/api/resources/troubleshooting"
        said = {
            "response-code": status,
            "developer-message": told,
            "user-message": told.partition(": ")[2],
            "error-code": code,
            "more-info": more,
        }
        return _json(said, status)

    def _search(self, query: Mapping[str, str]) -> Reply:
        start, rows = _number(query, "start", 0), _number(query, "rows", 100)
        if rows is None or rows > 1000 or start is None or start > 10_000:
            return self._error(400, 9006, "400 Bad Request: rows goes to 1000, start to 10000")
        found = [person for person in self.world.called(query.get("q", "").split()) if person.orcid]
        rows_ = [self._row(person) for person in found[start : start + rows]]
        return _json({"expanded-result": rows_ or None, "num-found": len(found)})

    @staticmethod
    def _row(person: Person) -> dict[str, Any]:
        given, _, family = person.name.rpartition(" ")
        return {
            "orcid-id": person.orcid,
            "given-names": given,
            "family-names": family,
            "credit-name": None,
            "other-name": list(person.aka),
            "email": [],
            "institution-name": [person.affiliation],
        }

    @staticmethod
    def _person(person: Person) -> dict[str, Any]:
        given, _, family = person.name.rpartition(" ")
        others = [{"content": name, "visibility": "public", "put-code": place} for place, name in enumerate(person.aka, 1)]
        return {
            "last-modified-date": {"value": 1700000000000},
            "name": {
                "given-names": {"value": given},
                "family-name": {"value": family},
                "credit-name": None,
                "visibility": "public",
            },
            "other-names": {"last-modified-date": None, "other-name": others, "path": f"/{person.orcid}/other-names"},
            "biography": None,
            "researcher-urls": {"last-modified-date": None, "researcher-url": []},
            "external-identifiers": {"last-modified-date": None, "external-identifier": []},
            "path": f"/{person.orcid}/person",
        }

    def _works(self, person: Person) -> dict[str, Any]:
        groups = []
        for work in self.world.of(person):
            if work.doi:
                relations = [("doi", work.doi, "self")] + ([("arxiv", work.arxiv, "version-of")] if work.arxiv else [])
                twice = [self._summary(work, 100 + work.id, work.title, relations, "journal-article", "1")]
                twice.append(self._summary(work, 200 + work.id, work.title.upper(), relations[:1], "journal-article", "0"))
                groups.append(twice)
            if work.arxiv:
                groups.append([self._summary(work, 300 + work.id, work.title, [("arxiv", work.arxiv, "self")], "preprint", "0")])
        return {
            "last-modified-date": {"value": 1700000000000},
            "group": [
                {"last-modified-date": None, "external-ids": one[0]["external-ids"], "work-summary": one} for one in groups
            ],
            "path": f"/{person.orcid}/works",
        }

    @staticmethod
    def _summary(
        work: Work, code: int, title: str, relations: list[tuple[str, str, str]], kind: str, index: str
    ) -> dict[str, Any]:
        ids = [
            {
                "external-id-type": type,
                "external-id-value": value,
                "external-id-normalized": {"value": value, "transient": True},
                "external-id-normalized-error": None,
                "external-id-url": None,
                "external-id-relationship": relation,
            }
            for type, value, relation in relations
        ]
        return {
            "put-code": code,
            "source": {"source-orcid": None, "source-client-id": None, "source-name": {"value": "Crossref"}},
            "title": {"title": {"value": title}, "subtitle": None, "translated-title": None},
            "external-ids": {"external-id": ids},
            "url": None,
            "type": kind,
            "publication-date": {"year": {"value": str(work.year)}, "month": None, "day": None},
            "journal-title": {"value": work.venue} if work.venue and kind != "preprint" else None,
            "visibility": "public",
            "display-index": index,
        }


# --- arXiv --------------------------------------------------------------------------------------------------------------------------------


class Arxiv:
    """https://info.arxiv.org/help/api/user-manual.html: a list by ids or a search, ten results unless more are asked for, in Atom."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, asked: Asked) -> Reply:
        if asked.path.strip("/") != "query":
            return _markup("<html><body>404</body></html>", 404, "text/html")
        start, most = _number(asked.query, "start", 0), _number(asked.query, "max_results", 10)
        if start is None:
            return self._error("start_must_be_an_integer", "start must be an integer")
        if most is None or most > 30_000:
            return self._error("max_results_must_be_an_integer", "max_results must be an integer")
        listed = [id for id in asked.query.get("id_list", "").split(",") if id]
        for id in listed:
            if not self._sound(id):
                return self._error(f"incorrect_id_format_for_{id}", f"incorrect id format for {id}")
        found = self._by_ids(listed) if listed else self._searched(asked.query.get("search_query", ""))
        if listed and asked.query.get("search_query"):
            sought = self._searched(asked.query["search_query"])
            found = [work for work in found if work in sought]
        if asked.query.get("sortBy") == "submittedDate":
            found = sorted(found, key=lambda work: work.arxiv, reverse=asked.query.get("sortOrder") != "ascending")
        return _markup(self._feed(found, start, min(most, 2000)), kind="application/atom+xml")

    @staticmethod
    def _sound(id: str) -> bool:
        year, _, number = id.partition("v")[0].partition(".")
        return "/" in id or (
            len(year) == 4 and year.isdigit() and number.isdigit() and len(number) in (4, 5) and int(year[2:]) <= 12
        )

    def _by_ids(self, listed: list[str]) -> list[Work]:
        return [work for id in listed if (work := self.world.with_arxiv(id.partition("v")[0]))]

    def _searched(self, query: str) -> list[Work]:
        """Works by an author whose name holds the phrase."""
        field, _, phrase = query.partition(":")
        words = phrase.strip('"').casefold()
        if field != "au" or not words:
            return []
        return [work for work in self.world.works if work.arxiv and any(words in author.casefold() for author in work.authors)]

    def _feed(self, found: list[Work], start: int, most: int) -> str:
        entries = "".join(map(self._entry, found[start : start + most]))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" '
            'xmlns="http://www.w3.org/2005/Atom">\n'
            "<id>https://arxiv.org/api/query</id><title>arXiv Query</title><updated>2026-07-26T00:00:00Z</updated>\n"
            f"<opensearch:itemsPerPage>{most}</opensearch:itemsPerPage><opensearch:totalResults>{len(found)}</opensearch:totalResults>"
            f"<opensearch:startIndex>{start}</opensearch:startIndex>\n{entries}</feed>\n"
        )

    @staticmethod
    def _entry(work: Work) -> str:
        day = f"20{work.arxiv[:2]}-{work.arxiv[2:4]}-07T10:38:21Z"
        authors = "".join(f"<author><name>{escape(name)}</name></author>" for name in work.authors)
        comment = f"<arxiv:comment>{escape(work.note)}</arxiv:comment>" if work.note else ""
        paper = f"<arxiv:doi>{escape(work.doi)}</arxiv:doi>" if work.doi else ""
        return (
            f"<entry><id>http://arxiv.org/abs/{work.arxiv}v1</id><title>{escape(work.title)}</title><updated>{day}</updated>"
            f'<link href="https://arxiv.org/abs/{work.arxiv}v1" rel="alternate" type="text/html"/><summary>We study it.</summary>'
            f'<category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/><published>{day}</published>{comment}{paper}'
            f'<arxiv:primary_category term="cs.CL"/>{authors}</entry>\n'
        )

    @staticmethod
    def _error(code: str, told: str) -> Reply:
        link = f"https://arxiv.org/api/errors#{code}"
        entry = (
            f"<entry><id>{escape(link)}</id><title>Error</title><updated>2026-07-26T00:00:00Z</updated>"
            f"<summary>{escape(told)}</summary><author><name>arXiv api core</name></author></entry>"
        )
        head = '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/</id>'
        return _markup(f"{head}{entry}</feed>", 400, "application/atom+xml")


# --- DBLP ---------------------------------------------------------------------------------------------------------------------------------


class Dblp:
    """https://dblp.org/faq/13501473: a person's page as XML, and a search for people; `moved` are pids that were given up for another."""

    base = ""

    def __init__(self, world: World) -> None:
        self.world = world
        self.moved: dict[str, str] = {}

    def answer(self, asked: Asked) -> Reply:
        path = asked.path.strip("/")
        if path == "search/author/api":
            return self._search(asked.query)
        pid = path.removeprefix("pid/").removesuffix(".xml")
        if pid in self.moved:
            return Reply(302, b"", {"Location": f"{self.base}/pid/{self.moved[pid]}.xml"})
        person = next((one for one in self.world.people if one.dblp and one.dblp == pid), None)
        namesakes = [one for one in self.world.people if one.dblp.startswith(f"{pid}-")]
        if not path.endswith(".xml") or not (person or namesakes):
            return _markup("<html><body><h1>404 Not Found</h1></body></html>", 404, "text/html")
        return _markup(self._page(person) if person else self._disambiguation(pid, namesakes))

    def _disambiguation(self, pid: str, namesakes: list[Person]) -> str:
        """The page for a name that several people bear."""
        name = escape(namesakes[0].name)
        others = "".join(
            f'<h><person key="homepages/{one.dblp}"><author pid={quoteattr(one.dblp)}>{escape(self.listed_as(one))}</author></person></h>'
            for one in namesakes
        )
        return (
            f'<?xml version="1.0"?>\n<dblpperson name={quoteattr(namesakes[0].name)} pid={quoteattr(pid)} n="0">\n'
            f'<person publtype="disambiguation" key="homepages/{pid}"><author pid={quoteattr(pid)}>{name}</author></person>\n'
            f'<homonyms n="{len(namesakes)}">{others}</homonyms>\n</dblpperson>\n'
        )

    @staticmethod
    def listed_as(person: Person) -> str:
        """Namesakes bear a number."""
        number = person.dblp.partition("-")[2]
        return f"{person.name} {int(number):04}" if number else person.name

    def _page(self, person: Person) -> str:
        works = self.world.of(person)
        name = escape(self.listed_as(person))
        publications = [text for work in works for text in self._publications(work)]
        affiliation = f'<note type="affiliation">{escape(person.affiliation)}</note>'
        head = f"<author pid={quoteattr(person.dblp)}>{name}</author>{affiliation}"
        return (
            f'<?xml version="1.0"?>\n<dblpperson name={quoteattr(self.listed_as(person))} pid={quoteattr(person.dblp)} n="{len(publications)}">\n'
            f'<person key="homepages/{person.dblp}" mdate="2026-01-02">{head}</person>\n'
            + "".join(f"<r>{text}</r>\n" for text in publications)
            + '<coauthors n="0"></coauthors>\n</dblpperson>\n'
        )

    def _publications(self, work: Work) -> list[str]:
        """The paper and, cross-listed beside it, the preprint in CoRR."""
        authors = "".join(self._author(work, name) for name in work.authors)
        title = f"<title>{escape(work.title)}.</title><year>{work.year}</year>"
        found = []
        if work.doi:
            tag, place = ("inproceedings", "booktitle") if work.kind == "inproceedings" else ("article", "journal")
            key = f"{'conf' if tag == 'inproceedings' else 'journals'}/x/Work{work.id}"
            link = f"<ee>https://doi.org/{escape(work.doi)}</ee>"
            found.append(
                f'<{tag} key="{key}" mdate="2026-01-02">{authors}{title}<{place}>{escape(work.venue[:20])}</{place}>{link}</{tag}>'
            )
        if work.arxiv:
            key = f"journals/corr/abs-{work.arxiv.replace('.', '-')}"
            link = f'<ee type="oa">https://doi.org/10.48550/arXiv.{work.arxiv}</ee>'
            rest = f"<volume>abs/{work.arxiv}</volume><journal>CoRR</journal>{link}"
            found.append(f'<article publtype="informal" key="{key}" mdate="2026-01-02">{authors}{title}{rest}</article>')
        return found

    def _author(self, work: Work, name: str) -> str:
        person = work.person(name)
        pid = f" pid={quoteattr(person.dblp)}" if person and person.dblp else ""
        return f"<author{pid}>{escape(self.listed_as(person) if person and person.dblp else name)}</author>"

    def _search(self, query: Mapping[str, str]) -> Reply:
        most, first = _number(query, "h", 30), _number(query, "f", 0)
        if query.get("format", "xml") != "json" or most is None or first is None:
            return _markup("<html><body>400</body></html>", 400, "text/html")
        found = [person for person in self.world.called(query.get("q", "").split()) if person.dblp]
        page = found[first : first + min(most, 1000)]
        hits: dict[str, Any] = {
            "@total": str(len(found)),
            "@computed": str(len(found)),
            "@sent": str(len(page)),
            "@first": str(first),
        }
        rows = [
            {"@score": "3", "@id": str(place), "info": self._hit(person), "url": f"URL#{place}"}
            for place, person in enumerate(page)
        ]
        if rows:
            hits["hit"] = rows
        told = {
            "query": query.get("q", ""),
            "status": {"@code": "200", "text": "OK"},
            "time": {"@unit": "msecs", "text": "1.00"},
            "hits": hits,
        }
        return _json({"result": told})

    def _hit(self, person: Person) -> dict[str, Any]:
        note = {"@type": "affiliation", "text": person.affiliation}
        return {"author": self.listed_as(person), "url": f"https://dblp.org/pid/{person.dblp}", "notes": {"note": note}}


# --- Google Scholar -----------------------------------------------------------------------------------------------------------------------

CAPTCHA = '<html><body><form id="gs_captcha_f"><h1>Please show you\'re not a robot</h1></form></body></html>'


class Scholar:
    """A profile page as the parsers of scholarly read one: at most a hundred works a page, the six figures, the chart of years."""

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, asked: Asked) -> Reply:
        person = next((one for one in self.world.people if one.scholar and one.scholar == asked.query.get("user")), None)
        if asked.path.strip("/") != "citations" or person is None:
            return _markup("<html><body>The requested URL was not found on this server.</body></html>", 404, "text/html")
        start, size = _number(asked.query, "cstart", 0), _number(asked.query, "pagesize", 20)
        return _markup(self._page(person, start or 0, min(size or 20, 100)), kind="text/html")

    def _page(self, person: Person, start: int, size: int) -> str:
        works = sorted(self.world.of(person), key=lambda work: (-work.cited, work.title))
        counts = [COUNTS["scholar"](work) for work in works]
        figures = [sum(counts), sum(counts) // 2, h_index(counts), h_index(counts), sum(count >= 10 for count in counts), 1]
        stated = "".join(f'<td class="gsc_rsb_std">{figure}</td>' for figure in figures)
        rows = "".join(self._row(person, work) for work in works[start : start + size])
        last = " disabled" if start + size >= len(works) else ""
        link = f"https://scholar.google.com/citations?user={person.scholar}&amp;hl=en"
        return (
            f'<!doctype html><html><head><link rel="canonical" href="{link}"></head><body><div id="gsc_prf_in">{html.escape(person.name)}</div>'
            f'<div class="gsc_prf_il">{html.escape(person.affiliation)}</div><div class="gsc_prf_il" id="gsc_prf_ivh">Verified email</div>'
            f'<table id="gsc_rsb_st"><tr>{stated}</tr></table>'
            '<div class="gsc_md_hist_b"><span class="gsc_g_t">2024</span><span class="gsc_g_t">2025</span>'
            '<a class="gsc_g_a" style="left:8px;height:9px;z-index:2"><span class="gsc_g_al">11</span></a>'
            '<a class="gsc_g_a" style="left:8px;height:9px;z-index:1"><span class="gsc_g_al">15</span></a></div>'
            f'<table id="gsc_a_t"><tbody id="gsc_a_b">{rows}</tbody></table>'
            f'<button type="button" id="gsc_bpf_more"{last}>Show more</button></body></html>'
        )

    @staticmethod
    def _row(person: Person, work: Work) -> str:
        own = f"{person.scholar}:w{work.id:011}"
        place = html.escape(f"{work.venue}, 1-25" if work.venue else f"arXiv preprint arXiv:{work.arxiv}")
        count = COUNTS["scholar"](work)
        cites = f"https://scholar.google.com/scholar?oi=bibs&amp;hl=en&amp;cites={work.id}"
        return (
            f'<tr class="gsc_a_tr"><td class="gsc_a_t"><a href="/citations?view_op=view_citation&amp;hl=en&amp;user={person.scholar}&amp;'
            f'citation_for_view={own}" class="gsc_a_at">{html.escape(work.title)}</a><div class="gs_gray">{html.escape(work.authors[0])}, …</div>'
            f'<div class="gs_gray">{place}<span class="gs_oph">, {work.year}</span></div></td>'
            f'<td class="gsc_a_c"><a href="{cites}" class="gsc_a_ac gs_ibl">{count}</a></td>'
            f'<td class="gsc_a_y"><span class="gsc_a_h gsc_a_hc gs_ibl">{work.year}</span></td></tr>'
        )


# --- the server ---------------------------------------------------------------------------------------------------------------------------


class Services:
    """The seven services on one server, each below a path of its own.

    `asked`: every request, in the order in which they came. `openalex`, `orcid`, `dblp` …: the services themselves, for what a test
    wants to change in them.
    """

    def __init__(self, world: World | None = None) -> None:
        world = world or World()
        self.openalex, self.orcid, self.dblp = OpenAlex(world), Orcid(world), Dblp(world)
        self._services: dict[str, Any] = {
            "arxiv": Arxiv(world),
            "crossref": Crossref(world),
            "dblp": self.dblp,
            "openalex": self.openalex,
            "orcid": self.orcid,
            "scholar": Scholar(world),
            "semanticscholar": SemanticScholar(world),
        }
        self._server = _Server(self)
        for service in (self.openalex, self.orcid, self.dblp):
            service.base = self.url(next(name for name, one in self._services.items() if one is service))
        self._faults: dict[str, tuple[int, Fault]] = {}
        self._at: dict[int, Callable[[], object]] = {}
        self._held: dict[str, tuple[int, threading.Event]] = {}
        self._released = threading.Event()
        self._lock = threading.Lock()
        self.asked: list[Asked] = []
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="loopback services", daemon=True).start()

    def __enter__(self) -> Services:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop, let go of what is held, and cut the connections that are still open."""
        self._released.set()
        self._server.close()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{name}"

    def environment(self) -> dict[str, str]:
        """What citetrack's environment must hold for it to ask these services."""
        return {f"CITETRACK_{name.upper()}_URL": self.url(name) for name in NAMES}

    def forget(self) -> None:
        """Start the list of requests anew."""
        with self._lock:
            self.asked = []

    def asked_of(self, name: str) -> list[Asked]:
        return [one for one in self.asked if one.service == name]

    def fail(self, name: str, fault: Fault, *, after: int = 0) -> None:
        """From now on the service fails in this way, once it has given `after` more answers."""
        self._faults[name] = (len(self.asked_of(name)) + after, fault)

    def mend(self, name: str | None = None) -> None:
        """The service, or all, answer properly again; what is held is let go."""
        for one in [name] if name else list(self._faults):
            self._faults.pop(one, None)
        self._held = {}
        self._released.set()
        self._released = threading.Event()

    def hold(self, name: str, *, after: int = 0) -> threading.Event:
        """After so many more answers the service keeps whoever asks waiting, until `mend`; the event tells that somebody has asked."""
        asked = threading.Event()
        self._held[name] = (len(self.asked_of(name)) + after, asked)
        return asked

    def at(self, number: int, action: Callable[[], object]) -> None:
        """Do this when the request of that number (from 1, over all services) has come, before it is answered."""
        self._at[number] = action

    def answer(self, target: str, method: str, headers: Message, body: bytes) -> Reply:
        """The answer to a request."""
        address = urlsplit(target)
        name, _, path = address.path.lstrip("/").partition("/")
        asked = Asked(name, method, unquote(path), dict(parse_qsl(address.query, keep_blank_values=True)), headers, body, target)
        with self._lock:
            self.asked.append(asked)
            number, of_this = len(self.asked), len(self.asked_of(name))
        if action := self._at.get(number):
            action()
        before, asked_for = self._held.get(name, (of_this, None))
        if asked_for and of_this > before:
            released = self._released
            asked_for.set()
            released.wait(120)
        service = self._services.get(name)
        reply: Reply = service.answer(asked) if service else _json({"error": "no such service"}, 404)
        after, fault = self._faults.get(name, (0, None))
        return fault(reply) if fault and of_this > after else reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, services: Services) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.services = services
        self.connections: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up, or is killed, is no fault of the services'; a fault of ours is printed, and seen as an answer that never comes."""
        import sys

        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in self.connections:
            with suppress(OSError):  # closed by the client already
                connection.shutdown(2)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave together
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.server.services.answer(self.path, self.command, self.headers, body)
        self.send_response_only(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: int(len(reply.body) * reply.cut)])
        self.close_connection = self.close_connection or reply.cut < 1

    do_POST = do_GET  # noqa: N815 - the name is the standard library's

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen; `asked` has it all."""
