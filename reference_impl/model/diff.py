"""Which settings differ, and whom a difference concerns."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from pytest_policy_contracts.contracts import ChangeKind, ConfigChange, ConfigDiff


def difference(old: Mapping[str, object], new: Mapping[str, object], *, sensitive: Collection[str] = ()) -> ConfigDiff:
    """Return what turns `old` into `new`, both flat mappings of dotted paths, in alphabetical order.

    Values of another type differ, also where they are equal: `1`, `1.0` and `True` are three values [RLD-012]. Paths in
    `sensitive` are marked, so that their values are never shown.
    """
    return ConfigDiff.of(
        _change(path, old, new, path in sensitive)
        for path in sorted({*old, *new})
        if path not in old or path not in new or not _same(old[path], new[path])
    )


def concerning(diff: ConfigDiff, prefixes: Mapping[str, Iterable[str]]) -> dict[str, list[ConfigChange]]:
    """Return for each name the changes at or below one of its prefixes, each once and in the order of the diff.

    `prefixes` maps a prefix to the names of those that it belongs to; the empty one stands above every setting. Names
    that no change concerns are left out.
    """
    found: dict[str, list[ConfigChange]] = {}
    for change in diff.changes:
        for name in {name: None for stem in _stems(change.path) for name in prefixes.get(stem, ())}:
            found.setdefault(name, []).append(change)
    return found


def _stems(path: str) -> Iterator[str]:
    """Yield the path and everything above it: `a.b`, `a`, and the empty one."""
    yield path
    end = path.rfind(".")
    while end != -1:
        yield path[:end]
        end = path.rfind(".", 0, end)
    yield ""


def paths(diff: ConfigDiff) -> frozenset[str]:
    """Return which settings a diff changes."""
    return frozenset(change.path for change in diff.changes)


def merged(earlier: ConfigDiff, later: ConfigDiff) -> ConfigDiff:
    """Return the one diff that does what both do one after the other, in the order of the later one's settings.

    A setting that ends as it began is left out.
    """
    first = {change.path: change for change in reversed(earlier.changes)}
    last = {change.path: change for change in later.changes}
    order = dict.fromkeys(change.path for change in (*earlier.changes, *later.changes))
    found = (_over_both(first.get(path) or last[path], last.get(path) or first[path]) for path in order)
    return ConfigDiff.of(change for change in found if change is not None)


def _over_both(first: ConfigChange, last: ConfigChange) -> ConfigChange | None:
    sensitive = first.sensitive or last.sensitive
    was, stays = first.kind != ChangeKind.ADDED, last.kind != ChangeKind.REMOVED
    if not was:
        return ConfigChange.added(first.path, last.new, sensitive=sensitive) if stays else None
    if not stays:
        return ConfigChange.removed(first.path, first.old, sensitive=sensitive)
    if _same(first.old, last.new):
        return None
    return ConfigChange.modified(first.path, first.old, last.new, sensitive=sensitive)


def _change(path: str, old: Mapping[str, object], new: Mapping[str, object], sensitive: bool) -> ConfigChange:
    if path not in old:
        return ConfigChange.added(path, new[path], sensitive=sensitive)
    if path not in new:
        return ConfigChange.removed(path, old[path], sensitive=sensitive)
    return ConfigChange.modified(path, old[path], new[path], sensitive=sensitive)


def _same(old: object, new: object) -> bool:
    if type(old) is not type(new):
        return False
    if isinstance(old, dict) and isinstance(new, dict):
        return list(old) == list(new) and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new)
