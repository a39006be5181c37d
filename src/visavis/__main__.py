"""Runs the `visavis` command as `python -m visavis`."""

from visavis.cli import main

if __name__ == "__main__":
    main()
