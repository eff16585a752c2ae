"""The command line: what it prints where, and with which exit code."""

import json
import os
import re
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from citetrack.cli import main

ROOT = Path(__file__).resolve().parent.parent
WHO = "Junyang Lin"


@pytest.fixture(autouse=True)
def bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test reads the bundled data folder, wherever it is run."""
    monkeypatch.setenv("CITETRACK_DATA", str(ROOT / "bib"))


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def one_line(err: str) -> str:
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    return err


def cells(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in line)


def test_the_profile_says_who_how_much_by_whose_count(capsys: pytest.CaptureFixture[str]) -> None:
    """The page has the names in both scripts, each source's figures, bounds as bounds, unknowns as such, what stands beside, and cautions."""
    code, page, err = run(capsys, "profile", WHO, "--offline")
    assert (code, err) == (0, "")
    for told in (
        "Junyang Lin  林俊旸",
        "as of 2026-07-26",
        "74 works, 2018–2026",
        "> 42,000 citations, 2026-03-03",
        "≥ 17,197",
        "~2  < 9,000  2025  Qwen3 Technical Report",
        "> 600,000,000 downloads",
        "qwen2-2024 fell from 1,516 (2026-02-07) to 305 (2026-04-13) on scholar",
    ):
        assert told in page
    assert re.search(r"–\s+\?\s+2025\s+Qwen3-Omni Technical Report\s+38/38  arXiv", page)


def test_a_piped_page_is_plain_and_a_hundred_cells_wide(capsys: pytest.CaptureFixture[str]) -> None:
    """Not on a terminal there is no escape sequence, all works are printed, and no line is wider than 100 cells."""
    _, page, _ = run(capsys, "profile", WHO)
    assert "\x1b" not in page
    assert max(map(cells, page.splitlines())) <= 100
    assert "more: --top 0" not in page


def test_top_limits_the_page_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """`--top` cuts the works of txt and md and says how many more; JSON and CSV hold all."""
    assert "69 more: --top 0" in run(capsys, "profile", WHO, "--top", 5)[1]
    assert "69 more: --top 0" in run(capsys, "profile", WHO, "--top", 5, "--format", "md")[1]
    assert len(json.loads(run(capsys, "profile", WHO, "--top", 5, "--format", "json")[1])["works"]) == 74
    assert run(capsys, "profile", WHO, "--top", 5, "--format", "csv")[1].count("\n") == 75


def test_the_same_input_gives_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    """Every format is deterministic."""
    for form in ("txt", "json", "csv", "md", "bib"):
        assert run(capsys, "profile", WHO, "--format", form)[1] == run(capsys, "profile", WHO, "--format", form)[1]


def test_bib_gives_back_every_record(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The profile as BibTeX reads as the same profile's records, both editions of a work included."""
    target = tmp_path / "lin.bib"
    assert run(capsys, "profile", WHO, "--format", "bib", "-o", target)[0] == 0
    again = json.loads(run(capsys, "profile", target, "--name", WHO, "--format", "json")[1])
    first = json.loads(run(capsys, "profile", WHO, "--format", "json")[1])
    assert len(again["works"]) == 75  # the file does not bear the decision that joins two of them
    assert {work["title"] for work in again["works"]} == {work["title"] for work in first["works"]}
    assert {work["key"]: work["position"] for work in again["works"]}["qwen3-2025"] == 27


@pytest.mark.parametrize("who", ["junyang-lin", "lin junyang", "林俊旸", "scholar:qp6IwtgAAAAJ", "dblp:215/3823"])
def test_who_by_slug_order_script_and_id(capsys: pytest.CaptureFixture[str], who: str) -> None:
    """A person is found by slug, by a name in any order, case or script, and by an id."""
    assert run(capsys, "profile", who, "--top", 1)[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["profile", "Junyang Lim"], 2, "did you mean 'Junyang Lin'"),
        (["profile", "gone.bib"], 1, "gone.bib"),
        (["profile", "no/such/thing"], 1, "no/such/thing"),
        (["profile", WHO, "--source", "nobody"], 2, "scholar, semanticscholar"),
        (["profile", WHO, "--counts", "nobody"], 2, "scholar, semanticscholar"),
        (["profile", WHO, "--as-of", "soon"], 2, "YYYY-MM-DD"),
        (["profile", WHO, "--top", "-1"], 2, "number of works"),
        (["profile", WHO, "--format", "html"], 2, "html"),
        (["profile", WHO, "--data", "/no/such"], 2, "/no/such"),
        (["profile", WHO, "-o", "/no/such/file"], 1, "cannot be written"),
        (["explain", WHO, "no such thing"], 2, "neither a metric nor a work"),
        (["explain", WHO, "technical report"], 2, "fits"),
        (["explain", WHO, ""], 2, "neither a metric nor a work"),
        (["profile", WHO, "--as-of", ""], 2, "YYYY-MM-DD"),
        (["profile", "x" * 10_000], 2, "nobody"),
        (["metrics"], 2, "either counts"),
        (["metrics", "-5"], 2, "'-5' is no count"),
        (["metrics", "1.5"], 2, "'1.5' is no count"),
        (["metrics", "9" * 50], 2, "no count"),
        (["metrics", "--file", "gone.csv"], 1, "gone.csv"),
        (["bib", "check", "gone.bib"], 1, "gone.bib"),
        (["bib", "format", "gone.bib"], 1, "gone.bib"),
        (["nonsense"], 2, "nonsense"),
        ([], 2, "COMMAND"),
    ],
)
def test_what_goes_wrong_is_told_in_one_line(capsys: pytest.CaptureFixture[str], words: list[str], code: int, told: str) -> None:
    """Each mistake gets one line on stderr that names it, nothing on stdout, and the exit code of its kind."""
    got, out, err = run(capsys, *words)
    assert (got, out) == (code, "")
    assert told in one_line(err)


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """With `--debug` an error comes with its traceback, and the same exit code."""
    code, _, err = run(capsys, "profile", "Nobody At All", "--debug")
    assert code == 2
    assert "Traceback" in err


