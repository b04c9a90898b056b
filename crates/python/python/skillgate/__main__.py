"""The `skillgate` command."""

import sys

from skillgate._engine import main as run


def main() -> int:
    """Does what the command line says, and gives the exit status."""
    return run(["skillgate", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
