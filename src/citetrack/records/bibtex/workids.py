"""The ids of the work that an entry describes, wherever exporters put them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from citetrack.records import ids as identifiers
from citetrack.records import text as texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The field in which citetrack writes ids that no field of BibTeX has a place for.
OWN_FIELD: Final = "citetrack-ids"
_URLS: Final = ("url", "link", "ee", "howpublished", "bdsk-url-1", "bdsk-url-2")
_REMARKS: Final = (
    "note",
    "annote",
    "annotation",
    "addendum",
    "pubstate",
    "number",
    "volume",
    "journal",
    "journaltitle",
    "booktitle",
    "series",
)
_ARXIV_FIELDS: Final = ("arxivid", "arxiv")
# Fields named as the scheme of the id in them.
_SCHEME_FIELDS: Final = {
    name: identifiers.SCHEMES[name]
    for name in (
        "pmid",
        "pmcid",
        "openalex",
        "s2",
        "semanticscholar",
        "europepmc",
        "inspire",
        "hf",
        "huggingface",
        "github",
        "dblp",
        "scholar",
    )
} | {"pmc": "pmcid", "pubmed": "pmid", "pubmedid": "pmid"}
_BOOKS: Final = frozenset("book mvbook collection mvcollection proceedings mvproceedings reference mvreference manual".split())
_OTHER: Final = frozenset({OWN_FIELD, "isbn", "biburl", *_ARXIV_FIELDS, *_SCHEME_FIELDS})
_ADDRESS_OF_DOI = re.compile(
    r"(?:doi\.org|/doi|/article|/chapter|/abs|/content|/full)/+(?:(?:abs|full|pdf|epdf|book)/)?(?=10\.)|doi\.org/", re.IGNORECASE
)
_TAIL_OF_ADDRESS = re.compile(
    r"(?:/(?:abstract|full|pdf|epdf|summary|fulltext|meta|references|html|pdf/.*)|\.(?:pdf|full|abstract|html?))+/?$",
    re.IGNORECASE,
)
# No field or sentence that is longer than this holds the id of the work.
_LONGEST: Final = 400
_WORD = re.compile(r"[a-z]{2,}")
_DOIS = re.compile(r"10\.\d{4,9}/[^\s;,]+")
_ARXIV_IDS = re.compile(
    r"(?<![\d./])\d{4}\.\d{4,5}(?!\d)|(?<=[:\s/])[a-z]+(?:-[a-z]+)?(?:\.[a-z]{2})?/\d{7}(?!\d)", re.IGNORECASE
)
_SCHEME_BEFORE_ID = re.compile(r"\s*(?:pmid|pmcid|pubmed(?: id)?)\s*:\s*", re.IGNORECASE)
# Words beside an id that make a remark say no more than "this is the id"; with any other the id may be another work's.
_BESIDE_ID: Final = frozenset(
    "arxiv preprint preprints print eprint reprint available at online on in as of the also https http dx doi org abs pdf www see url corr to appear accepted "
    "by under review submitted published version id number identifier technical report tech rep working paper manuscript and publisher cited ssrn".split()
)


def ids_of(kind: str, key: str, fields: Mapping[str, str]) -> tuple[str, ...]:
    """The ids as ``scheme:value``, each once, DOI and arXiv first. `fields` are the entry's own, not the inherited: a parent's DOI is not its."""
    found = dict.fromkeys(_ids(kind, key, fields))
    return tuple(found)


def _ids(kind: str, key: str, fields: Mapping[str, str]) -> Iterator[str]:
    if not _OTHER.isdisjoint(fields) and OWN_FIELD in fields:
        yield from filter(None, map(identifiers.parse, fields[OWN_FIELD].split()))
    doi = _doi_field(_plain(fields["doi"])) if "doi" in fields else None
    if doi:
        yield doi
    sure = doi is not None and doi.startswith("doi:")  # one that arXiv minted leaves room for the paper's
    yield from (found for found in _unsure(kind, key, fields, doi) if not (sure and found.startswith("doi:")))


def _doi_field(value: str) -> str | None:
    """The DOI of the field; where it is written as an address, without the query."""
    return identifiers.doi(value.partition("?")[0] if "://" in value else value)


def _unsure(kind: str, key: str, fields: Mapping[str, str], doi: str | None) -> Iterator[str]:
    """What other fields than `doi` say, which may repeat it or name something else."""
    eprint = fields.get("eprint")
    if eprint:
        yield from _eprint(_plain(eprint), fields)
    for name in _URLS:
        if name in fields:
            yield from _of_address(_plain(fields[name]), name, doi)
    for name in _REMARKS:
        value = fields.get(name)
        if value and _mentions_id(value):
            yield from _of_remark(texts.decode(value))
    if "volume" in fields and "arxiv" in fields.get("journal", fields.get("journaltitle", ""))[:_LONGEST].lower():
        yield from filter(None, [identifiers.arxiv(_plain(fields["volume"]))])
    if not _OTHER.isdisjoint(fields):
        yield from _others(kind, fields)
    if key.startswith("DBLP:"):
        yield from filter(None, [identifiers.dblp(key[5:])])


def _plain(value: str) -> str:
    value = value[:_LONGEST]
    return texts.decode(value) if "\\" in value or "{" in value or "&" in value or "$" in value else value.strip()


def _eprint(eprint: str, fields: Mapping[str, str]) -> Iterator[str]:
    archive = (fields.get("archiveprefix") or fields.get("eprinttype") or "").strip("{} ").lower()
    if archive in ("", "arxiv", "arxiv.org", "http://arxiv.org/abs"):
        yield from filter(None, [identifiers.arxiv(eprint) or _old_style(eprint, fields) or identifiers.doi(eprint)])
    elif archive in ("pubmed", "pmid"):
        yield from filter(None, [identifiers.pmid(eprint)])
    elif archive in ("pmcid", "pmc"):
        yield from filter(None, [identifiers.pmcid(eprint)])


def _old_style(eprint: str, fields: Mapping[str, str]) -> str | None:
    """``eprint = {9901001}, primaryclass = {hep-th}``, as SLAC SPIRES wrote it."""
    primary = (fields.get("primaryclass") or fields.get("eprintclass") or "").strip("{}[] ")
    return identifiers.arxiv(f"{primary}/{eprint}") if primary and eprint.isdigit() else None


@lru_cache(maxsize=1024)
def _mentions_id(value: str) -> bool:
    return "10." in value or "arxiv" in (lower := value.lower()) or "abs/" in lower


def _of_address(address: str, field: str, doi: str | None) -> Iterator[str]:
    lower = address.lower()
    if "arxiv" in lower:
        if field != "howpublished" or _says_only_the_id(address):
            yield from filter(None, [identifiers.arxiv(address)])
    elif "10." in address:
        found = _ADDRESS_OF_DOI.search(address)
        if found and (doi is None or "doi.org" in lower):
            yield from filter(None, [_doi_of_address(address[found.end() :])])
    elif "pubmed" in lower:
        yield from filter(None, [identifiers.pmid(address)])


def _doi_of_address(tail: str) -> str | None:
    value = tail.split(maxsplit=1)[0] if tail.split() else ""
    value = _TAIL_OF_ADDRESS.sub("", re.split(r"[?#]", value)[0])
    if value.startswith("10.1101/"):
        value = re.sub(r"v\d+$", "", value)
    return identifiers.doi(value)


def _of_remark(remark: str) -> Iterator[str]:
    if _names_several(remark):
        return
    for sentence in re.split(r";|\.\s|,\s", remark):
        if len(sentence) < _LONGEST and _says_only_the_id(sentence):
            yield from filter(None, [identifiers.arxiv(sentence) or identifiers.doi(sentence)])


def _names_several(remark: str) -> bool:
    """Whether the remark names two DOIs, or two arXiv ids: which of them is the work's cannot be told."""
    dois = {found for found in map(identifiers.doi, _DOIS.findall(remark)) if found}
    minted = {found for found in dois if found.startswith("arxiv:")}
    arxiv = {f"arxiv:{found.lower()}" for found in _ARXIV_IDS.findall(remark)} if "arxiv" in remark.lower() else set()
    return len(dois - minted) > 1 or len(arxiv | minted) > 1


def _says_only_the_id(text: str) -> bool:
    lower = re.sub(r"10\.\d{4,9}/\S+|\[[^\]]*\]|[a-z-]+(?:\.[a-z]{2})?/\d{7}", " ", text.lower())
    return _BESIDE_ID.issuperset(_WORD.findall(lower))


def _others(kind: str, fields: Mapping[str, str]) -> Iterator[str]:
    for name in _ARXIV_FIELDS:
        if name in fields:
            yield from filter(None, [identifiers.arxiv(_plain(fields[name]))])
    for name, scheme in _SCHEME_FIELDS.items():
        if name in fields:
            value = _SCHEME_BEFORE_ID.sub("", _plain(fields[name]))
            found = identifiers.parse(f"{scheme}:{value}")
            if found and not (scheme in ("scholar", "openalex") and identifiers.is_person(found)):
                yield found
    if "biburl" in fields and "dblp" in fields["biburl"]:
        yield from filter(None, [identifiers.dblp(_plain(fields["biburl"]))])
    if "isbn" in fields and kind in _BOOKS:
        yield from filter(None, [identifiers.isbn(_plain(fields["isbn"]))])
