"""`records.formats.read`: lists of works in every form they come in, told apart by content."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citetrack.errors import InputError
from citetrack.records import formats
from citetrack.records.model import Record, Records

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "formats"


def names(record: Record) -> list[str]:
    return [str(name) for name in record.authors]


def counts(records: Records) -> list[int | None]:
    return [record.observations[0].value if record.observations else None for record in records]


def codes(records: Records) -> list[str]:
    return [problem.code for problem in records.problems]


def written(folder: Path, text: str, name: str = "list", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


# --- scholarly ------------------------------------------------------------------------------------------------------------


def test_a_scholarly_profile_says_whose_it_is_and_when_it_was_read() -> None:
    """Name, cleaned id, date and source of the list are attributes of the records."""
    records = formats.read(FIXTURES / "profile.json")
    assert (records.name, records.ids, records.list_of, records.format) == (
        "Ada Example",
        {"scholar": "AbCdEfGhIjKL"},
        "scholar",
        "scholarly",
    )
    assert records.updated == date(2026, 2, 3)
    assert records.problems == []


def test_each_publication_is_a_record_with_the_count_google_states() -> None:
    """A stated 0 is an observation of 0; where no count is stated there is none; text is decoded; a cut list of authors is known as cut."""
    records = formats.read(FIXTURES / "profile.json")
    assert counts(records) == [31, 12, 0, None]
    first, second, third, fourth = records
    assert (first.key, first.title, first.year) == ("AbCdEfGhIjKL:u5HHmVD_uO8C", "Counting & caring", 2021)
    assert names(first) == ["Example, Ada", "Sample, Ben", "de Wit, Cy"]
    assert first.authors_complete
    assert (first.ids, first.venue) == (("arxiv:2101.00001",), None)
    assert (names(second), second.authors_complete) == (["Example, A", "Sample, B"], False)
    assert (second.venue, second.ids) == ("Journal of Looking", ("doi:10.5555/look.2",))
    assert (third.authors, third.authors_complete, third.year) == ((), False, None)
    assert fourth.year == 2024


def test_an_observation_of_scholar_traces_to_its_line_date_and_address() -> None:
    """The origin of a publication's count is the line on which its entry starts; that of Google's totals the line of each."""
    records = formats.read(FIXTURES / "profile.json")
    [observation] = records[0].observations
    assert (observation.source, observation.date, observation.bound) == ("scholar", date(2026, 2, 3), "=")
    assert (observation.origin, observation.about) == ("profile.json:15", "AbCdEfGhIjKL:u5HHmVD_uO8C")
    assert observation.url.endswith("cites=1234567890")
    stated = {statement.figure: (statement.value, statement.origin, statement.about) for statement in records.observations}
    assert stated["citations"] == (43, "profile.json:7", "")
    assert stated["h_index"] == (2, "profile.json:8", "")
    assert stated["i10_index"] == (2, "profile.json:9", "")
    assert stated["citations_5y"][0] == 40


@pytest.mark.parametrize("publications", [{}, None, []])
def test_a_total_without_a_list_is_still_a_statement(tmp_path, publications) -> None:
    """An object with `citedby` is scholarly JSON even if its list is empty, null or missing."""
    text = json.dumps({"citedby": 2444, "hindex": 0, "publications": publications})
    records = formats.read(written(tmp_path, text))
    assert (len(records), records.list_of) == (0, "scholar")
    assert {one.figure: one.value for one in records.observations} == {"citations": 2444, "h_index": 0}
    badge = formats.read(written(tmp_path, '{"schemaVersion": 1, "message": "430", "citedby": 430}'))
    assert ([one.value for one in badge.observations], badge.problems, badge.updated) == ([430], [], None)


def test_a_flattened_publication_is_read_with_its_own_count(tmp_path) -> None:
    """Where `bib` is missing, the entry holds its fields itself, and `citedby` is its count."""
    entry = {"title": "Flat", "author": "Ada Example, Ben Sample", "pub_year": "2024", "venue": "ICEX", "citedby": 15}
    records = formats.read(written(tmp_path, json.dumps({"citedby": 20, "publications": {"pub1": entry}})))
    assert (records[0].key, records[0].venue, counts(records)) == ("pub1", "ICEX", [15])
    assert names(records[0]) == ["Example, Ada", "Sample, Ben"]


def test_a_file_that_qualifies_its_own_numbers_is_believed(tmp_path) -> None:
    """Declared mock data and declared stale data are problems of their own codes; a badge's label is neither."""
    mock = formats.read(written(tmp_path, '{"citedby": 450, "source": "mock_data", "publications": []}'))
    assert codes(mock) == ["mock_data"]
    stale = formats.read(written(tmp_path, '{"citedby": 18,\n"message": "Using cached data"}'))
    assert (codes(stale), stale.problems[0].line) == (["stale"], 2)


