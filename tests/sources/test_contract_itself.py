"""The contract is broken here on purpose, once for each of its clauses: a source that keeps it passes, each offence fails its own test."""

import importlib.util
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from citetrack import sources

TOY = '''"""A source that exists in the tests alone: works by cursor, with their counts, and the author's own summary.

It knows titles, authors, years and counts; it lacks venues and everything else. Documentation: https://toy.example/docs/works.html (the list)
and https://toy.example/docs/paging.html (its cursor). Its terms: ten requests in a second.
"""

from functools import partial

from citetrack.errors import Malformed
from citetrack.http import Budget, Pace
from citetrack.records import ids, shape
from citetrack.records.model import Candidate, Observation, Problem, Question, Record
from citetrack.records.names import parse_name

BASE = "https://toy.example/v1"
HOSTS = ("toy.example",)
IDS = ("openalex",)
PACE = Pace(10, 1.0)
KEY = None
CONTACT = "mailto"
ANONYMOUS = ""
PROVEN = "the toys of the tests"


def fetch(question, http):
    who = question.ids.get("openalex")
    if not who:
        return
    person = http.get_or_none("authors", who)
    if person is None:
        yield Problem("unknown_id", f"toy knows no {who}: mend people.toml")
        return
    citations = shape.count(person.json(), "cited_by_count")
    if citations is not None:
        yield Observation("toy", person.day, citations, origin=person.origin)
    cursor, asked = "*", set()
    while cursor and cursor not in asked:
        asked.add(cursor)
        page = http.get("works", params={"filter": f"author.id:{who}", "cursor": cursor})
        found = shape.items(page.json(), "results")
        if found is None:
            raise Malformed("results is missing")
        yield from shape.each(found, partial(_record, answer=page), "work")
        cursor = shape.text(page.json(), "meta", "next_cursor")


def _record(item, answer):
    known = ids.openalex(shape.text(item, "id") or "")
    if known is None:
        raise Malformed("id holds no id")
    key = known.partition(":")[2]
    citations = shape.count(item, "cited_by_count")
    authors = [shape.line(author) for author in shape.items(item, "authors") or ()]
    return Record(
        key,
        "toy",
        shape.line(item, "title"),
        tuple(parse_name(author) for author in authors if author),
        year=shape.integer(item, "year"),
        type="article",
        ids=(known,),
        observations=() if citations is None else (Observation("toy", answer.day, citations, about=key, origin=answer.origin),),
    )


def find(name, http):
    answer = http.get("authors", params={"search": name})
    read = shape.each(shape.items(answer.json(), "results") or (), _candidate, "person")
    yield from (item for item in read if isinstance(item, Candidate))


def _candidate(item):
    known, name = ids.openalex(shape.text(item, "id") or ""), shape.line(item, "display_name")
    if not (known and name):
        raise Malformed("id or display_name is missing")
    return Candidate("toy", known, name, works=shape.count(item, "works_count"))


def budget(headers):
    left = headers.get("X-Left", "")
    return Budget(float(left)) if left.isascii() and left.isdigit() and len(left) < 10 else None
'''

FIXTURE: dict[str, Any] = {
    "question": {"ids": {"openalex": "A123"}},
    "exchanges": [
        {"path": "/authors/A123", "body": {"id": "https://openalex.org/A123", "cited_by_count": 17}},
        {
            "path": "/works",
            "query": {"filter": "author.id:A123", "cursor": "*"},
            "body": {
                "meta": {"next_cursor": "c+/="},
                "results": [
                    {
                        "id": "https://openalex.org/W111",
                        "title": "A <i>b</i>",
                        "authors": ["Ann Lee", "Bo Li"],
                        "year": 2020,
                        "cited_by_count": 12,
                    }
                ],
            },
        },
        {
            "path": "/works",
            "query": {"filter": "author.id:A123", "cursor": "c+/="},
            "body": {
                "meta": {"next_cursor": None},
                "results": [{"id": "https://openalex.org/W222", "title": "C", "cited_by_count": 0}],
            },
        },
    ],
    "expected": [
        {"kind": "observation", "figure": "citations", "value": 17},
        {
            "kind": "record",
            "key": "W111",
            "title": "A b",
            "authors": ["Lee, Ann", "Li, Bo"],
            "year": 2020,
            "type": "article",
            "ids": ["openalex:W111"],
            "observations": [{"figure": "citations", "value": 12}],
        },
        {
            "kind": "record",
            "key": "W222",
            "title": "C",
            "type": "article",
            "ids": ["openalex:W222"],
            "observations": [{"figure": "citations", "value": 0, "bound": "="}],
        },
    ],
    "name": "Ann Lee",
    "find_exchanges": [
        {
            "path": "/authors",
            "query": {"search": "Ann Lee"},
            "body": {"results": [{"id": "https://openalex.org/A123", "display_name": "Ann Lee", "works_count": 2}]},
        }
    ],
    "candidates": [{"id": "openalex:A123", "name": "Ann Lee", "works": 2}],
}

