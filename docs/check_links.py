"""Checks the pages: every relative link leads somewhere, and nothing names one machine.

    python -m docs.check_links

Rules: links to other sites are left alone, because a check that needs the network fails for reasons
that are not ours.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

_LINK = re.compile(r"\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|work|Users|tmp)/\S+")


def pages() -> list[Path]:
    """Answer every page of the project."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "benchmarks").rglob("*.md"))]


def problems(page: Path) -> Iterator[str]:
    """Yield what is wrong with a page, one sentence each."""
    text = page.read_text(encoding="utf-8")
    for found in _LINK.finditer(_FENCED.sub("", text)):
        path, _, anchor = found["to"].partition("#")
        target = page if not path else page.parent / path
        if "://" in path:
            continue
        if not target.exists():
            yield f"links to {found['to']}, which does not exist"
        elif anchor and anchor not in _anchors(target):
            yield f"links to {found['to']}, and no heading there has that anchor"
    yield from (f"names a path of one machine: {found[0]}" for found in _MACHINE.finditer(text))


def main() -> int:
    """Print every problem; answer the exit code."""
    wrong = [f"{page.relative_to(ROOT)} {problem}" for page in pages() for problem in problems(page)]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


def _anchors(page: Path) -> set[str]:
    headings = (
        line.lstrip("#").strip() for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("#")
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


if __name__ == "__main__":
    sys.exit(main())
