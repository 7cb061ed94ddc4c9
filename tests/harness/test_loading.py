"""Finding a harness by name: modules, files, classes, and every way to get it wrong."""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_policy_contracts.harness import Harness, HarnessError, ReloadableHarness
from pytest_policy_contracts.harness.loading import (
    check_harness,
    is_harness_class,
    load_harness,
    load_harnesses,
)
from pytest_policy_contracts.harness.targets import Target, parse_target

WHOLE = """
from pytest_policy_contracts.contracts import ConfigChange
from pytest_policy_contracts.harness import Harness, ReloadableHarness

class Base(ReloadableHarness):
    def changes(self): return [ConfigChange.modified("ttl", 1, 2)]

class CacheContract(Base):
    def create(self): return object()

class PoolContract(Base):
    def create(self): return object()
    class Inner(Base):
        def create(self): return object()

class _Hidden(ReloadableHarness): pass
class NoCreate(ReloadableHarness):
    def changes(self): return []
class OnlyHarness(Harness): pass
Alias = CacheContract
instance = CacheContract()
"""
GOOD = WHOLE.partition("class _Hidden")[0] + "Alias = CacheContract\nclass _Hidden(Base): pass\n"
NAMES = (f"contracts_under_test_{number}" for number in itertools.count())


@pytest.fixture(autouse=True)
def clean_imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take back what a test adds to the import state of the process."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def module(folder: Path, text: str, name: str | None = None) -> str:
    """Write a module of a fresh name and answer the name."""
    name = name or next(NAMES)
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return name


def names(*found: type[Harness]) -> list[str]:
    return [one.__name__ for one in found]


@pytest.mark.parametrize("form", ["{0}:CacheContract", "{0}.py:CacheContract", "{0}.py::CacheContract"])
def test_class_is_found_by_module_and_by_file(tmp_path: Path, form: str) -> None:
    """A class is named by module or by file, with one colon or with two."""
    target = form.format(module(tmp_path, WHOLE))

    assert "CacheContract" == load_harness(target, tmp_path).__name__


def test_absolute_file_and_nested_class_are_found(tmp_path: Path) -> None:
    """A file may be given by its full path, and a class by its dotted name."""
    name = module(tmp_path, WHOLE)

    found = load_harness(f"{tmp_path / name}.py:PoolContract.Inner", Path("/"))
    assert "PoolContract.Inner" == found.__qualname__


@pytest.mark.parametrize("form", ["{0}", "{0}.py"])
def test_module_alone_gives_all_its_classes_once(tmp_path: Path, form: str) -> None:
    """Without a name all complete classes come, in the order written: no bases, no aliases."""
    target = form.format(module(tmp_path, GOOD))

    assert ["CacheContract", "PoolContract"] == names(*load_harnesses(target, tmp_path))


def test_incomplete_class_of_a_module_is_not_left_out(tmp_path: Path) -> None:
    """A class without create from which none derives is a mistake, not a base to be skipped."""
    text = GOOD + "class Forgotten(ReloadableHarness):\n    def changes(self): return []\n"

    with pytest.raises(HarnessError, match=r"Forgotten has no create\(\)"):
        load_harnesses(module(tmp_path, text), tmp_path)


def test_one_harness_is_asked_of_a_module_with_two(tmp_path: Path) -> None:
    """Where one class is wanted a module with two is refused, naming both."""
    with pytest.raises(HarnessError, match="holds 2 harness classes: CacheContract, PoolContract"):
        load_harness(module(tmp_path, GOOD), tmp_path)


def test_module_and_file_give_the_same_class(tmp_path: Path) -> None:
    """Naming a module once by name and once by file makes one class, not two."""
    name = module(tmp_path, WHOLE)

    one = load_harness(f"{name}:CacheContract", tmp_path)
    assert one is load_harness(f"{name}.py:CacheContract", tmp_path)


def test_files_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    """Two test files of the same name in two folders are two modules, each loaded once."""
    name = next(NAMES)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        module(tmp_path / folder, WHOLE, name)

    one, other, again = (load_harness(f"{folder}/{name}.py:CacheContract", tmp_path) for folder in "abb")
    assert one is not other
    assert other is again


def test_file_in_a_package_may_import_relatively(tmp_path: Path) -> None:
    """A file in a package is imported under its dotted name, with its package."""
    package = tmp_path / next(NAMES)
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    module(package, WHOLE, "shared")
    module(package, "from .shared import CacheContract", "test_contracts")

    found = load_harness(f"{package.name}/test_contracts.py:CacheContract", tmp_path)
    assert f"{package.name}.shared" == found.__module__


def test_package_name_taken_by_another_folder_is_refused(tmp_path: Path) -> None:
    """A file whose dotted name already belongs to another file is an error that names both."""
    name = next(NAMES)
    for folder in ("a", "b"):
        package = tmp_path / folder / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("", encoding="utf-8")
        module(package, WHOLE, "test_contracts")
    load_harness(f"a/{name}/test_contracts.py:CacheContract", tmp_path)

    with pytest.raises(HarnessError, match=r"that name belongs to .*a.*Give the module"):
        load_harness(f"b/{name}/test_contracts.py:CacheContract", tmp_path)


