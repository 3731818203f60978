"""Make the Python environment that `bin/alluxio` runs in: `environment.py ROOT CACHED FINGERPRINT [EXTRA]`.

Prints the folder of the complete environment on standard output; everything for people goes to standard error.

Rules:

- It is `ROOT/.venv`; where that cannot be written, or is somebody's own, it is CACHED (in the user's cache).
- One process at a time works on it, under a lock that pip's process shares: a killed set-up is waited for to the end.
- `.complete` is written last. Its first line is FINGERPRINT (the checksum of pyproject.toml, which `bin/alluxio`
  compares), its second the digest of what pip was asked for. Without it the environment is made anew; with another
  digest pip brings it up to date; with the same digest only the fingerprint is renewed.
- An EXTRA has a stamp of its own, `.complete-EXTRA`. While it is added, and when that fails, `.complete` stays: the
  program goes on working, and servers may be running in the environment.
- `.installing` is there while pip works. Who finds it knows that pip was killed half-way, and has it write everything
  again: in place for an EXTRA, else from nothing.
- pip reads its configuration, index and proxy variables as always; only settings that install elsewhere are taken away.

It uses the standard library alone, since it runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import NoReturn

MARKER = ".made-by-pyalluxio"
# Has no wheel on some platforms, and building it needs Rust; without it the servers use grpcio alone.
OPTIONAL = "pygrpc-native"
ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")


def say(text: str) -> None:
    print(f"alluxio: {text}", file=sys.stderr, flush=True)


def fail(*lines: str) -> NoReturn:
    for line in lines:
        say(line)
    raise SystemExit(1)


def place(root: Path, cached: Path) -> Path:
    """Return the folder of the environment: in the clone when it may be ours, else in the user's cache."""
    inside = root / ".venv"
    if inside.exists():
        ours = (inside / MARKER).exists()
        if ours and os.access(inside, os.W_OK):
            return inside
    elif os.access(root, os.W_OK):
        return inside
    try:
        cached.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        fail(
            f"Neither {root} nor {cached.parent} can be written ({error.strerror}):"
            " set XDG_CACHE_HOME to a folder of yours."
        )
    owner = cached.parent.stat().st_uid
    if owner != os.geteuid() or not os.access(cached.parent, os.W_OK):
        fail(
            f"{cached.parent} belongs to user id {owner}, not to {os.geteuid()}:"
            " set XDG_CACHE_HOME to a folder of yours."
        )
    return cached


def locked(environment: Path) -> int:
    """Return the descriptor of the held lock; waits for the process that holds it."""
    path = environment.with_name(".env-lock" if environment.name == ".venv" else environment.name + ".lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another process is setting up the Python environment; waiting for it ...")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def requirements(root: Path, extras: list[str]) -> list[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    return wanted


def digest_of(wanted: list[str]) -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    return hashlib.sha256("\n".join([version, *wanted]).encode()).hexdigest()[:16]


def run(command: list[str], log: Path, lock: int) -> int:
    environ = {key: value for key, value in os.environ.items() if key not in ELSEWHERE}
    environ["PIP_USER"] = "0"
    with log.open("ab") as out:
        out.write(f"\n$ {' '.join(command)}\n".encode())
        out.flush()
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environ, pass_fds=(lock,), check=False
        ).returncode


def cause(log: Path) -> str:
    """Return pip's own last error line, without its prefix and without what a credential in an index's address says.

    "No matching distribution" is what pip ends with when it could not even ask; then the reason for that comes first.
    """
    text = log.read_text(errors="replace")
    errors = [line[7:] for line in text.splitlines() if line.startswith("ERROR: ")]
    last = errors[-1] if errors else "no error line in its output"
    unreachable = re.search(
        r"Failed to establish a new connection: [^'\"]*|\w*(?:Proxy|SSL|Timeout|NameResolution)Error\b", text
    )
    if unreachable is not None:
        last = f"its index cannot be reached ({unreachable.group()}); {last}"
    return re.sub(r"//[^/@\s]+@", "//***@", last).rstrip(".")


