"""The official shells in one JVM: every command is the official class's `run`, without a start of Java each."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tests.peer import official

COMMAND_TIMEOUT_S = 120.0
START_TIMEOUT_S = 60.0
CORE_SITE = """<configuration>
  <property><name>fs.alluxio.impl</name><value>alluxio.hadoop.FileSystem</value></property>
  <property>
    <name>fs.AbstractFileSystem.alluxio.impl</name><value>alluxio.hadoop.AlluxioFileSystem</value>
  </property>
  <property><name>fs.alluxio.impl.disable.cache</name><value>true</value></property>
</configuration>
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: what a shell would see as its exit code, and what it printed."""

    code: int
    output: bytes

    @property
    def text(self) -> str:
        return self.output.decode()


class OfficialShells:
    """Runs `FileSystemShell` and Hadoop's `FsShell`, one command at a time."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self._process = process
        self._output = output

    def fs(self, properties: Mapping[str, str], *words: str) -> Outcome:
        """Run `alluxio fs` with `words`."""
        return self._run("fs", properties, words)

    def hadoop(self, properties: Mapping[str, str], *words: str) -> Outcome:
        """Run `hadoop fs` with `words`; a property is what `core-site.xml` would hold."""
        return self._run("hadoop", properties, words)

    def _run(self, program: str, properties: Mapping[str, str], words: tuple[str, ...]) -> Outcome:
        line = [program, *(f"-D{name}={value}" for name, value in properties.items()), *words]
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        watchdog = threading.Timer(COMMAND_TIMEOUT_S, process.kill)
        watchdog.start()
        try:
            process.stdin.write((" ".join(quote(word, safe="") for word in line) + "\n").encode())
            process.stdin.flush()
            head = process.stdout.readline()
            assert head, f"{' '.join(words)} did not end:\n{self._output.read_text(errors='replace')[-4000:]}"
            code, length = map(int, head.split())
            return Outcome(code, process.stdout.read(length))
        finally:
            watchdog.cancel()


@contextlib.contextmanager
def official_shells(folder: Path) -> Iterator[OfficialShells]:
    """Compile and start the JVM; end it at the end."""
    jars = official.jars()
    assert jars is not None, official.why_missing()
    assert shutil.which("javac"), "needs javac, which a Java development kit brings: openjdk-17-jdk-headless"
    classes = folder / "classes"
    classes.mkdir()
    (classes / "core-site.xml").write_text(CORE_SITE)
    source = official.HERE / "ShellServer.java"
    compiled = subprocess.run(
        ["javac", "-d", str(classes), "-cp", f"{jars}/*", str(source)],
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT_S,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stderr
    output = folder / "shells.err"
    environ = official.environment({"alluxio.security.login.username": "root"}, "1g") | {"CLASS_PATH": str(classes)}
    with output.open("w") as errors:
        process = subprocess.Popen(
            official.command(folder / "home", "ShellServer"),
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        yield OfficialShells(process, output)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
