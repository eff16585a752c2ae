r"""BibTeX out: the normal form of a file, and records of any source as entries.

The normal form is UTF-8 with ``\n``: one blank line between blocks, types and field names in lower case, one field a line, values in
braces, a comma behind every field. Fields keep their order and LaTeX; strings, ``#``, comments, preambles, JabRef's metadata, text between
the entries and whatever could not be read stay as they are. An entry whose normal form would read otherwise stays as it is too.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from citetrack.errors import InputError
from citetrack.records import names
from citetrack.records import text as texts
from citetrack.records.bibtex import blocks as parts
from citetrack.records.bibtex import source
from citetrack.records.bibtex.reading import read_text
from citetrack.records.bibtex.workids import OWN_FIELD
from citetrack.records.model import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from citetrack.records.bibtex.blocks import Block, Field
    from citetrack.records.bibtex.source import Chunk
    from citetrack.records.names import Name

# Fields whose line ends mean something, and those whose characters are not text.
_KEEPS_LINES: Final = frozenset("abstract annote annotation comment comments note review file groups keywords owner".split())
VERBATIM: Final = frozenset(
    "file files url urlraw doi eprint crossref xdata ids pdf local-url uri verba verbb verbc bdsk-file-1 bdsk-url-1 bdsk-url-2".split()
)


# --- the normal form of a file ----------------------------------------------------------------------------------------------


def format_file(path: str | Path) -> str:
    """The normal form of a `.bib` file.

    Raises `InputError` where it cannot be read, holds something too large to be kept, or nothing of BibTeX: that is left alone.
    """
    return _format(source.chunks_of_file(path), str(path), only_bibtex=True)


def format_text(text: str) -> str:
    """The normal form of BibTeX given as text; forming it again changes nothing, and it reads as the same records."""
    return _format(source.chunks_of_text(text), "text")


def _format(chunks: Iterable[Chunk], file: str, *, only_bibtex: bool = False) -> str:
    out: list[str] = []
    before: Block | None = None
    of_bibtex = False
    for block in parts.blocks(chunks):
        of_bibtex = of_bibtex or block.kind != parts.TEXT
        if block.kind == parts.LOST:
            raise InputError(f"{file}:{block.line}: cannot be brought into the normal form: {block.reason}")
        if before is not None:
            out.append(_gap(before, block))
        out.append(_normal(block))
        before = block
    if only_bibtex and not of_bibtex:
        raise InputError(f"{file}: there is no entry in it, nor anything else of BibTeX")
    return "".join(out) + "\n" if out else ""


def _gap(before: Block, block: Block) -> str:
    """A comment right above an entry stays right above it; strings stand together."""
    if before.kind == block.kind == parts.STRING:
        return "\n"
    attached = before.kind == parts.TEXT and block.line - (before.line + before.raw.count("\n")) <= 1
    return "\n" if attached else "\n\n"


def _normal(block: Block) -> str:
    if block.kind == parts.ENTRY and not block.reason and not _holds_comments(block):
        return _normal_entry(block)
    if block.kind == parts.STRING:
        return _normal_string(block)
    return source.ENCODING_LINE.sub(r"\1UTF-8", block.raw) if block.kind == parts.TEXT else block.raw


def _holds_comments(block: Block) -> bool:
    """Whether a % stands outside the values, where biber takes it for a comment."""
    signs = block.raw.count("%")
    return signs > 0 and signs > block.key.count("%") + sum(field.value.count("%") for field in block.fields)


def _normal_entry(block: Block) -> str:
    lines = [f"  {field.name} = {_normal_value(field)},\n" for field in block.fields]
    text = f"@{block.type}{{{block.key},\n{''.join(lines)}}}"
    return text if _reads_alike(text, block) else block.raw


def _normal_string(block: Block) -> str:
    text = f"@string{{{block.key} = {_normal_value(block.fields[0])}}}"
    return text if _reads_alike(text, block) else block.raw


def _normal_value(field: Field) -> str:
    pieces = parts.pieces(field.value)
    if pieces is None:
        return field.value
    return " # ".join(_normal_piece(piece, field.name) for piece in pieces)


def _normal_piece(piece: str, name: str) -> str:
    if piece.isdecimal():
        return f"{{{piece}}}"
    if piece[0] not in '{"':
        return piece
    inner = piece[1:-1]
    if name not in VERBATIM and not inner.isascii():
        inner = unicodedata.normalize("NFC", inner)
    if name not in _KEEPS_LINES:
        inner = re.sub(r"\s+", " ", inner)
    if piece[0] == '"' and not _may_stand_in_braces(inner):
        return f'"{inner}"'
    return f"{{{inner}}}"


def _may_stand_in_braces(inner: str) -> bool:
    depth = 0
    for brace in re.findall(r"[{}]", inner):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0 and not inner.endswith("\\") and not re.search(r"\\[{}]", inner)


def _reads_alike(text: str, block: Block) -> bool:
    again = list(parts.blocks([source.Chunk(text, 1)]))
    if len(again) != 1 or again[0].kind != block.kind or again[0].reason:
        return False
    return (again[0].type, again[0].key, _said(again[0])) == (block.type, block.key, _said(block))


def _said(block: Block) -> list[tuple[str, str]]:
    """What the fields of a block say, but for white space and the composition of characters."""
    return [
        (field.name, " ".join(unicodedata.normalize("NFC", parts.expanded(field.value, {})).split())) for field in block.fields
    ]


# --- records of any source as entries ---------------------------------------------------------------------------------------

_ESCAPES: Final = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "$": r"\$",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
)
_LIGATURES = re.compile(r"-(?=-)|`(?=`)|'(?=')|[?!](?=`)")
_UNSAFE_IN_KEY = re.compile(r"[^\w.:+/!*\[\]-]+")
_IN_BOOKS: Final = frozenset(
    "inproceedings conference incollection inbook inreference bookinbook suppbook suppcollection".split()
)
_VENUES: Final = ("journal", "journaltitle", "booktitle")
_OF_RECORD: Final = frozenset({"title", "author", "authors", "year", "affiliation", "affiliations", OWN_FIELD, *_VENUES})
_ID_FIELDS: Final = {
    "doi": "doi",
    "arxiv": "eprint",
    "pmid": "pmid",
    "pmcid": "pmcid",
    "openalex": "openalex",
    "s2": "s2",
    "dblp": "dblp",
}


def write(records: Iterable[Record]) -> str:
    """Records as BibTeX: reading it gives back key, title, authors, year, venue, type and ids, as far as the keys were safe and unique.

    A field keeps the LaTeX of the file it came from where that still says what the record says; everything else is escaped. Of the
    counts only those are written that stand in fields of the entry itself.
    """
    taken: set[str] = set()
    listed = list(records)
    keys = {record.key.casefold() for record in listed}
    return "\n\n".join(_entry_of(record, _unique(record, taken), keys) for record in listed) + "\n" if listed else ""


def encode(text: str) -> str:
    r"""Plain text as LaTeX that `decode` reads as the same text: specials escaped, dashes and quotes kept from joining.

    >>> encode("R&D: 100% {C} -- a_b")
    'R\\&D: 100\\% \\textbraceleft{}C\\textbraceright{} -{}- a\\_b'
    """
    return _LIGATURES.sub(lambda found: found[0] + "{}", text.translate(_ESCAPES))


def safe_key(key: str) -> str:
    """`key` without what BibTeX, BibLaTeX or a shell would stumble over."""
    return _UNSAFE_IN_KEY.sub("-", texts.clean(key)).strip("-")


def _unique(record: Record, taken: set[str]) -> str:
    stem = safe_key(record.key) or "entry"
    key, number = stem, 1
    while key.casefold() in taken:
        number += 1
        key = f"{stem}-{number}"
    taken.add(key.casefold())
    return key


def _entry_of(record: Record, key: str, keys: set[str]) -> str:
    kind = record.type if re.fullmatch(r"\w+", record.type) and record.type not in ("comment", "string", "preamble") else "misc"
    fields = dict(_fields_of(record, kind, keys))
    text = _laid_out(kind, key, fields)
    again = read_text(text)
    if len(again) == 1 and again[0].ids != record.ids:
        fields[OWN_FIELD] = " ".join(identifier for identifier in record.ids if " " not in identifier)
        text = _laid_out(kind, key, fields)
    return text


def _laid_out(kind: str, key: str, fields: Mapping[str, str]) -> str:
    lines = [
        f"  {name} = {value if name == 'month' and value.isalpha() else f'{{{value}}}'},\n" for name, value in fields.items()
    ]
    return f"@{kind}{{{key},\n{''.join(lines)}}}"


def _fields_of(record: Record, kind: str, keys: set[str]) -> Iterator[tuple[str, str]]:
    entry = record.entry if record.source == "bib" else {}
    if record.title:
        yield "title", _kept(entry, ("title",), record.title) or encode(record.title)
    yield from _people_of(record, entry)
    if record.year is not None and not re.search(
        rf"(?<![0-9]){record.year}(?![0-9])", entry.get("date", "") if "year" not in entry else ""
    ):
        yield "year", str(record.year)
    if record.venue:
        own = next((name for name in _VENUES if entry.get(name) and texts.decode(entry[name]) == record.venue), None)
        yield (
            own or ("booktitle" if kind in _IN_BOOKS else "journal"),
            _kept(entry, _VENUES, record.venue) or encode(record.venue),
        )
    if record.affiliation:
        yield "affiliation", _kept(entry, ("affiliation", "affiliations"), record.affiliation) or encode(record.affiliation)
    yield from _ids_of(record, entry)
    for name, value in entry.items():
        if (
            name not in _OF_RECORD
            and _may_be_written(name, value)
            and not (name in ("crossref", "xdata") and value.casefold() not in keys)
        ):
            yield name, value


def _kept(entry: Mapping[str, str], fields: tuple[str, ...], text: str) -> str | None:
    """The LaTeX of the first of the fields that reads as `text`."""
    for name in fields:
        value = entry.get(name)
        if value and _may_be_written(name, value) and texts.decode(value) == text:
            return " ".join(value.split())
    return None


def _may_be_written(name: str, value: str) -> bool:
    balanced = _may_stand_in_braces(value) or (value.count("{") == value.count("}") and parts.is_whole(f"{{{value}}}"))
    return bool(re.fullmatch(r"[a-z][\w:+.-]*", name)) and balanced and not re.search(r"(?m)^\s*@|\\$", value)


def _people_of(record: Record, entry: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    people = record.authors, record.authors_complete
    for name in ("author", "authors", "editor"):
        value = entry.get(name)
        if value and _may_be_written(name, value) and names.split(value) == people:
            if name != "editor":
                yield "author", " ".join(value.split())
            return
    if record.authors or not record.authors_complete:
        yield "author", author_field(record.authors, complete=record.authors_complete)


def author_field(people: tuple[Name, ...], *, complete: bool = True) -> str:
    """Names as a BibTeX author field from which `names.split` reads the same names."""
    end = [] if complete else ["others"]
    plain = " and ".join([*map(_name_field, people), *end])
    if names.split(plain) == (people, complete):
        return plain
    return " and ".join([*map(_extended, people), *end])


def _name_field(name: Name) -> str:
    family, given, particle, suffix = map(encode, (name.family, name.given, name.particle, name.suffix))
    if name.literal:
        return f"{{{family}}}"
    candidates = (
        _parts_of_name(family, given, particle, suffix),
        _parts_of_name(f"{{{family}}}", given, particle, suffix),
        _parts_of_name(f"{{{family}}}", given and f"{{{given}}}", particle, suffix and f"{{{suffix}}}"),
    )
    return next((candidate for candidate in candidates if names.split(candidate) == ((name,), True)), _extended(name))


def _parts_of_name(family: str, given: str, particle: str, suffix: str) -> str:
    return ", ".join(part for part in (f"{particle} {family}".strip(), suffix, given) if part)


def _extended(name: Name) -> str:
    """The name in BibLaTeX's extended format, in which no part can be taken for another."""
    if name.literal:
        return f"{{{{{encode(name.family)}}}}}"  # a team called "others" needs two pairs of braces
    labelled = {"family": name.family, "given": name.given, "prefix": name.particle, "suffix": name.suffix}
    return ", ".join(f"{label}={{{encode(part)}}}" for label, part in labelled.items() if part)


def _ids_of(record: Record, entry: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    written: set[str] = set()
    for identifier in record.ids:
        scheme, _, value = identifier.partition(":")
        name = _ID_FIELDS.get(scheme)
        if name and name not in written and name not in entry:
            written.add(name)
            yield name, encode(value) if scheme != "doi" else value.replace("\\", "")
            if name == "eprint" and "archiveprefix" not in entry:
                yield "archiveprefix", "arXiv"
