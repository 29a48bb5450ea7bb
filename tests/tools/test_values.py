#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How kwire encode reads JSON values. The rules are Kafka's; tests say where kwire is stricter."""

import json

from command import CommandTest, main

LEAST64, MOST64 = -(1 << 63), (1 << 63) - 1


def quotas(value: str) -> str:
    return '{"entries":[{"entity":[],"ops":[{"key":"k","value":%s,"remove":false}]}],"validateOnly":false}' % value


def registration(port: str = "1", feature: str = "1", epoch: str = "1", uuid: str = "AAAAAAAAAAAAAAAAAAAAAQ") -> str:
    return ('{"brokerId":1,"clusterId":"c","incarnationId":"%s","listeners":[{"name":"n","host":"h","port":%s,'
            '"securityProtocol":0}],"features":[{"name":"f","minSupportedVersion":%s,"maxSupportedVersion":1}],'
            '"rack":null,"isMigratingZkBroker":false,"logDirs":[],"previousBrokerEpoch":%s}'
            % (uuid, port, feature, epoch))


class Values(CommandTest):
    def encode(self, message: str, version: int, value: str) -> str:
        answer = self.answer("encode", '{"message":"%s","version":%d,"value":%s}' % (message, version, value))
        self.assertIn("hex", answer, answer.get("error"))
        return answer["hex"]

    def refuses(self, detail: str, message: str, version: int, value: str, code: str = "ERR_VALUE") -> None:
        answer = self.answer("encode", '{"message":"%s","version":%d,"value":%s}' % (message, version, value))
        self.assertEqual({"code": code, "offset": 0, "detail": detail}, answer.get("error"))

    def decode(self, message: str, version: int, body: str, *options: str) -> dict:
        return self.answer("decode", {"message": message, "version": version, "hex": body}, *options)["value"]

    def survives(self, message: str, version: int, value: str, *options: str) -> dict:
        decoded = self.decode(message, version, self.encode(message, version, value), *options)
        self.assertEqual(json.loads(value), decoded)
        return decoded


class Integers(Values):
    def test_ranges(self) -> None:
        for name, field, least, most, make in (
            ("int16", "features[0].minSupportedVersion", -32768, 32767, lambda n: registration(feature=n)),
            ("uint16", "listeners[0].port", 0, 65535, lambda n: registration(port=n)),
        ):
            with self.subTest(name=name):
                for n in (least, most):
                    self.survives("BrokerRegistrationRequest", 4, make(str(n)))
                for n in (least - 1, most + 1):
                    self.refuses(f"{field}: expected an integer from {least} to {most}, got {n}",
                                 "BrokerRegistrationRequest", 4, make(str(n)))

    def test_int32(self) -> None:
        for n in (-(1 << 31), (1 << 31) - 1):
            self.survives("ControlledShutdownRequest", 0, '{"brokerId":%d}' % n)
        self.refuses("brokerId: expected an integer from -2147483648 to 2147483647, got 2147483648",
                     "ControlledShutdownRequest", 0, '{"brokerId":2147483648}')

    def test_int64(self) -> None:
        for n in (LEAST64, MOST64):
            self.survives("BrokerRegistrationRequest", 4, registration(epoch=str(n)))
        answer = self.answer("encode", '{"message":"BrokerRegistrationRequest","version":4,"value":%s}'
                             % registration(epoch=str(MOST64 + 1)))
        self.assertEqual("ERR_JSON", answer["error"]["code"])

    def test_int8_above_127_is_refused_although_kafka_wraps_it(self) -> None:
        value = '{"replicaId":-1,"isolationLevel":%d,"topics":[]}'
        for n in (-128, 127):
            self.survives("ListOffsetsRequest", 2, value % n)
        self.refuses("isolationLevel: expected an integer from -128 to 127, got 200",
                     "ListOffsetsRequest", 2, value % 200)

    def test_kinds(self) -> None:
        for text, kind in (("5.0", "a real number"), ('"5"', "a string"), ("true", "a boolean"), ("[]", "an array"),
                           ("{}", "an object")):
            self.refuses(f"brokerId: expected an integer, got {kind}",
                         "ControlledShutdownRequest", 0, '{"brokerId":%s}' % text)
        self.refuses("brokerId: null is not allowed", "ControlledShutdownRequest", 0, '{"brokerId":null}')


