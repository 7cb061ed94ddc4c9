"""The kill matrix: every broken subject is caught for its clause and its reason, no conforming one is accused.

Run: `python -m tests.kill_matrix` (or `make kill-matrix`). Prints the matrix of each contract, writes
`kill-matrix.json` and `kill-matrix.md`, and exits 1 with the reasons on any miss, 2 when nothing could be run as
asked. The subjects are spread over processes; the pages do not depend on how.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.verification.verdicts import Outcome
from tests.kill_judging import (
    ENOUGH_SCHEDULES,
    KEPT_SCHEDULES,
    SUBJECTS,
    Assignment,
    Cell,
    Claim,
    claims,
    judge,
)
from tests.kill_pages import Effort, Matrix, Row, document, markdown, terminal

SEEDS = 20
CONFORMING_SEEDS = 5
CONFORMING_SCHEDULES = 5_000
PROCESSES = 2

ALONE = 2
ALONE_FOR_HARD_CLAUSES = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for and return the exit status."""
    options = _parser().parse_args(argv)
    effort = Effort(options.seeds, options.schedules, options.kept, CONFORMING_SEEDS, options.conforming)
    matrices = [_matrix(contract, options.only) for contract in options.contract or SUBJECTS]
    matrices = [matrix for matrix in matrices if matrix.rows]
    if not matrices:
        print(f"No subject has {options.only!r} in its name.", file=sys.stderr)
        return 2
    _fill(matrices, effort, options.processes)
    for matrix in matrices:
        _find_misses(matrix, everything=not options.only)
    print(terminal(matrices, effort))
    if not options.only and not options.contract:
        _write(matrices, effort, options.directory)
    return 1 if any(matrix.misses for matrix in matrices) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.kill_matrix", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--seeds", type=int, default=SEEDS, metavar="N", help="seeds for each broken subject (%(default)s)")
    add("--schedules", type=int, default=ENOUGH_SCHEDULES, metavar="N",
        help="schedules for each of them where it claims to break a clause (%(default)s)")  # fmt: skip
    add("--kept", type=int, default=KEPT_SCHEDULES, metavar="N",
        help="schedules for each of them where it does not (%(default)s)")  # fmt: skip
    add("--conforming", type=int, default=CONFORMING_SCHEDULES, metavar="N",
        help=f"schedules for a conforming subject that is tried longest, under {CONFORMING_SEEDS} seeds together, "
             "others have one of them (%(default)s)")  # fmt: skip
    add("--contract", action="append", choices=sorted(SUBJECTS), metavar="NAME",
        help="this contract; may be repeated, writes no pages (all)")  # fmt: skip
    add("--only", default="", metavar="PATTERN", help="subjects whose name contains it; writes no pages")
    add("--processes", type=int, default=PROCESSES, metavar="N", help="how many at once (%(default)s)")
    add("--directory", type=Path, default=Path(), metavar="PATH", help="where the pages go (here)")
    return parser


def _matrix(contract: str, pattern: str) -> Matrix:
    broken, conforming = (
        [Row(claim) for claim in some if pattern.lower() in claim.subject.lower()] for some in claims(contract)
    )
    promises = load_contract(contract)
    return Matrix(contract, promises.version, tuple(clause.id for clause in promises.clauses), broken, conforming)


# -- running -------------------------------------------------------------------------------------------


def _fill(matrices: Sequence[Matrix], effort: Effort, processes: int) -> None:
    begun = time.monotonic()
    rows = {(matrix.contract, row.claim.subject): row for matrix in matrices for row in matrix.rows}
    for assignment, cells in _judged(list(assignments(matrices, effort)), processes):
        rows[assignment.contract, assignment.subject].cells = sorted(cells, key=lambda cell: (cell.seed, cell.clause))
    _tell(f"{time.monotonic() - begun:.0f} s, and {_processor_seconds():.0f} s of processor time")


