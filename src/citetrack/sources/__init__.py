"""The sources: one module each, found by presence. What a module of this folder holds is said in CONTRIBUTING.md."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from citetrack.http import Http, Key, Pace
    from citetrack.records.model import Candidate, Question, Said


class Source(Protocol):
    """What every module here offers; `find`, `budget`, `refusal` and `ADVICE` only where the service does."""

    __name__: str
    BASE: str
    HOSTS: tuple[str, ...]
    IDS: tuple[str, ...]
    PACE: Pace
    KEY: Key | None
    CONTACT: str
    ANONYMOUS: str
    PROVEN: str

    @staticmethod
    def fetch(question: Question, http: Http) -> Iterator[Said]: ...


def names() -> tuple[str, ...]:
    """The names of all sources, in alphabetical order; nothing of them is imported."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> Source:
    """The module of the source."""
    return cast("Source", importlib.import_module(f"{__name__}.{name}"))


def finder(source: Source) -> Callable[[str, Http], Iterator[Candidate]] | None:
    """The source's search for people by name, where it offers one."""
    return getattr(source, "find", None)