def test_a_fault_of_its_own_is_told_in_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Even an error that nobody foresaw ends in one line, not in a traceback."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "argv", ["citetrack", "metrics", "1"])
    main()
    capsys.readouterr()
    sys.excepthook(RecursionError, RecursionError("too deep"), None)
    assert "RecursionError: too deep" in one_line(capsys.readouterr().err)


def test_explain_a_metric(capsys: pytest.CaptureFixture[str]) -> None:
    """The vector behind h: the counts with their bounds, dates and file lines, the core marked, the works without a count named."""
    _, page, _ = run(capsys, "explain", WHO, "h_index")
    assert "h_index  ≥ 8  works" in page
    assert re.search(r"•\s+1\s+13,864\s+Qwen2.5 Technical Report\s+scholar\s+2026-07-26\s+junyang-lin.counts.csv:\d+", page)
    document = json.loads(run(capsys, "explain", WHO, "h_index", "--format", "json")[1])
    assert document["schema"] == "citetrack/explain/1"
    assert sum(entry["in_core"] for entry in document["vector"]) == 8
    assert len(document["vector"]) == 74
    assert document["figure"]["low"] == 8


@pytest.mark.parametrize(
    "what", ["qwen2-2024", "bib:qwen2-2024", "arxiv:2407.10671", "Qwen2 Technical Report", "qwen2 technical"]
)
def test_explain_a_work(capsys: pytest.CaptureFixture[str], what: str) -> None:
    """A work is found by key, id or a piece of its title, and every observation of it is listed, the one in use marked."""
    document = json.loads(run(capsys, "explain", WHO, what, "--format", "json")[1])
    assert document["about"] == "qwen2-2024"
    assert document["vector"] == []
    days = [observation["date"] for observation in document["observations"]]
    assert days == sorted(days)
    used = [observation for observation in document["observations"] if observation["used"]]
    assert [(o["value"], o["date"]) for o in used] == [(403, "2026-07-26")]
    assert "305" in run(capsys, "explain", WHO, what)[1]


@pytest.mark.parametrize(
    ("label", "name"), [("h", "h_index"), ("H-index", "h_index"), ("per work", "cites_per_work"), ("i10", "i10_index")]
)
def test_the_labels_of_the_page_are_explained(capsys: pytest.CaptureFixture[str], label: str, name: str) -> None:
    """What the page calls a metric names it for `explain` too, in any case."""
    assert json.loads(run(capsys, "explain", WHO, label, "--format", "json")[1])["about"] == name


def test_bounds_are_rounded_outward_and_called_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    """A printed lower bound is never above the bound itself, and a metric that one more citation may lower says so."""
    page = run(capsys, "explain", WHO, "a_index")[1]
    assert "≥ 305.81" in page
    assert "these are bounds" in page
    assert "where each count is at its least" in page


