"""One project with harnesses of all three contracts, run as an adopter runs it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.plugin.projects import CACHE, run

ORDERS = """
import asyncio
from datetime import UTC, datetime
from pytest_policy_contracts import HealthProviderHarness, HealthReport

class Store:
    down = False
    async def ping(self):
        await asyncio.sleep(0.05)
        if self.down: raise ConnectionRefusedError("the store refused")

class Orders:
    def __init__(self):
        self.store, self.since = Store(), {}
    async def health_check(self):
        try:
            await self.store.ping()
            status = "healthy"
        except OSError:
            status = "unhealthy"
        now = datetime.now(UTC)
        self.since = {status: self.since.get(status, now)}
        return [HealthReport("orders", "db", status, "", now, self.since[status])]

class OrdersContract(HealthProviderHarness):
    def create(self): return Orders()
    def break_dependency(self, orders): orders.store.down = True
    def restore_dependency(self, orders): orders.store.down = False

class Stubborn(Orders):
    async def health_check(self):
        try:
            return await super().health_check()
        except asyncio.CancelledError:
            return []

class StubbornContract(OrdersContract):
    def create(self): return Stubborn()
"""

GATE = """
import threading
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pytest_policy_contracts import (
    GuardMode, TenantContextMissingError, TenantGuardHarness, TenantIsolationError, TenantViolation)

class Gate:
    def __init__(self, config, publish):
        if config.max_violations < 1: raise ValueError("no room")
        self.mode, self.room, self.publish = GuardMode(config.mode), config.max_violations, publish
        self.pairs = {(tenant, target) for tenant, targets in config.whitelist.items() for target in targets}
        self.kept, self.lock = [], threading.Lock()

    def validate_access(self, asked):
        if self.mode == "disabled" or self.excuses(asked): return
        record = self.copied(asked)
        self.keep(record)
        try: self.publish({"type": "tenant.violation"})
        except Exception: pass
        if self.mode == "strict":
            error = TenantContextMissingError if asked.kind == "missing_context" else TenantIsolationError
            raise error(f"{asked.tenant_id!r} may not reach {asked.target_id!r}")

    def excuses(self, asked):
        ids = (asked.tenant_id, asked.target_id)
        if any(type(one) is not str or not one for one in ids): return False
        return asked.kind == "cross_tenant" and (ids[0] == ids[1] or ids in self.pairs)

    def copied(self, asked):
        try: details = deepcopy(asked.details)
        except Exception: details = {}
        try: now = datetime.now(UTC)
        except Exception: now = datetime(1970, 1, 1, tzinfo=UTC)
        return TenantViolation(
            asked.kind, asked.severity, asked.tenant_id, asked.target_id, asked.timestamp or now, details)

    def keep(self, record):
        with self.lock: self.kept = [*self.kept, record][-self.room:]

    def recent_violations(self):
        with self.lock: return [self.copied(one) for one in self.kept]

class GateContract(TenantGuardHarness):
    def create(self, config, publish): return Gate(config, publish)

class Lossy(Gate):
    def keep(self, record):
        kept = list(self.kept)
        kept.append(record)
        self.kept = kept[-self.room:]

class LossyContract(TenantGuardHarness):
    def create(self, config, publish): return Lossy(config, publish)
"""

CONFORMING = {"CacheContract": 20, "GateContract": 20, "OrdersContract": 18}
"""The harnesses that keep their contract, and how many clauses it has."""

ENDS = ("PASSED", "FAILED", "SKIPPED")
VIOLATED = {"LossyContract": "TNT-012", "StubbornContract": "HLT-008"}
REPLAY = re.compile(r"--policy-contracts-replay=(\S+)")
FEW = "--policy-contracts-schedules=10"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with five harnesses in one test module, and a test of its own."""
    pytester.makepyfile(test_contracts=CACHE + ORDERS + GATE)
    return pytester


