"""`records.text`: LaTeX and HTML become text that a person reads, harmless to a terminal, and text folds for comparison."""

import unicodedata

import pytest
from bibtexparser.middlewares import LatexDecodingMiddleware
from hypothesis import given
from hypothesis import strategies as st

from citetrack.records import text

PLAIN = st.text(
    st.characters(codec="utf-8", exclude_characters="\\{}$~<&-`'?!\x1b", exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn")),
    max_size=60,
)
ACCENTED = [
    r"\'e",
    r"{\'e}",
    r"\'{e}",
    r"{\'{e}}",
    r"\"o",
    r"\"{\i}",
    r"{\`\i}",
    r"\c c",
    r"\c{c}",
    r"\v{s}",
    r"\H{o}",
    r"\~n",
    r"\=a",
    r"\.I",
    r"\k{a}",
    r"\r a",
]


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"{\'E}cole Normale Sup\'erieure", "École Normale Supérieure"),
        (
            r"G{\"o}del, Erd{\H o}s, \O ystein, \L{}ukasiewicz, \v{S}koda, \c{C}elik, H{\aa}kon",
            "Gödel, Erdős, Øystein, Łukasiewicz, Škoda, Çelik, Håkon",
        ),
        (r"{\ss}, \ae, {\OE}, \i, \'{\i}, \th", "ß, æ, Œ, ı, í, þ"),
        (r"The {BERT} {\em and} \textbf{bold} \textsc{Small}", "The BERT and bold Small"),
        (r"50\% of 100% \& \#1 \_x \$5 & more", "50% of 100% & #1 _x $5 & more"),
        (r"a--b---c ``quoted'' `single' ?`que?", "a–b—c “quoted” `single' ¿que?"),
        (r"tied~words \LaTeX\ and {\TeX}nique", "tied words LaTeX and TeXnique"),
        (r"H$_2$O, $\alpha$-stable, $O(n^2)$, the $k$-server", "H₂O, α-stable, O(n²), the k-server"),
        (r"\(\beta\) and $\frac{1}{2}$", "β and 1/2"),
        ("costs $5 to $10 a day", "costs $5 to $10 a day"),
        ("Caf&eacute; &amp; bar &#8212; &lt;5 &amp;amp; more", "Café & bar — <5 & more"),
        (r"{\&}amp; and \&amp;", "& and &"),
        ("a <i>Drosophila</i> gene, CO<sub>2</sub>, 3 < 4", "a Drosophila gene, CO2, 3 < 4"),
        ("line\n  breaks\tand  \u00a0 spaces ", "line breaks and spaces"),
        ("e\u0301tude", "étude"),
        (r"\url{http://x.org/a_b%20c} \href{http://x.org}{text}", "http://x.org/a_b%20c text"),
        (r"\'{ee} \unknownmacro{kept}", "éé kept"),
        (r"\noopsort{1973}Title x\-y", "Title xy"),
        ("", ""),
    ],
)
def test_what_stands_in_titles_and_names_is_decoded(latex: str, expected: str) -> None:
    """Accents, symbols, styles, protective braces, dashes, quotes, formulas and HTML all become readable text."""
    assert text.decode(latex) == expected


@pytest.mark.parametrize(
    "latex",
    [*ACCENTED, r"\ss{} \o{} \AE", r"\emph{a b} {\it c}", r"a \& b", r"\textit{x}--y", r"{A} {B}C", r"\ldots foo", r"\$5"],
)
def test_it_is_the_text_of_bibtexparsers_middleware(latex: str) -> None:
    """Where the middleware of bibtexparser is right, the text is the same as its."""
    assert (
        text.decode(latex)
        == unicodedata.normalize("NFC", LatexDecodingMiddleware()._transform_python_value_string(latex)[0]).strip()
    )


