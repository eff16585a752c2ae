"""`records.bibtex` checks: each problem has a code and a line; what is mended is said, and nothing else is touched."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import InputError
from citetrack.records import bibtex

GOOD = "@article{good, title = {Good}, author = {Doe, Jane}, year = 2001}\n"


def checked(folder: Path, text: str | bytes) -> list[tuple[str, int]]:
    path = folder / "x.bib"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [(problem.code, problem.line) for problem in bibtex.check(path)]


def test_a_good_file_has_no_problem(tmp_path: Path) -> None:
    """Strings, months, crossref, editors, an ISBN and a DOI, all as they should be."""
    text = (
        "@string{jml = {Journal}}\n"
        "@article{a, title = {T}, author = {Lin, Junyang and others}, year = 2001, month = jan, journal = jml, doi = {10.1000/x}}\n"
        "@inproceedings{b, title = {T}, author = {A, B}, crossref = {c}}\n"
        "@proceedings{c, title = {V}, editor = {C, D}, year = 2002, isbn = {978-0-306-40615-7}}\n"
    )
    assert checked(tmp_path, text) == []


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        ("duplicate_key", "@article{GOOD, title = {T}, author = {A, B}, year = 2001}"),
        ("duplicate_field", "@misc{k, title = {T}, year = 2001, title = {U}}"),
        ("missing_title", "@misc{k, year = 2001}"),
        ("missing_author", "@article{k, title = {T}, year = 2001}"),
        ("missing_year", "@article{k, title = {T}, author = {A, B}}"),
        ("missing_key", "@misc{, title = {T}, year = 2001}"),
        ("unsafe_key", "@misc{two words, title = {T}, year = 2001}"),
        ("implausible_year", "@misc{k, title = {T}, year = 3024}"),
        ("broken_entry", "@misc{k, title {T}, year = 2001}"),
        ("mended_entry", "@misc{k title = {T}, year = 2001}"),
        ("undefined_string", "@misc{k, title = {T}, year = 2001, journal = nowhere}"),
        ("unknown_crossref", "@misc{k, title = {T}, year = 2001, crossref = {nowhere}}"),
        ("doi_as_url", "@misc{k, title = {T}, year = 2001, doi = {https://doi.org/10.1000/x}}"),
        ("bad_doi", "@misc{k, title = {T}, year = 2001, doi = {11.1000/x}}"),
        ("bad_arxiv", "@misc{k, title = {T}, year = 2001, eprint = {soon}, archiveprefix = {arXiv}}"),
        ("bad_isbn", "@misc{k, title = {T}, year = 2001, isbn = {978-0-306-40615-8}}"),
        ("bad_count", "@misc{k, title = {T}, year = 2001, citations = {-1}}"),
        ("arxiv_in_journal", "@misc{k, title = {T}, year = 2001, journal = {arXiv preprint arXiv:2505.09388}}"),
        ("authors_by_commas", "@misc{k, title = {T}, year = 2001, author = {Lin, Junyang, Zhou, Chang, Yang, An}}"),
        ("et_al", "@misc{k, title = {T}, year = 2001, author = {Lin, Junyang et al.}}"),
        ("html", "@misc{k, title = {T &amp; U}, year = 2001}"),
        ("not_nfc", "@misc{k, title = {e\u0301}, year = 2001}"),
        ("control_characters", "@misc{k, title = {T\x1b[31m}, year = 2001}"),
    ],
)
def test_each_problem_is_named_with_its_line(tmp_path: Path, code: str, entry: str) -> None:
    """One problem, one code, the line where it stands; the code is documented."""
    assert checked(tmp_path, GOOD + entry + "\n" + GOOD.replace("good", "other")) == [(code, 2)]
    assert code in bibtex.CODES


def test_a_file_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    """Latin-1 is read, but not silently."""
    assert checked(tmp_path, GOOD.replace("Jane", "Ren\u00e9").encode("latin-1")) == [("not_utf8", 1)]


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    """Both verbs say the same of a file that is not there."""
    for verb in (bibtex.check, bibtex.fix):
        with pytest.raises(InputError, match="no such file"):
            verb(tmp_path / "absent.bib")


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("doi_as_url", "doi = {https://doi.org/10.1000/X}", "doi = {10.1000/X}"),
        ("doi_as_url", 'DOI="doi: 10.1000/X"', 'DOI="10.1000/X"'),
        ("html", "title = {A &amp; B &eacute; &#8212;}", r"title = {A \& B é —}"),
        ("html", r"title = {A \&amp; B}", r"title = {A \& B}"),
        ("html", "url = {http://x.org/?a=1&amp;b=2}", "url = {http://x.org/?a=1&b=2}"),
        ("et_al", "author = {Lin, Junyang et al.}", "author = {Lin, Junyang and others}"),
        (
            "authors_by_commas",
            "author = {Lin, J., Zhou, C., Yang, A.}",
            "author = {Lin, J. and Zhou, C. and Yang, A.}",
        ),
        ("authors_by_commas", "author = {Lin, J.; Zhou, C.}", "author = {Lin, J. and Zhou, C.}"),
        (
            "authors_by_commas",
            "editor = {Cullis A.G.; Hutchison, J L}",
            "editor = {Cullis, A.G. and Hutchison, J L}",
        ),
        (
            "authors_by_commas",
            "author = {Junyang Lin, Chang Zhou, An Yang, and Jinze Bai}",
            "author = {Lin, Junyang and Zhou, Chang and Yang, An and Bai, Jinze}",
        ),
        ("doi_as_url", "doi = {http://dx.doi.org/10.1000/X?nosfx=y}", "doi = {10.1000/X}"),
        ("html", "title = {A &amp;lt; B &amp;amp;amp; C}", r"title = {A \textless{} B \& C}"),
        ("not_nfc", "title = {e\u0301te\u0301}", "title = {été}"),
        ("control_characters", "title = {A\x1b[31mB\u200b}", "title = {AB}"),
        ("mended_entry", "title = {A}\r\n  note = {B}", "title = {A},\r\n  note = {B}"),
    ],
)
def test_what_is_mended_is_said_and_nothing_else_changes(code: str, before: str, after: str) -> None:
    """Byte for byte but for the change: odd spaces, CRLF, case, comments, broken neighbours, the byte order mark."""
    frame = '\ufeff%  odd   spaces\r\n@Misc{ k,\r\n\tYEAR= 2001 ,\r\n  %s}\r\n\r\n@article{bad, x {y}}\r\n@article(p, Title = "e")  \r\n'
    fixed = bibtex.fix_text(frame.replace("%s", before))
    assert fixed.text == frame.replace("%s", after)
    assert [(change.code, change.line) for change in fixed.changes] == [(code, 5 if code == "mended_entry" else 4)]
    assert bibtex.fix_text(fixed.text) == (fixed.text, [])


@pytest.mark.parametrize(
    "left_alone",
    [
        "title = {AT&T and R&D; x}",
        "author = {King, Jr., Martin}",
        "author = {Junyang Lin, Chang Zhou}",
        "author = {Lin, Junyang, Zhou, Chang, Yang, An}",
        "author = {Lin; Zhou; Yang}",
        "author = {Lin, J.; Zhou, C. | Yang, A.}",
        "author = {Lin, J.; Zhou, C.; 3rd Team of Many}",
        "author = {Lin, J.; Zhou, C. (editor)}",
        "author = {Lin, J.; Zhou, C. / Yang, A.}",
        "file = {e\u0301.pdf}",
        "doi = {none}",
        "note = {see https://doi.org/10.1000/x}",
        "journal = {arXiv preprint arXiv:2505.09388}",
        "title = {&nosuchentity; &}",
    ],
)
def test_what_would_be_a_guess_is_left_alone(left_alone: str) -> None:
    """Nothing is mended that a person might have meant."""
    text = f"@misc{{k, {left_alone}, year = 2001}}\n"
    assert bibtex.fix_text(text) == (text, [])


def test_a_latin1_file_becomes_utf8(tmp_path: Path) -> None:
    """Its declared encoding is mended with it."""
    path = tmp_path / "x.bib"
    path.write_bytes("% Encoding: Cp1252\r\n@misc{k, title = {René – “x”}, year = 2001}\r\n".encode("cp1252"))
    text, changes = bibtex.fix(path)
    assert text == "% Encoding: UTF-8\r\n@misc{k, title = {René – “x”}, year = 2001}\r\n"
    assert [change.code for change in changes] == ["not_utf8"]


@given(st.text('@{}()"=,#%\\ \r\naxy1é&;', max_size=100))
def test_any_text_is_mended_once(text: str) -> None:
    """Mending what was mended changes nothing, and a text without a change is untouched."""
    fixed = bibtex.fix_text(text)
    assert fixed.changes or fixed.text == text
    assert bibtex.fix_text(fixed.text) == (fixed.text, [])


def test_codes_are_said_in_a_sentence() -> None:
    """Every code is a word that a program can match, explained for people."""
    assert all(re.fullmatch(r"[a-z0-9_]+", code) and " " in meaning for code, meaning in bibtex.CODES.items())


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_change_is_said_with_its_line_whatever_the_line_ends(end: str) -> None:
    """Lines that end in a carriage return alone are counted too."""
    text = end.join(["@misc{a, title = {T}, year = 2001}", "", "@misc{b,", " year = 2001,", " title = {T &amp; U}", "}", ""])
    assert [(change.code, change.line) for change in bibtex.fix_text(text).changes] == [("html", 5)]


@pytest.mark.parametrize(
    "entry",
    [
        '@control{REVTEX41Control, opt = "1"}',
        "@IEEEtranBSTCTL{IEEE:BSTcontrol, CTLuse_forced_etal = {yes}}",
        "@misc{k, title = {T}}",
        "@online{k, title = {T}}",
        "@unpublished{k, title = {T}, author = {A, B}}",
        "@manual{k, title = {T}}",
    ],
)
def test_what_an_entry_need_not_have_is_not_missed(tmp_path: Path, entry: str) -> None:
    """Entries that steer a style are no works, and BibTeX asks for the year of some types only."""
    assert checked(tmp_path, entry) == []


def test_what_an_absent_parent_may_hold_is_not_missed(tmp_path: Path) -> None:
    """An unknown crossref is said once; title, author and year may stand in what it names."""
    assert checked(tmp_path, "@inproceedings{k, crossref = {nowhere}}") == [("unknown_crossref", 1)]
