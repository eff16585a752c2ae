"""`records.shape`: a field of foreign data has the expected type, or the reader says in one line what stands there instead."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.errors import Malformed
from citetrack.records import shape
from citetrack.records.model import Problem

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
READERS = (shape.text, shape.integer, shape.count, shape.day, shape.mapping, shape.items)


def test_a_field_is_found_at_the_end_of_its_path() -> None:
    """A path of keys leads through objects to the field."""
    data = {"bib": {"title": "A title", "year": 2024, "authors": ["A", "B"]}}
    assert shape.text(data, "bib", "title") == "A title"
    assert shape.integer(data, "bib", "year") == 2024
    assert shape.items(data, "bib", "authors") == ["A", "B"]
    assert shape.mapping(data, "bib") == data["bib"]


@pytest.mark.parametrize("read", READERS)
def test_what_is_absent_or_null_anywhere_on_the_path_was_not_said(read) -> None:
    """Absent and null are `None`, never 0, empty or an error."""
    assert read({}, "a", "b") is None
    assert read({"a": None}, "a", "b") is None
    assert read({"a": {"b": None}}, "a", "b") is None


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (shape.text, 3),
        (shape.integer, "many"),
        (shape.integer, 1.5),
        (shape.integer, True),
        (shape.integer, float("nan")),
        (shape.integer, float("inf")),
        (shape.count, -1),
        (shape.count, 10**9 + 1),
        pytest.param(shape.count, 10**5000, id="5000 digits"),
        (shape.count, "1,234"),
        (shape.count, "12.5"),
        (shape.count, "٣"),
        (shape.day, "2026-02-30"),
        (shape.day, "yesterday"),
        (shape.day, "9999-01-01"),
        (shape.day, 20260101),
        (shape.mapping, []),
        (shape.items, {}),
        (shape.items, "text"),
    ],
)
def test_what_has_another_type_is_malformed_and_named(read, value) -> None:
    """The message is one short line that names the field and shows what stands there."""
    with pytest.raises(Malformed) as caught:
        read({"there": {"field": value}}, "there", "field")
    message = str(caught.value)
    assert message.startswith("there.field holds ")
    assert "\n" not in message
    assert len(message) < 200


def test_a_path_through_something_else_than_an_object_is_malformed() -> None:
    """A list where an object is expected names the place where the path broke off."""
    with pytest.raises(Malformed, match=r"^bib holds a list, expected an object$"):
        shape.text({"bib": []}, "bib", "title")
    with pytest.raises(Malformed, match=r"^the top holds a list"):
        shape.text([], "bib")


@pytest.mark.parametrize(
    ("written", "value"), [(12, 12), ("12", 12), (12.0, 12), ("12.0", 12), (" 7 ", 7), (0, 0), ("0", 0), (10**9, 10**9)]
)
def test_a_count_is_a_whole_number_however_an_exporter_wrote_it(written, value) -> None:
    """Floats that are whole and digits in text are counts; a stated 0 is 0."""
    assert shape.count({"n": written}, "n") == value


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024-12-24 08:20:53.081796", date(2024, 12, 24)),
        ("2025-10-08T23:08:25.019919Z", date(2025, 10, 8)),
        ("2026-03-12", date(2026, 3, 12)),
        ("2026/3/2", date(2026, 3, 2)),
        ("12 March 2026", date(2026, 3, 12)),
        ("05 Sep 2026", date(2026, 9, 5)),
        ("March 12, 2026", date(2026, 3, 12)),
        ("Thu Aug 14 2025", date(2025, 8, 14)),
    ],
)
def test_a_day_is_read_in_the_forms_that_exports_use(written, day) -> None:
    """ISO 8601 with or without a time, and days with the month's name; a time zone does not move the day."""
    assert shape.day({"updated": written}, "updated") == day


@pytest.mark.parametrize(
    ("parse", "said"),
    [
        (lambda data: data["a"]["b"], "TypeError: 'int' object is not subscriptable"),
        (lambda data: data["b"], "KeyError: 'b'"),
        (lambda data: data["list"][3], "IndexError: list index out of range"),
        (lambda data: data.text, "AttributeError: 'dict' object has no attribute 'text'"),
        (lambda data: int(data["title"]), "ValueError: invalid literal for int() with base 10: "),
        (lambda data: data["title"].encode("ascii"), "UnicodeEncodeError: "),
    ],
)
def test_what_a_foreign_parser_stumbles_over_is_malformed(parse, said) -> None:
    """Python's complaints of data in another shape become one short line that names the data."""
    data = {"a": 1, "list": [], "title": "\x1b[31m<b>\nü" + "x" * 999}
    with pytest.raises(Malformed) as caught, shape.parsing("the row"):
        parse(data)
    message = str(caught.value)
    assert message.startswith(f"the row cannot be read as the parser expects ({said}")
    assert message.isprintable()
    assert len(message) < 200


@pytest.mark.parametrize("error", [OSError("disk"), ImportError("gone"), RuntimeError("ours"), Malformed("title holds 3")])
def test_what_is_no_fault_of_the_data_is_not_called_one(error) -> None:
    """Only complaints of the data's shape are translated; every other error passes as it is, `Malformed` among them."""
    with pytest.raises(type(error)) as caught, shape.parsing("the row"):
        raise error
    assert caught.value is error


def test_data_that_a_foreign_parser_cannot_read_cost_only_themselves() -> None:
    """Inside a reader of `each` the item becomes a problem in its place."""

    def read(item: str) -> int:
        with shape.parsing("the number"):
            return int(item)

    first, problem, last = shape.each(["1", "two", "3"], read, "row")
    assert (first, last) == (1, 3)
    assert isinstance(problem, Problem)
    assert (problem.code, problem.message.partition(" as ")[0]) == ("unread", "row 2: the number cannot be read")


@given(data=JSON, keys=st.lists(st.text(max_size=3), max_size=3))
def test_no_foreign_data_does_anything_but_give_a_value_or_malformed(data, keys) -> None:
    """Whatever stands there, a reader returns or raises `Malformed`; a count it returns lies from 0 to 10⁹."""
    for read in READERS:
        value, complaint = None, "none"
        try:
            value = read(data, *keys)
        except Malformed as error:
            complaint = str(error)
        assert complaint.isprintable()
        assert read is not shape.count or value is None or 0 <= value <= 10**9
