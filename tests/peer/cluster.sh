#!/bin/bash
# cluster.sh JARS HOME format|start|stop [MASTERS]: an official cluster on 127.0.0.1, of MASTERS masters (1 or 3) on
# 19991, 19992, ... and one worker. `start` returns when the worker serves and prints the masters' addresses.
# Environment: PROPS (more -D options for every process), MMEM (heap of a master).
here=$(cd "$(dirname "$0")" && pwd)
jars=$1 home=$2 act=$3 masters=${4:-1}
journal='' rpc=''
for i in $(seq "$masters"); do
  journal="$journal,127.0.0.1:$((19200 + i))"
  rpc="$rpc,127.0.0.1:$((19990 + i))"
done
journal=${journal#,} rpc=${rpc#,}
common="-Dalluxio.master.journal.type=EMBEDDED -Dalluxio.master.embedded.journal.addresses=$journal
 -Dalluxio.master.rpc.addresses=$rpc -Dalluxio.master.hostname=127.0.0.1 -Dalluxio.master.mount.table.root.ufs=$home/ufs
 -Dalluxio.security.login.username=root -Dalluxio.worker.tieredstore.level0.dirs.path=$home/tier
 -Dalluxio.worker.tieredstore.level0.dirs.quota=4GB -Dalluxio.worker.ramdisk.size=4GB $PROPS"
mkdir -p "$home/ufs" "$home/tier"

ports_of() { echo "-Dalluxio.master.rpc.port=$((19990 + $1)) -Dalluxio.master.web.port=$((18990 + $1)) -Dalluxio.master.embedded.journal.port=$((19200 + $1))"; }

case $act in
  format)
    for i in $(seq "$masters"); do
      EXTRA="$common $(ports_of "$i")" sh "$here/java.sh" "$jars" "$home/master$i" alluxio.cli.Format master > "$home/format$i.log" 2>&1
    done
    EXTRA="$common" sh "$here/java.sh" "$jars" "$home/worker" alluxio.cli.Format worker > "$home/format-worker.log" 2>&1
    ;;
  start)
    for i in $(seq "$masters"); do
      EXTRA="$common $(ports_of "$i")" MEM=${MMEM:--Xmx2g} nohup sh "$here/java.sh" "$jars" "$home/master$i" alluxio.master.AlluxioMaster > "$home/master$i.log" 2>&1 &
      echo $! > "$home/master$i.pid"
    done
    EXTRA="$common" nohup sh "$here/java.sh" "$jars" "$home/worker" alluxio.worker.AlluxioWorker > "$home/worker.log" 2>&1 &
    echo $! > "$home/worker.pid"
    for _ in $(seq 90); do # its pages come last, after its registration
      (: < /dev/tcp/127.0.0.1/30000) 2> /dev/null && break
      sleep 1
    done
    (: < /dev/tcp/127.0.0.1/30000) 2> /dev/null || { echo "the official worker did not start, see $home/worker.log" >&2; exit 1; }
    sleep 6 # the default safe mode of a new leader is 5 s
    echo "$rpc"
    ;;
  stop)
    for file in "$home"/master*.pid "$home"/worker.pid; do
      [ -f "$file" ] && kill "$(cat "$file")" 2> /dev/null
    done
    sleep 2
    for file in "$home"/master*.pid "$home"/worker.pid; do
      [ -f "$file" ] && kill -9 "$(cat "$file")" 2> /dev/null
      rm -f "$file"
    done
    ;;
  *)
    echo "usage: cluster.sh JARS HOME format|start|stop [MASTERS]" >&2
    exit 2
    ;;
esac
