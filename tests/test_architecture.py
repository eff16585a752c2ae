"""The plan of the house (docs/architecture.md), guarded by pytest alone. Each contract is broken once on purpose."""

import ast
import inspect
import os
import pkgutil
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import citetrack

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

# contract -> (module to spoil, line to add to it); a module that does not exist yet is created.
OFFENCES = {
    "floors": [
        ("citetrack/errors.py", "import citetrack.app"),
        ("citetrack/metrics/hirsch.py", "import citetrack.records.ids"),
        ("citetrack/records/ids.py", "import citetrack.metrics.hirsch"),
        ("citetrack/newcomer.py", ""),
    ],
    "app": [("citetrack/app/lists.py", "import citetrack.app.asking"), ("citetrack/app/newcomer.py", "")],
    "records": [
        ("citetrack/records/text.py", "import citetrack.records.model"),
        ("citetrack/records/bibtex/__init__.py", "import citetrack.records.formats"),
        ("citetrack/records/newcomer.py", ""),
    ],
    "works": [("citetrack/works/newcomer.py", "")],
    "profiles": [
        ("citetrack/profiles/counts.py", "import citetrack.profiles.profile"),
        ("citetrack/profiles/newcomer.py", ""),
    ],
    "views": [("citetrack/views/words.py", "import citetrack.views.tables"), ("citetrack/views/newcomer.py", "")],
    "store": [("citetrack/store/newcomer.py", "")],
    "pure": [
        ("citetrack/profiles/__init__.py", "import rich.table"),
        ("citetrack/records/ids.py", "def connect():\n    import sqlite3"),
        ("citetrack/metrics/totals.py", "import http.client"),
    ],
    "bibtexparser": [("citetrack/records/formats/__init__.py", "import bibtexparser.model")],
    "pandas": [("citetrack/views/tables.py", "import pandas")],
    "platformdirs": [("citetrack/app/__init__.py", "import platformdirs")],
    "pylatexenc": [("citetrack/records/names.py", "def decode():\n    import pylatexenc.latex2text")],
    "rich": [("citetrack/cli.py", "import rich.progress")],
    "rispy": [("citetrack/app/__init__.py", "import rispy")],
    "sources": [("citetrack/sources/arxiv.py", "import citetrack.sources.dblp")],
    "asking": [
        ("citetrack/sources/arxiv.py", "from citetrack import config"),
        ("citetrack/fetching.py", "def keep():\n    import citetrack.store"),
    ],
    "network": [
        ("citetrack/sources/arxiv.py", "import urllib3"),
        ("citetrack/app/__init__.py", "def fetch():\n    import requests"),
        ("citetrack/fetching.py", "import tenacity"),
    ],
    "xml": [("citetrack/sources/arxiv.py", "import defusedxml.ElementTree")],
    "sqlite3": [("citetrack/app/__init__.py", "def look():\n    import sqlite3")],
    "html": [("citetrack/sources/arxiv.py", "import bs4")],
    "scholarly": [("citetrack/records/formats/scholarly.py", "def parse():\n    import scholarly")],
    "closed": [
        ("citetrack/sources/dblp.py", "import lxml.etree"),
        ("citetrack/http.py", "def fetch():\n    import httpx"),
        ("citetrack/app/__init__.py", "import duckdb"),
    ],
    "root": [("citetrack/cli.py", "from citetrack import profile")],
}


def lint(source: Path, root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The import contracts of `root`'s pyproject.toml, held against the package under `source`."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--no-logo", *options, str(root / "pyproject.toml")],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(source), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )


def test_every_contract_is_kept(checkout: Path) -> None:
    """Nobody imports what stands above them, the core is pure, and each outside thing has its one door."""
    done = lint(checkout / "src", checkout)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_has_an_offence_that_breaks_it(checkout: Path) -> None:
    """A contract that joins pyproject.toml is broken on purpose here, or this fails."""
    settings = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    assert {contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]} == set(OFFENCES)


@pytest.mark.parametrize(
    ("contract", "module", "line"), [(contract, *offence) for contract, offences in OFFENCES.items() for offence in offences]
)
def test_an_offence_breaks_its_contract(checkout: Path, tmp_path: Path, contract: str, module: str, line: str) -> None:
    """The contract fails for the very import it forbids, so that "kept" means something."""
    shutil.copytree(checkout / "src" / "citetrack", tmp_path / "citetrack", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = lint(tmp_path, checkout, "--contract", contract)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Contracts: 0 kept, 1 broken" in done.stdout, done.stdout + done.stderr


def test_no_module_bears_the_name_of_a_public_function() -> None:
    """`citetrack.profile` is always the function: no module beside the root can replace it when it is imported."""
    functions = {name for name in citetrack.__all__ if inspect.isfunction(getattr(citetrack, name))}
    modules = {module.name for module in pkgutil.iter_modules(citetrack.__path__)}
    assert "profile" in functions
    assert not functions & modules


def test_no_module_is_a_drawer_for_odds_and_ends(checkout: Path) -> None:
    """Every module is named for what it holds."""
    names = {path.stem for path in (checkout / "src" / "citetrack").rglob("*.py")}
    assert not names & {"utils", "util", "helpers", "helper", "common", "misc", "base"}


def test_every_test_says_which_promise_it_keeps(checkout: Path) -> None:
    """A failing test is read by its docstring, so each has one."""
    silent = [
        f"{path.relative_to(checkout)}:{node.lineno}: {node.name}"
        for path in sorted((checkout / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert not silent


def test_the_pure_core_starts_without_the_world(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Importing every module of the core loads no library that talks to a network, a database or a screen, and no pandas."""
    done = python(
        "-c",
        "import importlib, pkgutil, sys\n"
        "for room in ('records', 'works', 'metrics', 'profiles'):\n"
        "    package = importlib.import_module(f'citetrack.{room}')\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))",
        measured=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "citetrack" in loaded
    assert not loaded & {"requests", "urllib3", "sqlite3", "duckdb", "scholarly", "rich", "pandas", "numpy", "matplotlib"}
