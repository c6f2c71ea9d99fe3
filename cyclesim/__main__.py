"""`python -m cyclesim` is the same as `cyclesim`."""

from cyclesim.cli import main

if __name__ == "__main__":
    main()
