#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: make_transactions.sh [FILE]
# Has Kafka's transaction coordinator answer random requests, and writes the golden file: the same every time.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../vectors/transactions.txt}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$here/../../../scripts/kafka-maven" -f "$here/pom.xml" dependency:build-classpath \
    "-Dmdep.outputFile=$work/classpath" >&2
java -Xmx512m -cp "$(cat "$work/classpath")" "$here/Transactions.java" >"$work/answers"
cp "$work/answers" "$out"