def install(environment: Path, wanted: list[str], log: Path, lock: int, *, again: bool) -> None:
    pip = [str(environment / "bin/python"), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    pip += ["--prefer-binary", "--only-binary", OPTIONAL, *(["--force-reinstall"] if again else [])]
    if run([*pip, *wanted], log, lock) == 0:
        return
    if f"No matching distribution found for {OPTIONAL}" in log.read_text(errors="replace"):
        without = [line for line in wanted if not line.startswith(OPTIONAL)]
        say(f"{OPTIONAL} has no wheel for this platform; going on without it (the servers use grpcio).")
        if run([*pip, *without], log, lock) == 0:
            return
    fail(
        f"pip could not install the libraries: {cause(log)}.",
        "Check the network, or set PIP_INDEX_URL, HTTPS_PROXY or pip's configuration file; then run the command again.",
        f"pip's whole output: {log}",
    )


def make(root: Path, environment: Path, fingerprint: str, extras: list[str], lock: int) -> None:
    wanted = requirements(root, extras)
    digest = digest_of(wanted)
    stamp = environment / ".complete"
    asked = environment / f".complete-{'-'.join(extras)}" if extras else stamp
    python = environment / "bin/python"
    known = asked.read_text().split("\n") if asked.exists() and stamp.exists() and python.exists() else ["", ""]
    if known[0] == fingerprint:
        return
    log = environment / "setup.log"
    started = time.monotonic()
    if known[1] != digest:
        installing = environment / ".installing"
        version = ".".join(map(str, sys.version_info[:3]))
        base = stamp.read_text().split("\n")[1:2] if stamp.exists() else []
        works = base == [digest_of(requirements(root, []))]
        whole = stamp.exists() and python.exists() and is_same_python(python) and (works or not installing.exists())
        if whole:
            say(f"bringing the Python environment in {environment} up to date ...")
        else:
            shutil.rmtree(environment, ignore_errors=True)
            environment.mkdir(parents=True, mode=0o755)
            (environment / MARKER).touch()
            say(f"first use: setting up a Python {version} environment in {environment} (once, up to a minute) ...")
            if run([os.path.realpath(sys.executable), "-m", "venv", str(environment)], log, lock) != 0:
                fail(
                    f"Python {version} could not make an environment in {environment}.",
                    "Check the free space, and that the package python3-venv is installed; then run the command again.",
                    f"The whole output: {log}",
                )
        log.write_text("")
        say(f"installing {len(wanted)} libraries with pip ...")
        again = installing.exists()
        installing.touch()
        try:
            install(environment, wanted, log, lock, again=again)
        except SystemExit as stop:
            # pip itself puts back what it could not replace; a signal (128 and more) stops it anywhere.
            if stop.code == 1 and not again:
                installing.unlink()
            raise
        installing.unlink()
        say(f"the environment is ready ({time.monotonic() - started:.0f} s).")
    packages = next(environment.glob("lib/python*/site-packages"))
    # Relative in the clone, so that the folder can be moved.
    source = os.path.relpath(root / "src", packages) if environment.parent == root else str(root / "src")
    (packages / "pyalluxio.pth").write_text(source + "\n")
    for path, text in ((asked, digest), (stamp, digest_of(requirements(root, [])))):
        temporary = path.with_name(path.name + ".new")
        temporary.write_text(f"{fingerprint}\n{text}\n")
        temporary.replace(path)


def is_same_python(python: Path) -> bool:
    """Return whether the environment's Python is this one's version, so that pip can work in it."""
    probe = [str(python), "-c", "import pip, sys; print(sys.version_info[:3])"]
    result = subprocess.run(probe, capture_output=True, text=True, check=False)
    return result.returncode == 0 and result.stdout.strip() == str(tuple(sys.version_info[:3]))


def main() -> None:
    root, cached, fingerprint, *extras = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    environment = place(Path(root), Path(cached))
    try:
        lock = locked(environment)
        make(Path(root), environment, fingerprint, extras, lock)
    except KeyboardInterrupt:
        say("interrupted; the next call starts the set-up again.")
        raise SystemExit(130) from None
    except OSError as error:
        fail(f"The Python environment in {environment} could not be made: {error}.")
    print(environment)


if __name__ == "__main__":
    main()
