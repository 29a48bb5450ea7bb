#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/help agrees with the command: options, examples, manual pages, completion. KWIRE_HELP in the environment is the
folder with the files generated from it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from command import KWIRE, CommandTest, kwire, main

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "tools" / "help"
MADE = Path(os.environ.get("KWIRE_HELP", "."))
sys.path.insert(0, str(SOURCES))

import help_source  # noqa: E402

KAFKA = subprocess.run([ROOT / "scripts" / "kafka-release", "newest"], check=True, capture_output=True, text=True)
MARKS = {"KAFKA": KAFKA.stdout.strip(), "VERBS": "verb  what it does"}
HELPS = {path.stem: help_source.read(path, MARKS) for path in sorted(SOURCES.glob("*.txt"))}
VERBS = sorted(set(HELPS) - {"kwire"})


def built() -> list[str]:
    """The verbs of this build, some of which need a library."""
    return [verb for verb in VERBS if "unknown verb" not in kwire(verb, "--help").err]


class Options(CommandTest):
    def test_those_described_are_known(self) -> None:
        for verb in built():
            for option in HELPS[verb].options():
                for name in option.names:
                    with self.subTest(verb=verb, option=name):
                        given = kwire(verb, f"{name}=1", "--no-such-option").err
                        self.assertNotIn(f'unknown option "{name}"', given)
                        self.assertEqual("takes no value" in given, not option.value, given)

    def test_those_known_are_described(self) -> None:
        described = {name for one in HELPS.values() for option in one.options() for name in option.names}
        for source in sorted((ROOT / "tools").rglob("*.c")):
            for name in re.findall(r'\{"(--?[a-z][a-z-]*)"', source.read_text(encoding="utf-8")):
                self.assertIn(name, described, source.name)

    def test_usage_lines_name_described_options(self) -> None:
        for verb in VERBS:
            named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", "\n".join(HELPS[verb].lines("USAGE"))))
            self.assertLessEqual(named, {name for option in HELPS[verb].options() for name in option.names}, verb)


class Verb(CommandTest):
    """kwire help"""

    def test_it_is_the_text_of_the_option(self) -> None:
        self.assertEqual(kwire("--help"), kwire("help"))
        for verb in built():
            self.assertEqual(kwire(verb, "--help"), kwire("help", verb))
        self.assertEqual(kwire("--version"), kwire("-V"))
        self.complains(2, 'kwire: unknown verb "explian"; did you mean explain? (see kwire --help)', "help", "explian")
        self.complains(2, "kwire: help is of one verb (see kwire --help)", "help", "explain", "diff")


class Examples(CommandTest):
    def test_each_prints_what_it_says(self) -> None:
        """Those with an output; "..." stands for any lines."""
        count = 0
        for verb in built():
            text = "\n".join(line.strip() for line in HELPS[verb].lines("EXAMPLES"))
            for command, output in re.findall(r"^\$ (kwire .*)\n((?:(?!\$ ).*\n?)*)", text.replace("\\\n", ""),
                                              re.MULTILINE):
                if output.strip():
                    count += 1
                    done = kwire(*shlex.split(command)[1:])
                    expected = re.escape(output.strip()).replace(re.escape("...") + "\\\n", "(.*\n)*")
                    got = "\n".join(line.strip() for line in (done.out + done.err).strip().split("\n"))
                    self.assertRegex(got, rf"\A{expected}\Z", command)
        self.assertGreater(count, 2)


def members(value: object) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(members, value))
    return set(value) | members(list(value.values())) if isinstance(value, dict) else set()


class Json(CommandTest):
    """The section JSON of the verbs that list."""

    def test_every_member_is_described(self) -> None:
        for verb, *words in (("apis",), ("apis", "ApiVersions"), ("apis", "--release", "3.9"),
                             ("apis", "--diff", "3.9", "4.0"), ("errors",), ("errors", "3"), ("schema",),
                             ("schema", "ApiVersionsResponse"), ("schema", "ApiVersionsResponse", "3"),
                             ("schema", "MetadataRequest", "--diff"), ("schema", "PartitionRecord", "--diff", "0", "2"),
                             ("schema", "ProduceRequest", "3"), ("schema", "ProduceRequest")):
            done = kwire(verb, *words, "--json")
            self.assertEqual((0, ""), (done.status, done.err))
            described = set(re.findall(r"\w+", " ".join(HELPS[verb].lines("JSON"))))
            self.assertEqual(set(), members(json.loads(done.out)) - described, (verb, *words))

    def test_every_described_member_is_printed(self) -> None:
        outputs = {"apis": (["ControlledShutdown"], ["--diff", "3.9", "4.0"], ["Metadata"]), "errors": (["3"],),
                   "schema": (["UpdateMetadataRequest"], ["FetchRequest", "17"], ["PartitionRecord"],
                              ["ApiVersionsResponse", "3"], ["MetadataRequest", "--diff"], ["FetchRequest"],
                              ["MetadataResponse"], ["UpdateMetadataRequest", "8"])}
        for verb, runs in outputs.items():
            printed = set().union(*(members(json.loads(kwire(verb, *words, "--json").out)) for words in runs))
            for block in HELPS[verb].sections["JSON"]:
                for term, _ in block.items() if block.kind == "items" else []:
                    self.assertLessEqual(set(term.split(", ")), printed, verb)


