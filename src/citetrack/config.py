"""What a person wrote down: whom to track (the data folder and its `people.toml`), and how the sources are reached (`citetrack.toml`, the environment).

`people.toml` has one table for each person, named by the slug that also names `<slug>.bib` and `<slug>.counts.csv`::

    [junyang-lin]
    name = "Junyang Lin"
    aka = ["林俊旸", "Lin, Junyang"]
    ids = { dblp = "215/3823", scholar = "qp6IwtgAAAAJ" }
    same = [["bib:ofa-2022", "bib:ofa-icml-2022"]]
    different = []
    not_mine = []

`citetrack.toml` is optional; what the environment says wins over it::

    contact = "someone@example.org"

    [sources.openalex]
    url = "https://openalex.example.org"
    key_env = "OUR_OPENALEX_KEY"
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from citetrack.errors import ConfigError, UsageError
from citetrack.records import ids, text
from citetrack.records.model import Decisions, Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PEOPLE: Final = "people.toml"
SETTINGS: Final = "citetrack.toml"
_LARGEST: Final = 16 * 2**20
EXAMPLE: Final = Path(__file__).parent / "example"
_HYPHENS = re.compile("[-\u2010\u2011]")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?(?:/[!-~]*)?", re.IGNORECASE)
_FIELDS = ("name", "aka", "ids", "same", "different", "not_mine")


class DataFolder(NamedTuple):
    """Where the human-owned files lie; `example` is the read-only folder that travels with the package."""

    path: Path
    example: bool = False

    def __str__(self) -> str:
        return f"{self.path / PEOPLE}{' (the bundled example)' if self.example else ''}"


class Settings(NamedTuple):
    """How the sources are reached. `urls` and `keys` hold what is configured, by the name of the source; `key_names` whence each key comes."""

    contact: str | None = None
    urls: Mapping[str, str] = MappingProxyType({})
    keys: Mapping[str, str] = MappingProxyType({})
    key_names: Mapping[str, str] = MappingProxyType({})

    def __repr__(self) -> str:
        return f"Settings(contact={self.contact!r}, urls={dict(self.urls)}, keys of {', '.join(self.keys) or 'none'})"


def data_folder(option: str | None, environment: Mapping[str, str], checkout: Path | None = None) -> DataFolder:
    """The data folder.

    That of the option, else `CITETRACK_DATA`, else `bib/` of the checkout, else `./bib` if it holds `people.toml`, else the platform's user data
    directory, else the example that travels with the package. Raises `ConfigError` where a folder was named that is none.
    """
    for named, by in ((option, "--data"), (environment.get("CITETRACK_DATA"), "CITETRACK_DATA")):
        if named:
            if not os.path.isdir(named):  # noqa: PTH112 - Path.is_dir raises where it may not look, or for a name that is too long
                raise ConfigError(f"{by} names {named[:200]}, which is no folder; name the one that holds {PEOPLE}")
            return DataFolder(Path(named))
    if checkout is not None:
        return DataFolder(checkout / "bib")
    here = Path("bib")
    if _holds_people(here):
        return DataFolder(here)
    own = user_data_directory()
    return DataFolder(own) if _holds_people(own) else _example()


def _holds_people(folder: Path) -> bool:
    return os.path.isfile(folder / PEOPLE)  # noqa: PTH113 - Path.is_file raises where it may not look


def user_data_directory() -> Path:
    """Where this platform keeps a user's data."""
    import platformdirs  # ~10 ms, and most runs name their folder before this is asked

    return Path(platformdirs.user_data_dir("citetrack", appauthor=False))


def store_file(environment: Mapping[str, str]) -> Path:
    """The store of runs: `CITETRACK_STORE`, else `store.db` in the platform's user data directory."""
    named = environment.get("CITETRACK_STORE")
    return Path(named) if named else user_data_directory() / "store.db"


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where answers are cached: `CITETRACK_CACHE`, else the platform's cache directory."""
    named = environment.get("CITETRACK_CACHE")
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_cache_dir("citetrack", appauthor=False))


