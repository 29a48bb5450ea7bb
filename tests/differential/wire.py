# SPDX-License-Identifier: Apache-2.0
"""Requests and responses as JSON, by the kwire command, over connections to a broker."""
from __future__ import annotations

import json
import re
import socket
import struct
import subprocess
from dataclasses import dataclass, field
from functools import lru_cache

Json = dict[str, object]
SECONDS = 15
FIELD = re.compile(r"( *)(\w+) +(\d+)(?:(\+)|-(\d+))? +(.*)")
TITLE = re.compile(r"API key (\d+) .*versions (\d+)(?:-(\d+))?(?:, flexible (\d+)\+)?")


class Unencodable(Exception):
    """The request has something that the version has no place for."""


class Closed(Exception):
    """The broker has closed the connection instead of an answer."""


@dataclass
class Field:
    first: int
    last: int
    fields: dict[str, Field] = field(default_factory=dict)

    def has(self, version: int) -> bool:
        return self.first <= version <= self.last


@dataclass(frozen=True)
class Api:
    name: str
    key: int
    flexible_from: int
    fields: dict[str, Field]


class Codec:
    """Two processes of the kwire command, which answer line by line."""

    def __init__(self, kwire: str) -> None:
        self.kwire = kwire
        self.processes = {verb: self._start(verb, *more) for verb, more in
                          (("encode", ("--defaults",)), ("decode", ("--raw-records",)))}
        self.api = lru_cache(maxsize=None)(self._api)

    def _start(self, verb: str, *more: str) -> subprocess.Popen[str]:
        return subprocess.Popen((self.kwire, verb, "--jsonl", *more), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                text=True, bufsize=1)

    def close(self) -> None:
        for process in self.processes.values():
            process.stdin.close()
            process.stdout.close()
            process.wait()

    def _ask(self, verb: str, line: Json) -> Json:
        process = self.processes[verb]
        process.stdin.write(json.dumps(line) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        if "error" in answer:
            raise ValueError(f"{verb}: {answer['error']} in {json.dumps(line)[:500]}")
        return answer

    def _api(self, name: str) -> Api:
        lines = subprocess.run((self.kwire, "schema", f"{name}Request"), check=True, capture_output=True,
                               text=True).stdout.splitlines()
        title = TITLE.search(lines[0])
        top: dict[str, Field] = {}
        levels = [top]
        for line in lines[1:]:
            found = FIELD.fullmatch(line.rstrip())
            if not found:
                continue
            indent, name_of_field, first, more, last, _ = found.groups()
            depth = len(indent) // 2
            one = Field(int(first), 32767 if more else int(last) if last else int(first))
            del levels[depth + 1:]
            levels[depth][name_of_field] = one
            levels.append(one.fields)
        return Api(name, int(title[1]), int(title[4]) if title[4] else 32767, top)

    def error_names(self) -> dict[int, str]:
        lines = subprocess.run((self.kwire, "errors"), check=True, capture_output=True, text=True).stdout.splitlines()
        return {int(line.split()[0]): line.split()[2] for line in lines[1:]}

    def dump(self, path: str, kind: str) -> list[Json]:
        """What is in a file."""
        done = subprocess.run((self.kwire, "dump-log", "--jsonl", "--type", kind, path), capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise ValueError(f"dump-log: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def newest_versions(self, name: str) -> tuple[int, int]:
        """Those of the newest Kafka."""
        lines = subprocess.run((self.kwire, "apis"), check=True, capture_output=True, text=True).stdout.splitlines()
        (words,) = [line.split() for line in lines if line.split()[1:2] == [name]]
        first, _, last = words[3].partition("-")
        return int(first), int(last or first)

    def encode(self, api: Api, version: int, body: Json) -> bytes:
        line = {"message": f"{api.name}Request", "version": version, "value": pruned(body, api.fields, version)}
        try:
            return bytes.fromhex(self._ask("encode", line)["hex"])
        except ValueError as error:
            raise Unencodable from error

    def decode(self, api: Api, version: int, body: bytes) -> Json:
        answer = self._ask("decode", {"message": f"{api.name}Response", "version": version, "hex": body.hex()})
        if answer.get("trailing"):
            raise ValueError(f"{answer['trailing']} bytes after {api.name}Response")
        return answer["value"]


def pruned(value: object, fields: dict[str, Field], version: int) -> object:
    """Without the fields that this version does not have."""
    if isinstance(value, list):
        return [pruned(item, fields, version) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: pruned(item, fields[name].fields, version) for name, item in value.items()
            if name in fields and fields[name].has(version)}


class Connection:
    def __init__(self, codec: Codec, port: int) -> None:
        self.codec = codec
        self.port = port
        self.socket: socket.socket | None = None
        self.correlation = 0

    def close(self) -> None:
        if self.socket:
            self.socket.close()
        self.socket = None

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise Closed
            data += more
        return data

    def send(self, api: Api, version: int, body: Json, client_id: str = "differential") -> None:
        if not self.socket:
            self.socket = socket.create_connection(("127.0.0.1", self.port), SECONDS)
            self.socket.settimeout(SECONDS)
        self.correlation += 1
        name = client_id.encode()
        frame = struct.pack(">hhih", api.key, version, self.correlation, len(name)) + name
        frame += (b"\0" if version >= api.flexible_from else b"") + self.codec.encode(api, version, body)
        self.socket.sendall(struct.pack(">i", len(frame)) + frame)

    def receive(self, api: Api, version: int) -> Json:
        """The next answer."""
        size = struct.unpack(">i", self._receive(4))[0]
        frame = self._receive(size)
        header = 5 if version >= api.flexible_from and api.key != 18 else 4
        return self.codec.decode(api, version, frame[header:])

    def ask(self, name: str, version: int, body: Json) -> Json:
        """The answer; Closed if there is none, after which there is another connection."""
        api = self.codec.api(name)
        try:
            self.send(api, version, body)
            return self.receive(api, version)
        except (Closed, ConnectionError) as gone:
            self.close()
            raise Closed from gone

    def tell(self, name: str, version: int, body: Json) -> Json:
        """A request that has no answer; Closed if the connection ends instead of serving the next one."""
        try:
            self.send(self.codec.api(name), version, body)
        except ConnectionError as gone:
            self.close()
            raise Closed from gone
        self.ask("ApiVersions", 0, {})
        return {"silent": True}

    def versions(self) -> dict[int, tuple[int, int]]:
        answer = self.ask("ApiVersions", 0, {})
        return {one["apiKey"]: (one["minVersion"], one["maxVersion"]) for one in answer["apiKeys"]}
