"""Which items of a pytest run are run."""

from __future__ import annotations

import pytest

from pytest_policy_contracts.contracts import SuiteError
from pytest_policy_contracts.harness.loading import load_harnesses
from pytest_policy_contracts.plugin.collection import ContractCollector
from pytest_policy_contracts.plugin.items import ContractItem
from pytest_policy_contracts.plugin.options import Options
from pytest_policy_contracts.running.deviations import check_deviations
from pytest_policy_contracts.running.replays import ReplayToken

_WHAT_TO_WRITE = """no harness class was found, so no contract was tested. Write one in a test module:

    from pytest_policy_contracts import ConfigChange, ReloadableHarness

    class CacheContract(ReloadableHarness):
        def create(self): return CacheModule(ttl=30)
        def changes(self): return [ConfigChange.modified("cache.ttl", 30, 60)]

or name one in pyproject.toml: [tool.policy-contracts] harnesses = ["myapp.contracts:CacheContract"]"""


def add_configured(session: pytest.Session, options: Options, items: list[pytest.Item]) -> None:
    """Add the scenarios of the harness classes that `pyproject.toml` names, unless a test module has them already."""
    if any("::" in argument for argument in session.config.args):
        return
    present = {item.parent.harness_class for item in items if isinstance(item, ContractItem)}  # type: ignore[union-attr]
    for target in options.harnesses:
        for harness_class in _loaded(target, options):
            if harness_class not in present:
                collector = ContractCollector.from_parent(
                    session, name=target, nodeid=target, harness_class=harness_class, options=options
                )
                items.extend(collector.collect())


def _loaded(target: str, options: Options) -> tuple[type, ...]:
    try:
        return load_harnesses(target, options.root)
    except SuiteError as error:
        raise pytest.UsageError(str(error)) from error


def check_something_found(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a run in which there is no contract to test: green must mean that something held."""
    failed = getattr(config.pluginmanager.get_plugin("session"), "testsfailed", 0)
    if not failed and not any(isinstance(item, ContractItem) for item in items):
        raise pytest.UsageError(f"--policy-contracts: {_WHAT_TO_WRITE}")


def choose(config: pytest.Config, options: Options, items: list[pytest.Item]) -> None:
    """Keep only the contracts where that was asked for, and only the replayed scenario where there is a token."""
    if not (options.only or options.replay):
        return
    kept = [item for item in items if isinstance(item, ContractItem)]
    if options.replay:
        kept = _replayed(options.replay, kept)
    dropped = [item for item in items if item not in set(kept)]
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept


def _replayed(token: str, items: list[ContractItem]) -> list[ContractItem]:
    try:
        replay = ReplayToken.parse(token)
    except SuiteError as error:
        raise pytest.UsageError(str(error)) from error
    kept = [
        item for item in items if item.clause.id == replay.clause_id and item.scenario.number == replay.scenario_number
    ]
    if not kept:
        raise pytest.UsageError(f"{token!r} names a scenario that no harness here has; name the harness's test file.")
    for item in kept:
        item.token = replay
    return kept


def check_tables(options: Options, items: list[pytest.Item]) -> None:
    """Refuse deviations of a clause or a harness that does not exist, where all harnesses are at hand."""
    owners = {item.parent.harness_class: None for item in items if isinstance(item, ContractItem)}  # type: ignore[union-attr]
    tables = [table for table in options.deviations if table.entries]
    if not tables:
        return
    try:
        check_deviations(list(owners), tables, _named_elsewhere(options))
    except SuiteError as error:
        raise pytest.UsageError(str(error)) from error


def _named_elsewhere(options: Options) -> list[str]:
    return [target.rpartition(":")[2] for target in options.harnesses]
