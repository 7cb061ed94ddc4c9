"""The kill matrix in small: a subject for each clause under one seed, and the matrix itself able to miss.

`make kill-matrix` runs the whole: twenty seeds, and 5,000 schedules for the conforming subjects.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import strategies

from pytest_policy_contracts import ConfigChange, ReloadableHarness
from pytest_policy_contracts.clauses import load_contract
from pytest_policy_contracts.verification import scenario_run
from tests import kill_matrix
from tests.conforming.reloadable.dict_swap import AsyncDict
from tests.kill_judging import (
    ENOUGH_SCHEDULES,
    SUBJECTS,
    Assignment,
    Cell,
    Claim,
    Found,
    Judging,
    cells,
    claims,
    depends_on_seed,
    judge,
)
from tests.kill_matrix import misses_of, misses_of_conforming
from tests.kill_pages import Effort, Matrix, Row, document, markdown, terminal

BROKEN = [claim for contract in SUBJECTS for claim in claims(contract)[0]]
CONFORMING = [claim for contract in SUBJECTS for claim in claims(contract)[1]]
EFFORT = Effort(2, 200, 20, 5, 5_000)
CLAIM = Claim("Reloadable", "LostUpdate", ("RLD-013",), "cache.burst")
CAUGHT = Cell("RLD-013", 0, "violated", "observed {'cache.burst': 7}", 12, "shown in stock order")


def name_of(claim: Claim) -> str:
    return f"{claim.contract}-{claim.subject}"


def claim_about(subject: str) -> Claim:
    return next(claim for claim in (*BROKEN, *CONFORMING) if claim.subject == subject)


def some_broken(step: int) -> list[Claim]:
    """The first subject that breaks a clause alone, of every so many clauses."""
    first: dict[tuple[str, ...], Claim] = {}
    for claim in BROKEN:
        if len(claim.clauses) == 1:
            first.setdefault(claim.clauses, claim)
    return list(first.values())[::step]


@pytest.mark.parametrize("claim", some_broken(1), ids=name_of)
def test_a_broken_subject_breaks_what_it_claims(claim: Claim) -> None:
    """For each clause its first broken subject violates it, for its reason; `make kill-matrix` asks all of them."""
    found = cells(Assignment(claim.contract, claim.subject), claim.clauses, Found())

    assert misses_of(claim, found) == []


@pytest.mark.parametrize("claim", some_broken(12), ids=name_of)
def test_a_broken_subject_breaks_nothing_else(claim: Claim) -> None:
    """A broken subject, here one in so many, violates no other clause than those that it claims to break."""
    assert misses_of(claim, judge(Assignment(claim.contract, claim.subject, claim.clauses))) == []


@pytest.mark.parametrize("claim", CONFORMING, ids=name_of)
def test_a_conforming_subject_is_not_accused(claim: Claim) -> None:
    """No conforming subject violates a clause or leaves one unproved that it supplies the needs for."""
    assert misses_of_conforming(claim, judge(Assignment(claim.contract, claim.subject, kept_schedules=4))) == []


# -- judged once, or together --------------------------------------------------------------------------


def judged_apart(claim: Claim, seed: int, clauses: tuple[str, ...]) -> list[Cell]:
    """The cells of a subject under one seed with nothing known from others, each scenario in a child of its own."""
    return list(cells(Assignment(claim.contract, claim.subject, seeds=(seed,), schedules=5), clauses, Found()))


@pytest.mark.parametrize("claim", some_broken(4), ids=name_of)
def test_what_is_judged_once_is_the_same_under_another_seed(claim: Claim) -> None:
    """A verdict that is taken to hold for every seed is found again, word for word, under a seed far away."""
    once = [cell for cell in judged_apart(claim, 0, claim.clauses) if cell.every_seed]
    again = judged_apart(claim, 7_919, claim.clauses)

    assert [replace(cell, seed=0) for cell in again if cell.every_seed] == once
    assert once or depends_on_seed(load_contract(claim.contract).clause(claim.clauses[0]))


@pytest.mark.parametrize("subject", ["AsyncDictContract", "SyncDictContract"])
def test_a_conforming_verdict_that_is_judged_once_is_the_same_under_another_seed(subject: str) -> None:
    """Also a verdict of a clause that is kept holds for every seed where nothing was drawn for it."""
    claim = claim_about(subject)
    every = tuple(clause.id for clause in load_contract(claim.contract).clauses)
    once, again = (
        [replace(cell, seed=0) for cell in judged_apart(claim, seed, every) if cell.every_seed] for seed in (0, 7_919)
    )

    assert once == again
    assert {cell.clause for cell in once} >= {"RLD-001", "RLD-008", "RLD-016"}
    assert "RLD-013" not in {cell.clause for cell in once}


@pytest.mark.parametrize("subject", ["SortsWhatItGetsContract", "ZeroMeansUnlimitedContract", "LedgerModuleContract"])
def test_what_is_judged_together_is_judged_as_each_alone(subject: str) -> None:
    """What a subject keeps has the same verdict in one child together as with each scenario in a child of its own."""
    claim = claim_about(subject)
    piece = Assignment(claim.contract, subject, claim.clauses, seeds=(0, 1), schedules=5, kept_schedules=5)
    kept = [clause.id for clause in load_contract(claim.contract).clauses if clause.id not in claim.clauses]

    assert judge(piece) == [*cells(piece, claim.clauses, Found()), *cells(piece, kept, Found(), kept=True)]


def test_what_has_schedules_is_judged_under_each_seed() -> None:
    """What draws schedules has a cell for each seed, what draws nothing one that stands for all of them."""
    found = judge(Assignment("Reloadable", "SortsWhatItGetsContract", ("RLD-015",), (1, 2), 5, 5))
    drawn = {"RLD-002", "RLD-013", "RLD-014"}
    others = {clause.id for clause in load_contract("Reloadable").clauses} - drawn

    assert sorted((cell.seed, cell.clause) for cell in found if not cell.every_seed) == sorted(
        (seed, clause) for seed in (1, 2) for clause in drawn
    )
    assert sorted((cell.seed, cell.clause) for cell in found if cell.every_seed) == sorted((1, one) for one in others)


class AnyTimeContract(ReloadableHarness):
    """Describes its changes instead of naming them: what is tried is drawn from the seed."""

    def create(self) -> AsyncDict:
        return AsyncDict()

    def changes(self) -> object:
        return strategies.integers(31, 90).map(lambda ttl: [ConfigChange.modified("ttl", 30, ttl)])

    def snapshot(self, subject: AsyncDict) -> object:
        return subject.values


def test_values_that_are_drawn_are_judged_under_each_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A harness that describes its values has a cell for each seed, also of a clause without schedules."""
    subjects = replace(SUBJECTS["Reloadable"], conforming=[AnyTimeContract])
    monkeypatch.setitem(SUBJECTS, "Reloadable", subjects)
    found = judge(Assignment("Reloadable", "AnyTimeContract", seeds=(0, 1), kept_schedules=2))

    assert [(cell.seed, cell.outcome) for cell in found if cell.clause == "RLD-004"] == [(0, "passed"), (1, "passed")]


