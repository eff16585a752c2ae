"""`records.bibtex` reads what real files hold, and one broken entry never costs another."""

from datetime import date
from pathlib import Path

import bibtexparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.records import bibtex
from citetrack.records.model import Problem, Record, Records

TRAPS = Path(__file__).parent.parent / "fixtures" / "bibtex" / "traps.bib"


@pytest.fixture(scope="module")
def traps() -> Records:
    return bibtex.read(TRAPS)


def one(text: str) -> Record:
    """The record of a text that holds one."""
    [record] = bibtex.read_text(text)
    return record


def named(records: Records, key: str) -> Record:
    return next(record for record in records if record.key == key)


def codes(records: Records) -> list[str]:
    return [problem.code for problem in records.problems]


def test_every_entry_is_a_record_in_the_order_of_the_file(traps: Records) -> None:
    """Whatever stands around them, and however broken its neighbours are."""
    keys = "strings parens child parent shared withxdata commas late twice twice afterbroken nocomma doe2005nobody edited".split()
    assert [record.key for record in traps] == keys
    assert {record.source for record in traps} == {"bib"}
    assert traps.format == "bibtex"
    assert traps.list_of is None


def test_strings_quotes_and_concatenation(traps: Records) -> None:
    """Strings of every spelling are resolved, pieces joined, months kept."""
    record = named(traps, "strings")
    assert (record.title, record.venue, record.year) == ('On "Quotes" and Concatenation', "Journal of Made-Up Learning", 2021)
    assert record.entry["month"] == "jan~1"
    assert named(traps, "late").entry["organization"] == "The Latest"


def test_parentheses_particles_suffixes_and_teams(traps: Records) -> None:
    """An entry in parentheses, with BibTeX's names and a list that its author cut."""
    record = named(traps, "parens")
    assert record.title == "Parentheses (and commas, too) around an Entry"
    assert list(map(str, record.authors)) == ["van der Berg, Jan", "King, Jr., Martin Luther", "Qwen Team"]
    assert record.authors_complete is False
    assert (record.type, record.year, record.venue) == (
        "inproceedings",
        2022,
        "Proceedings of the International Conference on Machine Learning",
    )


def test_crossref_and_xdata_bring_what_the_child_lacks(traps: Records) -> None:
    """By BibLaTeX's rules: the parent's title becomes the booktitle; its DOI and editors are not the child's."""
    child = named(traps, "child")
    assert (child.title, child.venue, child.year, child.ids) == ("A Paper in a Volume", "The Volume", 2019, ())
    assert "booktitle" not in child.entry
    assert list(map(str, named(traps, "parent").authors)) == ["Yang, An"]
    shared = named(traps, "withxdata")
    assert (shared.venue, shared.year, str(shared.authors[0])) == ("Shared Journal", 2020, "van Lin, Jun Yang")


def test_commas_accents_entities_and_an_arxiv_id_in_the_journal(traps: Records) -> None:
    """One entry with most of what exporters get wrong."""
    record = named(traps, "commas")
    assert record.title == "The BERTology of Études & H₂O — café & été"
    assert list(map(str, record.authors)) == ["Lin, Junyang", "Zhou, Chang", "Yang, An"]
    assert (record.year, record.ids) == (2018, ("arxiv:2202.03052",))


def test_biblatex_dates_and_addresses(traps: Records) -> None:
    """An EDTF range begins with its first year; the version of an arXiv id is dropped."""
    record = named(traps, "late")
    assert (record.year, record.ids, record.authors_complete) == (2019, ("arxiv:1706.03762",), False)


def test_entries_with_one_key_stay_records_and_the_first_field_counts(traps: Records) -> None:
    """Neither a key nor a field given twice loses anything."""
    assert [record.title for record in traps if record.key == "twice"] == ["First", "Second"]


