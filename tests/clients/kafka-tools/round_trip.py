# SPDX-License-Identifier: Apache-2.0
"""round_trip.py HOST:PORT: Apache Kafka's command line tools as their scripts start them."""
from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from report import check, end, eventually, same
from tools import ADDRESS, contains, java, start, tool

TOPIC = "kafka-tools"
PERFORMANCE_TOPIC = "kafka-tools-performance"
GROUP = "kafka-tools-assigns"
SHARED_TOPIC = "kafka-tools-shared"
SHARE_GROUP = "kafka-tools-share"
LINES = [f"{i}\tthe value of {i}" for i in range(20)]
MEBIBYTE_RECORDS = 10_000


def topics() -> list[str]:
    return [name for name in tool("TopicCommand", "--list").split() if name.startswith(TOPIC)]


def check_create() -> None:
    options = ("--partitions", "1", "--replication-factor", "1", "--config", "retention.ms=86400000")
    contains(tool("TopicCommand", "--create", "--topic", TOPIC, *options), f"Created topic {TOPIC}.")
    again = start("TopicCommand", "--bootstrap-server", ADDRESS, "--create", "--topic", TOPIC)
    contains(again.stdout, "Error while executing topic command : ", f"opic '{TOPIC}' ", "exists")
    same(again.returncode, 1, "the status")
    tool("TopicCommand", "--create", "--topic", TOPIC, "--if-not-exists")
    eventually(topics, [TOPIC])


def check_describe() -> None:
    lines = tool("TopicCommand", "--describe", "--topic", TOPIC).splitlines()
    contains(lines[0], f"Topic: {TOPIC}\tTopicId: ", "PartitionCount: 1\tReplicationFactor: 1", "retention.ms=86400000")
    found = re.fullmatch(rf"\tTopic: {TOPIC}\tPartition: 0\tLeader: (\d+)\tReplicas: (\d+)\tIsr: (\d+)\t.*", lines[1])
    same(found is not None and len({*found.groups()}) == 1, True, f"whether {lines[1]!r} has one node")
    same(tool("TopicCommand", "--describe", "--unavailable-partitions"), "")
    same(tool("TopicCommand", "--describe", "--under-replicated-partitions"), "")


def check_topic_configs() -> None:
    entity = ("ConfigCommand", "--entity-type", "topics", "--entity-name", TOPIC)
    added = "max.message.bytes=2000000,cleanup.policy=[compact,delete]"
    contains(tool(*entity, "--alter", "--add-config", added), f"Completed updating config for topic {TOPIC}.")
    contains(
        tool(*entity, "--describe"),
        f"Dynamic configs for topic {TOPIC} are:\n",
        "  cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, "
        "DEFAULT_CONFIG:log.cleanup.policy=delete}\n",
        "  max.message.bytes=2000000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:max.message.bytes=2000000, "
        "DEFAULT_CONFIG:message.max.bytes=1048588}\n",
        "  retention.ms=86400000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=86400000}\n",
    )
    tool(*entity, "--alter", "--delete-config", "cleanup.policy,max.message.bytes")
    left = tool(*entity, "--describe")
    same("cleanup.policy" in left or "max.message.bytes" in left, False, f"whether {left!r} still has them")
    every = tool(*entity, "--describe", "--all")
    contains(every, "max.message.bytes=1048588 sensitive=false", "segment.bytes=1073741824")


def check_broker_configs() -> None:
    entity = ("ConfigCommand", "--entity-type", "brokers", "--entity-default")
    updated = "Completed updating default config for brokers in the cluster."
    contains(tool(*entity, "--alter", "--add-config", "log.index.interval.bytes=8192"), updated)
    contains(tool(*entity, "--describe"), "  log.index.interval.bytes=8192 sensitive=false")
    described = tool("ConfigCommand", "--entity-type", "topics", "--entity-name", TOPIC, "--describe", "--all")
    contains(described, "DYNAMIC_DEFAULT_BROKER_CONFIG:log.index.interval.bytes=8192")
    contains(tool(*entity, "--alter", "--delete-config", "log.index.interval.bytes"), updated)
    same("log.index.interval.bytes" in tool(*entity, "--describe"), False)


def check_other_configs() -> None:
    for kind, what, config in (("groups", "group", "consumer.session.timeout.ms=50000"),
                               ("client-metrics", "client-metric", "interval.ms=1000")):
        entity = ("ConfigCommand", "--entity-type", kind, "--entity-name", TOPIC)
        updated = f"Completed updating config for {what} {TOPIC}."
        contains(tool(*entity, "--alter", "--add-config", config), updated)
    contains(tool(*entity, "--describe"), f"  {config} sensitive=false synonyms={{DYNAMIC_")


