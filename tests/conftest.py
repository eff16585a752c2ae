"""What the tests share: the folder of real data, where a machine has it; an environment of their own; citetrack as a process."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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
