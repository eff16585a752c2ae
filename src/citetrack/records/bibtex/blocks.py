r"""The blocks of a `.bib`: entries, strings, preambles, comments, the text between them, and what is broken, in the order of the file.

bibtexparser's splitter finds them. What it gives up is looked at once more by BibTeX's own rules (every brace counts, even behind a
backslash) and with forgiveness for the slips that people make: a comma missing after the key or between fields, a last brace missing.
What still cannot be read is kept as it stands.

Reference: Oren Patashnik, "BibTeXing", 1988; https://www.bibtex.org/Format/.
"""

from __future__ import annotations

import itertools
import logging
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from bibtexparser.model import (
    Block as ParsedBlock,
)
from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ExplicitComment,
    ImplicitComment,
    ParsingFailedBlock,
    Preamble,
    String,
)
from bibtexparser.splitter import Splitter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from citetrack.records.bibtex.source import Chunk

# What the splitter logs of a broken block, the reader says with file and line.
logging.getLogger("bibtexparser").addHandler(logging.NullHandler())

ENTRY, STRING, PREAMBLE, COMMENT, TEXT, BROKEN = "entry", "string", "preamble", "comment", "text", "broken"
LOST: Final = "lost"  # what was too much to be held: nothing of it is kept but the line where it begins and, as `type`, the code that says why


_MOST_BROKEN: Final = 1000
_LONG: Final = 1 << 16
_MOST_FROM_STRINGS: Final = 4000
_MOST_REASONS: Final = 3
_TOO_LARGE: Final = "it is larger than 16 MB, as no entry is; a closing brace is missing, or the file is no BibTeX"


class Field(NamedTuple):
    """`name` in lower case; `value` as an expression: with its braces or quotes, or the name of a string, or pieces joined by ``#``."""

    name: str
    value: str
    line: int


class Block(NamedTuple):
    """One block. `reason` says what is wrong with it; where it was mended all the same, the fields are there."""

    kind: str
    raw: str
    line: int
    type: str = ""
    key: str = ""
    fields: list[Field] = []  # noqa: RUF012 -- a default nobody changes
    reason: str = ""


def blocks(chunks: Iterable[Chunk]) -> Iterator[Block]:
    """The blocks of a file in pieces. Never raises; a file that is broken over and over is given up with a block that is `LOST`."""
    in_a_row = 0
    for chunk in chunks:
        if chunk.skipped:
            yield from _beginning(chunk)
            continue
        if len(chunk.text) > _LONG and chunk.text.count("@") * 5 > len(chunk.text):
            yield Block(LOST, "", chunk.line, "unread", reason="it has more @ than entries could have: this is no BibTeX")
            return
        for block in _blocks_of_chunk(chunk.text, chunk.line):
            yield block
            in_a_row = in_a_row + 1 if block.kind == BROKEN else 0
            if in_a_row == _MOST_BROKEN:
                yield Block(LOST, "", block.line, "unread", reason=f"{_MOST_BROKEN} broken entries in a row: this is no BibTeX")
                return


def _beginning(chunk: Chunk) -> Iterator[Block]:
    """The blocks that stand whole before what is too large, and a block that says where that begins."""
    line = chunk.line
    for block in _blocks_of_chunk(chunk.text, chunk.line):
        line = block.line
        if block.reason or block.kind == TEXT:
            break
        line += block.raw.count("\n")
        yield block
    yield Block(LOST, "", line, "too_large", reason=_TOO_LARGE)


def _blocks_of_chunk(text: str, first_line: int) -> Iterator[Block]:
    parsed = [_unwrapped(block) for block in Splitter(text).split().blocks]
    regions = _regions(text, parsed) if any(isinstance(block, ParsingFailedBlock) for block in parsed) else {}
    broken = False
    for number, block in enumerate(parsed):
        line = first_line + (block.start_line or 0)
        if isinstance(block, Entry):
            broken = False
            yield _entry(block, line, first_line)
        elif isinstance(block, ParsingFailedBlock):
            broken = True
            yield _second_look(regions[number], line)
        elif not (broken and isinstance(block, ImplicitComment)):
            broken = False
            other = _other(block, line)
            if other.kind == TEXT and "@" in other.raw and _SPACED_HEAD.search(other.raw):
                yield from _with_spaced_heads(other.raw, line)
            else:
                yield other


