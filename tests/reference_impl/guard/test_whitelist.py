"""Who may reach whom, for how long, and how often it was used."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from reference_impl.errors import ConfigurationError
from reference_impl.guard import WhitelistEntry

from .fakes import CROSS, NOON, OTHERS, Clock, denies, guard_of, violation


def uses(guard: Any) -> dict[tuple[str, str], int]:
    return {(one.entry.tenant_id, one.entry.target_id): one.uses for one in guard.whitelist_uses()}


def test_an_entry_ends_at_its_moment() -> None:
    """An entry excuses until just before it expires, and not at that moment or later."""
    clock = Clock()
    entry = WhitelistEntry("acme", "globex", "a migration", expires_at=NOON + timedelta(hours=1))
    guard = guard_of(entries=[entry], now=clock)

    clock.advance(minutes=59, seconds=59, microseconds=999_999)
    assert not denies(guard, violation())
    clock.advance(microseconds=1)
    assert denies(guard, violation())
    assert uses(guard) == {("acme", "globex"): 1}


def test_without_a_clock_nothing_that_ends_is_excused() -> None:
    """When the clock fails, an entry with an end does not count, and one without does."""
    clock = Clock()
    clock.fails = True
    entries = [
        WhitelistEntry("acme", "globex", "a migration", expires_at=NOON + timedelta(hours=1)),
        WhitelistEntry("acme", "archive", "its own"),
    ]
    guard = guard_of(entries=entries, now=clock)

    assert denies(guard, violation(target="globex")) and not denies(guard, violation(target="archive"))


def test_uses_are_counted_for_each_entry() -> None:
    """Each use counts for its own entry, those of the plain mapping included, and nothing else does."""
    guard = guard_of(whitelist={"acme": ["globex", "globex"]}, entries=[WhitelistEntry("acme", "archive", "its own")])
    for target in ("globex", "globex", "archive", "acme", "initech"):
        denies(guard, violation(target=target))
    denies(guard, violation(OTHERS[0]))

    assert uses(guard) == {("acme", "globex"): 2, ("acme", "archive"): 1}
    assert [one.entry.reason for one in guard.whitelist_uses()] == ["in the configuration", "its own"]


def test_what_was_handed_in_may_change_afterwards() -> None:
    """The guard goes by the whitelist as it was when the guard was made."""
    targets, whitelist = ["globex"], {"acme": ["archive"]}
    whitelist["acme"] = targets
    guard = guard_of(whitelist=whitelist)
    targets.append("initech")
    whitelist["globex"] = ["acme"]

    assert denies(guard, violation(target="initech")) and denies(guard, violation(tenant="globex", target="acme"))
    targets.clear()
    assert not denies(guard, violation())


@pytest.mark.parametrize(
    "fields",
    [
        {"tenant_id": ""},
        {"target_id": 7},
        {"reason": ""},
        {"expires_at": datetime(2030, 1, 1)},
        {"kinds": frozenset()},
        {"kinds": frozenset({CROSS, OTHERS[0]})},
    ],
    ids=lambda fields: ", ".join(fields),
)
def test_an_entry_that_cannot_be_is_refused(fields: dict[str, Any]) -> None:
    """Empty ids, no reason, an end without a timezone, and kinds that nobody may excuse make no entry."""
    given = {"tenant_id": "acme", "target_id": "globex", "reason": "a migration", **fields}

    with pytest.raises(ConfigurationError):
        WhitelistEntry(**given)


def test_two_entries_for_one_pair_are_refused() -> None:
    """A pair in the mapping and in an entry is refused, because the one without an end would win."""
    with pytest.raises(ConfigurationError, match="'acme'"):
        guard_of(whitelist={"acme": ["globex"]}, entries=[WhitelistEntry("acme", "globex", "a migration", NOON)])
