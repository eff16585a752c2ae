"""Every metric by its name: a pure function, with what a reader must know of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeVar, cast

from citetrack.metrics.interval import Number

Counts = Sequence[Number]
Bounds = Callable[[Counts, Counts], tuple[Number, Number] | None]
Function = TypeVar("Function", bound=Callable[..., Number | None])

PER_WORK: Final = ("years", "authors", "positions")  # a work that lacks one of these is left out of a metric that asks for it
INPUTS: Final = ("citations", *PER_WORK, "counted", "as_of")


class Metric(NamedTuple):
    """One registered metric.

    `needs` are the names of the parameters of `function`: among `INPUTS`. `paper` is where the definition stands: ``doi:…``, a URL,
    or ``citetrack`` for one of its own. `rises`: the metric never falls when a count rises, so that the least counts give its least
    value and the greatest counts its greatest. `grows`: it never falls when a work is added, whatever that work's numbers, so that a list
    which is not whole gives a lower bound. `bounds` encloses the value of a metric that may fall, given the columns of least and
    greatest counts. `core` says how many of the most cited works make the number, given the counts; `None`: all of them.
    """

    name: str
    function: Callable[..., Number | None]
    needs: tuple[str, ...]
    unit: str
    paper: str
    rises: bool
    grows: bool
    convention: str | None
    bounds: Bounds | None
    core: Callable[[Counts], int] | None

    @property
    def doc(self) -> str:
        """The docstring of the function, without its indentation."""
        return inspect.getdoc(self.function) or ""


METRICS: Final[dict[str, Metric]] = {}


def metric(
    *,
    unit: str,
    paper: str,
    rises: bool = False,
    grows: bool = False,
    convention: str | None = None,
    bounds: Bounds | None = None,
    core: Callable[[Counts], int] | Literal["itself"] | None = None,
) -> Callable[[Function], Function]:
    """Register a function under its own name and return it untouched.

    The function asks for what it needs by parameter name (`INPUTS`): `citations`, a list of counts, in which `math.inf` stands for
    one without an upper bound if the metric `rises`; `years`, `authors`, `positions`, lists as long as it; `counted`, whether
    anything is stated of each work; `as_of`, a year. Those lists hold no `None`. It returns a number, or `None` where it is undefined.
    A `core` of ``itself`` is as large as the metric says.
    """

    def register(function: Function) -> Function:
        name = function.__name__
        size = cast("Callable[[Counts], int]", function) if core == "itself" else core
        METRICS[name] = Metric(name, function, _needs(function), unit, paper, rises, grows, convention, bounds, size)
        return function

    if rises == (bounds is not None):
        raise TypeError("a metric either rises with every count or brings its bounds")
    return register


def _needs(function: Callable[..., Any]) -> tuple[str, ...]:
    needs = tuple(inspect.signature(function).parameters)
    if not needs or set(needs) - set(INPUTS):
        raise TypeError(f"{function.__name__} may ask for {', '.join(INPUTS)}; it asks for {', '.join(needs) or 'nothing'}")
    return needs
