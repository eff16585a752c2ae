"""Names of people and of teams: BibTeX's author fields split into names, and names into their parts.

The rules are BibTeX's (Oren Patashnik, "Designing BibTeX Styles", 1988, section 4; Nicolas Markey, "Tame the BeaST", section 11) and BibLaTeX's
extended name format (``family=Lin, given=Junyang``, biblatex manual, section 3.4). Beyond them stands what real files hold: commas or
semicolons where ``and`` should be, ``et al.``, teams, suffixes in the wrong place, names of scripts that put the family first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from citetrack.records import text as texts

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Name:
    """One author as a list names them, text decoded. `literal`: a team or company, whose name is all in `family`.

    `str()` is BibTeX's ``particle Family, Suffix, Given``; of a team, or of a name of one word, just that.

    >>> str(Name("Berg", "Jan", "van der")), str(Name("King", "Martin Luther", suffix="Jr.")), str(Name("Qwen Team", literal=True))
    ('van der Berg, Jan', 'King, Jr., Martin Luther', 'Qwen Team')
    """

    family: str
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: bool = False

    def __str__(self) -> str:
        family = f"{self.particle} {self.family}" if self.particle else self.family
        return ", ".join(part for part in (family, self.suffix, self.given) if part)


PARTICLES: Final = frozenset(
    "von van vom zu zur zum der den des de del della delle dello degli dei di da dal dalla das do dos du la le les lo los las el al "
    "ad abu abd bin ibn bint ben ap af av til ten ter te 't 's op d' l' y e i und".split()
)
# Written without full stops and spaces.
_SUFFIXES: Final = frozenset("jr sr jnr snr junior senior ii iii iv vi vii viii ix 2nd 3rd 4th phd md esq".split())
_COMPANIES: Final = frozenset("inc incorporated ltd limited llc corp corporation gmbh plc".split())
# Words no person's name ends in: a name that does is a team's, even where the braces that BibTeX asks for are missing.
_TEAMS: Final = frozenset(
    "team collaboration consortium group initiative committee council foundation association organization organisation contributors "
    "developers community laboratory laboratories institute university project network society commission agency".split()
)
_OTHERS = re.compile(
    r"(?:and\s+)?(?:\{?others\}?|\{?et(?:\.?[\s~]+|\.)al(?:ii|ia|\.)?\}?|u\.\s?a\.|\.{3}|…|等)\.?", re.IGNORECASE
)
_TAIL_OF_OTHERS = re.compile(
    r"(?<![\s~,;])[\s~,;]+(?:(?:and|&)\s+)?(?:\{?et(?:\.?[\s~]+|\.)al(?:ii|ia)?\b\.?\}?|\.{3}|…|等\.?)\s*$", re.IGNORECASE
)

_AND = re.compile(r"\s+and(?=\s|$)", re.IGNORECASE)
_LEADING_AND = re.compile(r"\s*and(?:\s+|$)", re.IGNORECASE)
_MAY_SAY_OTHERS = re.compile(r"others|et[.~\s]+al|u\.\s?a\.|\.{3}|…|等", re.IGNORECASE)
# DBLP numbers the namesakes: "Stefan Kolb 0001".
_HOMONYM = re.compile(r"(?<=[^\s~])[\s~]+0\d{3}(?=\s*(?:,|$))")
_WIDE_SEPARATORS = re.compile("[，；、]")
_BOTH = re.compile(r"(?<!\s)\s+\\?&\s+")
_NESTED_ENTITIES: Final = 8
_PLAIN = re.compile(r"[^\\{}\"&;=~$<]*")
_SPECIAL_CHARACTER = re.compile(r"\{\\[^{}]*\}?")
_OPEN_MACRO = re.compile(r"\\(?:[A-Za-z]+|[`'^\"~=.])$")
_EXTENDED = re.compile(r"\s*\"?(?:family|given|prefix|suffix|useprefix|id|(?:family|given|prefix|suffix)-i)\s*=", re.IGNORECASE)
_INITIALS = re.compile(r"[A-Z]{1,3}|(?:[A-Z]\.[- ]?){1,4}[A-Z]?|[A-Z](?:-[A-Z])+")
# Family names that look like initials where somebody writes family names in capitals.
_SHORT_FAMILIES: Final = frozenset(
    "LI WU XU YU HU MA LU HE YE GU DU SU FU XI QI NI MO MI LE HO VO DO NG AN YI BAO BAI CAI CAO CHI CHU CUI DAI FAN GAO GUO HAN HOU JIA KIM KOO LAI LAM LAU "
    "LEE LEI LIN LIU LUO LUU MAO MEI MIN NAM NIE PAN QIN QIU REN SHI SON SUN TAN TAO WAN WEI WEN WON XIA XIE XUE YAN YAO YIN YOO YOU YUE ZHU ZOU "
    "OH ROH SHA LEO LOW ONG LIM SIM TAY TEO TOH KOH GOH SEO SUH PAK CHO JUN BAE AHN KAI ITO ABE MAI INO ONO UNO RAO DAS ROY SEN DEY JHA RAM KAR".split()
)
# Kana, Han, Hangul: scripts whose names put the family first.
_FAMILY_FIRST: Final = (("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uac00", "\ud7af"), ("\uf900", "\ufaff"))

Names = tuple[tuple[Name, ...], bool]


def split(field: str) -> Names:
    r"""The names of an author field as BibTeX holds it (LaTeX and braces in place), and whether the list is complete.

    ``and others``, ``et al.`` and the like end a list that the source cut: they are not among the names and the second value is False.

    >>> [str(name) for name in split("van der Berg, Jan and {Qwen Team} and Martin Luther King, Jr.")[0]]
    ['van der Berg, Jan', 'Qwen Team', 'King, Jr., Martin Luther']
    >>> split("Lin, Junyang and others")
    ((Name(family='Lin', given='Junyang', particle='', suffix='', literal=False),), False)
    """
    if len(field) <= _LONGEST_CACHED:
        return _split_cached(field)
    return _split(field)


_LONGEST_CACHED: Final = 400
_LONGEST_AFFIX: Final = 16


def _split(field: str) -> Names:
    if not field.isascii() and _WIDE_SEPARATORS.search(field):
        field = _with_narrow_separators(field)
    if len(field) > _LONGEST_CACHED:
        field = " ".join(field.split())  # long white space would be searched again and again
    leading = _LEADING_AND.match(field)
    if leading:
        field = field[leading.end() :]
    if not field.strip() or ("," not in field and ";" not in field and not _AND.search(field)):
        return _two(field) or _one(field)
    parts, by_semicolons = _parts(field)
    named = [part for part in parts if not _OTHERS.fullmatch(part.strip(" \n\t,.;"))] if _MAY_SAY_OTHERS.search(field) else parts
    complete = len(named) == len(parts)
    tail = _TAIL_OF_OTHERS.search(named[-1]) if named else None
    if tail:
        named, complete = [*named[:-1], named[-1][: tail.start()]], False
    return _named([_without_last_comma(part) for part in named], vancouver=by_semicolons), complete


def _without_last_comma(part: str) -> str:
    """The comma before ``and`` is no part of the name that it follows."""
    return part.rstrip(", \n\t") if "," in part[-2:] else part


def _with_narrow_separators(field: str) -> str:
    """``林俊旸，周畅`` names two people, ``Lin，Junyang`` one: a full-width comma parts names that need no comma of their own."""
    pieces = [piece.strip() for piece in _WIDE_SEPARATORS.split(field) if piece.strip()]
    family_first = all(any(first <= piece[0] <= last for first, last in _FAMILY_FIRST) for piece in pieces)
    return field.translate({ord("；"): "; ", ord("、"): "; ", ord("，"): "; " if family_first else ", "})


def _two(field: str) -> Names | None:
    """``Junyang Lin & Chang Zhou``: both sides must be whole names of people, since companies are called like that too."""
    pieces = _BOTH.split(field) if "&" in field and "{" not in field else []
    if len(pieces) < 2 or not all(map(_reads_as_person, pieces)):
        return None
    return tuple(name for piece in pieces for name in _present(_name(piece))), True


def _reads_as_person(text: str) -> bool:
    words = text.split()
    ends = words[-1].rstrip(".").casefold() if words else ""
    return (
        len(words) > 1
        and ends not in _TEAMS | _COMPANIES
        and all(word in PARTICLES or not word[0].islower() for word in words)
        and "of" not in words
    )


_split_cached = lru_cache(maxsize=32768)(_split)


def _one(field: str) -> Names:
    text = field.strip()
    if not text:
        return (), True
    if _OTHERS.fullmatch(text):
        return (), False
    tail = _TAIL_OF_OTHERS.search(text)
    name = _name(text[: tail.start()] if tail else text)
    return ((name,) if name else ()), tail is None


def _named(parts: list[str], *, vancouver: bool = False) -> tuple[Name, ...]:
    """The names of the parts of a list; `vancouver`: names without a comma may put initials last, as in lists parted by semicolons."""
    names: list[Name] = []
    for part in parts:
        commas = part.count(",") if "=" not in part or not _EXTENDED.match(part) else 0
        if commas > 1:
            names.extend(_by_commas(part))
        elif commas and _is_list_of_two(part, parts):
            names.extend(name for piece in part.split(",") for name in _present(_name(piece)))
        else:
            names.extend(_present((_vancouver(part) if vancouver and not commas else None) or _name(part)))
    return tuple(names)


def _parts(field: str) -> tuple[list[str], bool]:
    """The field cut at ``and`` outside braces, or at what stands for it, and whether that is a semicolon."""
    if _PLAIN.fullmatch(field):
        return _AND.split(field), False
    field = _unwrapped(field)
    masked = _masked(field)
    if masked.count(";") and not _EXTENDED.match(masked):
        return [
            part
            for piece in _cut(field, masked, re.compile(r";(?:\s*(?:and|\\?&)\s)?"))
            for part in _cut(piece, _masked(piece), _AND)
        ], True
    ampersand = "&" in masked and "," in masked and not _AND.search(masked)
    return _cut(field, masked, re.compile(r",?\s+\\?&(?=\s)") if ampersand else _AND), False


def _unwrapped(field: str) -> str:
    """``{Lin, Junyang and Zhou, Chang}`` in braces of its own, as some exporters write a whole list, without them."""
    text = field.strip()
    if _braced_whole(text):
        people = _AND.split(text[1:-1])
        if len(people) > 1 and "{" not in text[1:-1] and all(part.count(",") == 1 for part in people):
            return text[1:-1]
    return _unescaped_entities(field) if "&" in field else field


def _unescaped_entities(field: str) -> str:
    from html import unescape

    for _ in range(_NESTED_ENTITIES):
        before, field = field, re.sub(r"&(?:#\w{1,8}|[A-Za-z]\w{1,30});", lambda found: unescape(found[0]), field)
        if field == before:
            break
    return field


def _masked(field: str) -> str:
    """`field` with everything inside braces as ``x``: of the same length, so that places agree.

    Where the braces do not close, escaped ones are no braces; where they still do not, none is: else one would hide all names behind it.
    """
    if "{" not in field and "}" not in field:
        return field
    masked, depth = _hidden(field, r"([{}])")
    if depth and "\\" in field:
        masked, depth = _hidden(field, r"((?<!\\)[{}])")
    return field if depth else masked


def _hidden(field: str, braces: str) -> tuple[str, int]:
    """The masked field and how many braces are still open at its end."""
    depth = 0
    out = []
    for piece in re.split(braces, field):
        if piece == "{":
            depth += 1
            out.append("x")
        elif piece == "}":
            depth = max(depth - 1, 0)
            out.append("x")
        else:
            out.append("x" * len(piece) if depth else piece)
    return "".join(out), depth


def _cut(text: str, masked: str, separator: re.Pattern[str]) -> list[str]:
    parts = []
    start = 0
    for found in separator.finditer(masked):
        parts.append(text[start : found.start()])
        start = found.end()
    return [*parts, text[start:]]


def _braced_whole(text: str) -> bool:
    if not (text.startswith("{") and text.endswith("}") and len(text) > 1):
        return False
    depth = 0
    for found in re.finditer(r"[{}]", text):
        depth += 1 if found[0] == "{" else -1
        if depth <= 0:
            return found.end() == len(text)
    return False


def _is_list_of_two(part: str, parts: list[str]) -> bool:
    """Whether the comma of ``Junyang Lin, Chang Zhou`` parts two whole names: both sides must read so, beside a name written given-first."""
    left, right = part.split(",")
    if (
        len(left.split()) < 2
        or len(right.split()) < 2
        or "{" in part
        or left.split()[0].casefold() in PARTICLES
        or left.split()[0][:1].islower()
    ):
        return False
    others = [other for other in parts if other is not part]
    if _INITIALS.fullmatch(right.split()[-1]) or (not others and not _INITIALS.fullmatch(left.split()[0])):
        return False
    return all("," not in other and len(other.split()) > 1 for other in others)


def _by_commas(part: str) -> list[Name]:
    """The names of a part with commas beyond ``Family, Given``: one name with a suffix or a company, else a list that lacks its ``and``."""
    pieces = [piece.strip() for piece in _cut(part, _masked(part), re.compile(","))]
    pieces = [re.sub(r"^(?:and|&)\s+", "", piece) for piece in pieces if piece]
    if len(pieces) <= 2:
        return _present(_name(", ".join(pieces)))
    if len(pieces) == 3 and (_is_in(_SUFFIXES, pieces[1]) or _is_in(_SUFFIXES, pieces[2])):
        return _present(_name(", ".join(pieces)))
    if len(pieces) == 3 and any(_is_in(_COMPANIES, piece) for piece in pieces):
        return [Name(texts.decode(", ".join(pieces)), literal=True)]
    if _read_as_whole_names(pieces):
        return [name for piece in pieces for name in _present(_vancouver(piece) or _name(piece))]
    if len(pieces) == 3:
        return _present(_name(", ".join(pieces)))
    return _pairs(pieces)


def _is_in(words: frozenset[str], text: str) -> bool:
    return len(text) < _LONGEST_AFFIX and text.replace(".", "").replace(" ", "").casefold() in words


def _present(name: Name | None) -> list[Name]:
    return [name] if name else []


def _read_as_whole_names(pieces: list[str]) -> bool:
    """Whether each piece is a name of its own, rather than family and given names in turn."""
    families = pieces[::2]
    one_word = sum(len(piece.split()) < 2 and not piece.startswith("{") for piece in families)
    return one_word * 2 < len(families) and (len(pieces) % 2 == 1 or any(len(piece.split()) > 1 for piece in pieces[1::2]))


def _vancouver(piece: str) -> Name | None:
    """``Lin J`` of a list in Vancouver style."""
    words = piece.split()
    return parse_name(piece) if len(words) > 1 and _PLAIN.fullmatch(piece) and _is_family_then_initials(words) else None


def _pairs(pieces: list[str]) -> list[Name]:
    names = []
    at = 0
    while at < len(pieces):
        width = 3 if at + 2 < len(pieces) and _is_in(_SUFFIXES, pieces[at + 1]) else 2
        names.extend(_present(_name(", ".join(pieces[at : at + width]))))
        at += width
    return names


def _name(text: str) -> Name | None:
    """One name as BibTeX writes it, or `None` where there is nothing."""
    if "0" in text:
        text = _HOMONYM.sub("", text)
    read = _plain_name if _PLAIN.fullmatch(text) else _latex_name
    return read(text) if len(text) <= _LONGEST_CACHED else read.__wrapped__(text)


@lru_cache(maxsize=65536)
def _plain_name(text: str) -> Name | None:
    """A name without LaTeX or braces."""
    sections = [texts.clean(section).split() for section in text.split(",")]
    while len(sections) > 1 and not sections[-1]:
        sections.pop()
    if not sections or not any(sections):
        return None
    if len(sections) == 1 and len(sections[0]) > 1 and sections[0][-1].casefold() in _TEAMS:
        return Name(" ".join(sections[0]), literal=True)
    return _assembled([[(word, _lowercase(word)) for word in section] for section in sections])


@lru_cache(maxsize=16384)
def _latex_name(text: str) -> Name | None:
    text = text.strip()
    if _EXTENDED.match(text):
        return _extended(text)
    if _braced_whole(text) and not text.startswith("{\\"):
        inner = texts.decode(text)
        return Name(inner, literal=True) if inner else None
    masked = _masked(text)
    sections = [_words(section) for section in _cut(text, masked, re.compile(","))]
    while len(sections) > 1 and not sections[-1]:
        sections.pop()
    if len(sections) == 1 and len(sections[0]) > 1 and sections[0][-1][0].casefold() in _TEAMS:
        return Name(_joined(sections[0]), literal=True)
    return _assembled(sections) if any(sections) else None


def _words(section: str) -> list[tuple[str, bool]]:
    """The words of a section with whether each is a particle's (its first letter outside braces is lower case), decoded."""
    words = _cut(section, _masked(section), re.compile(r"[\s~]+"))
    decoded = [(texts.decode(word), _lowercase(word)) for word in _macros_joined(words)]
    return [(word, low) for word, low in decoded if word]