def settings(folder: Path, environment: Mapping[str, str], customary: Mapping[str, Sequence[str]]) -> Settings:
    """How the sources are reached: what the environment says, else what `citetrack.toml` in the data folder says.

    `customary` names, for each source, the variables in which its users are wont to keep a key.
    Raises `ConfigError` for what cannot be understood: a source that is none, an address that is none, a key that no header can carry.
    """
    path = folder / SETTINGS
    table = _settings_table(path, customary)
    contact = _contact(environment.get("CITETRACK_CONTACT") or table.get("contact"), path)
    urls, keys, key_names = {}, {}, {}
    for source, variables in customary.items():
        written = table["sources"].get(source, {})
        url = environment.get(f"CITETRACK_{source.upper()}_URL") or written.get("url")
        if url:
            urls[source] = _base_address(url, source)
        for variable in (f"CITETRACK_{source.upper()}_KEY", written.get("key_env"), *variables):
            if variable and environment.get(variable, "").strip():
                keys[source], key_names[source] = _usable_key(environment[variable], variable), variable
                break
    return Settings(contact, urls, keys, key_names)


def _settings_table(path: Path, sources: Iterable[str]) -> dict[str, Any]:
    """The file as nested tables, each key known and each value a text; empty where there is no file."""
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises where it may not look
        return {"sources": {}}
    table = _toml(path)
    written = table.setdefault("sources", {})
    _only(table, ("contact", "sources"), str(path))
    if not isinstance(written, dict):
        raise ConfigError(f"{path}: sources is a table; write [sources.openalex] above its keys")
    for source, facts in written.items():
        if source not in sources:
            raise ConfigError(f"{path}: no such source: {source[:40]!r}; there are {', '.join(sources)}")
        if not isinstance(facts, dict) or not all(isinstance(value, str) for value in facts.values()):
            raise ConfigError(f'{path}: sources.{source} is a table of texts, as in url = "https://…"')
        _only(facts, ("url", "key_env"), f"{path} [sources.{source}]")
    return table


def _only(table: Mapping[str, object], known: Sequence[str], where: str) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise ConfigError(f"{where}: no such key: {', '.join(unknown)}; there are {', '.join(known)}")


def _contact(value: object, path: Path) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _MAIL.fullmatch(value.strip()):
        raise ConfigError(
            f"CITETRACK_CONTACT, or contact in {path}, is a mail address, as in someone@example.org; what is set there is none"
        )
    return value.strip()


def _base_address(url: str, source: str) -> str:
    if not _ADDRESS.fullmatch(url.strip()) or "?" in url or "#" in url or not _is_reachable(url.strip()):
        where = f"CITETRACK_{source.upper()}_URL, or url of {source} in {SETTINGS},"
        raise ConfigError(f"{where} is like https://host/path, without a query or a login; what is set there is not")
    return url.strip().rstrip("/")


