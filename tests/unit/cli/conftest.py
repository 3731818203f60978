"""Running the program inside the test process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pyalluxio.cli import main
from pyalluxio.processes import handover

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def alluxio(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path) -> Run:
    """Return a function that runs a command line: exit code, standard output, standard error."""
    monkeypatch.delenv(handover.OVERRIDES_VARIABLE, raising=False)
    monkeypatch.setenv("ALLUXIO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ALLUXIO_CONF_DIR", raising=False)
    (tmp_path / "home" / "conf").mkdir(parents=True)

    def run(*words: str) -> tuple[int, str, str]:
        code = main.run(list(words))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
