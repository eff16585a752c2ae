"""The data folder and `people.toml`: where it is looked for, how it is read, what is said when it is broken."""

from pathlib import Path

import pytest

from citetrack import config
from citetrack.errors import ConfigError, UsageError

TWO = """
[hao-wang-1]
name = "Hao Wang"
ids = { dblp = "w/HaoWang-1" }
[hao-wang-2]
name = "Hao Wang"
aka = ["王昊"]
[jose-garcia]
name = "José García-López"
"""


def folder(path: Path, text: str) -> config.DataFolder:
    (path / "people.toml").write_text(text, encoding="utf-8")
    return config.DataFolder(path)


@pytest.mark.parametrize(
    "who",
    [
        "jose-garcia",
        "JOSE-GARCIA",
        "José García-López",
        "jose garcia lopez",
        "García-López, José",
        "garcía lópez josé",
        "Jose Garcia\u2010Lopez",
    ],
)
def test_a_name_is_found_however_it_is_written(tmp_path: Path, who: str) -> None:
    """Case, diacritics, hyphens and the order of the names do not count."""
    assert config.find_person(who, config.people(folder(tmp_path, TWO))).slug == "jose-garcia"


def test_an_id_or_an_alias_in_another_script_tells_namesakes_apart(tmp_path: Path) -> None:
    """A namesake is found by an id and by the name in another script."""
    people = config.people(folder(tmp_path, TWO))
    assert config.find_person("dblp:w/HaoWang-1", people).slug == "hao-wang-1"
    assert config.find_person("王昊", people).slug == "hao-wang-2"


def test_an_ambiguous_name_lists_the_candidates(tmp_path: Path) -> None:
    """Two of one name are never chosen between: both are listed with what tells them apart."""
    with pytest.raises(UsageError, match=r"hao-wang-1 \(Hao Wang, dblp w/HaoWang-1\); hao-wang-2") as told:
        config.find_person("Hao Wang", config.people(folder(tmp_path, TWO)))
    assert told.value.exit_code == 2


