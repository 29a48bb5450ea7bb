#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire explain."""

from __future__ import annotations

import json

from command import CommandTest, kwire, main

REQUEST = "0012 0004 00000007 0002 6b77 00 046a766d 0431 2e30 00"


class Dump(CommandTest):
    def shows(self, expected: str, *words: str, status: int = 0) -> None:
        done = kwire("explain", *words)
        self.assertEqual((status, "", expected), (done.status, done.err, done.out))

    def test_request(self) -> None:
        self.shows("""\
ApiVersions request version 4, correlation id 7, 21 bytes
                               RequestHeader version 2
0000  00 12                      requestApiKey           INT16            18
0002  00 04                      requestApiVersion       INT16            4
0004  00 00 00 07                correlationId           INT32            7
0008  00 02 6b 77                clientId                NULLABLE_STRING  "kw"     length 2
000c  00                         _tagged_fields          TAG_BUFFER       0
                               ApiVersionsRequest version 4
000d  04 6a 76 6d                clientSoftwareName      COMPACT_STRING   "jvm"    length 3+1
0011  03 31 2e                   clientSoftwareVersion   COMPACT_STRING   "1."     length 2+1
0014  00                         _tagged_fields          TAG_BUFFER       0
""", REQUEST.replace("0431 2e30", "03312e"))

    def test_error(self) -> None:
        self.shows("""\
HeartbeatRequest version 4, 5 bytes
0000  02 67                      groupId                 COMPACT_STRING  "g"      length 1+1
0002  00 00 05                   generationId            INT32
      ^ ERR_TRUNCATED at byte 2: INT32 takes 4 bytes, 3 bytes are left
""", "--message", "HeartbeatRequest", "--version", "4", "0267000005", status=1)


class Json(CommandTest):
    def test_same_facts(self) -> None:
        done = kwire("explain", "--json", REQUEST)
        self.assertEqual((0, ""), (done.status, done.err))
        found = json.loads(done.out)
        self.assertEqual((18, 4, 7, True), tuple(found[key] for key in ("apiKey", "version", "correlationId", "fine")))
        self.assertIn({"offset": 13, "size": 4, "depth": 1, "path": "clientSoftwareName", "type": "COMPACT_STRING",
                       "value": "jvm", "meaning": "length 3+1"}, found["rows"])


if __name__ == "__main__":
    main()