def assignments(matrices: Sequence[Matrix], effort: Effort) -> Iterator[Assignment]:
    """Yield one piece for each subject, longest first, so that no process is left with a long one at the end."""
    each, seeds = -(-effort.conforming // effort.conforming_seeds), tuple(range(effort.conforming_seeds))
    for claim in (row.claim for matrix in matrices for row in matrix.conforming):
        yield Assignment(
            claim.contract, claim.subject, seeds=seeds if claim.longest else seeds[:1], kept_schedules=each
        )
    seeds = tuple(range(effort.seeds))
    for claim in (row.claim for matrix in matrices for row in matrix.broken):
        yield Assignment(claim.contract, claim.subject, claim.clauses, seeds, effort.schedules, effort.kept)


def _judged(pieces: Sequence[Assignment], processes: int) -> Iterator[tuple[Assignment, list[Cell]]]:
    # A fresh interpreter for each process: the guard forks, and must find no foreign threads beside it.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawned) as pool:
        running = {pool.submit(_timed, piece): piece for piece in pieces}
        for number, done in enumerate(as_completed(running), 1):
            piece = running[done]
            cells, seconds = done.result()
            _tell(f"{number}/{len(running)}  {piece.contract} {piece.subject} {seconds:.1f} s of processor time")
            yield piece, cells


def _timed(assignment: Assignment) -> tuple[list[Cell], float]:
    begun = _processor_seconds()
    return judge(assignment), _processor_seconds() - begun


def _processor_seconds() -> float:
    """Return what this process and its ended children used: unlike the time on the wall, it is the same beside other work."""
    return sum(os.times()[:4])


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


# -- is it as claimed? ---------------------------------------------------------------------------------


def _find_misses(matrix: Matrix, *, everything: bool) -> None:
    for row in matrix.broken:
        row.misses = misses_of(row.claim, row.cells)
    for row in matrix.conforming:
        row.misses = misses_of_conforming(row.claim, row.cells)
    found = [line for row in matrix.rows for line in row.misses]
    matrix.misses = [*found, *(too_few_alone(matrix) if everything else ())]


def misses_of(claim: Claim, cells: Iterable[Cell]) -> list[str]:
    """Return in one line each what is not as claimed; nothing when the subject did what it should."""
    cells = list(cells)
    unjudged = set(claim.clauses).difference(cell.clause for cell in cells)
    return [
        *(line for cell in cells for line in _misses(claim, cell)),
        *(f"{claim.subject}, {clause}: was not judged" for clause in sorted(unjudged)),
    ]


def _misses(claim: Claim, cell: Cell) -> Iterator[str]:
    where = f"{claim.subject}, {cell.clause}, {cell.under}"
    violated = cell.outcome == Outcome.VIOLATED
    if cell.outcome == Outcome.BROKEN:
        yield f"{where}: the suite or the harness failed: {cell.text}"
    elif cell.clause not in claim.clauses and violated:
        yield f"{where}: violated, which nobody claims: {cell.text}"
    elif cell.clause in claim.clauses and not violated:
        yield f"{where}: should be violated and is {cell.outcome}. {cell.text}".rstrip(". ") + "."
    elif violated and claim.because.lower() not in cell.text.lower():
        yield f"{where}: violated, but not because of {claim.because!r}: {cell.text}"
    elif violated and cell.schedule > ENOUGH_SCHEDULES:
        yield f"{where}: found at schedule {cell.schedule}, later than {ENOUGH_SCHEDULES}"


def misses_of_conforming(claim: Claim, cells: Iterable[Cell]) -> list[str]:
    """As `misses_of`, and a clause that the harness has the needs for must not stay untested."""
    cells = list(cells)
    unproved = [
        f"{claim.subject}, {cell.clause}, {cell.under}: {cell.outcome}: {cell.text}"
        for cell in cells
        if cell.outcome == Outcome.UNTESTED and not cell.text.startswith("needs ")
    ]
    return misses_of(claim, cells) + unproved


def too_few_alone(matrix: Matrix) -> Iterator[str]:
    """Yield a line for each clause that too few subjects were seen to break alone."""
    proved = [row.claim for row in matrix.broken if not row.misses]
    for clause in matrix.clauses:
        subjects = sum(claim.clauses == (clause,) for claim in proved)
        if subjects < needed_alone(clause):
            yield f"{clause}: {subjects} subjects break it alone, and {needed_alone(clause)} have to; write another one"


def needed_alone(clause: str) -> int:
    """Return how many subjects have to break a clause and no other."""
    hard = any(clause in subjects.hard for subjects in SUBJECTS.values())
    return ALONE_FOR_HARD_CLAUSES if hard else ALONE


def _write(matrices: Sequence[Matrix], effort: Effort, directory: Path) -> None:
    (directory / "kill-matrix.json").write_text(document(matrices, effort), encoding="utf-8")
    (directory / "kill-matrix.md").write_text(markdown(matrices, effort), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
