#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The generator as a program: its output for the sample schema is the golden one, and bad input is refused.

    test_generate.py             runs the tests
    test_generate.py --update    regenerates the golden files
"""
from __future__ import annotations

import difflib
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATE = ROOT / "codegen" / "generate.py"
SAMPLE = ROOT / "tests" / "schemas" / "sample"
GOLDEN = ROOT / "tests" / "schemas" / "golden"
GROUPS = {"headers": Path("include/kwire/messages"), "tops": Path("include/kwire"), "sources": Path("lib")}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", str(GENERATE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def generate(schema: Path, out: Path) -> None:
    for group, folder in GROUPS.items():
        (out / folder).mkdir(parents=True, exist_ok=True)
        done = run("write", group, schema, out / folder)
        if done.returncode != 0:
            raise AssertionError(done.stderr)


def read_tree(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes()
            for path in sorted(directory.rglob("*")) if path.suffix in (".c", ".h")}


def difference(name: str, golden: bytes, made: bytes) -> str:
    return "".join(difflib.unified_diff(golden.decode().splitlines(True), made.decode().splitlines(True),
                                        f"golden/{name}", f"generated/{name}"))


def update() -> None:
    for name in read_tree(GOLDEN):
        (GOLDEN / name).unlink()
    generate(SAMPLE, GOLDEN)


class Golden(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.out = Path(directory.name)

    def test_output(self) -> None:
        generate(SAMPLE, self.out)
        golden, made = read_tree(GOLDEN), read_tree(self.out)
        text = "".join(difference(name, golden.get(name, b""), made.get(name, b""))
                       for name in sorted(golden.keys() | made.keys()))
        self.assertEqual(text, "", f"\n{text}\nIf this is intended: {Path(__file__).name} --update\n")
        self.assertEqual(golden.keys(), made.keys())

    def test_twice(self) -> None:
        generate(SAMPLE, self.out / "a")
        generate(SAMPLE, self.out / "b")
        self.assertEqual(read_tree(self.out / "a"), read_tree(self.out / "b"))

    def test_list(self) -> None:
        for group, folder in GROUPS.items():
            listed = run("list", group, SAMPLE).stdout.split()
            self.assertEqual(listed, sorted(path.name for path in (GOLDEN / folder).iterdir() if path.is_file()), group)

    def test_unchanged_files_stay(self) -> None:
        """A build recompiles only the files that a change of the schema affects."""
        generate(SAMPLE, self.out)
        files = [path for path in self.out.rglob("*") if path.is_file()]
        changed = self.out / "lib" / "shelf_label.c"
        for path in files:
            os.utime(path, (1, 1))
        changed.write_text("something else\n")
        generate(SAMPLE, self.out)
        self.assertEqual([path for path in files if path.stat().st_mtime != 1], [changed])
        self.assertEqual(changed.read_bytes(), (GOLDEN / "lib" / "shelf_label.c").read_bytes())

    def test_lines(self) -> None:
        """The generated code follows the style of the project."""
        for name, text in read_tree(GOLDEN).items():
            for number, line in enumerate(text.decode().split("\n"), 1):
                self.assertLessEqual(len(line), 120, f"{name}:{number}")
                self.assertEqual(line, line.rstrip(), f"{name}:{number}")
            self.assertTrue(text.endswith(b"\n") and not text.endswith(b"\n\n"), name)


def data_message(name: str, fields: str, flexible: str = "none") -> str:
    """A schema file; `fields` starts in line 6."""
    return f"data {name}\n  versions 0\n  flexible {flexible}\n  source 1.0.0 0\n\n{fields}"


class Refusals(unittest.TestCase):
    ROW = "  Rows []Row 0+\n    A int8 0+\n"
    # Name clashes: the files, the line of the last one where the error is reported, and the name in C.
    CLASHES = {
        "two structs": ({"shelf": data_message("Shelf", ROW + "  Others ShelfRow 0+\n    B int8 0+\n")}, 8,
                        "kw_shelf_row"),
        "a struct and a message": ({"shelf": data_message("Shelf", ROW),
                                    "shelf_row": data_message("ShelfRow", "  B int8 0+\n")}, 1, "kw_shelf_row"),
        "a struct and an array": ({"shelf": data_message("Shelf", ROW + "  Other RowArray 0+\n    B int8 0+\n")}, 8,
                                  "kw_shelf_row_array"),
        "a struct and a function": ({"shelf": data_message("Shelf", "  Other Init 0+\n    B int8 0+\n")}, 6,
                                    "kw_shelf_init"),
        "a struct and a description": ({"shelf": data_message("Shelf", "  Other Message 0+\n    B int8 0+\n")}, 6,
                                       "kw_shelf_message"),
        "a field and the unknown tags": ({"shelf": data_message("Shelf", "  UnknownTags int8 0+\n", "0+")}, 6,
                                         "unknown_tags"),
    }

    def refuse(self, files: dict[str, str], *added: Path, group: str = "sources") -> tuple[str, Path]:
        """Runs the generator on schema files; returns its error, which is one line without other output."""
        with tempfile.TemporaryDirectory() as directory:
            schema, out = Path(directory, "schema"), Path(directory, "out")
            schema.mkdir()
            out.mkdir()
            for path in added:
                Path(schema, path.name).write_bytes(path.read_bytes())
            for name, text in files.items():
                Path(schema, name if "." in name else f"{name}.kws").write_text(text)
            done = run("write", group, schema, out)
            self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertEqual(list(out.iterdir()), [])
            return done.stderr, schema

    def test_bad_schema(self) -> None:
        error, schema = self.refuse({"shelf": data_message("Shelf", "  A int9 0+\n")})
        self.assertTrue(error.startswith(f"{schema}/shelf.kws:6: "), error)

    def test_no_schema(self) -> None:
        done = run("list", "headers", "no/such/directory")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("no/such/directory", done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_bad_facts(self) -> None:
        for name in ("errors.txt", "releases.txt"):
            with self.subTest(name):
                error, schema = self.refuse({name: "# a comment\nnot a fact\n"}, *SAMPLE.glob("*.kws"))
                self.assertTrue(error.startswith(f"{schema}/{name}:2: "), error)

    FACTS = {"errors.txt": "0 NONE since 1.0\n", "error_meanings.txt": "0 NONE\n  Success.\n",
             "releases.txt": "releases 1.0 1.1\nmessage Shelf\n  0-1 1.0 -\n",
             "shelf": "data Shelf\n  versions 0-1\n  flexible 0+\n  source 1.1.0 0-1\n\n  Rows []Row 0+\n"
                      "    Name string 0+\n    Late int8 1+ tag 0 1+\n",
             "late_fields.txt": "Shelf\n  Rows.Late 1 1.1\n"}

    def test_facts(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            for name, text in self.FACTS.items():
                Path(directory, name if "." in name else f"{name}.kws").write_text(text)
            done = run("write", "facts", directory, directory)
            self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))
            made = Path(directory, "kafka_facts.c").read_text()
        self.assertIn('    {0, HANDLING_NONE, "1.0",\n     "Success."},\n};\n', made)
        self.assertIn('    {"Shelf", "rows[].late", {1, 1}, "1.1"},\n};\nconst size_t late_field_count = 1;\n', made)
        self.assertIn('    "1.0", "1.1",\n};\nconst size_t release_count = 2;\n', made)

    def test_facts_that_do_not_fit(self) -> None:
        for name, text, line in (("late_fields.txt", "Other\n  Rows.Late 1 1.1\n", 2),
                                 ("late_fields.txt", "Shelf\n  Rows.None 1 1.1\n", 2),
                                 ("late_fields.txt", "Shelf\n  Rows.Late.None 1 1.1\n", 2),
                                 ("late_fields.txt", "Shelf\n  Rows.Late 0-1 1.1\n", 2),
                                 ("error_meanings.txt", "1 NONE\n  Success.\n", 1)):
            error, schema = self.refuse(self.FACTS | {name: text}, group="facts")
            self.assertTrue(error.startswith(f"{schema}/{name}:{line}: "), error)

    def test_usage(self) -> None:
        for arguments in ([], ["write", "headers", SAMPLE], ["list", "headers"], ["paint", "headers", SAMPLE],
                          ["list", "colours", SAMPLE]):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn("generate.py list GROUP", done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_names_that_clash_in_c(self) -> None:
        for what, (files, line, name) in self.CLASHES.items():
            with self.subTest(what):
                error, schema = self.refuse(files)
                self.assertTrue(error.startswith(f"{schema}/{list(files)[-1]}.kws:{line}: "), error)
                self.assertRegex(error, rf"\b{name}\b")


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        update()
    else:
        unittest.main()