@pytest.mark.parametrize(
    ("suffix", "says"),
    [
        (":CasheContract", "no CasheContract; its harness classes: Base.*Did you mean CacheC"),
        (":Base", r"Base has no create\(\). Write:"),
        (":NoCreate", r"class NoCreate\(ReloadableHarness\):\n    def create\(self\):"),
        (":OnlyHarness", "which has no contract. Derive from .*ReloadableHarness"),
        (":Harness", "is Harness, a base of the suite. Name a class derived from .*Rel"),
        (":ReloadableHarness", "is ReloadableHarness, a base of the suite"),
        (":ConfigChange", "is the class ConfigChange, no harness"),
        (":instance", "is an instance of CacheContract"),
        (":__name__", "is a str. Name a class"),
        (":PoolContract.Outer", "has no PoolContract.Outer"),
        (".py::CacheContract::RLD-004", "CacheContract::RLD-004., which is no name"),
        (":", "names the class '', which is no name"),
    ],
)  # fmt: skip
def test_name_that_is_no_harness_is_refused(tmp_path: Path, suffix: str, says: str) -> None:
    """A name that is missing or no harness is an error with what was found and what to write."""
    with pytest.raises(HarnessError, match=f"(?s){says}"):
        load_harness(module(tmp_path, WHOLE) + suffix, tmp_path)


def test_harness_without_changes_is_refused(tmp_path: Path) -> None:
    """A harness that makes subjects and has no changes for them shows what is missing."""
    text = WHOLE + "class NoChanges(ReloadableHarness):\n    def create(self): return object()\n"

    with pytest.raises(HarnessError, match=r"NoChanges has no changes\(\). Write:"):
        load_harness(f"{module(tmp_path, text)}:NoChanges", tmp_path)


def test_everything_that_is_missing_is_shown_at_once(tmp_path: Path) -> None:
    """A harness that lacks both required methods shows both in one error."""
    text = WHOLE + "class Empty(ReloadableHarness): pass\n"

    with pytest.raises(HarnessError, match=r"(?s)no create\(\) and no changes\(\).*create.*changes"):
        load_harness(f"{module(tmp_path, text)}:Empty", tmp_path)


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("no_such_module_here:X", "There is no module 'no_such_module_here'. Check the spelling"),
        ("json.no_such_part:X", "There is no module 'json.no_such_part'"),
        ("json", "json holds no harness class. Derive one from .*ReloadableHarness"),
        ("json:JSONEncoder", "is the class JSONEncoder, no harness"),
        (
            "test_contrakts.py:X",
            "There is no file .*test_contrakts.py. Did you mean test_con",
        ),
        ("nowhere/test_contracts.py", "There is no file .*There is none to choose from"),
        ("my-app:X", "names the module 'my-app', which is no name. Write module:Name"),
        ("", "names the module '', which is no name"),
        (":X", "names the module '', which is no name"),
    ],
)
def test_target_that_is_not_there_is_refused(tmp_path: Path, target: str, says: str) -> None:
    """A module, file or text that leads nowhere is an error that says what to write."""
    module(tmp_path, WHOLE, "test_contracts")

    with pytest.raises(HarnessError, match=says):
        load_harnesses(target, tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 / 0", "raised ZeroDivisionError: division by zero"),
        ("import no_such_dependency", "raised ModuleNotFoundError: .*no_such_dependency"),
        ("import sys; sys.exit(3)", "raised SystemExit: 3"),
        ("import pytest; pytest.importorskip('no_such_dependency')", "raised Skipped"),
        ("def", "raised SyntaxError"),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".py"])
def test_module_that_fails_to_import_is_an_error_with_its_cause(
    tmp_path: Path, text: str, says: str, suffix: str
) -> None:
    """Whatever a module raises on import is chained to our error, and no half module is left."""
    name = module(tmp_path, text)

    with pytest.raises(HarnessError, match=f"Importing .*{says}") as caught:
        load_harnesses(f"{name}{suffix}:X", tmp_path)
    assert caught.value.__cause__ is not None
    assert name not in sys.modules


def test_interrupt_during_import_is_not_swallowed(tmp_path: Path) -> None:
    """Ctrl-C while an adopter's module is imported ends the run."""
    with pytest.raises(KeyboardInterrupt):
        load_harnesses(module(tmp_path, "raise KeyboardInterrupt"), tmp_path)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"RLD-007": "later"}, r"known_deviations has 'RLD-007': 'later'\. Write a clause id"),
        ({7: None}, "has 7: None"),
        (["RLD-007"], "known_deviations is a list"),
    ],
)
def test_malformed_deviations_of_a_class_are_refused(table: object, says: str) -> None:
    """A harness class whose deviations are not what they have to be cannot be run."""

    class C(ReloadableHarness):
        known_deviations = table  # type: ignore[assignment]

        def create(self) -> object:
            return object()

        def changes(self) -> list[object]:
            return []

    with pytest.raises(HarnessError, match=says):
        check_harness(C)


def test_only_the_adopters_classes_are_harness_classes() -> None:
    """The bases of the suite, instances and other classes are not to be collected."""

    class C(ReloadableHarness):
        pass

    assert is_harness_class(C)
    assert not any(map(is_harness_class, (Harness, ReloadableHarness, C(), int, None)))


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("a.b:C.D", Target("a.b:C.D", module="a.b", name="C.D")),
        ("a.b", Target("a.b", module="a.b")),
        ("t/x.py", Target("t/x.py", file=Path("t/x.py"))),
        ("t/x.py::C", Target("t/x.py::C", file=Path("t/x.py"), name="C")),
        (r"C:\t\x.py", Target(r"C:\t\x.py", file=Path(r"C:\t\x.py"))),
        (r"C:\t\x.py:C", Target(r"C:\t\x.py:C", file=Path(r"C:\t\x.py"), name="C")),
    ],
)
def test_target_is_a_module_or_a_file(text: str, target: Target) -> None:
    """A target reads as module or file, also with a Windows drive in front."""
    assert target == parse_target(text)
