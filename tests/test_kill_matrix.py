"""The kill matrix in small: every subject under one seed, and the matrix itself able to miss.

`make kill-matrix` runs the whole: twenty seeds, and 5,000 schedules for the conforming subjects.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests import kill_matrix
from tests.kill_judging import (
    ENOUGH_SCHEDULES,
    Assignment,
    Cell,
    Claim,
    claims,
    contract,
    depends_on_seed,
    judge,
    misses_of,
    misses_of_conforming,
)
from tests.kill_pages import Matrix, Row, document, markdown, terminal

BROKEN, CONFORMING = claims()
SCHEDULES = 200
CLAIM = Claim("LostUpdate", ("RLD-013",), "cache.burst")
CAUGHT = Cell("RLD-013", 0, "violated", "observed {'cache.burst': 7}", 12, "shown in stock order")


def name_of(claim: Claim) -> str:
    return claim.subject


@pytest.mark.parametrize("claim", BROKEN, ids=name_of)
def test_a_broken_subject_breaks_what_it_claims_and_nothing_else(claim: Claim) -> None:
    """Each broken subject violates its clauses for its reason, and no other clause."""
    cells = judge(Assignment(claim.subject, claim.clauses, (0,), SCHEDULES))

    assert misses_of(claim, cells) == []


@pytest.mark.parametrize("claim", CONFORMING, ids=name_of)
def test_a_conforming_subject_is_not_accused(claim: Claim) -> None:
    """No conforming subject violates a clause or leaves one unproved that it supplies the needs for."""
    cells = judge(Assignment(claim.subject, (), (0,), SCHEDULES))

    assert misses_of_conforming(claim, cells) == []


# -- the matrix can miss -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        (replace(CAUGHT, outcome="passed", text=""), "should be violated and is passed"),
        (replace(CAUGHT, outcome="untested", text="no witness: met"), "is untested. no witness: met"),
        (replace(CAUGHT, clause="RLD-010"), "violated, which nobody claims"),
        (replace(CAUGHT, text="observed something else"), "not because of 'cache.burst'"),
        (replace(CAUGHT, schedule=ENOUGH_SCHEDULES + 1), "found at schedule 201, later than 200"),
        (replace(CAUGHT, outcome="broken", text="HarnessError: no"), "failed: HarnessError: no"),
        (Cell("RLD-010", 0, "broken", "HarnessError: no"), "failed: HarnessError: no"),
    ],
)
def test_a_miss_is_named_with_its_reason(cell: Cell, part: str) -> None:
    """Whatever is not as claimed is one line with the subject, the clause, the seed and the reason."""
    lines = misses_of(CLAIM, [CAUGHT, cell])

    assert len(lines) == 1
    assert lines[0].startswith(f"LostUpdate, {cell.clause}, seed 0: ")
    assert part in lines[0]


def test_a_catch_is_no_miss() -> None:
    """A violation of the claimed clause is a catch in any case of letters, and so is quiet elsewhere."""
    quiet = [Cell(f"RLD-00{number}", 0, outcome) for number, outcome in enumerate(("passed", "untested"), 1)]

    assert misses_of(replace(CLAIM, because="OBSERVED".lower()), [replace(CAUGHT, text="OBSERVED x"), *quiet]) == []


@pytest.mark.parametrize(
    ("cell", "quiet"),
    [
        (Cell("RLD-019", 0, "untested", "needs secrets() in the harness"), True),
        (Cell("RLD-013", 0, "untested", "no witness: they met"), False),
        (Cell("RLD-013", 0, "violated", "anything"), False),
        (Cell("RLD-013", 0, "not applicable", "it never waits"), True),
    ],
)
def test_a_conforming_subject_has_to_be_proved_quiet(cell: Cell, quiet: bool) -> None:
    """A conforming subject may lack a need; it may neither be accused nor stay unproved."""
    assert (misses_of_conforming(Claim("Fine"), [cell]) == []) is quiet


def test_a_real_subject_with_a_wrong_claim_is_a_miss() -> None:
    """Judged for a clause it keeps, a broken subject is a miss twice: not caught there, caught elsewhere."""
    real = next(claim for claim in BROKEN if claim.subject == "CopiesBeforeItWaitsContract")
    wrong = replace(real, clauses=("RLD-010",))
    lines = misses_of(wrong, judge(Assignment(wrong.subject, wrong.clauses, (3,), 20, whole=False)))

    assert [line.split(", ")[1:3] for line in lines] == [["RLD-010", "seed 3: should be violated and is passed."],
                                                       ["RLD-013", "seed 3: violated"]]  # fmt: skip


def test_further_seeds_judge_what_depends_on_them() -> None:
    """With a further seed the clauses with schedules and the claimed ones are judged, and nothing else."""
    cells = judge(Assignment("SortsWhatItGetsContract", ("RLD-015",), (1, 2), 5, whole=False))
    sampled = {clause.id for clause in contract().clauses if depends_on_seed(clause)}

    assert {"RLD-002", "RLD-013", "RLD-014"} <= sampled
    assert sorted((cell.seed, cell.clause) for cell in cells) == sorted(
        (seed, clause) for seed in (1, 2) for clause in (*sampled, "RLD-015")
    )


# -- the pages -----------------------------------------------------------------------------------------


def matrix(row: Row) -> Matrix:
    clauses = tuple(f"RLD-{number:03}" for number in range(1, 21))
    return Matrix(clauses, "1.0", 2, 200, 5_000, [row], [Row(Claim("Fine"), [Cell("RLD-013", 0, "passed")])])


def test_the_pages_show_every_outcome() -> None:
    """The matrix shows what was violated, how late, and what one seed in several did not show."""
    row = Row(CLAIM, [CAUGHT, replace(CAUGHT, seed=1, schedule=31), Cell("RLD-014", 0, "passed"),
                      Cell("RLD-014", 1, "violated")])  # fmt: skip
    made = matrix(row)

    assert row.outcome("RLD-013") == "violated"
    assert row.outcome("RLD-014") == "mixed"
    assert '"median": 12' in document(made) and '"worst": 31' in document(made)
    assert "| LostUpdate |" in markdown(made)
    assert terminal(made).endswith("No miss")


@pytest.mark.parametrize("page", [document, markdown, terminal])
def test_a_page_does_not_depend_on_the_order_of_the_cells(page: Callable[[Matrix], str]) -> None:
    """The same cells give the same page, in whatever order the processes ended."""
    cells = [CAUGHT, replace(CAUGHT, seed=1, schedule=31), Cell("RLD-014", 0, "passed")]

    assert page(matrix(Row(CLAIM, cells))) == page(matrix(Row(CLAIM, cells[::-1])))


def test_a_clause_with_too_few_subjects_is_a_miss() -> None:
    """A subject that was not seen to break its clause does not count for it."""
    made = matrix(Row(CLAIM, [CAUGHT]))
    first = list(kill_matrix.too_few_alone(made))
    made.broken[0].misses = ["not caught"]
    then = list(kill_matrix.too_few_alone(made))

    assert "RLD-013: 1 subjects break it alone, and 3 have to; write another one" in first
    assert "RLD-013: 0 subjects break it alone, and 3 have to; write another one" in then
    assert len(first) == len(then) == len(made.clauses)


def test_a_pattern_that_fits_nobody_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A matrix of nobody is no proof: it ends with 2 and says which pattern was wrong."""
    assert kill_matrix.main(["--only", "NoSuchSubject"]) == 2
    assert "NoSuchSubject" in capsys.readouterr().err