class Floats(Values):
    def bits(self, text: str) -> str:
        return self.encode("AlterClientQuotasRequest", 0, quotas(text))[30:46]

    def test_numbers(self) -> None:
        for text, bits in (("1.5", "3ff8000000000000"), ("-0.0", "8000000000000000"), ("5e-324", "0000000000000001"),
                           ("7", "401c000000000000"), ("1E22", "4480f0cf064dd592")):
            self.assertEqual(bits, self.bits(text))

    def test_what_kafka_writes_as_text_and_cannot_read(self) -> None:
        for text, bits in (('"NaN"', "7ff8000000000000"), ('"Infinity"', "7ff0000000000000"),
                           ('"-Infinity"', "fff0000000000000")):
            self.assertEqual(bits, self.bits(text))
            self.survives("AlterClientQuotasRequest", 0, quotas(text))

    def test_other_kinds(self) -> None:
        for text, kind in (('"nan"', "a string"), ('"1.5"', "a string"), ("true", "a boolean"),
                           ('"NaN\\u0000"', "a string")):
            self.refuses('entries[0].ops[0].value: expected a number, "NaN", "Infinity" or "-Infinity", got ' + kind,
                         "AlterClientQuotasRequest", 0, quotas(text))


class Texts(Values):
    def test_any_utf8(self) -> None:
        text = "\0\x01\"\\/\b\f\n\r\t\x7fé\u2028\U0001f680"
        for escaped in (True, False):
            value = json.dumps({"groupId": text, "generationId": 0, "memberId": ""}, ensure_ascii=escaped)
            self.survives("HeartbeatRequest", 0, value)

    def test_lone_surrogate(self) -> None:
        answer = self.answer("encode", r'{"message":"HeartbeatRequest","version":0,"value":{"groupId":"\ud800"}}')
        self.assertEqual("ERR_JSON", answer["error"]["code"])

    def test_longest(self) -> None:
        value = '{"groupId":"%s","generationId":0,"memberId":""}'
        self.survives("HeartbeatRequest", 0, value % ("x" * 32767))
        self.refuses("groupId: string is longer than 32767 bytes", "HeartbeatRequest", 0, value % ("x" * 32768),
                     "ERR_STRING_SIZE")

    def test_bool(self) -> None:
        self.refuses("allowAutoTopicCreation: expected a boolean, got an integer",
                     "MetadataRequest", 4, '{"topics":[],"allowAutoTopicCreation":1}')


class Bytes(Values):
    def test_base64(self) -> None:
        for text, data in (("", ""), ("AA==", "00"), ("AAE=", "0001"), ("AAEC", "000102"), ("+/+/AQ==", "fbffbf01"),
                           ("AR==", "01")):
            with self.subTest(text=text):
                size = len(data) // 2
                self.assertEqual(f"{size:08x}{data}",
                                 self.encode("SaslAuthenticateRequest", 0, '{"authBytes":"%s"}' % text))

    def test_not_base64(self) -> None:
        for text in ("A", "AQ", "AQ=", "AQ===", "=AQ=", "A===", "====", "AQ==AQ==",
                     "-_-_", "AQ= ", "AA\\nAA", "A\\u0000=="):
            with self.subTest(text=text):
                self.refuses("authBytes: expected standard base64 with its padding",
                             "SaslAuthenticateRequest", 0, '{"authBytes":"%s"}' % text)
        self.refuses("authBytes: null is not allowed", "SaslAuthenticateRequest", 0, '{"authBytes":null}')

    def test_records_are_bytes(self) -> None:
        value = ('{"transactionalId":null,"acks":1,"timeoutMs":1,"topicData":[{"name":"t","partitionData":'
                 '[{"index":0,"records":%s}]}]}')
        for records in ('"AAEC"', '""', "null"):
            self.survives("ProduceRequest", 9, value % records, "--raw-records")
        for records in ("[]", "null"):
            self.survives("ProduceRequest", 9, value % records)

    def test_uuid(self) -> None:
        uuid = "AAECAwQFBgcICQoLDA0-_w"
        plain = self.encode("BrokerRegistrationRequest", 4, registration(uuid=uuid))
        self.assertIn("000102030405060708090a0b0c0d3eff", plain)
        self.assertEqual(plain, self.encode("BrokerRegistrationRequest", 4, registration(uuid=uuid + "==")))
        for text in ("", uuid[:-1], uuid + "A", uuid + "=", uuid + "A=", uuid.replace("_", "/"), uuid + "==="):
            self.refuses("incarnationId: expected a UUID in 22 characters of URL-safe base64",
                         "BrokerRegistrationRequest", 4, registration(uuid=text))
        self.refuses("incarnationId: expected a string, got an integer",
                     "BrokerRegistrationRequest", 4, registration().replace('"AAAAAAAAAAAAAAAAAAAAAQ"', "0"))


