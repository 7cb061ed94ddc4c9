"""Makes the mutants, has them judged, and says which are left: `python -m tests.mutants` (or `make mutants`).

Prints a line for each survivor and the share killed for each part, writes `docs/reference/mutants.md` when every part was
judged whole, and exits 1 where a part is below its goal or a survivor is not in `survivors.toml` with a reason.
"""

import argparse
import multiprocessing
import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import cosmic_ray.commands
import cosmic_ray.mutating
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec

from tests.mutants.judging import JUDGES
from tests.mutants.pages import GOAL, Judged, explained, markdown, summary

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("reference_impl", "pytest_policy_contracts", "features", "tests", "pyproject.toml")
PAGE = ROOT / "docs" / "reference" / "mutants.md"
TIMEOUT_SECONDS = 60.0
"""A mutant that takes so long hangs: an unchanged part takes five seconds."""

LEFT_OUT = re.compile(
    r"ReplaceBinaryOperator_(BitOr|Mul|BitAnd)_"  # of `A | None` and of the `*` before keyword-only parameters
    r"|ReplaceBinaryOperator_\w+_(Pow|RShift|LShift|BitOr|BitAnd|BitXor|FloorDiv|Mod)$"
    r"|ReplaceComparisonOperator_(Is|IsNot)_(Eq|NotEq|Lt|LtE|Gt|GtE)$"
    r"|ReplaceComparisonOperator_\w+_(Is|IsNot)$(?<!Is_IsNot)(?<!IsNot_Is)"
    r"|Variable(Replacer|Inserter)"
)
"""Changes that nobody would make by mistake, or that cannot run: they would be killed for nothing, or are the same."""


@dataclass(frozen=True, slots=True)
class Work:
    """One mutant of one part."""

    part: str
    mutation: MutationSpec


def main(argv: Sequence[str] | None = None) -> int:
    """Judge what the arguments ask for and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", default=[], help=f"some of {', '.join(JUDGES)} (all)")
    parser.add_argument(
        "--sample", type=int, default=0, metavar="N", help="so many of each part, drawn with seed 0 (all)"
    )
    parser.add_argument("--only", default="", metavar="MODULE", help="mutants of modules whose path contains it")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="how many at once (%(default)s)")
    options = parser.parse_args(argv)
    parts = options.parts or list(JUDGES)
    work = [one for part in parts for one in _work(part, options.only, options.sample)]
    judged = sorted(_judged(work, options.processes))
    unexplained = [one for one in judged if not one.killed and not explained(one)]
    for one in judged:
        if not one.killed:
            print(f"survived: {one.line}{'' if explained(one) else '   (not in survivors.toml)'}")
    print(summary(judged))
    if set(parts) == set(JUDGES) and not options.only and not options.sample:
        PAGE.write_text(markdown(judged), encoding="utf-8")
    below = [part for part in parts if _share(judged, part) < GOAL]
    return 1 if unexplained or below else 0


def _share(judged: Sequence[Judged], part: str) -> float:
    mine = [one.killed for one in judged if one.part == part]
    return sum(mine) / len(mine) if mine else 1.0


def _work(part: str, only: str, sample: int) -> Iterator[Work]:
    modules = sorted((ROOT / "reference_impl" / part).glob("*.py"))
    with tempfile.TemporaryDirectory() as folder:
        database = WorkDB(Path(folder) / "session.sqlite", WorkDB.Mode.create)
        cosmic_ray.commands.init([one for one in modules if only in str(one)], database, {})
        mutations = [item.mutations[0] for item in database.work_items]
        database.close()
    found = [Work(part, one) for one in mutations if not LEFT_OUT.search(one.operator_name)]
    found.sort(key=lambda one: (str(one.mutation.module_path), one.mutation.start_pos, one.mutation.operator_name))
    return iter(random.Random(0).sample(found, sample) if 0 < sample < len(found) else found)


def _judged(work: Sequence[Work], processes: int) -> Iterator[Judged]:
    spawned = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        with ProcessPoolExecutor(processes, mp_context=spawned, initializer=_enter_copy, initargs=(folder,)) as pool:
            running = [pool.submit(_judge, one) for one in work]
            for number, done in enumerate(as_completed(running), 1):
                yield done.result()
                print(f"\r{number}/{len(running)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def _enter_copy(folder: str) -> None:
    """Give each process a copy of its own to change."""
    copy = Path(folder) / str(os.getpid())
    copy.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy)


def _judge(work: Work) -> Judged:
    path = work.mutation.module_path.relative_to(ROOT)
    mutation = MutationSpec(
        path,
        work.mutation.operator_name,
        work.mutation.occurrence,
        work.mutation.start_pos,
        work.mutation.end_pos,
    )
    command = f"{sys.executable} -m tests.mutants.judging {work.part}"
    result = cosmic_ray.mutating.mutate_and_test([mutation], command, TIMEOUT_SECONDS)
    before, after = _changed_lines(result.diff or "")
    return Judged(
        work.part,
        path.as_posix(),
        mutation.start_pos[0],
        mutation.operator_name.partition("/")[2],
        before,
        after,
        bool(result.is_killed),
        (result.output or "").strip().splitlines()[-1] if (result.output or "").strip() else "could not be run",
    )


def _changed_lines(diff: str) -> tuple[str, str]:
    lines = [line for line in diff.splitlines() if line[:1] in "+-" and not line.startswith(("---", "+++"))]
    return tuple(" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")  # type: ignore[return-value]