def test_a_publication_of_the_wrong_shape_costs_no_other(tmp_path) -> None:
    """Wrong types are problems with the line of their entry; the others survive, and so does a record with a count that is none."""
    text = """{"citedby": 5, "updated": "soon", "publications": [
        {"bib": {"title": "Good"}, "num_citations": 5},
        "not an object",
        {"bib": {"title": 7}},
        {"bib": []},
        {"bib": {"title": "Bad count"}, "num_citations": -3},
        {"bib": {"title": "Fraction"}, "num_citations": 2.5},
        {"bib": {"title": "Huge"}, "num_citations": 99999999999999999999},
        {"bib": {"title": "Words"}, "num_citations": "many"},
        {}
    ]}"""
    records = formats.read(written(tmp_path, text))
    assert [record.title for record in records] == ["Good", "Bad count", "Fraction", "Huge", "Words", None]
    assert counts(records) == [5, None, None, None, None, None]
    assert codes(records) == ["unread"] * 8
    assert [problem.line for problem in records.problems] == [1, 0, 4, 5, 6, 7, 8, 9]
    assert records.updated is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"citedby": 12, "publications": {"a": {"bib": {"ti', "breaks off"),
        ('{"name": "somebody"}', "not a Google Scholar profile"),
        ('[{"citedby": 1}]', "not a Google Scholar profile"),
        ("[" * 60_000, "nested too deeply"),
        ('{"citedby": ' + "9" * 5000 + "}", "number too long"),
    ],
)
def test_json_that_is_no_profile_gets_one_clear_line(tmp_path, text, said) -> None:
    """Half-written, foreign, absurdly nested or absurdly long JSON raises `InputError`, which names the file."""
    path = written(tmp_path, text, "half.json")
    with pytest.raises(InputError, match=said) as caught:
        formats.read(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_names_and_titles_cannot_control_a_terminal(tmp_path) -> None:
    """Escape sequences and tags of foreign text never reach a record."""
    entry = {"bib": {"title": "Red \x1b[31malert</b>", "author": "Eve\x1b]0;pwned\x07 Evil"}, "num_citations": 1}
    records = formats.read(written(tmp_path, json.dumps({"citedby": 1, "name": "E\x07ve", "publications": [entry]})))
    assert (records.name, records[0].title, names(records[0])) == ("Eve", "Red alert", ["Evil, Eve"])


def test_every_real_profile_gives_googles_own_figures(shared_data) -> None:
    """Records, their sum, h and i10 equal what Google states of each real profile."""
    files = sorted((shared_data / "gs").glob("*.json"))
    for path in files:
        google = json.loads(path.read_text(encoding="utf-8"))
        records = formats.read(path)
        cited = sorted((value or 0 for value in counts(records)), reverse=True)
        ours = (
            len(records),
            sum(cited),
            sum(value >= rank for rank, value in enumerate(cited, 1)),
            sum(value >= 10 for value in cited),
        )
        assert ours == (len(google["publications"]), google["citedby"], google["hindex"], google["i10index"]), path.name
        assert records.updated is not None
        assert set(codes(records)) <= {"stale"}
    assert len(files) == 9


def test_every_real_outage_reads_without_an_exception(shared_data) -> None:
    """Of each dated file of a homepage's history, Google's total is kept, whatever became of the list."""
    files = sorted((shared_data / "gs_series").glob("*/*.json"))
    for path in files:
        records = formats.read(path)
        assert any(one.figure == "citations" and one.value > 0 for one in records.observations), path.name
    assert len(files) == 81


# --- Publish or Perish -----------------------------------------------------------------------------------------------------


def test_publish_or_perish_rows_are_observations_of_the_source_it_queried() -> None:
    """`CitesURL` tells Google Scholar, `QueryDate` the day; a list that ends in dots is cut; a year of 0 is no year."""
    records = formats.read(FIXTURES / "publish-or-perish.csv")
    assert (records.format, records.list_of, records.updated) == ("publish-or-perish", "scholar", date(2026, 1, 5))
    assert counts(records) == [31, 12, 0]
    first, second, third = records
    assert names(first) == ["Example, A", "Sample, B", "de Wit, C"]
    assert (first.key, first.ids, first.venue) == ("1234567890", ("arxiv:2101.00001",), None)
    assert first.observations[0].origin == "publish-or-perish.csv:2"
    assert (second.key, second.authors_complete) == ("10.5555/look.2", False)
    assert (third.year, third.key) == (None, "an-undated-note")


def test_publish_or_perish_tells_scopus_by_its_addresses_and_nothing_by_none(tmp_path) -> None:
    """Without `CitesURL` the address of the article tells; without any, the source is Publish or Perish itself."""
    records = formats.read(FIXTURES / "publish-or-perish-scopus.csv")
    assert (records.list_of, records[0].key, records[0].type) == ("scopus", "2-s2.0-85100000001", "article")
    assert records.updated == date(2016, 12, 21)
    unknown = formats.read(written(tmp_path, "Cites,Authors,Title,Year\n3,A Example,T,2020\n"))
    assert (unknown.list_of, unknown.updated, counts(unknown)) == ("publish-or-perish", None, [3])


# --- Scopus -----------------------------------------------------------------------------------------------------------------


def test_a_scopus_csv_gives_full_names_ids_and_counts() -> None:
    """An empty `Cited by` states nothing, a 0 states 0; a title over two lines is one; lines are counted as an editor does."""
    records = formats.read(FIXTURES / "scopus.csv")
    assert (records.format, records.list_of, records.updated) == ("scopus", "scopus", None)
    assert counts(records) == [12, None, 0]
    assert [record.key for record in records] == ["2-s2.0-85100000001", "2-s2.0-85100000002", "2-s2.0-85100000003"]
    assert [record.origin for record in records] == ["scopus.csv:2", "scopus.csv:3", "scopus.csv:5"]
    assert [record.type for record in records] == ["article", "inproceedings", "article"]
    assert names(records[0]) == ["Example, Ada", "van der Sample, Bo-Cy"]
    assert (records[0].ids, records[0].observations[0].date) == (("doi:10.5555/ex.2022.1",), None)
    assert records[1].title == "A conference talk about two lines"
    assert (records[2].authors, records[2].authors_complete) == ((), False)


def test_an_older_scopus_csv_parts_family_names_from_initials_by_commas() -> None:
    """``Example, A., Sample, B.C.`` is two people."""
    [record] = formats.read(FIXTURES / "scopus-old.csv")
    assert names(record) == ["Example, A.", "Sample, B.C.", "de Wit, C."]


def test_a_name_with_initials_last_keeps_its_family_name(tmp_path) -> None:
    """Scopus writes ``Family I.`` without a comma."""
    text = "Authors,Title,Source title,EID\nvan der Berg A.-B.; Šimić Š.,T,S,2-s2.0-1\n"
    [record] = formats.read(written(tmp_path, text))
    assert names(record) == ["van der Berg, A.-B.", "Šimić, Š."]


def test_a_scopus_ris_states_counts_and_their_day_in_its_notes() -> None:
    """Both the newer note with both statements and the older pair of notes are read."""
    records = formats.read(FIXTURES / "scopus.ris")
    assert (records.format, records.list_of, records.updated) == ("ris", "scopus", date(2026, 3, 12))
    assert [(one.observations[0].value, one.observations[0].date) for one in records] == [
        (12, date(2026, 3, 12)),
        (3, date(2026, 3, 11)),
    ]
    assert [record.key for record in records] == ["2-s2.0-85100000001", "2-s2.0-85000000009"]
    assert [record.type for record in records] == ["article", "inproceedings"]
    assert records[0].ids == ("doi:10.5555/ex.2022.1",)
    assert records[1].origin == "scopus.ris:16"


# --- Web of Science ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["wos.txt", "wos.tsv"])
def test_web_of_science_exports_read_alike_in_both_layouts(name) -> None:
    """Plain text and tab-delimited hold the same first record; quotation marks of a tab-delimited file are characters."""
    records = formats.read(FIXTURES / name)
    first = records[0]
    assert (records.format, records.list_of, records.updated) == ("wos", "wos", date(2026, 3, 4))
    assert (first.key, first.ids, first.year) == ("WOS:000700000000001", ("doi:10.5555/ex.2022.1",), 2022)
    assert names(first) == ["Example, Ada", "Sample, Ben C."]
    assert (first.title or "").replace('"', "") == "On measuring, twice"
    assert [record.type for record in records] == ["article", "inproceedings"]
    assert (first.observations[0].value, first.observations[0].source) == (9, "wos")
    assert records.problems == []


def test_web_of_science_counts_are_only_those_stated() -> None:
    """Without `TC` there is no observation; an anonymous work has no authors; a group stands after the people."""
    plain, tabbed = formats.read(FIXTURES / "wos.txt"), formats.read(FIXTURES / "wos.tsv")
    assert (counts(plain), counts(tabbed)) == ([9, None], [9, 0])
    assert names(plain[1]) == ["Example, A", "Example Collaboration"]
    assert (tabbed[1].authors, tabbed[1].authors_complete) == ((), False)
    assert [record.origin for record in plain] == ["wos.txt:3", "wos.txt:20"]


def test_a_cut_web_of_science_file_keeps_what_it_holds(tmp_path) -> None:
    """A record without its `ER` is read and named; text beside the tags is ignored."""
    text = "FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nTI One\nPT J\nTI Two\nnonsense\nTC 4\n"
    records = formats.read(written(tmp_path, text))
    assert [record.title for record in records] == ["One", "Two"]
    assert (codes(records), [problem.line for problem in records.problems]) == (["unread"] * 2, [3, 5])


def test_a_web_of_science_ris_is_told_by_its_accession_number() -> None:
    """The count is the Core Collection's."""
    records = formats.read(FIXTURES / "wos.ris")
    assert (records.list_of, records[0].key, counts(records), records.updated) == ("wos", "WOS:000700000000001", [9], None)


# --- BibTeX -----------------------------------------------------------------------------------------------------------------


def test_bibtex_is_read_by_its_own_reader(tmp_path) -> None:
    """A `.bib` is no source's own list, even an export of Scopus, whose counts bear the day that its notes state."""
    own = formats.read(written(tmp_path, "% my papers\n@article{a, title = {One}, note = {Cited by: 3}}\n"))
    assert (own.format, own.list_of, own.updated, counts(own)) == ("bibtex", None, None, [3])
    text = "Scopus\nEXPORT DATE: 12 March 2026\n\n@ARTICLE{Example2022,\n title={One},\n note={Export Date: 12 March 2026; Cited By: 7},\n source={Scopus}\n}\n"
    export = formats.read(written(tmp_path, text))
    assert (export.list_of, counts(export)) == (None, [7])
    assert export[0].observations[0].date == date(2026, 3, 12)


# --- RIS --------------------------------------------------------------------------------------------------------------------


def test_a_ris_library_is_a_list_that_a_person_gathered() -> None:
    """Without a provider the list is nobody's own and states no counts; keys, years, authors and ids are found in their older tags."""
    records = formats.read(FIXTURES / "library.ris")
    assert (records.format, records.list_of, counts(records)) == ("ris", None, [None, None])
    assert (records[0].key, records[0].year, records[0].type) == ("example1999", 1999, "book")
    assert names(records[0]) == ["Example, Ada", "The Example Group"]
    assert records[1].ids == ("arxiv:2202.03052",)


def test_the_authors_of_a_ris_record_stand_one_a_line_or_all_in_one(tmp_path) -> None:
    """A group keeps its ``and``; a whole list in one line is split; ``et al.`` cuts the list and is no name."""
    people = {
        "A1  - Example, Ada; Sample, Ben": (["Example, Ada", "Sample, Ben"], True),
        "AU  - Example, A.\nAU  - et al.": (["Example, A."], False),
    }
    people["AU  - Art and Science Collaboration"] = (["Art and Science Collaboration"], True)
    people["AU  - Example, Ada and Sample, Ben"] = (["Example, Ada", "Sample, Ben"], True)
    people["VL  - 1"] = ([], False)
    for lines, expected in people.items():
        [record] = formats.read(written(tmp_path, f"TY  - JOUR\nTI  - T\n{lines}\nER  - \n"))
        assert (names(record), record.authors_complete) == expected


def test_a_broken_ris_record_costs_no_other(tmp_path) -> None:
    """A record without its end, or with one blank in its tags, is read; lines outside a record are ignored."""
    text = "stray\nTY  - JOUR\nTI  - One\nTY - JOUR\nTI - Two\nER -\n\nstray\nTY  - JOUR\nTI  - Three\n"
    records = formats.read(written(tmp_path, text))
    assert [record.title for record in records] == ["One", "Two", "Three"]
    assert codes(records) == ["unread", "unread"]


# --- the CSV that resolve reads ---------------------------------------------------------------------------------------------


def test_the_plain_csv_reads_any_of_its_columns() -> None:
    """Entities are decoded, authors split, the first plausible year taken, a DOI of arXiv's is its id; what is missing is not said."""
    records = formats.read(FIXTURES / "plain.csv")
    first, second, third = records
    assert (records.format, records.list_of) == ("csv", None)
    assert (first.key, first.source, first.title, first.affiliation) == ("a:1", "dblp", "Counting & caring", "Example University")
    assert names(first) == ["Example, Ada", "Sample, Ben"]
    assert (names(second), second.year) == (["example, a.", "sample, b.", "de wit, c."], 1997)
    assert (second.venue, second.ids) == (None, ("doi:10.5555/x.1",))
    assert (names(third), third.key, third.ids) == (["Example, Ada", "Sample, Ben"], "a-third-title", ("arxiv:2101.00001",))


@pytest.mark.parametrize(
    ("cell", "people"),
    [
        ("Example, Ada", ["Example, Ada"]),
        ("Ada Example, Ben Sample", ["Example, Ada", "Sample, Ben"]),
        ("Example, A., Sample, B. C.", ["Example, A.", "Sample, B. C."]),
        ("Example, A., B. Sample, and C. Wit.", ["Example, A.", "Sample, B.", "Wit, C."]),
        ("Example, Ada, Sample, Ben", ["Example, Ada", "Sample, Ben"]),
        ("Example A., Sample B.", ["Example, A.", "Sample, B."]),
        ("Ada Example & Ben Sample", ["Example, Ada", "Sample, Ben"]),
        ("van der Wit, Cy", ["van der Wit, Cy"]),
        ("Ada Example and Ben Sample, Jr.", ["Example, Ada", "Sample, Jr., Ben"]),
        ("Drucker, Schapire and Simard", ["Drucker", "Schapire", "Simard"]),
        ("y li and e wong", ["li, y", "wong, e"]),
        ("Alessandro; Ferdinand", ["Alessandro", "Ferdinand"]),
        ("林俊旸", ["林俊旸"]),
    ],
)
def test_the_authors_of_one_cell_are_split_as_they_read(tmp_path, cell, people) -> None:
    """At semicolons, at ``and``, or at commas where the parts read as whole names."""
    [record] = formats.read(written(tmp_path, f'title,authors\nT,"{cell}"\n'))
    assert (names(record), record.authors_complete) == (people, True)


@pytest.mark.parametrize(
    "cell", ["Ada Example et al.", "Ada Example and others", "Ada Example, ...", "Ada Example; …", "Example, Ada and others"]
)
def test_a_list_that_says_it_is_cut_is_not_complete(tmp_path, cell) -> None:
    """The sign of the cut is never a name."""
    [record] = formats.read(written(tmp_path, f'title,authors\nT,"{cell}"\n'))
    assert (names(record), record.authors_complete) == (["Example, Ada"], False)


def test_a_csv_saved_again_by_a_spreadsheet_reads_the_same(tmp_path) -> None:
    """Semicolons or tabs between cells, a `sep=` line, CRLF, a byte order mark, capitals in the header and trailing empty cells."""
    text = 'sep=;\r\n"ID";Title;YEAR;;\r\nx;"One; two";2020;;\r\n'
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        [record] = formats.read(written(tmp_path, text, encoding=encoding))
        assert (record.key, record.title, record.year, record.origin) == ("x", "One; two", 2020, "list:3")
    [record] = formats.read(written(tmp_path, '"ID"\tTitle\tYEAR\r\nx\t"One; two"\t2020\r\n'))
    assert (record.key, record.title, record.year) == ("x", "One; two", 2020)


def test_a_row_that_cannot_be_read_is_named_and_costs_no_other(tmp_path) -> None:
    """Too many cells, and a quotation mark never closed, are problems with the line they start on."""
    records = formats.read(written(tmp_path, 'id,title\na,One\nb,Two, three\nc,Four\nd,"Five\ne,Six\n'))
    assert [record.key for record in records] == ["a", "c"]
    assert [(problem.code, problem.line) for problem in records.problems] == [("unread", 3), ("unread", 5)]


def test_a_csv_cut_in_its_last_row_says_so(tmp_path) -> None:
    """Half a row is not read as if it were whole; a file of nothing but half a row is an error."""
    records = formats.read(written(tmp_path, "id,title,year\na,One,2020\nb,Tw"))
    assert ([record.key for record in records], codes(records)) == (["a"], ["unread"])
    with pytest.raises(InputError, match=r":2: the last row breaks off"):
        formats.read(written(tmp_path, "id,title,year\nb,Tw"))


def test_a_header_without_rows_is_an_empty_list(tmp_path) -> None:
    """It is read as a list of no works, not as an unknown form."""
    assert list(formats.read(written(tmp_path, "id,title\n"))) == []


def test_a_cell_above_csvs_own_limit_is_read(tmp_path) -> None:
    """Abstracts and reference lists exceed 128 KiB."""
    [record] = formats.read(written(tmp_path, "id,title,venue\na,T," + "x" * 300_000 + "\n"))
    assert len(record.venue or "") == 300_000


def test_every_labelled_set_reads_to_as_many_records_as_rows(shared_data) -> None:
    """DBLP–ACM, DBLP–Scholar and CORA, as untidy as they are."""
    expected = {"cora": 741, "dblp-acm": 2939, "dblp-scholar": 11945}
    for name, rows in expected.items():
        records = formats.read(shared_data / "er" / name / "records.csv")
        assert (len(records), records.problems) == (rows, []), name


# --- files of every kind ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "binary"),
        (b"PK\x03\x04rest of a spreadsheet", "spreadsheet"),
        (b"%PDF-1.7 rest", "PDF"),
        (bytes(range(1, 32)) * 50, "binary"),
        (b"<!DOCTYPE html><style>@media (max-width: 1px) {}</style>", "HTML"),
        (b"[1] Example, A.: A printed list. 2020.\n", "not a list of works"),
        (b"Dear reader,\nthis is a letter.\n", "not a list of works"),
        (b"about,source,date,figure,bound,value,url,note\n", "belongs beside its .bib"),
        (b"citations,year\n3,2020\n", "metrics --file"),
    ],
)
def test_a_file_that_is_no_list_gets_one_clear_line(tmp_path, content, said) -> None:
    """`InputError` names the file, says what it is, and is one line."""
    path = tmp_path / "input"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        formats.read(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path) -> None:
    """Neither is a traceback."""
    with pytest.raises(InputError, match="no such file"):
        formats.read(tmp_path / "nothing.bib")
    with pytest.raises(InputError, match="a folder"):
        formats.read(tmp_path)
    with pytest.raises(InputError, match="not a file name"):
        formats.read("a\0b")


