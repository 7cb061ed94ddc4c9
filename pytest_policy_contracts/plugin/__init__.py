"""The pytest plugin: options, collection, the first run, the report.

This module is what pytest loads in every run of an adopter. While `--policy-contracts` is off it must import nothing but
what an option needs: neither pytest-bdd nor hypothesis nor asyncio.
"""

from __future__ import annotations

from typing import Any

_GROUP = "policy contracts"
_PREFIX = "--policy-contracts"


def pytest_addoption(parser: Any) -> None:
    """Declare the options; see `options.py` for what they mean."""
    group = parser.getgroup("policy-contracts", _GROUP)
    group.addoption(_PREFIX, action="store_true", help="test the harness classes against their contracts")
    group.addoption(f"{_PREFIX}-only", action="store_true", help="run the contracts and no other test")
    group.addoption(f"{_PREFIX}-report", action="append", default=[], metavar="PATH", help="write the report (.json)")
    group.addoption(f"{_PREFIX}-schedules", type=int, metavar="N", help="schedules for each clause marked ∿ (200)")
    group.addoption(f"{_PREFIX}-seed", type=int, metavar="N", help="where the schedules start from (0)")
    group.addoption(f"{_PREFIX}-replay", metavar="TOKEN", help="repeat the run of a replay line")
    group.addoption(f"{_PREFIX}-level", choices=("must", "should"), help="what fails the run (must)")
    group.addoption(f"{_PREFIX}-strict", action="store_true", help="an untested MUST fails the run")
    group.addoption(f"{_PREFIX}-deviations", metavar="FILE", help="known deviations, a TOML file")
    group.addoption(f"{_PREFIX}-timeout-factor", type=float, metavar="X", help="stretch the real-time guards (0: none)")
    parser.addini("policy_contracts", "test the harness classes in every run", type="bool", default=False)


def pytest_configure(config: Any) -> None:
    """Register the part that works, if it is wanted."""
    if is_wanted(config):
        from pytest_policy_contracts.plugin.active import activate

        activate(config)


def is_wanted(config: Any) -> bool:
    """Tell whether any option, or the ini setting, asks for the contracts."""
    option = config.option
    asked = option.policy_contracts or option.policy_contracts_only or option.policy_contracts_replay
    return bool(asked or option.policy_contracts_report or config.getini("policy_contracts"))