def test_the_observations_of_an_uncounted_work_say_who_counts_it(capsys: pytest.CaptureFixture[str]) -> None:
    """A work that the chosen source does not count names the sources that do."""
    page = run(capsys, "explain", WHO, "qwen-2023")[1]
    assert "no count by scholar; --counts takes semanticscholar" in page
    assert "marks what is used" not in page


def test_metrics_of_plain_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts typed on the command line give every metric, in every format."""
    assert re.search(r"h_index\s+4\s+works", run(capsys, "metrics", 10, 8, 5, 4, 3)[1])
    document = json.loads(run(capsys, "metrics", 10, 8, 5, 4, 3, "--format", "json")[1])
    assert document["schema"] == "citetrack/metrics/1"
    assert document["metrics"]["citations"]["value"] == 30
    assert "h_index,4,4,4,works" in run(capsys, "metrics", 10, 8, 5, 4, 3, "--format", "csv")[1]
    assert "| h\\_index | 4 | works |" in run(capsys, "metrics", 10, 8, 5, 4, 3, "--format", "md")[1]


def test_metrics_of_a_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A table with years gives what depends on age, at the date that is asked for; an empty cell is unknown."""
    table = tmp_path / "table.csv"
    table.write_text("citations,year,authors,position\n10,2016,2,1\n8,2018,3,2\n,2020,1,1\n", encoding="utf-8")
    document = json.loads(run(capsys, "metrics", "--file", table, "--as-of", "2026", "--format", "json")[1])
    assert document["metrics"]["works"]["value"] == 3
    assert document["metrics"]["works_counted"]["value"] == 2
    assert document["metrics"]["m_quotient"]["low"] == pytest.approx(0.2)
    assert document["metrics"]["citations"] | {"unit": "", "convention": "", "excluded": 0, "interval": ""} == {
        "value": None, "low": 18, "high": None, "unit": "", "convention": "", "excluded": 0, "interval": "",
    }  # fmt: skip


