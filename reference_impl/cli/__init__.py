"""What can be called from a terminal: `python -m reference_impl demo`."""

import argparse
import asyncio
from collections.abc import Sequence

from reference_impl.cli.demo import run


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments ask for, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m reference_impl", description="The reference implementation.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="show a reload that fails, its rollback, the circuit, the health and the guard")
    parser.parse_args(arguments)
    return asyncio.run(run())
