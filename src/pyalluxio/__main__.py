"""`python -m pyalluxio`: the same program as the entry point `alluxio`."""

from __future__ import annotations

from pyalluxio.cli.main import main

if __name__ == "__main__":
    main()
