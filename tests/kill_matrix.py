"""The kill matrix: every broken subject is caught for its clause and its reason, no conforming one is accused.

Run: `python -m tests.kill_matrix` (or `make kill-matrix`). Prints the matrix, writes `kill-matrix.json` and
`kill-matrix.md`, and exits 1 with the reasons on any miss, 2 when nothing could be run as asked. The subjects
are spread over processes; the pages do not depend on how.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.kill_judging import (
    Assignment,
    Cell,
    Claim,
    alone,
    claims,
    contract,
    judge,
    misses_of,
    misses_of_conforming,
)
from tests.kill_pages import Matrix, Row, document, markdown, terminal

SEEDS = 20
SCHEDULES = 200
CONFORMING_SCHEDULES = 5_000
PROCESSES = 2
SEEDS_AT_ONCE = 5
"""Small pieces keep both processes busy to the end."""

ALONE = 2
ALONE_FOR_HARD_CLAUSES = 3
HARD_CLAUSES = frozenset({"RLD-004", "RLD-006", "RLD-007", "RLD-010", "RLD-013", "RLD-014", "RLD-016"})


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for and return the exit status."""
    options = _parser().parse_args(argv)
    broken, conforming = (
        [claim for claim in some if options.only.lower() in claim.subject.lower()] for some in claims()
    )
    if not broken and not conforming:
        print(f"No subject has {options.only!r} in its name.", file=sys.stderr)
        return 2
    matrix = _matrix(broken, conforming, options)
    begun = time.monotonic()
    _fill(matrix, options.processes)
    _tell(f"{time.monotonic() - begun:.0f} s, and {_processor_seconds():.0f} s of processor time")
    _find_misses(matrix, everything=not options.only)
    print(terminal(matrix))
    if not options.only:
        _write(matrix, options.directory)
    return 1 if matrix.misses else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.kill_matrix", description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--seeds", type=int, default=SEEDS, metavar="N", help="seeds for each broken subject (20)")
    add("--schedules", type=int, default=SCHEDULES, metavar="N", help="schedules for each of them (200)")
    add("--conforming", type=int, default=CONFORMING_SCHEDULES, metavar="N",
        help="schedules for each conforming subject (5000)")  # fmt: skip
    add("--only", default="", metavar="PATTERN", help="subjects whose name contains it; writes no pages")
    add("--processes", type=int, default=PROCESSES, metavar="N", help="how many at once (2)")
    add("--directory", type=Path, default=Path(), metavar="PATH", help="where the pages go (here)")
    return parser


def _matrix(broken: Sequence[Claim], conforming: Sequence[Claim], options: argparse.Namespace) -> Matrix:
    promises = contract()
    return Matrix(
        tuple(clause.id for clause in promises.clauses),
        promises.version,
        options.seeds,
        options.schedules,
        options.conforming,
        [Row(claim) for claim in broken],
        [Row(claim) for claim in conforming],
    )


# -- running -------------------------------------------------------------------------------------------


def _fill(matrix: Matrix, processes: int) -> None:
    rows = {row.claim.subject: row for row in (*matrix.conforming, *matrix.broken)}
    for assignment, cells in _judged(list(_assignments(matrix)), processes):
        rows[assignment.subject].cells += cells
    for row in rows.values():
        row.cells.sort(key=lambda cell: (cell.seed, cell.clause))


def _assignments(matrix: Matrix) -> Iterator[Assignment]:
    """Yield the pieces, longest first, so that no process is left with a long one at the end."""
    for row in matrix.conforming:
        yield Assignment(row.claim.subject, (), (0,), matrix.conforming_schedules)
    seeds = tuple(range(matrix.seeds))
    for row in matrix.broken:
        for begin in range(0, len(seeds), SEEDS_AT_ONCE):
            some = seeds[begin : begin + SEEDS_AT_ONCE]
            yield Assignment(row.claim.subject, row.claim.clauses, some, matrix.schedules, whole=not begin)


def _judged(assignments: Sequence[Assignment], processes: int) -> Iterator[tuple[Assignment, list[Cell]]]:
    begun = time.monotonic()
    # A fresh interpreter for each process: the guard forks, and must find no foreign threads beside it.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawned) as pool:
        running = {pool.submit(_timed, assignment): assignment for assignment in assignments}
        for number, done in enumerate(as_completed(running), 1):
            assignment = running[done]
            cells, seconds = done.result()
            _tell(f"{number}/{len(running)} {time.monotonic() - begun:5.0f} s  {assignment.subject} {seconds:.1f} s")
            yield assignment, cells


def _timed(assignment: Assignment) -> tuple[list[Cell], float]:
    begun = time.monotonic()
    return judge(assignment), time.monotonic() - begun


def _processor_seconds() -> float:
    """Return what all processes used together: unlike the time on the wall, it is the same beside other work."""
    return sum(os.times()[:4])


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


# -- judging -------------------------------------------------------------------------------------------


def _find_misses(matrix: Matrix, *, everything: bool) -> None:
    for row in matrix.broken:
        row.misses = misses_of(row.claim, row.cells)
    for row in matrix.conforming:
        row.misses = misses_of_conforming(row.claim, row.cells)
    found = [line for row in (*matrix.broken, *matrix.conforming) for line in row.misses]
    matrix.misses = [*found, *(too_few_alone(matrix) if everything else ())]


def too_few_alone(matrix: Matrix) -> Iterator[str]:
    """Yield a line for each clause that too few subjects were seen to break alone."""
    proved = [row.claim for row in matrix.broken if not row.misses]
    for clause in matrix.clauses:
        needed = ALONE_FOR_HARD_CLAUSES if clause in HARD_CLAUSES else ALONE
        subjects = alone(proved, clause)
        if len(subjects) < needed:
            yield f"{clause}: {len(subjects)} subjects break it alone, and {needed} have to; write another one"


def _write(matrix: Matrix, directory: Path) -> None:
    (directory / "kill-matrix.json").write_text(document(matrix), encoding="utf-8")
    (directory / "kill-matrix.md").write_text(markdown(matrix), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
