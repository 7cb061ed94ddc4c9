"""What came of a run, told: failure texts, the summary table, the JSON document, the exit code.

Rules: a report is made of the runner's events and of nothing else, so that every face tells the
same; the order of the events does not show. Who fails a run is decided in `gating`, nowhere else.
It must not run a clause, and it must not import pytest.
"""

from pytest_policy_contracts.report.document import ContractReport, ReportBuilder
from pytest_policy_contracts.report.failure_text import failure_text
from pytest_policy_contracts.report.gating import Effect, Judgement, Rules, effect_of, judge
from pytest_policy_contracts.report.results import HarnessReport, RunSettings

__all__ = [
    "ContractReport",
    "Effect",
    "HarnessReport",
    "Judgement",
    "ReportBuilder",
    "Rules",
    "RunSettings",
    "effect_of",
    "failure_text",
    "judge",
]
