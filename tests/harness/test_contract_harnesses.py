"""The harnesses of the contracts beside Reloadable: what has to be written, what may be, and what it is called."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from inspect import getdoc
from typing import Any

import pytest

from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.contracts import AggregatorConfig, GuardConfig, OrchestratorConfig
from pytest_policy_contracts.harness import (
    Harness,
    HarnessError,
    HealthAggregatorHarness,
    HealthProviderHarness,
    ReloadableHarness,
    ReloadOrchestratorHarness,
    TenantGuardHarness,
    capabilities,
    supported_capabilities,
)
from pytest_policy_contracts.harness.capabilities import (
    capability_flags,
    definition_of,
    how_to_declare,
    missing_methods,
    refuse_values,
)
from pytest_policy_contracts.harness.loading import check_harness

OF_HEALTH = {"break_dependency", "restore_dependency", "hang_dependency", "secrets", "dispose"}
OF_TENANTS = {"emits_events", "violations", "bind_tenant", "access", "dispose"}
BASES: dict[type[Harness], set[str]] = {
    HealthProviderHarness: OF_HEALTH,
    TenantGuardHarness: OF_TENANTS,
    HealthAggregatorHarness: {"dispose"},
    ReloadOrchestratorHarness: {"dispose"},
}
ARGUMENTS = {"secrets": 0, "violations": 0, "bind_tenant": 2, "access": 2}
"""How many arguments a method takes that takes other than the subject alone."""


class Provider(HealthProviderHarness):
    def create(self) -> object:
        return object()


class Guard(TenantGuardHarness):
    def create(self, config: GuardConfig, publish: Any) -> object:
        return object()


class Aggregator(HealthAggregatorHarness):
    def create(self, config: AggregatorConfig, publish: Any) -> object:
        return object()


class Orchestrator(ReloadOrchestratorHarness):
    def create(self, config: OrchestratorConfig, publish: Any) -> object:
        return object()


class Quiet(Guard):
    emits_events = False


class Knowing(Quiet):
    def bind_tenant(self, subject: Any, tenant_id: str) -> AbstractContextManager[None]:
        return nullcontext()

    async def access(self, subject: Any, target_id: str) -> None: ...


class EmptyContract(HealthProviderHarness):
    pass


class EmptyGuardContract(TenantGuardHarness):
    pass


class EmptyAggregatorContract(HealthAggregatorHarness):
    pass


class EmptyOrchestratorContract(ReloadOrchestratorHarness):
    pass


# -- what has to be written --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("smallest", [Provider, Guard, Aggregator, Orchestrator])
def test_create_alone_is_a_harness(smallest: type[Harness]) -> None:
    """A harness that makes its subject can be used, and lacks nothing."""
    assert missing_methods(smallest) == ()
    check_harness(smallest)


@pytest.mark.parametrize(
    ("empty", "signature", "example"),
    [
        (EmptyContract, "(self)", "return CacheHealth("),
        (EmptyGuardContract, "(self, config, publish)", "return Guard(config.mode, config.whitelist, config.max_"),
        (EmptyAggregatorContract, "(self, config, publish)", "return Health(config.cache_ttl, config.provider_"),
        (EmptyOrchestratorContract, "(self, config, publish)", "return Orchestrator(config, publish)"),
    ],
)
def test_a_missing_create_shows_what_to_write(empty: Any, signature: str, example: str) -> None:
    """Without `create` the error shows a class with it that can be copied, whether it is loaded or called."""
    assert missing_methods(empty) == ("create",)
    with pytest.raises(HarnessError) as loaded:
        check_harness(empty)
    with pytest.raises(HarnessError) as called:
        empty().create(*[object()] * (signature.count(",")))

    base = empty.__bases__[0].__name__
    for error in (loaded, called):
        assert f"{empty.__name__} has no create(). Write:\n\n" in str(error.value)
        assert f"class {empty.__name__}({base}):\n    def create{signature}:\n        {example}" in str(error.value)


@pytest.mark.parametrize(
    ("base", "contract"),
    [
        (HealthProviderHarness, "HealthProvider"),
        (TenantGuardHarness, "TenantGuard"),
        (HealthAggregatorHarness, "HealthAggregator"),
        (ReloadOrchestratorHarness, "ReloadOrchestrator"),
    ],
)
def test_a_harness_belongs_to_its_contract(base: type[Harness], contract: str) -> None:
    """A harness knows its contract by a name that can be loaded, and has no deviations of its own accord."""
    assert load_contract(base.contract).name == base.contract == contract
    assert dict(base.known_deviations) == {}


# -- what may be written -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("base", "names"), BASES.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_supported_capabilities_are_those_of_the_contract(base: type[Harness], names: set[str]) -> None:
    """What a harness may declare is what CONTRACTS names for it, and every need of a clause is among it."""
    clauses = load_contract(base.contract).clauses
    needed = {need for clause in clauses for scenario in clause.scenarios for need in scenario.needs}

    assert supported_capabilities(base) == names
    assert needed <= names


def test_a_check_has_five_seconds_unless_the_harness_says_otherwise() -> None:
    """The timeout of a check is an attribute with a default, and no capability."""
    assert Provider.check_timeout == timedelta(seconds=5)
    assert "check_timeout" not in supported_capabilities(Provider)


def test_a_provider_declares_what_it_overrides() -> None:
    """Without an own method nothing is declared; a method of any kind declares its capability."""

    class Breakable(Provider):
        async def break_dependency(self, subject: Any) -> None: ...

        @staticmethod
        def secrets() -> list[str]:
            return ["hunter22"]

    assert capabilities(Provider) == capabilities(Provider()) == frozenset()
    assert capabilities(Breakable) == capabilities(Breakable()) == {"break_dependency", "secrets"}


def test_a_guard_emits_events_unless_it_says_otherwise() -> None:
    """The flag is declared by being true, which it is until a harness sets it to False, on class or instance."""
    assert capabilities(Guard) == capabilities(Guard()) == {"emits_events"}
    assert capabilities(Quiet) == capabilities(Quiet()) == frozenset()
    harness = Guard()
    harness.emits_events = False
    assert capabilities(harness) == frozenset()
    assert capabilities(Guard) == {"emits_events"}


def test_flags_and_methods_are_declared_side_by_side() -> None:
    """A harness without events may know its tenant all the same."""
    assert capabilities(Knowing) == capabilities(Knowing()) == {"bind_tenant", "access"}


def test_only_a_guard_has_flags() -> None:
    """Of the three harnesses one has an attribute that declares itself by being true."""
    assert list(capability_flags(TenantGuardHarness)) == list(capability_flags(Quiet())) == ["emits_events"]
    assert dict(capability_flags(HealthProviderHarness)) == dict(capability_flags(ReloadableHarness)) == {}


@pytest.mark.parametrize(
    ("base", "name"), [(base, name) for base, names in BASES.items() for name in sorted(names - {"emits_events"})]
)
def test_an_undeclared_capability_refuses_to_be_called(base: Any, name: str) -> None:
    """An optional method that is not written answers nothing that could be taken for a value."""
    with pytest.raises(HarnessError, match=f"does not declare {name!r}"):
        getattr(base(), name)(*[object()] * ARGUMENTS.get(name, 1))


@pytest.mark.parametrize(("base", "name"), [(Provider, "break_dependency"), (Guard, "bind_tenant")])
def test_a_value_in_place_of_a_method_is_refused(base: type[Harness], name: str) -> None:
    """True where a method belongs is an error that shows the method; a flag is no method and may be True."""
    with pytest.raises(HarnessError, match=rf"Eager\.{name} is a bool, not a method. Write def {name}\("):
        refuse_values(type("Eager", (base,), {name: True}))
    refuse_values(Guard)
    refuse_values(Quiet)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(lambda self: True, "function"), (property(lambda self: False), "property"), ("no", "str"), (1, "int"), (None, "NoneType")],
    ids=["a function", "a property", "a text", "a number", "nothing"],
)  # fmt: skip
def test_what_is_no_flag_is_refused_in_place_of_one(value: object, kind: str) -> None:
    """A method, a text or a number where a flag belongs is an error that shows the two lines that may stand there."""
    told = rf"Eager\.emits_events is a {kind}, not a flag. Write emits_events = True or emits_events = False\."
    eager: type[Harness] = type("Eager", (Guard,), {"emits_events": value})
    for refuse in (refuse_values, check_harness):
        with pytest.raises(HarnessError, match=told):
            refuse(eager)


# -- what it is called -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "name", "said"),
    [
        (HealthProviderHarness, "break_dependency", "break_dependency()"),
        (HealthProviderHarness, "secrets", "secrets()"),
        (TenantGuardHarness, "bind_tenant", "bind_tenant()"),
        (TenantGuardHarness, "emits_events", "emits_events = True"),
        (Quiet, "emits_events", "emits_events = True"),
    ],
)
def test_how_a_capability_is_declared(base: type[Harness], name: str, said: str) -> None:
    """A method is named with its brackets, a flag with the line that sets it, for a class as for an instance."""
    assert how_to_declare(base, name) == how_to_declare(base(), name) == said


@pytest.mark.parametrize(
    ("base", "name", "definition", "meaning"),
    [
        (
            *(HealthProviderHarness, "hang_dependency", "def hang_dependency(self, subject)"),
            "Let what the subject depends on never answer from now on.",
        ),
        (
            *(TenantGuardHarness, "bind_tenant", "def bind_tenant(self, subject, tenant_id)"),
            "Answer a context manager in which the running context belongs to `tenant_id`.",
        ),
        (
            *(TenantGuardHarness, "emits_events", "emits_events = True"),
            "Say that the guard calls `publish` for each violation it records; False leaves TNT-013 and TNT-014 untested.",
        ),
    ],
)
def test_how_a_capability_is_defined(base: type[Harness], name: str, definition: str, meaning: str) -> None:
    """A capability is told as the line to write, and one sentence of what it is for."""
    assert definition_of(base, name) == (definition, meaning)


@pytest.mark.parametrize(("base", "names"), BASES.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_every_capability_says_what_it_is_for(base: type[Harness], names: set[str]) -> None:
    """Each capability has a line to write that names it, and a sentence."""
    for name in names:
        definition, meaning = definition_of(base, name)
        assert name in definition and meaning.endswith(".")


@pytest.mark.parametrize("base", [*BASES, ReloadableHarness])
def test_every_capability_says_which_clauses_it_unlocks_or_widens(base: type[Harness]) -> None:
    """Whoever writes a capability reads there, by its number, of each clause in which more is tested with it."""
    clauses = load_contract(base.contract).clauses
    told = {name: getdoc(getattr(base, name)) or "" for name in supported_capabilities(base)} | capability_flags(base)
    untold = {
        (name, clause.id)
        for clause in clauses
        for name in {need for scenario in clause.scenarios for need in scenario.needs}
        if clause.id.rpartition("-")[2] not in told[name]
    }

    assert untold == set()
