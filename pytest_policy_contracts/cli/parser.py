"""The arguments of all commands.

Rules: named as the options of the pytest plugin, without their prefix; an option that is not given
is `None`, so that the settings of the project can fill it. Only argparse is imported, because every
start pays for it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

_EXIT_CODES = """\
exit codes:
  0  conformant
  1  violated: a promise is broken
  2  usage: nothing could be run as asked
  3  incomplete: an expected clause did not run, nothing was tested, or a MUST is untested
     under --strict
  4  broken: the suite or the harness itself failed
"""
_TARGET_HELP = "module:Name or path/to/file.py:Name; without :Name, all harnesses in it"


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse a command line; a wrong one ends in `SystemExit` with code 2."""
    return _parser().parse_args(argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="policy-contracts",
        description="Executable contracts: which promise does this module break, and when?",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_verify(_command(commands, "verify", "run the contracts of harnesses"))
    listing = _command(commands, "list", "list the clauses")
    listing.add_argument("contract", nargs="?", metavar="CONTRACT", help="such as Reloadable")
    explain = _command(commands, "explain", "say what a clause promises and how it is tested")
    explain.add_argument("clause", metavar="CLAUSE", help="such as RLD-007")
    replay = _command(commands, "replay", "run one recorded schedule again")
    replay.add_argument("token", metavar="TOKEN", help="from a replay line, such as RLD-007:1:s2")
    replay.add_argument("target", nargs="?", metavar="TARGET", help=_TARGET_HELP)
    _add_timeout_factor(replay)
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, what: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=what,
        description=what[0].upper() + what[1:] + ".",
        epilog=_EXIT_CODES if name == "verify" else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_verify(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("targets", nargs="*", metavar="TARGET", help=f"{_TARGET_HELP} (default: the harnesses "
        "of [tool.policy-contracts] in pyproject.toml)")  # fmt: skip
    add("--clauses", action="append", metavar="IDS", help="only these: RLD-007,RLD-01* or RLD")
    add("--schedules", type=int, metavar="N", help="runs of each ∿ scenario (default 200)")
    add("--seed", type=int, metavar="N", help="where the schedules start (default 0)")
    add("--level", choices=("must", "should"), help="what fails the run (default must)")
    add("--strict", action="store_true", help="a MUST that is untested fails the run")
    add("--deviations", type=Path, metavar="FILE", help="known deviations, as TOML")
    add("--report", type=Path, action="append", default=[], metavar="PATH",
        help="write a report, by suffix: .json (repeatable)")  # fmt: skip
    _add_timeout_factor(parser)


def _add_timeout_factor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout-factor",
        type=float,
        metavar="X",
        help="stretch the real-time guards against hangs (default 1; 0 takes them away)",
    )