def sparse(path: Path, start: bytes, size: int) -> Path:
    """A file of `size` bytes that takes no room on the disk."""
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)
    return path


@pytest.mark.parametrize(
    "start", [b"a" * 70_000, b'{"citedby": 1, "x": "' + b"a" * 70_000, b"TY  - JOUR\nTI  - " + b"a" * 70_000]
)
def test_a_gigabyte_in_one_line_is_refused_without_reading_it(tmp_path, start) -> None:
    """Only its beginning and its size are looked at."""
    with pytest.raises(InputError, match=r"not a list of works|too large"):
        formats.read(sparse(tmp_path / "huge", start, 2**30))


def test_a_csv_with_an_endless_line_is_refused(tmp_path) -> None:
    """A line above 16 MB ends the reading with its number."""
    path = tmp_path / "long.csv"
    path.write_bytes(b"id,title\na,One\nb," + b"x" * (17 * 2**20))
    with pytest.raises(InputError, match=r"long\.csv:3: a line of more than 16 MB"):
        formats.read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
def test_any_usual_encoding_is_read(tmp_path, encoding) -> None:
    """UTF-8 and UTF-16 with or without a byte order mark, and Windows-1252."""
    [record] = formats.read(written(tmp_path, "title,authors\nÜber Größe,Émile Müller\n", encoding=encoding))
    assert (record.title, names(record)) == ("Über Größe", ["Müller, Émile"])


