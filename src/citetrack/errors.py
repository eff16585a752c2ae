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


class SourceError(CitetrackError):
    """A source that was asked and did not give what it should; the run of that source is failed or partial, the others go on."""


class NotFound(SourceError):
    """The source knows no such id or address (404, 410)."""


class Refused(SourceError):
    """The source will not answer: no key, a wrong key, a block, a CAPTCHA (401, 403). Asking again does not help."""


class RateLimited(SourceError):
    """Asked too fast, and still so after waiting as long as is sensible (429)."""


class BudgetSpent(SourceError):
    """The allowance of the day or the month is used up; the message says when it is renewed, where the source does."""


class Unavailable(SourceError):
    """No connection, a timeout, or a fault of the source's own (5xx), after the retries that could have helped."""


class BadAnswer(SourceError):
    """An answer that is cut off, empty, too large, or not of the format the source documents."""


class Stopped(SourceError):
    """Interrupted before the answer was there."""


class StoreError(CitetrackError):
    """The store of runs is damaged, locked, or cannot be written."""

    exit_code: ClassVar[int] = 4


class StoreDamaged(StoreError):
    """The file is no database any more, or holds something else than what was written: trying again does not help."""
