"""citetrack: citation and publication analytics in which every number traces to its source, date and record.

>>> import citetrack
>>> citetrack.metrics.evaluate(citations=[10, 8, 5, 4, 3])["h_index"].value
4

Public names are resolved when first used: importing the package reads no file and imports no library.
"""

from typing import TYPE_CHECKING, Any

from citetrack._version import __version__

if TYPE_CHECKING:
    from citetrack import errors, metrics
    from citetrack.app import find, profile, read, read_bib, update
    from citetrack.metrics import Figure
    from citetrack.profiles.profile import Profile
    from citetrack.records.model import Candidate, Observation, Outcome, Record, Records, Snapshot
    from citetrack.works.resolve import Work, resolve

_HOMES = {
    "Candidate": "citetrack.records.model",
    "Figure": "citetrack.metrics",
    "Observation": "citetrack.records.model",
    "Outcome": "citetrack.records.model",
    "Profile": "citetrack.profiles.profile",
    "Record": "citetrack.records.model",
    "Records": "citetrack.records.model",
    "Snapshot": "citetrack.records.model",
    "Work": "citetrack.works.resolve",
    "find": "citetrack.app",
    "profile": "citetrack.app",
    "read": "citetrack.app",
    "read_bib": "citetrack.app",
    "resolve": "citetrack.works.resolve",
    "update": "citetrack.app",
}
_MODULES = {"errors": "citetrack.errors", "metrics": "citetrack.metrics"}

__all__ = [
    "Candidate",
    "Figure",
    "Observation",
    "Outcome",
    "Profile",
    "Record",
    "Records",
    "Snapshot",
    "Work",
    "__version__",
    "errors",
    "find",
    "metrics",
    "profile",
    "read",
    "read_bib",
    "resolve",
    "update",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in _HOMES:
        found = getattr(import_module(_HOMES[name]), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
