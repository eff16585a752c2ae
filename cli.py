"""Runs citetrack from a checkout: `python cli.py profile "Junyang Lin"`.

Before anything is installed it says the one command that mends it. Nothing here may need a current Python, not even to be
parsed: an old one must get its line, not a traceback.
"""

import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))


def stop(message):
    """End with one line on stderr and exit code 1."""
    sys.stderr.write("citetrack: " + message + "\n")
    sys.exit(1)


def quoted(*words):
    """The words as one command line of this platform's shell."""
    import shlex
    import subprocess

    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def remedy():
    """The one command that installs what is missing; outside a virtual environment it makes one, then runs what was asked."""
    if sys.prefix != sys.base_prefix:
        return quoted(sys.executable, "-m", "pip", "install", "-q", "-e", ROOT)
    tools = os.path.join(".venv", "Scripts" if os.name == "nt" else "bin")
    steps = (
        ("cd", ROOT),
        (sys.executable, "-m", "venv", ".venv"),
        (os.path.join(tools, "pip"), "install", "-q", "-e", "."),
        (os.path.join(tools, "python"), "cli.py") + tuple(sys.argv[1:]),
    )
    return " && ".join(quoted(*step) for step in steps)


def run():
    """Hand over to citetrack.cli, with this checkout's bib/ as the data folder."""
    sys.path.insert(0, os.path.join(ROOT, "src"))
    try:
        from pathlib import Path

        from citetrack.cli import main

        return main(checkout=Path(ROOT))
    except ModuleNotFoundError as missing:
        name = (missing.name or "citetrack").split(".")[0]
        if name == "citetrack" or name in sys.stdlib_module_names:
            raise  # a fault of ours or of this Python, not of the installation
        stop("%s is not installed for this Python; to mend it: %s" % (name, remedy()))


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        stop("Python 3.11 or newer is needed; this is Python %d.%d (%s)" % (sys.version_info[:2] + (sys.executable,)))
    sys.exit(run())
