"""Property names with a part that the user chooses, such as `alluxio.master.rpc.address.<service>.<id>`.

A name that the table holds outright is never looked up here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_NAME = r"[\w.-]+?"


def _part(text: str) -> str:
    """Return what may stand for one `<part>`."""
    if "|" in text:
        return "|".join(map(re.escape, text.split("|")))
    return {"level": "[0-9]+", "key": ".+", "role": "[a-z.]+?"}.get(text, _NAME)


@dataclass(frozen=True)
class Template:
    """One family of names: `pattern` shows it to readers, `<part>` standing for what the user chooses."""

    pattern: str
    kind: str
    scope: str
    description: str
    default: str | None = None
    consistency: str = "WARN"
    is_credential: bool = False

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The pattern as a regular expression with one group a part: a number, one of a list, or free text."""
        literals_and_parts = re.split(r"<([^<>]*)>", self.pattern)
        return re.compile(
            "".join(
                re.escape(text) if position % 2 == 0 else f"({_part(text)})"
                for position, text in enumerate(literals_and_parts)
            )
            + r"\Z"
        )

    def inner_key(self, parts: tuple[str, ...]) -> str | None:
        """Return the name after `.option.`, which decides whether the value is a secret."""
        return parts[-1] if self.pattern.endswith("<key>") else None


TEMPLATES = (
    Template(
        "alluxio.master.nameservices.<service>",
        "LIST",
        "ALL",
        "Ids of the masters behind a logical name, for addresses like `alluxio://ebj@<service>/`.",
    ),
    Template(
        "alluxio.master.rpc.address.<service>.<id>",
        "STRING",
        "ALL",
        "Host and RPC port of one master of a logical name.",
    ),
    Template(
        "alluxio.master.zookeeper.nameservices.<service>",
        "LIST",
        "ALL",
        "Ids of the ZooKeeper members behind a logical name, for addresses like `alluxio://zk@<service>/`.",
    ),
    Template(
        "alluxio.master.zookeeper.address.<service>.<id>",
        "STRING",
        "ALL",
        "Host and port of one ZooKeeper member of a logical name.",
    ),
    Template(
        "alluxio.master.mount.table.<name>.option.<key>",
        "STRING",
        "MASTER",
        "An option handed to the under storage of a predefined mount.",
        consistency="ENFORCE",
    ),
    Template(
        "alluxio.master.mount.table.<name>.ufs",
        "STRING",
        "MASTER",
        "Under-storage URI of a predefined mount.",
        consistency="ENFORCE",
    ),
    Template(
        "alluxio.master.mount.table.<name>.alluxio",
        "STRING",
        "MASTER",
        "Path at which a predefined mount appears.",
        consistency="ENFORCE",
    ),
    Template(
        "alluxio.master.mount.table.<name>.<readonly|shared>",
        "BOOLEAN",
        "MASTER",
        "Whether a predefined mount refuses writes (readonly) or is open to every user (shared).",
        consistency="ENFORCE",
    ),
    Template(
        "alluxio.master.embedded.journal.ratis.config.<key>",
        "STRING",
        "MASTER",
        "A raw setting of the consensus library of Java masters; accepted here, and without effect.",
        consistency="ENFORCE",
    ),
    Template(
        "alluxio.master.journal.ufs.option.<key>",
        "STRING",
        "MASTER",
        "An option handed to the under storage that holds a journal of type UFS.",
        consistency="ENFORCE",
    ),
    Template(
        "alluxio.master.security.impersonation.<user>.<users|groups>",
        "LIST",
        "MASTER",
        "Whom this user may act for: names of users or groups, or `*` for all.",
        consistency="ENFORCE",
    ),
    Template(
        "alluxio.worker.tieredstore.level<level>.alias", "STRING", "WORKER", "Name of a storage tier, such as SSD."
    ),
    Template(
        "alluxio.worker.tieredstore.level<level>.<dirs.path|dirs.mediumtype|dirs.quota>",
        "LIST",
        "WORKER",
        "Folders of a storage tier, their media and their sizes, in the same order.",
    ),
    Template(
        "alluxio.worker.tieredstore.level<level>.watermark.high.ratio",
        "DOUBLE",
        "WORKER",
        "Filled share of a tier at which the worker starts to make room.",
        default="0.95",
    ),
    Template(
        "alluxio.worker.tieredstore.level<level>.watermark.low.ratio",
        "DOUBLE",
        "WORKER",
        "Filled share of a tier at which the worker stops making room.",
        default="0.7",
    ),
    Template(
        "alluxio.master.tieredstore.global.level<level>.alias",
        "STRING",
        "MASTER",
        "Name by which the masters know a storage tier.",
    ),
    Template(
        "alluxio.locality.<tier>",
        "STRING",
        "ALL",
        "Where this node stands in one tier of the topology, such as its rack.",
    ),
    Template(
        "alluxio.user.network.<rpc|streaming>.<keepalive.time|keepalive.timeout>",
        "DURATION",
        "CLIENT",
        "Keepalive probing on a client's channels.",
    ),
    Template(
        "alluxio.user.network.<rpc|streaming>.<max.inbound.message.size|flowcontrol.window>",
        "DATASIZE",
        "CLIENT",
        "Size limits of a client's channels.",
    ),
    Template(
        "alluxio.<role>.rpc.executor.<key>",
        "STRING",
        "SERVER",
        "Thread-pool setting of Java servers; accepted here, and without effect.",
    ),
    Template(
        "fs.azure.account.key.<account>.<blob|dfs>.core.windows.net",
        "STRING",
        "SERVER",
        "Access key of an Azure storage account.",
        is_credential=True,
    ),
    Template(
        "fs.adl.account.<account>.oauth2.<client.id|refresh.url>",
        "STRING",
        "SERVER",
        "OAuth2 client id or token address of an Azure Data Lake account.",
    ),
    Template(
        "fs.adl.account.<account>.oauth2.credential",
        "STRING",
        "SERVER",
        "OAuth2 secret of an Azure Data Lake account.",
        is_credential=True,
    ),
)


def match(name: str) -> tuple[Template, tuple[str, ...]] | None:
    """Return the template that a name follows and the parts that the user chose, or None."""
    for template in TEMPLATES:
        found = template.expression.match(name)
        if found:
            return template, found.groups()
    return None
