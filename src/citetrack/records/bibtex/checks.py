"""Named problems of a `.bib` file, and the repair of those that can be mended without guessing.

`check` reads and names; `fix` changes only what it reports, and not one byte besides.
"""

from __future__ import annotations

import io
import os
import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from citetrack.errors import InputError
from citetrack.records import ids as identifiers
from citetrack.records import names
from citetrack.records import text as texts
from citetrack.records.bibtex import blocks as parts
from citetrack.records.bibtex import source
from citetrack.records.bibtex.inherit import with_inherited
from citetrack.records.bibtex.reading import MONTHS, define, read_blocks, shown_name
from citetrack.records.bibtex.writing import VERBATIM, author_field, encode
from citetrack.records.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from citetrack.records.bibtex.blocks import Block

LARGEST: Final = 256 * 2**20
# Every code with what it means; those `fix` mends are marked.
CODES: Final[Mapping[str, str]] = {
    "bad_arxiv": "an eprint of arXiv that is no arXiv id",
    "bad_count": "a count of citations that is negative, fractional or absurd",
    "bad_doi": "a doi that is no DOI",
    "bad_isbn": "an isbn whose check digit is wrong",
    "arxiv_in_journal": "an arXiv id in the journal, where eprint belongs",
    "authors_by_commas": "authors separated by commas or semicolons, where BibTeX wants `and` (mended where it is certain who is meant)",
    "broken_entry": "an entry that cannot be read",
    "control_characters": "characters that control a terminal or hide text (mended)",
    "doi_as_url": "a doi with its resolver's address before it (mended)",
    "duplicate_field": "a field that an entry has more than once",
    "duplicate_key": "a key that several entries have",
    "et_al": "`et al.`, where BibTeX wants `and others` (mended)",
    "no_bibtex": "a file without anything of BibTeX in it",
    "html": "HTML entities, where LaTeX or Unicode belongs (mended)",
    "implausible_year": "a year that is none from 1000 to 2100",
    "too_large": "a part of the file that is larger than any entry is",
    "unread": "the rest of a file that is so broken that it can be no BibTeX",
    "mended_entry": "an entry with a slip that was understood all the same (missing commas are mended)",
    "missing_author": "an entry without author and editor, of a type that needs one",
    "missing_key": "an entry without a key",
    "missing_title": "an entry without a title",
    "missing_year": "an entry without year and date, of a type that needs one",
    "not_nfc": "text whose accents stand apart from their letters (mended)",
    "not_utf8": "a file that is no UTF-8 (mended)",
    "undefined_string": "the name of a string that nothing defines",
    "unknown_crossref": "a crossref or xdata to an entry that is not there",
    "unsafe_key": "a key with characters that BibTeX or LaTeX cannot take",
}
_NEEDS_NO_WORK: Final = frozenset("xdata set string customa customb control ieeetranbstctl".split())
_NEEDS_YEAR: Final = frozenset(
    "article inproceedings conference incollection inbook book proceedings phdthesis mastersthesis thesis techreport report".split()
)
_NEEDS_AUTHOR: Final = frozenset(
    "article inproceedings conference incollection inbook book phdthesis mastersthesis thesis techreport report unpublished".split()
)
_UNSAFE_IN_KEY = re.compile(r"[\s,{}()\"#%~\\]")
_RESOLVER = re.compile(r"\s*(?:https?://(?:dx\.)?(?:www\.)?doi\.org/|doi:\s*|doi\.org/)\s*(?=10\.)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPED_ENTITY = re.compile(r"\\?" + _ENTITY.pattern)
# The ampersands of an entity that was encoded again, perhaps over and over.
_ENCODED_AMPERSANDS = re.compile(
    r"\\?&(?:(?:amp|#0{0,5}38|#[xX]0{0,4}26);)+(?=(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
)
_NESTED_ENTITIES: Final = 8
_LINE_END = re.compile(r"\r\n?|\n")
_INITIALS = re.compile(r"(?:[A-Z]\.?[- ]?){1,4}")
_NO_PLAIN_LIST = re.compile(r"[|\d/(\\]")
_ET_AL = re.compile(r"(?:,?\s+and|,)?[\s~]+\{?et(?:\.?[\s~]+|\.)al(?:ii|ia)?\b\.?\}?\s*$", re.IGNORECASE)
_NAMES: Final = frozenset({"author", "editor", "translator", "bookauthor"})
# Addresses and paths: an entity there is not text, though an ampersand it stands for still is one.
_ADDRESSES: Final = frozenset("url file files pdf local-url uri doi eprint bdsk-url-1 bdsk-url-2 link".split())


class Fixed(NamedTuple):
    """A mended file: its text, line ends as they were, and what was changed, each with its line."""

    text: str
    changes: list[Problem]


def check(path: str | Path) -> list[Problem]:
    """The problems of a `.bib` file in the order of its lines, each with a code of `CODES`. Raises `InputError` like `read`."""
    path, name = _bounded(path), shown_name(path)
    found = list(parts.blocks(source.chunks_of_file(path)))
    original, decoded = source.whole(path)
    problems = [*read_blocks(found, name).problems, *_of_blocks(found, name), *_of_characters(original, name)]
    if not decoded:
        problems.append(Problem("not_utf8", "the file is no UTF-8; it was read as what it most likely is", name, 1))
    if all(block.kind == parts.TEXT for block in found):
        problems.append(Problem("no_bibtex", "there is no entry in it, nor anything else of BibTeX", name, 1))
    return sorted(set(problems), key=lambda problem: (problem.line, problem.code, problem.message))


def _bounded(path: str | Path) -> Path:
    """The file, if it is not too large to be held whole. Raises `InputError`."""
    try:
        size = os.stat(path).st_size  # noqa: PTH116 - whatever else is wrong with the file is said when it is read
    except (OSError, ValueError):
        size = 0
    if size > LARGEST:
        raise InputError(f"{path}: larger than {LARGEST // 2**20} MB; split it to check or mend it")
    return Path(path)


def _of_characters(text: str, file: str) -> Iterator[Problem]:
    unsafe = list(texts.UNSAFE.finditer(text.removeprefix("\ufeff")))
    if unsafe:
        line = text.count("\n", 0, unsafe[0].start()) + 1
        yield Problem("control_characters", f"{len(unsafe)} control or invisible characters, the first one here", file, line)


def _of_blocks(found: list[Block], file: str) -> Iterator[Problem]:
    entries = [block for block in found if block.kind == parts.ENTRY]
    strings: dict[str, str] = {}
    for block in found:
        define(block, strings)
    known = strings | MONTHS
    fields = [{field.name: parts.expanded(field.value, strings) for field in reversed(block.fields)} for block in entries]
    by_key: dict[str, tuple[str, Mapping[str, str]]] = {}
    lines: dict[str, int] = {}
    for block, own in zip(entries, fields, strict=True):
        first = lines.setdefault(block.key.casefold(), block.line)
        if block.key and first != block.line:
            yield Problem("duplicate_key", f"key {block.key!r} is that of line {first} too", file, block.line)
        by_key.setdefault(block.key.casefold(), (block.type, own))
    for block, own in zip(entries, fields, strict=True):
        references = list(_of_references(block, own, by_key, known, file))
        unknown = any(problem.code == "unknown_crossref" for problem in references)
        yield from _of_entry(block, own, with_inherited(block.type, own, by_key), file, inherits_unknown=unknown)
        yield from references


def _of_references(
    block: Block, own: Mapping[str, str], by_key: Mapping[str, object], strings: Mapping[str, str], file: str
) -> Iterator[Problem]:
    for name in ("crossref", "xdata"):
        for key in own.get(name, "").split(","):
            if key.strip() and key.strip().casefold() not in by_key:
                yield Problem(
                    "unknown_crossref",
                    f"entry {block.key!r}: {name} names {key.strip()!r}, which is not in this file",
                    file,
                    _line(block, name),
                )
    for field in block.fields:
        for string in parts.undefined(field.value, strings):
            yield Problem(
                "undefined_string",
                f"entry {block.key!r}: {field.name} names the string {string!r}, which nothing defines",
                file,
                field.line,
            )


def _line(block: Block, name: str) -> int:
    return next((field.line for field in block.fields if field.name == name), block.line)


def _of_entry(
    block: Block, own: Mapping[str, str], fields: Mapping[str, str], file: str, *, inherits_unknown: bool
) -> Iterator[Problem]:
    """What is wrong with an entry; what it lacks may stand in an entry that is not there."""

    def problem(code: str, message: str, name: str = "") -> Problem:
        return Problem(code, f"entry {block.key!r}: {message}", file, _line(block, name))

    if block.key and _UNSAFE_IN_KEY.search(block.key):
        yield problem("unsafe_key", "its key holds characters that BibTeX or LaTeX cannot take")
    if block.type not in _NEEDS_NO_WORK and not inherits_unknown:
        if not fields.get("title", "").strip() and not fields.get("maintitle"):
            yield problem("missing_title", "it has no title")
        if block.type in _NEEDS_AUTHOR and not any(
            fields.get(name, "").strip() for name in ("author", "authors", "editor", "editors")
        ):
            yield problem("missing_author", "it has neither author nor editor")
        if block.type in _NEEDS_YEAR and not any(fields.get(name, "").strip() for name in ("year", "date")):
            yield problem("missing_year", "it has neither year nor date")
    yield from (problem(code, message, name) for name, code, message in _of_ids(own))
    for field in block.fields:
        yield from (
            Problem(code, f"entry {block.key!r}: {message}", file, field.line)
            for code, message in _of_value(field.name, field.value)
        )


def _of_ids(own: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    doi = own.get("doi", "").strip()
    if doi and not identifiers.doi(texts.decode(doi[:400])):
        yield "doi", "bad_doi", f"{doi[:60]!r} is no DOI"
    eprint = own.get("eprint", "").strip()
    archive = (own.get("archiveprefix") or own.get("eprinttype") or "").strip().lower()
    if eprint and archive == "arxiv" and not identifiers.arxiv(texts.decode(eprint[:400])) and not eprint.isdigit():
        yield "eprint", "bad_arxiv", f"{eprint[:60]!r} is no arXiv id"
    isbn = own.get("isbn", "").strip()
    if isbn and not identifiers.isbn(texts.decode(isbn[:400])):
        yield "isbn", "bad_isbn", f"{isbn[:60]!r} is no ISBN"
    for name in ("journal", "journaltitle"):
        journal = own.get(name, "")[:400]
        if "arxiv" in journal.lower() and "eprint" not in own and identifiers.arxiv(journal):
            yield (
                name,
                "arxiv_in_journal",
                f"an arXiv id stands in {name}: write eprint = {{{identifiers.arxiv(journal)}}}".replace("arxiv:", ""),
            )


def _of_value(name: str, value: str) -> Iterator[tuple[str, str]]:
    """What is wrong with how a value is written: most of it is what `_mended` mends."""
    for code, message, _ in _mendings(name, value):
        yield code, message
    if name in _NAMES and value[:1] in '{"' and len(value) > 2:
        inner = value[1:-1]
        if _by_commas(inner) and not _only_by_commas(inner):
            yield "authors_by_commas", f"{name} seems to separate names by commas; BibTeX wants `and`"


# --- mending ----------------------------------------------------------------------------------------------------------------


def fix(path: str | Path) -> Fixed:
    """The mended text of a file, its line ends and byte order mark as they were, to be written as UTF-8. Raises `InputError` like `read`."""
    path, name = _bounded(path), shown_name(path)
    for _ in source.chunks_of_file(path):
        break  # whatever makes the file unreadable is said in the same words
    text, decoded = source.whole(path)
    fixed = fix_text(text, name)
    if decoded:
        return fixed
    change = Problem("not_utf8", "the file is UTF-8 now", name, 1)
    return Fixed(source.ENCODING_LINE.sub(r"\1UTF-8", fixed.text, count=1), [change, *fixed.changes])


def fix_text(text: str, file: str = "text.bib") -> Fixed:
    """BibTeX given as text with its safe mendings made, and what was changed."""
    changes: list[Problem] = []
    mark, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    unsafe = texts.UNSAFE.search(text)
    if unsafe:
        changes.append(
            Problem("control_characters", "control and invisible characters removed", file, _lines(text, 0, unsafe.start()) + 1)
        )
        text = texts.UNSAFE.sub("", text)
    edits = list(_edits(text, file, changes))
    out: list[str] = []
    at = 0
    for start, end, new in edits:
        out += [text[at:start], new]
        at = end
    return Fixed(mark + "".join(out) + text[at:], changes)


def _lines(text: str, start: int, end: int) -> int:
    """How many lines end between two places, whatever the line ends."""
    return sum(1 for _ in _LINE_END.finditer(text, start, end))


def _edits(text: str, file: str, changes: list[Problem]) -> Iterator[tuple[int, int, str]]:
    """What to replace in `text`, from its beginning to its end."""
    at = counted = 0
    line = 1
    for block in parts.blocks(source.chunks_as_they_are(io.StringIO(text, newline=""))):
        start = text.find(block.raw, at) if block.raw else -1
        if start < 0:
            continue
        at = start + len(block.raw)
        if block.kind == parts.ENTRY:
            for begin, end, new, code, message, place in _edits_of_entry(block):
                line, counted = line + _lines(text, counted, start + place), start + place
                changes.append(Problem(code, f"entry {block.key!r}: {message}", file, line))
                yield start + begin, start + end, new


def _edits_of_entry(block: Block) -> Iterator[tuple[int, int, str, str, str, int]]:
    """Begin and end of what to replace in the raw entry, the new text, code, message, and the place of the field's name."""
    at = block.raw.find(block.key) + len(block.key) if block.key else 0
    comma_needed = bool(block.key)
    for field in block.fields:
        found = re.compile(re.escape(field.name) + r"\s*=\s*", re.IGNORECASE).search(block.raw, at)
        if not found or not block.raw.startswith(field.value, found.end()):
            return
        if comma_needed and not re.search("[,;]", block.raw[at : found.start()]):
            yield at, at, ",", "mended_entry", "a missing comma added", found.start()
        value = field.value
        done = []
        for code, message, new in _mendings(field.name, value):
            value = new
            done.append((code, message))
        begin, end = found.end(), found.end() + len(field.value)
        if done:
            yield begin, end, value, done[0][0], "; ".join(f"{field.name}: {message}" for _, message in done), found.start()
        at, comma_needed = end, True


def _mendings(name: str, value: str) -> Iterator[tuple[str, str, str]]:
    """Code, message and new value of each safe mending of a value, one after the other."""
    if value[:1] not in ("{", '"') or not parts.is_whole(value):
        return
    inner = value[1:-1]
    for code, mend in _MENDERS:
        message, new = mend(name, inner)
        if new != inner:
            inner = new
            yield code, message, value[0] + inner + value[-1]


def _bare_doi(name: str, value: str) -> tuple[str, str]:
    bare = _RESOLVER.sub("", value, count=1) if name == "doi" and _RESOLVER.match(value) else value
    if "://" in value:
        bare = bare.partition("?")[0] if bare != value else value
    return "a DOI belongs here without the address of its resolver", bare.strip() if bare != value else value


def _without_entities(name: str, value: str) -> tuple[str, str]:
    if "&" not in value:
        return "", value
    plain = name in _ADDRESSES
    value = _ENCODED_AMPERSANDS.sub("&", value)
    for _ in range(_NESTED_ENTITIES):
        before, value = value, _ESCAPED_ENTITY.sub(lambda found: _of_entity(found[0], plain=plain), value)
        if value == before:
            break
    return "HTML entities in LaTeX", value


@lru_cache(maxsize=1024)
def _of_entity(entity: str, *, plain: bool) -> str:
    from html import unescape

    character = unescape(entity.removeprefix("\\"))
    if character.startswith("&") and len(character) > 1:
        return entity  # no entity after all
    return character if plain else " " if character.isspace() else encode(character)


def _with_and_others(name: str, value: str) -> tuple[str, str]:
    return "BibTeX wants `and others` for `et al.`", _ET_AL.sub(" and others", value) if name in _NAMES else value


def _with_and(name: str, value: str) -> tuple[str, str]:
    mended = _and_for_commas(value) if name in _NAMES and _only_by_commas(value) else value
    return "names separated by commas or semicolons; BibTeX wants `and`", mended


def _by_commas(value: str) -> bool:
    """Whether more names are read from a field than BibTeX would read."""
    if "," not in value and ";" not in value:
        return False
    pieces = re.split(r"\sand\s", value, flags=re.IGNORECASE)
    others = pieces[-1].strip().casefold() == "others"
    return len(names.split(value)[0]) > len(pieces) - others and "{" not in value


def _only_by_commas(value: str) -> bool:
    """Whether BibTeX could not read the field at all (a name with more than two commas, or with a semicolon), and what is meant is certain."""
    pieces = re.split(r"\sand\s", value, flags=re.IGNORECASE)
    return (
        _by_commas(value)
        and any(piece.count(",") > 2 or ";" in piece for piece in pieces)
        and not _NO_PLAIN_LIST.search(value)
        and _certain_people(value) == len(names.split(value)[0])
    )


def _certain_people(value: str) -> int | None:
    """How many people a list names where that is beyond doubt, else `None`."""
    count = 0
    for part in re.split(r";|\s(?:and|&)\s", value, flags=re.IGNORECASE):
        pieces = [piece.strip() for piece in part.split(",") if piece.strip()]
        if not pieces or pieces == ["others"]:
            continue
        people = 1 if len(pieces) == 2 and part.strip().count(",") <= 2 and ";" in value else _people_in(pieces)
        if not people:
            return None
        count += people
    return count


def _people_in(pieces: list[str]) -> int | None:
    """How many people the pieces between commas name: families and initials in turn, or whole names."""
    initials = [bool(_INITIALS.fullmatch(piece)) for piece in pieces]
    if len(pieces) % 2 == 0 and all(initials[1::2]) and not any(initials[::2]):
        return len(pieces) // 2
    whole = all(len(piece.split()) > 1 and not piece[0].islower() for piece in pieces)
    return len(pieces) if whole and not any(initials) else None


def _and_for_commas(value: str) -> str:
    people, complete = names.split(value)
    mended = author_field(people, complete=complete)
    return mended if names.split(mended) == (people, complete) else value


def _composed(name: str, value: str) -> tuple[str, str]:
    return "accents composed with their letters (NFC)", value if name in VERBATIM else unicodedata.normalize("NFC", value)


_MENDERS: Final = (
    ("doi_as_url", _bare_doi),
    ("html", _without_entities),
    ("et_al", _with_and_others),
    ("authors_by_commas", _with_and),
    ("not_nfc", _composed),
)