@pytest.mark.parametrize("name", sorted(text.SYMBOLS))
def test_symbols_are_pylatexencs_where_it_has_them(name: str) -> None:
    """The table of symbols agrees with pylatexenc, but where that drops a macro or is known to differ."""
    theirs = LatexDecodingMiddleware()._transform_python_value_string("\\" + name)[0]
    assert text.SYMBOLS[name] == theirs or not theirs.strip() or name in ("textasciicircum", "textperiodcentered")


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[31mred\x1b[0m",
        "\x1b]0;owned\x07title",
        "\x9b31mred",
        "a\x00b\x08c\x7f",
        "\u202eevil\u202c",
        "\ufeffzero\u200bwidth",
        "&#27;[2J",
        "&#x202e;x",
        "\ud800",
    ],
)
def test_nothing_that_controls_a_terminal_is_left(hostile: str) -> None:
    """Escape sequences, control characters and marks of direction are gone, even where entities hide them."""
    for read in (text.decode, text.clean):
        assert not text.UNSAFE.search(read(hostile))
        assert all(unicodedata.category(character) not in ("Cc", "Cf", "Cs") for character in read(hostile))


@pytest.mark.parametrize(
    "latex",
    [
        "{" * 5000,
        "\\" * 99,
        "$" * 99,
        r"\frac" * 200,
        r"\href{",
        r"\'",
        r"$\frac{$",
        r"\begin{x}",
        "{}" * 3000,
        r"\input{/etc/hostname}",
        r"\cite{a}",
    ],
)
def test_no_latex_is_too_broken(latex: str) -> None:
    """Unbalanced, nested and half-written LaTeX gives some text and never an error; no file is read and nothing depends on the clock."""
    assert isinstance(text.decode(latex), str)
    assert text.decode(r"\today \input{/etc/hostname}") == ""


def test_clean_leaves_latex_alone() -> None:
    """Text of a source that writes no LaTeX keeps backslashes, braces and dollars."""
    assert text.clean(r"A {set} of $5 \cup B -- &quot;x&quot;") == r'A {set} of $5 \cup B -- "x"'


@given(PLAIN)
def test_plain_text_stays_itself(plain: str) -> None:
    """Text with nothing to decode changes only in white space and composition, and decoding it again changes nothing."""
    once = text.decode(plain)
    assert once == unicodedata.normalize("NFC", " ".join(plain.split()))
    assert text.decode(once) == once == text.clean(plain)


@given(st.text(max_size=80))
def test_any_text_decodes_to_safe_text_in_normal_form_c(anything: str) -> None:
    """Whatever comes in, what goes out is one line, in normal form C, without control characters."""
    for read in (text.decode, text.clean):
        out = read(anything)
        assert unicodedata.is_normalized("NFC", out)
        assert out == " ".join(out.split())
        assert not text.UNSAFE.search(out)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller-Lüdenscheid", "MULLER LUDENSCHEID"),
        ("L’Été", "l'ete"),
        ("Łukasz Ørsted Æther Straße", "lukasz orsted aether strasse"),
        ("Attention: Is All, You Need!", "attention is all you need"),
        ("ＡＢＣ", "abc"),
        ("Đặng Nguyễn", "dang nguyen"),
        ("a“b”c", "a b c"),
    ],
)
def test_folding_forgets_case_diacritics_and_punctuation(one: str, other: str) -> None:
    """What differs only in case, accents, ligatures, width or punctuation folds to the same."""
    assert text.fold(one) == text.fold(other)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("ผี", "ผา"), ("कि", "का"), ("林", "森"), ("C++", "C")])
def test_folding_keeps_what_tells_words_apart(one: str, other: str) -> None:
    """Voicing marks and vowel signs are letters, not decoration."""
    assert (text.fold(one) == text.fold(other)) is (one == "C++")


@given(st.text(max_size=60))
def test_folding_twice_folds_nothing_more(anything: str) -> None:
    """`fold` is idempotent."""
    once = text.fold(anything)
    assert text.fold(once) == once


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("Foo<br/>Bar", "Foo Bar"),
        ("<p>Foo</p><p>Bar</p>", "Foo Bar"),
        ("<jats:title>Abstract</jats:title><jats:p>We <jats:italic>show</jats:italic>n</jats:p>", "Abstract We shown"),
        ("CO<sub>2</sub> and <pre>", "CO2 and <pre>"),
    ],
)
def test_a_tag_that_parts_lines_parts_words(html: str, expected: str) -> None:
    """Breaks and paragraphs become a space; tags inside a line vanish without one."""
    assert text.clean(html) == text.decode(html) == expected