def consume(*options: str) -> list[str]:
    arguments = ("--topic", TOPIC, "--partition", "0", "--formatter-property", "print.key=true", *options)
    return [line for line in tool("consumer.ConsoleConsumer", *arguments).splitlines() if "\t" in line]


def check_console() -> None:
    tool("ConsoleProducer", "--topic", TOPIC, "--reader-property", "parse.key=true", text="\n".join(LINES) + "\n")
    same(consume("--offset", "earliest", "--max-messages", str(len(LINES))), LINES)
    same(consume("--offset", "15", "--max-messages", "5"), LINES[15:])
    same(consume("--offset", "0", "--timeout-ms", "5000"), LINES)


def check_console_codecs() -> None:
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        first = offsets("latest")[f"{TOPIC}:0"]
        options = ("--compression-codec", codec, "--reader-property", "parse.key=true")
        tool("ConsoleProducer", "--topic", TOPIC, *options, text="\n".join(LINES) + "\n")
        same(consume("--offset", str(first), "--max-messages", str(len(LINES))), LINES)


def offsets(time: str, topic: str = TOPIC) -> dict[str, int]:
    text = tool("GetOffsetShell", "--topic-partitions", topic, "--time", time)
    return {line.rpartition(":")[0]: int(line.rpartition(":")[2]) for line in text.split()}


def check_offsets() -> None:
    count = 5 * len(LINES)
    same(offsets("earliest"), {f"{TOPIC}:0": 0})
    same(offsets("latest"), {f"{TOPIC}:0": count})
    greatest = offsets("max-timestamp")[f"{TOPIC}:0"]
    same(count - len(LINES) <= greatest < count, True, f"whether {greatest} is in the last batch")
    same(offsets("0"), {f"{TOPIC}:0": 0})


def check_delete_records() -> None:
    request = {"version": 1, "partitions": [{"topic": TOPIC, "partition": 0, "offset": 17}]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "offsets.json")
        path.write_text(json.dumps(request))
        text = tool("DeleteRecordsCommand", "--offset-json-file", str(path))
    contains(text, f"partition: {TOPIC}-0\tlow_watermark: 17")
    same(offsets("earliest"), {f"{TOPIC}:0": 17})
    same(consume("--offset", "earliest", "--max-messages", "3"), LINES[17:])


def check_partitions() -> None:
    tool("TopicCommand", "--alter", "--topic", TOPIC, "--partitions", "3")
    eventually(lambda: sorted(offsets("latest")), [f"{TOPIC}:{i}" for i in range(3)])


def check_log_dirs() -> None:
    text = tool("LogDirsCommand", "--describe", "--topic-list", TOPIC)
    answer = json.loads(text.splitlines()[-1])
    directories = [directory for broker in answer["brokers"] for directory in broker["logDirs"]]
    same([directory["error"] for directory in directories], [None] * len(directories))
    sizes = {p["partition"]: p["size"] for directory in directories for p in directory["partitions"]}
    same(sorted(sizes), [f"{TOPIC}-{i}" for i in range(3)])
    same(sizes[f"{TOPIC}-0"] > 500, True, f"whether {sizes} has bytes")


def check_features() -> None:
    lines = tool("FeatureCommand", "describe").splitlines()
    features = {}
    for line in lines:
        found = re.match(r"Feature: (\S+)\s+SupportedMinVersion: (\S+)\s+SupportedMaxVersion: (\S+)\s+"
                         r"FinalizedVersionLevel: (\S+)", line)
        if found:
            features[found[1]] = found[4]
    found = re.fullmatch(r"[34]\.\d+-IV\d+", features.get("metadata.version", ""))
    same(found is not None, True, f"whether {features} is right")
    release = features["metadata.version"].partition("-")[0]
    contains(tool("FeatureCommand", "upgrade", "--release-version", release), "metadata.version was upgraded to ")


def check_cluster() -> None:
    text = java("ClusterTool", "cluster-id", "--bootstrap-server", ADDRESS)
    same(re.fullmatch(r"Cluster ID: [-_\w]{22}\n", text) is not None, True, f"whether {text!r} has an id")
    endpoints = java("ClusterTool", "list-endpoints", "--bootstrap-server", ADDRESS)
    host, _, port = ADDRESS.rpartition(":")
    same(endpoints.splitlines()[1].split()[1:3], [host, port])