def _unwrapped(block: ParsedBlock) -> ParsedBlock:
    """Keys given twice are no reason to lose a block."""
    while isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock) and block.ignore_error_block is not None:
        block = block.ignore_error_block
    return block


def _entry(entry: Entry, line: int, first_line: int) -> Block:
    fields = [Field(_field_name(field.key), field.value, first_line + field.start_line) for field in entry.fields]
    reason = ""
    if any("%" in field.key for field in entry.fields):
        without_comments = _without_comments(entry.raw or "", line)
        if without_comments:
            return without_comments
    if any("=" in value and _MISSING_COMMA.search(value) and not is_whole(value) for _, value, _ in fields):
        fields, reason = _parted(fields)
    if any(_is_doubtful(value) for _, value, _ in fields):
        fields, more = _cut_to_values(fields)
        reason = reason or more
    return Block(ENTRY, entry.raw or "", line, entry.entry_type, entry.key, fields, reason)


def _without_comments(raw: str, line: int) -> Block | None:
    """An entry with comment lines among its fields (biber allows them), read without what they hold."""
    head = _HEAD.match(raw)
    return (_mended(raw, line, head, _ESCAPED_BRACES) or _mended(raw, line, head, _ALL_BRACES)) if head else None


def _is_doubtful(value: str) -> bool:
    """Whether a value may be more than an expression; cheap, and wrong only on the safe side."""
    first, last = value[:1], value[-1:]
    if (first == "{" and last == "}") or (first == last == '"' and len(value) > 1):
        return ("%" in value or ";" in value or "=" in value) and _SIGN_BEHIND.search(value) is not None
    return not value.isalnum()


def _cut_to_values(fields: list[Field]) -> tuple[list[Field], str]:
    """The fields, those that are no expression cut to their first piece; a comment behind it is no slip."""
    cut: list[Field] = []
    reason = ""
    for field in fields:
        end = _end_of_piece(field.value, 0, _ESCAPED_BRACES)
        rest = field.value[end:].strip() if end else ""
        if not rest or (field.value[0] not in '{"' and rest[0] not in "#;%") or pieces(field.value) is not None:
            cut.append(field)
            continue
        cut.append(field._replace(value=field.value[:end]))
        if not reason and not _ONLY_COMMENT.fullmatch(rest):
            reason = f"what stands behind the value of {field.name} in line {field.line} was left out"
    return cut, reason


def _other(block: ParsedBlock, line: int) -> Block:
    raw = block.raw or ""
    if isinstance(block, String):
        return Block(STRING, raw, line, key=block.key, fields=[Field(block.key.lower(), block.value, line)])
    if isinstance(block, Preamble):
        return Block(PREAMBLE, raw, line)
    return Block(COMMENT if isinstance(block, ExplicitComment) else TEXT, raw, line)


_NAMES: Final[dict[str, str]] = {}
_MOST_NAMES: Final = 10_000


def _field_name(written: str) -> str:
    """A field's name in lower case; a comment line before it (biber allows it) is no part of it."""
    name = _NAMES.get(written)
    if name is None:
        name = (written.split() or [""])[-1].lower()
        if len(_NAMES) < _MOST_NAMES and len(written) < 100:
            _NAMES[written] = name
    return name


def _regions(text: str, parsed: list[ParsedBlock]) -> dict[int, str]:
    """What each failed block takes up: from its @ to the next block that the splitter could tell."""
    lines = [0, *(found.end() for found in re.finditer("\n", text))]
    failed: list[tuple[int, int]] = []
    regions = {}
    at = 0
    for number, block in enumerate(parsed):
        if isinstance(block, ImplicitComment):
            continue
        least = max(lines[min(block.start_line or 0, len(lines) - 1)], at)
        start = max(text.find(block.raw or "@", least), least)
        for earlier, begun in failed:
            regions[earlier] = text[begun:start].rstrip()
        at, failed = start + 1, []
        if isinstance(block, ParsingFailedBlock):
            failed = [(number, start)]
            block.error.__traceback__ = None  # a cycle through the splitter's frames would keep the whole piece alive
    return regions | {number: text[begun:].rstrip() for number, begun in failed}


