"""What is said of the mutants: a summary, a page, and whether a survivor is explained."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

GOAL = 0.9
SURVIVORS = Path(__file__).parent / "survivors.toml"


@dataclass(frozen=True, order=True, slots=True)
class Judged:
    """One mutant and what became of it."""

    part: str
    module: str
    number: int
    operator: str
    before: str
    after: str
    killed: bool
    how: str
    """The clause that killed it, or how else it ended."""

    @property
    def line(self) -> str:
        """The place and the change in one line."""
        return f"{self.module}:{self.number} {self.operator}: {self.before} → {self.after}"


@cache
def _reasons() -> list[dict[str, str]]:
    return list(tomllib.loads(SURVIVORS.read_text(encoding="utf-8")).get("survivor", []))


def explained(one: Judged) -> str:
    """Return why a mutant may survive, or nothing. A line of the list stands for its module and the line changed."""
    for entry in _reasons():
        wanted = entry["module"] == one.module.removeprefix("reference_impl/") and entry["line"] in one.before
        if wanted and entry.get("after", "") in one.after:
            return entry["reason"]
    return ""


def summary(judged: Sequence[Judged]) -> str:
    """Return a line for each part."""
    lines = []
    for part in sorted({one.part for one in judged}):
        mine = [one for one in judged if one.part == part]
        killed = sum(one.killed for one in mine)
        lines.append(f"{part}: {killed} of {len(mine)} mutants killed ({killed / len(mine):.1%})")
    return "\n".join(lines)


def markdown(judged: Sequence[Judged]) -> str:
    """Return the page that is published."""
    lines = [
        "# Mutants of the reference implementation",
        "",
        (
            "Written by `make mutants`. Every mutant is a small change that [Cosmic Ray](https://cosmic-ray.readthedocs.io) made to "
            "the reference; it is killed when the contract suite alone, with its default settings, calls a clause violated, cannot "
            "run, or does not end. The reference's own tests are not asked."
        ),
        "",
        "| part | mutants | killed | |",
        "|---|---|---|---|",
    ]
    for part in sorted({one.part for one in judged}):
        mine = [one for one in judged if one.part == part]
        killed = sum(one.killed for one in mine)
        lines.append(f"| {part} | {len(mine)} | {killed} | {killed / len(mine):.1%} |")
    lines += ["", "## Which clauses kill", "", "| clause | mutants |", "|---|---|"]
    counted = Counter(_killer(one) for one in judged if one.killed)
    lines += [f"| {clause} | {number} |" for clause, number in sorted(counted.items())]
    lines += ["", "## Which are left, and why", "", "| where | change | why |", "|---|---|---|"]
    lines += [
        f"| {one.module.removeprefix('reference_impl/')} | {_cell(one.before)} → {_cell(one.after)} | {explained(one)} |"
        for one in judged
        if not one.killed
    ]
    return "\n".join(lines) + "\n"


def _killer(one: Judged) -> str:
    clause = one.how.partition(" ")[0]
    return clause if clause[:3].isupper() and "-" in clause else "could not run, or did not end"


def _cell(code: str) -> str:
    return f"`{code.replace('|', chr(92) + '|')}`" if code else ""