class Structs(Values):
    def test_missing_field(self) -> None:
        self.refuses("topics[1].name: missing, but mandatory in version 4", "MetadataRequest", 4,
                     '{"topics":[{"name":"a"},{}],"allowAutoTopicCreation":true}')
        self.refuses("groupInstanceId: missing, but mandatory in version 3", "HeartbeatRequest", 3,
                     '{"groupId":"","generationId":0,"memberId":""}')

    def test_field_that_the_version_lacks_may_be_missing(self) -> None:
        self.assertEqual("0000" + "00000000" + "0000",
                         self.encode("HeartbeatRequest", 0, '{"groupId":"","generationId":0,"memberId":""}'))

    def test_tagged_field_may_be_missing(self) -> None:
        value = {"replicaState": {"replicaId": 1, "replicaEpoch": 2}, "maxWaitMs": 0, "minBytes": 0, "maxBytes": 0,
                 "isolationLevel": 0, "sessionId": 0, "sessionEpoch": 0, "topics": [], "forgottenTopicsData": [],
                 "rackId": ""}
        self.survives("FetchRequest", 16, json.dumps(value))
        self.survives("FetchRequest", 16, json.dumps(value | {"clusterId": "c"}))
        without = json.dumps(value | {"clusterId": None})
        del value["replicaState"]
        self.assertEqual(value, self.decode("FetchRequest", 16, self.encode("FetchRequest", 16, json.dumps(value))))
        self.assertNotIn("clusterId", self.decode("FetchRequest", 16, self.encode("FetchRequest", 16, without)))

    def test_unknown_key_is_refused_although_kafka_ignores_it(self) -> None:
        self.refuses('topics[0]: no version of MetadataRequestTopic has a field "nmae"; did you mean name?',
                     "MetadataRequest", 4, '{"topics":[{"nmae":"a"}],"allowAutoTopicCreation":true}')
        self.refuses('no version of HeartbeatRequest has a field "q\\u0001é"', "HeartbeatRequest", 0,
                     '{"groupId":"","generationId":0,"memberId":"","q\\u0001é":0}')

    def test_duplicate_key_is_refused_although_kafka_takes_the_last(self) -> None:
        answer = self.answer("encode", '{"message":"ControlledShutdownRequest","version":0,'
                                       '"value":{"brokerId":1,"brokerId":2}}')
        self.assertEqual("ERR_JSON", answer["error"]["code"])

    def test_field_of_another_version(self) -> None:
        value = '{"topics":[],"allowAutoTopicCreation":%s}'
        self.assertEqual("00000000", self.encode("MetadataRequest", 0, value % "true"))
        self.refuses("allowAutoTopicCreation: field is set but does not exist in this version",
                     "MetadataRequest", 0, value % "false", "ERR_FIELD_VERSION")
        self.refuses("allowAutoTopicCreation: expected a boolean, got a string", "MetadataRequest", 0, value % '"x"')

    def test_ignorable_field_of_another_version_is_dropped(self) -> None:
        self.assertEqual("00000001", self.encode("ControlledShutdownRequest", 0, '{"brokerId":1,"brokerEpoch":7}'))

    def test_null(self) -> None:
        value = '{"topics":null}'
        self.assertEqual("ffffffff", self.encode("MetadataRequest", 1, value))
        self.refuses("topics: null where the field is not nullable", "MetadataRequest", 0, value, "ERR_NULL")
        self.refuses("topics[0]: expected an object, got null", "MetadataRequest", 0, '{"topics":[null]}')
        self.refuses("expected an object, got null", "MetadataRequest", 0, "null")
        self.refuses("expected an object, got an array", "MetadataRequest", 0, "[]")
        self.refuses("topics: expected an array, got an object", "MetadataRequest", 0, '{"topics":{}}')

    def test_nullable_struct(self) -> None:
        value = '{"topics":[],"responsePartitionLimit":1,"cursor":%s}'
        self.survives("DescribeTopicPartitionsRequest", 0, value % "null")
        self.survives("DescribeTopicPartitionsRequest", 0, value % '{"topicName":"t","partitionIndex":3}')
        self.refuses("cursor.partitionIndex: missing, but mandatory in version 0",
                     "DescribeTopicPartitionsRequest", 0, value % '{"topicName":"t"}')

    def test_array_of_primitives(self) -> None:
        value = '{"brokerId":1,"clusterId":"","incarnationId":"AAAAAAAAAAAAAAAAAAAAAA","listeners":[],"features":[],' \
                '"rack":null,"isMigratingZkBroker":false,"logDirs":%s,"previousBrokerEpoch":-1}'
        self.survives("BrokerRegistrationRequest", 4, value % '["AAAAAAAAAAAAAAAAAAAAAQ","AAAAAAAAAAAAAAAAAAAAAg"]')
        self.refuses("logDirs[1]: expected a string, got null", "BrokerRegistrationRequest", 4,
                     value % '["AAAAAAAAAAAAAAAAAAAAAQ",null]')


if __name__ == "__main__":
    main()
