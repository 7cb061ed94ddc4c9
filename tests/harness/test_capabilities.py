"""What a harness declares by the methods it overrides."""

from datetime import date

import pytest

from pytest_policy_contracts import harness as package
from pytest_policy_contracts.contracts import ConfigChange, SuiteError
from pytest_policy_contracts.harness import (
    Harness,
    HarnessError,
    KnownDeviation,
    ReloadableHarness,
    capabilities,
    supported_capabilities,
)
from pytest_policy_contracts.harness.capabilities import missing_methods, refuse_values

OPTIONAL = {"snapshot", "invalid_changes", "alternative_changes", "secrets", "dispose"}


class Smallest(ReloadableHarness):
    def create(self) -> object:
        return object()

    def changes(self) -> list[ConfigChange]:
        return [ConfigChange.modified("ttl", 1, 2), ConfigChange.added("size", 3)]


class Rich(Smallest):
    async def snapshot(self, subject: dict[str, int], /) -> dict[str, int]:
        return subject

    @staticmethod
    def secrets() -> list[str]:
        return ["x"]

    @classmethod
    def invalid_changes(cls) -> list[ConfigChange]:
        return []


class Poorer(Rich):
    snapshot = None  # type: ignore[assignment]


def test_smallest_harness_declares_nothing() -> None:
    """Create and changes alone are a harness without a capability."""
    assert frozenset() == capabilities(Smallest)
    assert () == missing_methods(Smallest)


def test_override_declares_its_capability() -> None:
    """Overriding declares: a method, async, static or class method, on class and instance."""
    assert {"snapshot", "secrets", "invalid_changes"} == capabilities(Rich)
    assert capabilities(Rich) == capabilities(Rich())


def test_none_takes_a_capability_back() -> None:
    """A subclass that sets a method to None no longer declares it."""
    assert {"secrets", "invalid_changes"} == capabilities(Poorer)
    refuse_values(Poorer)


def test_method_set_on_an_instance_declares() -> None:
    """A harness made by a factory may be given its methods one by one."""
    harness = Smallest()
    harness.dispose = lambda subject: None  # type: ignore[method-assign]

    assert {"dispose"} == capabilities(harness)
    assert frozenset() == capabilities(Smallest)


def test_supported_capabilities_are_those_of_the_base() -> None:
    """Every optional method of the base is a capability; inverse, with its default, is none."""
    assert OPTIONAL == supported_capabilities(ReloadableHarness) == supported_capabilities(Rich())


def test_asking_runs_nothing_of_the_adopter() -> None:
    """Finding out what a harness declares does not run its properties."""

    class Loud(Smallest):
        @property
        def snapshot(self) -> object:  # type: ignore[override]
            raise AssertionError("the property was run")

    assert {"snapshot"} == capabilities(Loud())


@pytest.mark.parametrize("name", ["create", "changes"])
def test_missing_method_shows_what_to_write(name: str) -> None:
    """Calling a required method that is not written says so and shows an example."""

    class CacheContract(ReloadableHarness):
        pass

    with pytest.raises(HarnessError) as caught:
        getattr(CacheContract(), name)()

    assert f"CacheContract has no {name}(). Write:" in str(caught.value)
    assert f"class CacheContract(ReloadableHarness):\n    def {name}(self):\n        return " in str(caught.value)
    assert ("create", "changes") == missing_methods(CacheContract)


@pytest.mark.parametrize("name", sorted(OPTIONAL))
def test_undeclared_capability_refuses_to_be_called(name: str) -> None:
    """An optional method that is not written answers nothing that could be taken for a value."""
    arguments = [object()] if name in {"snapshot", "dispose"} else []

    with pytest.raises(HarnessError, match=f"Smallest does not declare '{name}'"):
        getattr(Smallest(), name)(*arguments)


def test_value_in_place_of_a_method_is_refused() -> None:
    """Writing a list where a method belongs is an error that shows the method."""

    class Eager(Smallest):
        secrets = ["hunter2"]  # type: ignore[assignment]

    with pytest.raises(HarnessError, match=r"Eager\.secrets is a list, not a method. Write def sec"):
        refuse_values(Eager)


def test_default_inverse_undoes_in_reverse_order() -> None:
    """Without an own inverse each change is inverted, the last one first."""
    harness = Smallest()

    expected = [ConfigChange.removed("size", 3), ConfigChange.modified("ttl", 2, 1)]
    assert expected == harness.inverse(harness.changes())


def test_default_inverse_of_an_own_type_says_what_to_write() -> None:
    """A change of an own type without inverse() needs the harness's own, and the error says so."""
    with pytest.raises(HarnessError, match=r"type dict has no inverse\(\). Write Smallest\.inverse"):
        Smallest().inverse([{"path": "ttl"}])


def test_request_outside_pytest_is_a_clear_error() -> None:
    """Asking for the pytest request in a run without pytest names harness and remedy."""
    harness = Smallest()

    assert not harness.is_under_pytest
    with pytest.raises(HarnessError, match=r"Smallest asked for self\.request.*pytest --policy"):
        _ = harness.request


def test_request_is_the_one_that_was_set(request: pytest.FixtureRequest) -> None:
    """Under pytest a harness reaches the fixtures of its item, and other harnesses do not."""
    harness = Smallest()
    harness.request = request

    assert harness.request is request
    assert harness.is_under_pytest
    assert not Smallest().is_under_pytest


def test_request_works_for_a_harness_with_its_own_init() -> None:
    """A harness that does not call super().__init__() still gets the clear error."""

    class Own(Smallest):
        def __init__(self) -> None:
            self.size = 1

    with pytest.raises(HarnessError, match="not under pytest"):
        _ = Own().request


def test_deviations_of_the_base_are_shared_and_cannot_be_altered() -> None:
    """The empty default is one object for all classes, so it is read-only."""
    deviation = KnownDeviation(reason="r", owner="o", expires=date(2030, 1, 1), message="m")

    with pytest.raises(TypeError):
        Harness.known_deviations["RLD-001"] = deviation  # type: ignore[index]
    assert {} == dict(Smallest.known_deviations)


def test_exported_names_exist() -> None:
    """Every name in `__all__` can be imported, and the harness error is a suite error."""
    assert all(hasattr(package, name) for name in package.__all__)
    assert issubclass(HarnessError, SuiteError)
