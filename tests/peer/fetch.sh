#!/bin/sh
# fetch.sh JARS: puts the official Alluxio 2.9.6 jars (servers, shells, stress benches, Hadoop client) into JARS. Needs mvn.
set -e
here=$(CDPATH='' cd -P -- "$(dirname -- "$0")" && pwd)
jars=$1
[ -n "$jars" ] || { echo "usage: fetch.sh JARS" >&2; exit 2; }
[ -f "$jars/.complete" ] && exit 0
mkdir -p "$jars"
mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$jars"
# Second copies of what other jars bring: two loggers, an old JAX-RS, a shaded client, netty 3.
rm -f "$jars"/jersey-*-1.19.jar "$jars"/slf4j-reload4j* "$jars"/reload4j* "$jars"/log4j-1.2* \
  "$jars"/alluxio-shaded-client* "$jars"/netty-3*
touch "$jars/.complete"
