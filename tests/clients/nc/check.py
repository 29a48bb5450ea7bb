# SPDX-License-Identifier: Apache-2.0
"""check.py HOST:PORT kwire|tiny|kafka: frames as a shell user sends them, with xxd and nc; answers decoded by hand."""
from __future__ import annotations

import subprocess
import sys

from report import check, end, same

API_VERSIONS = "00000023001200046f7fc66100096b61666b612d636c69000a6b61666b612d636c6904302e3100"
# Its size field is 9 bytes short: the frame ends inside the client's name.
CUT_API_VERSIONS = "0000001a0012000467890abc00096b61666b612d636c69000a6b61666b612d636c6904302e3100"
DESCRIBE_FOO = "00000023004b00006f7fc663000c6b61666b612d746573746572000204666f6f0000000064ff00"

FOO_HEAD = "00000029 6f7fc663 00 00000000 02 0003 04666f6f 00000000000000000000000000000000 00 01 "
# What one may do with a topic, whether it exists or not; tiny-broker leaves that at nothing.
FOO_TAIL = {"kwire": "00000df8 00 ff 00", "tiny": "00000000 00 ff 00", "kafka": "00000df8 00 ff 00"}

# All of tiny-broker's; of the others, which have more, some.
RANGES = {
    "kwire": {0: (0, 13), 1: (0, 18), 2: (0, 11), 3: (0, 13), 18: (0, 5), 22: (0, 5), 60: (0, 2), 75: (0, 0)},
    "tiny": {18: (0, 4), 75: (0, 0)},
    "kafka": {18: (0, 5), 75: (0, 0)},
}


class Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, size: int) -> int:
        if self.at + size > len(self.data):
            raise ValueError(f"the answer {self.data.hex()} ends inside the field at byte {self.at}")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big", signed=True)

    def uvarint(self) -> int:
        value = shift = 0
        while True:
            byte = self.number(1) & 0xFF
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def skip_tags(self) -> None:
        for _ in range(self.uvarint()):
            self.uvarint()
            size = self.uvarint()
            self.at += size


def exchange(frames: str) -> bytes:
    """All answers to the frames before the connection ends."""
    script = 'xxd -r -p | nc -q 1 -w 5 "$1" "$2" | xxd -p'
    done = subprocess.run(
        ("sh", "-c", script, "sh", *ADDRESS.rsplit(":", 1)), input=frames, capture_output=True, text=True, timeout=20
    )
    if done.stderr:
        raise ValueError(done.stderr)
    return bytes.fromhex(done.stdout)


def check_api_versions(answer: bytes, correlation_id: int) -> None:
    """One ApiVersions v4 answer and nothing else: response header 0, compact array, tags."""
    cursor = Cursor(answer)
    same(cursor.number(4), len(answer) - 4, "the size")
    same(cursor.number(4), correlation_id, "the correlation id")
    same(cursor.number(2), 0, "the error code")
    ranges = {}
    for _ in range(cursor.uvarint() - 1):
        key = cursor.number(2)
        ranges[key] = (cursor.number(2), cursor.number(2))
        cursor.skip_tags()
    same(cursor.number(4), 0, "the throttle time")
    cursor.skip_tags()
    same(cursor.at, len(answer), "the end of the last field")
    if KIND != "tiny":
        ranges = {key: ranges.get(key) for key in RANGES[KIND]}
    same(ranges, RANGES[KIND], "the version ranges")


def check_bytes(frames: str, wanted: str) -> None:
    same(exchange(frames).hex(), wanted.replace(" ", ""))


def check_order() -> None:
    """Several requests in one write: as many answers, in the order of the requests."""
    check_bytes(DESCRIBE_FOO + TOO_NEW + DESCRIBE_FOO, FOO + UNSUPPORTED + FOO)


ADDRESS, KIND = sys.argv[1:]
FOO = FOO_HEAD + FOO_TAIL[KIND]
LAST = RANGES[KIND][18][1]
TOO_NEW = f"000000230012{LAST + 1:04x}6f7fc66200096b61666b612d636c69000a6b61666b612d636c6904302e3100"
# In the form of version 0: UNSUPPORTED_VERSION and the one range that a client needs to continue.
UNSUPPORTED = f"00000010 6f7fc662 0023 00000001 0012 0000 {LAST:04x}"

check("ApiVersions v4 states what is served", lambda: check_api_versions(exchange(API_VERSIONS), 0x6F7FC661))
if KIND != "kafka":
    check(
        "ApiVersions v4 cut short by its size field is answered before the connection ends",
        lambda: check_api_versions(exchange(CUT_API_VERSIONS), 0x67890ABC),
    )
check(
    f"ApiVersions v{LAST + 1} is refused in the shape of v0 with the range to retry in",
    lambda: check_bytes(TOO_NEW, UNSUPPORTED),
)
check("DescribeTopicPartitions v0 does not know topic foo", lambda: check_bytes(DESCRIBE_FOO, FOO))
check("three frames in one write are answered in order", check_order)
end()
