"""Who takes part and in which order, and the books of a reload."""

from __future__ import annotations

import pytest

from pytest_policy_contracts import ConfigChange, ConfigDiff, ReloadStatus
from reference_impl.errors import ConfigurationError, DependencyCycleError, DuplicateNameError, UnknownNameError
from reference_impl.orchestrator.registry import Registry
from reference_impl.orchestrator.secrecy import told
from reference_impl.orchestrator.transaction import Transaction
from tests.reference_impl.orchestrator.parts import Module

ALL = ConfigDiff.of(ConfigChange.added(f"{name}.x", 1) for name in "dcba")


def registry(**after: str) -> Registry:
    found = Registry()
    for name, others in after.items():
        found.add(name, Module(name), None, others)
    return found


@pytest.mark.parametrize(
    ("after", "order"),
    [
        ({"d": "", "b": "", "a": "", "c": ""}, "abcd"),
        ({"a": "d", "b": "", "c": "", "d": ""}, "bcda"),
        ({"a": "b", "b": "c", "c": "d", "d": ""}, "dcba"),
        ({"a": "x", "b": ""}, "ab"),
    ],
)
def test_modules_come_after_those_they_need_and_alphabetically(after: dict[str, str], order: str) -> None:
    """Dependencies come first, names decide among the others, and a dependency that is not registered does not matter."""
    assert "".join(registry(**after).plan(ALL)) == order


def test_a_module_gets_what_its_settings_name() -> None:
    """Settings may stand elsewhere than under the name, and overlap without doubling a change."""
    found = Registry()
    found.add("pool", Module("pool"), ["a", "a.x", "b."], ())
    found.add("all", Module("all"), [""], ())

    plan = found.plan(ALL)
    assert {name: [change.path for change in changes] for name, (_entry, changes) in plan.items()} == {
        "all": ["d.x", "c.x", "b.x", "a.x"],
        "pool": ["b.x", "a.x"],
    }


def test_circles_and_doubles_are_refused_and_change_nothing() -> None:
    """A circle names its members, a taken name itself, and who was there before stays."""
    found = registry(a="", b="a")
    with pytest.raises(DependencyCycleError, match="after"):
        found.add("c", Module("c"), None, ["c"])
    with pytest.raises(DuplicateNameError, match="'a'"):
        found.add("a", Module("a"), None, ())
    with pytest.raises(UnknownNameError, match="'z'"):
        found.remove("z")
    with pytest.raises(ConfigurationError, match="Give it a name"):
        found.add("", Module(""), None, ())

    assert "".join(found.plan(ALL)) == "ab"


def test_who_is_quarantined_may_be_replaced() -> None:
    """A module that is left out gives its name to a new one, which takes part again."""
    found = registry(a="")
    entry, _changes = found.plan(ALL)["a"]
    found.quarantine(entry)
    assert found.quarantined == {"a"}

    found.add("a", Module("a"), None, ())
    found.quarantine(entry)  # of the old one, which is not there any more
    assert found.quarantined == frozenset()
    found.remove("a")
    assert not found.plan(ALL)


def test_the_last_one_touched_is_restored_first() -> None:
    """The order of a rollback is the reverse of the order of the reload, whoever was interrupted first of all."""
    books = Transaction(applied=["a", "b"])
    books.fail("c", ValueError("no"))
    assert books.to_restore() == ["c", "b", "a"]

    books.abandon("c")
    assert books.to_restore() == ["b", "a"] and books.outcome(ReloadStatus.FAILED).quarantined == ("c",)


@pytest.mark.parametrize(
    ("rolled_back", "dirty", "rollback"),
    [("", "", "none"), ("a", "", "complete"), ("a", "b", "partial"), ("", "b", "failed")],
)
def test_a_rollback_is_what_became_of_everybody(rolled_back: str, dirty: str, rollback: str) -> None:
    """None, complete, partial or failed."""
    assert Transaction(rolled_back=list(rolled_back), dirty=list(dirty)).rollback == rollback


@pytest.mark.parametrize("secret", ["hunter2", b"hunter2", ["hunter2"], {"password": {"hunter2"}}, "hun\nter2"])
def test_secrets_are_taken_out_of_a_failure(secret: object) -> None:
    """Sensitive values show neither in the text nor through a cause, however they are nested."""
    diff = ConfigDiff.of([ConfigChange.added("db.password", secret, sensitive=True)])
    error = told("db", ValueError(f"cannot use {secret!r} or {secret}"), diff)

    assert "ter2" not in str(error) and "db: ValueError: cannot use" in str(error)
    assert error.__cause__ is None and error.__context__ is None


def test_the_cause_of_a_failure_is_kept_where_nothing_is_secret() -> None:
    """Whoever looks into a failure finds the module's own exception, also one whose text cannot be had."""

    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    cause = Mute()
    error = told("db", cause, ALL)
    assert error.__cause__ is cause and "its text raised RuntimeError" in str(error)