@pytest.mark.parametrize(("kept", "seeds"), [(False, [0, 1]), (True, [0])])
def test_a_crowd_that_is_kept_is_judged_under_the_first_seed(kept: bool, seeds: list[int]) -> None:
    """One crowd is many cases, so where it is kept the first seed will do, and where it is claimed each has its own."""
    claim = next(claim for claim in CONFORMING if claim.subject == "SyncDictContract")
    clause = load_contract("Reloadable").clause("RLD-002")
    crowd = next(scenario for scenario in clause.scenarios if "crowd" in scenario.tags)
    found, judged = Found(), []
    for seed in (0, 1):
        session = Judging(SUBJECTS[claim.contract].harness(claim.subject), scenario_run.Effort(10, seed), found, None)
        session.wanted, session.kept = (clause.id,), kept
        before = found.get((clause.id, crowd.number))
        session.result(clause, crowd)
        judged += [] if before else [seed]

    assert judged == seeds


def test_what_is_left_to_a_claimed_clause_knows_that_it_is_broken() -> None:
    """A kept clause that is left to a claimed one is quiet, although its own few schedules do not show that mistake."""
    claim = claim_about("RemembersWhoAsksContract")
    found, piece = Found(), Assignment(claim.contract, claim.subject, claim.clauses, seeds=(5,))
    caught = list(cells(piece, claim.clauses, found))
    (left,) = cells(piece, ("TNT-017",), found, kept=True)

    assert [cell.outcome for cell in caught] == ["violated"]
    assert (left.outcome, left.text) in {("untested", "precondition: TNT-016"), ("passed", "")}


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


def test_a_claim_that_nobody_judged_is_a_miss() -> None:
    """A claimed clause without a cell, such as one that does not exist, is no catch."""
    assert misses_of(replace(CLAIM, clauses=("RLD-013", "RLD-031")), [CAUGHT]) == [
        "LostUpdate, RLD-031: was not judged"
    ]


def test_what_is_judged_once_is_missed_for_every_seed() -> None:
    """A miss that does not depend on the seed says so."""
    (line,) = misses_of(CLAIM, [replace(CAUGHT, outcome="passed", text="", every_seed=True)])

    assert line.startswith("LostUpdate, RLD-013, every seed: ")


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
    assert (misses_of_conforming(Claim("Reloadable", "Fine"), [cell]) == []) is quiet