def test_one_broken_byte_does_not_turn_utf8_into_another_encoding(tmp_path) -> None:
    """What is valid stays as it was written."""
    path = tmp_path / "list.csv"
    path.write_bytes("title\nÜber größere Dinge\n".encode() + b"caf\xe9\n")
    assert [record.title for record in formats.read(path)] == ["Über größere Dinge", "caf\ufffd"]


def test_an_encoding_that_shows_only_late_is_still_found(tmp_path) -> None:
    """The whole file decides, not the first 64 KiB."""
    path = tmp_path / "list.csv"
    path.write_bytes(b"title\n" + b"plain\n" * 20_000 + "Größe\n".encode("cp1252"))
    assert formats.read(path)[-1].title == "Größe"


def test_content_tells_the_format_and_the_name_does_not(tmp_path) -> None:
    """A profile named .bib and a RIS named .csv are read as what they are."""
    for fixture, name, expected in (
        ("profile.json", "a.bib", "scholarly"),
        ("scopus.ris", "b.csv", "ris"),
        ("wos.txt", "c.json", "wos"),
    ):
        path = tmp_path / name
        path.write_bytes((FIXTURES / fixture).read_bytes())
        assert formats.read(path).format == expected


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fixture=st.sampled_from(sorted(FIXTURES.iterdir())),
    at=st.floats(0, 1),
    junk=st.binary(max_size=12),
    lost=st.integers(0, 200),
    cut=st.booleans(),
)
def test_no_damage_to_a_file_does_more_than_lose_records(tmp_path, fixture, at, junk, lost, cut) -> None:
    """Whatever is lost, inserted or cut, reading gives records whose text is harmless, or one clear line."""
    content = fixture.read_bytes()
    place = int(at * len(content))
    path = tmp_path / "damaged"
    path.write_bytes(content[:place] + junk + (b"" if cut else content[place + lost :]))
    said = ""
    records = Records()
    try:
        records = formats.read(path)
    except InputError as error:
        said = str(error)
    texts = [text for record in records for text in (record.title, record.venue, *names(record)) if text]
    assert all(
        "\x1b" not in text and "\n" not in text for text in [*texts, said, *(problem.message for problem in records.problems)]
    )
    assert all(0 <= one.value <= 10**9 and one.about == record.key for record in records for one in record.observations)


def test_reading_twice_gives_the_same() -> None:
    """No reader keeps state."""
    for path in sorted(FIXTURES.iterdir()):
        first, second = formats.read(path), formats.read(path)
        assert list(first) == list(second)
        assert first.observations == second.observations
