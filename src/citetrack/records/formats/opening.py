"""Open a file that anyone may have written: told apart by content, decoded by evidence, never loaded without a bound."""

from __future__ import annotations

import codecs
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from citetrack.errors import InputError

SNIFFED: Final = 64 * 1024
LARGEST_WHOLE: Final = 256 * 1024 * 1024
LONGEST_LINE: Final = 16 * 1024 * 1024
LONGEST_ROW: Final = 2 * LONGEST_LINE
_BLOCK: Final = 1024 * 1024
_BYTE_ORDER_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_FOREIGN: Final = (
    (b"PK\x03\x04", "a spreadsheet or zip archive; save it as CSV or BibTeX"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file; save it as CSV or BibTeX"),
    (b"%PDF-", "a PDF"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
# Control characters that no text holds (tab, line feed, form feed, carriage return and escape do occur).
_NOT_IN_TEXT: Final = bytes(set(range(32)) - {9, 10, 12, 13, 27})


class Head(NamedTuple):
    """The first 64 KiB of a file, decoded: `text`, its `encoding`, whether the whole file is in it, the `size` of the file in bytes."""

    path: Path
    text: str
    encoding: str
    whole: bool
    size: int


def head(path: Path) -> Head:
    """Look at the start of a file. Raises `InputError` where it is missing, unreadable, empty or binary, naming the file and what to do."""
    size = _size(path)
    with opened(path) as file:
        start = file.read(SNIFFED)
    if not start.strip():
        raise InputError(f"{path}: the file is empty")
    encoding = _encoding_of_start(path, start)
    # The cut at 64 KiB may fall inside a character; what is lost there is only the sniffed copy.
    return Head(path, start.decode(encoding, errors="replace"), encoding, len(start) == size, size)


def _size(path: Path) -> int:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {_reason(error)}") from error
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{path}: a folder, where a file is expected")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{path}: not a regular file; save what it gives to a file first")
    return status.st_size


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return (error.strerror or "cannot be read").lower() if isinstance(error, OSError) else "not a file name"


def _encoding_of_start(path: Path, start: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return encoding
    for magic, what in _FOREIGN:
        if start.startswith(magic):
            raise InputError(f"{path}: {what}")
    if b"\0" in start:
        return _utf16_without_mark(path, start)
    if len(start) - len(start.translate(None, _NOT_IN_TEXT)) > len(start) // 50:
        raise InputError(f"{path}: a binary file, where text is expected")
    return _encoding_of([start])


def _utf16_without_mark(path: Path, start: bytes) -> str:
    for encoding, zeros, others in (("utf-16-le", start[1::2], start[::2]), ("utf-16-be", start[::2], start[1::2])):
        if zeros.count(0) * 2 > len(zeros) and 0 not in others:
            return encoding
    raise InputError(f"{path}: a binary file, where text is expected")


def _encoding_of(blocks: Iterable[bytes]) -> str:
    """UTF-8 where at least most of what is not ASCII is valid UTF-8, else Windows-1252, which holds what ISO 8859-1 prints."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    valid = broken = 0
    for block in blocks:
        if block.isascii():
            broken += decoder.decode(b"\n").count("\ufffd")
            continue
        decoded = decoder.decode(block)
        wrong = decoded.count("\ufffd")
        broken += wrong
        valid += len(decoded) - len(decoded.encode("ascii", errors="ignore")) - wrong
    return "utf-8" if broken <= valid else "cp1252"


def whole_encoding(seen: Head) -> str:
    """The encoding of the whole file, which may be broken only after what was sniffed."""
    if seen.encoding not in ("utf-8", "cp1252") or seen.whole:
        return seen.encoding
    with opened(seen.path) as file:
        return _encoding_of(iter(lambda: file.read(_BLOCK), b""))


def whole_text(seen: Head) -> str:
    """The decoded text of a file, which must not be above 256 MiB (`InputError`)."""
    if seen.size > LARGEST_WHOLE:
        raise InputError(
            f"{seen.path}: {seen.size // 2**20:,} MB, too large to be one person's list; the limit is {LARGEST_WHOLE // 2**20} MB"
        )
    with opened(seen.path) as file:
        data = file.read(LARGEST_WHOLE)
    return data.decode(whole_encoding(seen), errors="replace")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading bytes; what the operating system says becomes an `InputError`."""
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise InputError(f"{path}: {_reason(error)}") from error


def lines(seen: Head) -> Iterator[str]:
    """The lines of a text file, each with its end, one at a time. Raises `InputError` for a line above 16 Mi characters, which no list holds."""
    try:
        with seen.path.open(encoding=whole_encoding(seen), errors="replace", newline="") as file:
            number = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE and not line.endswith("\n"):
                    raise InputError(
                        f"{seen.path}:{number}: a line of more than {LONGEST_LINE // 2**20} MB; no list of works has one"
                    )
                yield line
    except OSError as error:
        raise InputError(f"{seen.path}: {_reason(error)}") from error
