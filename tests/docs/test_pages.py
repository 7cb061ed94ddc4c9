"""The pages say what is so: generated ones are current, code runs, output is real, links lead somewhere."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import check_links, generate_reference, live_blocks

ROOT = Path(__file__).parents[2]
_TITLED = re.compile(
    r"^```python title=(?P<file>\S+)(?: (?P<how>append|prepend))?\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)
RUNNABLE = ["write-a-reloadable-harness", "known-deviations"]


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


@pytest.mark.parametrize("name", RUNNABLE)
def test_the_code_of_a_how_to_runs(name: str, tmp_path: Path) -> None:
    """Whoever types in the code of a page and runs pytest gets a conformant module."""
    for file, code in files_of(ROOT / "docs" / "how-to" / f"{name}.md"):
        (tmp_path / file).write_text(code, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--policy-contracts", "-p", "no:cacheprovider"],
        cwd=tmp_path, text=True, capture_output=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "conformant" in ended.stdout


def test_the_readme_is_short() -> None:
    """The README can be read in one go."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def files_of(page: Path) -> Iterator[tuple[str, str]]:
    files: dict[str, str] = {}
    for block in _TITLED.finditer(page.read_text(encoding="utf-8")):
        known = files.get(block["file"], "")
        files[block["file"]] = {
            "append": known + "\n" + block["code"],
            "prepend": block["code"] + "\n" + known,
            None: block["code"],
        }[block["how"]]
    assert files
    yield from files.items()