def _macros_joined(words: list[str]) -> list[str]:
    r"""Words with a macro that ends one (``\o stergaard``, ``\v Skoda``) joined to the next."""
    joined: list[list[str]] = []
    for word in filter(None, words):
        if joined and _OPEN_MACRO.search(joined[-1][-1][-40:]):
            joined[-1].append(word)
        else:
            joined.append([word])
    return [" ".join(parts) for parts in joined]


def _lowercase(word: str) -> bool:
    r"""BibTeX's case of a word: of its first letter outside braces, or inside a special character such as ``{\'e}``; braces alone have none."""
    while word.startswith("{"):
        special = _SPECIAL_CHARACTER.match(word)
        if special:
            decoded = texts.decode(special[0])
            return decoded[:1].islower()
        masked = _masked(word)
        word = word[len(masked) - len(masked.lstrip("x")) :] if masked.startswith("x") and not word.startswith("x") else ""
    if word.startswith("\\"):
        word = texts.decode(word)
    letter = next((character for character in word if character.isalpha()), "")
    return letter.islower()


def _assembled(sections: list[list[tuple[str, bool]]]) -> Name:
    if len(sections) == 1:
        return _given_first(sections[0])
    last, suffix, given = sections[0], sections[1] if len(sections) > 2 else [], sections[-1]
    if len(sections) > 2:
        suffix, given = _suffix_and_given(sections[1], [word for section in sections[2:] for word in section])
    elif _is_in(_SUFFIXES, _joined(given)) and len(last) > 1:
        name = _given_first(last)  # "Martin Luther King, Jr."
        return Name(name.family, name.given, name.particle, _joined(given))
    elif _is_in(_COMPANIES, _joined(given)):
        return Name(f"{_joined(last)}, {_joined(given)}", literal=True)
    if not last:
        return _given_first(given)
    at = _end_of_particle(last)
    return Name(_joined(last[at:]), _joined(given), _joined(last[:at]), _joined(suffix))


