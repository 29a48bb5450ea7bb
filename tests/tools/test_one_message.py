#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kwire decode MESSAGE VERSION [HEX] and kwire encode MESSAGE VERSION [JSON]."""

import tempfile
from pathlib import Path

from command import CommandTest, kwire, main

HEARTBEAT = ('{"groupId":"g","generationId":5,"memberId":"m","groupInstanceId":null}', "026700000005026d0000")


class Decode(CommandTest):
    def test_hex_as_a_word(self) -> None:
        self.prints(HEARTBEAT[0], "decode", "HeartbeatRequest", "4", HEARTBEAT[1])

    def test_hex_from_standard_input(self) -> None:
        self.prints(HEARTBEAT[0], "decode", "HeartbeatRequest", "4", stdin=HEARTBEAT[1] + "\n")

    def test_input_from_files(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "input")
            path.write_text(HEARTBEAT[1] + "\n", encoding="utf-8")
            self.prints(HEARTBEAT[0], "decode", "HeartbeatRequest", "4", f"@{path}")
            path.write_text(HEARTBEAT[0], encoding="utf-8")
            self.prints(HEARTBEAT[1], "encode", "HeartbeatRequest", "4", f"@{path}")
            self.prints(HEARTBEAT[1], "encode", "HeartbeatRequest", "4", "-", stdin=HEARTBEAT[0])
            self.prints(HEARTBEAT[0], "decode", "HeartbeatRequest", "4", "-", stdin=HEARTBEAT[1])
            for verb in ("decode", "encode"):
                self.complains(3, f"kwire: {folder}/none: No such file or directory", verb, "HeartbeatRequest", "4",
                               f"@{folder}/none")

    def test_names_in_any_case(self) -> None:
        self.prints(HEARTBEAT[0], "decode", "heartbeatREQUEST", "4", HEARTBEAT[1])
        names = kwire("schema", "--names").out.split()
        self.assertEqual(len(names), len({name.lower() for name in names}), "ambiguous in small letters")
        self.assertEqual(kwire("schema", "HeartbeatRequest").out, kwire("schema", "heartbeatrequest").out)
        self.assertEqual(kwire("apis", "Heartbeat").out, kwire("apis", "HEARTBEAT").out)
        self.assertEqual(kwire("errors", "NOT_COORDINATOR").out, kwire("errors", "not_coordinator").out)

    def test_sizes(self) -> None:
        for size in ("64K", "64k", "65536", "1M", "2G"):
            self.prints(HEARTBEAT[0], "decode", "--max-memory", size, "HeartbeatRequest", "4", HEARTBEAT[1])
        for size in ("63K", "K", "-1M", "1T", "1 M", "9999999999999G", "99999999999999999999999999999M"):
            self.complains(2, "kwire: decode: --max-memory is a number of bytes, at least 65536 (see kwire decode "
                              "--help)", "decode", f"--max-memory={size}", "HeartbeatRequest", "4", HEARTBEAT[1])

    def test_white_space_and_upper_case(self) -> None:
        self.prints(HEARTBEAT[0], "decode", "HeartbeatRequest", "4", "0267 00000005\n02\t6D 0 0 00")

    def test_pretty(self) -> None:
        done = kwire("decode", "--pretty", "AlterClientQuotasRequest", "0",
                     "00000001 00000001 0003 7b225d ffff 00000000 01")
        self.assertEqual(
            '{\n'
            '  "entries": [\n'
            '    {\n'
            '      "entity": [\n'
            '        {\n'
            '          "entityType": "{\\"]",\n'
            '          "entityName": null\n'
            '        }\n'
            '      ],\n'
            '      "ops": []\n'
            '    }\n'
            '  ],\n'
            '  "validateOnly": true\n'
            '}\n', done.out)

    def test_empty_object_is_pretty(self) -> None:
        self.prints("{}", "decode", "--pretty", "ListGroupsRequest", "0", "")

    def test_path_and_offset_of_an_error(self) -> None:
        self.complains(1, "kwire: ERR_LENGTH at byte 8: topics[1].name: length exceeds the bytes left",
                       "decode", "MetadataRequest", "0", "00000002 0002 6162 0003 6162")

    def test_bytes_left_over(self) -> None:
        done = kwire("decode", "HeartbeatRequest", "4", HEARTBEAT[1] + "ff")
        self.assertEqual((0, HEARTBEAT[0] + "\n", "kwire: 1 byte is left after the message\n"), done)
        self.complains(1, "kwire: ERR_TRAILING at byte 10: bytes left over after the message: 2 of them",
                       "decode", "--strict", "HeartbeatRequest", "4", HEARTBEAT[1] + "ffff")

    def test_unknown_tagged_fields(self) -> None:
        encoded = "0278" "0231" "02" "05020102" "0900"
        value = '{"clientSoftwareName":"x","clientSoftwareVersion":"1"'
        tags = '"_unknownTaggedFields":[{"tag":5,"data":"AQI="},{"tag":9,"data":""}]}'
        for more in ((), ("--strict",)):
            done = kwire("decode", *more, "ApiVersionsRequest", "3", encoded)
            self.assertEqual((0, value + "}\n",
                              "kwire: 2 unknown tagged fields are not shown (see --unknown-tags)\n"), done)
        self.prints(f"{value},{tags}", "decode", "--unknown-tags", "ApiVersionsRequest", "3", encoded)
        self.prints(encoded, "encode", "ApiVersionsRequest", "3", f"{value},{tags}")
        self.prints("{" + tags, "decode", "--unknown-tags", "ListGroupsRequest", "3", encoded[8:])

    def test_unknown_tagged_fields_in_arrays(self) -> None:
        """Of elements, and of no others."""
        encoded = "02" + "00" * 16 + "026100" + "000000"
        done = kwire("decode", "--unknown-tags", "MetadataRequest", "12", encoded)
        self.assertNotIn("_unknown", done.out)
        encoded = "02" + "00" * 16 + "0261" + "0107020001" + "0000" + "00"
        self.prints('{"topics":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAA","name":"a",'
                    '"_unknownTaggedFields":[{"tag":7,"data":"AAE="}]}],"allowAutoTopicCreation":false,'
                    '"includeTopicAuthorizedOperations":false}',
                    "decode", "--unknown-tags", "MetadataRequest", "12", encoded)

    def test_bad_hex(self) -> None:
        self.complains(1, 'kwire: ERR_HEX at byte 2: "0g" is not a pair of hex digits',
                       "decode", "HeartbeatRequest", "4", "0267 0g 00")
        self.complains(1, "kwire: ERR_HEX at byte 1: an odd number of hex digits",
                       "decode", "HeartbeatRequest", "4", "026")

    def test_unknown_message_and_version(self) -> None:
        self.complains(1, 'kwire: ERR_UNKNOWN_MESSAGE: unknown message "HartbeatRequest"; '
                          'did you mean HeartbeatRequest?', "decode", "HartbeatRequest", "4", "")
        self.complains(1, "kwire: ERR_VERSION: HeartbeatRequest has versions 0 to 4, not 5",
                       "decode", "HeartbeatRequest", "5", "")
        self.complains(1, "kwire: ERR_VERSION: HeartbeatRequest has versions 0 to 4, not -1",
                       "decode", "HeartbeatRequest", "-1", "")


