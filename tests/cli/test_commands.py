"""The command line, end to end in processes of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from pytest_policy_contracts import verify
from pytest_policy_contracts.report.document import report_schema
from tests.samples.caches import Halfway

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = str(ROOT / "tests" / "samples" / "caches.py")

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs `policy-contracts` in an empty directory."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest_policy_contracts", *arguments],
            cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8",
        )  # fmt: skip

    return run


def sample(name: str) -> str:
    return f"{SAMPLES}:{name}"


def pyproject(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.policy-contracts]\n{text}\n")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([sample("Conforming"), "--clauses", "RLD-007"], 0, "conformant: 1 of 1 tested"),
        ([sample("Halfway"), "--clauses", "RLD-007"], 1, "violated (exit code 1): Halfway viol"),
        ([sample("Bare"), "--clauses", "RLD-007"], 3, "incomplete (exit code 3): Nothing was"),
        ([sample("Bare"), "--clauses", "RLD-001,RLD-003", "--strict"], 3, "strict asks"),
        ([sample("Bare"), "--clauses", "RLD-001", "--clauses", "RLD-003"], 0, "conformant: 1 of"),
        ([sample("Unusable"), "--clauses", "RLD-008"], 4, "broken (exit code 4): RLD-008 of"),
        ([sample("Deviating"), "--clauses", "RLD-007"], 0, "1 deviate as known"),
        ([sample("Stale"), "--clauses", "RLD-007"], 1, "violated (exit code 1): Stale viol"),
    ],
)
def test_verify_ends_with_the_code_of_its_verdict(
    command: Command, arguments: list[str], code: int, sentence: str
) -> None:
    """Each verdict has its exit code, and its reason in a sentence."""
    done = command("verify", *arguments)

    assert (done.returncode, done.stderr) == (code, "")
    assert sentence in done.stdout.splitlines()[-1]


def test_verify_tells_each_harness_apart(command: Command) -> None:
    """Of two harnesses of a contract each has a head of its own, in the progress and in the table, over its clauses."""
    said = command("verify", sample("Conforming"), sample("Bare"), "--clauses", "RLD-001,RLD-009").stdout.splitlines()
    one = command("verify", sample("Conforming"), "--clauses", "RLD-001").stdout.splitlines()

    heads = [line for line in said if "·" in line]
    assert heads == [
        "Conforming · Reloadable 1.0 · 2 clauses", "Bare · Reloadable 1.0 · 2 clauses",
        "Bare · Reloadable 1.0", "Conforming · Reloadable 1.0",
    ]  # fmt: skip
    assert [sum(line.startswith(f"  {clause} ") for line in said) for clause in ("RLD-001", "RLD-009")] == [4, 4]
    assert said[-2].startswith("4 clauses: ")
    assert one[0] == "Conforming · Reloadable 1.0 · 1 clause"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "COMMAND"),
        (["veryfi"], "invalid choice"),
        (["verify"], "No harness was named"),
        (["verify", "nowhere:Cache"], "There is no module 'nowhere'"),
        (["verify", sample("Nobody")], "has no Nobody"),
        (["verify", sample("Bare"), "--clauses", "RLD-700"], "No clause matches 'RLD-700'"),
        (["verify", sample("Bare"), "--clauses", " , "], "No clause is selected"),
        (["verify", sample("Bare"), "--schedules", "-1"], "schedules is -1"),
        (["verify", sample("Bare"), "--schedules", "many"], "invalid int"),
        (["verify", sample("Bare"), "--level", "may"], "invalid choice"),
        (["verify", sample("Bare"), "--report", "out.xml"], "Available: .json."),
        (["verify", sample("Bare"), "--deviations", "none.toml"], "cannot be read"),
        (["list", "Reloadible"], "Did you mean Reloadable?"),
        (["explain", "RLD-7"], "There is no clause 'RLD-7'"),
        (["replay", "RLD-007", sample("Bare")], "is no replay token"),
        (["replay", "RLD-007:1:s1"], "Which harness is meant?"),
        (["replay", "RLD-007:1:s1", SAMPLES], "Name one as TARGET."),
    ],
)
def test_wrong_usage_ends_with_two(command: Command, arguments: list[str], message: str) -> None:
    """What cannot be run as asked says why on standard error, and runs nothing."""
    done = command(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_verify_shows_progress_failures_and_the_table(command: Command) -> None:
    """A line a clause as it is through, then the failure in full, then the table."""
    out = command("verify", sample("Halfway"), "--clauses", "RLD-001,RLD-007").stdout

    places = [
        out.index("Halfway · Reloadable 1.0 · 2 clauses\n  RLD-001 MUST  passed     single run\n"),
        out.index("\nRLD-007 MUST  violated   a cancelled reload leaves the old state or the new"),
        out.index("\n  Then its settings are the original or the new ones every time\n"),
        out.index("\nHalfway · Reloadable 1.0\n  RLD-001  MUST  passed    single run\n"),
        out.index("\n2 clauses: 1 passed, 1 violated\n"),
    ]
    assert places == sorted(places)


def test_the_replay_line_works_when_pasted(command: Command) -> None:
    """The line under a violation, run as it is, fails again with the journal of the run."""
    out = command("verify", sample("Halfway"), "--clauses", "RLD-007,RLD-013").stdout
    lines = [line.split() for line in out.splitlines() if line.startswith("  replay ")]
    assert len(lines) == 2

    for _, program, *arguments in lines:
        again = command(*arguments)
        assert (program, again.returncode, again.stderr) == ("policy-contracts", 1, "")
        assert f"{arguments[1]} fails again with Halfway." in again.stdout
        assert "\njournal (" in again.stdout
        assert " ".join(["replay", *arguments[1:]]) in again.stdout


def test_replay_of_a_mended_subject_ends_with_zero(command: Command) -> None:
    """A token that does not fail any more says so."""
    done = command("replay", "RLD-007:1:s1", sample("Conforming"))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("RLD-007:1:s1 does not fail any more")


def test_replay_of_a_failing_harness_ends_with_four(command: Command) -> None:
    """A harness whose own code fails is neither a failure again nor a success."""
    done = command("replay", "RLD-008:1:s", sample("Unusable"))

    assert (done.returncode, done.stderr) == (4, "")
    assert "could not be replayed" in done.stdout.splitlines()[-1]


def test_the_report_is_that_of_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same subject, clauses and seed give the same document through either face."""
    monkeypatch.chdir(ROOT)  # journals name files relative to the working directory
    paths = [tmp_path / "a" / "r.json", tmp_path / "b.json"]
    options = ["--clauses", "RLD-007,RLD-013", "--schedules", "40", "--seed", "5"]
    subprocess.run(
        [sys.executable, "-m", "pytest_policy_contracts", "verify", sample("Halfway"), *options,
         "--report", str(paths[0]), "--report", str(paths[1])],
        capture_output=True, check=False,
    )  # fmt: skip
    report = verify(Halfway, clauses=["RLD-007", "RLD-013"], schedules=40, seed=5)
    document, mine = json.loads(paths[0].read_text("utf-8")), json.loads(report.to_json())
    Draft202012Validator(report_schema()).validate(document)

    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert document.pop("run")["host"] == mine.pop("run")["host"]
    assert document == mine


