"""How long commands take from the first key to the prompt: `fs ls /`, warm, best of some.

    python bench/command_line.py [--times 5] [--dir FOLDER] [--command "fs ls /"]

Starts a local cluster in a folder of its own, runs `bin/alluxio` as a user does, prints each time and the best one.
The design asks for 0.25 s or less for `fs ls /`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[1] / "bin/alluxio"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--command", default="fs ls /")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.dir or Path(temporary) / "cluster"
        subprocess.run([PROGRAM, "process", "start", "local", "--dir", folder], check=True, stdout=subprocess.DEVNULL)
        try:
            measure(arguments.command.split(), folder / "conf", arguments.times)
        finally:
            subprocess.run(
                [PROGRAM, "process", "stop", "local", "--dir", folder], check=True, stdout=subprocess.DEVNULL
            )


def measure(words: list[str], conf: Path, times: int) -> None:
    environment = {**os.environ, "ALLUXIO_CONF_DIR": str(conf)}
    taken = []
    for number in range(times + 1):
        started = time.perf_counter()
        subprocess.run([PROGRAM, *words], env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        # The first one reads cold files and compiles modules.
        if number > 0:
            taken.append(seconds)
            print(f"{' '.join(words)}: {seconds:.3f} s")
    load = os.getloadavg()[0]
    print(f"best of {times}: {min(taken):.3f} s  ({os.cpu_count()} CPUs, load {load:.1f})")


if __name__ == "__main__":
    main()