def test_a_real_subject_with_a_wrong_claim_is_a_miss() -> None:
    """Judged for a clause it keeps, a broken subject is a miss twice: not caught there, caught elsewhere."""
    wrong = replace(claim_about("CopiesBeforeItWaitsContract"), clauses=("RLD-010",))
    lines = misses_of(wrong, judge(Assignment(wrong.contract, wrong.subject, wrong.clauses, (3,), 20, 20)))

    assert [line.split(", ")[1:3] for line in lines] == [["RLD-010", "every seed: should be violated and is passed."],
                                                       ["RLD-013", "every seed: violated"]]  # fmt: skip


# -- the pages -----------------------------------------------------------------------------------------


def matrix(row: Row) -> Matrix:
    clauses = tuple(f"RLD-{number:03}" for number in range(1, 21))
    fine = Row(Claim("Reloadable", "Fine"), [Cell("RLD-013", 0, "passed")])
    return Matrix("Reloadable", "1.0", clauses, [row], [fine])


def test_the_pages_show_every_outcome() -> None:
    """The matrix shows what was violated, how late, and what one seed in several did not show."""
    row = Row(CLAIM, [CAUGHT, replace(CAUGHT, seed=1, schedule=31), Cell("RLD-014", 0, "passed"),
                      Cell("RLD-014", 1, "violated")])  # fmt: skip
    made = [matrix(row)]

    assert row.outcome("RLD-013") == "violated"
    assert row.outcome("RLD-014") == "mixed"
    assert '"median": 12' in document(made, EFFORT) and '"worst": 31' in document(made, EFFORT)
    assert "| LostUpdate |" in markdown(made, EFFORT)
    assert terminal(made, EFFORT).endswith("No miss")


@pytest.mark.parametrize("page", [document, markdown, terminal])
def test_a_page_has_a_section_for_each_contract(page: Callable[[list[Matrix], Effort], str]) -> None:
    """Two contracts stand below each other, and a miss of either is told with the name of its contract."""
    one = matrix(Row(CLAIM, [CAUGHT]))
    other = replace(one, contract="TenantGuard", misses=["TNT-001: nobody breaks it"])
    text = page([one, other], EFFORT)

    assert text.index("Reloadable") < text.index("TenantGuard")
    assert "TNT-001: nobody breaks it" in text
    assert "No miss" not in text


@pytest.mark.parametrize("page", [document, markdown, terminal])
def test_a_page_does_not_depend_on_the_order_of_the_cells(page: Callable[[list[Matrix], Effort], str]) -> None:
    """The same cells give the same page, in whatever order the processes ended."""
    some = [CAUGHT, replace(CAUGHT, seed=1, schedule=31), Cell("RLD-014", 0, "passed", every_seed=True)]

    assert page([matrix(Row(CLAIM, some))], EFFORT) == page([matrix(Row(CLAIM, some[::-1]))], EFFORT)


def test_a_clause_with_too_few_subjects_is_a_miss() -> None:
    """A subject that was not seen to break its clause does not count for it."""
    made = matrix(Row(CLAIM, [CAUGHT]))
    first = list(kill_matrix.too_few_alone(made))
    made.broken[0].misses = ["not caught"]
    then = list(kill_matrix.too_few_alone(made))

    assert "RLD-013: 1 subjects break it alone, and 3 have to; write another one" in first
    assert "RLD-013: 0 subjects break it alone, and 3 have to; write another one" in then
    assert len(first) == len(then) == len(made.clauses)


def test_every_subject_of_every_contract_has_its_piece() -> None:
    """One piece for each subject: twenty seeds for what is broken, five or one of 1,000 schedules for what conforms."""
    matrices = [
        Matrix(contract, "1.0", (), *([Row(claim) for claim in some] for some in claims(contract)))
        for contract in SUBJECTS
    ]
    pieces = list(kill_matrix.assignments(matrices, Effort(20, 200, 20, 5, 5_000)))

    assert {(piece.contract, piece.subject) for piece in pieces} == {
        (claim.contract, claim.subject) for claim in (*BROKEN, *CONFORMING)
    }
    assert {(len(one.seeds), one.schedules, one.kept_schedules) for one in pieces if one.claimed} == {(20, 200, 20)}
    conforming = [one for one in pieces if not one.claimed]
    assert {(len(one.seeds), one.kept_schedules) for one in conforming} == {(5, 1_000), (1, 1_000)}
    for contract in SUBJECTS:
        longest = [one.subject for one in conforming if one.contract == contract and len(one.seeds) == 5]
        assert len(longest) >= 6 and any("Reference" in one or "SettingsModule" in one for one in longest)


def test_a_pattern_that_fits_nobody_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A matrix of nobody is no proof: it ends with 2 and says which pattern was wrong."""
    assert kill_matrix.main(["--only", "NoSuchSubject"]) == 2
    assert "NoSuchSubject" in capsys.readouterr().err


def test_a_contract_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A contract that nobody proved ends with 2, and those that are there are named."""
    with pytest.raises(SystemExit) as ended:
        kill_matrix.main(["--contract", "Reloadible"])

    assert ended.value.code == 2
    assert "Reloadable" in capsys.readouterr().err