# --- values -----------------------------------------------------------------------------------------------------------------

_MISSING_COMMA = re.compile(r"[}\"][\s;]+[A-Za-z][\w:+-]*\s*=\s*[{\"\w]|^\w+\s+[A-Za-z][\w:+-]*\s*=\s*[{\"\w]")
_SIGN_BEHIND = re.compile(r"[}\"]\s*[;%]|[}\"][^{}\"#=]*=\s*[{\"]")
_ONLY_COMMENT = re.compile(r"%[^\n]*")
_ESCAPED_BRACES = re.compile(r"(?<!\\)[{}]")
_ALL_BRACES = re.compile(r"[{}]")
_BRACES_AND_QUOTE = re.compile(r"(?<!\\)[{}\"]")
_BARE = re.compile(r"[^\s,{}()\"#=]+")
_SPACE = re.compile(r"\s*")


def is_whole(value: str) -> bool:
    """Whether the value is one piece in braces or quotes from its first character to its last."""
    end = _end_of_piece(value, 0, _ESCAPED_BRACES)
    return end == len(value)


def _end_of_piece(text: str, at: int, braces: re.Pattern[str]) -> int | None:
    """Where the piece of a value that begins at `at` ends, or `None` where it doesn't."""
    opening = text[at : at + 1]
    if opening == "{":
        return _end_of_braces(text, at, braces)
    if opening == '"':
        depth = 0
        for found in _BRACES_AND_QUOTE.finditer(text, at + 1):
            if found[0] == '"' and depth <= 0:
                return found.end()
            depth += {"{": 1, "}": -1}.get(found[0], 0)
        return None
    bare = _BARE.match(text, at)
    return bare.end() if bare else None


def _end_of_braces(text: str, at: int, braces: re.Pattern[str]) -> int | None:
    depth = 0
    for found in braces.finditer(text, at):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.end()
    return None


def pieces(value: str) -> list[str] | None:
    """The pieces of a value joined by ``#``, or `None` where it is no such expression."""
    found = []
    at = 0
    while True:
        end = _end_of_piece(value, at, _ESCAPED_BRACES)
        if end is None:
            return None
        found.append(value[at:end])
        at = _after_space(value, end)
        if at == len(value):
            return found
        if value[at] != "#":
            return None
        at = _after_space(value, at + 1)


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def expanded(value: str, strings: Mapping[str, str]) -> str:
    """What a value says: braces or quotes gone, strings and ``#`` resolved. An undefined string stands for its own name."""
    if value[:1] in ("{", '"') and len(value) > 1 and value[-1] == ("}" if value[0] == "{" else '"') and "#" not in value:
        return value[1:-1]
    if value.isalnum():
        return value if value.isdecimal() else strings.get(value.lower(), value)
    parts = pieces(value)
    if parts is None:
        return value.strip('{}"')
    named = [part if part[0] in '{"' else strings.get(part.lower(), part) for part in parts]
    if len(parts) > 1 and sum(map(len, named)) > len(value) + _MOST_FROM_STRINGS:
        return value  # strings of strings of strings: a name doubled at each step fills any memory
    return "".join(text[1:-1] if part[0] in '{"' else text for part, text in zip(parts, named, strict=True))


def undefined(value: str, strings: Mapping[str, str]) -> list[str]:
    """The names of strings in a value that nothing defines."""
    if value[:1] in ("{", '"') and "#" not in value:
        return []
    return [part for part in pieces(value) or [] if part[0] not in '{"' and not part.isdecimal() and part.lower() not in strings]


# --- a second look at what the splitter gave up -----------------------------------------------------------------------------

