"""`python -m citetrack`: the same program as the command `citetrack`."""

from citetrack.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
