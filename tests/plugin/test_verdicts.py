"""What the plugin says about subjects that keep and that break their promises."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest

from tests.plugin.projects import CACHE, HALF, run

REPLAY = re.compile(r"--policy-contracts-replay=(\S+)")


def test_a_conforming_module_stays_quiet(pytester: pytest.Pytester) -> None:
    """A module that keeps its promises passes, with the clauses that could not be tested named."""
    pytester.makepyfile(test_contracts=CACHE)
    result = run(pytester, "--policy-contracts")

    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*RLD-019  MUST    untested*needs secrets() in the harness*", "conformant:*"])


def test_a_violation_is_shown_by_its_failure_text(pytester: pytest.Pytester) -> None:
    """The failure names promise, step, expected, observed, place, reach and the line that replays it."""
    pytester.makepyfile(test_contracts=CACHE + HALF)
    result = run(pytester, "--policy-contracts", "-k", "HalfContract and RLD-007")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "RLD-007 MUST  violated   a cancelled reload leaves the old state or the new one, never a mixture",
            "  Then its settings are the original or the new ones every time",
            "  expected  {'ttl': 30, 'size': 10} or {'ttl': 60, 'size': 20}",
            "  observed  {'ttl': 60, 'size': 10}",
            "  when      cancelled at place 1 of 2: test_contracts.py:* in reload, `await asyncio.sleep(1)`",
            "  reach     first-in-first-out run; shown in stock order",
            "  replay    pytest --policy-contracts-replay=RLD-007:1:s1",
        ]
    )


@pytest.mark.parametrize("clause", ["RLD-007", "RLD-013", "RLD-014"])
def test_the_replay_line_works_when_pasted(pytester: pytest.Pytester, clause: str) -> None:
    """The token of a failure shows the same violation again, and nothing else is run."""
    pytester.makepyfile(test_contracts=CACHE + HALF)
    failed = run(pytester, "--policy-contracts", "-k", f"HalfContract and {clause}")
    token = REPLAY.findall(failed.stdout.str())[0]
    replayed = run(pytester, f"--policy-contracts-replay={token}", "-k", "HalfContract")

    assert replayed.parseoutcomes()["failed"] == 1
    assert _observed(replayed) == _observed(failed)[:1]


def _observed(result: pytest.RunResult) -> list[str]:
    # Where the variable CI is set, pytest repeats the whole text in its short summary.
    said = [line for line in result.outlines if line.startswith("  observed")]
    return list(dict.fromkeys(said))


@pytest.mark.parametrize("token", ["RLD-007", "RLD-007:1:?", "RLD-007:1:s.!!", "RLD-007:99:s", "XYZ-001:1:s"])
def test_a_token_that_cannot_be_replayed_is_a_usage_error(pytester: pytest.Pytester, token: str) -> None:
    """A damaged or foreign token is refused with the token in the message."""
    pytester.makepyfile(test_contracts=CACHE)
    result = run(pytester, f"--policy-contracts-replay={token}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert token.split(":", maxsplit=1)[0] in result.stderr.str()


def test_any_number_of_workers_gives_the_same_report(pytester: pytest.Pytester) -> None:
    """The report of `-n 2` is that of one process, apart from the `run` object."""
    pytester.makepyfile(test_contracts=CACHE + HALF)
    run(pytester, "--policy-contracts", "--policy-contracts-report=one.json")
    run(pytester, "--policy-contracts", "--policy-contracts-report=two.json", "-n", "2")
    one, two = (json.loads((pytester.path / name).read_text()) for name in ("one.json", "two.json"))

    assert one.pop("run") != two.pop("run")
    assert one == two
    assert one["schema"] == "policy-contracts-report/1"


def test_strict_fails_what_could_not_be_tested(pytester: pytest.Pytester) -> None:
    """Under `--policy-contracts-strict` an untested MUST fails the run."""
    pytester.makepyfile(test_contracts=CACHE)
    result = run(pytester, "--policy-contracts", "--policy-contracts-strict", "-k", "RLD-019")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*RLD-019 MUST untested: needs secrets()*"])


def test_seed_and_schedules_reach_the_engine(pytester: pytest.Pytester) -> None:
    """The reach of a clause says how many schedules were asked for."""
    pytester.makepyfile(test_contracts=CACHE)
    result = run(
        pytester, "--policy-contracts", "--policy-contracts-schedules=17", "--policy-contracts-seed=3", "-k", "RLD-013"
    )

    result.stdout.fnmatch_lines(["*RLD-013  MUST  passed  sampled 17 schedules"])


def test_a_should_only_warns_unless_asked_for(pytester: pytest.Pytester) -> None:
    """A violated SHOULD is an expected failure, and a failure with `--policy-contracts-level=should`."""
    blocking = CACHE + (
        "\nimport time\nclass Blocking(Cache):\n    async def reload(self, changes):\n        time.sleep(0.2)\n"
        "        await super().reload(changes)\n"
        "class BlockingContract(CacheContract):\n    def create(self): return Blocking()\n"
    )
    pytester.makepyfile(test_contracts=blocking)
    selected = ("--policy-contracts", "-k", "BlockingContract and RLD-017")
    warned = run(pytester, *selected)
    failed = run(pytester, *selected, "--policy-contracts-level=should")

    assert warned.parseoutcomes()["xfailed"] == 1
    assert failed.parseoutcomes()["failed"] == 1


DEVIATION = """
class DeviatingContract({base}):
    known_deviations = {{"RLD-007": KnownDeviation(
        reason="the pool is resized first", owner="team-cache", expires=date({expires}), message={message!r})}}