def _suffix_and_given(
    second: list[tuple[str, bool]], third: list[tuple[str, bool]]
) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """BibTeX wants ``King, Jr., Martin``; ``King, Martin, Jr.`` is meant alike."""
    if _is_in(_SUFFIXES, _joined(third)) and not _is_in(_SUFFIXES, _joined(second)):
        return third, second
    return second, third


def _joined(words: list[tuple[str, bool]]) -> str:
    return " ".join([word for word, _ in words])


def _end_of_particle(last: list[tuple[str, bool]]) -> int:
    """How many words of ``von Last`` are the particle: up to the last lower-case word that is not the last word."""
    return next((at for at in range(len(last) - 1, 0, -1) if last[at - 1][1]), 0)


def _given_first(words: list[tuple[str, bool]]) -> Name:
    count = len(words)
    if count == 1:
        return Name(words[0][0])
    if words[0][0] >= "\u3040" and any(first <= words[0][0][0] <= last for first, last in _FAMILY_FIRST):
        return Name(words[0][0], _joined(words[1:]))
    if count > 2 and words[-1][0].rstrip(".").casefold() in ("jr", "sr", "ii", "iii"):
        name = _given_first(words[:-1])
        return Name(name.family, name.given, name.particle, words[-1][0])
    low = [place for place in range(count - 1) if words[place][1]]
    if not low or ((count == 2 or len(low) == count - 1) and words[0][0].casefold() not in PARTICLES):
        at = end = count - 1
    else:
        at, end = low[0], low[-1] + 1
    return Name(_joined(words[end:]), _joined(words[:at]), _joined(words[at:end]))


