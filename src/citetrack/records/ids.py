"""Identifiers of works, people and artifacts: whatever form a user or a source writes, one normal form ``scheme:value``.

Schemes of works: doi arxiv pmid pmcid isbn, and the work ids of the sources; of people: orcid openalex s2 dblp scholar inspire europepmc hf github.
A DOI minted by arXiv (prefix 10.48550) *is* the arXiv id. Versions of arXiv ids are dropped: they are the same work.

References: https://www.doi.org/doi-handbook (DOI syntax and case), https://info.arxiv.org/help/arxiv_identifier.html,
https://support.orcid.org/hc/en-us/articles/360006897674 (ORCID check digit, ISO 7064 MOD 11-2), ISO 2108 (ISBN check digits).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from citetrack.records.text import without_controls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Names a user may write before the colon, and the scheme that is meant; source names work as schemes.
SCHEMES: Final = {
    "arxiv": "arxiv",
    "dblp": "dblp",
    "doi": "doi",
    "europepmc": "europepmc",
    "github": "github",
    "hf": "hf",
    "huggingface": "hf",
    "inspire": "inspire",
    "isbn": "isbn",
    "openalex": "openalex",
    "orcid": "orcid",
    "pmcid": "pmcid",
    "pmid": "pmid",
    "s2": "s2",
    "scholar": "scholar",
    "semanticscholar": "s2",
}
ARTIFACT_SCHEMES: Final = frozenset({"github", "hf"})
PERSON_SCHEMES: Final = frozenset({"dblp", "europepmc", "github", "hf", "inspire", "openalex", "orcid", "s2", "scholar"})

# Angle brackets are allowed only as in the SICI-like DOIs of Wiley: 10.1002/(SICI)…49:8<693::AID-ASI4>3.0.CO;2-O
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/(?:[^\s\x00-\x1f\x7f-\x9f\"<>{}|\\^`]|<\d[\w:.-]{0,40}>){1,1000}", re.IGNORECASE)
_WHOLE_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s\x00-\x1f\x7f-\x9f]{1,1000}", re.IGNORECASE)
_DOI_ADDRESS = re.compile(r"(?:https?://(?:www\.|dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_DOI_PROSE_TAIL = ".,;:'\u201d\u2019"
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.IGNORECASE)
_ARXIV_NEW = r"\d{4}\.\d{4,5}"
_ARXIV_OLD = r"[a-z]+(?:-[a-z]+)?(?:\.[a-z]{2,6}(?:-[a-z]{2,4})?)?/\d{7}"
# of an old id, where it may stand or not: math.GT/0309136 is math/0309136, cond-mat.mes-hall/0211022 cond-mat/0211022
_SUBJECT_CLASS = re.compile(r"\.[a-z]{2,6}(?:-[a-z]{2,4})?/")
_ARXIV_BARE = re.compile(rf"({_ARXIV_NEW}|{_ARXIV_OLD})(?:v\d+)?(?:\.pdf)?", re.IGNORECASE | re.ASCII)
_ARXIV_NAMED = re.compile(
    rf"(?:arxiv\.org/(?:abs|pdf|html|e-print)/|arxiv[:.\s]\s*(?:abs/|preprint\s+)?(?:arxiv:\s*)?|abs/|\bcorr,?\s+abs/)({_ARXIV_NEW}|{_ARXIV_OLD})(?!\d)(?:v\d+)?",
    re.IGNORECASE | re.ASCII,
)
_ORCID = re.compile(r"(?<![\dX])(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])(?![\dX-])", re.IGNORECASE | re.ASCII)
_OPENALEX = re.compile(r"(?:https?://(?:api\.)?openalex\.org/(?:[a-z]+/)?)?([AWISTCPF]\d{3,})", re.IGNORECASE | re.ASCII)
_SCHOLAR = re.compile(r"[\w-]{12}")
_SCHOLAR_USER = re.compile(r"[?&]user=([\w-]{12})")
_DBLP_URL = re.compile(r"https?://(?:www\.)?dblp\.(?:org|uni-trier\.de|dagstuhl\.de)/(?:pid|rec)/([^\s?#]+)", re.IGNORECASE)
_SAFE = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]+")
_OTHER_SCHEME = re.compile(r"\s*([a-z][a-z0-9]*)\s*:\s*(.+?)\s*", re.IGNORECASE | re.DOTALL)


def doi(text: str) -> str | None:
    """The first DOI in `text` as ``doi:10.…`` in lower case, ``arxiv:…`` where arXiv minted it, or `None`.

    Case does not distinguish DOIs (DOI Handbook, 2.4). Punctuation that ends a sentence or closes a bracket around the DOI is not part of it.

    >>> doi("https://doi.org/10.18653/V1/D18-1075"), doi("10.48550/arXiv.2505.09388"), doi("none")
    ('doi:10.18653/v1/d18-1075', 'arxiv:2505.09388', None)
    """
    if "10." not in text:
        return None
    found = _DOI.search(_unquoted(text) if _DOI_ADDRESS.match(text.strip()) else text.replace("%2F", "/").replace("%2f", "/"))
    return _doi(_without_prose_tail(found[0])) if found else None


def doi_of_field(text: str) -> str | None:
    """The DOI that a field holds which is for DOIs, or an address at doi.org, whole, whatever characters it has; `None` for anything else.

    >>> doi_of_field("10.5555/a|b"), doi_of_field("https://doi.org/10.1002/x%3C1::y%3E2"), doi_of_field("see 10.1000/x")
    ('doi:10.5555/a|b', 'doi:10.1002/x<1::y>2', None)
    """
    stated = without_controls(text).strip()
    address = _DOI_ADDRESS.match(stated)
    value = (_unquoted(stated[address.end() :]) if address else stated).rstrip(".")
    return _doi(value) if _WHOLE_DOI.fullmatch(value) else None


def _unquoted(text: str) -> str:
    from urllib.parse import unquote

    return without_controls(unquote(text))


def _doi(value: str) -> str | None:
    value = value.casefold()
    minted = _ARXIV_DOI.fullmatch(value)
    if minted:
        bare = _ARXIV_BARE.fullmatch(minted[1])
        return f"arxiv:{_SUBJECT_CLASS.sub('/', bare[1])}" if bare else None
    return f"doi:{value}" if not value.endswith("/") else None


def _without_prose_tail(value: str) -> str:
    while value:
        trimmed = value.rstrip(_DOI_PROSE_TAIL)
        for opening, closing in ("()", "[]"):
            if trimmed.endswith(closing) and trimmed.count(closing) > trimmed.count(opening):
                trimmed = trimmed[:-1]
        if trimmed == value:
            return value
        value = trimmed
    return value


def arxiv(text: str) -> str | None:
    """The arXiv id in `text` without its version, as ``arxiv:…``, or `None`.

    Takes a bare id, an ``arXiv:`` or ``arXiv preprint arXiv:`` mention, an address at arxiv.org, DBLP's ``CoRR abs/…`` and an arXiv DOI.

    >>> arxiv("2505.09388v2"), arxiv("arXiv preprint arXiv:2202.03052"), arxiv("hep-th/9901001"), arxiv("1994.12345 pages")
    ('arxiv:2505.09388', 'arxiv:2202.03052', 'arxiv:hep-th/9901001', None)
    """
    bare = _ARXIV_BARE.fullmatch(text.strip()) or _ARXIV_NAMED.search(text)
    if bare:
        return f"arxiv:{_SUBJECT_CLASS.sub('/', bare[1].casefold())}"
    minted = doi(text) if "48550" in text else None
    return minted if minted and minted.startswith("arxiv:") else None


def orcid(text: str) -> str | None:
    """The ORCID iD in `text` as ``orcid:0000-…``, or `None` where there is none or its check digit is wrong.

    >>> orcid("https://orcid.org/0000-0002-1825-0097"), orcid("0000-0002-1825-0098")
    ('orcid:0000-0002-1825-0097', None)
    """
    found = _ORCID.search(text)
    if not found:
        return None
    digits = "".join(found.groups()).upper()
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return f"orcid:{'-'.join(found.groups()).upper()}" if digits[-1] == ("X" if check == 10 else str(check)) else None


def isbn(text: str) -> str | None:
    """The first valid ISBN in `text` as ``isbn:`` and its 13 digits, or `None`.

    >>> isbn("0-306-40615-2"), isbn("978-0-306-40615-8")
    ('isbn:9780306406157', None)
    """
    for candidate in re.findall(r"(?<!\d)(?:97[89][- ]?)?\d(?:[- ]?\d){8}[- ]?[\dXx](?![\dXx])", text):
        digits = re.sub(r"[- ]", "", candidate).upper()
        if len(digits) == 10 and _isbn10_holds(digits):
            stem = "978" + digits[:9]
            return f"isbn:{stem}{_isbn13_check(stem)}"
        if len(digits) == 13 and digits.isdigit() and _isbn13_check(digits[:12]) == digits[12]:
            return f"isbn:{digits}"
    return None


def _isbn10_holds(digits: str) -> bool:
    values = [10 if digit == "X" else int(digit) for digit in digits]
    return sum(weight * value for weight, value in zip(range(10, 0, -1), values, strict=True)) % 11 == 0


def _isbn13_check(stem: str) -> str:
    return str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(stem)) % 10)


def scholar(text: str) -> str | None:
    """The id of a Google Scholar profile, from the id itself, an id with query parts behind it, or the profile's address.

    >>> scholar("GwWK7IoAAAAJ&hl=zh-CN"), scholar("https://scholar.google.com/citations?user=qp6IwtgAAAAJ&hl=en")
    ('scholar:GwWK7IoAAAAJ', 'scholar:qp6IwtgAAAAJ')
    """
    user = _SCHOLAR_USER.search(text)
    if user:
        return f"scholar:{user[1]}"
    bare = re.split(r"[&?\s]", text.strip(), maxsplit=1)[0]
    return f"scholar:{bare}" if re.fullmatch(r"[\w-]{12}(?::[\w-]{12})?", bare) else None


def openalex(text: str) -> str | None:
    """An OpenAlex id (author ``A…``, work ``W…``, …) or address as ``openalex:…``, or `None`."""
    found = _OPENALEX.fullmatch(text.strip())
    return f"openalex:{found[1].upper()}" if found else None


def dblp(text: str) -> str | None:
    """A DBLP person id (``215/3823``) or record key (``conf/icml/WangYMLBLMZZY22``) or address as ``dblp:…``, or `None`."""
    found = _DBLP_URL.fullmatch(text.strip())
    value = re.sub(r"\.(?:html|xml|bib|rdf)$", "", found[1] if found else text.strip())
    return f"dblp:{value}" if re.fullmatch(r"[A-Za-z0-9]+(?:/[\w.-]+)+", value) and ".." not in value else None


def pmid(text: str) -> str | None:
    """A PubMed id as ``pmid:…``, or `None`."""
    found = re.fullmatch(
        r"(?:https?://(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/)?(\d{1,8})/?", text.strip()
    )
    return f"pmid:{int(found[1])}" if found and int(found[1]) else None


def pmcid(text: str) -> str | None:
    """A PubMed Central id as ``pmcid:PMC…``, or `None`."""
    found = re.search(r"(?<![A-Za-z])PMC(\d+)", text, re.IGNORECASE) or re.fullmatch(r"\s*(\d+)\s*", text)
    return f"pmcid:PMC{found[1]}" if found else None


def _opaque(scheme: str) -> Callable[[str], str | None]:
    def read(text: str) -> str | None:
        value = text.strip()
        return f"{scheme}:{value}" if _SAFE.fullmatch(value) else None

    return read


_READERS: Final[dict[str, Callable[[str], str | None]]] = {
    "arxiv": arxiv,
    "dblp": dblp,
    "doi": lambda text: doi_of_field(text) or doi(text),
    "isbn": isbn,
    "openalex": openalex,
    "orcid": orcid,
    "pmcid": pmcid,
    "pmid": pmid,
    "scholar": scholar,
} | {scheme: _opaque(scheme) for scheme in ("europepmc", "github", "hf", "inspire", "s2")}


def parse(text: str) -> str | None:
    """An id as a user writes it, ``scheme:value`` with a known scheme, in its normal form; else `None`.

    The scheme may be a source's name, in any case. Addresses of DOIs, arXiv, ORCID, DBLP, OpenAlex and Scholar profiles are taken as well.

    >>> parse("semanticscholar:1742345"), parse("DOI: 10.1145/3447548.3467206"), parse("Lin: Junyang")
    ('s2:1742345', 'doi:10.1145/3447548.3467206', None)
    """
    given = _OTHER_SCHEME.fullmatch(text)
    if not given:
        return None
    name, value = given[1].casefold(), given[2]
    if name in ("http", "https"):
        return _parse_address(text.strip())
    scheme = SCHEMES.get(name)
    return _READERS[scheme](value) if scheme else None


def scheme_of(text: str) -> str | None:
    """The scheme that `text` begins with, whether or not an id of that scheme follows; `None` for anything else.

    >>> scheme_of("semanticscholar:x y"), scheme_of("Lin: Junyang"), scheme_of("https://orcid.org/0000-0002-1825-0097")
    ('s2', None, None)
    """
    given = _OTHER_SCHEME.fullmatch(text)
    return SCHEMES.get(given[1].casefold()) if given else None


def _parse_address(address: str) -> str | None:
    readers_of_hosts = {
        "doi.org/": doi,
        "arxiv.org/": arxiv,
        "orcid.org/": orcid,
        "dblp.": dblp,
        "openalex.org/": openalex,
        "scholar.google.": scholar,
    }
    return next((read(address) for host, read in readers_of_hosts.items() if host in address), None)


def is_person(identifier: str) -> bool:
    """Whether a normal ``scheme:value`` names a person or an organisation, told by its form alone.

    >>> is_person("dblp:215/3823"), is_person("dblp:conf/icml/X22"), is_person("openalex:A5100"), is_person("openalex:W5100")
    (True, False, True, False)
    """
    scheme, _, value = identifier.partition(":")
    match scheme:
        case "openalex":
            return value.startswith("A")
        case "dblp":
            return re.fullmatch(r"[a-z0-9]+/[\w-]+", value) is not None
        case "scholar":
            return _SCHOLAR.fullmatch(value) is not None
        case "github" | "hf":
            return "/" not in value
        case "s2":
            return value.isascii() and value.isdigit()
        case _:
            return scheme in PERSON_SCHEMES


def artifact(text: str) -> str | None:
    """An artifact's id (``hf:Qwen``, ``github:owner/name``) in its normal form, or `None` for anything else.

    >>> artifact("huggingface:Qwen/Qwen3-8B"), artifact("hf:two words"), artifact("doi:10.1000/x")
    ('hf:Qwen/Qwen3-8B', None, None)
    """
    identifier = parse(text)
    return identifier if identifier and identifier.partition(":")[0] in ARTIFACT_SCHEMES else None


def by_scheme(identifiers: Iterable[str]) -> dict[str, list[str]]:
    """Ids grouped as JSON shows them: ``{"doi": [...], "arxiv": [...]}``, schemes in alphabetical order, values in the order given."""
    grouped: dict[str, list[str]] = {}
    for identifier in identifiers:
        scheme, _, value = identifier.partition(":")
        values = grouped.setdefault(scheme, [])
        if value not in values:
            values.append(value)
    return dict(sorted(grouped.items()))
