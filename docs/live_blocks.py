"""Keeps the code and the terminal output on the pages true.

    python -m docs.live_blocks [--check]

A fenced block below a comment of one of these shapes is written by this module:

    <!-- live: file docs/tutorial/cache_project/cachemod.py -->
    <!-- live: file docs/tutorial/cache_project/cachemod.py from "class Pool" to "class CacheModule" -->
    <!-- live: run docs/tutorial/cache_project $ pytest --policy-contracts -k RLD-007 -->

Rules: paths are relative to the root; `from` keeps its line, `to` leaves its own out; durations are
taken out of the output, and nothing else is. With `--check` nothing is written. Only commands of
this environment are run, and their exit code is part of the block.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

_BLOCK = re.compile(
    r"^<!-- live: (?P<kind>file|run) (?P<what>.+?) -->\n(?P<fence>```)(?P<language>\w+)\n.*?^```$",
    re.DOTALL | re.MULTILINE,
)
_CUT = re.compile(r'^(?P<path>\S+)(?: from "(?P<start>[^"]+)")?(?: to "(?P<end>[^"]+)")?$')
_DURATION = re.compile(r" in \d+\.\d+s\b(?: \(\d+:\d\d:\d\d\))?")
_WIDTH = "100"


def live_pages() -> list[Path]:
    """Answer the pages that hold live blocks."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in pages if _BLOCK.search(page.read_text(encoding="utf-8"))]


def refreshed(text: str) -> str:
    """Answer the page with each live block as it has to be now."""
    return _BLOCK.sub(_refreshed_block, text)


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` compare them; answer the exit code."""
    stale = 0
    for page in live_pages():
        text = page.read_text(encoding="utf-8")
        now = refreshed(text)
        if text == now:
            continue
        stale += 1
        if "--check" in arguments:
            print(f"{page.relative_to(ROOT)} is stale; run `make pages`.")
        else:
            page.write_text(now, encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


def _refreshed_block(block: re.Match[str]) -> str:
    body = _cut(block["what"]) if block["kind"] == "file" else _output(block["what"])
    return f"<!-- live: {block['kind']} {block['what']} -->\n```{block['language']}\n{body}\n```"


def _cut(what: str) -> str:
    asked = _CUT.match(what)
    if asked is None:
        raise ValueError(f'{what!r} is no cut of a file. Write: path from "first text" to "text after the last line".')
    text = (ROOT / asked["path"]).read_text(encoding="utf-8")
    start = text.index(asked["start"]) if asked["start"] else 0
    end = text.index(asked["end"], start) if asked["end"] else len(text)
    return text[start:end].strip("\n")


def _output(what: str) -> str:
    folder, _, command = what.partition(" $ ")
    ended = run(command, ROOT / folder)
    return f"$ {command}\n{ended.stdout.strip()}\n$ echo $?\n{ended.returncode}"


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of this environment in `folder`; its output comes without durations."""
    program, *arguments = shlex.split(command)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_", "CI"))
    }
    environment |= {
        "COLUMNS": _WIDTH,
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": "-p no:cacheprovider",
    }
    ended = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    ended.stdout = _DURATION.sub("", ended.stdout)
    return ended


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