# The clause that is broken -> what is written in the source instead of what.
READ = '        yield from shape.each(found, partial(_record, answer=page), "work")\n'
NEXT = '        cursor = shape.text(page.json(), "meta", "next_cursor")\n'
HOARDED = '        hoard = [*(hoard if len(asked) > 1 else []), *shape.each(found, partial(_record, answer=page), "work")]\n'
OFFENCES: dict[str, list[tuple[str, str]]] = {
    "test_the_porch_is_complete": [
        ('v1"', 'v1/"'),
        ('HOSTS = ("toy.example",)', 'HOSTS = ("elsewhere.example",)'),
        ('IDS = ("openalex",)', 'IDS = ("nonsense",)'),
        ("PACE = Pace(10, 1.0)", "PACE = 10"),
        ('PROVEN = "the toys of the tests"', 'PROVEN = ""'),
        ('ANONYMOUS = ""', 'ANONYMOUS = ""\nADVICE = "read a file\\ninstead"'),
    ],
    "test_the_porch_names_its_documentation": [("https://", "")],
    "test_a_source_only_asks_and_reads": [
        ("    cursor, asked =", "    try:\n        pass\n    finally:\n        pass\n    cursor, asked ="),
        ("def fetch(", "def _loaded():\n    try:\n        pass\n    finally:\n        pass\n\n\ndef fetch("),
        ("def fetch(", "class Quiet:\n    def __exit__(self, *_):\n        return True\n\n\ndef fetch("),
        ("def fetch(", "class Quiet:\n    __exit__ = print\n\n\ndef fetch("),
        ("from functools import partial", "from contextlib import AbstractContextManager\nfrom functools import partial"),
        ("from functools import partial", "from contextlib import suppress\nfrom functools import partial"),
        ("from functools import partial", "from functools import partial\nimport requests"),
        ("from functools import partial", "from functools import partial\nfrom urllib.request import urlopen"),
        ("from functools import partial", "from functools import partial\nfrom citetrack.sources import load"),
        ("    cursor, asked =", "    import datetime\n    datetime.date.today()\n    cursor, asked ="),
    ],
    "test_a_budget_is_read_from_any_headers": [("left.isascii() and left.isdigit() and len(left) < 10", "left")],
    "test_the_answers_are_read_as_expected": [
        ("shape.line(item, ", "shape.text(item, "),
        ('type="article"', 'type="book"'),
        ('"cursor": cursor}', '"cursor": cursor + "x"}'),
        ('    cursor, asked = "*"', '    http.get_or_none("news")\n    cursor, asked = "*"'),
        ("answer.day, citations, about", "answer.day, citations + 1, about"),
        (", about=key, origin=answer.origin", ", about=key"),
        ("while cursor and", 'while cursor == "*" and'),
    ],
    "test_no_work_is_said_twice": [(READ, READ + READ)],
    "test_names_are_searched_where_the_service_can": [("def find(", "def find_nobody("), ("works_count", "work_count")],
    "test_pages_are_asked_for_one_by_one": [(READ + NEXT, HOARDED + NEXT + "    yield from hoard\n"), (READ, "")],
    "test_with_nothing_to_ask_by_nothing_is_asked": [("    if not who:\n        return\n", '    who = who or "A0"\n')],
    "test_asking_again_within_the_age_makes_no_request": [
        (
            "    cursor, asked =",
            '    import random\n    http.get_or_none("news", params={"nonce": random.random()})\n    cursor, asked =',
        ),
    ],
    "test_the_key_is_sent_where_it_belongs_and_told_nowhere": [
        ("    cursor, asked =", '    yield Problem("key", f"asked with {http.access.secret}")\n    cursor, asked ='),
    ],
    "test_a_source_left_in_the_middle_leaves_no_thread": [
        ("    citations = ", "    import threading\n    threading.Timer(0.5, print).start()\n    citations = "),
    ],
    "test_a_fault_becomes_its_error_and_what_was_read_is_kept": [
        ('        page = http.get("works", ', "        page = quiet(http, "),
    ],
    "test_an_answer_cut_off_is_no_shorter_list": [('        page = http.get("works", ', "        page = quiet(http, ")],
    "test_a_fault_that_passes_leaves_no_trace": [
        ("    cursor, asked =", "    if http.requests > 1:\n        return\n    cursor, asked =")
    ],
    "test_what_is_not_found_costs_only_itself": [
        ("    if person is None:", "    if person is None:\n        yield Observation('toy', None, 0)")
    ],
    "test_an_unknown_person_is_told": [('        yield Problem("unknown_id", f"toy knows no {who}: mend people.toml")\n', "")],
    "test_an_answer_without_its_list_is_no_empty_list": [('raise Malformed("results is missing")', "found = ()")],
    "test_a_page_that_comes_again_and_again_ends": [("while cursor and cursor not in asked:", "while cursor:")],
    "test_a_wrong_type_costs_its_item_or_ends_in_a_named_error": [
        ('shape.integer(item, "year")', 'item.get("year")'),
        ('shape.items(item, "authors") or ()', 'item["authors"]'),
        ("    citations = shape.count(item, ", '    item = {"cited_by_count": 1, **item}\n    citations = shape.count(item, '),
        ('shape.count(person.json(), "cited_by_count")', 'person.json().get("cited_by_count")'),
        ('shape.line(item, "title")', 'shape.text(item, "title")'),
    ],
    "test_a_search_holds_against_wrong_types_and_faults": [
        ('shape.text(item, "id") or ""), shape.line(', 'item["id"]), shape.line('),
        ('works=shape.count(item, "works_count")', 'note=shape.text(item, "display_name")'),
        ("item for item in read if isinstance(item, Candidate)", "item for item in read"),
    ],
}

