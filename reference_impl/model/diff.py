"""Which settings differ, and whom a difference concerns."""

from collections.abc import Collection, Iterable, Mapping

from pytest_policy_contracts.contracts import ConfigChange, ConfigDiff


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


def concerning(diff: ConfigDiff, prefixes: Iterable[str]) -> list[ConfigChange]:
    """Return the changes at or below one of `prefixes`, each once and in the order of the diff."""
    stems = [prefix.rstrip(".") for prefix in prefixes]
    return [change for change in diff.changes if any(_below(change.path, stem) for stem in stems)]


def _below(path: str, stem: str) -> bool:
    return not stem or path == stem or path.startswith(f"{stem}.")


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
