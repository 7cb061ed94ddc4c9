"""What the tags of a feature, a rule and a scenario say.

    Feature    @contract-Reloadable @version-1.0
    Rule       @RLD-004 @must|@should @since-1.0 @needs-snapshot @after-RLD-008
               @every-interleaving @at-each-place
    Scenario   @needs-… @without-… @every-interleaving @at-each-place @sync-only @async-only
               @scenario-3, any other

Rules: a tag of a feature or a rule that is not in this list is an error, because a misspelt need
would drop a clause in silence. A scenario keeps its other tags verbatim. Needs name methods of a
harness; `-` and `_` in them are the same. It must not know which needs exist: harnesses do.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_policy_contracts.clauses.clause import Level
from pytest_policy_contracts.clauses.problems import ClauseError, Place
from pytest_policy_contracts.contracts.near_matches import did_you_mean

CLAUSE_ID = re.compile(r"[A-Z]{2,}-\d{3}")
_VERSION = re.compile(r"\d+\.\d+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_NEED = re.compile(r"[a-z][a-z0-9_]*")
_NUMBER = re.compile(r"[1-9]\d*")
_LEVELS = {"must": Level.MUST, "should": Level.SHOULD}
_FLAGS = ("every-interleaving", "at-each-place")
_SUBJECT_FLAGS = ("sync-only", "async-only")


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag as written, without its `@`."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class FeatureTags:
    """What the tags of a feature say."""

    contract: str
    version: str


@dataclass(frozen=True, slots=True)
class RuleTags:
    """What the tags of a rule say."""

    id: str
    level: Level
    since: str
    needs: tuple[str, ...]
    after: tuple[str, ...]
    every_interleaving: bool
    every_place: bool


@dataclass(frozen=True, slots=True)
class ScenarioTags:
    """What the tags of a scenario say, with those of its rule."""

    needs: tuple[str, ...]
    without: tuple[str, ...]
    every_interleaving: bool
    every_place: bool
    sync_only: bool
    async_only: bool
    number: int | None
    others: tuple[str, ...]


def feature_tags(tags: Sequence[Tag], place: Place) -> FeatureTags:
    """Read the tags above `Feature:`; `place` is where a missing one is reported."""
    found = _Found(tags, place)
    contract = found.one("contract-", _NAME, "Write @contract-Reloadable above the feature.")
    version = found.one("version-", _VERSION, "Write @version-1.0 above the feature.")
    found.refuse_the_rest(("contract-", "version-"))
    return FeatureTags(contract, version)


def rule_tags(tags: Sequence[Tag], place: Place) -> RuleTags:
    """Read the tags above `Rule:`; `place` is where a missing one is reported."""
    found = _Found(tags, place)
    read = RuleTags(
        id=found.clause_id(),
        level=found.level(),
        since=found.at_most_one("since-", _VERSION) or "1.0",
        needs=found.needs("needs-"),
        after=found.many("after-", CLAUSE_ID),
        every_interleaving=found.flag("every-interleaving"),
        every_place=found.flag("at-each-place"),
    )
    found.refuse_the_rest(("must", "should", "since-", "needs-", "after-", *_FLAGS))
    return read


def scenario_tags(tags: Sequence[Tag], rule: RuleTags, place: Place) -> ScenarioTags:
    """Read the tags above `Scenario:` and add what its rule says."""
    found = _Found(tags, place)
    number = found.at_most_one("scenario-", _NUMBER)
    read = ScenarioTags(
        needs=_once((*rule.needs, *found.needs("needs-"))),
        without=found.needs("without-"),
        every_interleaving=found.flag("every-interleaving") or rule.every_interleaving,
        every_place=found.flag("at-each-place") or rule.every_place,
        sync_only=found.flag("sync-only"),
        async_only=found.flag("async-only"),
        number=int(number) if number else None,
        others=found.rest(),
    )
    _refuse_contradictions(read, place)
    return read


def _refuse_contradictions(read: ScenarioTags, place: Place) -> None:
    if both := sorted(set(read.needs) & set(read.without)):
        raise place.error("a scenario needs a capability and excludes it", both[0], "Drop one of the two tags.")
    if read.sync_only and read.async_only:
        raise place.error("a scenario that can never run", "@sync-only @async-only", "Drop one of the two tags.")


class _Found:
    """Tags that are taken off one by one, so that what is left is what nobody understands."""

    def __init__(self, tags: Sequence[Tag], place: Place) -> None:
        self._left = list(tags)
        self._place = place

    def flag(self, name: str) -> bool:
        return bool(self._take(tag for tag in self._left if tag.name == name))

    def many(self, prefix: str, shape: re.Pattern[str]) -> tuple[str, ...]:
        taken = self._take(tag for tag in self._left if tag.name.startswith(prefix))
        return _once(_shaped(tag, prefix, shape) for tag in taken)

    def needs(self, prefix: str) -> tuple[str, ...]:
        self._left = [Tag(_underscored(tag.name, prefix), tag.place) for tag in self._left]
        return self.many(prefix, _NEED)

    def at_most_one(self, prefix: str, shape: re.Pattern[str]) -> str | None:
        values = self.many(prefix, shape)
        if len(values) > 1:
            raise self._place.error(f"more than one @{prefix} tag", ", ".join(values), "Keep one of them.")
        return values[0] if values else None

    def one(self, prefix: str, shape: re.Pattern[str], remedy: str) -> str:
        value = self.at_most_one(prefix, shape)
        if value is None:
            raise self._place.error(f"no @{prefix} tag", self._shown(), remedy)
        return value

    def clause_id(self) -> str:
        ids = self._take(tag for tag in self._left if CLAUSE_ID.fullmatch(tag.name))
        if len(ids) != 1:
            shown = " ".join(f"@{tag.name}" for tag in ids) or self._shown()
            fact = "a rule with more than one id" if ids else "a rule without an id"
            raise self._place.error(fact, shown, "Write one id, such as @RLD-004, above it.")
        return ids[0].name

    def level(self) -> Level:
        levels = self._take(tag for tag in self._left if tag.name in _LEVELS)
        if len(levels) != 1:
            shown = " ".join(f"@{tag.name}" for tag in levels) or self._shown()
            fact = "a rule with more than one level" if levels else "a rule without a level"
            raise self._place.error(fact, shown, "Write either @must or @should above it.")
        return _LEVELS[levels[0].name]

    def rest(self) -> tuple[str, ...]:
        return _once(tag.name for tag in self._left)

    def refuse_the_rest(self, known: Iterable[str]) -> None:
        for tag in self._left:
            raise _unknown(tag, known)

    def _take(self, wanted: Iterable[Tag]) -> list[Tag]:
        taken = list(wanted)
        self._left = [tag for tag in self._left if tag not in taken]
        return taken

    def _shown(self) -> str:
        return " ".join(f"@{tag.name}" for tag in self._left) or "no tags"


def _shaped(tag: Tag, prefix: str, shape: re.Pattern[str]) -> str:
    value = tag.name.removeprefix(prefix)
    if shape.fullmatch(value):
        return value
    raise tag.place.error(f"a @{prefix} tag with a malformed value", value, f"It has to match {shape.pattern}.")


def _underscored(name: str, prefix: str) -> str:
    if not name.startswith(prefix):
        return name
    return prefix + name.removeprefix(prefix).replace("-", "_")


def _unknown(tag: Tag, known: Iterable[str]) -> ClauseError:
    # Only the head is compared, else `need-snapshot` is too far from `needs-` to be named.
    head = tag.name[: tag.name.find("-") + 1] or tag.name
    names = [f"@{name}…" if name.endswith("-") else f"@{name}" for name in known]
    return tag.place.error("unknown tag", f"@{tag.name}", did_you_mean(f"@{head}", names))


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
