"""Lists of a person's works in whatever form they come: told apart by content, read into `Records`.

`read` takes any of them; `read_bib_with_counts`, `read_counts` and `read_columns` take citetrack's own tables. What a format looks like, and where
that is documented, stands in the module that reads it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from citetrack.errors import InputError
from citetrack.records.formats.counts import Columns, Counts, read_bib_with_counts, read_columns, read_counts

if TYPE_CHECKING:
    from citetrack.records.formats.opening import Head
    from citetrack.records.model import Records

__all__ = ["Columns", "Counts", "read", "read_bib_with_counts", "read_columns", "read_counts"]

KNOWN: Final = "BibTeX, RIS, Publish or Perish CSV, Scopus or Web of Science export, scholarly JSON, or CSV with a column `title`"
_JSON: Final = re.compile(r'\{\s*["}]|\[\s*[\[{"\]]')
_MARKUP: Final = re.compile(r"<(?:!doctype|html|\?xml|head|body)\b", re.IGNORECASE)
_BIBTEX: Final = re.compile(r"@\s*[A-Za-z]+\s*[{(]")
_RIS: Final = re.compile(r"^TY  ?- ?\w", re.MULTILINE)
_WOS: Final = re.compile(r"\s*(?:FN [^\n]*\r?\n\s*VR |PT [A-Z]\r?\n)")


def read(path: str | Path) -> Records:
    """The records of a list of works, with what else the file states (see `Records`).

    Told by content: BibTeX, RIS, Publish or Perish CSV, Scopus CSV, Web of Science plain text and tab-delimited, scholarly JSON, and a CSV
    whose header names ``id,source,title,authors,venue,year,doi,affiliation``, of which any may be missing. UTF-8 with or without a byte
    order mark, UTF-16 and Windows-1252.

    What is wrong with one record is in `Records.problems` with file, line and reason, and costs no other (code ``unread``; a `.bib` has its
    own). A file that qualifies its own numbers has the problem ``mock_data`` or ``stale``, with which nothing is lost. Raises
    `errors.InputError`, one line, for a file that is missing, empty, binary, cut (JSON) or in no known form.
    """
    from citetrack.records.formats import opening

    seen = opening.head(Path(path))
    start = seen.text.lstrip("\ufeff \t\r\n")
    if _MARKUP.match(start):
        raise InputError(f"{seen.path}: a page of HTML or XML, where a list of works is expected ({KNOWN})")
    if _JSON.match(start):
        from citetrack.records.formats import scholarly

        return scholarly.read(seen)
    if _WOS.match(start):
        from citetrack.records.formats import tagged

        return tagged.read_wos(seen)
    table = _read_table(seen)
    return _read_entries(seen) if table is None else table


def _read_table(seen: Head) -> Records | None:
    from citetrack.records.formats import delimited, table
    from citetrack.records.formats.counts import COLUMNS

    found = table.header(seen)
    known = delimited.layout(found) if found else None
    if found and known:
        return delimited.read(seen, found, known)
    if found and {"about", "value"} <= set(found.names):
        raise InputError(f"{seen.path}: a table of counts ({','.join(COLUMNS)}) is no list of works; it belongs beside its .bib")
    if found and "citations" in found.names:
        raise InputError(f"{seen.path}: a table of counts without titles; `citetrack metrics --file` takes it")
    return None


def _read_entries(seen: Head) -> Records:
    ris, entry = _RIS.search(seen.text), _BIBTEX.search(seen.text)
    if ris and (not entry or ris.start() < entry.start()):
        from citetrack.records.formats import tagged

        return tagged.read_ris(seen)
    if entry:
        from citetrack.records import bibtex

        return bibtex.read(seen.path)
    raise InputError(f"{seen.path}: not a list of works in a known form ({KNOWN})")
