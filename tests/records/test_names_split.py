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


@pytest.mark.parametrize(
    ("field", "people"),
    [
        ("Junyang Lin, Chang Zhou, and Jinze Bai", ["Lin, Junyang", "Zhou, Chang", "Bai, Jinze"]),
        ("Stefan Kolb 0001 and Wei Wang", ["Kolb, Stefan", "Wang, Wei"]),
        (r"J{\"o}rg M{\"u}ller 0002", ["Müller, Jörg"]),
        ("Kolb 0001, Stefan", ["Kolb, Stefan"]),
        (r"Sylvie Thi\{'ebaux and Joachim Hertzberg and An Yang", ["Thi{'ebaux, Sylvie", "Hertzberg, Joachim", "Yang, An"]),
        ("Lin, {Junyang and Zhou, Chang and Yang, An", ["Lin, Junyang", "Zhou, Chang", "Yang, An"]),
        ("Zhou, Chang and", ["Zhou, Chang"]),
        ("An Yang and Chang Zhou and\n", ["Yang, An", "Zhou, Chang"]),
        ("Cullis A.G.; Hutchison, J L", ["Cullis, A.G.", "Hutchison, J L"]),
        ("林俊旸，周畅", ["林俊旸", "周畅"]),
        ("林俊旸；周畅", ["林俊旸", "周畅"]),
        ("林俊旸、周畅", ["林俊旸", "周畅"]),
        ("Lin，Junyang", ["Lin, Junyang"]),
        ("Junyang Lin & Chang Zhou", ["Lin, Junyang", "Zhou, Chang"]),
        (r"Junyang Lin \& Chang Zhou", ["Lin, Junyang", "Zhou, Chang"]),
        ("{O&amp;#39;Neil, Q.} and Yang, An", ["O'Neil, Q.", "Yang, An"]),
        ("O&amp;#39;Neil, Q. and Yang, An", ["O'Neil, Q.", "Yang, An"]),
    ],
)
def test_a_list_with_slips_loses_nobody(field: str, people: list[str]) -> None:
    """Commas before `and`, DBLP's numbers, stray braces, an `and` at the end, semicolons, full-width signs, doubly encoded entities."""
    assert shown(field) == (people, True)


def test_a_lone_and_is_no_name() -> None:
    """What joins names is none."""
    assert split("and") == split(" and \n") == ((), True)


@pytest.mark.parametrize(
    "field",
    ["Lin, J. and others and Zhou, C.", "others and Lin, J. and Zhou, C. and others", "Lin, J. and Zhou, C. and {others}"],
)
def test_others_are_nobody_wherever_they_stand(field: str) -> None:
    """The word says that the list is cut, in whatever place, in braces too, once or twice."""
    assert shown(field) == (["Lin, J.", "Zhou, C."], False)


@pytest.mark.parametrize(
    ("field", "team"),
    [
        (r"{\LaTeX} Project Team", "LaTeX Project Team"),
        ("The {ATLAS} Collaboration", "The ATLAS Collaboration"),
        (r"R\&D Group", "R&D Group"),
        ("Qwen~Team", "Qwen Team"),
        ("Smith & Wesson Group", "Smith & Wesson Group"),
    ],
)
def test_a_team_is_a_team_however_it_is_written(field: str, team: str) -> None:
    """LaTeX, braces around a word, a tie: the last word tells."""
    assert split(field) == ((Name(team, literal=True),), True)


def test_the_number_of_a_namesake_is_no_family_name() -> None:
    """Other sources pass DBLP's numbers on; a year that a name ends in stays."""
    assert (parse_name("Stefan Kolb 0001"), parse_name("Expo 2020").family) == (Name("Kolb", "Stefan"), "2020")
