"""The built wheel: what it holds, and that it works where there is no checkout."""

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

Python = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(python: Python, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution and that from the checkout, without the network."""
    pytest.importorskip("hatchling", reason="the build backend is not installed")
    pytest.importorskip("pip", reason="pip is not installed")
    dist = tmp_path_factory.mktemp("dist")
    done = python("-m", "hatchling", "build", "-t", "sdist", "-d", dist, cwd=checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    (archive,) = dist.glob("*.tar.gz")
    done = python("-m", "pip", "wheel", "-q", "--no-deps", "--no-index", "--no-build-isolation", "-w", dist, archive)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(python: Python, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the installed wheel; the libraries come from this environment."""
    site = tmp_path_factory.mktemp("site")
    done = python("-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-compile", "--target", site, wheel)
    assert done.returncode == 0, done.stdout + done.stderr
    return site


def run(installed: Path, cwd: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """The words as a process that sees the installed wheel before the checkout, and no data folder of anybody's."""
    home = cwd / "home"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CITETRACK_", "COVERAGE_", "XDG_"))}
    return subprocess.run(
        list(map(str, words)),
        capture_output=True,
        encoding="utf-8",
        env={**kept, "PYTHONPATH": str(installed), "HOME": str(home), "USERPROFILE": str(home), "PYTHONIOENCODING": "utf-8"},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def entry_point(installed: Path) -> Path:
    """The console command that pip made."""
    (command,) = [
        *installed.glob("bin/citetrack"),
        *installed.glob("Scripts/citetrack.exe"),
        *installed.glob("bin/citetrack.exe"),
    ]
    return command


def test_the_wheel_holds_every_module_the_types_and_the_example(wheel: Path, checkout: Path) -> None:
    """Each source file, `py.typed` and the whole bib/ folder travel in the wheel, and nothing else does."""
    source = checkout / "src"
    wanted = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.suffix in {".py", ".typed"}}
    wanted |= {f"citetrack/example/{path.relative_to(checkout / 'bib').as_posix()}" for path in (checkout / "bib").rglob("*.*")}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {"citetrack/py.typed", "citetrack/example/people.toml", "citetrack/example/junyang-lin.bib"} <= wanted
    assert held == wanted


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    """Licence, Python, entry point and the four libraries that are always there stand in the metadata."""
    archive = zipfile.ZipFile(wheel)
    (folder,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
    metadata = archive.read(f"{folder}/METADATA").decode()
    assert "License-Expression: MIT" in metadata
    assert "Requires-Python: >=3.11" in metadata
    for library in ("bibtexparser>=2", "pandas", "requests", "scholarly"):
        assert f"Requires-Dist: {library}" in metadata
    assert "citetrack = citetrack.cli:main" in archive.read(f"{folder}/entry_points.txt").decode()
    assert f"{folder}/licenses/LICENSE" in archive.namelist()


def test_the_source_distribution_carries_what_its_tests_need(wheel: Path) -> None:
    """Whoever packages citetrack for a distribution can run its tests from the archive."""
    (archive,) = wheel.parent.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = {name.split("/", 1)[1] for name in packed.getnames() if "/" in name}
    assert {"pyproject.toml", "cli.py", "LICENSE", "README.md", "bib/people.toml", "tests/conftest.py"} <= names
    assert not [name for name in names if name.startswith((".venv", ".git/"))]


def test_the_three_ways_to_start_are_there(installed: Path, tmp_path: Path) -> None:
    """`citetrack`, `python -m citetrack` and `import citetrack` are the wheel's, and agree on the version."""
    command = run(installed, tmp_path, entry_point(installed), "--version")
    module = run(installed, tmp_path, sys.executable, "-m", "citetrack", "--version")
    library = run(installed, tmp_path, sys.executable, "-c", "import citetrack; print(citetrack.__version__, citetrack.__file__)")
    assert command.returncode == module.returncode == library.returncode == 0, command.stderr + module.stderr + library.stderr
    version, file = library.stdout.strip().split(" ", 1)
    assert Path(file).is_relative_to(installed)
    assert command.stdout == module.stdout
    assert version in command.stdout


def test_an_installed_profile_works_from_an_empty_directory(installed: Path, tmp_path: Path) -> None:
    """`citetrack profile "Junyang Lin"` takes the example that came with the package, and leaves nothing behind."""
    done = run(installed, tmp_path, entry_point(installed), "profile", "Junyang Lin")
    assert done.returncode == 0, done.stderr
    assert "Junyang Lin" in done.stdout
    assert "林俊旸" in done.stdout
    assert not list(tmp_path.rglob("*"))


def test_what_is_required_resolves_together(python: Python) -> None:
    """No library that citetrack needs, or that one of those needs, contradicts another by its metadata."""
    pytest.importorskip("pip", reason="pip is not installed")
    told = python("-m", "pip", "check").stdout
    needed = ("citetrack", "bibtexparser", "pandas", "platformdirs", "pylatexenc", "requests", "rich", "rispy", "scholarly")
    assert not [line for line in told.splitlines() if line.startswith(needed)]
