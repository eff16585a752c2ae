"""What starting citetrack loads: what an answer does not need is not paid for. Ratios are measured by benchmarks/startup.py."""

import ast
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Python = Callable[..., subprocess.CompletedProcess[str]]

# Runs the command line in this process, throws away what it prints and tells which packages it has loaded.
LOADED = """
import contextlib, io, pathlib, sys
from citetrack.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    try:
        code = main(sys.argv[2:], checkout=pathlib.Path(sys.argv[1]))
    except SystemExit as stop:
        code = stop.code
print(code or 0, *sorted({name.split(".")[0] for name in sys.modules}))
"""


def loaded_by(python: Python, checkout: Path, *arguments: str) -> set[str]:
    """The top-level packages in memory after one successful run of the command line."""
    done = python("-c", LOADED, checkout, *arguments, measured=False)
    assert done.returncode == 0, done.stderr
    code, *packages = done.stdout.split()
    assert code == "0", done.stderr
    return set(packages)


@pytest.mark.parametrize("form", ["txt", "json", "csv", "md", "bib"])
def test_an_offline_profile_loads_no_requests_pandas_or_scholarly(python: Python, checkout: Path, form: str) -> None:
    """A profile from the data folder starts without the heavy libraries, in every form."""
    loaded = loaded_by(python, checkout, "profile", "Junyang Lin", "--offline", "--format", form)
    assert "citetrack" in loaded
    assert not loaded & {"requests", "urllib3", "pandas", "numpy", "scholarly", "selenium"}


def test_version_loads_neither_rich_nor_bibtexparser(python: Python, checkout: Path) -> None:
    """`--version` answers with hardly more than the interpreter."""
    loaded = loaded_by(python, checkout, "--version")
    assert not loaded & {"rich", "bibtexparser", "pylatexenc", "requests", "pandas", "scholarly"}


def test_importing_the_package_loads_nothing_of_it(python: Python) -> None:
    """`import citetrack` is free: public names are resolved when they are first used."""
    done = python("-c", "import sys, citetrack; print(*sys.modules)", measured=False)
    assert done.returncode == 0, done.stderr
    ours = {name for name in done.stdout.split() if name.startswith("citetrack")}
    assert ours <= {"citetrack", "citetrack._version"}


def test_both_ways_to_start_are_the_same_program(python: Python, checkout: Path) -> None:
    """`python cli.py` and `python -m citetrack` give the same bytes."""
    script = python("cli.py", "profile", "Junyang Lin", "--offline")
    module = python("-m", "citetrack", "profile", "Junyang Lin", "--offline", env={"CITETRACK_DATA": str(checkout / "bib")})
    assert script.returncode == module.returncode == 0, script.stderr + module.stderr
    assert script.stdout == module.stdout
    assert "Junyang Lin" in script.stdout


def test_the_bundled_data_is_found_from_any_directory(python: Python, checkout: Path, tmp_path: Path) -> None:
    """`python …/cli.py` takes the bib/ beside it, wherever it is run."""
    done = python(checkout / "cli.py", "profile", "Junyang Lin", "--offline", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Junyang Lin" in done.stdout


def test_before_anything_is_installed_one_line_says_what_mends_it(python: Python, checkout: Path, tmp_path: Path) -> None:
    """`python cli.py` without the libraries ends with exit 1 and one line on stderr: a command, no traceback."""
    done = python("-S", checkout / "cli.py", "profile", "Junyang Lin", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "not installed" in done.stderr
    assert "pip" in done.stderr
    assert "install -q -e" in done.stderr


def test_an_old_python_can_read_the_line_it_is_told(checkout: Path) -> None:
    """cli.py parses as the oldest Python that this one can imitate, and is told so before anything newer is touched."""
    source = (checkout / "cli.py").read_text(encoding="ascii")
    tree = ast.parse(source, feature_version=(3, 7))
    outside = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {alias.name for node in outside for alias in node.names} == {"os", "sys"}
    assert not any(isinstance(node, ast.JoinedStr | ast.AnnAssign) for node in ast.walk(tree))


def test_a_module_missing_inside_citetrack_is_not_blamed_on_the_installation(
    python: Python, checkout: Path, tmp_path: Path
) -> None:
    """A fault of ours shows itself as one, rather than as advice to install what is installed."""
    (tmp_path / "cli.py").write_text((checkout / "cli.py").read_text(encoding="utf-8"), encoding="utf-8")
    package = tmp_path / "src" / "citetrack"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    done = python("-I", tmp_path / "cli.py", "--version", measured=False)
    assert done.returncode == 1
    assert "No module named 'citetrack.cli'" in done.stderr
    assert "pip" not in done.stderr.splitlines()[-1]


def test_main_can_be_called_twice(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command line keeps nothing between two calls in one process."""
    from citetrack.cli import main

    arguments = ["profile", "Junyang Lin", "--offline", "--format", "json"]
    assert main(arguments, checkout=checkout) == 0
    first = capsys.readouterr().out
    assert main(arguments, checkout=checkout) == 0
    assert capsys.readouterr().out == first
