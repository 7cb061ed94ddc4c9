"""`python -m pytest_policy_contracts`: the command line without its script on the path."""

import sys

from pytest_policy_contracts.cli import main

if __name__ == "__main__":
    sys.exit(main())