def document(project: pytest.Pytester, name: str = "report.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project.path / name).read_text())
    return found


def clauses(report: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The clauses of a report by the class of the harness and id."""
    return {
        (name.partition("::")[2], clause["id"]): clause
        for name, one in report["harnesses"].items()
        for clause in one["clauses"]
    }


def ran(result: pytest.RunResult) -> list[str]:
    """The node ids of the items that were run, of the lines that `-v` writes."""
    return [line.rpartition(" ")[0] for text in result.outlines if (line := text.partition(" [")[0]).endswith(ENDS)]


# -- the whole project -------------------------------------------------------------------------------------------------


def test_a_project_with_three_contracts(project: pytest.Pytester) -> None:
    """Each harness is held to its own contract: two promises are broken, each told once, and everything else stays quiet."""
    result = run(project, "--policy-contracts", FEW, "--policy-contracts-report=report.json")
    found = clauses(document(project))

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert {key for key, clause in found.items() if clause["outcome"] == "violated"} == set(VIOLATED.items())
    assert {clause["outcome"] for clause in found.values()} <= {"passed", "untested", "not applicable", "violated"}
    for name, count in CONFORMING.items():
        assert sum(harness == name for harness, _ in found) == count
    assert "test_plain" not in result.stdout.str().partition("short test summary")[2]


def test_any_number_of_workers_gives_the_same_report(project: pytest.Pytester) -> None:
    """The reports of one process and of two workers are the same, apart from the `run` object."""
    quick = ("--policy-contracts", FEW, "-k", "not TNT-016 and not LossyContract")
    run(project, *quick, "-n", "0", "--policy-contracts-report=one.json")
    run(project, *quick, "-n", "2", "--policy-contracts-report=two.json")
    one, two = document(project, "one.json"), document(project, "two.json")

    assert one.pop("run") != two.pop("run")
    assert json.dumps(one) == json.dumps(two)
    assert {harness["contract"]["name"] for harness in one["harnesses"].values()} == {
        "HealthProvider", "Reloadable", "TenantGuard",
    }  # fmt: skip


# -- a part of it ------------------------------------------------------------------------------------------------------


def test_a_clause_is_chosen_by_its_id(project: pytest.Pytester) -> None:
    """`-k HLT-008` runs that clause of every provider, and no guard, no module and no other test."""
    result = run(project, "--policy-contracts", "-k", "HLT-008", "-v")

    assert {item.split("::")[1] for item in ran(result)} == {"OrdersContract", "StubbornContract"}
    assert all("::HLT-008 " in item for item in ran(result))
    assert result.parseoutcomes()["failed"] == 1
    assert result.parseoutcomes()["passed"] == 1


@pytest.mark.parametrize("name", ["OrdersContract", "GateContract"])
def test_a_harness_is_chosen_by_its_class(project: pytest.Pytester, name: str) -> None:
    """`::Class` runs the clauses of one harness, all of which hold as far as they can be tested."""
    result = run(project, "--policy-contracts", FEW, f"test_contracts.py::{name}", "-v")

    assert (result.ret, {item.split("::")[1] for item in ran(result)}) == (pytest.ExitCode.OK, {name})
    assert "failed" not in result.parseoutcomes()


def test_items_carry_clause_and_scenario(project: pytest.Pytester) -> None:
    """The items of the new contracts are named as those of the first: file, class, clause and scenario."""
    listed = run(project, "--policy-contracts", "--collect-only", "-q").stdout.str()

    assert "test_contracts.py::OrdersContract::HLT-001 The first check" in listed
    assert "test_contracts.py::GateContract::TNT-002 A tenant reaches for its own" in listed
    assert "test_contracts.py::CacheContract::RLD-004 The same changes twice" in listed


# -- what it says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "clause"), VIOLATED.items())
def test_the_replay_line_works_when_pasted(project: pytest.Pytester, name: str, clause: str) -> None:
    """The token of a violated clause shows the same violation again, and nothing else is run."""
    failed = run(project, "--policy-contracts", "-k", f"{name} and {clause}")
    token = REPLAY.findall(failed.stdout.str())[0]
    replayed = run(project, f"--policy-contracts-replay={token}", "-k", name)

    assert token.startswith(f"{clause}:")
    assert replayed.parseoutcomes()["failed"] == 1
    assert "passed" not in replayed.parseoutcomes()
    assert observed(failed)[:1] == observed(replayed) != []


def observed(result: pytest.RunResult) -> list[str]:
    return list(dict.fromkeys(line for line in result.outlines if line.startswith("  observed")))


def test_a_violation_is_shown_by_its_failure_text(project: pytest.Pytester) -> None:
    """The failure names promise, step, expected, observed, place, reach and the line that replays it."""
    result = run(project, "--policy-contracts", "-k", "StubbornContract and HLT-008")

    result.stdout.fnmatch_lines(
        [
            "HLT-008 MUST  violated   a check that is cancelled ends as cancelled",
            "  Then the check ends as cancelled every time",
            "  expected  the check ends with CancelledError",
            "  observed  it returned",
            "  when      cancelled at place 1 of 1: test_contracts.py:* in ping, `await asyncio.sleep(0.05)`",
            "  reach     first-in-first-out run; shown in stock order",
            "  replay    pytest --policy-contracts-replay=HLT-008:1:s1",
        ]
    )


def test_what_could_not_be_tested_is_named(project: pytest.Pytester) -> None:
    """The summary says of each clause that is untested what the harness would have to supply."""
    result = run(project, "--policy-contracts", "-k", "HLT-007 or HLT-014 or TNT-017")

    result.stdout.fnmatch_lines_random(
        [
            "*HLT-007  MUST*untested*needs hang_dependency() in the harness*",
            "*HLT-014  MUST*untested*needs secrets() in the harness*",
            "*TNT-017  MUST*untested*needs bind_tenant(), access() in the harness*",
        ]
    )


# -- without schedules -------------------------------------------------------------------------------------------------


def test_without_schedules_each_clause_says_how_little_was_tried(project: pytest.Pytester) -> None:
    """With schedules of 0 a clause of any contract was a single run, or tried at each place, and claims no more."""
    run(
        project, "--policy-contracts", "--policy-contracts-schedules=0", "--policy-contracts-report=report.json",
        "-k", " or ".join(CONFORMING),
    )  # fmt: skip
    passed = {
        key: clause["reach"] for key, clause in clauses(document(project)).items() if clause["outcome"] == "passed"
    }

    assert {name for name, _ in passed} == set(CONFORMING)
    assert len(passed) >= sum(CONFORMING.values()) - 12
    odd = {
        key: reach for key, reach in passed.items() if not re.fullmatch(r"single run|exhaustive \(\d+ places?\)", reach)
    }
    assert odd == {}