QUIET = """

def quiet(http, params):
    from citetrack.errors import SourceError
    try:
        return http.get("works", params=params)
    except SourceError:
        class Nothing:
            day = origin = None
            def json(self):
                return {"results": []}
        return Nothing()
"""


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Any, door: Any) -> Callable[..., None]:
    """`contract(clause, source)` holds one test of the contract against the text of a source."""
    contract_tests = module_of(Path(__file__).with_name("test_contract.py"), "contract_tests")
    (tmp_path / "toy.json").write_text(json.dumps(FIXTURE), encoding="utf-8")
    monkeypatch.setattr(contract_tests, "FIXTURES", tmp_path)

    def hold(clause: str, text: str) -> None:
        (tmp_path / "toy.py").write_text(text, encoding="utf-8")
        toy = module_of(tmp_path / "toy.py", "citetrack.sources.toy")
        monkeypatch.setattr(sources, "load", lambda name: toy)
        given = {"name": "toy", "case": contract_tests.load_case("toy"), "serve": serve, "door": door, "tmp_path": tmp_path}
        check = getattr(contract_tests, clause)
        marks = {mark.args[0]: mark.args[1] for mark in check.pytestmark}
        for fault in marks.get("fault", [""]):
            check(
                **{
                    name: value
                    for name, value in {**given, "fault": fault}.items()
                    if name in inspect.signature(check).parameters
                }
            )

    return hold


def module_of(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("clause", OFFENCES)
def test_a_source_that_keeps_the_contract_passes(contract: Callable[..., None], clause: str) -> None:
    """Each clause is one that a source can keep."""
    contract(clause, TOY)


@pytest.mark.parametrize(
    ("clause", "kept", "broken"), [(clause, *change) for clause, changes in OFFENCES.items() for change in changes]
)
def test_an_offence_fails_its_clause(contract: Callable[..., None], clause: str, kept: str, broken: str) -> None:
    """What the clause forbids is noticed by it, be it as a failed assertion or as an error that escapes."""
    assert kept in TOY
    with pytest.raises((AssertionError, LookupError, TypeError, ValueError, AttributeError)):
        contract(clause, TOY.replace(kept, broken) + (QUIET if "quiet(" in broken else ""))


def test_every_clause_is_broken_once(request: pytest.FixtureRequest) -> None:
    """A clause that joins the contract is broken on purpose here, or this fails."""
    text = Path(__file__).with_name("test_contract.py").read_text(encoding="utf-8")
    clauses = {line.split("(")[0].removeprefix("def ") for line in text.splitlines() if line.startswith("def test_")}
    assert clauses == {*OFFENCES, "test_every_source_has_a_fixture_and_every_fixture_a_source"}
