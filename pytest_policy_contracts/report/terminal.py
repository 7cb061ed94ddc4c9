"""The summary of a run as plain text: a row a clause, the counts, the verdict in a sentence.

Rules: no colour, no dependency, lines never wider than asked for (40 at least). The same text in
every face. It must not decide anything.
"""

from collections.abc import Iterator, Mapping

from pytest_policy_contracts.report.document import ContractReport
from pytest_policy_contracts.report.failure_text import columns
from pytest_policy_contracts.report.gating import Effect, ExitCode, Rules, effect_of
from pytest_policy_contracts.report.results import DID_NOT_RUN, HarnessReport, counted
from pytest_policy_contracts.verification.verdicts import Outcome, Verdict

MIN_WIDTH = 40

_TOLD = frozenset({Outcome.VIOLATED, Outcome.BROKEN})


def failing(harness: HarnessReport) -> Iterator[Verdict]:
    """Yield the verdicts whose failure text is shown: violated, also where it warns, and broken."""
    return (one for one in harness.clauses.values() if one.outcome in _TOLD)


def summary_lines(report: ContractReport, width: int = 100) -> list[str]:
    """Return the whole summary; `width` is in columns."""
    lines: list[str] = []
    for harness in report.harnesses.values():
        lines += [*table_lines(harness, report.rules, width), ""]
    lines += [cut(count_line(report), width), *verdict_lines(report)]
    return lines


def table_lines(harness: HarnessReport, rules: Rules, width: int = 100) -> list[str]:
    """Return the rows of one harness under its name."""
    version = f" {harness.version}" if harness.version else ""
    rows = {one: _row(verdict, rules) for one, verdict in harness.clauses.items()}
    rows |= {one: (one, "", DID_NOT_RUN, "") for one in harness.missing}
    widths = [max((len(row[at]) for row in rows.values()), default=0) for at in range(3)]
    lines = [f"{harness.name} · {harness.contract}{version}"]
    for clause_id in sorted(rows):
        *cells, reason = rows[clause_id]
        line = "  ".join(f"{cell:<{w}}" for cell, w in zip(cells, widths, strict=True))
        lines.append(cut(f"  {line}  {reason}".rstrip(), width))
    return lines


def progress_line(verdict: Verdict, rules: Rules, width: int = 100) -> str:
    """Return the line that says that one clause is through."""
    return cut(f"{columns(verdict)} {reason_of(verdict, rules)}".rstrip(), width)


def reason_of(verdict: Verdict, rules: Rules) -> str:
    """Return what stands beside the outcome: how far it reaches, or why it is so; one line."""
    match verdict.outcome:
        case Outcome.PASSED:
            said = verdict.reach
        case Outcome.KNOWN:
            said = verdict.deviation
        case Outcome.VIOLATED:
            said = "; ".join(filter(None, (verdict.message, verdict.realism)))
        case _:
            said = verdict.message
    if effect_of(verdict, rules) is Effect.WARNS:
        said = f"warning only: {said}"
    return " ".join(said.split())


def count_line(report: ContractReport) -> str:
    """Return the number of clauses by outcome: `20 clauses: 17 passed, 3 violated`."""
    counts: Mapping[str, int] = counted(report.harnesses.values())
    total = sum(counts.values())
    parts = ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    return f"{total} clause{'' if total == 1 else 's'}" + (f": {parts}" if parts else "")


def verdict_lines(report: ContractReport) -> list[str]:
    """Return the verdict, and for a non-zero exit code the reason of it, one sentence a line."""
    judgement = report.judgement
    if judgement.exit_code is ExitCode.CONFORMANT:
        return [f"conformant: {_praise(report)}"]
    opening = f"{judgement.verdict} (exit code {int(judgement.exit_code)}): "
    first, *others = judgement.reasons
    return [opening + first, *(f"  also: {one}" for one in others)]


def cut(line: str, width: int) -> str:
    """Return the line, shortened with an ellipsis where it is wider than `width` columns."""
    limit = max(width, MIN_WIDTH)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _row(verdict: Verdict, rules: Rules) -> tuple[str, str, str, str]:
    return verdict.id, verdict.level, verdict.outcome.value, reason_of(verdict, rules)


def _praise(report: ContractReport) -> str:
    counts = counted(report.harnesses.values())
    tested = counts["passed"] + counts["violated"] + counts["known"]
    said = f"{counts['passed']} of {tested} tested clauses hold"
    if counts["known"]:
        said += f", {counts['known']} deviate as known"
    if counts["violated"]:
        said += f", {counts['violated']} violated as warning only"
    return f"{said}."
