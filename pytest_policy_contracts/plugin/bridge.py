"""Our vocabulary as pytest-bdd steps, so that pytest-bdd can make the first run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from types import ModuleType
from typing import Any

import pytest
import pytest_bdd
from pytest_bdd import parsers

from pytest_policy_contracts.plugin.first_run import FirstRun
from pytest_policy_contracts.steps.vocabulary import StepDefinition, shipped_vocabulary

_DECORATORS = {"Given": pytest_bdd.given, "When": pytest_bdd.when, "Then": pytest_bdd.then}


@pytest.fixture
def policy_contracts_run(request: pytest.FixtureRequest) -> FirstRun:
    """The first run of the scenario that is under way."""
    run: FirstRun | None = getattr(request.node, "first_run", None)
    if run is None:
        raise pytest.UsageError(
            f"{request.node.nodeid} uses a step of pytest-policy-contracts outside a harness. Name its feature file in "
            "own_features of a harness class, so that there is a subject to try it on."
        )
    return run


def _step(definition: StepDefinition) -> Callable[..., None]:
    def make_step(policy_contracts_run: FirstRun, **values: Any) -> None:
        policy_contracts_run.perform_next()

    names = list(inspect.signature(definition.function).parameters)[1:]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    make_step.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, kind) for name in ("policy_contracts_run", *names)]
    )
    return make_step


_defined: list[StepDefinition] = []


def _define_steps(definitions: Sequence[StepDefinition]) -> None:
    # pytest-bdd puts each step's fixture into the namespace of the module that calls it: `stacklevel` says which.
    for definition in definitions:
        decorate = _DECORATORS[definition.keyword](parsers.parse(definition.text), stacklevel=2)
        decorate(_step(definition))
    _defined.extend(definitions)


def define_own_steps(manager: pytest.PytestPluginManager) -> None:
    """Make pytest-bdd steps of the definitions that test modules have added since the last time."""
    new = [one for one in shipped_vocabulary().definitions if one not in _defined]
    if new:
        name = f"policy-contracts-steps-{len(_defined)}"
        module = ModuleType(name)
        module.__dict__["define"] = partial(_define_steps, new)
        # The steps end up in the namespace from which they are defined, and pytest reads them from a module.
        exec("define()", module.__dict__)
        manager.register(module, name)


_define_steps(shipped_vocabulary().definitions)