def _is_reachable(url: str) -> bool:
    """Whether host and port are ones that can be asked at all."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except ValueError:  # UnicodeError is one
        return False
    return bool(host) and port != 0


def _usable_key(value: str, variable: str) -> str:
    key = value.strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(f"the key in {variable} holds characters that no key has; copy it again")
    return key


def _example() -> DataFolder:
    in_the_checkout = Path(__file__).parents[2] / "bib"  # an editable install has no copy of the example beside its modules
    return DataFolder(EXAMPLE if EXAMPLE.is_dir() else in_the_checkout, example=True)


def people(folder: DataFolder) -> list[Person]:
    """Everyone in the folder's `people.toml`, in the file's order.

    Raises `ConfigError` with the place (line and column, or table and key) of what cannot be understood, and where nobody is in it.
    """
    path = folder.path / PEOPLE
    tables = _toml(path)
    if not tables:
        raise ConfigError(f"nobody is in {path}; {_how_to_add(path)}")
    return [_person(slug, table, path) for slug, table in tables.items()]


def _toml(path: Path) -> dict[str, Any]:
    content = _content(path)
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        lines = content.splitlines() or [""]
        place = f"at line {len(lines)}, column {len(lines[-1]) + 1}, the end of the file"
        raise ConfigError(f"{path}: {str(error).replace('at end of document', place)}") from None
    except RecursionError:
        raise ConfigError(f"{path}: values nested too deeply") from None


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ConfigError(f"{path} is larger than {_LARGEST // 2**20} MB; it is to hold settings, not works")
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise ConfigError(f"{path.parent} holds no {path.name}; {_how_to_add(path)}") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None


def _how_to_add(path: Path) -> str:
    return f'write [given-family] and name = "Given Family" into {path}; citetrack find NAME lists ids to paste there'


def _person(slug: str, table: object, path: Path) -> Person:
    where = f"{path} [{slug}]"
    if not _SLUG.fullmatch(slug):
        raise ConfigError(
            f"{where}: a slug is lower-case letters, digits and hyphens, as in [junyang-lin]; it names the files too"
        )
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: {slug} stands outside any table; write [slug] above it")
    unknown = sorted(set(table) - set(_FIELDS))
    if unknown:
        raise ConfigError(f"{where}: no such key: {', '.join(unknown)}; there are {', '.join(_FIELDS)}")
    name = table.get("name")
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(f'{where}: name is missing; write name = "Given Family"')
    decisions = Decisions(
        same=_groups(table.get("same", []), f"{where}: same"),
        different=_groups(table.get("different", []), f"{where}: different"),
        not_mine=_texts(table.get("not_mine", []), f"{where}: not_mine"),
    )
    return Person(
        slug=slug,
        name=text.clean(name),
        aka=tuple(map(text.clean, _texts(table.get("aka", []), f"{where}: aka"))),
        ids=_ids(table.get("ids", {}), f"{where}: ids"),
        decisions=decisions,
    )


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise ConfigError(f'{where} is a list of texts, as in ["one", "another"]')
    return tuple(value)


def _groups(value: object, where: str) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, list) or not all(isinstance(group, list) and len(group) > 1 for group in value):
        raise ConfigError(f'{where} is a list of groups of at least two, as in [["bib:one", "bib:another"]]')
    return tuple(_texts(group, where) for group in value)


def _ids(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ConfigError(f'{where} is a table, as in {{ orcid = "0000-0002-1825-0097" }}')
    found = {}
    for scheme, given in value.items():
        identifier = ids.parse(f"{scheme}:{given}") if isinstance(given, str) else None
        if identifier is None or not ids.is_person(identifier):
            known = ", ".join(sorted(ids.PERSON_SCHEMES))
            raise ConfigError(f"{where}: {scheme} = {given!r} is no id of a person; schemes are {known}")
        normal, _, rest = identifier.partition(":")
        if normal in found:
            raise ConfigError(f"{where}: {scheme} names {normal} a second time; keep one of the two")
        found[normal] = rest
    return found


def find_person(who: str, everyone: Iterable[Person], where: str = PEOPLE) -> Person:
    """The one person that `who` names: an id, a slug, a name or an alias, with case, diacritics and the order of the names folded.

    `where` is what an error calls the file that was looked in.

    Raises `UsageError` that suggests the nearest names, or lists the candidates of an ambiguous one.
    """
    everyone = list(everyone)
    identifier = ids.parse(who)
    slugged = [person for person in everyone if person.slug == who.strip().casefold()]
    fits = slugged or [person for person in everyone if (_has_id(person, identifier) if identifier else is_called(person, who))]
    if len(fits) > 1:
        candidates = "; ".join(f"{person.slug} ({_told_apart(person)})" for person in fits)
        raise UsageError(f"{who[:80]!r} may be any of: {candidates}. Use the slug or an id")
    if not fits:
        raise UsageError(_unknown(who, everyone, where, by_id=identifier is not None))
    return fits[0]


def _has_id(person: Person, identifier: str) -> bool:
    scheme, _, value = identifier.partition(":")
    return person.ids.get(scheme) == value


def is_called(person: Person, who: str) -> bool:
    """Whether `who` is a name or an alias of the person, with case, diacritics and the order of the names folded."""
    wanted = _foldings(who)
    return any(wanted & _foldings(name) for name in (person.name or "", *person.aka))


def _foldings(name: str) -> set[tuple[str, ...]]:
    """The parts of a name without case, diacritics, punctuation and order: hyphens part them, or do not, or nothing does (林 俊旸)."""
    apart = text.fold(name).split()
    joined = text.fold(_HYPHENS.sub("", name)).split()
    return {tuple(sorted(apart)), tuple(sorted(joined)), ("".join(apart),)} - {()}


def _told_apart(person: Person) -> str:
    return ", ".join([person.name or "", *(f"{scheme} {value}" for scheme, value in person.ids.items())])


def _unknown(who: str, everyone: list[Person], where: str, *, by_id: bool) -> str:
    if by_id:
        return f"nobody in {where} has the id {who[:80]}; people there: {', '.join(str(person.slug) for person in everyone[:10])}"
    import difflib  # only where a name is unknown

    names = {text.fold(name): name for person in everyone for name in (person.slug or "", person.name or "", *person.aka)}
    near = difflib.get_close_matches(text.fold(who), names, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(repr(names[name]) for name in near)}?" if near else f"it holds {_some(everyone)}"
    return f"nobody in {where} is called {who[:80]!r}; {hint}"


def _some(everyone: list[Person]) -> str:
    shown = ", ".join(repr(person.name) for person in everyone[:5])
    return shown + (f" and {len(everyone) - 5} more" if len(everyone) > 5 else "")