def test_each_problem_has_its_code_and_line(traps: Records) -> None:
    """What could not be read, or only with a grain of salt, is listed in the order of lines."""
    lines = TRAPS.read_text(encoding="utf-8").splitlines()
    at = {line: number for number, line in enumerate(lines, 1)}
    expected = [
        ("duplicate_field", "@article{twice, title = {Second}, author = {A, B}, year = 2002, title = {Ignored}}"),
        ("broken_entry", "@article{broken, title = {This brace never closes, year = 2000"),
        ("mended_entry", "@article{nocomma"),
        ("missing_key", "@misc{, title = {Nobody Named Me}, author = {Doe, Jane}, year = 2005}"),
        ("broken_entry", "@article{hopeless, title {no equals sign}, year = 2006}"),
        ("implausible_year", next(line for line in lines if line.startswith("@book{edited"))),
    ]
    assert [(problem.code, problem.line) for problem in traps.problems] == [(code, at[line]) for code, line in expected]
    assert {problem.file for problem in traps.problems} == {"traps.bib"}
    assert [problem.lost for problem in traps.problems] == [problem.code == "broken_entry" for problem in traps.problems]


def test_editors_stand_in_for_authors_of_a_book_only(traps: Records) -> None:
    """A book's editors are its people; an article's or a paper's are not."""
    edited = named(traps, "edited")
    assert (list(map(str, edited.authors)), edited.year, edited.ids) == (["Knuth, Donald E."], None, ("isbn:9780306406157",))
    assert one("@inproceedings{k, editor = {A, B}, title = {T}}").authors == ()


def test_origins_name_file_and_line() -> None:
    """Of the record: where its entry begins; of a count: where its field stands."""
    record = one("\n\n@article{k,\n title = {T},\n note = {\n Cited by: 12}}")
    assert record.origin == "text.bib:3"
    assert [(o.source, o.value, o.origin, o.about) for o in record.observations] == [("scopus", 12, "text.bib:6", "k")]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("doi = {10.1000/ABC}", "doi:10.1000/abc"),
        ("DOI = {https://doi.org/10.1000/abc}", "doi:10.1000/abc"),
        (r"doi = {10.1000/a\_b}", "doi:10.1000/a_b"),
        ("doi = {10.48550/arXiv.2505.09388}", "arxiv:2505.09388"),
        ("url = {http://dx.doi.org/10.1000/abc}", "doi:10.1000/abc"),
        ("url = {https://onlinelibrary.wiley.com/doi/full/10.1000/abc?x=1}", "doi:10.1000/abc"),
        (r"howpublished = {\url{https://arxiv.org/abs/2505.09388v2}}", "arxiv:2505.09388"),
        ("note = {doi: 10.1000/abc}", "doi:10.1000/abc"),
        ("note = {Accepted; arXiv:2505.09388 [cs.CL]}", "arxiv:2505.09388"),
        ("eprint = {2505.09388}, archiveprefix = {arXiv}", "arxiv:2505.09388"),
        ("eprint = {hep-th/9901001}", "arxiv:hep-th/9901001"),
        ("eprint = {9901001}, eprinttype = {arxiv}, eprintclass = {hep-th}", "arxiv:hep-th/9901001"),
        ("journal = {CoRR}, volume = {abs/2505.09388}", "arxiv:2505.09388"),
        ("journaltitle = {arXiv:2505.09388 [cs]}", "arxiv:2505.09388"),
        ("journal = {ArXiv}, volume = {abs/2505.09388}", "arxiv:2505.09388"),
        ("journal = {ArXiv}, volume = {2505.09388}", "arxiv:2505.09388"),
        ("doi = {http://dx.doi.org/10.1000/x?nosfx=y}", "doi:10.1000/x"),
        ("doi = {10.1000/x?nosfx=y}", "doi:10.1000/x?nosfx=y"),
        ("note = {doi: 10.1000/abc<br/><br/>1532-7892}", "doi:10.1000/abc"),
        ("pmid = {PMID: 12345}", "pmid:12345"),
        ("pmid = {12345}", "pmid:12345"),
        ("eprint = {12345}, eprinttype = {pubmed}", "pmid:12345"),
        ("openalex = {W123456}", "openalex:W123456"),
        ("biburl = {https://dblp.org/rec/conf/icml/X22.bib}", "dblp:conf/icml/X22"),
    ],
)
def test_an_id_is_found_wherever_exporters_put_it(field: str, expected: str) -> None:
    """In doi, eprint, url, journal, volume, note, and fields named as the scheme."""
    assert one(f"@article{{k, title = {{T}}, {field}}}").ids == (expected,)


