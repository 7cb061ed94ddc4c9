"""What the options of one pytest run say, with what `pyproject.toml` says where an option is silent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_policy_contracts.contracts import SuiteError
from pytest_policy_contracts.harness.deviation_tables import DeviationTable, load_deviations
from pytest_policy_contracts.harness.settings import read_settings
from pytest_policy_contracts.report import Rules
from pytest_policy_contracts.report.formats import check_report_paths
from pytest_policy_contracts.verification.scenario_run import Effort
from pytest_policy_contracts.verification.session import Settings


@dataclass(frozen=True, slots=True)
class Options:
    """One run's options, read and checked."""

    settings: Settings
    rules: Rules
    only: bool
    replay: str
    reports: tuple[Path, ...]
    harnesses: tuple[str, ...]
    deviations: tuple[DeviationTable, ...]
    root: Path


def read_options(config: pytest.Config) -> Options:
    """Read the options of a pytest run; what makes no sense raises `pytest.UsageError`."""
    try:
        return _read(config)
    except SuiteError as error:
        raise pytest.UsageError(str(error)) from error


def _read(config: pytest.Config) -> Options:
    option: Any = config.option
    project = read_settings(config.rootpath)
    schedules = _first(option.policy_contracts_schedules, project.schedules, 200)
    factor = _first(option.policy_contracts_timeout_factor, project.timeout_factor, 1.0)
    if schedules < 0 or factor < 0:
        raise pytest.UsageError(
            f"--policy-contracts-schedules is {schedules} and --policy-contracts-timeout-factor {factor}; "
            "give numbers that are not below zero."
        )
    effort = Effort(schedules, _first(option.policy_contracts_seed, project.seed, 0))
    reports = tuple(config.invocation_params.dir / path for path in option.policy_contracts_report)
    check_report_paths(reports)
    files = [option.policy_contracts_deviations] if option.policy_contracts_deviations else []
    return Options(
        settings=Settings(effort, factor),
        rules=Rules(_first(option.policy_contracts_level, project.level, "must"), option.policy_contracts_strict),
        only=option.policy_contracts_only,
        replay=option.policy_contracts_replay or "",
        reports=reports,
        harnesses=project.harnesses,
        deviations=(project.deviations, *(load_deviations(config.invocation_params.dir / file) for file in files)),
        root=config.rootpath,
    )


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)
