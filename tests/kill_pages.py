"""The kill matrix as text, Markdown and JSON, with a section for each contract.

Rules: the same cells give the same bytes, so no page holds a time, a duration or the order in which processes
ended. It must not judge: whether a cell is a miss was decided before.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median_low
from typing import Any

from tests.kill_judging import TRIED_LONGEST, Cell, Claim

SIGNS = {"violated": "X", "passed": ".", "untested": "u", "not applicable": "-", "broken": "!"}
LEGEND = "X violated   . passed   u untested   - not applicable   ! broken   ? not under every seed"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much was tried; `kept` are the schedules for each seed of a clause that a broken subject keeps.

    `conforming` are those of all its seeds together.
    """

    seeds: int
    schedules: int
    kept: int
    conforming_seeds: int
    conforming: int

    def __str__(self) -> str:
        return (
            f"Broken subjects: {_counted(self.seeds, 'seed')}, each with {self.schedules} schedules for what they claim "
            f"to break and {self.kept} for what they keep. Conforming subjects: the reference and the first "
            f"{TRIED_LONGEST} of each contract {self.conforming:,} schedules under {_counted(self.conforming_seeds, 'seed')}, "
            f"the others {-(-self.conforming // self.conforming_seeds):,} under the first. Judged under the first seed only: what draws nothing from a seed, "
            "and of what is kept the crowds and bursts."
        )


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
        """Return for each violated clause at which schedule each seed found it; 0 is the first run."""
        schedules: dict[str, list[int]] = defaultdict(list)
        for cell in sorted(self.cells, key=lambda cell: (cell.clause, cell.seed)):
            if cell.outcome == "violated":
                schedules[cell.clause].append(cell.schedule)
        return dict(schedules)

    def judged_once(self) -> list[str]:
        """Return the clauses whose verdict holds for every seed, because it was judged once."""
        return sorted(cell.clause for cell in self.cells if cell.every_seed)


@dataclass(slots=True)
class Matrix:
    """The rows of one contract."""

    contract: str
    version: str
    clauses: tuple[str, ...]
    broken: list[Row]
    conforming: list[Row]
    misses: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """All of them, the conforming ones last."""
        return [*self.broken, *self.conforming]

    @property
    def title(self) -> str:
        """Say what it is about."""
        return f"{self.contract} {self.version}: {len(self.broken)} broken subjects, {len(self.conforming)} conforming ones"


# -- terminal ------------------------------------------------------------------------------------------


def terminal(matrices: Sequence[Matrix], effort: Effort) -> str:
    """Return the matrices for a terminal, the misses last."""
    lines = ["Kill matrix", str(effort), LEGEND]
    for matrix in matrices:
        lines += ["", matrix.title, *_terminal_rows(matrix)]
    misses = _misses(matrices)
    return "\n".join([*lines, "", *misses, _result(misses)])


def _terminal_rows(matrix: Matrix) -> list[str]:
    width = max(len(row.claim.subject) for row in matrix.rows)
    head = f"{'':{width}} {' '.join(clause[-3:] for clause in matrix.clauses)}  worst schedule"
    lines = []
    for rows in (matrix.broken, matrix.conforming):
        if rows:
            lines += ["", head, *(_terminal_row(matrix, row, width) for row in rows)]
    return lines


def _terminal_row(matrix: Matrix, row: Row, width: int) -> str:
    signs = "   ".join(_sign(row, clause) for clause in matrix.clauses)
    mark = "  MISSED" if row.misses else ""
    return f"{row.claim.subject:{width}}  {signs}   {_worst(row)}{mark}".rstrip()


def _sign(row: Row, clause: str) -> str:
    return SIGNS.get(row.outcome(clause), "?")


def _worst(row: Row) -> str:
    worst = max((number for numbers in row.found().values() for number in numbers), default=0)
    return str(worst) if worst else ""


def _misses(matrices: Sequence[Matrix]) -> list[str]:
    return [f"{matrix.contract}: {line}" for matrix in matrices for line in matrix.misses]


def _result(misses: Sequence[str]) -> str:
    return _counted(len(misses), "miss", "es") if misses else "No miss"


# -- Markdown ------------------------------------------------------------------------------------------


def markdown(matrices: Sequence[Matrix], effort: Effort) -> str:
    """Return the matrices as a Markdown page."""
    misses = _misses(matrices)
    lines = ["# Kill matrix", "", f"{_result(misses)}. {effort}", "", f"{LEGEND}.", ""]
    for matrix in matrices:
        lines += [f"## {matrix.title}", ""]
        for title, rows in (("Broken", matrix.broken), ("Conforming", matrix.conforming)):
            lines += [f"### {title}", "", *_table(matrix, rows), ""]
    lines += ["## Misses", "", *(f"- {line}" for line in misses)] if misses else []
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


# -- JSON ----------------------------------------------------------------------------------------------


def document(matrices: Sequence[Matrix], effort: Effort) -> str:
    """Return the matrices as JSON."""
    content = {
        "schema": "policy-contracts-kill-matrix/2",
        "effort": asdict(effort),
        "contracts": {matrix.contract: _section(matrix) for matrix in matrices},
    }
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _section(matrix: Matrix) -> dict[str, Any]:
    return {
        "version": matrix.version,
        "broken": {row.claim.subject: _entry(matrix, row) for row in matrix.broken},
        "conforming": {row.claim.subject: _entry(matrix, row) for row in matrix.conforming},
        "misses": matrix.misses,
    }


def _entry(matrix: Matrix, row: Row) -> dict[str, Any]:
    return {
        "claimed": list(row.claim.clauses),
        "because": row.claim.because,
        "outcomes": {clause: row.outcome(clause) for clause in matrix.clauses},
        "judged_once": row.judged_once(),
        "realism": sorted({cell.realism for cell in row.cells if cell.realism}),
        "schedules_until_found": {
            clause: {"median": median_low(numbers), "worst": max(numbers)} for clause, numbers in row.found().items()
        },
        "misses": row.misses,
    }


def _counted(number: int, noun: str, ending: str = "s") -> str:
    return f"{number} {noun}{'' if number == 1 else ending}"
