"""A long job of the official client in its own JVM: what it says while it runs, and how it ends."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.peer import official
from tests.waiting import wait_until

START_TIMEOUT_S = 90.0
END_TIMEOUT_S = 60.0
SECONDS_MAX = 7_200
# The job tells how far it is every so many calls.
CALLS_TOLD = 10


@dataclass(frozen=True, slots=True)
class SlowCall:
    """A call of the job that took long; its end is on the machine's monotonic clock."""

    ended_ns: int
    took_s: float
    name: str


@dataclass(slots=True)
class OfficialJob:
    """What the job has said so far; `history` is complete once it has ended (see `tests.e2e.history.History.read`)."""

    history: Path
    errors: Path
    process: subprocess.Popen[str]
    slow_calls: list[SlowCall] = field(default_factory=list)
    asked_twice: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    calls: int = 0
    is_ready: bool = False
    outcome: str = ""

    def longest_s(self, since_ns: int, until_ns: int) -> float:
        """Return the longest call that ended in between; 0.0 when none took long enough to be told."""
        return max((call.took_s for call in self.slow_calls if since_ns <= call.ended_ns < until_ns), default=0.0)

    @property
    def done(self) -> tuple[int, int, int, int]:
        """(files, calls, longest call in ms, block ids asked twice) of a job that ended well."""
        word, *numbers = self.outcome.split()
        assert word == "DONE", self.told()
        files, calls, longest_ms, asked_twice = map(int, numbers)
        return files, calls, longest_ms, asked_twice

    def end(self) -> int:
        """Let the job compare everything and end; return its exit code."""
        if self.process.poll() is None and self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.write("stop\n")
                self.process.stdin.flush()
        try:
            code = self.process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the job did not end:\n{self.threads()}") from None
        wait_until(lambda: self.outcome, 10, "the job's last words")
        return code

    def threads(self) -> str:
        """Return what the threads of the JVM do, and what the job has told."""
        self.process.send_signal(signal.SIGQUIT)
        wait_until(lambda: any("JNI global" in line for line in self.others), 10, "the job's threads")
        return self.told()

    def told(self) -> str:
        return (
            f"{self.outcome or 'no outcome'}\n{self.errors.read_text(errors='replace')[-6000:]}\n{''.join(self.others)}"
        )

    def listen(self) -> None:
        """Take in what the job prints, until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "CALL":
                ended_ns, took_ms, name = rest.split()
                self.slow_calls.append(SlowCall(int(ended_ns), int(took_ms) / 1000, name))
            elif word == "AT":
                self.calls = int(rest)
            elif word == "ASKED_TWICE":
                self.asked_twice.append(rest)
            elif word == "READY":
                self.is_ready = True
            elif word in ("DONE", "FAILED"):
                self.outcome = line.strip()
            else:
                self.others.append(line)


@contextlib.contextmanager
def official_job(folder: Path, client: Mapping[str, str], keys: Sequence[str], seed: int) -> Iterator[OfficialJob]:
    """Start the job and yield it once it writes; end it by process id.

    client  the properties with which clients find the masters
    keys    the keys of the recorded history; their directories exist
    """
    folder.mkdir()
    history, errors = folder / "history", folder / "errors"
    words = (str(seed), str(SECONDS_MAX), ",".join(keys), str(history))
    with errors.open("w") as output:
        process = subprocess.Popen(
            official.command(folder / "home", str(official.HERE / "Workload.java"), *words),
            env=official.environment(client, "512m"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
    job = OfficialJob(history, errors, process)
    listener = threading.Thread(target=job.listen, daemon=True)
    listener.start()
    try:
        wait_until(lambda: job.is_ready or process.poll() is not None, START_TIMEOUT_S, "the official job")
        assert job.is_ready, job.told()
        yield job
    finally:
        process.kill()
        process.wait()
        listener.join(10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
