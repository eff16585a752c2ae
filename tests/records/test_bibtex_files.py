"""`records.bibtex` and files: encodings, sizes, what is no BibTeX, and hundreds of real files."""

import os
import unicodedata
from dataclasses import replace
from pathlib import Path

import bibtexparser
import pytest

from citetrack.errors import InputError
from citetrack.records import bibtex
from citetrack.records.bibtex import source
from citetrack.records.model import Record, Records

ENTRY = "@article{{k{0},\n  title = {{Über die {{Zahl}} {0}}},\n  author = {{Müller, Jörg}},\n  year = 2001\n}}\n"
TEXT = "% Encoding: {0}\n" + ENTRY.format(1)


def written(folder: Path, data: bytes) -> Path:
    path = folder / "x.bib"
    path.write_bytes(data)
    return path


def read(folder: Path, data: bytes) -> Records:
    return bibtex.read(written(folder, data))


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        TEXT.encode("latin-1"),
        TEXT.replace("{0}", "Cp1252").encode("cp1252"),
        unicodedata.normalize("NFD", TEXT).encode(),
        TEXT.replace("Müller", "Müller".encode().decode("latin-1")).encode("latin-1"),
    ],
    ids=["utf-8", "bom", "crlf", "cr", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252", "nfd", "mixed"],
)
def test_every_encoding_reads_the_same(tmp_path: Path, data: bytes) -> None:
    """Byte order marks, line ends, UTF-16, Latin-1, separate accents, even two encodings in one file."""
    [record] = read(tmp_path, data)
    assert (record.title, str(record.authors[0]), record.origin) == ("Über die Zahl 1", "Müller, Jörg", "x.bib:2")


def test_a_declared_encoding_is_believed_where_utf8_fails(tmp_path: Path) -> None:
    """JabRef's header names the encoding of a file that is no UTF-8."""
    text = "% Encoding: GBK\n@article{k, title = {大型语言模型}, author = {林俊旸}}\n"
    [record] = read(tmp_path, text.encode("gbk"))
    assert (record.title, str(record.authors[0])) == ("大型语言模型", "林俊旸")


@pytest.mark.parametrize("encoding", ["rot13", "zlib", "nonsense", "utf-16", "idna"])
def test_a_declared_encoding_that_is_none_is_ignored(tmp_path: Path, encoding: str) -> None:
    """What a file says of itself is not trusted further than it goes."""
    [record] = read(tmp_path, TEXT.replace("{0}", encoding).encode("latin-1"))
    assert record.title == "Über die Zahl 1"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \n\t\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (os.urandom(4096), "binary"),
        (b"%PDF-1.7 text", "binary"),
        (b"PK\x03\x04", "binary"),
    ],
)
def test_what_is_no_text_gets_one_clear_line(tmp_path: Path, data: bytes, word: str) -> None:
    """Which file, and what is wrong with it."""
    with pytest.raises(InputError, match=rf"x\.bib: .*{word}") as caught:
        read(tmp_path, data)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_opened_gets_one_clear_line(tmp_path: Path) -> None:
    """A missing file, and a folder."""
    with pytest.raises(InputError, match="no such file"):
        bibtex.read(tmp_path / "absent.bib")
    with pytest.raises(InputError, match="folder"):
        bibtex.read(tmp_path)
    with pytest.raises(InputError):
        bibtex.read(tmp_path / "a\0b")


def test_a_half_written_file_keeps_what_is_whole(tmp_path: Path) -> None:
    """The entry that was cut is the only one that suffers."""
    data = "".join(ENTRY.format(number) for number in range(3)).encode()
    records = read(tmp_path, data[: -len("r, Jörg},\n  year = 2001\n}\n".encode())])
    assert [record.key for record in records] == ["k0", "k1"]
    assert [problem.code for problem in records.problems] == ["broken_entry"]


