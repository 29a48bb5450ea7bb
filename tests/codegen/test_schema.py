# SPDX-License-Identifier: Apache-2.0
"""The loader of the schema text: what it refuses, the line that it reports, and the model that it makes."""
import re
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "codegen"))

import schema  # noqa: E402
from schema import EMPTY, Range  # noqa: E402

SCHEMAS = ROOT / "tests" / "schemas"


class BadSchemas(unittest.TestCase):
    """The first line of each file is `# expect: LINE: part of the message`; a directory has one such file."""

    def expect(self, load, given: Path, file: Path) -> None:
        with file.open(encoding="utf-8") as lines:
            expected = re.fullmatch(r"# expect: (\d+): (.+)\n", next(lines))
        self.assertIsNotNone(expected, f"{file.name} has no expectation")
        with self.assertRaises(schema.SchemaError) as caught:
            load(given)
        where, line, message = str(caught.exception).removeprefix(str(file.parent) + "/").split(":", 2)
        self.assertEqual((where, line), (file.name, expected[1]), message)
        self.assertIn(expected[2], message)

    def test_files(self) -> None:
        files = sorted((SCHEMAS / "bad").glob("*.kws"))
        self.assertGreater(len(files), 70)
        for file in files:
            with self.subTest(file.name):
                self.expect(schema.load_file, file, file)

    def test_directories(self) -> None:
        directories = sorted(path for path in (SCHEMAS / "bad").iterdir() if path.is_dir())
        self.assertGreater(len(directories), 3)
        for directory in directories:
            with self.subTest(directory.name):
                file = next(f for f in directory.rglob("*.kws") if f.read_text().startswith("# expect"))
                self.expect(schema.load, directory, file)

    def test_not_utf8(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory, "latin.kws")
            file.write_bytes(b"data Bad\n  versions 0\n# \xe9\n")
            with self.assertRaisesRegex(schema.SchemaError, r"latin\.kws:3: not UTF-8"):
                schema.load_file(file)

    def test_empty_directory(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            with self.assertRaisesRegex(schema.SchemaError, r"no \*\.kws file"):
                schema.load(Path(directory))


class Sample(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.protocol = schema.load(SCHEMAS / "sample")

    def field(self, message: str, name: str, struct: str | None = None) -> schema.Field:
        found = self.protocol.message(message)
        owner = found.root if struct is None else next(s for s in found.structs if s.name == struct)
        return next(field for field in owner.fields if field.name == name)

    def test_messages(self) -> None:
        self.assertEqual([(api.key, api.name) for api in self.protocol.apis], [(7, "Shelf"), (9, "EmptyShelf")])
        self.assertEqual([message.name for message in self.protocol.messages],
                         ["ShelfRequest", "ShelfResponse", "EmptyShelfRequest", "EmptyShelfResponse",
                          "RequestHeader", "ResponseHeader", "ShelfLabel", "ShelfState",
                          "ShelfRecord", "ShelfPlaceKey", "ShelfPlaceValue"])
        request = self.protocol.apis[0].request
        self.assertEqual((request.kind, request.api_key), ("request", 7))
        self.assertEqual((request.versions, request.flexible), (Range(0, 5), Range(3, 5)))
        self.assertEqual((request.deprecated, request.unstable), (Range(0, 1), Range(5, 5)))
        self.assertEqual([request.header_version(version) for version in range(7)], [0, 1, 1, 2, 2, 3, None])
        self.assertEqual([(source.release, str(source.versions)) for source in request.sources],
                         [("1.0.0", "0-3"), ("2.1.0", "1-5")])
        self.assertEqual(request.listeners, ("broker", "controller"))
        label = self.protocol.message("ShelfLabel")
        self.assertEqual((label.kind, label.api_key, label.flexible, label.headers), ("data", None, EMPTY, ()))

    def test_what_is_persisted(self) -> None:
        record, place = self.protocol.record_types
        self.assertEqual((record.topic, record.type, record.name, record.key, record.value.kind),
                         ("cluster_metadata", 2, "ShelfRecord", None, "metadata"))
        self.assertEqual((place.topic, place.type, place.name, place.key.kind, place.value.kind),
                         ("consumer_offsets", 40, "ShelfPlace", "key", "value"))
        for message, path, topic in (
                (place.value, "persisted/consumer_offsets/shelf_place.kws", "consumer_offsets"),
                (self.protocol.message("ShelfState"), "persisted/files/shelf_state.kws", None),
                (self.protocol.message("ShelfLabel"), "shelf_label.kws", None)):
            self.assertEqual((message.path, message.topic), (path, topic))

    def test_defaults(self) -> None:
        expected = {"Open": False, "Level": 0, "Ratio": 0.0, "Id": bytes(16), "Title": "", "Cover": b"", "Batch": None,
                    "Locked": True, "HighMask": 4294967295, "LowOffset": -2**63, "Half": 0.0, "Motto": "spines out",
                    "Subtitle": "", "Note": None, "Seal": None, "Place": schema.STRUCT_DEFAULT, "Cursor": None,
                    "Bookmark": schema.STRUCT_DEFAULT, "Tickets": None, "Stamps": ()}
        for name, default in expected.items():
            with self.subTest(name):
                found = self.field("ShelfRequest", name).default
                self.assertEqual((type(found), found), (type(default), default))

    def test_field_ranges(self) -> None:
        seal = self.field("ShelfRequest", "Seal")
        self.assertEqual((seal.versions, seal.nullable, seal.flexible), (Range(2, 4), Range(2, 4), Range(3, 4)))
        bookmark = self.field("ShelfRequest", "Bookmark")
        self.assertEqual((bookmark.versions, bookmark.nullable, bookmark.tag, bookmark.tagged),
                         (Range(2, 5), Range(4, 5), 0, Range(3, 5)))
        weight = self.field("ShelfRequest", "Weight")
        self.assertEqual((weight.versions, weight.tagged, weight.ignorable), (Range(3, 5), Range(4, 5), True))
        self.assertEqual(self.field("ShelfRequest", "Plain").flexible, EMPTY)
        row = self.field("ShelfRequest", "Row", "Place")
        self.assertEqual((row.versions, row.flexible, row.tag), (Range(0, 2), EMPTY, None))
        self.assertEqual(self.field("ShelfRequest", "Room", "Place").versions, Range(0, 5))

    def test_types(self) -> None:
        rows = self.field("ShelfResponse", "Rows")
        self.assertEqual((rows.type, rows.array, rows.struct.name, rows.struct.common), ("struct", True, "Row", False))
        self.assertTrue(self.field("ShelfResponse", "RowId", "Row").key)
        self.assertEqual(self.field("ShelfResponse", "Widths").entity, "brokerId")
        person = self.field("ShelfResponse", "Keeper").struct
        self.assertIs(person, self.field("ShelfResponse", "Authors", "Book").struct)
        self.assertEqual((person.common, person.versions, person.flexible), (True, Range(1, 5), Range(3, 5)))
        self.assertEqual([struct.name for struct in self.protocol.message("ShelfResponse").structs],
                         ["Spot", "Person", "Book", "Row"])

    def test_every_feature(self) -> None:
        fields = [field for message in self.protocol.messages
                  for struct in (message.root, *message.structs) for field in struct.fields]
        self.assertEqual({field.type for field in fields if not field.array}, {*schema.PRIMITIVES, "struct"})
        self.assertEqual({field.type for field in fields if field.array},
                         {*schema.PRIMITIVES, "struct"} - {"records"})

    def test_min_wire_size(self) -> None:
        person = self.field("ShelfResponse", "Keeper").struct
        self.assertEqual([schema.min_wire_size(person, Range(v, v)) for v in range(1, 6)], [2, 10, 3, 3, 3])
        self.assertEqual(schema.min_wire_size(person), 2)
        self.assertEqual(schema.min_element_size(self.field("ShelfResponse", "Editors")), 3)
        self.assertEqual(schema.min_element_size(self.field("ShelfRequest", "Stamps")), 5)
        sizes = {"Flags": 1, "Ports": 2, "Masks": 4, "Ratios": 8, "Ids": 16, "Titles": 1, "Covers": 1, "Old": 2}
        for name, size in sizes.items():
            self.assertEqual(schema.min_element_size(self.field("ShelfResponse", name)), size, name)

    def test_snake_case(self) -> None:
        names = {"TopicId": "topic_id", "isKRaftController": "is_kraft_controller", "V0Host": "v0_host",
                 "KRaftVersionRecord": "kraft_version_record", "ACLEntry": "acl_entry", "Enable2Pc": "enable2_pc"}
        self.assertEqual({name: schema.snake_case(name) for name in names}, names)


class KafkaSchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.protocol = schema.load(ROOT / "schema")

    def test_counts(self) -> None:
        versions = sum(len(list(message.versions)) for message in self.protocol.messages)
        self.assertGreaterEqual(versions, 849)
        self.assertGreaterEqual(len(self.protocol.apis), 93)
        self.assertGreaterEqual(len(self.protocol.record_types), 55)

    def test_removed_versions_stay(self) -> None:
        spans = {"ProduceRequest": 0, "FetchResponse": 0, "ControlledShutdownRequest": 0, "UpdateMetadataRequest": 0,
                 "ShareFetchRequest": 0, "RequestHeader": 0}
        self.assertEqual({name: self.protocol.message(name).versions.lo for name in spans}, spans)

    def test_header_versions(self) -> None:
        expected = {("ProduceRequest", 8): 1, ("ProduceRequest", 9): 2, ("ControlledShutdownRequest", 0): 0,
                    ("ControlledShutdownRequest", 1): 1, ("ApiVersionsRequest", 3): 2, ("ApiVersionsResponse", 4): 0,
                    ("MetadataResponse", 8): 0, ("MetadataResponse", 9): 1, ("OffsetDeleteRequest", 0): 1}
        found = {(name, version): self.protocol.message(name).header_version(version) for name, version in expected}
        self.assertEqual(found, expected)

    def test_client_id_is_never_compact(self) -> None:
        client_id = self.protocol.message("RequestHeader").fields[-1]
        self.assertEqual((client_id.name, client_id.flexible, client_id.ignorable), ("ClientId", EMPTY, True))


if __name__ == "__main__":
    unittest.main()