@pytest.mark.parametrize(
    "field",
    [
        "note = {Comment on arXiv:2505.09388}",
        "note = {Code for the paper at https://doi.org/10.1000/abc}",
        "eprint = {2505.09388}, eprinttype = {jstor}",
        "isbn = {978-0-306-40615-7}",
        "doi = {none yet}",
        "note = {doi: 10.1000/abc; doi: 10.1000/def}",
        "note = {arXiv:2505.09388; arXiv:2505.09389}",
        "abstract = {We extend arXiv:2505.09388}",
    ],
)
def test_an_id_of_something_else_is_not_the_works(field: str) -> None:
    """Ids that a remark mentions in passing, or of the book that an article is in, are left alone."""
    assert one(f"@article{{k, title = {{T}}, {field}}}").ids == ()


def test_ids_of_several_kinds_stand_once_each() -> None:
    """A DOI that stands in two fields is one id; an arXiv id beside it is another."""
    record = one(
        "@article{k, doi = {10.1000/a}, url = {https://doi.org/10.1000/A}, eprint = {2505.09388}, archiveprefix = {arXiv}}"
    )
    assert record.ids == ("doi:10.1000/a", "arxiv:2505.09388")


@pytest.mark.parametrize(
    ("field", "source", "day", "value"),
    [
        ("note = {Cited by: 12}", "scopus", None, 12),
        ("note = {Export Date: 29 January 2025; Cited By: 1,234}", "scopus", date(2025, 1, 29), 1234),
        ("note = {Cited By (since 1996) 7}", "scopus", None, 7),
        ("note = {cited By 12}", "scopus", None, 12),
        ("note = {In press. Cited by 12; Export Date: 29 January 2025}", "scopus", date(2025, 1, 29), 12),
        ("times-cited = {0}", "wos", None, 0),
        ("Times-Cited = {{35}}", "wos", None, 35),
        ("citations = 42", "bib", None, 42),
        ("citationcount = {42}", "bib", None, 42),
        ("citation_count = {42}", "bib", None, 42),
        ("note = {3 citations (Crossref) [2024-05-01]}", "crossref", date(2024, 5, 1), 3),
        ("note = {17 citations (Semantic Scholar/DOI) [2024-05-01]}", "semanticscholar", date(2024, 5, 1), 17),
        ("note = {ZSCC: 0000012}", "scholar", None, 12),
    ],
)
def test_counts_hidden_in_fields_are_observations(field: str, source: str, day: date | None, value: int) -> None:
    """With the source that states them, its date where the file holds one, about the record."""
    [observation] = one(f"@article{{k, title = {{T}}, {field}}}").observations
    assert (observation.source, observation.date, observation.value, observation.about) == (source, day, value, "k")
    assert (observation.figure, observation.bound) == ("citations", "=")


@pytest.mark.parametrize(
    "field",
    ["citations = {-5}", "citations = {1.5}", "citations = {99999999999}", "note = {Cited by: -3}", "times-cited = {12a}"],
)
def test_what_is_no_count_is_a_problem(field: str) -> None:
    """Negative, fractional, absurd: said with the line, never an observation."""
    records = bibtex.read_text(f"@article{{k, title = {{T}},\n{field}}}")
    assert records[0].observations == ()
    assert [(problem.code, problem.line) for problem in records.problems] == [("bad_count", 2)]


@pytest.mark.parametrize(
    "field",
    [
        "citations = {many}",
        "note = {Cited by many}",
        "note = {Published in 2012}",
        "note = {This paper was cited by 12 groups}",
        "note = {Cited by 12 groups}",
        "citedby = {smith2000, jones2001}",
        "citedby = {2000smith, 2001jones}",
    ],
)
def test_text_without_a_number_is_no_count(field: str) -> None:
    """A field that states no number states nothing."""
    records = bibtex.read_text(f"@article{{k, title = {{T}}, {field}}}")
    assert (records[0].observations, records.problems) == ((), [])


