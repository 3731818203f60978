"""Values that parse one by one may not go together; a process says so at its start, with the fix."""

from __future__ import annotations

import pytest

from pyalluxio.conf import Configuration, validate
from pyalluxio.errors import ConfigurationError

JOURNAL = "alluxio.master.embedded.journal.addresses"


def test_defaults_have_no_problems() -> None:
    """A complaint about what nobody wrote would be noise on every start."""
    for role in ("master", "worker", "client"):
        assert validate.problems(Configuration.for_test(role=role)) == []


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        pytest.param({"alluxio.master.hostname": "<HOST>"}, "not a host name", id="placeholder left in"),
        pytest.param({"alluxio.master.hostname": "h1:19998"}, "bare name", id="host name with port"),
        pytest.param({"alluxio.master.web.port": "70000"}, "=70000 is not valid: write a port", id="port out of range"),
        pytest.param(
            {"alluxio.worker.rpc.port": "0", "alluxio.integration.yarn.workers.per.host.max": "2"},
            "several workers on a host",
            id="free port under YARN",
        ),
        pytest.param({"alluxio.zookeeper.address": "z:1"}, "if, and only if", id="ZooKeeper address alone"),
        pytest.param(
            {"alluxio.zookeeper.address": "z:1", "alluxio.zookeeper.enabled": "true"},
            "elects its leader itself",
            id="ZooKeeper with the embedded journal",
        ),
        pytest.param(
            {"alluxio.master.embedded.journal.election.timeout.min": "5s"}, "must be less than", id="election timeouts"
        ),
        pytest.param(
            {"alluxio.master.heartbeat.timeout": "1min"}, "standby.heartbeat.interval", id="standby heartbeat"
        ),
        pytest.param({"alluxio.master.worker.timeout": "500ms"}, "block.heartbeat.interval", id="worker heartbeat"),
        pytest.param(
            {"alluxio.worker.tieredstore.levels": "4"}, "global.levels", id="more tiers than the masters know"
        ),
        pytest.param({"alluxio.worker.tieredstore.level0.alias": "RAM"}, "none of the masters' tiers", id="tier name"),
        pytest.param({"alluxio.worker.tieredstore.level0.dirs.path": "/a,/b"}, "1 items for 2 folders", id="quotas"),
        pytest.param(
            {"alluxio.worker.tieredstore.level0.dirs.quota": "1 GB"},
            "without a blank",
            id="a quota that does not parse",
        ),
        pytest.param(
            {"alluxio.worker.tieredstore.levels": "2"}, "level1.dirs.path is empty", id="tier without folders"
        ),
        pytest.param(
            {"alluxio.worker.tieredstore.level0.watermark.low.ratio": "0.96"}, "less than high", id="watermarks"
        ),
        pytest.param({"alluxio.master.throttle.active.heap.used.ratio": "0.85"}, "must rise", id="throttle"),
        pytest.param({"alluxio.master.metastore.inode.cache.low.water.mark.ratio": "0.9"}, "less than", id="cache"),
        pytest.param({"alluxio.master.throttle.overloaded.cpu.load.ratio": "95"}, "within 0 and 1", id="ratio"),
        pytest.param(
            {"alluxio.master.embedded.journal.snapshot.replication.compression.level": "10"},
            "-1 to 9",
            id="compression",
        ),
        pytest.param({JOURNAL: "h1:19998,h2:19998"}, "19998 is the RPC port; write the journal port", id="RPC port"),
        pytest.param({"alluxio.master.embedded.journal.port": "19998"}, "are both 19998", id="one port for two things"),
        pytest.param({"alluxio.security.authorization.permission.umask": "rwx"}, "octal digits", id="umask"),
        pytest.param({"alluxio.worker.data.folder.permissions": "0777"}, "rwxr-x---", id="permissions"),
        pytest.param({"alluxio.master.daily.backup.time": "5pm"}, "HH:mm", id="time of day"),
        pytest.param({JOURNAL: "h1"}, "is not host:port", id="member without port"),
    ],
)
def test_errors(properties: dict[str, str], text: str) -> None:
    """Each of these ends in a cluster that starts and then behaves strangely."""
    conf = Configuration.for_test(properties, role="master")
    errors = [str(problem) for problem in validate.problems(conf) if problem.is_error]
    assert any(text in error for error in errors), errors
    with pytest.raises(ConfigurationError):
        validate.require_valid(conf)
    assert validate.require_valid(conf.with_overrides({"alluxio.conf.validation.enabled": "false"}))


@pytest.mark.parametrize(
    ("properties", "role", "text"),
    [
        pytest.param({JOURNAL: "h1:19200,h2:19200"}, "master", "hostname is not set", id="HA without own name"),
        pytest.param({JOURNAL: "h1:19200,h1:19200"}, "client", "names a member twice", id="member twice"),
        pytest.param(
            {"alluxio.worker.block.annotator.class": "alluxio.worker.block.annotator.LRFUAnnotator"},
            "worker",
            "what LRUAnnotator does applies",
            id="a class without a counterpart",
        ),
        pytest.param(
            {"alluxio.security.authentication.custom.provider.class": "com.example.Provider"},
            "master",
            "it has no effect",
            id="a class of somebody's own",
        ),
        pytest.param(
            {"alluxio.master.worker.connect.wait.time": "0s"}, "master", "before all workers are known", id="safe mode"
        ),
    ],
)
def test_warnings(properties: dict[str, str], role: str, text: str) -> None:
    """These work, mostly; a start must not fail for them."""
    conf = Configuration.for_test(properties, role=role)
    (problem,) = validate.problems(conf)
    assert not problem.is_error
    assert text in str(problem)
    assert validate.require_valid(conf) == [problem]


def test_a_value_that_does_not_parse_is_told_once() -> None:
    """Rules that stumble over the same value would bury the one line that matters."""
    conf = Configuration.for_test({"alluxio.master.worker.timeout": "5 min"})
    (problem,) = validate.problems(conf)
    assert problem.key == "alluxio.master.worker.timeout"


@pytest.mark.parametrize("name", ["RoundRobinPolicy", "alluxio.client.block.policy.MostAvailableFirstPolicy"])
def test_classes_with_a_counterpart_are_silent(name: str) -> None:
    """A warning about what works makes people ignore the others."""
    conf = Configuration.for_test({"alluxio.user.block.write.location.policy.class": name})
    assert validate.problems(conf) == []