_HEAD = re.compile(r"@(\w*)[ \t]*([{(])\s*")
_LOOSE_HEAD = re.compile(r"@\s*(\w+)\s*([{(])\s*")
_SPACED_HEAD = re.compile(r"(?:^|(?<=[})]))[ \t]*(?P<head>@(?:[ \t\r]*\n)?[ \t]*\w+(?:[ \t\r]*\n)?[ \t]*[{(])", re.MULTILINE)
_CLOSING = re.compile(r"\s*[})]")
_KEY = re.compile(r"([^\s,={}\"]*)\s*(,|(?=[^\s,={}()\"#]+\s*=)|(?=[})]\s*$)|(?=[{\"]))")
_NAME = re.compile(r"([^\s=,{}()\"#]+)\s*=\s*")
_END_AND_NEXT_FIELD = re.compile(r"\}\s*,[^\S\n]*\n\s*[\w-]+\s*=")
# What no value holds unless it lacks its brace: the name of a field behind a comma, on a new line or well known.
_SWALLOWED = re.compile(
    r",(?:[ \t\r]*\n\s*[A-Za-z][\w-]*|\s*(?:title|author|year|journal|booktitle|doi|url|volume|number|pages|publisher|editor|month|note))\s*="
    r"\s*[{\"\w]",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"(?:[\s,;]|%[^\n]*\n)*")


def _second_look(raw: str, line: int) -> Block:
    head = _HEAD.match(raw)
    if not head or not head[1]:
        return Block(TEXT, raw, line)
    kind = head[1].lower()
    if kind in ("comment", "string", "preamble"):
        return Block(BROKEN, raw, line, kind, reason="it never closes")
    return _mended(raw, line, head, _ALL_BRACES) or _mended(raw, line, head, _ESCAPED_BRACES) or _hopeless(raw, line, head)


def _with_spaced_heads(raw: str, line: int) -> Iterator[Block]:
    """Text with the entries and strings in it that the splitter overlooks, because white space stands in their heads (BibTeX skips it)."""
    begun, begun_line, counted = 0, line, 0
    starts = [head.start("head") for head in _SPACED_HEAD.finditer(raw)]
    for start, until in itertools.pairwise([*starts, len(raw)]):
        line, counted = line + raw.count("\n", counted, start), start
        found = _read_spaced(raw[start:until], line)
        if found is None:
            continue
        yield from _text_between(raw[begun:start], begun_line)
        yield found
        begun, begun_line = start + len(found.raw), line + found.raw.count("\n")
    yield from _text_between(raw[begun:], begun_line)


def _text_between(text: str, line: int) -> Iterator[Block]:
    stripped = text.lstrip()
    if stripped:
        yield Block(TEXT, stripped.rstrip(), line + text.count("\n", 0, len(text) - len(stripped)))


def _read_spaced(raw: str, line: int) -> Block | None:
    """The entry or string that begins here, or `None` where it is running text."""
    head = _LOOSE_HEAD.match(raw)
    if not head or head[1].lower() in ("comment", "preamble"):
        return None
    if head[1].lower() == "string":
        name = _NAME.match(raw, head.end())
        end = _end_of_value(raw, name.end(), _ESCAPED_BRACES) if name else None
        closed = _CLOSING.match(raw, end) if end else None
        if not name or not closed:
            return None
        return Block(STRING, raw[: closed.end()], line, key=name[1], fields=[Field(name[1].lower(), raw[name.end() : end], line)])
    for braces in (_ALL_BRACES, _ESCAPED_BRACES):
        read = _entry_at(raw, line, head, braces)
        if read:
            block, end = read
            reason = block.reason or "white space stands in its head, which many programs cannot read"
            return block._replace(raw=raw[:end].rstrip(), reason=reason)
    broken = _hopeless(raw.rstrip(), line, head)
    return broken if broken.kind == BROKEN and "=" in raw and head[2] == "{" else None


def _hopeless(raw: str, line: int, head: re.Match[str]) -> Block:
    if "=" not in raw and "," not in raw:
        return Block(TEXT, raw, line)  # an @ in running text
    key = _KEY.match(raw, head.end())
    return Block(BROKEN, raw, line, head[1].lower(), key[1] if key else "", reason=_reason(raw))


def _reason(raw: str) -> str:
    opened, closed = len(_ALL_BRACES.findall(raw)) - raw.count("}"), raw.count("}")
    if opened > closed:
        return f"it lacks {opened - closed} closing brace{'s' if opened - closed > 1 else ''}"
    if closed > opened:
        return f"it has {closed - opened} closing brace{'s' if closed - opened > 1 else ''} too many"
    return "a quotation mark is unbalanced" if raw.count('"') % 2 else "something other than `name = value` stands in it"


