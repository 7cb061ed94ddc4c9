"""The library face: `verify(harness)` runs a contract and returns what it found.

    from pytest_policy_contracts import verify
    assert verify(CacheContract).verdict == "conformant"

Rules: reads no file and prints nothing; what can be refused is refused before anything runs. It
works inside a running event loop too, because subjects run in processes, or on threads, of their
own. The module can be called like the function: importing it makes it an attribute of the package
under the very name of the function, and whoever imported first must not matter.
"""

import sys
from collections.abc import Iterable
from types import ModuleType

from pytest_policy_contracts.harness import Harness
from pytest_policy_contracts.report.document import ContractReport, ReportBuilder
from pytest_policy_contracts.running import Options, run, target_of
from pytest_policy_contracts.running.options import clause_patterns


def verify(
    harness: type[Harness] | Harness,
    *,
    clauses: str | Iterable[str] | None = None,
    level: str = "must",
    schedules: int = 200,
    seed: int = 0,
) -> ContractReport:
    """Run the clauses of the harness's contract and return the report.

    `clauses` selects by id, prefix or glob, several in a list or with commas between them; `level` is "must" or "should"; `schedules` is how many
    interleavings are tried where that matters, `seed` where they start. An argument that makes no
    sense raises `UsageError`, a harness that cannot be used `HarnessError`; both are `SuiteError`s.
    A subject that breaks a promise raises nothing: it is in the report.
    """
    options = Options(clauses=clause_patterns(clauses), level=level, schedules=schedules, seed=seed)
    builder = ReportBuilder()
    for event in run((target_of(harness),), options):
        builder.listen(event)
    return builder.report()


class _CallableModule(ModuleType):
    __call__ = staticmethod(verify)


sys.modules[__name__].__class__ = _CallableModule
