"""`records.names`: an author field becomes names by BibTeX's rules, and by forgiveness where a field keeps none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citetrack.records import names
from citetrack.records.names import Name, parse_name, split

AFFIXES = names._SUFFIXES | names._COMPANIES | names._TEAMS | {"and", "others"}
WORD = (
    st.text(st.characters(categories=("Lu", "Ll"), codec="ascii"), min_size=2, max_size=9)
    .map(str.capitalize)
    .filter(lambda word: word.casefold() not in AFFIXES)
)


def shown(field: str) -> tuple[list[str], bool]:
    people, complete = split(field)
    return [str(name) for name in people], complete


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("Junyang Lin", Name("Lin", "Junyang")),
        ("Lin, Junyang", Name("Lin", "Junyang")),
        ("Ludwig van Beethoven", Name("Beethoven", "Ludwig", "van")),
        ("van der Berg, Jan", Name("Berg", "Jan", "van der")),
        ("Johannes Diderik van der Waals", Name("Waals", "Johannes Diderik", "van der")),
        (r"Charles Louis Xavier Joseph de la Vall{\'e}e Poussin", Name("Vallée Poussin", "Charles Louis Xavier Joseph", "de la")),
        ("{von Last}, First", Name("von Last", "First")),
        ("Brinch Hansen, Per", Name("Brinch Hansen", "Per")),
        ("Per Brinch Hansen", Name("Hansen", "Per Brinch")),
        ("King, Jr., Martin Luther", Name("King", "Martin Luther", suffix="Jr.")),
        ("King, Martin Luther, Jr.", Name("King", "Martin Luther", suffix="Jr.")),
        ("Martin Luther King, Jr.", Name("King", "Martin Luther", suffix="Jr.")),
        ("Martin Luther King Jr.", Name("King", "Martin Luther", suffix="Jr.")),
        ("Beeblebrox, IV, Zaphod", Name("Beeblebrox", "Zaphod", suffix="IV")),
        ("{Qwen Team}", Name("Qwen Team", literal=True)),
        ("Qwen Team", Name("Qwen Team", literal=True)),
        ("{Simon and Schuster}", Name("Simon and Schuster", literal=True)),
        ("Google, Inc.", Name("Google, Inc.", literal=True)),
        (r"{\'E}mile Zola", Name("Zola", "Émile")),
        (r"\'Emile de {\'E}cole", Name("École", "Émile", "de")),
        (r"{\O}stergaard, Lars", Name("Østergaard", "Lars")),
        (r"\v Skoda, Ema", Name("Škoda", "Ema")),
        ("Lin,~Junyang", Name("Lin", "Junyang")),
        ("{Smith}, {J. Q.}", Name("Smith", "J. Q.")),
        ("M&uuml;ller, Hans", Name("Müller", "Hans")),
        (r"AT\&T", Name("AT&T")),
        ("Plato", Name("Plato")),
        ("林俊旸", Name("林俊旸")),
        ("林 俊旸", Name("林", "俊旸")),
        ("family=Lin, given=Jun Yang, prefix=van, suffix=Jr", Name("Lin", "Jun Yang", "van", "Jr")),
        ("family={de Silva}, given={Ana}", Name("de Silva", "Ana")),
        ("lin, junyang", Name("lin", "junyang")),
        ("junyang lin", Name("lin", "junyang")),
        ("van Gogh", Name("Gogh", "", "van")),
        ("d'Alembert, Jean", Name("d'Alembert", "Jean")),
    ],
)
def test_one_name_has_the_parts_that_bibtex_gives_it(field: str, expected: Name) -> None:
    """Particle, suffix, braces, teams, accents, BibLaTeX's extended format, and family-first scripts."""
    assert split(field) == ((expected,), True)


