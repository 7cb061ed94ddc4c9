"""The report of a run: what a caller of `verify` gets, and the JSON document.

Rules: built from events in any order; the document is sorted and, for the same inputs, the same
byte for byte apart from its `run` object. Tracebacks stand there too, because a stack that was seen
from outside differs from run to run. The shape is written down in
`policy-contracts-report-1.schema.json`. It must not judge: that is `gating`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from pytest_policy_contracts.report.gating import ExitCode, Judgement, Rules, effect_of, judge
from pytest_policy_contracts.report.results import (
    HarnessReport,
    RunFacts,
    RunSettings,
    counted,
)
from pytest_policy_contracts.report.run_facts import Stopwatch
from pytest_policy_contracts.report.transfer import event_from_dict, verdict_to_dict
from pytest_policy_contracts.verification.events import (
    ClauseFinished,
    Event,
    HarnessStarted,
    RunStarted,
)
from pytest_policy_contracts.verification.verdicts import SEVERITY, Verdict

SCHEMA = "policy-contracts-report/1"
SCHEMA_FILE = "policy-contracts-report-1.schema.json"

_ADDRESS = re.compile(r"\b0x[0-9A-Fa-f]{4,}")


@dataclass(frozen=True, slots=True)
class ContractReport:
    """What a run found, harness by harness, and what that comes to."""

    settings: RunSettings
    harnesses: Mapping[str, HarnessReport]
    """Name → what was found, in the order of the names."""
    run: RunFacts = field(default_factory=RunFacts, compare=False)

    @property
    def rules(self) -> Rules:
        """What the run is held to."""
        return Rules(self.settings.level, self.settings.strict)

    @property
    def judgement(self) -> Judgement:
        """The verdict with its exit code and the reasons for it."""
        return judge(self.harnesses.values(), self.rules)

    @property
    def verdict(self) -> str:
        """`conformant`, `violated`, `incomplete` or `broken`."""
        return self.judgement.verdict

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a command that made this run."""
        return self.judgement.exit_code

    @property
    def clauses(self) -> Mapping[str, Verdict]:
        """Id → verdict. Where the run had several harnesses the keys are `Harness::RLD-007`."""
        only = next(iter(self.harnesses.values())) if len(self.harnesses) == 1 else None
        if only is not None:
            return only.clauses
        return MappingProxyType(
            {
                f"{harness.name}::{clause_id}": verdict
                for harness in self.harnesses.values()
                for clause_id, verdict in harness.clauses.items()
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document as plain data."""
        judgement = self.judgement
        return {
            "schema": SCHEMA,
            "verdict": judgement.verdict,
            "exit_code": int(judgement.exit_code),
            "reasons": list(judgement.reasons),
            "settings": asdict(self.settings),
            "counts": counted(self.harnesses.values()),
            "harnesses": {name: _harness_document(one, self.rules) for name, one in self.harnesses.items()},
            "run": _run_document(self),
        }

    def to_json(self) -> str:
        """Return the JSON document as text: two spaces, sorted keys, a newline at the end."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


class ReportBuilder:
    """Listens to a run, or to parts of it made elsewhere, and makes its report."""

    def __init__(self, settings: RunSettings | None = None) -> None:
        self._settings = settings or RunSettings()
        self._stopwatch = Stopwatch()
        self._contracts: dict[str, tuple[str, str]] = {}
        self._expected: dict[str, set[str]] = {}
        self._verdicts: dict[str, dict[str, Verdict]] = {}

    def listen(self, event: Event) -> None:
        """Take an event in; of two verdicts on one clause the more severe one stays."""
        match event:
            case RunStarted():
                self._stopwatch = Stopwatch()
                self._settings = RunSettings(**asdict(event))
            case HarnessStarted(harness, contract, version, clauses):
                self._contracts[harness] = (contract, version)
                self._expected.setdefault(harness, set()).update(clauses)
            case ClauseFinished(harness, contract, verdict):
                self._contracts.setdefault(harness, (contract, ""))
                self._keep(harness, verdict)

    def listen_to_dicts(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Take in events that another process sent as plain data."""
        for event in events:
            self.listen(event_from_dict(event))

    def report(self) -> ContractReport:
        """Return the report of what was heard so far."""
        harnesses = {name: self._harness(name) for name in sorted(self._contracts)}
        return ContractReport(self._settings, MappingProxyType(harnesses), self._stopwatch.facts())

    def _keep(self, harness: str, verdict: Verdict) -> None:
        known = self._verdicts.setdefault(harness, {})
        earlier = known.get(verdict.id)
        if earlier is None or _severity(verdict) < _severity(earlier):
            known[verdict.id] = verdict

    def _harness(self, name: str) -> HarnessReport:
        contract, version = self._contracts[name]
        verdicts = self._verdicts.get(name, {})
        expected = self._expected.get(name, set()) | set(verdicts)
        in_order = {clause_id: verdicts[clause_id] for clause_id in sorted(verdicts)}
        return HarnessReport(name, contract, version, tuple(sorted(expected)), MappingProxyType(in_order))


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document."""
    text = files("pytest_policy_contracts.report").joinpath(SCHEMA_FILE).read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _severity(verdict: Verdict) -> tuple[int, bool]:
    return SEVERITY.index(verdict.outcome), not verdict.is_real_today


def _harness_document(harness: HarnessReport, rules: Rules) -> dict[str, Any]:
    verdicts = harness.clauses.values()
    return {
        "contract": {"name": harness.contract, "version": harness.version},
        "verdict": judge([harness], rules).verdict,
        "counts": harness.counts,
        "expected": list(harness.expected),
        "missing": list(harness.missing),
        "known_deviations": {one.id: one.deviation for one in verdicts if one.deviation},
        "clauses": [_clause_document(one, rules) for one in verdicts],
    }


def _clause_document(verdict: Verdict, rules: Rules) -> dict[str, Any]:
    document = verdict_to_dict(verdict)
    del document["details"]
    for scenario in document["scenarios"]:
        del scenario["details"], scenario["clause_id"]
    scrubbed: dict[str, Any] = _without_addresses(document)
    return {**scrubbed, "effect": effect_of(verdict, rules).value}


def _run_document(report: ContractReport) -> dict[str, Any]:
    details = {
        f"{harness.name}::{verdict.id}": verdict_to_dict(verdict)["details"]
        for harness in report.harnesses.values()
        for verdict in harness.clauses.values()
        if verdict.details
    }
    run = report.run
    return {
        "started": run.started,
        "duration_seconds": run.duration_seconds,
        "host": run.host,
        "versions": dict(run.versions),
        "details": details,
    }


def _without_addresses(value: Any) -> Any:
    """Take memory addresses out of every text: the same object has another one in each process."""
    match value:
        case str():
            return _ADDRESS.sub("0x…", value)
        case list():
            return [_without_addresses(one) for one in value]
        case dict():
            return {name: _without_addresses(one) for name, one in value.items()}
    return value
