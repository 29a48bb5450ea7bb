#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: oracle.sh [--kafka RELEASE[-disk]] VERB [OPTION...]     (--help lists the verbs)
# Builds the oracle if needed, outside the source tree, and runs it on the class path of a Kafka release: a number,
# or newest (the default) or removed, as in schema/sources.txt. With -disk the messages include the records that
# brokers keep on disk (TopicRecord, OffsetCommitValue...).
# ORACLE_BUILD names the build directory; the default is one per user in the temporary directory.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
scripts=$here/../../scripts
releases=$here/../../schema/sources.txt
build=${ORACLE_BUILD:-${TMPDIR:-/tmp}/kwire-oracle-$(id -u)}
kafka=newest
profile=
if [ "${1:-}" = --kafka ]; then
    [ $# -ge 2 ] || { echo "oracle.sh: --kafka needs a release" >&2; exit 2; }
    kafka=$2
    shift 2
fi
case $kafka in
*-disk)
    kafka=${kafka%-disk}
    profile=-Pdisk
    ;;
esac
case $kafka in
newest | removed) kafka=$("$scripts/kafka-release" "$kafka") ;;
esac

maven() {
    "$scripts/kafka-maven" -f "$here/pom.xml" "-Doracle.build=$build" "$@" >&2
}

class_path=$build/kafka-$kafka${profile:+-disk}.classpath
mkdir -p "$build"
if [ ! -e "$build/compiled" ] ||
    [ -n "$(find "$here/pom.xml" "$here/src" "$releases" -newer "$build/compiled" | head -n 1)" ]; then
    maven compile
    rm -f "$build"/*.classpath
    touch "$build/compiled"
fi
if [ ! -s "$class_path" ]; then
    KAFKA_RELEASE=$kafka maven $profile dependency:build-classpath "-Dmdep.outputFile=$class_path"
fi
exec java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$build/classes:$(cat "$class_path")" \
    kwire.oracle.Oracle "$@"