@pytest.mark.parametrize(
    ("field", "people"),
    [
        ("Lin, Junyang and Zhou, Chang AND An Yang", ["Lin, Junyang", "Zhou, Chang", "Yang, An"]),
        ("Lin, Junyang\n  and\n  Zhou, Chang", ["Lin, Junyang", "Zhou, Chang"]),
        ("{Barnes and Noble} and Knuth, Donald E.", ["Barnes and Noble", "Knuth, Donald E."]),
        ("Garcia Marquez, Gabriel Jose and Vargas Llosa, Mario", ["Garcia Marquez, Gabriel Jose", "Vargas Llosa, Mario"]),
        ("Lin, Junyang, Zhou, Chang, Yang, An", ["Lin, Junyang", "Zhou, Chang", "Yang, An"]),
        ("Junyang Lin, Chang Zhou, An Yang", ["Lin, Junyang", "Zhou, Chang", "Yang, An"]),
        ("Junyang Lin, Chang Zhou and An Yang", ["Lin, Junyang", "Zhou, Chang", "Yang, An"]),
        ("Lin, J., Zhou, C., and Yang, A.", ["Lin, J.", "Zhou, C.", "Yang, A."]),
        (r"Lin, J., Zhou, C., \& Yang, A.", ["Lin, J.", "Zhou, C.", "Yang, A."]),
        ("Lin J, Zhou C, Yang AB", ["Lin, J", "Zhou, C", "Yang, AB"]),
        ("Lin, Junyang; Zhou, Chang; Yang, An", ["Lin, Junyang", "Zhou, Chang", "Yang, An"]),
        ("{Lin, Junyang and Zhou, Chang}", ["Lin, Junyang", "Zhou, Chang"]),
        ("Smith, J, and Doe, A,", ["Smith, J", "Doe, A"]),
        ("Lin and and Zhou", ["Lin", "Zhou"]),
        ("Sandy Anderson and Andy Sand", ["Anderson, Sandy", "Sand, Andy"]),
    ],
)
def test_a_list_is_split_into_its_names(field: str, people: list[str]) -> None:
    """At `and` outside braces, else at the commas, semicolons or ampersands that stand for it."""
    assert shown(field) == (people, True)


@pytest.mark.parametrize(
    "field",
    [
        "Lin, Junyang and others",
        "Lin, Junyang and Others.",
        "Lin, Junyang et al.",
        "Lin, Junyang, et al",
        "Lin, Junyang and et al.",
        "Junyang Lin, ...",
        "Lin, Junyang and …",
        "Lin, Junyang et~al.",
        "Lin, Junyang and {et al.}",
    ],
)
def test_a_cut_list_is_not_complete(field: str) -> None:
    """`others`, `et al.` and an ellipsis are no name; they say that the list goes on."""
    assert shown(field) == (["Lin, Junyang"], False)


@pytest.mark.parametrize(
    ("field", "complete"), [("", True), ("  \n", True), ("others", False), ("et al.", False), ("{}", True), (",", True)]
)
def test_a_field_without_names_has_none(field: str, complete: bool) -> None:
    """Empty fields, and fields that only say that there are authors, hold no name."""
    assert split(field) == ((), complete)


@given(st.lists(st.tuples(WORD, WORD), min_size=1, max_size=6), st.booleans())
def test_joined_names_split_into_themselves(people: list[tuple[str, str]], others: bool) -> None:
    """Names joined by `and`, family first or last, come back as they were, in order."""
    expected = tuple(Name(family, given) for family, given in people)
    end = " and others" if others else ""
    assert split(" and ".join(str(name) for name in expected) + end) == (expected, not others)


@given(st.text(max_size=80))
def test_no_field_is_too_broken(field: str) -> None:
    """Any text gives names with something in them, and never an error."""
    people, _ = split(field)
    assert all(name.family or name.given for name in people)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Junyang Lin", Name("Lin", "Junyang")),
        ("Lin, Junyang", Name("Lin", "Junyang")),
        ("LIN J", Name("LIN", "J")),
        ("Smith A.B.", Name("Smith", "A.B.")),
        ("van der Berg J", Name("Berg", "J", "van der")),
        ("Junyang LI", Name("LI", "Junyang")),
        ("J LIN", Name("LIN", "J")),
        ("J. Lin", Name("Lin", "J.")),
        ("ATLAS Collaboration", Name("ATLAS Collaboration", literal=True)),
        ("  Lin ,  Junyang\x1b[31m ", Name("Lin", "Junyang")),
        ("", Name("")),
    ],
)
def test_one_name_of_another_source(text: str, expected: Name) -> None:
    """Initials behind a family name, capitals, teams; control characters never get through."""
    assert parse_name(text) == expected
