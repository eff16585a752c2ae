"""What is wrong with an installation and its data: each check in its good and its bad state, on real files; and what `--fix` mends."""

import json
import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from citetrack import doctor
from citetrack.cli import main
from citetrack.errors import UsageError
from citetrack.http import Access, Cache, Http
from citetrack.records.model import Observation, Outcome
from citetrack.store import open_store

NOW = datetime(2026, 7, 26, 12, tzinfo=UTC)
SECRET = "sk-0123456789abcdef"
PEOPLE = """
[ada-lovelace]
name = "Ada Lovelace"
ids = { orcid = "0000-0002-1825-0097" }
"""
BIB = "@article{notes-1843, title = {Notes}, author = {Lovelace, Ada}, year = 1843}\n"
COUNTS = "about,source,date,figure,bound,value\nnotes-1843,scholar,2026-07-01,,=,12\n"


class House:
    """A data folder, a store and a cache in a folder of their own, and the environment that names them."""

    def __init__(self, root: Path) -> None:
        self.root, self.data, self.store, self.cache = root, root / "data", root / "own" / "store.db", root / "cache"
        self.data.mkdir()
        self.write("people.toml", PEOPLE)
        self.write("ada-lovelace.bib", BIB)
        self.environment = {"CITETRACK_STORE": str(self.store), "CITETRACK_CACHE": str(self.cache)}

    def write(self, name: str, content: str) -> Path:
        file = self.data / name
        file.write_text(content, encoding="utf-8")
        return file

    def rows(self, *checks: str, fix: bool = False, explain: bool = False, **others: Any) -> list[dict[str, Any]]:
        facts = {"now": lambda: NOW, "environment": self.environment, "data": str(self.data)} | others
        found = doctor.rows(checks, fix=fix, explain=explain, **facts)
        assert all(row["message"] and "\n" not in str(row["message"]) for row in found)
        return found

    def row(self, check: str, **options: Any) -> tuple[str, str]:
        """Status and message of the one finding of a check."""
        (found,) = self.rows(check, **options)
        return found["status"], found["message"]

    def asked(self, day: date = date(2026, 7, 24)) -> None:
        """Keep one run in the store."""
        with open_store(self.store) as store:
            body = store.keep(b'{"cited_by_count": 5}' * 400)
            said = Outcome(
                "openalex",
                "complete",
                day=day,
                asked=("openalex:A1",),
                observations=(Observation("openalex", day, 5, origin=body),),
            )
            store.add(store.begin("ada-lovelace", {"openalex": "A1"}, NOW), said)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# --- All of them -----------------------------------------------------------------------------------------------------------------------------


def test_a_sound_house_has_no_error(house: House) -> None:
    """Every check has a finding, in the order of the table; where all is well none of them is an error, and looking changes nothing."""
    house.write("ada-lovelace.counts.csv", COUNTS)
    house.asked()
    before = files(house.root)
    found = house.rows()
    assert list(dict.fromkeys(row["check"] for row in found)) == [check.name for check in doctor.CHECKS]
    assert {row["status"] for row in found if row["check"] != "contact"} == {"ok"}
    assert all(set(row) == {"check", "status", "message", "about", "explanation"} for row in found)
    assert files(house.root) == before
    assert not house.cache.exists()


def test_only_the_checks_named_are_made(house: House) -> None:
    """Checks may be named in any case, order and number of times, with a hyphen or an underscore; one that is none is answered with those there are."""
    assert [row["check"] for row in house.rows("Bib", "data-folder", "bib")] == ["data_folder", "bib"]
    with pytest.raises(UsageError, match=r"no such check: 'stoer'; there are python, libraries, .*store, cache, clock") as error:
        house.rows("bib", "stoer")
    assert error.value.exit_code == 2


def test_each_check_explains_itself(house: House) -> None:
    """With `explain` every finding says what its check looks at; without, none does."""
    told = {row["check"]: row["explanation"] for row in house.rows(explain=True)}
    assert len(set(told.values())) == len(doctor.CHECKS)
    assert min(map(len, told.values())) > 40
    assert {row["explanation"] for row in house.rows()} == {""}


def test_what_keeps_several_checks_from_looking_is_told_once(house: House) -> None:
    """A data folder that is none is one error; what stands on it says where the reason is told; the store is looked at all the same."""
    found = house.rows(data=str(house.root / "nowhere"))
    errors = [row for row in found if row["status"] == "error"]
    assert [row["check"] for row in errors] == ["data_folder"]
    assert "which is no folder" in errors[0]["message"]
    hindered = [row["check"] for row in found if row["message"] == "not looked at, for the reason told under data_folder"]
    assert hindered == ["people", "bib", "settings", "contact", "keys"]
    assert [row["status"] for row in found if row["check"] in {"store", "cache", "clock"}] == ["ok"] * 3


