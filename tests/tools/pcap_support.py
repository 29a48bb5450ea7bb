# SPDX-License-Identifier: Apache-2.0
"""A conversation between a client and a broker, and the output of `kwire pcap` for a capture of it."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from captures import Connection, End
from command import Done, kwire
from kafka_frames import batch, request, response

EVENTS = "AAECAwQFBgcICQoLDA0ODw"  # a topic id
STRANGE = "__________________8AAA"


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


METADATA = {
    "throttleTimeMs": 0,
    "brokers": [{"nodeId": 1, "host": "broker", "port": 9092, "rack": None}],
    "clusterId": "c", "controllerId": 1,
    "topics": [{"errorCode": 0, "name": "events", "topicId": EVENTS, "isInternal": False, "partitions": [
        {"errorCode": 0, "partitionIndex": i, "leaderId": 1, "leaderEpoch": 0, "replicaNodes": [1], "isrNodes": [1],
         "offlineReplicas": []} for i in range(3)], "topicAuthorizedOperations": -2147483648}],
}
METADATA_REQUEST = {"topics": [{"topicId": "AAAAAAAAAAAAAAAAAAAAAA", "name": "events"}],
                    "allowAutoTopicCreation": True, "includeTopicAuthorizedOperations": False}


def produce_request(acks: int, *partitions: int) -> dict:
    return {"transactionalId": None, "acks": acks, "timeoutMs": 1000, "topicData": [
        {"name": "events", "partitionData": [{"index": i, "records": text(batch(3))} for i in partitions]}]}


def produce_response(*errors: int) -> dict:
    return {"responses": [{"name": "events", "partitionResponses": [
        {"index": i, "errorCode": error, "baseOffset": 0, "logAppendTimeMs": -1, "logStartOffset": 0,
         "recordErrors": [], "errorMessage": None} for i, error in enumerate(errors)]}], "throttleTimeMs": 0}


def fetch_request(topic: str, *partitions: int) -> dict:
    return {"maxWaitMs": 500, "minBytes": 1, "maxBytes": 1 << 20, "isolationLevel": 0, "sessionId": 0,
            "sessionEpoch": -1, "forgottenTopicsData": [], "rackId": "", "replicaId": -1, "topics": [
                {"topicId": topic, "partitions": [
                    {"partition": i, "currentLeaderEpoch": -1, "fetchOffset": 0, "lastFetchedEpoch": -1,
                     "logStartOffset": -1, "partitionMaxBytes": 1 << 20} for i in partitions]}]}


def fetch_response(topic: str, records: bytes, *partitions: int) -> dict:
    return {"throttleTimeMs": 0, "errorCode": 0, "sessionId": 0, "responses": [
        {"topicId": topic, "partitions": [
            {"partitionIndex": i, "errorCode": 0, "highWatermark": 1, "lastStableOffset": 1, "logStartOffset": 0,
             "abortedTransactions": None, "preferredReadReplica": -1, "records": text(records)}
            for i in partitions]}]}


HEARTBEAT = {"groupId": "g", "generationId": 1, "memberId": "m", "groupInstanceId": None}


def exchanges(first_id: int = 1) -> list[tuple[bytes, bytes]]:
    """Requests with their responses, "" if none is expected."""
    n = first_id
    big = batch(500)
    return [
        (request("ApiVersions", 3, n, {"clientSoftwareName": "x", "clientSoftwareVersion": "1"}),
         response("ApiVersions", 3, n, {"errorCode": 0, "throttleTimeMs": 0, "apiKeys": [
             {"apiKey": 18, "minVersion": 0, "maxVersion": 4}]})),
        (request("Metadata", 12, n + 1, METADATA_REQUEST), response("Metadata", 12, n + 1, METADATA)),
        (request("Produce", 9, n + 2, produce_request(1, 0, 1)),
         response("Produce", 9, n + 2, produce_response(0, 6))),
        (request("Fetch", 13, n + 3, fetch_request(EVENTS, 0, 1, 2), client_id="a reader"),
         response("Fetch", 13, n + 3, fetch_response(EVENTS, big, 0, 2))),
        (request("Produce", 9, n + 4, produce_request(0, 2)), b""),
        (request("Heartbeat", 4, n + 5, HEARTBEAT, client_id=None),
         response("Heartbeat", 4, n + 5, {"throttleTimeMs": 0, "errorCode": 27})),
    ]


def talk(connection: Connection, first_id: int = 1) -> Connection:
    for question, answer in exchanges(first_id):
        connection.ask(question)
        if answer:
            connection.pass_time(1_000_000).answer(answer)
    return connection


def conversation(port: int = 40000, broker: End = End("10.0.0.2", 9092)) -> Connection:
    return talk(Connection(client=End("10.0.0.1", port), broker=broker).open()).close()


def run_pcap(capture: bytes, *options: str) -> Done:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "capture")
        path.write_bytes(capture)
        done = kwire("pcap", *options, str(path))
        return Done(done.status, done.out, done.err.replace(str(path), "capture"))
