"""The documents say what the program does: each of these fails when one is changed without the other."""

import re
import tomllib
from pathlib import Path

import pytest

from citetrack import sources
from citetrack.cli import main
from citetrack.profiles.cautions import LOSS_CODES
from citetrack.records import bibtex, formats


def test_the_readme_opens_with_the_page_as_it_is_printed(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture of a profile in the README is what the program prints."""
    monkeypatch.setenv("CITETRACK_DATA", str(checkout / "bib"))
    readme = (checkout / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- profile -->\n```\n(.*?)```\n<!-- /profile -->", readme, re.DOTALL)
    assert shown
    assert main(["profile", "Junyang Lin", "--top", "10"]) == 0
    assert shown[1] == capsys.readouterr().out


def help_of(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    with pytest.raises(SystemExit):
        main([*command, "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        *[(name,) for name in ("profile", "explain", "update", "find", "sources", "doctor", "metrics")],
        ("bib", "check"),
        ("bib", "format"),
    ],
)
def test_every_command_and_option_is_documented(
    checkout: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    """The page of commands names every command and every option that `--help` names."""
    page = (checkout / "docs" / "commands.md").read_text(encoding="utf-8")
    assert re.search(rf"`{' '.join(command)}[ `]", page)
    options = set(re.findall(r"--[a-z-]+", help_of(capsys, *command))) - {"--help"}
    assert options
    assert {option for option in options if option not in page} == set()


def test_every_command_is_known_to_the_documents(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No command is missing from the test above."""
    listed = re.findall(r"^    (\w+) ", help_of(capsys), re.MULTILINE)
    assert listed == ["profile", "explain", "update", "find", "sources", "doctor", "metrics", "bib"]


def test_every_code_of_a_caution_is_documented(checkout: Path) -> None:
    """Each code that a warning of a profile can bear stands in the page on profiles."""
    page = (checkout / "docs" / "profile.md").read_text(encoding="utf-8")
    source = (checkout / "src" / "citetrack" / "profiles" / "cautions.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'Caution\(\s*"(\w+)"', source)) | LOSS_CODES
    assert len(codes) > 8
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_every_library_is_accounted_for(checkout: Path) -> None:
    """Each library that pyproject.toml requires, to use citetrack or to develop it, has its reason in the page on dependencies, and no other has."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (checkout / "docs" / "dependencies.md").read_text(encoding="utf-8")
    required, develop = page.split("## For development")

    def named(requirements: list[str]) -> set[str]:
        return {re.split(r"[\[><=~!; ]", requirement)[0].lower() for requirement in requirements} - {"citetrack"}

    def rows(text: str) -> set[str]:
        return {name for cell in re.findall(r"^\| ([a-z][\w ,-]*) \| \d", text, re.MULTILINE) for name in cell.split(", ")}

    extras = project["optional-dependencies"]
    assert rows(required) == named(project["dependencies"])
    assert rows(develop) == named([*extras["test"], *extras["dev"]])


def test_every_source_is_documented(checkout: Path) -> None:
    """The page on sources says of each by what it is asked and what its reading was proven on, in the words that `citetrack sources` prints."""
    page = (checkout / "docs" / "sources.md").read_text(encoding="utf-8")
    for name in sources.names():
        assert page.count(f"| `{name}` |") >= 2, name
        assert f"| `{name}` | {sources.load(name).PROVEN} |" in page


def test_every_problem_of_a_source_is_documented(checkout: Path) -> None:
    """Each code that a source can tell of stands in the page on profiles, where it ends up as a warning."""
    page = (checkout / "docs" / "profile.md").read_text(encoding="utf-8")
    modules = Path(sources.__file__).parent.glob("*.py")
    codes = {code for module in modules for code in re.findall(r'Problem\(\s*"([\w-]+)"', module.read_text(encoding="utf-8"))}
    assert len(codes) > 4
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_every_problem_of_bibtex_is_documented(checkout: Path) -> None:
    """Each code that `bib check` can print stands in the page on BibTeX."""
    page = (checkout / "docs" / "bibtex.md").read_text(encoding="utf-8")
    sources = Path(bibtex.__file__).parent.glob("*.py")
    codes = {code for source in sources for code in re.findall(r'Problem\(\s*"([\w-]+)"', source.read_text(encoding="utf-8"))}
    assert codes
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_every_link_between_the_documents_leads_somewhere(checkout: Path) -> None:
    """A relative link in any document names a file that is there."""
    for document in [*checkout.glob("*.md"), *(checkout / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_documented_table_of_counts_is_read(checkout: Path, tmp_path: Path) -> None:
    """The example of a `counts.csv` in the documents is one."""
    page = (checkout / "docs" / "data-folder.md").read_text(encoding="utf-8")
    table = re.search(r"```csv\n(.*?)```", page, re.DOTALL)
    assert table
    path = tmp_path / "x.counts.csv"
    path.write_text(table[1], encoding="utf-8")
    counts = formats.read_counts(path, [])
    assert (len(counts.person), len(counts.artifacts), len(counts.unjoined)) == (1, 1, 2)