def check_quorum() -> None:
    status = dict(line.split(":", 1) for line in tool("MetadataQuorumCommand", "describe", "--status").splitlines())
    voters = json.loads(status["CurrentVoters"])
    same([str(voter["id"]) for voter in voters], [status["LeaderId"].strip()])
    same(int(status["HighWatermark"]) > 0, True)
    replication = tool("MetadataQuorumCommand", "describe", "--replication").splitlines()[1].split()
    same((replication[0], replication[-1]), (status["LeaderId"].strip(), "Leader"))


def check_api_versions() -> None:
    text = tool("BrokerApiVersionsCommand")
    contains(text, f"{ADDRESS} (id: ", "\tProduce(0): ", "\tFetch(1): ", "[usable: 18]", "\tCreateTopics(19): ")


def check_election() -> None:
    options = ("--election-type", "preferred", "--topic", TOPIC, "--partition", "0")
    contains(tool("LeaderElectionCommand", *options), f"Valid replica already elected for partitions {TOPIC}-0")
    listed = tool("reassign.ReassignPartitionsCommand", "--list")
    contains(listed, "No partition reassignments found.")


def check_verifiable_producer() -> None:
    text = tool("VerifiableProducer", "--topic", PERFORMANCE_TOPIC, "--max-messages", "1000", "--acks", "-1")
    events = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    same((events[-1]["name"], events[-1]["sent"], events[-1]["acked"]), ("tool_data", 1000, 1000))
    sent = [event["offset"] for event in events if event["name"] == "producer_send_success"]
    same(sent, list(range(1000)), "the offsets")


def check_performance() -> None:
    before = offsets("latest", PERFORMANCE_TOPIC)[f"{PERFORMANCE_TOPIC}:0"]
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        options = ("--num-records", str(MEBIBYTE_RECORDS), "--record-size", "105", "--throughput", "-1",
                   "--command-property", f"compression.type={codec}")
        text = tool("ProducerPerformance", "--topic", PERFORMANCE_TOPIC, *options)
        contains(text, f"{MEBIBYTE_RECORDS} records sent, ", "99.9th")
    after = offsets("latest", PERFORMANCE_TOPIC)[f"{PERFORMANCE_TOPIC}:0"]
    same(after - before, 5 * MEBIBYTE_RECORDS, "the count of records that are there")


def check_consumer_performance() -> None:
    count = 2 * MEBIBYTE_RECORDS
    for protocol in ("classic", "consumer"):
        options = ("--num-records", str(count), "--timeout", "20000", "--group", f"{TOPIC}-performance-{protocol}",
                   "--command-property", f"group.protocol={protocol}")
        header, row = tool("ConsumerPerformance", "--topic", PERFORMANCE_TOPIC, *options).splitlines()[-2:]
        found = dict(zip((name.strip() for name in header.split(",")), row.split(", ")))
        same(int(found["data.consumed.in.nMsg"]) >= count, True, f"whether {row!r} has {count} records")
        same(float(found["data.consumed.in.MB"]) >= count * 90 / 2**20, True, f"whether {row!r} has their bytes")


def check_producers() -> None:
    text = tool("TransactionsCommand", "describe-producers", "--topic", PERFORMANCE_TOPIC, "--partition", "0")
    rows = [line.split() for line in text.splitlines()[1:]]
    same([row[3] for row in rows][-5:], [str(MEBIBYTE_RECORDS - 1)] * 5, "the last sequences")


def check_groups() -> None:
    groups = ("consumer.group.ConsumerGroupCommand", "--group", GROUP)
    reset = ("--reset-offsets", "--topic", f"{TOPIC}:0", "--to-latest", "--execute")
    contains(tool(*groups, *reset), GROUP, TOPIC)
    rows = [line.split() for line in tool(*groups, "--describe").splitlines() if line.startswith(GROUP)]
    end_offset = str(offsets("latest", TOPIC)[f"{TOPIC}:0"])
    same([row[1:6] for row in rows], [[TOPIC, "0", end_offset, end_offset, "0"]], "the description")
    contains(tool(*groups, "--describe", "--state"), "Empty")
    contains(tool("consumer.group.ConsumerGroupCommand", "--list"), GROUP)
    listed = [line.split() for line in tool("GroupsCommand", "--list").splitlines() if line.startswith(GROUP)]
    same([row[1] for row in listed], ["Classic"], "the type")
    contains(tool(*groups, "--delete-offsets", "--topic", TOPIC), "Request succeeded for deleting offsets")
    contains(tool(*groups, "--delete"), f"Deletion of requested consumer groups ('{GROUP}') was successful.")
    contains(tool(*groups, "--delete"), "GroupIdNotFoundException")


