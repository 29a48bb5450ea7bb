#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: make_answers.sh [FOLDER]
# Asks the classes of Kafka's group coordinator, and writes group-*.txt; the output is the same every time.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../vectors}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$here/../../../scripts/kafka-maven" -f "$here/pom.xml" dependency:build-classpath \
    "-Dmdep.outputFile=$work/classpath" >&2
for question in range hash reconcile patterns; do
    java -Xmx512m -cp "$(cat "$work/classpath")" "-Djava.io.tmpdir=$work" "$here/GroupAnswers.java" $question \
        >"$out/group-$question.txt"
done