def test_a_table_of_formulas_is_made_harmless(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A title that a spreadsheet would run gets a leading quote in CSV, and only there; Markdown shows HTML as letters."""
    hostile = tmp_path / "hostile.bib"
    hostile.write_text(
        "@misc{x, title = {=HYPERLINK(1) <img src=x> | *y*}, year = {2020}, author = {+Evil, A}}", encoding="utf-8"
    )
    assert "'=HYPERLINK" in run(capsys, "profile", hostile, "--format", "csv")[1]
    assert json.loads(run(capsys, "profile", hostile, "--format", "json")[1])["works"][0]["title"].startswith("=HYPERLINK")
    page = run(capsys, "profile", hostile, "--format", "md")[1]
    assert "<img" not in page
    assert "\\|" in page


def test_terminal_commands_in_data_are_not_obeyed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Escape sequences, control characters and marks of direction in a file or its name reach no terminal."""
    hostile = tmp_path / "a\x1b[31mb.bib"
    hostile.write_text(
        "@misc{x\x1b[2J, title = {A \x1b]0;pwned\x07 title \u202e gnp \x9b31m}, author = {E\x1bvil, A}, year = {2020}}",
        encoding="utf-8",
    )
    for form in ("txt", "json", "csv", "md", "bib"):
        _, out, err = run(capsys, "profile", hostile, "--format", form)
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", out + err)
    _, out, err = run(capsys, "profile", tmp_path / "gone\x1b[31m.bib")
    assert "\x1b" not in out + err


def test_a_result_is_written_whole(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`-o` writes the same bytes as stdout would get, keeps the permissions of the file it replaces, and leaves nothing else behind."""
    target = tmp_path / "out.json"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    code, out, _ = run(capsys, "profile", WHO, "--format", "json", "-o", target)
    assert (code, out) == (0, "")
    assert target.read_text(encoding="utf-8") == run(capsys, "profile", WHO, "--format", "json")[1]
    assert target.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_a_list_that_is_missing_is_unknown_and_exit_3(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A total without its list: figures null, the total stated, a stated h of 0 doubtful, exit 3, the reason on stderr."""
    outage = tmp_path / "outage.json"
    outage.write_text(
        json.dumps({"name": "A", "citedby": 2444, "hindex": 0, "publications": [], "updated": "2026-06-30 10:00:00"}),
        encoding="utf-8",
    )
    code, out, err = run(capsys, "profile", outage, "--format", "json")
    document = json.loads(out)
    assert code == 3
    assert "2,444" in one_line(err)
    assert {(figure["value"], figure["low"], figure["interval"]) for figure in document["metrics"].values()} == {
        (None, 0, "bounds")
    }
    assert document["by_source"][0]["citations"] == {"value": None, "low": 0, "high": None}
    assert document["by_source"][0]["stated"]["citations"]["value"] == 2444
    assert {warning["code"] for warning in document["warnings"]} >= {"list_missing", "doubtful"}


def test_a_list_that_is_short_of_its_total_is_a_lower_bound(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A list whose counts sum to less than the total gives lower bounds, and nothing of what a further work could lower."""
    cut = tmp_path / "cut.json"
    works = [{"bib": {"title": f"Work {n}", "pub_year": "2020"}, "num_citations": n, "author_pub_id": f"A:{n}"} for n in (5, 3)]
    cut.write_text(json.dumps({"name": "A", "citedby": 100, "publications": works, "updated": "2026-06-30"}), encoding="utf-8")
    code, out, _ = run(capsys, "profile", cut, "--format", "json")
    document = json.loads(out)
    assert code == 3
    assert document["by_source"][0]["citations"] == {"value": None, "low": 8, "high": None}
    assert (document["metrics"]["h_index"]["value"], document["metrics"]["h_index"]["low"]) == (None, 2)
    assert document["metrics"]["cites_per_work"]["low"] == 0
    assert "list_partial" in {warning["code"] for warning in document["warnings"]}


def test_counts_of_a_key_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A line of counts without its record is named, on stderr and in the warnings, and the rest is done: exit 3."""
    (tmp_path / "people.toml").write_text('[a]\nname = "A B"\n', encoding="utf-8")
    (tmp_path / "a.bib").write_text("@misc{here, title = {T}, author = {B, A}, year = {2020}}", encoding="utf-8")
    (tmp_path / "a.counts.csv").write_text(
        "about,source,date,figure,bound,value,url,note\nhere,s,2024-01-01,,=,1,,\nthere,s,2024-01-01,,=,2,,\nhere,s,2024-13-01,,=,3,,\nhere,s,2024-01-02,,=,-3,,\n",
        encoding="utf-8",
    )
    code, out, err = run(capsys, "profile", "A B", "--data", tmp_path, "--format", "json")
    assert code == 3
    assert "a.counts.csv:3" in err
    assert "a.counts.csv:4" in err
    assert "a.counts.csv:5" in err
    assert json.loads(out)["works"][0]["citations"] == 1
    assert sum("a.counts.csv:" in warning["message"] for warning in json.loads(out)["warnings"]) == 3


@pytest.mark.parametrize("width", [80, 100])
def test_the_metrics_are_read_whole(capsys: pytest.CaptureFixture[str], width: int) -> None:
    """No name and no value of a metric is ever cut; only remarks wrap."""
    _, page, _ = run(capsys, "metrics", 10, 8, 5, 4, 3)
    for line in (r"citations\s+30\s+citations", r"e_index\s+3.32\s", r"hirsch_a\s+1.88\s", r"g_index_unbounded\s+5\s+works"):
        assert re.search(line, page)
    assert "…" not in page


def test_a_total_that_cannot_be_read_is_not_zero(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A profile without a list whose total is no count is unknown, never 0."""
    broken = tmp_path / "broken.json"
    broken.write_text('{"citedby": -5}', encoding="utf-8")
    code, out, _ = run(capsys, "profile", broken, "--format", "json")
    document = json.loads(out)
    assert code == 3
    assert document["totals"] == {"works": None, "works_counted": None, "citations": {"value": None, "low": 0, "high": None}}
    assert document["metrics"]["h_index"]["value"] is None


def test_an_unknown_work_keeps_every_figure_open(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """As soon as one work has no count a figure is printed as a lower bound, even of 0."""
    (tmp_path / "mine.bib").write_text(
        "@misc{a, title={A}, year={2020}, citations={3}}@misc{b, title={B}, year={2020}}", encoding="utf-8"
    )
    page = run(capsys, "profile", tmp_path / "mine.bib")[1]
    assert re.search(r"bib\s+1/2\s+≥ 3\s+≥ 1\s+≥ 0", page)


@pytest.mark.skipif(os.name == "nt", reason="devices are files only on POSIX")
def test_a_device_is_written_to_and_never_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    """`-o /dev/null` writes there and leaves it a device."""
    assert run(capsys, "metrics", 1, "-o", "/dev/null")[0] == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [["--version"], ["profile", WHO, "--format", "json"]])
def test_a_full_disk_is_told_in_one_line(words: list[str]) -> None:
    """Where the result cannot be written, one line says so and the exit code is 1."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(program(*words), stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "cannot be written" in one_line(done.stderr)


@pytest.mark.parametrize("words", [["--version"], ["profile", WHO], ["explain", WHO], ["metrics", "1"]])
def test_a_closed_output_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """Without a standard output, as under `>&-`, one line says so and what to do."""
    monkeypatch.setattr(sys, "stdout", None)
    assert main(words) == 1
    assert "-o FILE" in one_line(capsys.readouterr().err)


@pytest.mark.parametrize("name", ["page.html", "full.json"])
def test_what_is_no_bibtex_is_a_finding_and_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    """A file without anything of BibTeX is a finding of `bib check`, and `bib format --write` does not touch it."""
    path = tmp_path / name
    path.write_text('{"a": 1}', encoding="utf-8")
    assert "[no_bibtex]" in run(capsys, "bib", "check", path)[1]
    assert run(capsys, "bib", "format", "--write", path)[0] == 1
    assert path.read_text(encoding="utf-8") == '{"a": 1}'


def test_bib_check_mends_what_is_safe_and_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`--fix` mends in place, names each change with its line, and leaves the rest as findings."""
    path = tmp_path / "x.bib"
    path.write_text(
        "@article{a,\n  author = {A. Lee et al.},\n  title = {T},\n  doi = {https://doi.org/10.1000/x},\n}\n", encoding="utf-8"
    )
    code, out, _ = run(capsys, "bib", "check", path, "--fix")
    assert code == 1
    assert "fixed x.bib:2" in out
    assert "fixed x.bib:4" in out
    assert "[missing_year]" in out
    assert "doi = {10.1000/x}" in path.read_text(encoding="utf-8")
    document = json.loads(run(capsys, "bib", "check", path, "--format", "json")[1])
    assert document["schema"] == "citetrack/bib-check/1"
    assert [problem["code"] for problem in document["problems"]] == ["missing_year"]


def test_bib_format_writes_checks_or_prints(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The normal form goes to stdout, or back into the file; `--check` only tells, and is content once it is written."""
    path = tmp_path / "x.bib"
    path.write_text('@ARTICLE{a, TITLE = "T", year=2020}', encoding="utf-8")
    normal = "@article{a,\n  title = {T},\n  year = {2020},\n}\n"
    assert run(capsys, "bib", "format", path) == (0, normal, "")
    assert run(capsys, "bib", "format", path, "--check")[0] == 1
    assert run(capsys, "bib", "format", path, "--write")[0] == 0
    assert path.read_text(encoding="utf-8") == normal
    assert run(capsys, "bib", "format", path, "--check") == (0, "", "")


def program(*words: str) -> list[str]:
    return [sys.executable, str(ROOT / "cli.py"), *words]


def test_a_closed_pipe_ends_quietly() -> None:
    """`citetrack … | head` prints no error, whatever was still to come."""
    with subprocess.Popen(program("profile", WHO, "--format", "json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_an_interrupt_ends_with_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while it works ends with 130, one word and no traceback."""

    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("citetrack.records.formats.read_bib_with_counts", interrupted)
    code, out, err = run(capsys, "profile", WHO)
    assert (code, out, err) == (130, "", "citetrack: interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal is a thing of POSIX")
@pytest.mark.parametrize("columns", [80, 140])
def test_on_a_terminal_the_page_fits(columns: int) -> None:
    """On a terminal the page fits its width, shows twenty works and how many more there are; where there is room, when each was counted."""
    import pty

    leader, follower = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"}
    with subprocess.Popen(program("profile", WHO), stdout=follower, stderr=follower, env=environment) as process:
        os.close(follower)
        page = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:
                break
            if not piece:
                break
            page += piece
        assert process.wait(timeout=60) == 0
    os.close(leader)
    assert b"\x1b[" in page
    plain = re.sub(r"\x1b\[[0-9;]*m", "", page.decode()).replace("\r\n", "\n")
    assert max(map(cells, plain.splitlines())) <= columns
    assert "54 more: --top 0" in plain
    assert bool(re.search(r"18/41  arXiv +scholar 2026-07-26", plain)) is (columns == 140)
    assert "Junyang Lin  林俊旸" in plain


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR a terminal gets no colour."""
    from rich.text import Text

    from citetrack.views import layout

    class Screen:
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

        def fileno(self) -> int:
            return 1

    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[31m" in layout.render(Text("red", style="red"), terminal=Screen())  # type: ignore[arg-type]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in layout.render(Text("red", style="red"), terminal=Screen())  # type: ignore[arg-type]
