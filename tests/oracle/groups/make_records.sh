#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: make_records.sh [FILE]
# Has Kafka's group coordinator write records, and writes the golden file; the output is the same every time.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../vectors/group-records.txt}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$here/../../../scripts/kafka-maven" -f "$here/pom.xml" dependency:build-classpath \
    "-Dmdep.outputFile=$work/classpath" >&2
java -Xmx256m -cp "$(cat "$work/classpath")" "$here/GroupRecords.java" >"$work/records"
cp "$work/records" "$out"
