"""Writes `docs/reference/` from the feature files: a page a clause, and an index a contract.

    python -m docs.generate_reference [--check]

Rules: everything on a page is read from the feature file or from the harness's base class, so the
pages cannot say anything else than what is run. With `--check` nothing is written, and a page that
is missing, stale or left over is named.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pytest_policy_contracts.clauses import Clause, Contract, Scenario, load_contract, shipped_contracts
from pytest_policy_contracts.harness import Harness
from pytest_policy_contracts.harness.capabilities import definition_of

ROOT = Path(__file__).parent / "reference"

_INTERLEAVING = "∿"
_PLACE = "✂"
_SIGNS = {
    _INTERLEAVING: "It holds under every interleaving: after a first run in stock order it is re-run under many seeded "
    "schedules, and a violation names the schedule that shows it.",
    _PLACE: "It is tried with a cancellation delivered at each place where the subject waits, one run per place.",
}


def pages() -> dict[Path, str]:
    """Answer every page of the reference: path below `docs/reference/` → text."""
    contracts = [load_contract(name) for name in shipped_contracts()]
    found = {Path("README.md"): _text(_index(contracts))}
    for contract in contracts:
        for clause in contract.clauses:
            found[Path("clauses") / f"{clause.id}.md"] = _text(_page(contract, clause))
    return found


def differences(written: Mapping[Path, str], root: Path) -> list[str]:
    """Answer what is not as generated below `root`, one sentence a page."""
    present = {path.relative_to(root) for path in root.rglob("*.md")}
    wrong = [f"{path} is left over" for path in sorted(present - written.keys())]
    for path, text in written.items():
        if path not in present:
            wrong.append(f"{path} is missing")
        elif (root / path).read_text(encoding="utf-8") != text:
            wrong.append(f"{path} is stale")
    return wrong


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` compare them; answer the exit code."""
    written = pages()
    wrong = differences(written, ROOT)
    if "--check" in arguments:
        print(*(f"docs/reference: {one}; run `make pages`." for one in wrong), sep="\n", end="\n" if wrong else "")
        return 1 if wrong else 0
    for stale in [path for path in ROOT.rglob("*.md") if path.relative_to(ROOT) not in written]:
        stale.unlink()
    for path, text in written.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
    return 0


def _index(contracts: list[Contract]) -> Iterator[str]:
    yield "# Reference of the contracts"
    yield ""
    yield "Generated from `features/` by `make pages`; edit the feature files, not these pages."
    yield f"{_INTERLEAVING} is re-run under many schedules, {_PLACE} is cancelled at each place where it waits."
    for contract in contracts:
        yield ""
        yield f"## {contract.name} {contract.version}"
        yield ""
        yield "| id | level | needs | promise |"
        yield "|---|---|---|---|"
        for clause in contract.clauses:
            level = " ".join([clause.level.value, *_signs(clause)])
            needs = ", ".join(f"`{need}`" for need in clause.needs) or "–"
            yield f"| [{clause.id}](clauses/{clause.id}.md) | {level} | {needs} | {clause.title} |"


def _page(contract: Contract, clause: Clause) -> Iterator[str]:
    yield f"# {clause.id} {clause.title}"
    yield ""
    yield f"{' '.join([clause.level.value, *_signs(clause)])} · {contract.name}, since {clause.since} · [all clauses](../README.md)"
    yield ""
    yield "## Why"
    yield ""
    yield from _sentences(clause.rationale)
    yield ""
    yield "## How it is tested"
    yield ""
    yield from _ways(clause)
    yield ""
    yield "## What it needs of the harness"
    yield ""
    yield from _needs(clause)
    for scenario in clause.scenarios:
        yield ""
        yield from _scenario(scenario)
    yield ""
    yield "## Seeing it fail again"
    yield ""
    yield "The last line of a failure is the command that repeats exactly that run."
    yield f"Its token is `{clause.id}`, the number of the scenario and the schedule: `{clause.id}:1:…`."
    yield ""
    yield "```console"
    yield f"$ pytest --policy-contracts-only -k {clause.id}"
    yield f"$ pytest --policy-contracts-replay={clause.id}:1:…"
    yield f"$ policy-contracts replay {clause.id}:1:… tests.test_contracts:CacheContract"
    yield "```"


def _signs(clause: Clause) -> list[str]:
    return [
        *([_INTERLEAVING] if any(one.every_interleaving for one in clause.scenarios) else []),
        *([_PLACE] if any(one.every_place for one in clause.scenarios) else []),
    ]


def _ways(clause: Clause) -> Iterator[str]:
    yield from (f"- {sign} {_SIGNS[sign]}" for sign in _signs(clause))
    if not _signs(clause):
        yield "- One run in virtual time, in stock order."
    for other in clause.after:
        yield f"- Where [{other}]({other}.md) is violated by a hang, it is untested, and the hang is reported there."


def _needs(clause: Clause) -> Iterator[str]:
    wanted = list(dict.fromkeys(need for scenario in clause.scenarios for need in scenario.needs))
    if not wanted:
        yield "Nothing beyond the methods that every harness writes."
    base = next(one for one in Harness.__subclasses__() if one.contract == clause.contract)
    for need in wanted:
        definition, meaning = definition_of(base, need)
        some = "" if need in clause.needs else " (for some of its scenarios)"
        yield f"- `{definition}`{some}: {meaning}"


def _scenario(scenario: Scenario) -> Iterator[str]:
    yield f"## Scenario {scenario.number}: {scenario.name}"
    if remarks := list(_remarks(scenario)):
        yield ""
        yield f"{'; '.join(remarks)}."
    yield ""
    yield "```gherkin"
    for step in scenario.steps:
        yield f"{step.shown_keyword} {step.text}"
        yield from (f"  | {' | '.join(row)} |" for row in step.datatable or ())
    yield "```"


def _remarks(scenario: Scenario) -> Iterator[str]:
    yield from ([_INTERLEAVING] if scenario.every_interleaving else [])
    yield from ([_PLACE] if scenario.every_place else [])
    yield from (["async subjects only"] if scenario.async_only else [])
    yield from (["sync subjects only"] if scenario.sync_only else [])
    yield from (f"needs `{need}`" for need in scenario.needs)
    yield from (f"only without `{name}`, with which a sharper scenario runs" for name in scenario.without)


def _sentences(text: str) -> Iterator[str]:
    words = " ".join(text.split())
    yield from words.replace(". ", ".\n").splitlines()


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
