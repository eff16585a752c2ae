"""Every error citetrack raises on purpose, on one page, with the exit code of the command line on each class.

A message is one line that says what is wrong, where, and what to do. `app` and `cli` show it as it stands; nothing else of the
error reaches a user (``--debug`` shows the traceback).
"""

from typing import ClassVar


class CitetrackError(Exception):
    """Anything that citetrack itself reports; its message is ready to be shown."""

    exit_code: ClassVar[int] = 1


class InputError(CitetrackError):
    """An input that is missing, empty or cannot be read at all."""


class OutputError(CitetrackError):
    """A result that cannot be written where the user asked for it."""


class Malformed(CitetrackError):
    """A field of foreign data that does not hold what it must; readers turn it into a `Problem` of that one record."""


class UsageError(CitetrackError):
    """Wrong usage: a bad option, an unknown or ambiguous WHO, a source that states nothing."""

    exit_code: ClassVar[int] = 2


class ConfigError(UsageError):
    """A configuration file (`people.toml`, `citetrack.toml`) that cannot be understood."""