def _extended(text: str) -> Name | None:
    """BibLaTeX's extended format: ``family=Lin, given={Jun Yang}, prefix=van, suffix=Jr``."""
    parts: dict[str, str] = {}
    for piece in _cut(text, _masked(text), re.compile(",")):
        label, _, value = piece.strip().strip('"').partition("=")
        parts[label.strip().casefold()] = texts.decode(value.strip().strip('"'))
    family, given, particle, suffix = (parts.get(label, "") for label in ("family", "given", "prefix", "suffix"))
    if not family:
        return Name(given) if given else None
    return Name(family, given, particle, suffix)


@lru_cache(maxsize=65536)
def parse_name(text: str) -> Name:
    """One already decoded name of a source that is not BibTeX: ``Junyang Lin``, ``Lin, Junyang``, ``LIN J``, a team.

    Initials at the end belong to a family name before them. A name in Han, Hangul or Kana without a space stays whole, since its
    family name cannot be told for certain; with a space the family comes first. Empty text gives a `Name` whose family is empty.

    >>> str(parse_name("LIN J")), str(parse_name("Ludwig van Beethoven")), str(parse_name("The Qwen Team")), str(parse_name("林俊旸"))
    ('LIN, J', 'van Beethoven, Ludwig', 'The Qwen Team', '林俊旸')
    """
    plain = _HOMONYM.sub("", texts.clean(text).strip(" ,;"))
    words = plain.split()
    if "," not in plain and len(words) > 1 and _is_family_then_initials(words):
        at = _end_of_particle([(word, _lowercase(word)) for word in words[:-1]])
        return Name(" ".join(words[at:-1]), words[-1], " ".join(words[:at]))
    return _plain_name(plain) or Name("")