def test_the_project_names_harnesses_and_options(command: Command, tmp_path: Path) -> None:
    """Without a target the project's harnesses run with the project's options; arguments win."""
    pyproject(tmp_path, f'harnesses = ["{sample("Conforming")}"]\nseed = 9\nschedules = 3')
    first = command("verify", "--clauses", "RLD-013", "--report", "r.json")
    settings = json.loads((tmp_path / "r.json").read_text())["settings"]
    second = command("verify", "--clauses", "RLD-013", "--report", "r.json", "--seed", "1")

    assert (first.returncode, second.returncode) == (0, 0)
    assert settings == {"level": "must", "schedules": 3, "seed": 9, "strict": False}
    assert json.loads((tmp_path / "r.json").read_text())["settings"]["seed"] == 1
    assert command("replay", "RLD-007:1:s1").returncode == 0


DEVIATION = """
[{table}{harness}."{clause}"]
reason = "one by one"
owner = "team-cache"
expires = 2999-12-31
message = "its settings"
"""


def deviation(table: str = "", harness: str = "Halfway", clause: str = "RLD-007") -> str:
    return DEVIATION.format(table=table, harness=harness, clause=clause)


def test_deviations_come_from_a_file_or_the_project(command: Command, tmp_path: Path) -> None:
    """Either source turns the violation into a known one."""
    (tmp_path / "known.toml").write_text(deviation())
    arguments = ["verify", sample("Halfway"), "--clauses", "RLD-007"]

    assert command(*arguments).returncode == 1
    assert command(*arguments, "--deviations", "known.toml").returncode == 0
    pyproject(tmp_path, deviation("tool.policy-contracts.deviations."))
    assert command(*arguments).returncode == 0


