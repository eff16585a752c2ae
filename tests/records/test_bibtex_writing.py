"""`records.bibtex` writes: the normal form of a file, and records of any source as entries."""

import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import InputError
from citetrack.records import bibtex, text
from citetrack.records.bibtex.writing import author_field, encode
from citetrack.records.model import Record
from citetrack.records.names import Name, split

TRAPS = Path(__file__).parent.parent / "fixtures" / "bibtex" / "traps.bib"
SAFE = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
TEXT = st.text(SAFE, min_size=1, max_size=40).map(text.clean).filter(bool).filter(lambda value: text.clean(value) == value)
WORDS = st.lists(st.text("abcdefgKLMNéßøÜ'.-", min_size=1, max_size=8), min_size=1, max_size=3).map(" ".join)
NAMES = st.builds(Name, WORDS, WORDS | st.just(""), st.sampled_from(["", "van", "de la"]), st.sampled_from(["", "Jr."]))
TEAMS = st.builds(Name, WORDS, literal=st.just(True))
BLOCKS = st.lists(
    st.sampled_from(
        [
            "@string{s = {A String}}\n",
            "@article{k, title = {T}, author = {A and B}, journal = s, year = 2001}\n",
            '@Article(p, Title = "A (quoted) {T}itle" # s, note={x},)\n',
            "@comment{jabref-meta: x;}\n",
            '@preamble{"\\foo"}\n',
            "% a remark above\n",
            "some text\n\n",
            "@article{broken, title = {never closed\n",
            "@article{nocomma title = {A} year = 1}\n",
            "}\n",
            '"\n',
            "@misc{,title={No Key}}",
            "@misc{e, a = {x\n  y}, a = {again}, abstract = {keep\n  lines}}",
            "@misc{f, title = {\\{ odd}, b = undefined # { x}}",
            "@misc{g, title={T},\n % year = 1999,\n year=2020 % sure\n}\n",
            "@ article{h, title = {T}}\n",
            "@string\n{t = {U}} @misc\n{i, title = t}\n",
        ]
    ),
    max_size=7,
).map("".join)


def without_lines(records: list[Record]) -> list[Record]:
    """The records but for the lines where their counts stand, which a new form moves."""
    return [replace(record, observations=tuple(o._replace(origin="") for o in record.observations)) for record in records]


def content(record: Record) -> tuple[object, ...]:
    return (
        record.title,
        record.authors,
        record.authors_complete,
        record.year,
        record.venue,
        record.type,
        record.ids,
        record.affiliation,
    )


def test_the_normal_form() -> None:
    """Lower case, braces, one field a line, a comma behind each; strings, remarks and broken entries as they were."""
    before = (
        '\ufeff% Encoding: Cp1252\r\n@STRING{ Ml = "Machine  Learning" }\r\n% right above\r\n@Article( Key1 ,\r\n  Author="A, B\n and C, D",\r\n'
        "YEAR=2001,journal = Ml # { Letters},\r\n abstract={two\nlines}\r\n)\r\n@comment{jabref-meta: x;}\r\n@article{bad, title {x}, year = 1}\r\n"
    )
    after = (
        "% Encoding: UTF-8\n@string{Ml = {Machine Learning}}\n\n% right above\n@article{Key1,\n  author = {A, B and C, D},\n  year = {2001},\n"
        "  journal = Ml # { Letters},\n  abstract = {two\nlines},\n}\n\n@comment{jabref-meta: x;}\n\n@article{bad, title {x}, year = 1}\n"
    )
    assert bibtex.format_text(before) == after


def test_the_traps_keep_their_records() -> None:
    """The normal form of a file with every trap reads as the same records, and its own normal form is itself."""
    once = bibtex.format_file(TRAPS)
    assert bibtex.format_text(once) == once
    again = bibtex.read_text(once)
    assert without_lines(again) == without_lines(bibtex.read(TRAPS))
    assert [problem.code for problem in again.problems] == [problem.code for problem in bibtex.read(TRAPS).problems]
    for kept in (
        "@comment{jabref-meta: grouping:\n0 AllEntriesGroup:;",
        '@preamble{"\\newcommand{\\noopsort}[1]{}"}',
        "% trailing words",
    ):
        assert kept in once


@given(BLOCKS)
def test_the_normal_form_is_stable_and_reads_alike(before: str) -> None:
    """Forming it again changes nothing, and the records are equal, whatever blocks stand in whatever order."""
    once = bibtex.format_text(before)
    assert bibtex.format_text(once) == once
    assert without_lines(bibtex.read_text(once)) == without_lines(bibtex.read_text(before))


