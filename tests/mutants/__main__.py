"""`python -m tests.mutants`."""

import sys

from tests.mutants.mutating import main

if __name__ == "__main__":
    sys.exit(main())