# --- The installation ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "status"), [((3, 10, 13), "error"), ((3, 11, 0), "ok"), ((3, 14, 1), "ok")])
def test_python(house: House, version: tuple[int, ...], status: str) -> None:
    """A Python older than 3.11 is an error, and the message has its version."""
    told = house.row("python", python=version)
    assert told[0] == status
    assert ".".join(map(str, version)) in told[1]


def noted(folder: Path, name: str, version: str, *required: str) -> None:
    """What pip notes of a distribution that it installs."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {line}" for line in required)]
    (info / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_libraries_that_are_there(house: House) -> None:
    """What this installation needs is there: otherwise these tests would not run."""
    status, told = house.row("libraries")
    assert status == "ok"
    assert "new enough" in told


def test_libraries_missing_or_too_old_are_named(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each library that is missing or of the wrong version is an error with the command that mends it; what an extra asks for is not."""
    limits = ("tenth>=9", "tenth>=10.0.0", "tenth (<10.1,>=9.9)", "tenth[extra]==10", "tenth!=9", "tenth")
    wrong = ("no-such-library>=1", "tenth>=10.0.1", "tenth<10", "tenth>9,!=10.0")
    noted(house.root / "site", "citetrack", "9.9", *limits, *wrong, "never>=1; extra == 'test'")
    noted(house.root / "site", "tenth", "10.0rc1")
    monkeypatch.syspath_prepend(str(house.root / "site"))
    found = house.rows("libraries")
    assert [row["status"] for row in found] == ["error"] * len(wrong)
    assert found[0]["message"] == "the library no-such-library is missing; pip install 'no-such-library>=1'"
    assert [row["message"].split("pip install ")[1] for row in found] == [f"'{line}'" for line in wrong]
    assert "10.0rc1" in found[1]["message"]


def test_a_checkout_says_itself_what_it_needs(house: House, checkout: Path) -> None:
    """In a checkout, its own pyproject.toml counts, whatever an older installation noted."""
    (house.root / "pyproject.toml").write_text('[project]\ndependencies = ["no-such-library>=1"]\n', encoding="utf-8")
    assert house.row("libraries", checkout=house.root)[0] == "error"
    assert house.row("libraries", checkout=checkout)[0] == "ok"


def test_where_nothing_tells_what_is_needed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that no installation knows of are an error of their own."""
    monkeypatch.setattr("sys.path", [str(house.root)])
    status, told = house.row("libraries")
    assert status == "error"
    assert "not installed" in told


def test_a_missing_library_keeps_only_those_from_looking_that_need_it(
    house: House, python: Callable[..., CompletedProcess[str]]
) -> None:
    """Without a library that the sources need, the other checks still look, and each that cannot says so in a line."""
    program = (
        "import json, sys; sys.modules['requests_cache'] = None; from citetrack import doctor; "
        "print(json.dumps(doctor.rows([], data=sys.argv[1])))"
    )
    done = python("-c", program, house.data, env=house.environment)
    found = json.loads(done.stdout)
    assert done.stderr == ""
    by_check = {row["check"]: row for row in found}
    assert "requests_cache" in by_check["scholarly"]["message"]
    assert by_check["scholarly"]["status"] == "error"
    assert {by_check[check]["status"] for check in ("settings", "contact", "keys")} == {"warning"}
    assert {by_check[check]["status"] for check in ("data_folder", "people", "bib", "store", "cache", "clock")} == {"ok"}


def test_scholarly_can_be_loaded(house: House) -> None:
    """The adapter can load the parsers of the scholarly that is installed."""
    assert house.row("scholarly")[0] == "ok"


def test_scholarly_that_is_missing(house: House, python: Callable[..., CompletedProcess[str]]) -> None:
    """Where scholarly cannot be found, the check says what to install."""
    (house.root / "scholarly").mkdir()
    (house.root / "scholarly" / "__init__.py").touch()  # a package of that name without what is looked for
    program = (
        f"import sys; sys.path.insert(0, {str(house.root)!r}); from citetrack import doctor; print(doctor.rows(['scholarly']))"
    )
    assert "pip install scholarly" in python("-c", program).stdout


# --- The data folder -------------------------------------------------------------------------------------------------------------------------


def test_the_data_folder_is_named(house: House) -> None:
    """The message says which folder is used and how many people are in it."""
    assert house.row("data_folder") == ("ok", f"{house.data / 'people.toml'}: 1 person")


def test_the_example_is_read_only(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder of one's own the example is read: it is called so, and no mending touches it."""
    monkeypatch.chdir(house.root)
    found = house.rows(data=None, fix=True)
    status, told = next((row["status"], row["message"]) for row in found if row["check"] == "data_folder")
    assert status == "ok"
    assert "read only" in told
    example = Path(next(row["about"] for row in found if row["check"] == "data_folder"))
    assert not [row for row in found if row["status"] == "fixed" and str(example) in row["about"]]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[ada", "line 1, column 5"),
        ("", "nobody is in"),
        ('[ada]\nname = "Ada"\nids = { orcid = "0000-0002-1825-0098" }', "is no id of a person"),
        ('[Ada]\nname = "Ada"', "a slug is lower-case letters"),
    ],
)
def test_a_broken_list_of_people(house: House, content: str, told: str) -> None:
    """What cannot be understood in people.toml is an error with its place, under whichever check is asked for."""
    house.write("people.toml", content)
    for check in ("data_folder", "people", "bib"):
        status, message = house.row(check)
        assert status == "error"
        assert told in message


