"""A change to one setting, and a set of changes that belong together.

Rules: both are frozen values; every operation answers a new one. A value marked sensitive appears
in no repr, no summary, no error text and no `diff_id`. They must not apply themselves: what a
change does to a module is the module's business.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from pytest_policy_contracts.contracts.fingerprint import digest

REDACTED = "<redacted>"


class ChangeKind(StrEnum):
    """What happened to the setting."""

    ADDED = "added"
    MODIFIED = "modified"
    REMOVED = "removed"


_INVERSE_KIND = {
    ChangeKind.ADDED: ChangeKind.REMOVED,
    ChangeKind.MODIFIED: ChangeKind.MODIFIED,
    ChangeKind.REMOVED: ChangeKind.ADDED,
}


@dataclass(frozen=True, slots=True, repr=False)
class ConfigChange:
    """One setting's change from `old` to `new`; `path` is dotted, such as `cache.ttl`.

    An added setting has no `old` and a removed one no `new` (both `None`). `kind` may be given as a
    plain string. A wrong combination raises `ValueError`, which never quotes the values.
    """

    path: str
    kind: ChangeKind
    old: object
    new: object
    sensitive: bool = False

    def __post_init__(self) -> None:
        _check_path(self.path)
        object.__setattr__(self, "kind", _kind(self.kind))
        _check_absent_side(self)

    @classmethod
    def added(cls, path: str, new: object, *, sensitive: bool = False) -> "ConfigChange":
        """The setting did not exist and now has the value `new`."""
        return cls(path, ChangeKind.ADDED, None, new, sensitive)

    @classmethod
    def modified(cls, path: str, old: object, new: object, *, sensitive: bool = False) -> "ConfigChange":
        """The setting had the value `old` and now has `new`."""
        return cls(path, ChangeKind.MODIFIED, old, new, sensitive)

    @classmethod
    def removed(cls, path: str, old: object, *, sensitive: bool = False) -> "ConfigChange":
        """The setting had the value `old` and no longer exists."""
        return cls(path, ChangeKind.REMOVED, old, None, sensitive)

    def inverse(self) -> "ConfigChange":
        """Answer the change that undoes this one [RLD-012]."""
        return replace(self, kind=_INVERSE_KIND[self.kind], old=self.new, new=self.old)

    def redacted(self) -> "ConfigChange":
        """Answer this change, with the values it has replaced by a mark if it is sensitive."""
        if not self.sensitive:
            return self
        old = None if self.kind is ChangeKind.ADDED else REDACTED
        new = None if self.kind is ChangeKind.REMOVED else REDACTED
        return replace(self, old=old, new=new)

    def __repr__(self) -> str:
        shown = self.redacted()
        return (
            f"ConfigChange({self.path!r}, {self.kind.value!r}, old={shown.old!r}, new={shown.new!r}"
            f"{', sensitive=True' if self.sensitive else ''})"
        )


@dataclass(frozen=True, slots=True)
class ConfigDiff:
    """The changes of one reload, in the order in which they apply."""

    changes: tuple[ConfigChange, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "changes", tuple(self.changes))

    @classmethod
    def of(cls, changes: Iterable[ConfigChange]) -> "ConfigDiff":
        """Make a diff of any iterable of changes."""
        return cls(tuple(changes))

    @property
    def diff_id(self) -> str:
        """The identity of the content: 32 hexadecimal digits, equal wherever the content is equal.

        The values of sensitive changes are left out, so that nobody can find a secret by hashing
        guesses. The price: two diffs that differ in nothing but a secret have one id.
        """
        return digest(_identity(change) for change in self.changes)

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to apply."""
        return bool(self.changes)

    def filter_by_prefix(self, prefix: str) -> "ConfigDiff":
        """Keep the changes at `prefix` and below: `cache` keeps `cache.ttl`, not `cached.ttl`."""
        stem = prefix.rstrip(".")
        if not stem:
            return self
        kept = (c for c in self.changes if c.path == stem or c.path.startswith(f"{stem}."))
        return ConfigDiff(tuple(kept))

    def redacted(self) -> "ConfigDiff":
        """Answer this diff with every sensitive value replaced by a mark."""
        return ConfigDiff(tuple(change.redacted() for change in self.changes))

    def summary(self) -> str:
        """Say in one line how many settings change and how; it holds no values."""
        if not self.changes:
            return "no changes"
        counted = Counter(change.kind for change in self.changes)
        kinds = ", ".join(f"{counted[kind]} {kind.value}" for kind in ChangeKind if counted[kind])
        noun = "change" if len(self.changes) == 1 else "changes"
        return f"{len(self.changes)} {noun}: {kinds}"

    def inverse(self) -> "ConfigDiff":
        """Answer the diff that undoes this one: each change inverted, last first [RLD-012]."""
        return ConfigDiff(tuple(change.inverse() for change in reversed(self.changes)))


def _identity(change: ConfigChange) -> tuple[object, ...]:
    values = () if change.sensitive else (change.old, change.new)
    return (change.path, change.kind.value, change.sensitive, values)


def _check_path(path: object) -> None:
    if not isinstance(path, str) or not path.strip():
        raise ValueError(f"The path of a change is {path!r}. Name the setting, such as 'cache.ttl'.")


def _kind(kind: str) -> ChangeKind:
    try:
        return ChangeKind(kind)
    except ValueError:
        names = ", ".join(ChangeKind)
        raise ValueError(f"The kind of a change is {kind!r}. Use one of {names}.") from None


def _check_absent_side(change: ConfigChange) -> None:
    if change.kind is ChangeKind.ADDED and change.old is not None:
        raise ValueError(f"{change.path} is added but has an old value. Make it modified, or leave it out.")
    if change.kind is ChangeKind.REMOVED and change.new is not None:
        raise ValueError(f"{change.path} is removed but has a new value. Make it modified, or leave it out.")
