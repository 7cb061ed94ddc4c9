"""Results of all items, from this process or from xdist's workers, folded into the report."""

from __future__ import annotations

from datetime import date
from typing import Any

from pytest_policy_contracts.harness import KnownDeviation
from pytest_policy_contracts.plugin.options import Options
from pytest_policy_contracts.report import ContractReport, ReportBuilder
from pytest_policy_contracts.report.formats import write_report
from pytest_policy_contracts.report.terminal import summary_lines
from pytest_policy_contracts.report.transfer import verdict_from_dict
from pytest_policy_contracts.verification.deviating import judged_with_deviation
from pytest_policy_contracts.verification.events import (
    ClauseFinished,
    Event,
    HarnessStarted,
    RunFinished,
    RunStarted,
)
from pytest_policy_contracts.verification.verdicts import ScenarioResult, Verdict, verdict_of


class Gathering:
    """Collects payloads of items and turns them into the events of a run."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._payloads: dict[tuple[str, str, int], dict[str, Any]] = {}

    def note(self, report: Any) -> None:
        """Remember the payload of a finished item."""
        payload = getattr(report, "policy_contracts", None)
        if payload is not None and report.when == "call":
            key = (payload["harness"], payload["verdict"]["id"], payload["scenario"])
            self._payloads[key] = payload

    def summarize(self, terminal: Any) -> None:
        """Print the summary and write the report files; nothing when no contract was run here."""
        if not self._payloads:
            return
        report = self.report()
        terminal.section("policy contracts")
        for line in summary_lines(report, terminal._tw.fullwidth):
            terminal.write_line(line)
        for path in self._options.reports:
            write_report(report, path)
            terminal.write_line(f"report written to {path}")

    def report(self) -> ContractReport:
        """Fold what was gathered; the order of arrival does not matter."""
        builder = ReportBuilder()
        for event in self._events():
            builder.listen(event)
        return builder.report()

    def _events(self) -> list[Event]:
        options = self._options
        effort = options.settings.effort
        events: list[Event] = [RunStarted(effort.schedules, effort.seed, options.rules.level, options.rules.strict)]
        by_harness: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for key in sorted(self._payloads):
            payload = self._payloads[key]
            by_harness.setdefault(payload["harness"], {}).setdefault(key[1], []).append(payload)
        for harness, clauses in by_harness.items():
            first = next(iter(clauses.values()))[0]
            events.append(HarnessStarted(harness, first["contract"], first["version"], tuple(clauses)))
            events += [
                ClauseFinished(harness, first["contract"], self._verdict(payloads)) for payloads in clauses.values()
            ]
        return [*events, RunFinished()]

    def _verdict(self, payloads: list[dict[str, Any]]) -> Verdict:
        every = [verdict_from_dict(payload["verdict"]) for payload in payloads]
        results: tuple[ScenarioResult, ...] = tuple(result for verdict in every for result in verdict.scenarios)
        verdict = verdict_of(every[0].id, every[0].level, every[0].title, results)
        return judged_with_deviation(verdict, _deviation(payloads[0]["deviation"]), date.today())


def _deviation(plain: dict[str, str] | None) -> KnownDeviation | None:
    if plain is None:
        return None
    return KnownDeviation(**{**plain, "expires": date.fromisoformat(plain["expires"])})  # type: ignore[arg-type]
