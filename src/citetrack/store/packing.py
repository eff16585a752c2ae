"""What a source said as text under digests, and back again, exactly. Pure: nothing here knows of a database."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any, Final, NamedTuple

from citetrack.records.model import Artifact, Candidate, Observation, Outcome, Problem, Record
from citetrack.records.names import Name

_SURROGATE: Final = re.compile("[\ud800-\udfff]")

Stamp = tuple[date | None, str]
"""When something was stated, and where it can be read again."""


class Item(NamedTuple):
    """One thing that a source spoke of, as JSON; the person has no description. `listed`: a work of the source's own list of the person."""

    description: str | None
    observations: str
    listed: bool


class Content(NamedTuple):
    """All that one answer held. `data`: what is neither a work nor an artifact nor a number, as JSON."""

    data: str
    items: Sequence[Item]
    digest: bytes


Stretch = tuple[int, int, int, str | None, str]
"""The first item of a stretch of items, a part of them, the last item; the day on which and the origin where that part stood."""


def pack(outcome: Outcome) -> tuple[Content, list[Stretch]]:
    """What the outcome says, and when and where each stretch of it stood."""
    keys = {record.key for record in outcome.records}
    others = {"listed": sorted(outcome.listed - keys), "candidates": outcome.candidates, "problems": outcome.problems}
    packed = [
        _packed_item(outcome.observations, outcome.source, ""),
        *(_packed_record(record, record.key in outcome.listed, outcome.day) for record in outcome.records),
        *(_packed_artifact(artifact, outcome.source) for artifact in outcome.artifacts),
    ]
    data, items = as_json(others), [item for item, _ in packed]
    return Content(data, items, content_digest(data, items)), list(_in_stretches(stamps for _, stamps in packed))


def _in_stretches(stamps: Iterable[Sequence[Stamp]]) -> Iterator[Stretch]:
    """Neighbours that stood in the same places are one stretch, which has a part for each of the places."""
    for same, stretch in groupby(enumerate(stamps), key=lambda pair: pair[1]):
        places = [place for place, _ in stretch]
        for part, (day, origin) in enumerate(same):
            yield places[0], part, places[-1], day and day.isoformat(), origin


def stamps_of(stretches: Iterable[Stretch], items: int) -> list[list[Stamp]]:
    """When and where each item stood, part by part."""
    stamps: list[list[Stamp]] = [[] for _ in range(items)]
    for first, _, last, day, origin in stretches:
        stamp = (date.fromisoformat(day) if day else None, origin)
        for place in range(first, last + 1):
            stamps[place].append(stamp)
    return stamps


def _packed_artifact(artifact: Artifact, source: str) -> tuple[Item, Sequence[Stamp]]:
    description = {"artifact": artifact.id, "kind": artifact.kind, "source": source}
    return _packed_item(artifact.observations, source, artifact.id, description)


def _packed_record(record: Record, listed: bool, day: date | None) -> tuple[Item, Sequence[Stamp]]:
    description = {
        "key": record.key,
        "source": record.source,
        "title": record.title,
        "authors": [_trimmed(_name_parts(name), _PLAIN_NAME) for name in record.authors],
        "authors_complete": record.authors_complete,
        "year": record.year,
        "venue": record.venue,
        "type": record.type,
        "ids": record.ids,
        "affiliation": record.affiliation,
        "entry": dict(record.entry),
    } | ({} if record.position is None else {"position": record.position})
    # The first part is where the record itself stood.
    stated = next((observation.date for observation in record.observations if observation.origin == record.origin), day)
    item, stamps = _packed_item(record.observations, record.source, record.key, description, ((stated, record.origin),))
    return item._replace(listed=listed), stamps


def _packed_item(
    observations: Iterable[Observation], source: str, about: str, description: object = None, stamps: Sequence[Stamp] = ()
) -> tuple[Item, Sequence[Stamp]]:
    observations = tuple(observations)
    url = observations[0].url if observations else ""
    parts = {stamp: part for part, stamp in enumerate(stamps)}
    said = []
    for it in observations:
        part = parts.setdefault((it.date, it.origin), len(parts))
        own = (
            it.url if it.url != url else None,
            it.note,
            it.source if it.source != source else None,
            it.about if it.about != about else None,
        )
        said.append(_trimmed((it.figure, it.value, it.bound, part, *own), _PLAIN_OBSERVATION))
    return Item(None if description is None else as_json(description), as_json([url, said]), False), tuple(parts)


