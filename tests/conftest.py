"""What the tests share: the folder of real data, where a machine has it; an environment of their own; citetrack as a process; a server on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from serving import NOW, Exchange, Exchanges, Served

if TYPE_CHECKING:
    from citetrack.http import Http
    from citetrack.sources import Source

ROOT = Path(__file__).resolve().parent.parent

# No timing assertions: a busy machine may be slow. In CI the examples are the same in every run.
settings.register_profile(
    "citetrack", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("citetrack")


# What makes a child process measure its own coverage, where a run measures it.
MEASURING = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_PROCESS_")}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings and corpora: `CITETRACK_SHARED_DATA`, else `../shared/data` beside the checkout."""
    folder = Path(os.environ.get("CITETRACK_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("skipped: shared data absent")
    return folder


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session", autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads what the user has set up or keeps at home: no `CITETRACK_*`, no colour, a home of the tests' own.

    Nor does a child process load more than it asks for, unless it is started by the fixture `python`.
    """
    home = tmp_path_factory.mktemp("home")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job in the background; its children could not be interrupted
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CITETRACK_") and name != "CITETRACK_SHARED_DATA"]:
            patch.delenv(name)
        for name in (*MEASURING, "NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONWARNINGS"):
            patch.delenv(name, raising=False)
        for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
            patch.setenv(name, str(home))
        for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(home / name))
        yield home


Process = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def python() -> Callable[..., Process]:
    """`python(*words, env={…}, cwd=…, input=…)` runs this interpreter as a process of its own and gives what it printed.

    Its coverage is measured where the run's is; `measured=False` where it matters that nothing else is loaded.
    """

    def run(
        *words: str | Path, env: Mapping[str, str] | None = None, cwd: Path = ROOT, input: str = "", measured: bool = True
    ) -> Process:
        return subprocess.run(
            [sys.executable, *map(str, words)],
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **(MEASURING if measured else {}), "PYTHONIOENCODING": "utf-8", **(env or {})},
            cwd=cwd,
            input=input,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def exchange() -> type[Exchange]:
    """The class `Exchange`."""
    return Exchange


@pytest.fixture
def serve() -> Iterator[Callable[[Exchanges], Served]]:
    """`serve(exchanges)` starts a server on loopback that answers with them until the test ends."""
    open_servers: list[Served] = []

    def start(exchanges: Exchanges = ()) -> Served:
        open_servers.append(Served(exchanges))
        return open_servers[-1]

    yield start
    for served in open_servers:
        served.close()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Callable[..., Http]]:
    """`door(source, base_url, **options)` is the `Http` of a source's module at that address: no pace, no waiting, a clock that stands still.

    Each has a cache of its own below `tmp_path`; `cache=` another folder, or None. The other options are those of `http.Http`
    (`wait=waits.append`, `offline=True` …) and the fields of `http.Access` (`secret="…"`, `pace=Pace(…)`).
    """
    from citetrack import http

    opened: list[Http] = []

    def open_door(source: Source, base_url: str, **options: Any) -> Http:
        access = {
            "source": source.__name__.rpartition(".")[2],
            "base": base_url,
            "pace": None,
            "hosts": source.HOSTS,
            "key": source.KEY,
            "contact_parameter": source.CONTACT,
            "budget": getattr(source, "budget", None),
            "refusal": getattr(source, "refusal", None),
            "advice": getattr(source, "ADVICE", ""),
        }
        access |= {name: options.pop(name) for name in http.Access._fields if name in options}
        given = {"cache": tmp_path / "answers" / str(len(opened)), "now": lambda: NOW, "wait": lambda seconds: None} | options
        if isinstance(given["cache"], Path):
            given["cache"] = http.Cache(given["cache"], given["now"])
        opened.append(http.Http(http.Access(**access), **given))
        return opened[-1]

    yield open_door
    for one in opened:
        one.close()


@pytest.fixture
def recorded(shared_data: Path) -> Callable[..., list[Exchange]]:
    """`recorded(source, *files)`: the real answers in these files (all of the source's without any), as exchanges to serve.

    Paths are relative to the source's `BASE`; what was recorded elsewhere is left out. An answer is given to a request for the same item: same
    path, ids, filters, cursor. Selected fields, page size, identification, and an order that only one of both names are ignored; an offset
    of 0 is none. A batch that was recorded answers for any of its ids, item by item.
    """

    def read(source: str, *files: str) -> list[Exchange]:
        import recordings

        from citetrack.sources import load

        folder = shared_data / "recordings" / source
        known = sorted(path.name for path in folder.glob("*") if path.is_file())
        if unknown := [name for name in files if name not in known]:
            pytest.fail(f"no such recordings of {source}: {', '.join(unknown)}; there are: {', '.join(known) or 'none'}")
        base = load(source).BASE
        return [exchange for name in files or known for exchange in recordings.exchanges(folder / name, base, strict=bool(files))]

    return read
