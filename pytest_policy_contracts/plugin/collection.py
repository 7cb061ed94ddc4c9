"""Harness classes as collectors, scenarios as items.

The parent of the items is a plain collector: under `pytest.Class` the first argument of a scenario function would be taken
for `self`. The items belong to the adopter's class, so that node ids, `-k`, `::` and fixtures are those of the adopter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_bdd import scenario as bdd_scenario

from pytest_policy_contracts.clauses import Contract, Scenario
from pytest_policy_contracts.contracts import SuiteError
from pytest_policy_contracts.harness import Harness
from pytest_policy_contracts.harness.deviation_tables import deviations_of
from pytest_policy_contracts.harness.loading import check_harness
from pytest_policy_contracts.plugin import bridge
from pytest_policy_contracts.plugin.fixture_use import uses_request
from pytest_policy_contracts.plugin.items import ContractItem
from pytest_policy_contracts.plugin.options import Options
from pytest_policy_contracts.running.contracts import contract_of
from pytest_policy_contracts.steps.vocabulary import shipped_vocabulary
from pytest_policy_contracts.verification.session import Session


class ContractCollector(pytest.Collector):
    """One harness class; its items are the scenarios of its contract."""

    harness_class: type[Harness]
    options: Options

    @classmethod
    def from_parent(cls, parent: pytest.Collector | pytest.Session, **kw: Any) -> Any:
        """Make the collector of `harness_class`."""
        harness_class, options = kw.pop("harness_class"), kw.pop("options")
        made = super().from_parent(parent, **kw)
        made.harness_class, made.options = harness_class, options
        return made

    def collect(self) -> Iterator[ContractItem]:
        """Make one item for each scenario of the contract."""
        try:
            check_harness(self.harness_class)
            contract = contract_of(self.harness_class)
            bridge.define_own_steps(self.config.pluginmanager)
            session = self._session(contract)
        except SuiteError as error:
            raise self.CollectError(str(error)) from error
        for clause in contract.clauses:
            for scenario in clause.scenarios:
                function = shipped_scenarios.function_of(scenario)
                name = f"{clause.id} {scenario.name}"
                yield ContractItem.from_parent(
                    self, name=name, callobj=function, contract_session=session, clause=clause, scenario=scenario
                )

    def _session(self, contract: Contract) -> Session:
        deviations = deviations_of(self.harness_class, *self.options.deviations)
        for clause_id in deviations:
            contract.clause(clause_id)
        session = Session(
            self.nodeid,
            self.harness_class,
            contract,
            shipped_vocabulary(),
            self.options.settings,
            deviations,
        )
        session.looks_in_process = uses_request(self.harness_class)
        return session


class ShippedScenarios:
    """Makes pytest-bdd's test functions of our scenarios, and says so while it does: our tags are no marks."""

    def __init__(self) -> None:
        self.being_collected = False

    def function_of(self, scenario: Scenario) -> Any:
        """Return the test function of a scenario."""
        self.being_collected = True
        try:
            name = scenario.template or scenario.name
            decorate = bdd_scenario(scenario.file.name, name, features_base_dir=str(scenario.file.parent))
            return decorate(_nothing_more)
        finally:
            self.being_collected = False


shipped_scenarios = ShippedScenarios()


def _nothing_more() -> None:
    """Stands for the test function of a scenario, whose steps are everything."""
