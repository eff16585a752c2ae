"""Checking, mending and formatting `.bib` files, and writing a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from citetrack.errors import InputError, OutputError
from citetrack.records import bibtex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from citetrack.records.model import Problem


def check_bib(paths: Sequence[str], *, fix: bool) -> tuple[list[Problem], list[Problem], list[str]]:
    """The problems found in the files (after mending, with `fix`), what was mended, and what could not be read at all."""
    findings: list[Problem] = []
    changes: list[Problem] = []
    failed: list[str] = []
    for path in paths:
        try:
            if fix:
                changes += _mend(Path(path))
            findings += bibtex.check(path)
        except (InputError, OutputError) as error:
            failed.append(str(error))
    return findings, changes, failed


def _mend(path: Path) -> list[Problem]:
    mended, changes = bibtex.fix(path)
    if changes:
        write(path, mended)
    return changes


def format_bib(paths: Sequence[str], *, write_back: bool) -> tuple[list[str], list[str], list[Problem], list[str]]:
    """Each file's normal form, the files that are not in it, what in them could not be read, and what could not be read at all."""
    normal: list[str] = []
    unlike: list[str] = []
    problems: list[Problem] = []
    failed: list[str] = []
    for path in paths:
        try:
            formatted = bibtex.format_file(path)
            problems += [problem for problem in bibtex.read(path).problems if problem.lost]
        except InputError as error:
            failed.append(str(error))
            continue
        normal.append(formatted)
        if formatted.encode() != Path(path).read_bytes():
            unlike.append(path)
            if write_back:
                try:
                    write(Path(path), formatted)
                except OutputError as error:
                    failed.append(str(error))
    return normal, unlike, problems, failed


def write(path: Path, content: str) -> None:
    """Write a whole file or nothing: into a temporary file beside it, then over it. Raises `OutputError`."""
    import tempfile  # ~6 ms, and most results go to stdout

    target = Path(os.path.realpath(path))  # over the file a link leads to, not over the link
    temporary = None
    try:
        if target.exists() and not target.is_file():  # a device or a pipe is written to, never replaced
            target.write_text(content, encoding="utf-8", errors="replace", newline="")
            return
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="replace", newline="", dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