def test_a_folder_without_a_list_of_people(house: House) -> None:
    """A checkout without its data folder, and a folder without people.toml, are told apart."""
    (house.data / "people.toml").unlink()
    assert "holds no people.toml" in house.row("data_folder")[1]
    assert "is not there" in house.row("data_folder", data=None, checkout=house.root)[1]


def test_everyone_is_known_by_something(house: House) -> None:
    """Somebody with neither works nor an id is an error that says where to write what; an id alone is enough."""
    house.write(
        "people.toml", f'{PEOPLE}\n[by-id]\nname = "By Id"\nids = {{ dblp = "1/2" }}\n[by-nothing]\nname = "By Nothing"\n'
    )
    found = house.rows("people")
    assert [(row["status"], row["message"].split(":")[0]) for row in found] == [("error", "[by-nothing]")]
    assert "citetrack find 'By Nothing'" in found[0]["message"]


def test_two_people_cannot_have_one_id(house: House) -> None:
    """An id that two people bear is an error that names both, and it."""
    house.write("people.toml", PEOPLE + PEOPLE.replace("ada-lovelace", "other-ada"))
    house.write("other-ada.bib", BIB)
    status, told = house.row("people")
    assert status == "error"
    assert "orcid:0000-0002-1825-0097 is the id of [ada-lovelace] and [other-ada]" in told


def test_files_that_belong_to_nobody(house: House) -> None:
    """Works and counts whose slug no person has are named; other files are left alone."""
    house.write("ada-lovelace.counts.csv", COUNTS)
    house.write("ada-lovelaec.bib", BIB)
    house.write("nobody.counts.csv", COUNTS)
    house.write("notes.txt", "")
    found = house.rows("people")
    assert [row["status"] for row in found] == ["warning"] * 2
    assert [Path(row["about"]).name for row in found] == ["ada-lovelaec.bib", "nobody.counts.csv"]


def test_many_findings_are_counted(house: House) -> None:
    """Of very many findings the first are told, and how many more there are."""
    for number in range(30):
        house.write(f"nobody-{number:02}.bib", BIB)
    found = house.rows("people")
    assert len(found) == 11
    assert "20 more" in found[-1]["message"]


def test_sound_works(house: House) -> None:
    """Works and statements are counted."""
    house.write("ada-lovelace.counts.csv", COUNTS)
    assert house.row("bib") == ("ok", f"{house.data / 'ada-lovelace.bib'}: 1 work, 1 statement")


def test_works_and_counts_that_cannot_be_used(house: House) -> None:
    """An entry that cannot be read and lines of counts without their entry are errors: how many, where the first is, and what to do."""
    bib = house.write("ada-lovelace.bib", BIB + "@article{cut, title = {No end\n")
    counts = house.write(
        "ada-lovelace.counts.csv", COUNTS + "note-1843,scholar,2026-07-01,,=,12\nnotes-1843,scholar,1.7.2026,,=,12\n"
    )
    works, lines = house.rows("bib")
    assert works["status"] == lines["status"] == "error"
    assert "1 entry could not be used, the first at line 2" in works["message"]
    assert works["message"].endswith(f"citetrack bib check {bib} lists all")
    assert f"{counts}: 2 lines could not be used, the first at line " in lines["message"]


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9])
def test_works_that_are_none(house: House, content: bytes) -> None:
    """An empty or a binary file of works is an error."""
    (house.data / "ada-lovelace.bib").write_bytes(content)
    status, told = house.row("bib")
    assert status == "error"
    assert "ada-lovelace.bib" in told


def test_without_any_works(house: House) -> None:
    """Where nobody has works written down the check says so; that is no fault, since the sources may tell of them."""
    (house.data / "ada-lovelace.bib").unlink()
    status, told = house.row("bib")
    assert (status, "has a .bib" in told) == ("ok", True)


# --- How the sources are reached -------------------------------------------------------------------------------------------------------------


def test_settings_that_can_be_read(house: House) -> None:
    """Without the file the defaults hold; with it, it is named with the sources whose addresses are replaced."""
    assert "the defaults hold" in house.row("settings")[1]
    house.write("citetrack.toml", '[sources.dblp]\nurl = "https://dblp.example.org"\n')
    assert house.row("settings") == ("ok", f"{house.data / 'citetrack.toml'} can be read; other addresses for dblp")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[sources", "at line 1, column 9"),
        ("[sources.nosuch]\nurl = 'https://a.example.org'", "no such source: 'nosuch'"),
        ("[sources.dblp]\nurl = 'ftp://a.example.org'", "CITETRACK_DBLP_URL"),
        ("contact = 'nobody'", "is a mail address"),
        (f"[sources.openalex]\nkey = '{SECRET}'", "no such key: key"),
    ],
)
def test_settings_that_cannot_be_understood(house: House, content: str, told: str) -> None:
    """What cannot be understood in citetrack.toml is told once, under the check `settings`."""
    house.write("citetrack.toml", content)
    status, message = house.row("settings")
    assert status == "error"
    assert told in message
    assert SECRET not in message
    after = house.rows("settings", "contact", "keys")[1:]
    assert {row["message"] for row in after} == {"not looked at, for the reason told under settings"}


