"""The hooks of a run with contracts; each delegates to where the work is done."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from pytest_policy_contracts.harness.loading import is_harness_class
from pytest_policy_contracts.plugin import bridge
from pytest_policy_contracts.plugin.choosing import add_configured, check_something_found, check_tables, choose
from pytest_policy_contracts.plugin.collection import ContractCollector, shipped_scenarios
from pytest_policy_contracts.plugin.gathering import Gathering
from pytest_policy_contracts.plugin.items import ContractItem
from pytest_policy_contracts.plugin.options import Options, read_options


def activate(config: pytest.Config) -> None:
    """Register the hooks, the steps, and pytest-bdd where it was not loaded by itself."""
    options = read_options(config)
    manager = config.pluginmanager
    if not manager.hasplugin("pytest-bdd") and not manager.hasplugin("pytest_bdd.plugin"):
        manager.import_plugin("pytest_bdd.plugin")
    manager.register(bridge, "policy-contracts-steps")
    manager.register(ContractHooks(options), "policy-contracts-run")


class ContractHooks:
    """What pytest calls."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._gathering = Gathering(options)

    def pytest_pycollect_makeitem(self, collector: Any, name: str, obj: object) -> ContractCollector | None:
        """Collect a harness class of the adopter's own tests."""
        if not is_harness_class(obj) or name.startswith("_"):
            return None
        made: ContractCollector = ContractCollector.from_parent(
            collector, name=name, harness_class=obj, options=self._options
        )
        return made

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str, function: Any) -> bool | None:
        """Keep the tags of our features from becoming unregistered marks."""
        return True if shipped_scenarios.being_collected else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Add the harnesses of `pyproject.toml`, and take out what was not asked for."""
        add_configured(session, self._options, items)
        check_something_found(config, items)
        check_tables(self._options, items)
        choose(config, self._options, items)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, None]:
        """Attach the scenario's result to the report, which xdist carries to the controller."""
        outcome = yield
        if isinstance(item, ContractItem):
            outcome.get_result().policy_contracts = item.payload()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Gather the results; with xdist this runs in the controller for all workers."""
        self._gathering.note(report)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the table, and write the report files."""
        self._gathering.summarize(terminalreporter)
