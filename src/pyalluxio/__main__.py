"""`python -m pyalluxio`: the same program as the entry point `alluxio`."""

from __future__ import annotations

import gc

# Importing makes many objects and no garbage: looking for some meanwhile costs `fs ls` a tenth of its time. Servers set
# their own value (cli/process_run.py).
gc.set_threshold(200_000, 20, 20)

from pyalluxio.cli.main import main  # noqa: E402 - must come after

if __name__ == "__main__":
    main()
