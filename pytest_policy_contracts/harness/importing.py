"""Importing the module or file that holds a harness.

Rules: `root` is put in front of `sys.path`, as `python -m` does, because a console script lacks it;
a file in a package is imported under its dotted name, so relative imports work; a plain file gets
its stem, or a name of its own where that is taken. Whatever the module raises leaves here as a
`HarnessError`, chained. An already imported module is used as it is, so classes are not made twice.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TypeVar
from zlib import crc32

from pytest_policy_contracts.contracts.near_matches import did_you_mean
from pytest_policy_contracts.harness.problems import HarnessError
from pytest_policy_contracts.harness.targets import Target

_Result = TypeVar("_Result")


def import_target(target: Target, root: Path) -> ModuleType:
    """Import what the target names; relative files are taken from `root`."""
    if target.file is not None:
        return _import_file(root.resolve() / target.file)
    if target.module is None:
        raise HarnessError(f"{target.text!r} names neither a module nor a file.")
    _search_first(root.resolve())
    return _import_module(target.module)


def _import_module(name: str) -> ModuleType:
    try:
        return _executed(lambda: import_module(name), name)
    except HarnessError as error:
        if _is_absent(error.__cause__, name):
            raise HarnessError(
                f"There is no module {name!r}. Check the spelling, install it, or give a file: path/to/file.py:Name."
            ) from error.__cause__
        raise


def _is_absent(cause: BaseException | None, name: str) -> bool:
    if not isinstance(cause, ModuleNotFoundError) or cause.name is None:
        return False
    return name == cause.name or name.startswith(f"{cause.name}.")


def _import_file(file: Path) -> ModuleType:
    if not file.is_file():
        beside = [one.name for one in file.parent.glob("*.py")]
        raise HarnessError(f"There is no file {file}. {did_you_mean(file.name, beside)}")
    name, base = _module_name(file)
    known = sys.modules.get(name)
    if known is not None and _is_from(known, file):
        return known
    _search_first(base)
    if "." in name:
        return _import_from_package(name, file)
    return _import_plain(name if known is None else f"{name}_{crc32(bytes(file)):08x}", file)


def _import_from_package(name: str, file: Path) -> ModuleType:
    module = _import_module(name)
    if not _is_from(module, file):
        raise HarnessError(
            f"{file} would be the module {name}, and that name belongs to {module.__file__}. "
            f"Give the module instead of the file, or rename the package."
        )
    return module


def _import_plain(name: str, file: Path) -> ModuleType:
    known = sys.modules.get(name)
    if known is not None and _is_from(known, file):
        return known
    spec = spec_from_file_location(name, file)
    loader = None if spec is None else spec.loader
    if spec is None or loader is None:
        raise HarnessError(f"{file} is no Python module. Give a .py file.")
    module = module_from_spec(spec)
    # Dataclasses and pickles look their module up by name while it is being executed.
    sys.modules[name] = module
    try:
        _executed(lambda: loader.exec_module(module), str(file))
    except HarnessError:
        del sys.modules[name]
        raise
    return module


def _executed(execute: Callable[[], _Result], what: str) -> _Result:
    try:
        return execute()
    except KeyboardInterrupt:
        raise
    # SystemExit of a script and pytest's Skipped are no `Exception`; either would end the run
    # without a word of why.
    except BaseException as error:
        raise HarnessError(
            f"Importing {what} raised {type(error).__name__}: {error}. Make it importable by itself."
        ) from error


def _is_from(module: ModuleType, file: Path) -> bool:
    found = getattr(module, "__file__", None)
    return found is not None and Path(found).resolve() == file.resolve()


def _module_name(file: Path) -> tuple[str, Path]:
    """Answer the dotted name of the file and the folder to import it from."""
    parts, folder = [file.stem], file.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts), folder


def _search_first(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
