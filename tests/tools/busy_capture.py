# SPDX-License-Identifier: Apache-2.0
"""A capture with something to look at: clients that produce, consume and join groups at once; a broker that is slow at
times, answers with errors, and once not at all."""

from __future__ import annotations

import random
from typing import Any

from captures import START, Connection, End, pcap_file, records
from kafka_frames import batch, request, response
from pcap_support import (EVENTS, HEARTBEAT, METADATA, METADATA_REQUEST, fetch_request, fetch_response,
                          produce_request, produce_response)

MS = 1_000_000
NOT_LEADER_OR_FOLLOWER, REBALANCE_IN_PROGRESS = 6, 27

Exchange = tuple[str, int, dict[str, Any], dict[str, Any]]  # API, version, request, response


def api_versions() -> Exchange:
    return ("ApiVersions", 3, {"clientSoftwareName": "app", "clientSoftwareVersion": "1"},
            {"errorCode": 0, "throttleTimeMs": 0, "apiKeys": [{"apiKey": 18, "minVersion": 0, "maxVersion": 4}]})


def metadata() -> Exchange:
    return "Metadata", 12, METADATA_REQUEST, METADATA


def produce(*errors: int) -> Exchange:
    return "Produce", 9, produce_request(1, *range(len(errors))), produce_response(*errors)


def fetch(size: int) -> Exchange:
    return "Fetch", 13, fetch_request(EVENTS, 0, 1), fetch_response(EVENTS, batch(size) if size else b"", 0)


def heartbeat(error: int) -> Exchange:
    return "Heartbeat", 4, HEARTBEAT, {"throttleTimeMs": 0, "errorCode": error}


class Client:
    """One connection, at its own time."""

    def __init__(self, name: str, number: int, start: int) -> None:
        self.name = name
        self.next_id = 1
        self.connection = Connection(End("10.0.0.%d" % (10 + number), 40000 + number), End("10.0.0.2", 9092))
        self.connection.time = START + start
        self.connection.open()

    def ask(self, *exchanges: Exchange, after: float, between: float = 0.1) -> None:
        """Requests that are sent at once; responses come after some ms."""
        answers = []
        for api, version, question, answer in exchanges:
            self.connection.ask(request(api, version, self.next_id, question, client_id=self.name))
            answers.append(response(api, version, self.next_id, answer))
            self.next_id += 1
        for number, answer in enumerate(answers):
            self.connection.pass_time(int((after if number == 0 else between) * MS)).answer(answer)

    def ask_in_vain(self, exchange: Exchange) -> None:
        api, version, question, _ = exchange
        self.connection.ask(request(api, version, self.next_id, question, client_id=self.name))
        self.next_id += 1

    def rest(self, ms: float) -> None:
        self.connection.pass_time(int(ms * MS))


def producer(number: int, chance: random.Random, rounds: int) -> Connection:
    client = Client("orders-service", number, chance.randrange(3 * MS))
    client.ask(api_versions(), after=0.4)
    client.ask(metadata(), after=1.2)
    for _ in range(rounds):
        errors = (NOT_LEADER_OR_FOLLOWER, 0) if chance.random() < 0.1 else (0, 0)
        slow = chance.random() < 0.08
        client.ask(*[produce(*errors)] * chance.randint(1, 3), after=chance.uniform(20, 40) if slow else
                   chance.uniform(0.8, 4), between=chance.uniform(0.2, 1))
        client.rest(chance.expovariate(1 / 4))
    client.ask_in_vain(produce(0))
    return client.connection


def consumer(number: int, chance: random.Random, rounds: int) -> Connection:
    client = Client("billing", number, chance.randrange(20 * MS))
    client.ask(api_versions(), after=0.5)
    client.ask(metadata(), after=1)
    for turn in range(rounds):
        client.ask(fetch(chance.choice([0, 5, 40])), after=chance.choice([1.5, 3, 25, 25]))
        if turn % 4 == 3:
            client.ask(heartbeat(REBALANCE_IN_PROGRESS if turn == 11 else 0), after=chance.uniform(0.3, 1.2))
    return client.connection


def busy_capture(clients: int = 3, rounds: int = 16, seed: int = 1) -> bytes:
    """Of as many producers and consumers."""
    chance = random.Random(seed)
    connections = [make(2 * number + kind, chance, rounds) for number in range(clients)
                   for kind, make in enumerate((producer, consumer))]
    packets = sorted((packet for one in connections for packet in one.packets), key=lambda packet: packet.time)
    return pcap_file(records(packets), nano=True)