@pytest.mark.parametrize(("harness", "clause"), [("Halfvay", "RLD-007"), ("Halfway", "RLD-070")])
def test_a_stray_deviation_is_wrong_usage(command: Command, tmp_path: Path, harness: str, clause: str) -> None:
    """An entry that matches no harness or no clause stops the run before it begins."""
    (tmp_path / "known.toml").write_text(deviation(harness=harness, clause=clause))
    done = command("verify", sample("Halfway"), "--deviations", "known.toml")

    assert (done.returncode, done.stdout) == (2, "")
    assert "known.toml" in done.stderr


def test_a_deviation_of_another_harness_of_the_project_is_not_stray(command: Command, tmp_path: Path) -> None:
    """Running one of the project's harnesses does not make the entries of the others stray."""
    (tmp_path / "other.py").write_text("from tests.samples.caches import Halfway\nclass Elsewhere(Halfway): ...\n")
    pyproject(
        tmp_path,
        'harnesses = ["other:Elsewhere"]\n' + deviation("tool.policy-contracts.deviations.", "Elsewhere"),
    )
    (tmp_path / "tests").symlink_to(ROOT / "tests")

    assert command("verify", sample("Bare"), "--clauses", "RLD-001").returncode == 0
    assert command("verify", "--clauses", "RLD-007").returncode == 0


def test_list_names_every_clause(command: Command) -> None:
    """Each clause has a row with level, signs, needs and promise, whole where it is piped."""
    every = command("list").stdout.splitlines()
    lines = command("list", "Reloadable").stdout.splitlines()

    assert [line for line in every if "·" in line] == [
        "HealthAggregator 1.0 · 16 clauses",
        "HealthProvider 1.0 · 18 clauses", "ReloadOrchestrator 1.0 · 22 clauses", "Reloadable 1.0 · 20 clauses",
        "TenantGuard 1.0 · 20 clauses",
    ]  # fmt: skip
    assert lines[0] == "Reloadable 1.0 · 20 clauses" and set(lines) <= set(every)
    row = next(line for line in lines if line.startswith("  RLD-007"))
    assert row.split(maxsplit=4) == [
        "RLD-007", "MUST", "✂", "snapshot",
        "A cancelled reload leaves the old state or the new one, never a mixture",
    ]  # fmt: skip


def test_list_starts_quickly(command: Command) -> None:
    """The best of five starts takes less than 0.3 s, and nothing that runs clauses is imported."""

    def seconds() -> float:
        began = time.perf_counter()
        assert command("list").returncode == 0
        return time.perf_counter() - began

    assert min(seconds() for _ in range(5)) < 0.3
    script = "import sys; from pytest_policy_contracts.cli import main; main(['list']); print(sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, encoding="utf-8",
    ).stdout.splitlines()[-1]  # fmt: skip
    for name in ("asyncio", "pytest", "pytest_bdd", "pytest_policy_contracts.verification"):
        assert f"'{name}'" not in loaded


def test_explain_says_what_why_and_how(command: Command) -> None:
    """Promise, rationale, way of testing, what unlocks it, and the scenarios, in any case."""
    out = command("explain", "rld-011").stdout

    for part in (
        "RLD-011 MUST · Reloadable, since 1.0",
        "After a refused reload the next valid one succeeds",
        "\nWhy\n  The natural next step",
        "✂ Each place",
        "  def snapshot(self, subject)\n      Answer the state",
        "  def invalid_changes(self)  (for some scenarios)\n",
        "\nScenario 1: A valid reload after a refused one   [needs snapshot, needs invalid_chan",
        "without invalid_changes]\n  Given a fresh module\n",
    ):
        assert part in out


def test_explain_tells_the_signs_apart(command: Command) -> None:
    """∿ is explained where schedules are tried, and only there."""
    assert "∿ Every interleaving" in command("explain", "RLD-013").stdout
    plain = command("explain", "RLD-001").stdout
    assert "One run in virtual time" in plain
    assert "∿" not in plain and "✂" not in plain


def test_output_survives_a_narrow_encoding(tmp_path: Path) -> None:
    """A terminal that cannot show the signs gets escapes, not a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest_policy_contracts", "list"],
        cwd=tmp_path, capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u2702" in done.stdout


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    """A closed pipe ends the command quietly, as with any other tool."""
    script = f'"{sys.executable}" -m pytest_policy_contracts explain RLD-008 | true'
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("", "")
