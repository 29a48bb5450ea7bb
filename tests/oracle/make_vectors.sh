#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: make_vectors.sh [DIRECTORY]
# Rebuilds the golden vectors, by default those in tests/vectors. The output is the same every time.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../vectors}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

generate() {
    file=$1
    shift
    "$here/oracle.sh" --kafka "$1" generate --seed 20 --count 8 ${2:+--skip-versions-from "$2"} >"$work/$file"
}

generate kafka-newest.jsonl newest
generate kafka-removed.jsonl removed "$work/kafka-newest.jsonl"
generate kafka-disk.jsonl newest-disk "$work/kafka-newest.jsonl"
# The only message with a tagged struct whose default is not null: null, default and other values of it.
"$here/oracle.sh" --kafka newest-disk generate --seed 25 --count 40 --only ConsumerGroupMemberMetadataValue \
    >>"$work/kafka-disk.jsonl"

# The damaged messages have their own small originals, so that the damage is spread over all fields.
# A third of them are of the few messages whose schemas have tagged fields.
"$here/oracle.sh" generate --seed 21 --count 6 >"$work/originals.jsonl"
"$here/oracle.sh" mutate --seed 22 --count 5000 --max-bytes 120 <"$work/originals.jsonl" >"$work/mutated.jsonl"
for message in ApiVersionsResponse:4 BeginQuorumEpochResponse:1 FetchRequest:17 FetchResponse:12 FetchResponse:17 \
    FetchSnapshotResponse:1 ProduceResponse:12 UpdateRaftVoterResponse:0 VoteResponse:2; do
    "$here/oracle.sh" generate --seed 23 --count 40 --only "$message"
done >"$work/tagged.jsonl"
"$here/oracle.sh" mutate --seed 24 --count 2500 --max-bytes 200 <"$work/tagged.jsonl" >>"$work/mutated.jsonl"
"$here/oracle.sh" decode <"$work/mutated.jsonl" >"$work/answers.jsonl"
python3 "$here/join_verdicts.py" "$work/mutated.jsonl" "$work/answers.jsonl" >"$work/verdicts.jsonl"

# What is as long as Kafka accepts, and longer.
python3 "$here/limits.py" >"$work/limits"
"$here/oracle.sh" decode <"$work/limits" >"$work/answers.jsonl"
python3 "$here/join_verdicts.py" "$work/limits" "$work/answers.jsonl" >"$work/limits.jsonl"

# Records fields: valid ones of each magic and codec, and damaged ones that are not compressed, so that the verdict is
# not that of a codec library.
"$here/oracle.sh" generate-records --seed 30 --count 300 >"$work/records.jsonl"
"$here/oracle.sh" generate-records --seed 31 --count 300 --only none >"$work/originals.jsonl"
"$here/oracle.sh" mutate --seed 32 --count 1800 --max-bytes 140 <"$work/originals.jsonl" >"$work/mutated.jsonl"
"$here/oracle.sh" read-records <"$work/mutated.jsonl" | sed 's/^{/{"damaged":true,/' >>"$work/records.jsonl"

"$here/oracle.sh" build-records --seed 31 --count 450 >"$work/built-records.jsonl"

for file in kafka-newest kafka-disk kafka-removed records built-records verdicts limits; do
    gzip -9n <"$work/$file.jsonl" >"$out/$file.jsonl.gz"
done
"$here/append/make_verdicts.sh" "$out/append-verdicts.jsonl.gz"
