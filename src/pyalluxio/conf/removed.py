"""Properties that existed before Alluxio 2.9.6: a start with one of them fails with what to do instead."""

from __future__ import annotations

_REPLACED = {
    "alluxio.fuse.maxwrite.bytes": "set max_write in alluxio.fuse.mount.options instead.",
    "alluxio.master.heartbeat.interval": "set alluxio.master.lost.worker.detection.interval instead.",
    "alluxio.master.master.heartbeat.interval": "set alluxio.master.standby.heartbeat.interval instead.",
    "alluxio.master.connection.timeout": "set alluxio.network.connection.auth.timeout instead.",
    "alluxio.master.worker.threads.max": "set alluxio.master.rpc.executor.max.pool.size instead.",
    "alluxio.master.worker.threads.min": "set alluxio.master.rpc.executor.core.pool.size instead.",
    "alluxio.security.authentication.socket.timeout": "set alluxio.network.connection.auth.timeout instead.",
    "alluxio.security.authentication.socket.timeout.ms": "set alluxio.network.connection.auth.timeout instead.",
    "alluxio.user.block.worker.client.pool.size.max": "set alluxio.user.block.worker.client.pool.max instead.",
    "alluxio.user.block.worker.client.threads": "set alluxio.user.block.worker.client.pool.max instead.",
    "alluxio.user.file.copyfromlocal.write.location.policy.class": (
        "set alluxio.user.file.copyfromlocal.block.location.policy.class instead."
    ),
    "alluxio.user.file.write.location.policy.class": "set alluxio.user.block.write.location.policy.class instead.",
    "alluxio.user.file.write.avoid.eviction.policy.reserved.size.bytes": (
        "set alluxio.user.block.avoid.eviction.policy.reserved.size.bytes instead."
    ),
    "alluxio.user.local.reader.packet.size.bytes": "set alluxio.user.local.reader.chunk.size.bytes instead.",
    "alluxio.user.local.writer.packet.size.bytes": "set alluxio.user.local.writer.chunk.size.bytes instead.",
    "alluxio.user.network.netty.reader.packet.size.bytes": (
        "set alluxio.user.streaming.reader.chunk.size.bytes instead."
    ),
    "alluxio.user.network.netty.writer.packet.size.bytes": (
        "set alluxio.user.streaming.writer.chunk.size.bytes instead."
    ),
    "alluxio.user.network.netty.reader.buffer.size.packets": (
        "set alluxio.user.streaming.reader.buffer.size.messages instead."
    ),
    "alluxio.user.network.netty.writer.buffer.size.packets": (
        "set alluxio.user.streaming.writer.buffer.size.messages instead."
    ),
    "alluxio.user.network.netty.writer.close.timeout": "set alluxio.user.streaming.writer.close.timeout instead.",
    "alluxio.user.network.socket.timeout": "set alluxio.user.streaming.data.read.timeout instead.",
    "alluxio.user.rpc.retry.max.num.retry": "set alluxio.user.rpc.retry.max.duration instead.",
    "alluxio.worker.data.bind.host": "data and calls share one port; set alluxio.worker.bind.host instead.",
    "alluxio.worker.data.hostname": "data and calls share one port; set alluxio.worker.hostname instead.",
    "alluxio.worker.data.port": "data and calls share one port; set alluxio.worker.rpc.port instead.",
    "alluxio.worker.network.netty.async.cache.manager.threads.max": (
        "set alluxio.worker.network.async.cache.manager.threads.max instead."
    ),
    "alluxio.worker.network.netty.reader.buffer.size.packets": (
        "set alluxio.worker.network.reader.buffer.size instead."
    ),
    "alluxio.worker.network.netty.writer.buffer.size.packets": (
        "set alluxio.worker.network.writer.buffer.size.messages instead."
    ),
    "alluxio.worker.evictor.lrfu.attenuation.factor": (
        "set alluxio.worker.block.annotator.lrfu.attenuation.factor instead."
    ),
    "alluxio.worker.evictor.lrfu.step.factor": "set alluxio.worker.block.annotator.lrfu.step.factor instead.",
    "fs.swift.apikey": "set fs.swift.password instead.",
    **{
        f"alluxio.worker.tieredstore.level{level}.reserved.ratio": (
            f"set alluxio.worker.tieredstore.level{level}.watermark.high.ratio and …low.ratio instead."
        )
        for level in range(3)
    },
}

_GONE_TEXT = """
    alluxio.keyvalue.enabled alluxio.keyvalue.partition.size.bytes.max alluxio.master.client.socket.cleanup.interval
    alluxio.master.file.async.persist.handler alluxio.master.journal.formatter.class
    alluxio.master.lineage.checkpoint.class alluxio.master.lineage.checkpoint.interval
    alluxio.master.lineage.recompute.interval alluxio.master.lineage.recompute.log.path
    alluxio.master.startup.consistency.check.enabled alluxio.master.thrift.shutdown.timeout alluxio.master.retry
    alluxio.master.embedded.journal.appender.batch.size alluxio.master.embedded.journal.storage.level
    alluxio.master.embedded.journal.shutdown.timeout alluxio.master.embedded.journal.triggered.snapshot.wait.timeout
    alluxio.network.netty.heartbeat.timeout alluxio.network.thrift.frame.size.bytes.max
    alluxio.underfs.object.store.read.retry.base.sleep alluxio.underfs.object.store.read.retry.max.num
    alluxio.underfs.object.store.read.retry.max.sleep alluxio.underfs.s3a.consistency.timeout
    alluxio.user.block.remote.reader.class alluxio.user.block.remote.writer.class
    alluxio.user.failed.space.request.limits alluxio.user.file.cache.partially.read.block
    alluxio.user.file.seek.buffer.size.bytes alluxio.user.heartbeat.interval alluxio.user.lineage.enabled
    alluxio.user.lineage.master.client.threads alluxio.user.network.netty.channel.pool.disabled
    alluxio.user.network.netty.channel.pool.gc.threshold alluxio.user.network.netty.channel.pool.size.max
    alluxio.user.network.netty.channel.pool.size.min alluxio.user.ufs.delegation.read.buffer.size.bytes
    alluxio.user.ufs.delegation.write.buffer.size.bytes alluxio.user.ufs.file.reader.class
    alluxio.user.ufs.file.writer.class alluxio.web.temp.path alluxio.worker.block.threads.max
    alluxio.worker.block.threads.min alluxio.worker.data.server.class alluxio.worker.filesystem.heartbeat.interval
    alluxio.worker.file.buffer.size alluxio.worker.file.persist.pool.size alluxio.worker.file.persist.rate.limit
    alluxio.worker.file.persist.rate.limit.enabled alluxio.worker.network.netty.backlog
    alluxio.worker.network.netty.block.reader.threads.max alluxio.worker.network.netty.block.writer.threads.max
    alluxio.worker.network.netty.buffer.receive alluxio.worker.network.netty.buffer.send
    alluxio.worker.network.netty.file.transfer alluxio.worker.network.netty.file.writer.threads.max
    alluxio.worker.network.netty.rpc.threads.max alluxio.worker.network.netty.shutdown.timeout
    alluxio.worker.tieredstore.reserver.enabled alluxio.worker.tieredstore.retry fs.swift.use.public.url
    alluxio.test.removed.key
"""
_GONE = frozenset(_GONE_TEXT.split())


def hint(name: str) -> str | None:
    """Return what to do about a property that was removed, or None when the name never was one."""
    if name in _REPLACED:
        return _REPLACED[name]
    return "remove the line, nothing replaces it." if name in _GONE else None