@pytest.mark.parametrize("block", [64, 1 << 10, 1 << 18])
def test_blocks_of_any_size_read_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Where a file is cut into pieces changes neither records nor lines nor problems."""
    data = "".join(ENTRY.format(number) for number in range(40)) + "@article{bad, title {x}\n}\n" + ENTRY.format(99)
    whole = bibtex.read_text(data, "x.bib")
    monkeypatch.setattr(source, "BLOCK", block)
    pieces = read(tmp_path, data.encode())
    assert list(pieces) == list(whole)
    assert [record.origin for record in pieces] == [record.origin for record in whole]
    assert pieces.problems == whole.problems


@pytest.mark.parametrize("data", ["x" * 100, "@article{k, title = {" + "x" * 100, "{" * 100], ids=["line", "brace", "braces"])
def test_an_endless_entry_is_one_problem_and_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str) -> None:
    """What never ends is left out with the line where it begins; the entries around it are read."""
    monkeypatch.setattr(source, "BLOCK", 1 << 10)
    monkeypatch.setattr(source, "LONGEST_ENTRY", 1 << 12)
    records = read(tmp_path, (ENTRY.format(1) + data * 200 + "\n" + ENTRY.format(2)).encode())
    assert [record.key for record in records] == ["k1", "k2"]
    assert [(problem.code, problem.line) for problem in records.problems] == [("too_large", 6)]


def test_a_file_in_one_line_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries without a line end between them, more than a piece holds."""
    monkeypatch.setattr(source, "BLOCK", 1 << 12)
    monkeypatch.setattr(source, "_WITHOUT_LINES", 1 << 12)
    records = read(tmp_path, "".join(ENTRY.format(number).replace("\n", " ") for number in range(300)).encode())
    assert [record.key for record in records] == [f"k{number}" for number in range(300)]


def test_a_file_that_is_broken_throughout_is_given_up(tmp_path: Path) -> None:
    """A thousand broken entries in a row are no BibTeX; the last problem says that reading ended there."""
    records = read(tmp_path, b"@article{k, title {x}}\n" * 3000)
    assert (len(records), len(records.problems), records.problems[-1].code) == (0, 1001, "unread")


@pytest.mark.parametrize("data", ["@{" * 50_000, "@a{" * 50_000, "@\n" * 60_000])
def test_a_file_of_nothing_but_ats_is_given_up_at_once(tmp_path: Path, data: str) -> None:
    """No time is spent on what cannot be BibTeX."""
    assert len(read(tmp_path, data.encode()).problems) <= 1


# --- hundreds of real files -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real_files(shared_data: Path) -> list[Path]:
    files = sorted(path for path in (shared_data / "bib").glob("*/*") if path.name != "MANIFEST.tsv")
    assert len(files) > 500
    return files


def content(records: list[Record]) -> list[Record]:
    return [replace(record, observations=tuple(o._replace(origin="") for o in record.observations)) for record in records]


def test_no_entry_of_a_real_file_is_lost(real_files: list[Path]) -> None:
    """At least the entries that bibtexparser finds, in every file, and no exception."""
    for path in (path for path in real_files if path.stat().st_size < 300_000):
        entries = bibtexparser.parse_string(path.read_bytes().decode("utf-8", "replace"), parse_stack=[]).entries
        assert len(bibtex.read(path)) >= len(entries), path.name


def test_the_normal_form_of_real_files_is_stable(real_files: list[Path]) -> None:
    """Formatting twice changes nothing, and the records stay equal."""
    for path in (path for path in real_files[::3] if path.stat().st_size < 200_000):
        once = bibtex.format_file(path)
        assert bibtex.format_text(once) == once, path.name
        assert content(bibtex.read_text(once)) == content(bibtex.read(path)), path.name


def test_real_records_survive_as_entries(real_files: list[Path]) -> None:
    """What `write` makes of them reads as the same works."""
    for path in (path for path in real_files[1::3] if path.stat().st_size < 100_000):
        records = bibtex.read(path)
        again = bibtex.read_text(bibtex.write(records))
        for one, other in zip(records, again, strict=True):
            assert replace(other, key=one.key, observations=()) == replace(one, observations=()), (path.name, one.key)


def test_mending_real_files_harms_no_record(real_files: list[Path]) -> None:
    """A mended file reads as before, its second mending finds nothing, and an unchanged file is the same bytes."""
    for path in (path for path in real_files[2::3] if path.stat().st_size < 100_000):
        fixed = bibtex.fix(path)
        before, after = bibtex.read(path), bibtex.read_text(fixed.text)
        assert [(r.title, r.authors, r.year, r.venue, r.ids) for r in after] == [
            (r.title, r.authors, r.year, r.venue, r.ids) for r in before
        ], path.name
        assert bibtex.fix_text(fixed.text).changes == [], path.name
        assert fixed.changes or fixed.text.encode() == path.read_bytes(), path.name