"""
NEXT_YEAR = date.today() + timedelta(days=365)
SAID = "Then its settings are the original"


def _deviating(base: str = "HalfContract", expires: date = NEXT_YEAR, message: str = SAID) -> str:
    day = f"{expires.year}, {expires.month}, {expires.day}"
    return CACHE + HALF + DEVIATION.format(base=base, expires=day, message=message)


def test_a_known_deviation_is_no_failure(pytester: pytest.Pytester) -> None:
    """A violation as recorded is shown as an expected failure."""
    pytester.makepyfile(test_contracts=_deviating())
    result = run(pytester, "--policy-contracts", "-k", "DeviatingContract and RLD-007")

    assert result.parseoutcomes()["xfailed"] == 1
    assert result.ret == pytest.ExitCode.OK


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (_deviating(base="CacheContract"), "The clause holds"),
        (_deviating(expires=date(2020, 1, 1)), "expired on 2020-01-01"),
        (_deviating(message="something else"), "recorded with another message"),
    ],
    ids=["passes", "expired", "other message"],
)
def test_a_deviation_that_is_not_as_recorded_fails(pytester: pytest.Pytester, source: str, said: str) -> None:
    """A deviation that passes, has expired or shows otherwise fails the run and says why."""
    pytester.makepyfile(test_contracts=source)
    result = run(pytester, "--policy-contracts", "-k", "DeviatingContract and RLD-007")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert said in result.stdout.str()


def test_a_deviation_of_no_clause_is_an_error(pytester: pytest.Pytester) -> None:
    """An entry that matches no clause of the contract stops the collection."""
    pytester.makepyfile(test_contracts=_deviating().replace('"RLD-007": Known', '"RLD-777": Known'))
    result = run(pytester, "--policy-contracts")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "RLD-777" in result.stdout.str()


def test_a_hang_that_holds_the_gil_gets_a_verdict(pytester: pytest.Pytester) -> None:
    """A subject stuck in C code fails its clause with the frame, the others are untested, and pytest goes on."""
    stuck = CACHE + (
        "\nimport re\nclass Stuck(Cache):\n    async def reload(self, changes):\n"
        "        re.match(r'(a+)+$', 'a' * 60 + 'b')\n"
        "class StuckContract(CacheContract):\n    def create(self): return Stuck()\n"
    )
    pytester.makepyfile(test_contracts=stuck)
    result = run(pytester, "--policy-contracts", "--policy-contracts-timeout-factor=0.1")

    result.stdout.fnmatch_lines(["*did not come back*test_contracts.py:* in reload, `re.match(*"])
    assert result.parseoutcomes()["failed"] == 1


@pytest.mark.parametrize("death", ["os._exit(3)", "ctypes.string_at(0)"])
def test_a_crash_of_the_subject_is_a_verdict(pytester: pytest.Pytester, death: str) -> None:
    """A subject that takes its process down fails its clause; pytest and its workers survive."""
    deadly = CACHE + (
        f"\nimport ctypes, os\nclass Deadly(Cache):\n    async def reload(self, changes): {death}\n"
        "class DeadlyContract(CacheContract):\n    def create(self): return Deadly()\n"
    )
    pytester.makepyfile(test_contracts=deadly)
    result = run(pytester, "--policy-contracts", "-n", "2", "-k", "DeadlyContract")

    result.stdout.fnmatch_lines(["*observed  the process died:*"])
    assert "worker" not in result.stdout.str().lower().split("short test summary")[-1]


def test_a_fault_of_the_harness_is_broken(pytester: pytest.Pytester) -> None:
    """A snapshot that raises is the harness's fault: broken, never a pass, never a violation."""
    source = CACHE + (
        "\nclass FaultyContract(CacheContract):\n    def snapshot(self, cache): return cache.no_such_attribute\n"
    )
    pytester.makepyfile(test_contracts=source)
    result = run(pytester, "--policy-contracts", "-k", "FaultyContract and RLD-003")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*RLD-003 MUST  broken*", "*FaultyContract.snapshot() raised AttributeError*"])
