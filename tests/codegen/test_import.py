# SPDX-License-Identifier: Apache-2.0
"""The importer: its merge rules on small made-up jars, and its result against Kafka's own jars.

The second part needs KWIRE_JARS: the jars that schema/ was imported from, oldest release first, joined as in PATH.
It reads the jars' JSON on its own and shares no code with the importer.
"""
import contextlib
import io
import json
import os
import re
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from typing import Any, Iterator

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "codegen"))

import import_messages  # noqa: E402
import schema  # noqa: E402

JARS = [Path(jar) for jar in os.environ.get("KWIRE_JARS", "").split(os.pathsep) if jar]

# Layouts that a later release changed within a version; no stable release spoke them before.
REDEFINED = {("3.9.2", "ReadShareGroupStateSummaryResponse", 0)}


def message(**parts: Any) -> dict[str, Any]:
    return {"type": "data", "name": "Note", "validVersions": "0-1", "flexibleVersions": "none", "fields": [], **parts}


def field(name: str, versions: str = "0+", kind: str = "int32", **parts: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "versions": versions, "about": "A sentence.", **parts}


class Merge(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def jar(self, release: str, *messages: dict[str, Any] | str, artifact: str = "kafka-clients",
            inside: str = "common/message") -> Path:
        path = self.directory / f"{artifact}-{release}.jar"
        with zipfile.ZipFile(path, "w") as jar:
            for number, item in enumerate(messages):
                text = item if isinstance(item, str) else json.dumps(item)
                jar.writestr(f"{inside}/Message{number}.json", text)
        return path

    def run_importer(self, *arguments: Any) -> tuple[int, str, str]:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = import_messages.main([str(argument) for argument in arguments])
        return code, out.getvalue(), err.getvalue()

    def merge(self, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> schema.Message:
        code, _, problem = self.run_importer(
            self.jar("2.0.0", message(validVersions="1-2", fields=new)),
            self.jar("1.0.0", message(validVersions="0-1", fields=old)), "--out", self.directory / "schema")
        self.assertEqual((code, problem), (0, ""))
        return schema.load(self.directory / "schema").message("Note")

    def fails(self, text: str, *jars: Path) -> None:
        code, _, problem = self.run_importer(*jars, "--out", self.directory / "schema")
        self.assertEqual(code, 2)
        self.assertIn(text, problem)

    def fields(self, found: schema.Message) -> list[tuple[str, str]]:
        return [(field.name, str(field.versions)) for field in found.fields]

    def test_removed_and_added_fields(self) -> None:
        found = self.merge([field("First"), field("Old"), field("Last")],
                           [field("First"), field("New", "2+"), field("Last")])
        self.assertEqual(self.fields(found), [("First", "0-2"), ("Old", "0"), ("New", "2"), ("Last", "0-2")])
        self.assertEqual([(source.release, str(source.versions)) for source in found.sources],
                         [("1.0.0", "0-1"), ("2.0.0", "1-2")])

    def test_later_facts_count_for_later_versions(self) -> None:
        found = self.merge([field("Text", "0+", "string", nullableVersions="0+"), field("Size", "0+", default="1")],
                           [field("Text", "0+", "string", nullableVersions="0"), field("Size", "0-1", default="0x10")])
        text, size = found.fields
        self.assertEqual(str(text.nullable), "0")
        self.assertEqual((size.default, str(size.versions)), (16, "0-1"))

    def test_ignorable_follows_the_versions_without_the_field(self) -> None:
        found = self.merge([field("A", "1+", ignorable=True), field("B", "0-1", ignorable=True)],
                           [field("A", "1+"), field("B", "0-1")])
        self.assertEqual([field.ignorable for field in found.fields], [True, False])

    def test_sentences_stay_out(self) -> None:
        self.merge([field("Size")], [field("Size", about="Another sentence.")])
        self.assertNotIn("sentence", (self.directory / "schema" / "note.kws").read_text())

    def test_common_structs(self) -> None:
        def parts(versions: str) -> dict[str, Any]:
            return {"commonStructs": [{"name": "Row", "versions": "0+", "fields": [field("Size"), field("Old", "0")]}],
                    "fields": [field("Rows", versions, "[]Row")]}
        code, _, problem = self.run_importer(
            self.jar("1.0.0", message(**parts("0+"))),
            self.jar("2.0.0", message(**parts("0-1") | {"validVersions": "1-3"})), "--out", self.directory / "schema")
        self.assertEqual((code, problem), (0, ""))
        row, = schema.load(self.directory / "schema").message("Note").structs
        self.assertEqual((str(row.versions), [(f.name, str(f.versions)) for f in row.fields]),
                         ("0-1", [("Size", "0-1"), ("Old", "0")]))

    def test_explicit_header_versions(self) -> None:
        api = {"apiKey": 9, "validVersions": "0-2", "flexibleVersions": "1+", "fields": []}
        header = message(type="header", name="RequestHeader", validVersions="0-3")
        jar = self.jar("5.0.0", message(type="request", name="NoteRequest", headerVersions={"0": "1", "1+": "3"}) | api,
                       message(type="response", name="NoteResponse") | api,
                       header, header | {"name": "ResponseHeader"})
        self.assertEqual(self.run_importer(jar, "--out", self.directory / "schema")[0], 0)
        found = schema.load(self.directory / "schema").apis[0]
        self.assertEqual([found.request.header_version(version) for version in range(3)], [1, 3, 3])
        self.assertEqual([found.response.header_version(version) for version in range(3)], [0, 1, 1])

    def test_a_release_that_says_header_versions_after_one_that_does_not(self) -> None:
        """As in Kafka's trunk (KIP-1313): ranges begin at 0, the versions that are left do not; header 3 has a tag."""
        api = {"apiKey": 9, "flexibleVersions": "2+", "fields": []}

        def header(name: str, *fields: dict[str, Any], **parts: Any) -> dict[str, Any]:
            return message(type="header", name=name, fields=[field("CorrelationId"), *fields], **parts)

        client_id = field("ClientId", "1+", "string", nullableVersions="1+", flexibleVersions="none")
        instance = field("ClientInstanceId", "3+", "uuid", taggedVersions="3+", tag=0, ignorable=True)
        old = self.jar("1.0.0", message(type="request", name="NoteRequest") | api | {"validVersions": "0-2"},
                       message(type="response", name="NoteResponse") | api | {"validVersions": "0-2"},
                       header("RequestHeader", client_id, validVersions="0-2", flexibleVersions="2+"),
                       header("ResponseHeader", validVersions="0-1", flexibleVersions="1+"))
        new = self.jar("2.0.0", """
            {
              "apiKey": 9, "type": "request", "listeners": ["broker"], "name": "NoteRequest",
              // Version 0 was removed.
              "validVersions": "1-4", "flexibleVersions": "2+",
              "headerVersions": { "0-1": "1", "2-3": "2", "4+": "3" },
              "fields": []
            }""", message(type="response", name="NoteResponse", headerVersions={"0-1": "0", "2+": "1"}) | api | {
                "validVersions": "1-4"},
                       header("RequestHeader", client_id, instance, validVersions="0-3", flexibleVersions="2+"),
                       header("ResponseHeader", validVersions="0-1", flexibleVersions="1+"))
        out = self.directory / "schema"
        self.assertEqual(self.run_importer(old, new, "--out", out), (0, "", ""))
        self.assertIn("  header 1 0-1\n  header 2 2-3\n  header 3 4+\n", (out / "note.kws").read_text())
        loaded = schema.load(out)
        found = loaded.apis[0]
        self.assertEqual([found.request.header_version(version) for version in range(5)], [1, 1, 2, 2, 3])
        self.assertEqual([found.response.header_version(version) for version in range(5)], [0, 0, 1, 1, 1])
        tagged = loaded.message("RequestHeader").fields[-1]
        self.assertEqual((tagged.name, tagged.tag, str(tagged.tagged)), ("ClientInstanceId", 0, "3"))

    def test_comments(self) -> None:
        text = '// top\n' + json.dumps(message(fields=[field("Text", "0+", "string", default="a//b")])) + ' // end'
        self.assertEqual(self.run_importer(self.jar("1.0.0", text), "--out", self.directory / "schema")[0], 0)
        self.assertEqual(schema.load(self.directory / "schema").message("Note").fields[0].default, "a//b")

    def test_what_is_persisted(self) -> None:
        record = {"apiKey": 5, "validVersions": "0-1", "flexibleVersions": "1+"}
        key = message(type="coordinator-key", name="NoteKey", apiKey=7, validVersions="0", fields=[field("Id")])
        value = message(type="coordinator-value", name="NoteValue", fields=[field("Size")]) | {"apiKey": 7}
        jars = [self.jar("1.0.0", message(name="Wire")),
                self.jar("1.0.0", message(type="metadata", name="PageRecord") | record, artifact="kafka-metadata",
                         inside="common/metadata"),
                self.jar("1.0.0", message(type="metadata", name="RemoteRecord") | record, message(name="Snapshot"),
                         artifact="kafka-storage", inside="message"),
                self.jar("1.0.0", value, key, artifact="kafka-group-coordinator")]
        out = self.directory / "schema"
        self.assertEqual(self.run_importer(*jars, "--out", out), (0, "", ""))
        files = ["meson.build", "persisted/cluster_metadata/page_record.kws", "persisted/consumer_offsets/note.kws",
                 "persisted/files/snapshot.kws", "persisted/remote_log_metadata/remote_record.kws", "wire.kws"]
        self.assertEqual(sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*")), files)
        self.assertEqual(re.findall(r"'(.*)'", (out / "meson.build").read_text()),
                         sorted([*files[1:], "error_meanings.txt", "errors.txt", "late_fields.txt", "releases.txt"]))
        found = schema.load(out)
        self.assertEqual([(r.topic, r.type, r.name, r.key and r.key.name, r.value.name) for r in found.record_types],
                         [("cluster_metadata", 5, "PageRecord", None, "PageRecord"),
                          ("remote_log_metadata", 5, "RemoteRecord", None, "RemoteRecord"),
                          ("consumer_offsets", 7, "Note", "NoteKey", "NoteValue")])
        self.assertEqual(self.run_importer(*jars, "--out", out, "--check"), (0, "", ""))
        self.assertIn("-record 7 Note\n", self.run_importer(*jars[:3], "--out", out, "--check")[1])
        self.run_importer(*jars[:3], "--out", out)
        self.assertFalse((out / "persisted/consumer_offsets/note.kws").exists())

    def test_what_only_some_schemas_leave_out(self) -> None:
        """A default of JSON's null means no default; a tagged field exists in the versions in which it is tagged."""
        tagged = {"name": "Rows", "type": "[]int32", "nullableVersions": "0+", "taggedVersions": "1+", "tag": 0,
                  "default": None}
        jar = self.jar("1.0.0", message(flexibleVersions="1+", fields=[tagged]))
        self.assertEqual(self.run_importer(jar, "--out", self.directory / "schema")[0], 0)
        rows, = schema.load(self.directory / "schema").message("Note").fields
        self.assertEqual((rows.default, str(rows.versions), str(rows.nullable), str(rows.tagged)), ((), "1", "1", "1"))

    def test_check_and_rewrite(self) -> None:
        out = self.directory / "schema"
        first = self.jar("1.0.0", message(fields=[field("Size")]), message(name="Gone"))
        self.assertEqual(self.run_importer(first, "--out", out), (0, "", ""))
        self.assertEqual(self.run_importer(first, "--out", out, "--check"), (0, "", ""))
        second = self.jar("1.0.1", message(fields=[field("Size"), field("More", "1+")]))
        second = second.rename(self.directory / "kafka-clients-1.0.0.jar")
        code, diff, _ = self.run_importer(second, "--out", out, "--check")
        self.assertEqual(code, 1)
        self.assertIn("+  More int32 1+\n", diff)
        self.assertIn("-data Gone\n", diff)
        self.run_importer(second, "--out", out)
        self.assertEqual(sorted(path.name for path in out.iterdir()), ["meson.build", "note.kws"])

    def test_problems(self) -> None:
        def one(**parts: Any) -> Path:
            return self.jar("1.0.0", message(**parts))

        def two(old: dict[str, Any], new: dict[str, Any]) -> list[Path]:
            return [self.jar("1.0.0", message(**old)), self.jar("2.0.0", message(**new))]

        self.fails("unknown key 'colour'", one(colour="red"))
        self.fails("Note.Size: unknown key 'colour'", one(fields=[field("Size", colour="red")]))
        self.fails("bad version range '1..2'", one(fields=[field("Size", "1..2")]))
        self.fails("unknown message type 'letter'", one(type="letter"))
        self.fails("default 'x' of type bool", one(fields=[field("Open", "0+", "bool", default="x")]))
        self.fails("Message0.json: Expecting", self.jar("1.0.0", "{"))
        self.fails("no release in the file name", self.jar("trunk", message()))
        self.fails("a second 'Note'", self.jar("1.0.0", message(), message()))
        self.fails("no 'NoteResponse'", one(type="request", name="NoteRequest", apiKey=1))
        self.fails("no 'NoteValue'", self.jar("1.0.0", message(type="coordinator-key", name="NoteKey", apiKey=1),
                                              artifact="kafka-share-coordinator"))
        request = {"type": "request", "name": "NoteRequest", "apiKey": 1}
        self.fails("1+ overlaps", one(**request, headerVersions={"0-1": "1", "1+": "2"}))
        self.fails("do not match validVersions", one(**request, headerVersions={"1+": "2"}))
        self.fails("not known what messages", self.jar("1.0.0", message(), artifact="kafka-streams"))
        self.fails("a second 'Note'", self.jar("1.0.0", message()), self.jar("1.0.0", message(), artifact="kafka-raft"))
        self.fails("record type changed", *(
            self.jar(release, message(type="metadata", apiKey=number), artifact="kafka-metadata")
            for release, number in (("1.0.0", 1), ("2.0.0", 2))))
        self.fails("type changed", *two({"fields": [field("Size")], "validVersions": "0-1"},
                                        {"fields": [field("Size", kind="int64")], "validVersions": "1-2"}))
        self.fails("are not one range", *two({"validVersions": "0"}, {"validVersions": "2"}))
        self.fails("no order of fields fits", *two(
            {"fields": [field("A"), field("B")]}, {"fields": [field("B"), field("A")], "validVersions": "1-2"}))


def within(text: str, version: int) -> bool:
    lo, _, hi = text.partition("-")
    return text != "none" and (version >= int(text[:-1]) if text.endswith("+") else int(lo) <= version <= int(hi or lo))


def jar_messages(jar: Path) -> Iterator[dict[str, Any]]:
    with zipfile.ZipFile(jar) as files:
        for name in files.namelist():
            if re.search(r"(^|/)(message|metadata)/\w+\.json$", name):
                lines = files.read(name).decode().splitlines()
                yield json.loads("\n".join(line for line in lines if not line.strip().startswith("//")))


class JarMessage:
    """One message of one jar."""

    def __init__(self, found: dict[str, Any]):
        self.json = found
        self.name = found["name"]
        self.commons = {common["name"]: common["fields"] for common in found.get("commonStructs", [])}

    def versions(self) -> list[int]:
        return [version for version in range(200) if within(self.json["validVersions"], version)]

    def walk(self, version: int, fields: list | None = None, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        for item in self.json.get("fields", []) if fields is None else fields:
            if within(item.get("versions") or item["taggedVersions"], version):
                name = f"{path}/{item['name']}"
                yield name, item
                inner = item.get("fields") or self.commons.get(item["type"].removeprefix("[]"), [])
                yield from self.walk(version, inner, name)

    def layout(self, version: int) -> list[tuple]:
        compact = within(self.json["flexibleVersions"], version)
        lines = []
        for name, item in self.walk(version):
            kind, tagged = item["type"].removeprefix("[]"), within(item.get("taggedVersions", "none"), version)
            lines.append((name, item["type"].startswith("[]"), "struct" if kind[0].isupper() else kind,
                          within(item.get("nullableVersions", "none"), version), int(item["tag"]) if tagged else None,
                          compact and item.get("flexibleVersions") != "none"))
        return lines


def version_order(release: str) -> list[int]:
    return [int(number) for number in release.split(".")]


def without_names(layout: list[tuple]) -> list[tuple]:
    """Each field's depth instead of its path."""
    return [(line[0].count("/"), *line[1:]) for line in layout]


def model_walk(root: schema.Struct, version: int, path: str = "") -> Iterator[tuple[str, schema.Field]]:
    for item in root.fields:
        if version in item.versions:
            yield f"{path}/{item.name}", item
            if item.struct:
                yield from model_walk(item.struct, version, f"{path}/{item.name}")


def model_layout(found: schema.Message, version: int) -> list[tuple]:
    return [(name, item.array, item.type, version in item.nullable, item.tag if version in item.tagged else None,
             version in item.flexible) for name, item in model_walk(found.root, version)]


def json_default(item: dict[str, Any]) -> Any:
    text = "" if item.get("default") is None else str(item["default"])
    if text == "null" or item["type"] == "records":
        return None
    if item["type"].startswith("[]"):
        return ()
    if item["type"] == "bool":
        return text.lower() == "true"
    if re.fullmatch(r"u?int\d+", item["type"]):
        return int(text or "0", 0)
    usual = {"string": text, "bytes": b"", "uuid": bytes(16), "float64": 0.0}
    return usual.get(item["type"], schema.STRUCT_DEFAULT)


@unittest.skipUnless(JARS, "KWIRE_JARS does not name the jars")
class KafkaJars(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.protocol = schema.load(ROOT / "schema")
        cls.jars = [(re.search(r"-([\d.]+)\.jar$", jar.name)[1], [JarMessage(found) for found in jar_messages(jar)])
                    for jar in JARS]

    def test_schema_is_what_the_importer_writes(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()) as diff:
            code = import_messages.main([*map(str, JARS), "--out", str(ROOT / "schema"), "--check"])
        self.assertEqual((code, diff.getvalue()), (0, ""))

    def test_layouts(self) -> None:
        """Fields have the names of the newest release with the version; older ones may have used others."""
        compared = set()
        for release, messages in sorted(self.jars, key=lambda jar: version_order(jar[0]), reverse=True):
            for found in messages:
                for version in found.versions():
                    model = self.protocol.message(found.name)
                    self.assertIn(version, model.versions)
                    ours, theirs = model_layout(model, version), found.layout(version)
                    if (found.name, version) in compared:
                        ours, theirs = without_names(ours), without_names(theirs)
                    compared.add((found.name, version))
                    if (release, found.name, version) not in REDEFINED:
                        with self.subTest(release=release, message=found.name, version=version):
                            self.assertEqual(ours, theirs)
        self.assertEqual(compared, {(model.name, version) for model in self.protocol.messages
                                    for version in model.versions})
        self.assertGreaterEqual(len(compared), 860)

    def test_facts_without_versions(self) -> None:
        """Defaults, keys and entities are the newest release's; so is `ignorable` unless it has no effect there."""
        seen = set()
        for release, messages in reversed(self.jars):
            for found in messages:
                versions = found.versions()
                model = self.protocol.message(found.name) if versions else None
                for version in versions:
                    facts = dict(model_walk(model.root, version))
                    for name, item in found.walk(version):
                        if (found.name, name) in seen or name not in facts:
                            continue
                        always = all(name in dict(found.walk(other)) for other in versions)
                        with self.subTest(release=release, message=found.name, field=name):
                            fact = facts[name]
                            self.assertEqual(fact.default, json_default(item))
                            self.assertEqual((fact.key, fact.entity),
                                             (item.get("mapKey", False), item.get("entityType")))
                            if not always:
                                self.assertEqual(fact.ignorable, item.get("ignorable", False))
                        seen.add((found.name, name))
        self.assertGreater(len(seen), 1500)

    def test_messages(self) -> None:
        for _, messages in self.jars:
            for found in messages:
                if found.versions():
                    model = self.protocol.message(found.name)
                    self.assertEqual(model.kind, found.json["type"].removeprefix("coordinator-"))
                    self.assertEqual(model.api_key, found.json.get("apiKey"))


if __name__ == "__main__":
    unittest.main()
