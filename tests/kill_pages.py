"""The kill matrix as text, Markdown and JSON.

Rules: the same cells give the same bytes, so no page holds a time, a duration or the order in which processes
ended. It must not judge: whether a cell is a miss was decided before.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any

from tests.kill_judging import Cell, Claim

SIGNS = {"violated": "X", "passed": ".", "untested": "u", "not applicable": "-", "broken": "!"}
LEGEND = "X violated   . passed   u untested   - not applicable   ! broken   ? not under every seed"


@dataclass(slots=True)
class Row:
    """One subject: what was claimed, what was seen, what is wrong with that."""

    claim: Claim
    cells: list[Cell] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    def outcome(self, clause: str) -> str:
        """Return the outcome of a clause, `mixed` when it depends on the seed."""
        seen = {cell.outcome for cell in self.cells if cell.clause == clause}
        return seen.pop() if len(seen) == 1 else "mixed" if seen else "not run"

    def found(self) -> dict[str, list[int]]:
        """Return for each clause that schedules broke at which schedule each seed found it; 0 is the first run."""
        schedules: dict[str, list[int]] = defaultdict(list)
        for cell in sorted(self.cells, key=lambda cell: (cell.clause, cell.seed)):
            if cell.outcome == "violated":
                schedules[cell.clause].append(cell.schedule)
        return dict(schedules)


@dataclass(slots=True)
class Matrix:
    """All rows, with what they were made with."""

    clauses: tuple[str, ...]
    version: str
    seeds: int
    schedules: int
    conforming_schedules: int
    broken: list[Row]
    conforming: list[Row]
    misses: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Say what was run."""
        return (
            f"Kill matrix of Reloadable {self.version}: {len(self.broken)} broken subjects under "
            f"{_counted(self.seeds, 'seed')} and {self.schedules} schedules, {len(self.conforming)} conforming ones "
            f"over {self.conforming_schedules:,} schedules"
        )

    @property
    def result(self) -> str:
        """Say how it ended."""
        return _counted(len(self.misses), "miss", "es") if self.misses else "No miss"


def terminal(matrix: Matrix) -> str:
    """Return the matrix for a terminal, the misses last."""
    width = max(len(row.claim.subject) for row in (*matrix.broken, *matrix.conforming))
    head = f"{'':{width}} {' '.join(clause[-3:] for clause in matrix.clauses)}  worst schedule"
    lines = [matrix.title, LEGEND]
    for rows in (matrix.broken, matrix.conforming):
        if rows:
            lines += ["", head, *(_terminal_row(matrix, row, width) for row in rows)]
    return "\n".join([*lines, "", *matrix.misses, matrix.result])


def _terminal_row(matrix: Matrix, row: Row, width: int) -> str:
    signs = "   ".join(_sign(row, clause) for clause in matrix.clauses)
    mark = "  MISSED" if row.misses else ""
    return f"{row.claim.subject:{width}}  {signs}   {_worst(row)}{mark}".rstrip()


def _sign(row: Row, clause: str) -> str:
    return SIGNS.get(row.outcome(clause), "?")


def _worst(row: Row) -> str:
    worst = max((number for numbers in row.found().values() for number in numbers), default=0)
    return str(worst) if worst else ""


def markdown(matrix: Matrix) -> str:
    """Return the matrix as a Markdown page."""
    lines = [f"# {matrix.title}", "", f"{matrix.result}. {LEGEND}.", ""]
    for title, rows in (("Broken", matrix.broken), ("Conforming", matrix.conforming)):
        lines += [f"## {title}", "", *_table(matrix, rows), ""]
    lines += ["## Misses", "", *(f"- {line}" for line in matrix.misses)] if matrix.misses else []
    return "\n".join(lines).rstrip() + "\n"


def _table(matrix: Matrix, rows: Sequence[Row]) -> list[str]:
    short = [clause[-3:] for clause in matrix.clauses]
    lines = [
        f"| subject | {' | '.join(short)} | worst schedule | given away by |",
        f"|---|{':-:|' * len(short)}--:|---|",
    ]
    for row in rows:
        signs = " | ".join(_sign(row, clause) for clause in matrix.clauses)
        because = f"`{row.claim.because}`" if row.claim.because else ""
        lines.append(f"| {row.claim.subject} | {signs} | {_worst(row)} | {because} |")
    return lines


def document(matrix: Matrix) -> str:
    """Return the matrix as JSON."""
    content = {
        "schema": "policy-contracts-kill-matrix/1",
        "contract": "Reloadable",
        "version": matrix.version,
        "seeds": matrix.seeds,
        "schedules": matrix.schedules,
        "conforming_schedules": matrix.conforming_schedules,
        "broken": {row.claim.subject: _entry(matrix, row) for row in matrix.broken},
        "conforming": {row.claim.subject: _entry(matrix, row) for row in matrix.conforming},
        "misses": matrix.misses,
    }
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _entry(matrix: Matrix, row: Row) -> dict[str, Any]:
    return {
        "claimed": list(row.claim.clauses),
        "because": row.claim.because,
        "outcomes": {clause: row.outcome(clause) for clause in matrix.clauses},
        "realism": sorted({cell.realism for cell in row.cells if cell.realism}),
        "schedules_until_found": {
            clause: {"median": median_low(numbers), "worst": max(numbers)} for clause, numbers in row.found().items()
        },
        "misses": row.misses,
    }


def _counted(number: int, noun: str, ending: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else ending}"