def test_an_address_in_the_environment_that_is_none(house: House) -> None:
    """A wrong address in the environment is an error of the settings alone."""
    house.environment["CITETRACK_DBLP_URL"] = "dblp.org"
    assert house.row("settings")[0] == "error"
    assert {row["status"] for row in house.rows("keys")} == {"ok"}


def test_variables_of_no_source(house: House) -> None:
    """A variable that names a source which is none would have no effect, so it is told of."""
    house.environment |= {"CITETRACK_OPENALX_KEY": SECRET, "CITETRACK_DBPL_URL": "https://dblp.example.org"}
    found = house.rows("settings")
    assert [(row["status"], row["about"]) for row in found] == [
        ("warning", "CITETRACK_DBPL_URL"),
        ("warning", "CITETRACK_OPENALX_KEY"),
    ]


def test_the_contact(house: House) -> None:
    """Without a contact the check says what that costs and how to set one; with it, which; a wrong one is an error."""
    status, told = house.row("contact")
    assert status == "warning"
    assert "crossref: the public pool" in told
    assert "CITETRACK_CONTACT" in told
    house.write("citetrack.toml", 'contact = "ada@example.org"\n')
    assert house.row("contact") == ("ok", "sources are told ada@example.org as the contact")
    house.environment["CITETRACK_CONTACT"] = "ada at example"
    assert house.row("contact")[0] == "error"
    assert house.row("settings")[0] == "ok"


def keys_of(house: House) -> dict[str, tuple[str, str]]:
    found = house.rows("keys")
    assert not any(SECRET in str(row) for row in found)
    return {row["about"]: (row["status"], row["message"]) for row in found}


def test_a_key_is_told_by_its_variable(house: House) -> None:
    """Each source that takes a key says from which variable it has one, or which would hold it; those that take none are left out."""
    house.write("citetrack.toml", '[sources.crossref]\nkey_env = "OUR_TOKEN"\n')
    house.environment |= {"CITETRACK_OPENALEX_KEY": SECRET, "S2_API_KEY": SECRET, "OUR_TOKEN": SECRET}
    found = keys_of(house)
    assert found["openalex"] == ("ok", "openalex has a key, from CITETRACK_OPENALEX_KEY")
    assert found["semanticscholar"] == ("ok", "semanticscholar has a key, from S2_API_KEY")
    assert found["crossref"] == ("ok", "crossref has a key, from OUR_TOKEN")
    assert found["orcid"][0] == "ok"
    assert "CITETRACK_ORCID_KEY would hold one" in found["orcid"][1]
    assert "dblp" not in found


@pytest.mark.parametrize(
    ("variable", "value", "status", "told"),
    [
        ("CITETRACK_OPENALEX_KEY", f'"{SECRET}"', "warning", "stands in quotes"),
        ("CITETRACK_OPENALEX_KEY", f"{SECRET}\u200b", "error", "holds characters that no key has"),
        ("CITETRACK_OPENALEX_KEY", f"{SECRET}\n{SECRET}", "error", "holds characters that no key has"),
        ("OPENALEX_API_KEY", f"{SECRET} {SECRET}", "warning", "holds a blank"),
        ("OPENALEX_API_KEY", "<your-key>", "warning", "what a manual writes"),
        ("OPENALEX_API_KEY", "YOUR_API_KEY", "warning", "what a manual writes"),
        ("ORCID_TOKEN", f"Bearer {SECRET}", "warning", "begins with the word"),
    ],
)
def test_a_key_that_is_none(house: House, variable: str, value: str, status: str, told: str) -> None:
    """What does not look like a key is told with its variable and never shown; the other sources' keys are looked at all the same."""
    house.environment |= {variable: value, "CITETRACK_CROSSREF_KEY": "good-token"}
    found = keys_of(house)
    about = "orcid" if variable == "ORCID_TOKEN" else "openalex"
    assert found[about][0] == status
    assert told in found[about][1]
    assert variable in found[about][1]
    assert found["crossref"][0] == "ok"


def test_a_key_written_in_the_place_of_its_variable(house: House) -> None:
    """A `key_env` that holds the key itself is an error that does not repeat it; one that names a variable that is not set is a warning."""
    house.write("citetrack.toml", f'[sources.openalex]\nkey_env = "{SECRET}"\n[sources.orcid]\nkey_env = "OUR_TOKEN"\n')
    found = keys_of(house)
    assert found["openalex"][0] == "error"
    assert "not to be the key itself" in found["openalex"][1]
    status, told = next((row["status"], row["message"]) for row in house.rows("keys") if row["about"] == "orcid")
    assert status == "warning"
    assert "OUR_TOKEN, which is not set" in told


