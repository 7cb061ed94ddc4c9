"""The pages say what is so: generated ones are current, code runs, output is real, links lead somewhere."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs import check_links, generate_reference, live_blocks

ROOT = Path(__file__).parents[2]
_TITLED = re.compile(
    r"^```(?:python|gherkin) title=(?P<file>\S+)(?: (?P<how>append|prepend|into))?\n(?P<code>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
UNTESTED = {
    "write-a-reloadable-harness": {"RatesContract": "RLD-019", "RatesWithFixture": "RLD-019"},
    "write-a-health-provider-harness": {
        "OrdersHealthContract": "",
        "DiskHealthContract": "",
        "CachedHealthContract": "",
    },
    "write-a-tenant-guard-harness": {"ShopGuardContract": "", "AsyncShopGuardContract": ""},
    "write-a-health-aggregator-harness": {"ShopHealthContract": ""},
    "write-a-reload-orchestrator-harness": {"SettingsReloadContract": ""},
    "write-your-own-features": dict.fromkeys(("RatesContract", "AnyRatesContract"), "RLD-009 RLD-010 RLD-013 RLD-019"),
    "known-deviations": {"ForgetfulContract": "RLD-009 RLD-010 RLD-013 RLD-019"},
}
"""The harnesses of each page, and the MUST clauses for which the page does not claim to give what they need."""


def test_the_reference_is_current() -> None:
    """Every page of the reference is what the feature files say now, and none is left over."""
    assert generate_reference.differences(generate_reference.pages(), generate_reference.ROOT) == []


def test_a_stale_a_missing_and_a_left_over_page_are_named(tmp_path: Path) -> None:
    """The check of the reference tells each of the three ways in which it can be wrong."""
    (tmp_path / "old.md").write_text("x", encoding="utf-8")
    (tmp_path / "stale.md").write_text("x", encoding="utf-8")

    wrong = generate_reference.differences({Path("stale.md"): "y", Path("new.md"): "z"}, tmp_path)

    assert wrong == ["old.md is left over", "stale.md is stale", "new.md is missing"]


@pytest.mark.parametrize("page", live_blocks.live_pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_live_blocks_are_current(page: Path) -> None:
    """Code on a page is the file's, and terminal output is what the command prints today."""
    text = page.read_text(encoding="utf-8")

    assert live_blocks.refreshed(text).splitlines() == text.splitlines()


@pytest.mark.parametrize("page", check_links.pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link has a target, and no page names a path of one machine."""
    assert list(check_links.problems(page)) == []


@pytest.mark.parametrize("name", UNTESTED)
def test_the_code_of_a_how_to_runs(name: str, tmp_path: Path) -> None:
    """Whoever types in the code of a page and runs pytest gets a conformant module, with every clause tested that it serves."""
    for file, code in files_of(ROOT / "docs" / "how-to" / f"{name}.md"):
        (tmp_path / file).write_text(code, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    ended = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
            "--policy-contracts", "--policy-contracts-report=report.json",
        ],
        cwd=tmp_path, text=True, capture_output=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "conformant"
    assert {name.rpartition("::")[2]: untested(one) for name, one in report["harnesses"].items()} == UNTESTED[name]


def untested(harness: dict[str, Any]) -> str:
    return " ".join(
        clause["id"] for clause in harness["clauses"] if clause["level"] == "MUST" and clause["outcome"] == "untested"
    )


def test_a_block_goes_on_with_a_class(tmp_path: Path) -> None:
    """What stands below the header of a class that a page has begun becomes part of that class, wherever it ends."""
    page = tmp_path / "page.md"
    blocks = ["\nclass A:\n    one = 1\n\nclass B:\n    pass\n", " into\nclass A:\n    two = 2\n"]
    page.write_text("".join(f"```python title=a.py{block}```\n" for block in blocks), encoding="utf-8")

    known: dict[str, Any] = {}
    exec(dict(files_of(page))["a.py"], known)

    assert (known["A"].one, known["A"].two) == (1, 2) and not hasattr(known["B"], "two")


def test_the_readme_is_short() -> None:
    """The README can be read in one go."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def files_of(page: Path) -> Iterator[tuple[str, str]]:
    files: dict[str, str] = {}
    for block in _TITLED.finditer(page.read_text(encoding="utf-8")):
        known, code = files.get(block["file"], ""), block["code"]
        match block["how"]:
            case "append":
                code = f"{known}\n{code}"
            case "prepend":
                code = f"{code}\n{known}"
            case "into":
                code = gone_on(known, code)
        files[block["file"]] = code
    assert files
    yield from files.items()


def gone_on(known: str, code: str) -> str:
    """Put what stands below the header of a class into the class of that header, which the page has begun before."""
    header, _, body = code.partition("\n")
    before, found, after = known.partition(f"{header}\n")
    assert found, f"no {header!r} was begun before"
    return f"{before}{found}{body}\n{after}"