class Encode(CommandTest):
    def test_unknown_tagged_fields_that_are_wrong(self) -> None:
        for tags, complaint in (
                ('5', '_unknownTaggedFields: expected an array'),
                ('[5]', '_unknownTaggedFields[0]: expected an object'),
                ('[{"tag":5}]', '_unknownTaggedFields[0].data: missing'),
                ('[{"tag":-1,"data":""}]', '[0].tag: expected an integer from 0 to 4294967295, got -1'),
                ('[{"tag":1,"data":"?"}]', '_unknownTaggedFields[0].data: expected standard base64'),
                ('[{"tag":1,"data":"","size":0}]', '_unknownTaggedFields[0]: no version of'),
                ('[{"tag":2,"data":""},{"tag":2,"data":""}]', 'ERR_TAG_DUPLICATE')):
            done = kwire("encode", "ListGroupsRequest", "3", '{"_unknownTaggedFields":' + tags + "}")
            self.assertEqual((1, ""), (done.status, done.out))
            self.assertIn(complaint, done.err)
        self.complains(1, "kwire: ERR_FIELD_VERSION: unknownTag1: field is set but does not exist in this version",
                       "encode", "ListGroupsRequest", "2", '{"_unknownTaggedFields":[{"tag":1,"data":""}]}')
        self.complains(1, 'kwire: ERR_VALUE: no version of SaslHandshakeRequest has a field "_unknownTaggedFields"',
                       "encode", "SaslHandshakeRequest", "1", '{"mechanism":"","_unknownTaggedFields":[]}')

    def test_json_as_a_word(self) -> None:
        self.prints(HEARTBEAT[1], "encode", "HeartbeatRequest", "4", HEARTBEAT[0])

    def test_json_from_standard_input(self) -> None:
        self.prints(HEARTBEAT[1], "encode", "HeartbeatRequest", "4", stdin=HEARTBEAT[0].replace(",", ",\n"))

    def test_undoes_pretty(self) -> None:
        text = kwire("decode", "--pretty", "HeartbeatRequest", "4", HEARTBEAT[1]).out
        self.prints(HEARTBEAT[1], "encode", "HeartbeatRequest", "4", stdin=text)

    def test_bad_json(self) -> None:
        self.complains(1, "kwire: ERR_JSON: no JSON, only white space",
                       "encode", "HeartbeatRequest", "4", stdin=" \n")
        done = kwire("encode", "HeartbeatRequest", "4", '{"groupId":"g",\n"generationId":}')
        self.assertEqual((1, ""), (done.status, done.out))
        self.assertRegex(done.err, r"\Akwire: ERR_JSON at byte 3\d: [^\n]+\n\Z")

    def test_missing_fields(self) -> None:
        self.complains(1, "kwire: ERR_VALUE: groupId: missing, but mandatory in version 4",
                       "encode", "HeartbeatRequest", "4", "{}")
        self.prints("0100000000010000", "encode", "--defaults", "HeartbeatRequest", "4", "{}")
        self.prints("0267000000000100" "00", "encode", "--defaults", "HeartbeatRequest", "4",
                    '{"groupId":"g"}')
        self.prints("ffffffff" "000003e8" "00000001" "7fffffff" "00000000", "encode", "--defaults", "FetchRequest", "3",
                    '{"maxWaitMs":1000,"minBytes":1}')

    def test_missing_fields_in_an_array(self) -> None:
        value = '{"topics":[{},{"name":"t"}]}'
        self.complains(1, "kwire: ERR_VALUE: topics[0].name: missing, but mandatory in version 4",
                       "encode", "MetadataRequest", "4", value)
        self.prints("00000002" "0000" "000174" "01", "encode", "--defaults", "MetadataRequest", "4", value)

    def test_defaults_that_the_version_does_not_allow(self) -> None:
        self.complains(1, "kwire: ERR_NULL: topics: null where the field is not nullable",
                       "encode", "--defaults", "MetadataRequest", "0", '{"topics":null}')

    def test_defaults_hide_no_error(self) -> None:
        self.complains(1, 'kwire: ERR_VALUE: no version of HeartbeatRequest has a field "groupid"; '
                          'did you mean groupId?', "encode", "--defaults", "HeartbeatRequest", "4", '{"groupid":"g"}')
        self.complains(2, "kwire: decode: unknown option \"--defaults\" (see kwire decode --help)",
                       "decode", "--defaults", "HeartbeatRequest", "4", "")

    def test_value_that_the_version_cannot_carry(self) -> None:
        self.complains(1, "kwire: ERR_FIELD_VERSION: allowAutoTopicCreation: "
                          "field is set but does not exist in this version",
                       "encode", "MetadataRequest", "0", '{"topics":[],"allowAutoTopicCreation":false}')


if __name__ == "__main__":
    main()
