#!/bin/sh
# java.sh JARS HOME MAIN ARGS...: runs one official program; HOME holds its conf, logs, journal and metastore.
# Environment: MEM (heap, default -Xmx2g), EXTRA (more -D options), CLASS_PATH (before the jars), SITE_CONF (its site file).
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd)
jars=$1 home=$2
shift 2
mkdir -p "$home/conf" "$home/logs" "$home/journal" "$home/metastore"
for role in master worker; do # the servers refuse to start without a page to serve
  mkdir -p "$home/webui/$role/build"
  [ -f "$home/webui/$role/build/index.html" ] || echo '<html></html>' > "$home/webui/$role/build/index.html"
done
opens=''
for package in java.lang java.nio java.util java.util.concurrent sun.nio.ch; do
  opens="$opens --add-opens=java.base/$package=ALL-UNNAMED"
done
# shellcheck disable=SC2086 -- lists of options
exec java $opens ${MEM:--Xmx2g} -XX:MaxDirectMemorySize=4g -Dlog4j2.formatMsgNoLookups=true \
  -Dlog4j.configurationFile="$here/log4j2.properties" \
  -Dalluxio.home="$home" -Dalluxio.conf.dir="$home/conf" -Dalluxio.site.conf.dir="${SITE_CONF:-$home/conf}" \
  -Dalluxio.logs.dir="$home/logs" \
  -Dalluxio.master.journal.folder="$home/journal" -Dalluxio.master.metastore.dir="$home/metastore" \
  -Dalluxio.worker.hostname=127.0.0.1 -Dalluxio.user.hostname=127.0.0.1 \
  $EXTRA -cp "${CLASS_PATH:+$CLASS_PATH:}$jars/*" "$@"