def _is_family_then_initials(words: list[str]) -> bool:
    last = words[-1]
    if not _INITIALS.fullmatch(last) or (_INITIALS.fullmatch(words[0]) and words[0] not in _SHORT_FAMILIES):
        return False
    return last not in _SHORT_FAMILIES or words[0] in _SHORT_FAMILIES


class Spelling(NamedTuple):
    """A name folded for comparison: case, diacritics, hyphens and spaces inside the family name and inside the given names do not count."""

    family: str
    given: str
    initials: str


@lru_cache(maxsize=65536)
def spelling(name: Name) -> Spelling:
    """The folded form of a name."""
    given = texts.fold(name.given).split()
    family = texts.fold(f"{name.particle} {name.family}").replace(" ", "")
    return Spelling(family, "".join(given), "".join(word[0] for word in given))


def spellings(*names: str | None) -> frozenset[Spelling]:
    """The folded forms of all the names somebody goes by, family name first and last."""
    found = {spelling(parse_name(name)) for name in names if name}
    swapped = {Spelling(one.given, one.family, one.family[:1]) for one in found if one.given}
    return frozenset(found | swapped)


def position(authors: Sequence[Name], called: frozenset[Spelling]) -> int | None:
    """Somebody's place among the authors, 1 for the first, or `None`.

    The name in full wins, unless two authors bear it; without it, one single author whose family name agrees and whose given names are initials that do not
    contradict: a list that shortens everybody (``Lin, J.``) still names them. Two such authors leave the place unknown.

    >>> position([parse_name("An Yang"), parse_name("Lin, Jun-Yang")], spellings("Junyang Lin"))
    2
    >>> position([parse_name("Lin, J."), parse_name("Yang, A.")], spellings("Junyang Lin"))
    1
    """
    if not called:
        return None
    folded = [spelling(author) for author in authors]
    in_full = [place for place, author in enumerate(folded, start=1) if _named_in_full(author, called)]
    if in_full:
        return in_full[0] if len(in_full) == 1 else None
    shortened = [place for place, author in enumerate(folded, start=1) if any(_shortens(author, one) for one in called)]
    return shortened[0] if len(shortened) == 1 else None


def _named_in_full(author: Spelling, called: frozenset[Spelling]) -> bool:
    return any(author.family == one.family and author.given == one.given for one in called)


def _shortens(author: Spelling, full: Spelling) -> bool:
    """Whether the author is the full name with its given names cut to initials."""
    if author.family != full.family or not author.given or not full.given:
        return False
    return (
        author.given == author.initials
        and author.given[0] == full.given[0]
        and (full.initials.startswith(author.given) or author.given.startswith(full.initials))
    )