@pytest.mark.parametrize(
    ("fields", "year"),
    [
        ("year = 2024", 2024),
        ("year = {c. 1850}", 1850),
        ("year = {1998--2003}", 1998),
        (r"year = {{\bf 2004}}", 2004),
        ("date = {2010-05-01}", 2010),
        ("date = {/2003}", 2003),
        ("year = {in press}, date = {2011}", 2011),
        ("year = {१९८७}", 1987),
        ("year = {in press}", None),
        ("year = 20245", None),
        ("date = {-0380}", None),
        ("", None),
    ],
)
def test_the_year_is_the_first_plausible_one(fields: str, year: int | None) -> None:
    """A group of four digits from 1000 to 2100, of year, else of date."""
    assert one(f"@article{{k, title = {{T}}, {fields}}}").year == year


def test_a_field_given_twice_states_its_count_once() -> None:
    """The first of two notes counts, with its own line."""
    record = one("@article{k, title = {T},\n note = {Cited by: 3},\n citations = 4,\n note = {Cited by: 5}}")
    assert [(o.value, o.origin) for o in record.observations] == [(3, "text.bib:2"), (4, "text.bib:3")]


def test_a_parents_own_booktitle_is_the_childs() -> None:
    """Where a volume has both a title and a booktitle, as BibTeX styles ask for, the booktitle is inherited."""
    records = bibtex.read_text(
        "@inproceedings{c, crossref = {p}, title = {T}}@proceedings{p, title = {Long}, booktitle = {Short}}"
    )
    assert records[0].venue == "Short"


def test_a_bib_is_a_persons_list_whoever_exported_it() -> None:
    """A `.bib` may be gathered, cut and merged by hand: even where a service wrote every entry, it is not taken for that service's own list."""
    assert bibtex.read_text("@article{a, source = {Scopus}}@article{b, source = {Scopus}}").list_of is None
    assert bibtex.read_text("@article{a, unique-id = {WOS:000001}}").list_of is None


@pytest.mark.parametrize(
    ("broken", "codes_expected"),
    [
        ("@article{x, title = {A\n", ["broken_entry"]),
        ('@article{x, title = "A, year = 2000}\n', ["broken_entry"]),
        ("@article{x, title = {A}, year = 2000\n", ["mended_entry"]),
        ("@article{x title = {A}}\n", ["mended_entry"]),
        ("@article{x, title = {A} year = 2000}\n", ["mended_entry"]),
        ("@article{x, title = {A}}, year = 2000}\n", []),
        ("@article{x, title {A}}\n", ["broken_entry"]),
        ("@string{s = {A}\n", ["broken_entry"]),
        ("@comment{never closed\n", ["broken_entry"]),
        ("@article(x, title = {A}\n", ["mended_entry"]),
        ("@article{x, title={A}; year=2000}\n", ["mended_entry"]),
        ("@article{x, title={A} #}\n", ["mended_entry"]),
        ("@ article{x, title {A}, year = 1}\n", ["broken_entry"]),
        ("@{x, title = {A}}\n", []),
        ("mail@somewhere (work)\n", []),
        (r"@article{x, file = {C:\dir\\}, title = {A}}" + "\n", []),
    ],
)
def test_one_broken_entry_costs_no_other(broken: str, codes_expected: list[str]) -> None:
    """The entries before and after it are read whole, and it is listed where it lost something."""
    good = "@article{%s, title = {Good}, author = {Doe, Jane}, year = 2001}\n"
    records = bibtex.read_text(good % "before" + broken + good % "after")
    assert [record.title for record in records if record.key in ("before", "after")] == ["Good", "Good"]
    assert [problem.code for problem in records.problems if problem.code in ("broken_entry", "mended_entry")] == codes_expected
    assert all(problem.line == 2 for problem in records.problems)


