#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: oracle.sh [--kafka RELEASE[-disk]] VERB [OPTION...]     (--help lists the verbs)
# Builds the oracle where needed, outside the source tree, and runs it on the class path of a Kafka release.
# With -disk the messages include the records that brokers keep on disk (TopicRecord, OffsetCommitValue...).
# ORACLE_BUILD names the build directory; the default is one a user in the temporary directory.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${ORACLE_BUILD:-${TMPDIR:-/tmp}/kwire-oracle-$(id -u)}
kafka=4.3.1
if [ "${1:-}" = --kafka ]; then
    [ $# -ge 2 ] || { echo "oracle.sh: --kafka needs a release" >&2; exit 2; }
    kafka=$2
    shift 2
fi

maven() {
    mvn -q -B -Dstyle.color=never -f "$here/pom.xml" "-Doracle.build=$build" "$@" >&2
}

class_path=$build/kafka-$kafka.classpath
mkdir -p "$build"
if [ ! -e "$build/compiled" ] || [ -n "$(find "$here/pom.xml" "$here/src" -newer "$build/compiled" | head -n 1)" ]; then
    maven compile
    rm -f "$build"/*.classpath
    touch "$build/compiled"
fi
if [ ! -s "$class_path" ]; then
    case $kafka in
    *-disk) profile=-Pdisk ;;
    *) profile= ;;
    esac
    maven $profile dependency:build-classpath "-Dkafka.version=${kafka%-disk}" "-Dmdep.outputFile=$class_path"
fi
exec java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$build/classes:$(cat "$class_path")" \
    kwire.oracle.Oracle "$@"
