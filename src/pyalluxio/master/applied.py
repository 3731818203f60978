"""How far a store has applied the log, and who the members of the quorum were then: rows of META."""

from __future__ import annotations

import json

from pyalluxio.ids import Index, Term
from pyalluxio.journal.node import CommittedEntry
from pyalluxio.master.state.tx import META, Store, WriteTx
from pyalluxio.raft.messages import Configuration, Peer, PeerId

APPLIED = "applied"
CONFIGURATION = "configuration"


def read_applied(store: Store) -> tuple[Index, Term]:
    """Return index and term of the last entry that a store holds; (-1, 0) for an empty one."""
    with store.read() as view:
        raw = view.get(META, APPLIED)
    if raw is None:
        return Index(-1), Term(0)
    return Index(int.from_bytes(raw[:8], "big")), Term(int.from_bytes(raw[8:], "big"))


def write_applied(tx: WriteTx, entry: CommittedEntry) -> None:
    tx.put(META, APPLIED, entry.index.to_bytes(8, "big") + entry.term.to_bytes(8, "big"))


def read_configuration(store: Store) -> tuple[Index, Configuration] | None:
    """Return the newest configuration up to what the store has applied, with its index; None when it met none."""
    with store.read() as view:
        raw = view.get(META, CONFIGURATION)
    return None if raw is None else parse_configuration(raw)


def configuration_bytes(index: Index, configuration: Configuration) -> bytes:
    """Return the row for a configuration; JSON, since it also stands in the description of a snapshot."""
    return json.dumps(rows_of(index, configuration)).encode()


def rows_of(index: Index, configuration: Configuration) -> dict[str, object]:
    """Return a configuration and its index in the words of JSON."""
    return {
        "index": index,
        "peers": [_row(peer) for peer in configuration.peers],
        "old_peers": [_row(peer) for peer in configuration.old_peers],
    }


def parse_configuration(raw: bytes) -> tuple[Index, Configuration]:
    """Return what `configuration_bytes` was given.

    Raises:   ValueError, KeyError, TypeError: it is something else.
    """
    rows = json.loads(raw)
    peers, old_peers = (tuple(_peer(row) for row in rows[name]) for name in ("peers", "old_peers"))
    return Index(int(rows["index"])), Configuration(peers, old_peers)


def _row(peer: Peer) -> dict[str, object]:
    return {"id": peer.id, "address": peer.address, "priority": peer.priority}


def _peer(row: dict[str, object]) -> Peer:
    return Peer(PeerId(str(row["id"])), str(row["address"]), int(str(row["priority"])))