@given(st.text('@{}()"=,#%\\ \naxy1é', max_size=100))
def test_the_normal_form_of_any_text_is_stable(before: str) -> None:
    """Even text that is hardly BibTeX."""
    once = bibtex.format_text(before)
    assert bibtex.format_text(once) == once
    assert without_lines(bibtex.read_text(once)) == without_lines(bibtex.read_text(before))


def test_what_was_too_large_to_keep_is_not_formatted_away() -> None:
    """A file that could not be held whole gets an error, never a normal form that lacks something."""
    with pytest.raises(InputError, match="cannot be brought into the normal form"):
        bibtex.format_text("@article{k, title = {" + "x" * (1 << 25))


@given(TEXT)
def test_escaped_text_reads_as_itself(plain: str) -> None:
    """`decode` undoes `encode`, for every text that is clean."""
    assert text.decode(encode(plain)) == plain


@given(st.lists(NAMES | TEAMS, min_size=1, max_size=4), st.booleans())
def test_any_names_survive_an_author_field(people: list[Name], complete: bool) -> None:
    """Whatever stands in the parts of a name: particles, words in lower case, `and`, teams."""
    assert split(author_field(tuple(people), complete=complete)) == (tuple(people), complete)


@pytest.mark.parametrize(
    "family",
    [
        "Barnes and Noble",
        "others",
        "de Silva",
        "Al Etal",
        "Smith, John",
        "A; B",
        "family=x",
        "{x}",
        "O'Neil-Smith",
        "Qwen Team",
        "R&D",
    ],
)
def test_a_family_name_that_looks_like_syntax_survives(family: str) -> None:
    """`and`, commas, semicolons and braces inside a name stay inside it."""
    for people in ((Name(family, "Given"),), (Name(family, literal=True),), (Name(family),)):
        assert split(author_field(people))[0][0].family == family


@given(
    st.lists(
        st.builds(
            Record,
            key=TEXT,
            source=st.sampled_from(["openalex", "ris"]),
            title=TEXT | st.none(),
            authors=st.lists(NAMES | TEAMS, max_size=3).map(tuple),
            authors_complete=st.booleans(),
            year=st.integers(1000, 2100) | st.none(),
            venue=TEXT | st.none(),
            type=st.sampled_from(["article", "inproceedings", "misc", "phdthesis"]),
            ids=st.lists(
                st.sampled_from(["doi:10.1000/a_b%c", "doi:10.1000/b", "arxiv:2505.09388", "openalex:W123", "pmid:3", "s2:77"]),
                unique=True,
            ).map(tuple),
        ),
        max_size=3,
    )
)
def test_records_of_any_source_survive_as_bibtex(records: list[Record]) -> None:
    """Reading what was written gives title, authors, year, venue, type and ids; keys are safe and all different."""
    written = bibtex.write(records)
    again = bibtex.read_text(written)
    assert list(map(content, again)) == list(map(content, records))
    assert len({record.key.casefold() for record in again}) == len(records)
    assert not [problem for problem in again.problems if problem.lost]
    assert unicodedata.is_normalized("NFC", written)


def test_records_of_a_bib_keep_their_latex_and_other_fields() -> None:
    """What still says the same is written as its author wrote it; what was inherited is written out."""
    records = bibtex.read_text(
        "@inproceedings{c, crossref = {p}, title = {The {BERT}ology of {\\'E}t\\'e}, author = {Lin, Junyang and {Qwen Team}}, pages = {1--2}, month = jan}\n"
        "@proceedings{p, title = {The Volume}, year = 2020}"
    )
    written = bibtex.write(records[:1])
    for kept in (
        r"title = {The {BERT}ology of {\'E}t\'e},",
        "author = {Lin, Junyang and {Qwen Team}},",
        "pages = {1--2},",
        "month = jan,",
        "booktitle = {The Volume},",
    ):
        assert kept in written
    assert "crossref" not in written
    assert list(map(content, bibtex.read_text(written))) == list(map(content, records[:1]))
    assert list(map(content, bibtex.read_text(bibtex.write(records)))) == list(map(content, records))


def test_no_records_are_no_text() -> None:
    """An empty list writes nothing."""
    assert bibtex.write([]) == ""
    assert bibtex.format_text(" \n") == ""


def test_a_comment_inside_an_entry_is_kept() -> None:
    """An entry that holds comments stays as it is."""
    text = "@misc{k, title={T},\n  % year = 1999,\n year=2020}\n"
    assert bibtex.format_text(text) == text