def unpack(bare: Outcome, content: Content, stamps: Sequence[Sequence[Stamp]]) -> Outcome:
    """The outcome that was packed, from what came of it but for its content, from the content, and from when and where each item stood."""
    data = json.loads(content.data)
    records: list[Record] = []
    artifacts: list[Artifact] = []
    listed = set(data["listed"])
    names: dict[tuple[Any, ...], Name] = {}
    for item, stood in zip(content.items[1:], stamps[1:], strict=True):
        described = json.loads(item.description or "{}")
        if "artifact" in described:
            artifacts.append(_artifact(described, item.observations, stood))
            continue
        records.append(_record(described, item.observations, stood, names))
        if item.listed:
            listed.add(described["key"])
    return replace(
        bare,
        records=tuple(records),
        listed=frozenset(listed),
        observations=_unpacked(content.items[0].observations, stamps[0], bare.source, ""),
        artifacts=tuple(artifacts),
        candidates=tuple(Candidate(*map(_tupled, it)) for it in data["candidates"]),
        problems=tuple(Problem(*it) for it in data["problems"]),
    )


def _artifact(described: Mapping[str, Any], observations: str, stamps: Sequence[Stamp]) -> Artifact:
    id, kind, source = described["artifact"], described["kind"], described["source"]
    return Artifact(id, kind, _unpacked(observations, stamps, source, id))


def _record(
    described: Mapping[str, Any], observations: str, stamps: Sequence[Stamp], names: dict[tuple[Any, ...], Name]
) -> Record:
    return Record(
        key=described["key"],
        source=described["source"],
        title=described["title"],
        authors=tuple([_name(tuple(parts), names) for parts in described["authors"]]),
        authors_complete=described["authors_complete"],
        year=described["year"],
        venue=described["venue"],
        type=described["type"],
        ids=tuple(described["ids"]),
        observations=_unpacked(observations, stamps, described["source"], described["key"]),
        affiliation=described["affiliation"],
        position=described.get("position"),
        entry=described["entry"],
        origin=stamps[0][1],
    )


def _name(parts: tuple[Any, ...], names: dict[tuple[Any, ...], Name]) -> Name:
    """The name; the same one for all works of one co-author, of whom there are far fewer than author lists name."""
    name = names.get(parts)
    if name is None:
        name = names[parts] = Name(*parts)
    return name


def _unpacked(observations: str, stamps: Sequence[Stamp], source: str, about: str) -> tuple[Observation, ...]:
    common, said = json.loads(observations)
    found = []
    for it in said:
        figure, value, bound, part, url, note, own_source, own_about = it + _PLAIN_OBSERVATION[len(it) :]
        day, origin = stamps[part]
        found.append(
            Observation(
                source if own_source is None else own_source,
                day,
                value,
                bound,
                figure,
                about if own_about is None else own_about,
                origin,
                common if url is None else url,
                note,
            )
        )
    return tuple(found)


# What is left out at the end of a list: the commonest case.
_PLAIN_OBSERVATION: Final[list[Any]] = ["citations", 0, "=", 0, None, "", None, None]
_PLAIN_NAME: Final[list[Any]] = [None, "", "", "", False]


def _name_parts(name: Name) -> tuple[Any, ...]:
    return name.family, name.given, name.particle, name.suffix, name.literal


def _trimmed(values: Sequence[Any], plain: Sequence[Any]) -> Sequence[Any]:
    """The values without those at the end that are plain."""
    end = len(values)
    while end and values[end - 1] == plain[end - 1]:
        end -= 1
    return values[:end]


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def content_digest(data: str, items: Iterable[Item]) -> bytes:
    """The digest of all that one answer held."""
    return joint_digest(
        data, ((digest_of(it.description) if it.description else None, digest_of(it.observations), it.listed) for it in items)
    )


def joint_digest(data: str, items: Iterable[tuple[bytes | None, bytes, bool]]) -> bytes:
    """The same, from the digests of the items' texts."""
    joint = hashlib.sha256(digest_of(data))
    for description, observations, listed in items:
        joint.update((description or b"-") + observations + (b"+" if listed else b"-"))
    return joint.digest()


def sighting_digest(outcome: Outcome, content: bytes, stretches: Sequence[Stretch]) -> bytes:
    """The digest of one source's outcome in one run, with the content seen and where it stood."""
    day = outcome.day and outcome.day.isoformat()
    said = outcome.source, outcome.result, outcome.why, day, outcome.asked, outcome.requests, content.hex(), stretches
    return digest_of(as_json(said))


def digest_of(text: str) -> bytes:
    """The digest of a text that has been packed."""
    return hashlib.sha256(text.encode()).digest()


def as_json(value: object) -> str:
    """JSON in ASCII, which also holds what is no character of Unicode, as a lone surrogate."""
    return json.dumps(value, separators=(",", ":"))


def as_column(text: str | None) -> str | bytes | None:
    """The text as a column takes it: as it stands or, where it holds a lone surrogate, as bytes."""
    return text.encode("utf-8", "surrogatepass") if text and _SURROGATE.search(text) else text


def of_column(column: Any) -> Any:
    """The text that `as_column` made a column of."""
    return column.decode("utf-8", "surrogatepass") if isinstance(column, bytes) else column
