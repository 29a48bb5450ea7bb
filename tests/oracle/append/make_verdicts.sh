#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: make_verdicts.sh [FILE]
# Gets the verdict of Kafka's broker on each case, and writes the golden file; the output is the same every time.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../vectors/append-verdicts.jsonl.gz}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$here/../../../scripts/kafka-maven" -f "$here/pom.xml" dependency:build-classpath \
    "-Dmdep.outputFile=$work/classpath" >&2
python3 -B "$here/cases.py" questions >"$work/questions"
java -Xmx512m -cp "$(cat "$work/classpath")" "-Djava.io.tmpdir=$work" "$here/AppendVerdicts.java" \
    <"$work/questions" >"$work/answers"
python3 -B "$here/cases.py" join "$work/answers" >"$work/verdicts"
gzip -9n <"$work/verdicts" >"$out"
