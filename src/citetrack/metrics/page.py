"""The page `docs/metrics.md`, written from the registry: ``python -m citetrack.metrics``."""

from __future__ import annotations

import re
from typing import Final

from citetrack.metrics.registry import METRICS, Metric

_INTRODUCTION: Final = """\
# Metrics

Every metric that citetrack computes: its definition, its unit, the convention where papers differ, an example that runs as a test. This
page is written by `python -m citetrack.metrics` from the definitions themselves; change those, not this page.

## What a figure says

A count may be exact, bounded ("over 42,000") or unknown, so a metric is a figure: `low` and `high`, and a `value` only where the two meet.
A `high` of `null` is unbounded. How the two are found depends on the metric:

- **rises: yes** – it never falls when a count rises. The least counts give its `low`, the greatest counts its `high`, and both can happen:
  the interval is `exact`.
- **rises: no** – one more citation may lower it, because h rises with it. `low` and `high` enclose everything that can happen, and perhaps
  a little more: the interval is marked `bounds`. With exact counts the two meet and the figure is `exact`.

A number that is undefined (the mean of no works) or cannot be had (an age without a date) has the value `null`, the bounds 0 and `null`.
A work without a count stays in every metric, as anything from 0 up. A work that lacks what a metric needs, a year say, is left out of it
and counted in `excluded`. Ages follow Publish or Perish: `max(1, year of as_of - year)`.
"""

_HEADING = re.compile(r"^(\w+)\n-+\n", re.MULTILINE)
_EXAMPLE = re.compile(r"^>>> .*(?:\n.+)*", re.MULTILINE)


def metrics_page() -> str:
    """The whole page, in Markdown, ending in one newline."""
    return "\n".join([_INTRODUCTION, _table(), *map(_section, METRICS.values())])


def sections(doc: str) -> dict[str, str]:
    r"""The parts of a metric's docstring in their order, what stands before the first heading under an empty name.

    >>> sections("A number.\n\nReturns\n-------\nint\n    Works.")
    {'': 'A number.', 'Returns': 'int\n    Works.'}
    """
    first, *rest = _HEADING.split(doc)
    return {"": first.strip()} | {name: text.strip() for name, text in zip(rest[::2], rest[1::2], strict=True)}


def _table() -> str:
    rows = (
        f"| [`{each.name}`](#{each.name}) | {each.unit} | {'yes' if each.rises else 'no'} | {each.convention or ''} |"
        for each in METRICS.values()
    )
    return "\n".join(["| metric | unit | rises | convention |", "| --- | --- | --- | --- |", *rows, ""])


def _section(metric: Metric) -> str:
    parts = sections(metric.doc)
    kind, _, meaning = parts["Returns"].partition("\n")
    needs = ", ".join(f"`{name}`" for name in metric.needs)
    return "\n\n".join(
        [
            f"## {metric.name}",
            parts[""],
            f"Returns `{kind}`: {meaning.strip()}",
            _EXAMPLE.sub(lambda found: f"```python\n{found.group()}\n```", parts["Examples"]),
            f"Needs {needs}. Defined in {_link(metric.paper)}.",
            parts["References"] + "\n",
        ]
    )


def _link(paper: str) -> str:
    if paper.startswith("doi:"):
        return f"[{paper}](https://doi.org/{paper.removeprefix('doi:')})"
    return f"<{paper}>" if paper.startswith("https:") else paper
