"""Reading BibTeX, against bibtexparser and against size: `python -m benchmarks.reading`, from a checkout.

The first table: real files, names split and LaTeX decoded, by citetrack and by bibtexparser with its own LatexDecodingMiddleware,
SeparateCoAuthors and SplitNameParts; the two take turns, the figures are medians. The second: the same files repeated to a size, each
read in a process of its own; memory is the peak of that process beyond what it held before reading, over the size of the file.

The corpus is the folder `bib` of the real data (`CITETRACK_SHARED_DATA`, else `../shared/data`), else the example's own `.bib`.
"""

import argparse
import logging
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOAL_RATIO = 10
GOAL_MEMORY = 10
GOAL_FLAT = 1.5
LARGEST_FILE = 200_000
MOST_FILES = 250
PEAK = re.compile(r"VmHWM:\s*(\d+) kB")


def corpus() -> list[str]:
    """The texts to read: real files where the machine has them, else the example."""
    shared = Path(os.environ.get("CITETRACK_SHARED_DATA") or ROOT.parent / "shared" / "data") / "bib"
    paths = sorted(path for path in shared.glob("*/*") if path.name != "MANIFEST.tsv" and path.stat().st_size < LARGEST_FILE)
    paths = paths[:: max(1, len(paths) // MOST_FILES)] or sorted((ROOT / "bib").glob("*.bib"))
    return [path.read_bytes().decode("utf-8", "replace") for path in paths]


def by_citetrack(path: Path) -> int:
    """The number of records."""
    from citetrack.records import bibtex

    return len(bibtex.read(path))


def by_bibtexparser(path: Path) -> int:
    """The number of entries."""
    from bibtexparser import middlewares
    from bibtexparser.entrypoint import parse_string

    layers = [middlewares.LatexDecodingMiddleware(), middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    return len(parse_string(path.read_text(encoding="utf-8"), append_middleware=layers).entries)


def timed(read: Callable[[Path], int], path: Path) -> tuple[float, int]:
    """Seconds, and what was read."""
    start = time.perf_counter()
    count = read(path)
    return time.perf_counter() - start, count


def comparison(path: Path, rounds: int) -> tuple[str, float]:
    """The first table, and how many times faster citetrack is."""
    logging.disable(logging.CRITICAL)  # bibtexparser logs each broken entry of the corpus
    turns = [(timed(by_citetrack, path), timed(by_bibtexparser, path)) for _ in range(rounds + 1)][1:]
    ours, theirs = (statistics.median(turn[side][0] for turn in turns) for side in (0, 1))
    megabytes = path.stat().st_size / 1e6
    rows = [("citetrack", ours, turns[0][0][1]), ("bibtexparser and its middlewares", theirs, turns[0][1][1])]
    lines = [
        f"| {name} | {count:,} | {seconds:.2f} s | {megabytes / seconds:.2f} MB/s | {theirs / seconds:.1f}× |"
        for name, seconds, count in rows
    ]
    head = [f"| {megabytes:.1f} MB of real files | entries | median | speed | ratio |", "|---|--:|--:|--:|--:|"]
    return "\n".join([*head, *lines]), theirs / ours


def repeated(texts: list[str], megabytes: int, folder: Path) -> Path:
    """A file of the texts, over and over, up to a size."""

    def pieces() -> Iterator[bytes]:
        left = megabytes * 1_000_000
        while left > 0:
            for text in texts:
                piece = text.encode()[:left] + b"\n\n"
                left -= len(piece)
                yield piece
                if left <= 0:
                    return

    path = folder / f"{megabytes}.bib"
    with path.open("wb") as file:
        file.writelines(pieces())
    return path


def peak() -> int:
    """The most bytes that this process has held; where the system tells only of the process tree, of that."""
    status = Path("/proc/self/status")
    found = PEAK.search(status.read_text()) if status.exists() else None
    return (
        int(found[1]) * 1024
        if found
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    )


def in_this_process(path: Path) -> None:
    """Read a file and print seconds and bytes: what a process of its own is started for."""
    from citetrack.records import bibtex

    bibtex.read_text("@misc{warm, title = {$x$}}")
    before = peak()
    seconds, records = timed(lambda file: len(bibtex.read(file)), path)
    print(seconds, peak() - before, records)


def growth(texts: list[str], sizes: list[int], folder: Path) -> tuple[str, float, float]:
    """The second table, how much slower a megabyte of the largest file is than one of the smallest, and the most memory."""
    lines = ["| size | records | time per MB | memory / size |", "|--:|--:|--:|--:|"]
    per_megabyte, memory = [], []
    for size in sizes:
        path = repeated(texts, size, folder)
        command = [sys.executable, "-m", "benchmarks.reading", "--one", str(path)]
        seconds, held, records = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split()
        per_megabyte.append(float(seconds) / size)
        memory.append(int(held) / path.stat().st_size)
        lines.append(f"| {size} MB | {int(records):,} | {per_megabyte[-1]:.3f} s | {memory[-1]:.1f}× |")
        path.unlink()
    return "\n".join(lines), per_megabyte[-1] / per_megabyte[0], max(memory)


def main() -> int:
    """Print both tables; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds against bibtexparser (default 3)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[2, 20, 200], help="sizes in MB (default 2 20 200)")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        in_this_process(options.one)
        return 0
    texts = corpus()
    with tempfile.TemporaryDirectory() as name:
        sample = Path(name) / "sample.bib"
        sample.write_text("\n\n".join(texts), encoding="utf-8")
        table, ratio = comparison(sample, options.rounds)
        print(f"{table}\n")
        table, slower, memory = growth(texts, options.sizes, Path(name))
        print(table)
    return int(ratio < GOAL_RATIO or slower > GOAL_FLAT or memory > GOAL_MEMORY)


if __name__ == "__main__":
    raise SystemExit(main())
