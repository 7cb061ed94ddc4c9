"""Changes applied to a copy of a dict of settings: what the simpler conforming modules share.

It refuses before it writes, ignores settings it has no rule for, and copies what it keeps.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy

from pytest_policy_contracts import ConfigChange

Values = dict[str, object]
Rules = Mapping[str, Callable[[object], bool]]


class Refused(Exception):
    """The changes cannot be applied; the module goes on as before."""


def count(value: object) -> bool:
    """Whether the value is a whole number above zero."""
    return type(value) is int and value > 0


def text(value: object) -> bool:
    """Whether the value is a text with something in it."""
    return isinstance(value, str) and value != ""


def merged(values: Mapping[str, object], changes: Sequence[ConfigChange], rules: Rules) -> Values:
    """A copy of `values` with the changes applied; raises Refused, naming no value."""
    result = dict(values)
    for change in changes:
        rule = rules.get(change.path)
        if rule is None:
            continue
        if change.kind == "removed":
            result.pop(change.path, None)
        elif rule(change.new):
            result[change.path] = deepcopy(change.new)
        else:
            raise Refused(f"{change.path} cannot take the value it was given")
    return result