class ManualPages(CommandTest):
    def test_one_for_each_verb(self) -> None:
        pages = {path.name for path in MADE.glob("*.1")}
        self.assertEqual({"kwire.1"} | {f"kwire-{verb}.1" for verb in VERBS}, pages)

    def test_every_word_is_in_them(self) -> None:
        """Formatted, they have the words of the source in the same order."""
        if shutil.which("mandoc") is None:
            self.skipTest("mandoc is not installed")
        for verb in VERBS:
            done = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=200", str(MADE / f"kwire-{verb}.1")],
                                  check=True, capture_output=True, text=True)
            shown = re.sub(r".\x08", "", done.stdout).replace("\u2019", "'").split()
            expected = " ".join(line for heading in HELPS[verb].sections for line in HELPS[verb].lines(heading)).split()
            rest = iter(shown)
            missing = [word for word in expected if word not in rest]
            self.assertEqual([], missing[:1], verb)

    def test_are_well_formed(self) -> None:
        if shutil.which("mandoc") is None:
            self.skipTest("mandoc is not installed")
        for page in sorted(MADE.glob("*.1")):
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(page)], check=False,
                                  capture_output=True, text=True)
            complaints = [line for line in done.stdout.splitlines() if "missing date" not in line]
            self.assertEqual([], complaints)


class Completion(CommandTest):
    def complete(self, line: str, folder: str = ".") -> list[str]:
        """The completions of bash at the end of the line."""
        script = f"""
            PATH={shlex.quote(str(Path(KWIRE).parent))}:$PATH
            source {shlex.quote(str(MADE / 'kwire'))}
            COMP_LINE={shlex.quote(line)} COMP_POINT={len(line)}
            _kwire
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=True)
        self.assertEqual("", done.stderr)
        return sorted(filter(None, done.stdout.split("\n")))

    def test_verbs(self) -> None:
        self.assertEqual(sorted([*VERBS, "help", "--help", "--version"]), self.complete("kwire "))
        self.assertEqual(["decode"], self.complete("kwire deco"))

    def test_options(self) -> None:
        self.assertEqual(["--strict"], self.complete("kwire decode --st"))
        self.assertEqual(["--help", "--json", "--names"], self.complete("kwire errors -"))
        self.assertEqual([], self.complete("kwire decode --max-memory 6"))
        self.assertEqual([], self.complete("kwire decode --max-memory "))

    def test_names_of_the_protocol(self) -> None:
        self.assertEqual(["DescribeTopicPartitions", "DescribeTransactions"], self.complete("kwire apis DescribeT"))
        self.assertEqual(["UNKNOWN_TOPIC_ID", "UNKNOWN_TOPIC_OR_PARTITION"],
                         self.complete("kwire errors UNKNOWN_TOPIC_"))

    def test_words_of_zsh(self) -> None:
        """zsh reads it, and names every verb and option."""
        script = MADE / "_kwire"
        text = script.read_text(encoding="utf-8")
        for verb in VERBS:
            self.assertIn(f"        {verb})", text)
            for option in HELPS[verb].options():
                for name in option.names:
                    self.assertIn(f"'{name}[", text)
        if shutil.which("zsh") is not None:
            subprocess.run(["zsh", "-n", str(script)], check=True)


class Source(CommandTest):
    """Errors that make_help.py reports, with file and line."""

    def refused(self, text: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "verb.txt")
            path.write_text(text, encoding="utf-8")
            with self.assertRaises(SystemExit) as caught:
                help_source.read(path, {})
            return str(caught.exception.code).removeprefix(f"{folder}/")

    def test_refusals(self) -> None:
        good = "verb - what it does\n\nUSAGE\n  kwire verb\n\nDESCRIPTION\n  Text.\n\nEXIT STATUS\n  0  fine\n"
        for text, expected in (
                (good.replace("verb -", "word -"), 'verb.txt:1: the first line is "verb - SUMMARY"'),
                (good.replace("Text.", "Text. "), "verb.txt:7: more than 85 columns, white space at the end, or a tab"),
                (good.replace("DESCRIPTION", "Description"), "verb.txt:6: neither indented by two nor a new heading"),
                (good.replace("DESCRIPTION", "USAGE"), "verb.txt:6: neither indented by two nor a new heading"),
                (good.replace("USAGE\n", ""), "verb.txt:3: text before the first heading"),
                (good.replace("EXIT STATUS", "END"), "verb.txt:11: the section EXIT STATUS is missing")):
            with self.subTest(expected):
                self.assertTrue(self.refused(text).startswith(expected), self.refused(text))


if __name__ == "__main__":
    main()
