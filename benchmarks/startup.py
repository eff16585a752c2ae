"""Start-up of whole processes against a bare interpreter: `python -m benchmarks.startup`, from a checkout.

All commands take turns, so that a busy machine slows each alike; the figures are medians, the ratios those of the medians.
Python keeps what it has compiled, as it does for a user; under PYTHONDONTWRITEBYTECODE a checkout is compiled anew in every run.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BARE = "python -c pass"
COMMANDS = {
    BARE: ["-c", "pass"],
    "citetrack --version": ["cli.py", "--version"],
    "offline profile of Junyang Lin": ["cli.py", "profile", "Junyang Lin", "--offline"],
    "for comparison: import rich, bibtexparser, tomllib, json": ["-c", "import rich.table, bibtexparser, tomllib, json"],
    "for comparison: import requests": ["-c", "import requests"],
    "for comparison: import pandas": ["-c", "import pandas"],
}
GOALS = {"citetrack --version": 4, "offline profile of Junyang Lin": 15}


def seconds(arguments: list[str]) -> float:
    """The wall-clock seconds of one process of this interpreter, from the checkout's root; raises where it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["CITETRACK_DATA"] = str(ROOT / "bib")
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, check=True)
    return time.perf_counter() - start


def measure(rounds: int) -> dict[str, float]:
    """The median seconds of each command over `rounds` interleaved rounds; one round before them warms the file cache."""
    taken = [{name: seconds(arguments) for name, arguments in COMMANDS.items()} for _ in range(rounds + 1)][1:]
    return {name: statistics.median(turn[name] for turn in taken) for name in COMMANDS}


def table(median: dict[str, float]) -> str:
    """The medians as a Markdown table, each beside its ratio to the bare interpreter and its goal."""
    rows = [
        f"| {name} | {1000 * value:.0f} ms | {value / median[BARE]:.1f}× | {f'≤ {GOALS[name]}×' if name in GOALS else ''} |"
        for name, value in median.items()
    ]
    return "\n".join(["| process | median | ratio | goal |", "|---|--:|--:|--:|", *rows])


def main() -> int:
    """Print the table; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="interleaved rounds (default 15)")
    median = measure(parser.parse_args().rounds)
    print(table(median))
    return int(any(median[name] > goal * median[BARE] for name, goal in GOALS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
