"""The namespace of the operations' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pyalluxio.master.state.dict_tx import DictStore
from pyalluxio.master.state.tx import Store
from pyalluxio.master.store import LmdbStore
from tests.unit.master.namespace import Namespace


@pytest.fixture(params=["dict", "lmdb"])
def namespace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Namespace]:
    """A fresh namespace on each kind of store; afterwards its journal is replayed and must give the same state."""
    store: Store = DictStore() if request.param == "dict" else LmdbStore(tmp_path / "state", map_size_bytes=1 << 28)
    namespace = Namespace(store)
    yield namespace
    namespace.check()
    if isinstance(store, LmdbStore):
        store.close()
