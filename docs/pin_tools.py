"""Writes `constraints-dev.txt`: the versions of every package in this environment.

Rules: names and versions only; where a package came from is a matter of the machine.
"""

from importlib.metadata import distributions
from pathlib import Path

_FILE = Path(__file__).parents[1] / "constraints-dev.txt"
_OURS = "pytest-policy-contracts"


def main() -> None:
    """Write the file."""
    found = {(one.name.lower(), one.version) for one in distributions()}
    lines = [f"{name}=={version}" for name, version in sorted(found) if name != _OURS]
    _FILE.write_text("\n".join(["# Written by `make constraints`.", *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