def test_an_unknown_name_suggests_the_nearest(tmp_path: Path) -> None:
    """A misspelt name is answered with the name that is meant."""
    with pytest.raises(UsageError, match="did you mean 'José García-López'"):
        config.find_person("Jose Garcia-Lopes", config.people(folder(tmp_path, TWO)))
    with pytest.raises(UsageError, match="nobody"):
        config.find_person("Zzyzx", config.people(folder(tmp_path, TWO)))
    with pytest.raises(UsageError, match="has the id orcid:0000"):
        config.find_person("orcid:0000-0002-1825-0097", config.people(folder(tmp_path, TWO)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[a]\nname = "A"\naka = [1]', r"\[a\]: aka is a list of texts"),
        ('[a]\nname = "A"\nids = { dblp = "../../etc" }', "dblp = '../../etc' is no id of a person"),
        ('[a]\nname = "A"\nids = { nosuch = "1" }', "nosuch = '1' is no id"),
        ('[a]\nname = "A"\nids = { doi = "10.1000/1" }', "no id of a person"),
        ('[a]\nname = "A"\nsame = [["bib:x"]]', "same is a list of groups of at least two"),
        ('[a]\nname = "A"\nnick = "B"', "no such key: nick"),
        ("[a]\nname = 3", "name is missing"),
        ('["../a"]\nname = "A"', "a slug is lower-case letters"),
        ("a = 1", "outside any table"),
        ('[a]\nname = "A\n', r"line 2, column 10"),
        ("", "nobody is in"),
    ],
)
def test_a_broken_file_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    """What cannot be understood is named with table and key, or line and column; the exit code is that of configuration."""
    with pytest.raises(ConfigError, match=told) as error:
        config.people(folder(tmp_path, text))
    assert error.value.exit_code == 2
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """A file in another encoding is told as such."""
    (tmp_path / "people.toml").write_bytes('[a]\nname = "José"'.encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        config.people(config.DataFolder(tmp_path))


def test_a_folder_without_people_names_the_file_and_the_command(tmp_path: Path) -> None:
    """A data folder without people gets one line that names `citetrack find` and the file to paste into."""
    with pytest.raises(ConfigError, match=r"people\.toml; citetrack find NAME"):
        config.people(config.DataFolder(tmp_path))


def test_where_the_data_folder_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option wins over the environment, that over the checkout, that over `./bib`, that over the user's folder; the example is last."""
    option, named, checkout, here, home = (tmp_path / name for name in ("option", "named", "checkout", "here", "home"))
    for path in (option, named, checkout / "bib", here / "bib", home):
        path.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    monkeypatch.setenv("LOCALAPPDATA", str(home))
    environment = {"CITETRACK_DATA": str(named)}
    assert config.data_folder(str(option), environment, checkout).path == option
    assert config.data_folder(None, environment, checkout).path == named
    assert config.data_folder(None, {}, checkout).path == checkout / "bib"
    assert config.data_folder(None, {}).example
    (here / "bib" / "people.toml").touch()
    assert config.data_folder(None, {}).path == Path("bib")


def test_a_data_folder_that_is_none(tmp_path: Path) -> None:
    """A folder that was named and is not there is an error, never silently another one."""
    with pytest.raises(ConfigError, match=r"--data names .* no folder"):
        config.data_folder(str(tmp_path / "gone"), {})


def test_the_example_is_the_bundled_folder() -> None:
    """Without any data of the user's, the folder that travels with the package answers."""
    (lin,) = config.people(config.DataFolder(config._example().path))
    assert lin.slug == "junyang-lin"


def test_a_slug_wins_over_a_name(tmp_path: Path) -> None:
    """A slug is unique: it finds its person even where others bear it as a name."""
    people = config.people(
        folder(tmp_path, '[hao-wang]\nname = "Hao Wang"\n[hao-wang-2]\nname = "Hao Wang"\naka = ["hao-wang"]\n')
    )
    assert config.find_person("hao-wang", people).slug == "hao-wang"


@pytest.mark.parametrize(
    ("text", "told"), [('[a]\nname = ["', "line 2, column 10"), ("a = " + "[" * 100_000, "nested too deeply")]
)
def test_even_a_file_that_ends_too_soon_has_a_place(tmp_path: Path, text: str, told: str) -> None:
    """What is wrong at the very end is told with line and column, and no depth of nesting is a fault of ours."""
    with pytest.raises(ConfigError, match=told):
        config.people(folder(tmp_path, text))


def test_a_file_of_people_is_no_library(tmp_path: Path) -> None:
    """A huge `people.toml` is refused at once."""
    with (tmp_path / "people.toml").open("wb") as file:
        file.truncate(17 * 2**20)
    with pytest.raises(ConfigError, match="larger than 16 MB"):
        config.people(config.DataFolder(tmp_path))


SOURCES = {"openalex": ("OPENALEX_API_KEY",), "dblp": ()}
SETTINGS = """
contact = "file@example.org"
[sources.openalex]
url = "https://mirror.example.org/openalex/"
key_env = "OUR_KEY"
[sources.dblp]
url = "http://[::1]:8080"
"""


def settings(tmp_path: Path, text: str = "", **environment: str) -> config.Settings:
    if text:
        (tmp_path / "citetrack.toml").write_text(text, encoding="utf-8")
    return config.settings(tmp_path, environment, SOURCES)


def test_without_a_file_and_an_environment_nothing_is_set(tmp_path: Path) -> None:
    """Sources are asked anonymously, at their own addresses."""
    assert settings(tmp_path) == config.Settings(None, {}, {}, {})


def test_what_the_file_says_holds_and_the_environment_wins(tmp_path: Path) -> None:
    """Addresses, contact and keys come from citetrack.toml unless the environment names others."""
    told = settings(tmp_path, SETTINGS, OUR_KEY="ours", OPENALEX_API_KEY="theirs")
    assert told.contact == "file@example.org"
    assert told.urls == {"openalex": "https://mirror.example.org/openalex", "dblp": "http://[::1]:8080"}
    assert (told.keys, told.key_names) == ({"openalex": "ours"}, {"openalex": "OUR_KEY"})
    other = {
        "CITETRACK_CONTACT": "me@example.org",
        "CITETRACK_OPENALEX_URL": "http://127.0.0.1:1",
        "CITETRACK_OPENALEX_KEY": "mine",
    }
    told = settings(tmp_path, SETTINGS, OUR_KEY="ours", **other)
    assert (told.contact, told.urls["openalex"], told.keys) == ("me@example.org", "http://127.0.0.1:1", {"openalex": "mine"})


def test_the_customary_variable_of_a_service_is_read(tmp_path: Path) -> None:
    """A key that other programs use already is found, with the name of the variable that holds it."""
    told = settings(tmp_path, OPENALEX_API_KEY="theirs")
    assert (told.keys, told.key_names) == ({"openalex": "theirs"}, {"openalex": "OPENALEX_API_KEY"})


def test_keys_are_not_shown(tmp_path: Path) -> None:
    """What a settings value prints as holds no key."""
    assert "mine" not in repr(settings(tmp_path, CITETRACK_OPENALEX_KEY="mine"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[sources.nowhere]\nurl = 'https://a.example'", "no such source: 'nowhere'"),
        ("[sources.dblp]\nuri = 'https://a.example'", "no such key: uri"),
        ("[sources.dblp]\nurl = 5", "is a table of texts"),
        ("sources = 5", "sources is a table"),
        ("key = 'x'", "no such key: key"),
        ("contact = 5", "is a mail address"),
        ("contact = 'me'", "is a mail address"),
        ("[sources", "citetrack.toml"),
    ],
)
def test_a_broken_settings_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    """What citetrack.toml cannot mean is one line that names the file and what is wrong."""
    with pytest.raises(ConfigError) as error:
        settings(tmp_path, text)
    assert told in str(error.value)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a.example",
        "a.example",
        "https://",
        "https://a.example?api_key=hidden-key",
        "https://me:hidden-key@a.example",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://127.0.0.1:abc",
        "http://[::1",
        "http://[zz]/",
        "http://a..b",
        f"http://{'a' * 64}.example",
        "http://😀.invalid",
        "http://a%00b/",
        "http://:80/",
        "http://a.example/\x1b[31m",
    ],
)
def test_an_address_that_cannot_be_asked_is_refused_without_repeating_it(tmp_path: Path, address: str) -> None:
    """An address without a host, with a port that is none, a query or a login is wrong usage; what may be secret in it is not printed."""
    with pytest.raises(ConfigError, match="CITETRACK_DBLP_URL") as error:
        settings(tmp_path, CITETRACK_DBLP_URL=address)
    assert "hidden-key" not in str(error.value)


