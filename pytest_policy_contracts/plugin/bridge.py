"""Our vocabulary as pytest-bdd steps, so that pytest-bdd can make the first run."""

from __future__ import annotations

import inspect
from collections.abc import Callable
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
    run: FirstRun = request.node.first_run
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


def _define_steps() -> None:
    # pytest-bdd puts each step's fixture into the namespace of the module that calls it: `stacklevel` says which.
    for definition in shipped_vocabulary().definitions:
        decorate = _DECORATORS[definition.keyword](parsers.parse(definition.text), stacklevel=2)
        decorate(_step(definition))


_define_steps()