def test_a_missing_comma_loses_no_field() -> None:
    """Fields that run together are taken apart, each with its own line."""
    record = one("@article{k,\n title = {A = B {C}}\n citations = {5}\n year = 2001\n}")
    assert (record.title, record.year) == ("A = B C", 2001)
    assert record.observations[0].origin == "text.bib:3"


def test_strings_that_double_do_not_fill_the_memory() -> None:
    """A string of strings of strings stops growing."""
    text = (
        "@string{a0 = {ha}}\n" + "\n".join(f"@string{{a{n + 1} = a{n} # a{n}}}" for n in range(60)) + "@article{k, title = a60}"
    )
    title = one(text).title
    assert title is not None
    assert len(title) < 10_000


def test_circles_of_crossref_end() -> None:
    """Entries that inherit from each other, or from themselves, inherit nothing that is not there."""
    records = bibtex.read_text(
        "@misc{a, crossref = {b}, title = {A}}@misc{b, crossref = {a}, year = 2001}@misc{c, xdata = {c,a}}"
    )
    assert [(record.title, record.year) for record in records] == [("A", 2001), ("A", 2001), ("A", 2001)]


@given(st.text('@{}()"=,#%\\ \naxy1é', max_size=120))
def test_no_text_raises_and_bibtexparser_reads_no_more(text: str) -> None:
    """Whatever the text, there are at least the entries that bibtexparser alone finds."""
    records = bibtex.read_text(text)
    assert len(records) >= len(bibtexparser.parse_string(text, parse_stack=[]).entries)
    assert all(isinstance(problem, Problem) for problem in records.problems)


@given(st.lists(st.text("abcXYZ é'-:", min_size=1, max_size=20).filter(str.strip), min_size=1, max_size=8), st.integers(0, 7))
def test_breaking_one_entry_leaves_the_others_as_they_were(titles: list[str], broken: int) -> None:
    """Taking the braces of one title away changes no other record."""
    entries = [f"@article{{k{number}, title = {{{title}}}, year = 2001}}\n" for number, title in enumerate(titles)]
    whole = bibtex.read_text("".join(entries))
    place = broken % len(entries)
    entries[place] = entries[place].replace("}", "")
    assert [record for record in bibtex.read_text("".join(entries)) if record.key != f"k{place}"] == [
        record for record in whole if record.key != f"k{place}"
    ]


def test_a_scopus_export_bears_the_date_above_its_entries() -> None:
    """Scopus writes the day of the export once, before the first entry; its counts are of that day, others are not."""
    text = "Scopus\nEXPORT DATE: 12 March 2026\n\n@ARTICLE{a, title={T}, note={Cited by: 7}, citations={3}, source={Scopus}}"
    days = {one.source: one.date for one in bibtex.read_text(text)[0].observations}
    assert days == {"scopus": date(2026, 3, 12), "bib": None}


def test_a_web_of_science_export_bears_a_date_in_each_entry() -> None:
    """The field `da` is the day of the export."""
    (one,) = bibtex.read_text("@article{a, Times-Cited = {5}, DA = {2025-03-04}, Unique-ID = {WOS:1}}")[0].observations
    assert (one.source, one.value, one.date) == ("wos", 5, date(2025, 3, 4))


def test_a_missing_brace_costs_no_later_field() -> None:
    """A value that lacks its brace ends where the next field begins on a line of its own."""
    records = bibtex.read_text(
        "@article{k,\n publisher = {John Wiley {{\\&} Sons, Ltd.},\n doi = {10.1002/cav.327},\n journal = {J},\n year = 2001\n}\n"
    )
    [record] = records
    assert (record.ids, record.venue, record.year) == (("doi:10.1002/cav.327",), "J", 2001)
    assert record.entry["publisher"] == "John Wiley {{\\&} Sons, Ltd."
    assert [(problem.code, problem.line) for problem in records.problems] == [("mended_entry", 1)]