@pytest.mark.parametrize("contact", ["林@例え.org", "me", "me@example", "me@example.org\nX: y", "a b@example.org", "hidden-key"])
def test_a_contact_that_is_none_is_refused_without_repeating_it(tmp_path: Path, contact: str) -> None:
    """A contact that no header could carry is wrong usage; a key that got there by mistake is not printed."""
    with pytest.raises(ConfigError, match="is a mail address") as error:
        settings(tmp_path, CITETRACK_CONTACT=contact)
    assert "hidden-key" not in str(error.value)


def test_a_key_of_two_lines_is_refused_without_repeating_it(tmp_path: Path) -> None:
    """A key that holds what no key has was copied wrongly; it is named by its variable."""
    with pytest.raises(ConfigError, match="the key in CITETRACK_OPENALEX_KEY") as error:
        settings(tmp_path, CITETRACK_OPENALEX_KEY="hidden\nkey")
    assert "hidden" not in str(error.value)


def test_a_blank_key_hides_no_other(tmp_path: Path) -> None:
    """A variable that is set to nothing is not set."""
    assert settings(tmp_path, CITETRACK_OPENALEX_KEY="  ", OPENALEX_API_KEY="theirs").keys == {"openalex": "theirs"}


def test_two_ids_of_one_scheme_are_told(tmp_path: Path) -> None:
    """A scheme written under two names would silently lose an id."""
    text = '[a]\nname = "A"\nids = { semanticscholar = "1", s2 = "2" }\n'
    with pytest.raises(ConfigError, match="s2 names s2 a second time"):
        config.people(folder(tmp_path, text))
