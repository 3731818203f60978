"""The handlers of the file-system service as a master serves them: status calls answer from a cache where they can."""

from __future__ import annotations

from pyalluxio.master import file_service
from pyalluxio.master.file_service import FileSystemMasterClientService
from pyalluxio.master.info_bytes import InfoBytes
from pyalluxio.master.master import Master
from pyalluxio.master.reply_cache import ReplyCache, cached
from pyalluxio.wire.handlers import Handler, handlers_of


def file_handlers(master: Master) -> list[Handler]:
    """Return the handlers of `FileSystemMasterClientService`."""
    infos = InfoBytes(master.block_master.registry.blocks.of)
    service = FileSystemMasterClientService(master.file_system, master.metadata, infos)
    handlers = handlers_of(file_service.SERVICE, service)
    if master.conf.duration_ms("alluxio.user.file.metadata.sync.interval") < 0:
        cache = ReplyCache(master.version)
        # With an interval every status may have to look at the under storage first.
        handlers = [cached(handler, cache) if handler.method.name == "GetStatus" else handler for handler in handlers]
    # Outermost, so that a kept reply is confirmed like one that was just read.
    return master.calls.guarded(handlers)
