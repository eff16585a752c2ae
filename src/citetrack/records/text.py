r"""Text as a person reads it: LaTeX and HTML decoded, harmless to a terminal, in Unicode normal form C; and text folded for comparison.

Most text of a `.bib` has nothing to decode; what has is nearly always braces, accents and a few symbols. One regular expression does those.
Only what it does not know (rare macros, formulas) goes to pylatexenc, which is imported then. The two agree wherever
pylatexenc is right; it is not with an unescaped ``%`` (it drops the rest of the line), ``&`` (three spaces), ``\LaTeX`` and other
macros unknown to it (dropped), ``~`` (a no-break space, which no reader of a title wants) and ``\-`` (a soft hyphen).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

# Escape sequences (ECMA-48: CSI, OSC, two-character ones), control characters but tab and line ends, marks that turn the direction of
# text, invisible spaces, lone surrogates.
UNSAFE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]{0,2000}(?:\x07|\x1b\\)|[@-Z\\^_])?|\x9b[0-?]*[ -/]*[@-~]"
    "|[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# A tag that begins a line or a paragraph stands for a space, one inside a line for nothing.
_TAG = re.compile(
    r"</?(?:(?P<block>br|p|jats:(?:p|title|sec|list|list-item|label|abstract|break|disp-[a-z]+))(?![a-z-])"
    r"|i|b|em|strong|sub|sup|sc|scp|tt|u|span|small|jats:[a-z-]+|mml:[a-z]+)(?:\s[^<>]{0,200})?/?>",
    re.IGNORECASE,
)
_NESTED_ENTITIES = 8

# What decides whether a text needs more than white space put right: LaTeX's active characters, dashes and quotes, HTML.
_ACTIVE = re.compile(r"[\\{}$~<&]|--|``|''|[?!]`")

COMBINING: Final = {
    "'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "H": "\u030b", "k": "\u0328", "b": "\u0331", "d": "\u0323", "r": "\u030a", "u": "\u0306", "v": "\u030c",
}  # fmt: skip
# Macros that stand for a character.
SYMBOLS: Final = {
    "oe": "œ", "OE": "Œ", "ae": "æ", "AE": "Æ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø", "ss": "ß", "L": "Ł", "l": "ł", "i": "ı", "j": "ȷ",
    "DH": "Ð", "dh": "ð", "TH": "Þ", "th": "þ", "DJ": "Đ", "dj": "đ", "IJ": "Ĳ", "ij": "ĳ", "NG": "Ŋ", "ng": "ŋ", "SS": "ẞ",
    "textquoteleft": "‘", "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”", "textquotesingle": "'", "textquotedbl": '"',
    "lq": "‘", "rq": "’", "textendash": "–", "textemdash": "—", "ldots": "…", "dots": "…", "textellipsis": "…", "textbackslash": "\\",
    "textasciitilde": "~", "textasciicircum": "^", "textunderscore": "_", "textbar": "|", "textless": "<", "textgreater": ">",
    "textdollar": "$", "textpercent": "%", "textbraceleft": "{", "textbraceright": "}", "textregistered": "®", "texttrademark": "™",
    "textcopyright": "©", "copyright": "©", "pounds": "£", "textsterling": "£", "texteuro": "€", "euro": "€", "S": "§", "P": "¶",
    "textdegree": "°", "degree": "°", "textmu": "µ", "texttimes": "×", "textperiodcentered": "·", "textbullet": "•", "dag": "†", "ddag": "‡",
    "guillemotleft": "«", "guillemotright": "»", "guilsinglleft": "‹", "guilsinglright": "›", "quotedblbase": "„", "quotesinglbase": "‚",
    "glqq": "„", "grqq": "“", "flqq": "«", "frqq": "»", "textordmasculine": "º", "textordfeminine": "ª",
    "TeX": "TeX", "LaTeX": "LaTeX", "LaTeXe": "LaTeX2e", "BibTeX": "BibTeX", "BibLaTeX": "BibLaTeX", "XeTeX": "XeTeX", "XeLaTeX": "XeLaTeX",
    "LuaTeX": "LuaTeX", "pdfTeX": "pdfTeX", "pdfLaTeX": "pdfLaTeX", "METAFONT": "METAFONT", "MF": "METAFONT", "MP": "METAPOST",
    "ConTeXt": "ConTeXt", "AMS": "AMS", "AmS": "AMS", "slash": "/", "space": " ", "newline": " ", "quad": " ", "qquad": " ", "par": " ",
}  # fmt: skip
# Macros that only change how their argument, or what follows, looks.
STYLES: Final = frozenset(
    "emph textit textbf textsc textrm textsl texttt textsf textup textmd textnormal text mbox hbox em it bf rm sc sl tt sf itshape bfseries "
    "scshape upshape slshape rmfamily sffamily ttfamily mdseries normalfont tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge "
    "textsuperscript textsubscript url path nolinkurl relax protect uppercase lowercase MakeUppercase MakeLowercase mkbibemph mkbibitalic mkbibbold "
    "noindent nobreak break allowbreak linebreak sloppy selectfont NoCaseChange t tie enquote boldmath unboldmath textulf underline".split()
)
# An escaped character is itself; these are spaces or nothing.
_ESCAPED: Final = {
    "\\": " ",
    " ": " ",
    "\n": " ",
    "\t": " ",
    ",": " ",
    ";": " ",
    ":": " ",
    "!": "",
    "-": "",
    "/": "",
    "@": "",
    ">": " ",
    "*": "",
}
_PUNCTUATION: Final = {"~": " ", "--": "–", "---": "—", "``": "“", "''": "”", "?`": "¿", "!`": "¡", "{": "", "}": ""}

_LATEX = re.compile(
    r"""
      \\(?P<accent>[`'^"~=.]|[cvuHkdbr](?![A-Za-z])) \s*
      (?: \{ \s* (?P<braced>\\[a-zA-Z]{1,2}|[^\W\d_])? \s* \} | \\(?P<named>(?:[ijoO]|ae|AE|oe|OE|aa|AA)(?![A-Za-z])) \ * | (?P<letter>[^\W\d_]) )
    | \\(?:noopsort|href)\s*(?P<dropped>\{[^{}]*\})
    | \\(?P<macro>[A-Za-z]+)\*?\s*
    | \\\((?P<formula>(?:[^\\]|\\[^()])*)\\\)
    | \\(?P<escaped>[^A-Za-z])
    | \$(?P<math>(?:[^$\\]|\\.)*)\$
    | (?P<punctuation>[{}~]|---?|``|''|[?!]`)
    """,
    re.VERBOSE | re.DOTALL,
)
_DOTTED: Final = {ord("ı"): "i", ord("ȷ"): "j"}
_LONGEST_FORMULA = 20_000
_PLAIN_FORMULA = re.compile(r"[\w\s.,:;()+*/=<>-]*")
_FORMULA_SIGN = re.compile(r"[\\^_{}=<>+]|^\S+$")
_SCRIPT = re.compile(r"([_^])(\d+)")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class _UnknownLatex(Exception):
    """A construct that the regular expression does not know."""


def decode(text: str) -> str:
    r"""LaTeX and HTML text as Unicode in normal form C: macros and accents decoded, braces gone, white space collapsed, nothing left that controls a terminal.

    A formula keeps something readable: ``H$_2$O`` is ``H₂O``, ``$\alpha$`` is ``α``. Never raises; what nobody can decode loses its macros.

    >>> decode(r"{\'E}cole {NP}-hard \& H$_2$O --- caf\'e"), decode("plain text")
    ('École NP-hard & H₂O — café', 'plain text')
    """
    if not _ACTIVE.search(text):
        return _tidy(text)
    return _tidy(_without_markup(_without_latex(_without_markup(text))))


def clean(text: str) -> str:
    r"""Text from a source that writes no LaTeX: entities decoded, inline tags and control characters removed, white space collapsed, normal form C.

    >>> clean("Attention &amp; <i>memory</i>\x1b[31m  in {C}")
    'Attention & memory in {C}'
    """
    return _tidy(_without_markup(text))


def without_controls(text: str) -> str:
    """`text` without terminal escape sequences, control characters (but tab and line ends) and invisible marks of direction."""
    return UNSAFE.sub("", text) if UNSAFE.search(text) else text


def fold(text: str) -> str:
    """`text` for comparison: case folded, diacritics stripped, apostrophes gone, other punctuation a space, white space collapsed.

    Scripts keep the marks that tell their letters apart (vowel signs, the Japanese voicing mark). Already decoded text is expected.

    >>> fold("Müller-Lüdenscheid, J.: L’Été"), fold("Łódź ½ naïve")
    ('muller ludenscheid j lete', 'lodz 1⁄2 naive')
    """
    if text.isascii():
        return " ".join(text.lower().translate(_ASCII_FOLD).split())
    return _fold_unicode(text)


_ASCII_FOLD: Final = {code: " " for code in range(128) if not chr(code).isalnum()} | {ord("'"): None, ord("`"): None}
# Letters that Unicode does not take apart, as their bearers are spelt without them.
_LETTERS: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ȷ": "j", "ħ": "h", "ŋ": "n"}
)
_APOSTROPHES: Final = dict.fromkeys(map(ord, "'`’‘ʼʹ′"))
_VOICING_AND_VIRAMA: Final = frozenset({0, 7, 8, 9})


def _fold_unicode(text: str) -> str:
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_APOSTROPHES)
    letters = "".join(
        _fold_character(character) for character in apart if unicodedata.combining(character) in _VOICING_AND_VIRAMA
    )
    return " ".join(unicodedata.normalize("NFC", letters.translate(_LETTERS)).split())


def _fold_character(character: str) -> str:
    return character if unicodedata.category(character)[0] in "LMNS" and character not in "$+<=>^`|~" else " "


def _tidy(text: str) -> str:
    text = " ".join(without_controls(text).split())
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _without_markup(text: str) -> str:
    if "&" in text:
        for _ in range(_NESTED_ENTITIES):
            decoded = _ENTITY.sub(_entity, text)
            if decoded == text:
                break
            text = decoded
    return _TAG.sub(lambda tag: " " if tag["block"] else "", text) if "<" in text else text


def _entity(found: re.Match[str]) -> str:
    from html import unescape

    return unescape(found[0])


def _without_latex(text: str) -> str:
    try:
        return _LATEX.sub(_latex_token, text)
    except _UnknownLatex:
        return _rare_latex(text)


def _latex_token(found: re.Match[str]) -> str:
    kind = found.lastgroup
    if kind == "punctuation":
        return _PUNCTUATION[found[0]]
    if kind == "macro":
        return _macro(found["macro"])
    if kind == "escaped":
        if found["escaped"] in COMBINING and found.string[found.end() : found.end() + 1] in ("{", "\\"):
            raise _UnknownLatex
        return _ESCAPED.get(found["escaped"], found["escaped"])
    if kind == "dropped":
        return ""
    if kind in ("math", "formula"):
        return _formula(found[kind])
    return _accented(found["accent"], found["braced"] or found["letter"] or "\\" + (found["named"] or ""))


def _macro(name: str) -> str:
    symbol = SYMBOLS.get(name)
    if symbol is not None:
        return symbol
    if name in STYLES:
        return ""
    raise _UnknownLatex


def _accented(accent: str, letter: str) -> str:
    if letter.startswith("\\") or len(letter) > 1:
        letter = SYMBOLS.get(letter.removeprefix("\\"), "")
        if not letter:
            raise _UnknownLatex
    letter = letter.translate(_DOTTED)
    return unicodedata.normalize("NFC", letter + COMBINING[accent]) if letter else ""


@lru_cache(maxsize=4096)
def _formula(formula: str) -> str:
    """A formula as text; a pair of dollars that encloses plain words is money, not a formula."""
    if not formula:
        return ""
    if not _FORMULA_SIGN.search(formula):
        return f"${formula}$"
    if _PLAIN_FORMULA.fullmatch(formula) and "_" not in formula:
        return formula
    text = _by_pylatexenc(f"${formula}$")
    return _SCRIPT.sub(lambda found: found[2].translate(_SUBSCRIPTS if found[1] == "_" else _SUPERSCRIPTS), text)


@lru_cache(maxsize=4096)
def _rare_latex(text: str) -> str:
    """What the regular expression does not know, by pylatexenc; ``%`` and ``&`` shielded from it, since in a `.bib` they are characters."""
    return _by_pylatexenc(re.sub(r"(?<!\\)([%&])", r"\\\1", text))


def _by_pylatexenc(latex: str) -> str:
    if len(latex) <= _LONGEST_FORMULA and latex.count("{") <= 200:
        from pylatexenc.latexwalker import LatexWalkerError

        try:
            return str(_pylatexenc().latex_to_text(latex))
        except (
            LatexWalkerError,
            IndexError,
            TypeError,
            ValueError,
            RecursionError,
        ):  # its formatters stumble over missing arguments
            pass
    return re.sub(r"\\[A-Za-z]+\*?\s*|[\\{}$]", "", latex)


@lru_cache(maxsize=1)
def _pylatexenc() -> LatexNodes2Text:
    import logging

    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    logging.getLogger("pylatexenc").addHandler(logging.NullHandler())
    context = get_default_latex_context_db()
    symbols = [MacroTextSpec(name, simplify_repl=symbol.replace("%", "%%")) for name, symbol in SYMBOLS.items()]
    harmless = [
        MacroTextSpec(name, simplify_repl="")
        for name in ("today", "input", "include", "maketitle", "cite", "citet", "citep", "-")
    ]
    urls = [MacroTextSpec("url", simplify_repl="%s"), MacroTextSpec("footnote", simplify_repl="")]
    context.add_context_category("citetrack", prepend=True, macros=[*symbols, *harmless, *urls])
    return LatexNodes2Text(latex_context=context, math_mode="text", strict_latex_spaces=False)