def check_share_groups() -> None:
    """All records are read, so that the lag is 0; members of this moment are not."""
    tool("TopicCommand", "--create", "--topic", SHARED_TOPIC, "--partitions", "1")
    eventually(lambda: SHARED_TOPIC in topics(), True)
    tool("ConsoleProducer", "--topic", SHARED_TOPIC, text="\n".join(LINES) + "\n")
    groups = ("consumer.group.ShareGroupCommand", "--group", SHARE_GROUP)
    reset = ("--reset-offsets", "--topic", SHARED_TOPIC, "--execute")
    contains(tool(*groups, *reset, "--to-earliest"), SHARE_GROUP, SHARED_TOPIC)
    options = ("--topic", SHARED_TOPIC, "--group", SHARE_GROUP, "--max-messages", str(len(LINES)))
    read = tool("consumer.ConsoleShareConsumer", *options, "--timeout-ms", "20000")
    same([line for line in read.splitlines() if line in LINES], LINES)

    def lags() -> list[list[str]]:
        rows = [line.split() for line in tool(*groups, "--describe").splitlines() if line.startswith(SHARE_GROUP)]
        return [[row[1], row[2], row[4]] for row in rows]
    eventually(lags, [[SHARED_TOPIC, "0", "0"]])
    contains(tool(*groups, "--describe", "--members"), "no active members")
    contains(tool(*groups, "--describe", "--state"), "Empty")
    contains(tool("consumer.group.ShareGroupCommand", "--list"), SHARE_GROUP)
    contains(tool(*groups, *reset, "--to-latest"), SHARE_GROUP, SHARED_TOPIC)
    contains(tool(*groups, "--delete-offsets", "--topic", SHARED_TOPIC), SHARED_TOPIC, "Successful")
    contains(tool(*groups, "--delete"), f"Deletion of requested share groups ('{SHARE_GROUP}') was successful.")
    contains(tool(*groups, "--describe"), "GroupIdNotFoundException")


def check_compaction() -> None:
    """The tool produces records with keys and tombstones, waits, and compares the last value of each key."""
    brokers = ("ConfigCommand", "--alter", "--entity-type", "brokers", "--entity-default")
    tool(*brokers, "--add-config", "log.segment.bytes=1048576,log.cleaner.backoff.ms=100")
    text = tool("LogCompactionTester", "--messages", "100000", "--duplicates", "10", "--topics", "1",
                "--percent-deletes", "10", "--sleep", "2")
    tool(*brokers, "--delete-config", "log.segment.bytes,log.cleaner.backoff.ms")
    contains(text, " 0 mismatches", "Data verification is completed")
    reduction = re.search(r"\(([0-9.]+)% reduction\)", text)
    if reduction is None or float(reduction[1]) < 10:
        raise ValueError(f"nothing was compacted: {text}")


def check_delete() -> None:
    tool("TopicCommand", "--delete", "--topic", f"{TOPIC}.*")
    eventually(topics, [])


check("kafka-topics --create, again, and --if-not-exists", check_create)
check("kafka-topics --describe", check_describe)
check("kafka-configs of a topic: add, describe, delete", check_topic_configs)
check("kafka-configs of all brokers: add, describe, delete", check_broker_configs)
check("kafka-configs of a group and of client metrics", check_other_configs)
check("kafka-console-producer, then kafka-console-consumer by partition and offset", check_console)
check("the same with each codec", check_console_codecs)
check("kafka-get-offsets: earliest, latest, max-timestamp, by timestamp", check_offsets)
check("kafka-delete-records moves the beginning", check_delete_records)
check("kafka-topics --alter --partitions", check_partitions)
check("kafka-log-dirs knows the sizes", check_log_dirs)
check("kafka-features describe, and upgrade to the release that it has", check_features)
check("kafka-cluster cluster-id and list-endpoints", check_cluster)
check("kafka-metadata-quorum: status and replication", check_quorum)
check("kafka-broker-api-versions", check_api_versions)
check("kafka-leader-election and kafka-reassign-partitions --list", check_election)
check("kafka-verifiable-producer, which creates its topic", check_verifiable_producer)
check("kafka-producer-perf-test with each codec", check_performance)
check("kafka-consumer-perf-test in groups of both protocols", check_consumer_performance)
check("kafka-transactions describe-producers", check_producers)
check("kafka-consumer-groups: reset, describe, list, delete; kafka-groups", check_groups)
check("kafka-share-groups: reset, describe, list, delete; kafka-console-share-consumer", check_share_groups)
check("LogCompactionTester: the last value of each key stays", check_compaction)
check("kafka-topics --delete by pattern", check_delete)
end()
