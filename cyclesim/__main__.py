"""`python -m cyclesim` is the same as `cyclesim`."""

import sys

if __name__ == "__main__":
    try:
        from cyclesim.cli import main
    except KeyboardInterrupt:  # before there is anyone else to notice
        sys.exit(130)
    main()