def test_a_key_that_goes_unencrypted(house: House) -> None:
    """A key for an address without encryption is a warning, unless the address is this machine."""
    house.environment |= {"CITETRACK_OPENALEX_KEY": SECRET, "CITETRACK_OPENALEX_URL": "http://localhost.example.org:80/a"}
    assert keys_of(house)["openalex"][0] == "warning"
    for own in ("http://127.0.0.1:8080/a", "https://mirror.example.org"):
        house.environment["CITETRACK_OPENALEX_URL"] = own
        assert keys_of(house)["openalex"][0] == "ok"


def test_a_key_is_shown_nowhere(house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even a key that somebody wrote where something else belongs, a contact or an address, is printed by any check, in any format."""
    house.environment |= {
        "CITETRACK_OPENALEX_KEY": SECRET,
        "CITETRACK_CONTACT": SECRET,
        "CITETRACK_DBLP_URL": f"https://dblp.org?key={SECRET}",
        "CITETRACK_DATA": str(house.data),
    }
    for name, value in house.environment.items():
        monkeypatch.setenv(name, value)
    for words in ([], ["--format", "json"], ["--explain"], ["--fix", "--debug"]):
        assert main(["doctor", *words]) == 1
        printed = "".join(capsys.readouterr())
        assert "CITETRACK_CONTACT" in printed
        assert SECRET not in printed


@pytest.mark.parametrize(
    "address", [f"https://mirror.example.org/a?api_key={SECRET}", f"https://ada:{SECRET}@mirror.example.org/a"]
)
def test_a_secret_in_an_address_is_not_shown(house: House, address: str) -> None:
    """An address with a password or a query is refused without repeating what may be secret in it, wherever it is written."""
    house.environment["CITETRACK_DBLP_URL"] = address
    from_environment = house.row("settings")
    del house.environment["CITETRACK_DBLP_URL"]
    house.write("citetrack.toml", f'[sources.dblp]\nurl = "{address}"\n')
    for status, told in (from_environment, house.row("settings")):
        assert status == "error"
        assert SECRET not in told


# --- The store -------------------------------------------------------------------------------------------------------------------------------


def test_no_store_yet(house: House) -> None:
    """A store that is not there is well; mending makes its folder, for the user alone, and no more."""
    status, told = house.row("store")
    assert status == "ok"
    assert f"no store at {house.store} yet" in told
    assert not house.store.parent.exists()
    assert house.row("store", fix=True) == ("fixed", f"made the folder {house.store.parent}")
    assert list(house.store.parent.iterdir()) == []
    assert house.store.parent.stat().st_mode & 0o077 == 0 or os.name == "nt"
    assert house.row("store", fix=True)[0] == "ok"


def test_a_store_that_can_never_be(house: House) -> None:
    """A store below a file cannot be made, and mending does not try."""
    house.environment["CITETRACK_STORE"] = str(house.data / "people.toml" / "a" / "store.db")
    for fix in (False, True):
        status, told = house.row("store", fix=fix)
        assert status == "error"
        assert "people.toml is no folder" in told


def test_a_store_of_an_impossible_name(house: House) -> None:
    """A name that no file system takes is an error in a line."""
    house.environment["CITETRACK_STORE"] = str(house.root / ("a" * 5000))
    status, told = house.row("store", fix=True)
    assert status == "error"
    assert "name another place" in told


def test_a_sound_store(house: House) -> None:
    """A sound store is named with its size, version and newest run; looking and mending leave it as it is."""
    house.asked()
    before = files(house.store.parent)
    status, told = house.row("store", fix=True)
    assert status == "ok"
    assert told.startswith(f"{house.store}: sound, ")
    assert told.endswith("version 1, 1 run, the newest of 2026-07-26 12:00 UTC")
    assert files(house.store.parent) == before


def test_an_empty_store(house: House) -> None:
    """A store without a run, and an empty file, are sound."""
    with open_store(house.store):
        pass
    assert "without any run yet" in house.row("store")[1]
    house.store.write_bytes(b"")
    assert house.row("store")[0] == "ok"


def test_runs_that_were_cut_off(house: House) -> None:
    """A run without an end that began more than a day ago was cut off, which is told; a younger one may still go on."""
    house.asked()
    assert "cut off" not in house.row("store")[1]
    status, told = house.row("store", now=lambda: NOW + timedelta(days=2))
    assert status == "ok"
    assert told.endswith("1 cut off before the end, what they had fetched counts")


def spoil_the_beginning(store: Path) -> None:
    store.write_bytes(b"no store" * 60 + store.read_bytes()[480:])


def spoil_a_page(store: Path) -> None:
    content = store.read_bytes()
    store.write_bytes(content[:4096] + b"\xa5" * 4096 + content[8192:])


def cut_it(store: Path) -> None:
    store.write_bytes(store.read_bytes()[:-4096])


def change_a_number(store: Path) -> None:
    database = sqlite3.connect(store)
    with database:
        database.execute("""UPDATE observations SET data = replace(data, '5', '6')""")
    database.close()


def drop_a_table(store: Path) -> None:
    database = sqlite3.connect(store)
    with database:
        database.execute("DROP TABLE provenance")
    database.close()


@pytest.mark.parametrize("spoil", [spoil_the_beginning, spoil_a_page, cut_it, change_a_number, drop_a_table])
def test_a_damaged_store_is_moved_aside(house: House, spoil: Callable[[Path], None]) -> None:
    """Damage of any kind is an error; mending moves the file aside, byte for byte, and the next run finds a place for a new store."""
    house.asked()
    spoil(house.store)
    damaged = house.store.read_bytes()
    status, told = house.row("store")
    assert status == "error"
    assert f"the store {house.store} is damaged: " in told
    assert "--fix moves it aside" in told
    assert house.store.read_bytes() == damaged
    status, told = house.row("store", fix=True)
    assert status == "fixed"
    aside = house.store.with_name("store.db.damaged-1")
    assert str(aside) in told
    assert files(house.store.parent) == {aside.name: damaged}
    house.asked()
    assert house.row("store")[0] == "ok"


def test_a_second_damaged_store_stands_beside_the_first(house: House) -> None:
    """No store that was moved aside is ever written over."""
    kept = {}
    for number in (1, 2, 3):
        house.asked()
        spoil_a_page(house.store)
        kept[f"store.db.damaged-{number}"] = house.store.read_bytes()
        assert house.row("store", fix=True)[0] == "fixed"
    assert files(house.store.parent) == kept


def test_what_waits_in_a_side_file_goes_with_the_store(house: House) -> None:
    """Where another program still reads the store, runs wait in its side files: they are moved with it, under names by which SQLite finds them."""
    house.asked()
    reader = sqlite3.connect(house.store, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM run").fetchone()
    house.asked()
    change_a_number(house.store)
    assert house.row("store", fix=True)[0] == "fixed"
    aside = house.store.with_name("store.db.damaged-1")
    assert {path.name for path in aside.parent.iterdir()} == {aside.name, f"{aside.name}-wal", f"{aside.name}-shm"}
    reader.close()
    database = sqlite3.connect(aside)
    assert database.execute("SELECT COUNT(*) FROM run").fetchone() == (2,)
    database.close()


def test_a_link_to_a_damaged_store_stays(house: House) -> None:
    """Where the store is a link, what it leads to is moved aside beside itself, and the link leads to the next store."""
    house.asked()
    spoil_the_beginning(house.store)
    link = house.root / "link.db"
    link.symlink_to(house.store)
    house.environment["CITETRACK_STORE"] = str(link)
    assert house.row("store", fix=True)[0] == "fixed"
    assert link.is_symlink()
    assert [path.name for path in house.store.parent.iterdir()] == ["store.db.damaged-1"]


def test_what_was_never_a_store_is_not_moved(house: House) -> None:
    """A file or database of somebody else's that CITETRACK_STORE names by mistake, a folder, and a store of a newer version stay where they are."""
    other = house.root / "thesis.odt"
    other.write_bytes(b"PK\x03\x04" * 1000)
    database = sqlite3.connect(house.root / "photos.db")
    with database:
        database.execute("CREATE TABLE photo (id)")
    database.close()
    house.asked()
    newer = sqlite3.connect(house.store)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    before = files(house.root)
    for name, told in (
        (other, "something else than a store"),
        (house.root / "photos.db", "no store of citetrack's"),
        (house.data, "is no file"),
        (house.store, "newer citetrack"),
    ):
        house.environment["CITETRACK_STORE"] = str(name)
        status, message = house.row("store", fix=True)
        assert status == "error"
        assert told in message
    assert files(house.root) == before


def test_a_store_in_use_is_not_damaged(house: House) -> None:
    """A store that another program holds is an error that says so, and mending leaves it where it is."""
    house.asked()
    holder = sqlite3.connect(house.store, isolation_level=None)
    try:
        holder.execute("PRAGMA journal_mode = DELETE")
        holder.execute("BEGIN EXCLUSIVE")
        status, told = house.row("store", fix=True)
        assert status == "error"
        assert "in use by another program" in told
        assert house.store.exists()
        assert house.row("clock")[0] == "ok"
    finally:
        holder.close()


def test_a_store_that_is_taken_into_use_meanwhile_is_not_damaged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another program takes the store while it is looked through, what could not be looked at is not called damaged."""
    house.asked()
    holder = sqlite3.connect(house.store, isolation_level=None)
    holder.execute("PRAGMA journal_mode = DELETE")

    def held(path: Path, **options: Any) -> Any:
        opened = open_store(path, **options | {"patience": 0.01})
        holder.execute("BEGIN EXCLUSIVE")
        return opened

    monkeypatch.setattr("citetrack.store.open_store", held)
    try:
        status, told = house.row("store", fix=True)
    finally:
        holder.close()
    assert status == "error"
    assert "in use by another program" in told
    assert house.store.exists()


# --- The cache and the clock -----------------------------------------------------------------------------------------------------------------


def test_no_cache_yet(house: House) -> None:
    """A cache that is not there is well; mending makes its folder."""
    assert house.row("cache") == ("ok", f"no cache at {house.cache} yet; the first update makes it")
    assert house.row("cache", fix=True) == ("fixed", f"made the folder {house.cache}")
    assert house.row("cache", fix=True)[0] == "ok"


def test_the_cache_is_counted(house: House) -> None:
    """How many answers are in the cache, and how large they are; what else somebody keeps there is told apart."""
    house.cache.mkdir()
    for number in range(3):
        (house.cache / f"{number:064x}.json").write_bytes(b"x" * 2**20)
    assert house.row("cache") == ("ok", f"{house.cache}: 3 answers, 3.0 MB")
    (house.cache / "diary.txt").write_bytes(b"x" * 2**20)
    assert house.row("cache") == ("ok", f"{house.cache}: 3 answers, 3.0 MB; 1 other file there that citetrack leaves alone")


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


def test_the_cache_that_citetrack_writes(house: House) -> None:
    """What the transport keeps of a real answer is counted as an answer: both know it by the same name."""
    with HTTPServer(("127.0.0.1", 0), Server) as server:
        serving = threading.Thread(target=server.handle_request)
        serving.start()
        access = Access("openalex", f"http://127.0.0.1:{server.server_port}", None, ("127.0.0.1",))
        http = Http(access, cache=Cache(house.cache, lambda: NOW), now=lambda: NOW)
        assert http.get("works").json() == {}
        http.close()
        serving.join()
    status, told = house.row("cache")
    assert status == "ok"
    assert told.startswith(f"{house.cache}: 1 answer, ")
    assert "other" not in told


def test_a_cache_that_is_no_folder(house: House) -> None:
    """A file in the place of the cache is an error, and stays."""
    house.cache.write_text("mine")
    status, told = house.row("cache", fix=True)
    assert status == "error"
    assert "is no folder" in told
    assert house.cache.read_text() == "mine"


def test_what_cut_off_updates_left_is_removed(house: House) -> None:
    """Temporary files of the cache older than a day are told of and, with mending, removed; younger ones, links and other files stay."""
    house.cache.mkdir()
    old, young = (NOW - timedelta(days=2)).timestamp(), (NOW - timedelta(hours=2)).timestamp()
    for name, age in {"tmpabc123_x.part": old, "tmpdef456_y.part": young, "0f0f.json": old, "film.part": old}.items():
        (house.cache / name).write_bytes(b"{}")
        os.utime(house.cache / name, (age, age))
    (house.cache / "tmplink.part").symlink_to(house.cache / "0f0f.json")
    warned, counted = house.rows("cache")
    assert warned["status"] == "warning"
    assert "1 temporary file of updates that were cut off" in warned["message"]
    assert "2 other files there" in counted["message"]
    mended, _ = house.rows("cache", fix=True)
    assert mended["status"] == "fixed"
    assert "removed 1 temporary file that citetrack itself had left" in mended["message"]
    assert sorted(path.name for path in house.cache.iterdir()) == ["0f0f.json", "film.part", "tmpdef456_y.part", "tmplink.part"]


def test_the_clock(house: House) -> None:
    """A clock before there was citetrack, and one that an answer in the store is ahead of by more than a day, are errors."""
    assert house.row("clock") == ("ok", "2026-07-26 12:00 UTC")
    status, told = house.row("clock", now=lambda: datetime(1970, 1, 1, tzinfo=UTC))
    assert status == "error"
    assert "1970-01-01, which is past" in told
    house.asked(day=date(2026, 7, 27))  # as where it is tomorrow already
    assert house.row("clock")[0] == "ok"
    house.asked(day=date(2027, 1, 1))
    status, told = house.row("clock")
    assert status == "error"
    assert "2027-01-01" in told
    assert "2026-07-26" in told


def test_the_clock_beside_a_damaged_store(house: House) -> None:
    """A store that cannot be read says nothing against the clock."""
    house.asked()
    spoil_the_beginning(house.store)
    assert house.row("clock")[0] == "ok"


# --- Without the right to look or to write ---------------------------------------------------------------------------------------------------


@pytest.fixture
def plain_user() -> Iterator[House]:
    """A house of this process without the rights of the superuser; the folders' rights are the test's to set."""
    if os.name != "posix":
        pytest.skip("skipped: the folder's mode is not obeyed here")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    house = House(folder)
    house.asked()
    house.cache.mkdir()
    privileged = os.geteuid() == 0
    if privileged:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65534, 65534)
        os.seteuid(65534)
    try:
        try:
            list(folder.iterdir())
        except PermissionError:
            pytest.skip("skipped: the folder for temporary files is closed to others")
        yield house
    finally:
        if privileged:
            os.seteuid(0)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o700)
        shutil.rmtree(folder)


def test_what_may_not_be_written_to(plain_user: House) -> None:
    """A store that can only be read is a warning, a cache that cannot be written to an error, and a missing one that cannot be made as well."""
    plain_user.store.chmod(0o444)
    plain_user.store.parent.chmod(0o555)
    plain_user.cache.chmod(0o555)
    assert plain_user.row("store", fix=True)[0] == "warning"
    status, told = plain_user.row("cache", fix=True)
    assert status == "error"
    assert "CITETRACK_CACHE" in told
    plain_user.environment |= {"CITETRACK_STORE": str(plain_user.store.parent / "b" / "store.db")}
    status, told = plain_user.row("store", fix=True)
    assert status == "error"
    assert f"{plain_user.store.parent} cannot be written to" in told


def test_a_damaged_store_that_cannot_be_moved(plain_user: House) -> None:
    """Where mending fails, the finding stays an error, and says why."""
    spoil_the_beginning(plain_user.store)
    plain_user.store.parent.chmod(0o555)
    status, told = plain_user.row("store", fix=True)
    assert status == "error"
    assert "this failed: Permission denied" in told
    assert plain_user.store.exists()


def test_a_data_folder_that_may_not_be_looked_into(plain_user: House) -> None:
    """A data folder that cannot be read is an error that says whose right is missing."""
    plain_user.data.chmod(0o000)
    for check in ("data_folder", "bib", "settings"):
        status, told = plain_user.row(check)
        assert status == "error"
        assert str(plain_user.data) in told


# --- The command line ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def at_home(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house as the environment of this process has it."""
    for name, value in (house.environment | {"CITETRACK_DATA": str(house.data)}).items():
        monkeypatch.setenv(name, value)
    return house


def test_exit_codes(at_home: House, capsys: pytest.CaptureFixture[str]) -> None:
    """0 where nothing is an error (warnings are none), 1 where something is, 2 for a check that is none."""
    assert main(["doctor"]) == 0
    assert "contact" in capsys.readouterr().out
    at_home.write("people.toml", "[ada")
    assert main(["doctor"]) == 1
    assert main(["doctor", "store", "clock"]) == 0
    capsys.readouterr()
    assert main(["doctor", "nothing"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "data_folder" in err


def test_the_document(at_home: House, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON is one list of flat objects."""
    assert main(["doctor", "--format", "json", "--explain"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "citetrack/doctor/1"
    assert all(isinstance(value, str) for row in document["checks"] for value in row.values())
    assert all(row["explanation"] for row in document["checks"])


def test_the_page_explains(at_home: House, capsys: pytest.CaptureFixture[str]) -> None:
    """On the page, `--explain` says below the first finding of a check what it looks at, once; without, the page has no word of it."""
    assert main(["doctor", "keys"]) == 0
    assert "looks like" not in capsys.readouterr().out
    assert main(["doctor", "keys", "--explain"]) == 0
    assert " ".join(capsys.readouterr().out.split()).count("looks like one") == 1


def test_fix_and_look_again(at_home: House, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged store: `profile` refuses it, `doctor` says where, `doctor --fix` moves it aside, and all is well after."""
    at_home.asked()
    spoil_the_beginning(at_home.store)
    assert main(["profile", "ada-lovelace"]) == 4
    assert main(["doctor"]) == 1
    assert "is damaged" in capsys.readouterr().out
    assert main(["doctor", "--fix", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["checks"]
    assert {row["check"] for row in rows if row["status"] == "fixed"} == {"store", "cache"}
    assert main(["doctor"]) == 0
    assert main(["profile", "ada-lovelace"]) == 0


def test_nothing_is_asked_of_the_network(at_home: House, python: Callable[..., CompletedProcess[str]]) -> None:
    """No check opens a connection or looks up a host."""
    program = (
        "import sys\n"
        "def watch(event, details):\n"
        "    if event in {'socket.connect', 'socket.getaddrinfo', 'socket.gethostbyname'}: raise SystemExit(f'{event} {details}')\n"
        "sys.addaudithook(watch)\n"
        "from citetrack.cli import main\n"
        "sys.exit(main(['doctor', '--fix', '--explain']))"
    )
    done = python("-c", program)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_hostile_name_is_one_harmless_line(at_home: House, capsys: pytest.CaptureFixture[str]) -> None:
    """What a terminal would obey in the name of a file is not printed, and a line stays a line."""
    at_home.write("a\x1b[2J\nb.bib", BIB)
    assert main(["doctor", "people"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    (row,) = at_home.rows("people")
    assert "\n" not in row["message"] + row["about"]


def test_looking_leaves_no_thread(house: House) -> None:
    """Nothing goes on when the rows are there."""
    before = threading.active_count()
    house.asked()
    house.rows(fix=True)
    assert threading.active_count() == before
