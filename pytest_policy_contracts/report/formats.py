"""Writing a report to a file, in the format its suffix names.

Rules: paths are checked before anything runs, so that a run is not lost to a spelling mistake. The
file is written whole or not at all. It must not know what a report says.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from pytest_policy_contracts.contracts import UsageError
from pytest_policy_contracts.report.document import ContractReport

WRITERS: Mapping[str, Callable[[ContractReport], str]] = {".json": ContractReport.to_json}
"""Suffix → what makes the text of the file."""


def check_report_paths(paths: Iterable[Path]) -> None:
    """Raise `UsageError` for a suffix without a format and for a path that cannot be a file."""
    for path in paths:
        if path.suffix.lower() not in WRITERS:
            raise UsageError(
                f"The report {path} has the suffix {path.suffix!r}, and no format is named so. "
                f"Available: {', '.join(WRITERS)}."
            )
        if path.is_dir():
            raise UsageError(f"The report {path} is a directory. Name a file in it.")


def write_report(report: ContractReport, path: Path) -> None:
    """Write the report; missing directories are made, `UsageError` says why it cannot be."""
    text = WRITERS[path.suffix.lower()](report)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise UsageError(
            f"The report {path} cannot be written: {error}. Name a file in a writable directory."
        ) from error
