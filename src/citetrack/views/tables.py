"""What a profile gives, serialised: JSON, CSV, Markdown."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from typing import TYPE_CHECKING, Any, Final

from citetrack.profiles.profile import COLUMNS
from citetrack.records.text import without_controls
from citetrack.views import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from citetrack.metrics import Figure
    from citetrack.profiles.profile import Profile

_FORMULA: Final = ("=", "+", "-", "@", "\t")
"""What a spreadsheet takes for the start of a formula."""


def as_json(document: Mapping[str, Any]) -> str:
    """A document as JSON, one key a line, in UTF-8 letters, ending in a newline."""
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV (RFC 4180, but for lines that end in a line feed alone); a text that a spreadsheet would take for a formula gets a leading ``'``."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(row[column]) for column in columns] for row in rows)
    return out.getvalue()


def _csv_cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def profile_csv(profile: Profile) -> str:
    """One row for each work, in the order of the ranking."""
    return as_csv(COLUMNS, profile.rows())


def metrics_json(figures: Mapping[str, Figure]) -> str:
    """The document ``citetrack/metrics/1``."""
    return as_json({"schema": "citetrack/metrics/1", "metrics": {name: figure.to_dict() for name, figure in figures.items()}})


def metrics_csv(figures: Mapping[str, Figure]) -> str:
    """One row for each metric."""
    columns = ("metric", "value", "low", "high", "unit", "convention", "excluded")
    return as_csv(columns, ({"metric": name} | figure.to_dict() for name, figure in figures.items()))


def metrics_md(figures: Mapping[str, Figure]) -> str:
    """A table with one line for each metric."""
    rows = [(name, str(figure), figure.unit, figure.convention or "") for name, figure in figures.items()]
    return markdown_table(("metric", "value", "unit", "convention"), rows, right=(1,))


def profile_md(profile: Profile, top: int) -> str:
    """The printed profile as Markdown: what each source counts, the works, what stands beside them, and the cautions."""
    parts = [_md_head(profile), _md_sources(profile), _md_metrics(profile), _md_works(profile, top)]
    parts += [_md_artifacts(profile), _md_cautions(profile)]
    return "\n".join(part for part in parts if part)


def _md_head(profile: Profile) -> str:
    person = profile.person
    known_as = " ".join(words.other_scripts(person))
    title = " ".join(part for part in (person.name or "A list of works", known_as) if part)
    facts = [words.works_and_years(profile), words.as_of(profile), *words.ids_of(person)]
    return f"# {escape(title)}\n\n{escape(' · '.join(fact for fact in facts if fact))}\n"


def _md_sources(profile: Profile) -> str:
    rows = [words.source_row(row) for row in profile.by_source]
    return markdown_table(words.SOURCE_COLUMNS, rows, right=(1, 2, 3, 4)) + f"\n{words.span(profile)}\n" if rows else ""


def _md_metrics(profile: Profile) -> str:
    if profile.counts is None:
        return ""
    return f"Metrics by {escape(words.policy(profile.counts))}: {escape(', '.join(words.headline_metrics(profile)))}\n"


def _md_works(profile: Profile, top: int) -> str:
    shown = profile.works[:top] if top else profile.works
    rows = [(*words.work_row(row, profile.person), words.counted(row)) for row in shown]
    table = markdown_table((*words.WORK_COLUMNS, words.COUNTED_COLUMN), rows, right=(0, 1, 4))
    return f"{table}{_more(len(profile.works) - len(shown))}"


def _more(count: int) -> str:
    return f"\n{count} more: --top 0\n" if count else ""


def _md_artifacts(profile: Profile) -> str:
    lines = [f"- {escape(name)}: {escape(', '.join(figures))}" for name, figures in map(words.artifact, profile.artifacts)]
    return "\n".join(["**Beside citations**", "", *lines, ""]) if lines else ""


def _md_cautions(profile: Profile) -> str:
    lines = [f"- {escape(line)}" for line in words.cautions(profile)]
    return "\n".join(["**Careful**", "", *lines, ""]) if lines else ""


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A Markdown table whose cells are escaped; the columns numbered in `right` are aligned to the right."""
    rule = ["--:" if place in right else "---" for place in range(len(columns))]
    lines = [columns, rule, *([escape(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def escape(text: str) -> str:
    """Text that Markdown shows as it stands: HTML, table bars, emphasis, code and links are taken for letters; controls are dropped."""
    return re.sub(r"([\\|`*_\[\]])", r"\\\1", html.escape(without_controls(text), quote=False))
