"""A `.bib` file as text, whatever its encoding, in pieces of bounded size cut where an entry begins.

UTF-8 with or without a byte order mark, UTF-16, and bytes that are no UTF-8 (Windows-1252, or what a ``% Encoding:`` line of JabRef
names). A whole file is never held twice: what comes out of here is read and dropped.
"""

from __future__ import annotations

import codecs
import io
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from citetrack.errors import InputError
from citetrack.records import text as texts

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK: Final = 1 << 18
LONGEST_ENTRY: Final = 1 << 24
_WITHOUT_LINES: Final = 1 << 20
_HEAD: Final = 1 << 16

# The splitter takes an @ at the start of a line for a new block wherever it stands, so that a cut there changes nothing.
_BOUNDARY = re.compile(r"\n[ \t]*(?=@\w*[ \t]*[{(])")
_BOUNDARIES_IN_LINE = (re.compile(r"[})]\s*(?=@\w+[ \t]*[{(])"), re.compile(r"(?=@\w*[ \t]*[{(])"))
ENCODING_LINE = re.compile(r"(%\s*Encoding:\s*)\S+", re.IGNORECASE)
_FOREIGN = re.compile("[\udc80-\udcff]+")
_DECLARED = re.compile(rb"[Ee]ncoding:\s*([A-Za-z0-9_.:-]{2,40})")
_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b") + b"\x7f"
_MOST_CONTROLS: Final = 0.02
_MAGIC: Final = (
    b"%PDF-",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x7fELF",
    b"SQLite format 3",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
)


class Chunk(NamedTuple):
    """A piece of a file that begins with line `line` (from 1). `skipped`: only the beginning of a piece that was too large to be read."""

    text: str
    line: int
    skipped: bool = False


def chunks_of_file(path: str | Path) -> Iterator[Chunk]:
    """The pieces of a file. Raises `InputError` where it is missing, a folder, empty, binary or may not be read."""
    path = Path(path)
    if "\0" in str(path):
        raise InputError(f"{str(path)!r}: is no name of a file")
    try:
        if not (stat.S_ISREG(mode := path.stat().st_mode) or stat.S_ISDIR(mode)):
            raise InputError(f"{path}: not a regular file; save what it gives to a file first")
        with io.BufferedReader(io.FileIO(path), _HEAD) as raw:
            head = raw.peek(_HEAD)
            encoding = _encoding(head, path)
            reader = io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape" if encoding == "utf-8-sig" else "replace")
            yield from _chunks(reader, declared_encoding(head))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; name a .bib file in it") from None
    except PermissionError:
        raise InputError(f"{path}: may not be read (permission denied)") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def whole(path: Path) -> tuple[str, bool]:
    """A file's text with its line ends and byte order mark as they are, and whether its bytes were UTF-8."""
    raw = path.read_bytes()
    encoding = _encoding(raw[:_HEAD], path)
    if encoding != "utf-8-sig":
        return raw.decode(encoding, "replace").removeprefix("\ufeff"), False
    text = raw.decode("utf-8", "surrogateescape")
    if text.isascii() or not _FOREIGN.search(text):
        return text, True
    return repaired(text, declared_encoding(raw[:_HEAD])), False


def chunks_as_they_are(reader: io.TextIOBase) -> Iterator[Chunk]:
    """The pieces of a text whose line ends and characters stay as they are."""
    return _chunks(reader, "cp1252")


def chunks_of_text(text: str) -> Iterator[Chunk]:
    """The pieces of a text; line ends of every kind count as one."""
    return _chunks(io.StringIO(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")), "cp1252")


def _encoding(head: bytes, path: Path) -> str:
    if not head.strip(b"\xef\xbb\xbf \t\r\n\x00"):
        raise InputError(f"{path}: is empty")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[::2].count(0) / len(head), head[1::2].count(0) / len(head)
    if max(even, odd) > 0.25 and min(even, odd) < 0.05:
        return "utf-16-be" if even > odd else "utf-16-le"
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if head.startswith(_MAGIC) or controls > _MOST_CONTROLS * len(head):
        raise InputError(f"{path}: is a binary file, not BibTeX")
    return "utf-8-sig"


def declared_encoding(head: bytes) -> str:
    """The encoding for bytes that are no UTF-8: the one that the file names itself, else Windows-1252."""
    found = _DECLARED.search(head)
    if found:
        try:
            name = codecs.lookup(found[1].decode("ascii")).name
        except LookupError:
            return "cp1252"
        if name not in ("utf-8", "ascii", "iso8859-1") and not name.startswith(("utf-16", "utf-32")) and _is_text_encoding(name):
            return name
    return "cp1252"


def _is_text_encoding(name: str) -> bool:
    try:
        return b"@\xfc".decode(name, "replace")[:1] == "@"
    except (LookupError, UnicodeError):
        return False


def _chunks(reader: io.TextIOBase, declared: str) -> Iterator[Chunk]:
    line = start = 1
    pending: list[str] = []
    size = 0
    skipping = False
    while block := reader.read(BLOCK):
        cut = _last_cut(block, in_lines=size + len(block) > _WITHOUT_LINES)
        if cut is None:
            pending, size = ([*pending, block], size + len(block)) if not skipping else (pending, size)
            line += block.count("\n")
            if size > LONGEST_ENTRY:
                pending, size, skipping = [pending[0][:BLOCK]], 0, True
            continue
        head, rest = block[:cut], block[cut:]
        yield _chunk([*pending, *([] if skipping else [head])], start, declared, skipping)
        line += head.count("\n")
        pending, size, start, skipping = [rest], len(rest), line, False
        line += rest.count("\n")
    if pending:
        yield _chunk(pending, start, declared, skipping)


def _last_cut(block: str, *, in_lines: bool) -> int | None:
    for boundary in (_BOUNDARY, *(_BOUNDARIES_IN_LINE if in_lines else ())):
        cut: int | None = None
        for found in boundary.finditer(block):
            cut = int(found.end())
        if cut:
            return cut
    return None


def _chunk(pieces: list[str], line: int, declared: str, skipped: bool) -> Chunk:
    text = "".join(pieces)
    if not text.isascii() and _FOREIGN.search(text):
        text = repaired(text, declared)
    return Chunk(texts.without_controls(text), line, skipped)


def repaired(text: str, declared: str) -> str:
    """`text`, read as UTF-8 with escaped bytes, with those bytes read as what they must have been."""
    if declared == "cp1252":
        return _FOREIGN.sub(_windows_1252, text)
    return text.encode("utf-8", "surrogateescape").decode(declared, "replace")


def _windows_1252(found: re.Match[str]) -> str:
    raw = found[0].encode("utf-8", "surrogateescape")
    return "".join(raw[at : at + 1].decode("cp1252", "ignore") or chr(raw[at]) for at in range(len(raw)))