@pytest.mark.parametrize("value", ["{T, year=2020\n}", "{T,\n year = {2020},\n}"])
def test_a_value_never_takes_in_the_fields_behind_it(value: str) -> None:
    """Where nothing says which brace is missing, the entry is broken, not a title with a year in it."""
    records = bibtex.read_text(f"@article{{k,\n title={value}\n")
    assert (list(records), codes(records)) == ([], ["broken_entry"])


@pytest.mark.parametrize(
    "field", ["note = {doi: 10.1000/other}", "url = {https://doi.org/10.1000/other}", "volume = {doi:10.1000/b}"]
)
def test_the_field_doi_is_the_last_word(field: str) -> None:
    """Another DOI in a remark or an address is another work's."""
    assert one(f"@article{{k, doi = {{10.1000/a}}, {field}, note = {{arXiv:2505.09388}}}}").ids[0] == "doi:10.1000/a"
    assert [found for found in one(f"@article{{k, doi = {{10.1000/a}}, {field}}}").ids if found.startswith("doi:")] == [
        "doi:10.1000/a"
    ]


@pytest.mark.parametrize("value", ["{A}; year=2000", "{A} #", "{A} % {B}", '"A" B', "s # {}", "{A} # ", "{A} and author = {B}"])
def test_a_value_is_never_more_than_an_expression(value: str) -> None:
    """What follows the first whole piece is no part of it."""
    assert one(f"@string{{s = {{A}}}}@article{{k, title={value}\n, month = jan}}").title == "A"


def test_a_comment_inside_an_entry_states_nothing() -> None:
    """A field behind a % is commented out; that is no slip."""
    records = bibtex.read_text(
        "@article{k, % the key\n title={50\\% of T},\n % year = 1999,\n % {old},\n year=2020, % sure\n journal = {J} % {K}\n}"
    )
    assert [(record.title, record.year, record.venue) for record in records] == [("50% of T", 2020, "J")]
    assert records.problems == []


@pytest.mark.parametrize("head", ["@ article{", "@article\n{", "@\narticle {", "@article \n\t("])
def test_white_space_in_the_head_loses_no_entry(head: str) -> None:
    """BibTeX skips it on both sides of the type; other entries and remarks stay as they are."""
    good = "@article{%s, title = {Good}}\n"
    end = ")" if head.endswith("(") else "}"
    text = good % "before" + f"a remark\n{head}a, title = {{T}}, month = jan,\n year = 2001{end}\nmore\n" + good % "after"
    records = bibtex.read_text(text)
    assert [(record.key, record.year) for record in records] == [("before", None), ("a", 2001), ("after", None)]
    assert [(problem.code, problem.line) for problem in records.problems] == [("mended_entry", 3)]
    assert "a remark" in (once := bibtex.format_text(text))
    assert head in once


def test_white_space_in_the_head_loses_no_string() -> None:
    """A string is known to the entries behind it."""
    assert one("@STRING\n{s = {A String}}\n@article{k, title = s}").title == "A String"


@pytest.mark.parametrize("text", ["@ home (we, the people = us)\n", "write to @ somebody {or not}\n", "@\n\n\n"])
def test_running_text_with_an_at_sign_is_no_entry(text: str) -> None:
    """What only looks like a head is text."""
    records = bibtex.read_text(text)
    assert (list(records), records.problems) == ([], [])


@pytest.mark.parametrize("head", ["@article{", "@article\n{"])
def test_a_semicolon_may_stand_where_a_comma_should(head: str) -> None:
    """The field behind it is read, and the slip is said."""
    records = bibtex.read_text(head + "k, title={A}; year=2000}")
    assert [(record.title, record.year) for record in records] == [("A", 2000)]
    assert codes(records) == ["mended_entry"]


def test_a_preprints_doi_leaves_room_for_the_papers() -> None:
    """Where `doi` is the one that arXiv minted, the DOI in the address is the work's as well."""
    (record,) = bibtex.read_text("@article{a, doi = {10.48550/arXiv.2202.03052}, url = {https://doi.org/10.1000/paper}}")
    assert record.ids == ("arxiv:2202.03052", "doi:10.1000/paper")
