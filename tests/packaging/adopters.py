"""An adopter's project: a virtual environment with our wheel and nothing of the checkout."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial" / "cache_project"
REQUIRED = "pythons"


@dataclass(frozen=True, slots=True)
class Adopter:
    """A project folder and the programs of its environment."""

    project: Path
    programs: Path

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in the project."""
        program, *arguments = command.split()
        kept = ("HOME", "PATH", "LANG", "TMPDIR")
        environment = {name: os.environ[name] for name in kept if name in os.environ} | {"COLUMNS": "200"}
        return subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.project, env=environment, text=True, capture_output=True, check=False, timeout=120,
        )  # fmt: skip

    def pytest(self, options: str) -> subprocess.CompletedProcess[str]:
        """Run pytest without a cache, so that no run leaves anything for the next."""
        return self.run(f"pytest -p no:cacheprovider {options}")


def interpreter(minor: str) -> Path:
    """Answer the newest Python of that minor version under pyenv or on the path; else skip, or fail where required."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(versions.glob(f"{minor}.*/bin/python"), key=_release)
    if found:
        return found[-1]
    if on_path := shutil.which(f"python{minor}"):
        return Path(on_path)
    reason = f"there is no Python {minor} under pyenv; run: pyenv install {minor}"
    if REQUIRED in os.environ.get("POLICY_CONTRACTS_REQUIRE", "").split(","):
        pytest.fail(reason)
    pytest.skip(reason)


def built(folder: Path) -> tuple[Path, Path]:
    """Build wheel and sdist into `folder` and answer both."""
    checked(sys.executable, "-m", "build", "--quiet", "--no-isolation", "--outdir", str(folder), str(ROOT))
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


def adopter(wheel: Path, minor: str, folder: Path) -> Adopter:
    """Make the project of the tutorial with an environment that holds the wheel and pytest-xdist."""
    python = interpreter(minor)
    checked(str(python), "-m", "venv", str(folder / "venv"))
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    checked(str(programs / "python"), "-m", "pip", "install", "--quiet", str(wheel), "pytest-xdist")
    ignored = shutil.ignore_patterns("__pycache__", "README.md")
    shutil.copytree(TUTORIAL, folder / "project", ignore=ignored)
    ordinary = folder / "project" / "tests" / "test_ordinary.py"
    ordinary.write_text("def test_ordinary():\n    pass\n", encoding="utf-8")
    return Adopter(folder / "project", programs)


def checked(*command: str) -> None:
    """Run a command of the preparation; a failure shows what it said."""
    ended = subprocess.run(command, text=True, capture_output=True, check=False, cwd=ROOT)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout}{ended.stderr}"


def _release(python: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in python.parents[1].name.split(".") if part.isdigit())