def _mended(raw: str, first: int, head: re.Match[str], braces: re.Pattern[str]) -> Block | None:
    read = _entry_at(raw, first, head, braces)
    return read[0] if read else None


def _entry_at(raw: str, first: int, head: re.Match[str], braces: re.Pattern[str]) -> tuple[Block, int] | None:
    """The entry that begins with `head`, mended where it must be, and where it ends."""
    key = _KEY.match(raw, head.end())
    if not key:
        return None
    line = first
    reasons = [] if key[2] else ["a comma is missing after its key"]
    closing = "}" if head[2] == "{" else ")"
    at = key.end()
    fields: list[Field] = []
    counted = unclosed = 0
    last: re.Match[str] | None = None
    before = line, counted
    if _NAME.match(raw, head.end()):
        at, reasons, key_text = head.end(), ["it has no key"], ""
    else:
        key_text = key[1]
    while True:
        separators = _SEPARATORS.match(raw, at)
        comma = separators is not None and "," in separators[0]
        at = separators.end() if separators else at
        if raw[at : at + 1] == closing:
            break
        if at == len(raw) and fields:
            if not _SWALLOWED.search(fields[-1].value):
                reasons.append("its last brace is missing")
                break
            fields.pop()  # the brace of an earlier value is missing, and this one took in the fields behind it
            name, end = last, None
            line, counted = before
            comma = True
        else:
            name = _NAME.match(raw, at)
            end = _end_of_value(raw, name.end(), braces) if name else None
        if name and end is None:
            unclosed += 1
            end = _end_before_next_field(raw, name.end()) if unclosed <= _MOST_REASONS else None
            reasons.append(f"a closing brace is missing in {name[1].lower()}")
        if not name or end is None:
            return None
        last, before = name, (line, counted)
        line, counted = line + raw.count("\n", counted, name.end()), name.end()
        if fields and not comma:
            reasons.append(f"a comma is missing before line {line}")
        fields.append(Field(name[1].lower(), raw[name.end() : end], line))
        at = end
    more = [f"and {len(reasons) - _MOST_REASONS} more"] if len(reasons) > _MOST_REASONS else []
    return Block(ENTRY, raw, first, head[1].lower(), key_text, fields, "; ".join(reasons[:_MOST_REASONS] + more)), at + 1


def _end_before_next_field(raw: str, at: int) -> int | None:
    """Where a value that lacks a closing brace must end: at the first brace and comma that the name of a field follows on a new line."""
    found = _END_AND_NEXT_FIELD.search(raw, at) if raw[at : at + 1] == "{" else None
    return found.start() + 1 if found else None


def _end_of_value(raw: str, at: int, braces: re.Pattern[str]) -> int | None:
    while True:
        end = _end_of_piece(raw, at, braces)
        if end is None:
            return None
        at = _after_space(raw, end)
        if raw[at : at + 1] != "#":
            return end
        at = _after_space(raw, at + 1)


def _parted(fields: list[Field]) -> tuple[list[Field], str]:
    """Fields that the splitter ran together, because a comma is missing between them, taken apart."""
    apart: list[Field] = []
    reason = ""
    for field in fields:
        more = _run_together(field) if not is_whole(field.value) else None
        apart.extend(more or [field])
        if more and not reason:
            reason = f"a comma is missing before line {more[1].line}"
    return apart, reason


def _run_together(field: Field) -> list[Field] | None:
    found: list[Field] = []
    name, start, at, line = field.name, 0, 0, field.line
    while True:
        end = _end_of_value(field.value, at, _ESCAPED_BRACES)
        if end is None:
            return None
        found.append(Field(name, field.value[start:end], line))
        at = _after_space(field.value, end)
        if field.value[at : at + 1] == ";":
            at = _after_space(field.value, at + 1)
        if at == len(field.value):
            return found if len(found) > 1 else None
        following = _NAME.match(field.value, at)
        if not following:
            return None
        line += field.value.count("\n", start, following.end())
        name, start = following[1].lower(), following.end()
        at = start
