"""What a module says of itself before it is reloaded. Whatever it raises goes to the caller, as its failure."""

from datetime import timedelta

from pytest_policy_contracts.contracts import Reloadable


def wants_reload(module: Reloadable) -> bool:
    """Ask whether it can be reloaded now [ORC-002]."""
    return bool(module.can_reload())


def seconds_of(module: Reloadable, default: float) -> float:
    """Return how long its reload may take; `default` where what it says is zero or below [ORC-008]."""
    limit: object = module.reload_timeout
    if callable(limit):
        limit = limit()
    if not isinstance(limit, timedelta):
        raise TypeError(f"reload_timeout is {limit!r}. Let it be a timedelta.")
    return limit.total_seconds() if limit > timedelta(0) else default
