# SPDX-License-Identifier: Apache-2.0
"""Packet captures made from bytes that two sides send: TCP, IP, link layers, pcap and pcapng."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass, field, replace

FIN, SYN, RST, ACK = 1, 2, 4, 16
ETHERNET, NULL, RAW, LOOP, SLL, IPV4, IPV6, SLL2 = 1, 0, 101, 108, 113, 228, 229, 276

START = 1_700_000_000_000_000_000  # ns since 1970: 2023-11-14T22:13:20Z
STEP = 100_000  # between two packets


@dataclass(frozen=True)
class End:
    address: str
    port: int

    @property
    def is_v6(self) -> bool:
        return ":" in self.address

    @property
    def packed(self) -> bytes:
        return ipaddress.ip_address(self.address).packed


@dataclass
class Packet:
    """A TCP segment. `captured`: bytes of the packet in the capture; None is all."""
    time: int
    sender: End
    receiver: End
    seq: int
    ack: int
    flags: int
    data: bytes = b""
    captured: int | None = None

    def tcp(self) -> bytes:
        return struct.pack(">HHIIBBHHH", self.sender.port, self.receiver.port, self.seq % 2**32, self.ack % 2**32,
                           5 << 4, self.flags, 65535, 0, 0) + self.data

    def ip(self, extensions: bytes = b"", options: bytes = b"") -> bytes:
        """`extensions`: IPv6 headers, of which the last one leads to TCP; `options`: of IPv4."""
        payload = self.tcp()
        if self.sender.is_v6:
            return ipv6(self.sender, self.receiver, extensions[-1] if extensions else 6, extensions[:-1] + payload)
        return ipv4(self.sender, self.receiver, payload, options=options)


def ipv4(sender: End, receiver: End, payload: bytes, options: bytes = b"", fragment: int = 0, identity: int = 7,
         total: int | None = None) -> bytes:
    header = 20 + len(options)
    return struct.pack(">BBHHHBBH", 0x40 | header // 4, 0, header + len(payload) if total is None else total, identity,
                       fragment, 64, 6, 0) + sender.packed + receiver.packed + options + payload


def ipv6(sender: End, receiver: End, next_header: int, payload: bytes) -> bytes:
    return struct.pack(">IHBB", 6 << 28, len(payload), next_header, 64) + sender.packed + receiver.packed + payload


def ether_type(ip: bytes) -> int:
    return 0x86DD if ip[0] >> 4 == 6 else 0x0800


def link(kind: int, ip: bytes, vlans: tuple[tuple[int, int], ...] = (), little: bool = True) -> bytes:
    """A packet with the header of its link type. `vlans`: EtherType and tag of each."""
    kind_of_ip = ether_type(ip)
    if kind == ETHERNET:
        tags = b"".join(struct.pack(">HH", type_, tag) for type_, tag in vlans)
        frame = bytes(12) + tags + struct.pack(">H", kind_of_ip) + ip
        return frame.ljust(60, b"\xEE")  # as a network card pads them
    if kind in (NULL, LOOP):
        family = 2 if kind_of_ip == 0x0800 else 30
        return struct.pack("<I" if little and kind == NULL else ">I", family) + ip
    if kind == SLL:
        return struct.pack(">HHH8sH", 0, 1, 6, bytes(8), kind_of_ip) + ip
    if kind == SLL2:
        return struct.pack(">HHIHBB8s", kind_of_ip, 0, 1, 1, 0, 6, bytes(8)) + ip
    return ip


Record = tuple[int, bytes, int]  # time, bytes captured, bytes on the wire


def records(packets: list[Packet], kind: int = ETHERNET, snaplen: int = 262144, **how: object) -> list[Record]:
    out = []
    for packet in packets:
        whole = link(kind, packet.ip(), **how)
        keep = min(snaplen, len(whole) if packet.captured is None else packet.captured)
        out.append((packet.time, whole[:keep], len(whole)))
    return out


def pcap_file(content: list[Record], kind: int = ETHERNET, order: str = "<", nano: bool = False,
         snaplen: int = 262144) -> bytes:
    out = [struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snaplen, kind)]
    for time, data, size in content:
        second, rest = divmod(time, 10**9)
        out.append(struct.pack(order + "IIII", second, rest if nano else rest // 1000, len(data), size) + data)
    return b"".join(out)


def _block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))


def pcapng_file(content: list[Record], kind: int = ETHERNET, order: str = "<", snaplen: int = 262144,
                more_snaplens: tuple[int, ...] = (), blocks: tuple[tuple[int, bytes], ...] = ()) -> bytes:
    """Time stamps in nanoseconds. With more snap lengths there are as many more interfaces, which take turns. `blocks`:
    types and bodies of further blocks before the packets."""
    resolution = struct.pack(order + "HHB3xHH", 9, 1, 9, 0, 0)
    out = [_block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)),
           *(_block(order, 1, struct.pack(order + "HHI", kind, 0, n) + resolution) for n in (snaplen, *more_snaplens))]
    out += [_block(order, kind_, body) for kind_, body in blocks]
    interfaces = 1 + len(more_snaplens)
    for number, (time, data, size) in enumerate(content):
        out.append(_block(order, 6, struct.pack(order + "IIIII", number % interfaces, time >> 32, time & 0xFFFFFFFF,
                                                          len(data), size) + data))
    return b"".join(out)


@dataclass
class Connection:
    """Two sides of a TCP connection, whose actions become packets."""
    client: End = End("10.0.0.1", 40000)
    broker: End = End("10.0.0.2", 9092)
    client_seq: int = 1000
    broker_seq: int = 5000
    mss: int = 1448
    time: int = START
    packets: list[Packet] = field(default_factory=list)

    def _add(self, from_client: bool, flags: int, data: bytes = b"") -> Packet:
        ends = (self.client, self.broker) if from_client else (self.broker, self.client)
        seq, ack = (self.client_seq, self.broker_seq) if from_client else (self.broker_seq, self.client_seq)
        packet = Packet(self.time, *ends, seq, ack, flags, data)
        self.packets.append(packet)
        used = len(data) + (1 if flags & (SYN | FIN) else 0)
        if from_client:
            self.client_seq += used
        else:
            self.broker_seq += used
        self.time += STEP
        return packet

    def open(self) -> Connection:
        self._add(True, SYN).ack = 0
        self._add(False, SYN | ACK)
        self._add(True, ACK)
        return self

    def send(self, from_client: bool, data: bytes, mss: int | None = None) -> Connection:
        mss = mss or self.mss
        for at in range(0, len(data), mss):
            self._add(from_client, ACK, data[at:at + mss])
        return self

    def ask(self, data: bytes, mss: int | None = None) -> Connection:
        return self.send(True, data, mss)

    def answer(self, data: bytes, mss: int | None = None) -> Connection:
        self.send(False, data, mss)
        self._add(True, ACK)
        return self

    def close(self) -> Connection:
        self._add(True, FIN | ACK)
        self._add(False, FIN | ACK)
        self._add(True, ACK)
        return self

    def reset(self, from_client: bool = True) -> Connection:
        self._add(from_client, RST | ACK)
        return self

    def pass_time(self, nanoseconds: int) -> Connection:
        self.time += nanoseconds
        return self

    def file(self, **how: object) -> bytes:
        return pcap_file(records(self.packets, **how))


def cut_packets(packets: list[Packet], size: int) -> list[Packet]:
    return [replace(packet, captured=size) for packet in packets]
