#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/mutate plants the faults that it describes, and reports which of them a test notices.

    test_mutate.py [MESON]    the path of meson, for the end-to-end test
"""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from mutation import equivalent, operators, reach, syntax  # noqa: E402
from mutation.operators import Key  # noqa: E402

MESON = ""
BELOW_C = """\
/* SPDX-License-Identifier: Apache-2.0 */
int below(int a, int limit)
{
    if (a < limit)
        return a - 0;
    return -1;
}
"""
TEST_C = """\
/* SPDX-License-Identifier: Apache-2.0 */
int below(int a, int limit);

int main(void)
{
    while (below(0, 1) == -1)
        ;
    return CONDITION ? 0 : 1;
}
"""
MESON_BUILD = """\
# SPDX-License-Identifier: Apache-2.0
project('toy', 'c', default_options: ['warning_level=2'])
parts = static_library('parts', 'below.c')
test('toy', executable('toy', 'test.c', link_with: parts), suite: 'toys')
"""
LESS_OR_EQUAL = Key("below.c", "below", "if (a < limit)", "relation: < -> <=", 1)


def changes(body: str, *names: str, head: str = "void f(int a, int b)") -> list[str]:
    """The mutants of a function's body, of some operators or of all."""
    mutants = operators.mutants_of("f.c", f"{head}\n{{\n{body}\n}}\n")
    return [mutant.key.change for mutant in mutants if not names or mutant.key.change.split(":")[0] in names]


class Tokens(unittest.TestCase):
    def texts(self, source: str) -> list[str]:
        return [token.text for token in syntax.tokens_of(source)]

    def test_marks_are_as_long_as_they_can_be(self) -> None:
        self.assertEqual(self.texts("a<<=b->c>=d--&&!e"),
                         ["a", "<<=", "b", "->", "c", ">=", "d", "--", "&&", "!", "e"])

    def test_what_is_no_code_is_left_out(self) -> None:
        comments = "a /* < 1 */ // if (x) \\\n still\n"
        self.assertEqual(self.texts(comments + "#if A < 1 \\\n && B\n  # define C /* \n */ 1\nb"), ["a", "b"])

    def test_texts_are_one_token(self) -> None:
        self.assertEqual(self.texts(r'''f("a \" /* < ", '\'', u8"//", L'<')'''),
                         ["f", "(", r'"a \" /* < "', ",", r"'\''", ",", 'u8"//"', ",", "L'<'", ")"])

    def test_numbers(self) -> None:
        self.assertEqual(self.texts("0x1e+1 1e+1 1.5f -1 .5"), ["0x1e+1", "1e+1", "1.5f", "-", "1", ".5"])


class Operators(unittest.TestCase):
    def test_relations(self) -> None:
        self.assertEqual(changes("a = a < b;", "relation"), ["relation: < -> <=", "relation: < -> >="])
        self.assertEqual(changes("a = a >= b;", "relation"), ["relation: >= -> >", "relation: >= -> <"])
        self.assertEqual(changes("a = a == b;", "relation"), ["relation: == -> !="])
        self.assertEqual(changes('a->b = c << 1; puts("a < b"); // a < b', "relation"), [])

    def test_logic(self) -> None:
        self.assertEqual(changes("a = a && b || &a;", "logic"), ["logic: && -> ||", "logic: || -> &&"])

    def test_sums_have_two_operands(self) -> None:
        self.assertEqual(changes("a = (a) - -b + f(1) - (int)-1;", "sum"),
                         ["sum: - -> +", "sum: + -> -", "sum: - -> +"])
        self.assertEqual(changes("return -1;", "sum"), [])
        self.assertEqual(changes("a += b; a -= b;", "sum"), ["sum: += -> -=", "sum: -= -> +="])

    def test_conditions_that_no_relation_negates(self) -> None:
        self.assertEqual(changes("if (f(a < b)) a = b;", "condition"), ["condition: (f(a < b)) -> (!(f(a < b)))"])
        self.assertEqual(changes("while (a < b && b) a++;", "condition"),
                         ["condition: (a < b && b) -> (!(a < b && b))"])
        self.assertEqual(changes("if (a < b) a = b;", "condition"), [])

    def test_constants(self) -> None:
        self.assertEqual(changes("a = 0;", "constant"), ["constant: 0 -> 1"])
        self.assertEqual(changes("a = 64u;", "constant"), ["constant: 64u -> 65u", "constant: 64u -> 63u"])
        self.assertEqual(changes("a = 0x10;", "constant"), ["constant: 0x10 -> 0x11", "constant: 0x10 -> 0xf"])
        self.assertEqual(changes("a = 1.5;", "constant"), [])

    def test_calls_and_assignments_disappear(self) -> None:
        body = "int c = 1; struct x *d = f(); if (a)\n g(a);\n else\n a = b; *d = 1; (void)h(); a++; return;"
        deleted = ("g(a);", "a = b;", "*d = 1;", "(void)h();", "a++;")
        self.assertEqual(changes(body, "deletion"), [f"deletion: {text} -> nothing" for text in deleted])

    def test_initializers_are_no_statements(self) -> None:
        self.assertEqual(changes("struct x y[] = {{f(1), 2}, {3}};\n for (a = 1; a < b; a++)\n ;", "deletion"), [])

    def test_labels_come_before_statements(self) -> None:
        self.assertEqual(changes("switch (a) { case 1: f(); break; default: g(a ? b : a); }", "deletion", "jump"),
                         ["deletion: f(); -> nothing", "jump: break; -> nothing", "deletion: g(a ? b : a); -> nothing"])

    def test_results(self) -> None:
        self.assertEqual(changes("return true;", "result"), ["result: true -> false"])
        self.assertEqual(changes("return -1;", "result", head="int f(void)"), ["result: -1 -> 0"])
        self.assertEqual(changes("return a == b;", "result", head="static bool f(void)"),
                         ["result: a == b -> true", "result: a == b -> false"])
        self.assertEqual(changes("return &a[b];", "result", head="struct x *f(void)"), ["result: &a[b] -> NULL"])

    def test_branches_change_places(self) -> None:
        self.assertEqual(changes("a = a < b ? f(a, b) : b;", "branches"), ["branches: f(a, b) : b -> b : f(a, b)"])
        self.assertEqual(changes("f(a ? 1 : b ? 2 : 3, a);", "branches"),
                         ["branches: 1 : b ? 2 -> b ? 2 : 1", "branches: 2 : 3 -> 3 : 2"])

    def test_else(self) -> None:
        self.assertEqual(changes("if (a) b = 1; else if (b) { a = 1; } else a = 2; b = 3;", "else"),
                         ["else: else if (b) { a = 1; } else a = 2; -> nothing", "else: else a = 2; -> nothing"])

    def test_lines_stay_and_places_are_told(self) -> None:
        source = ("int a;\nint f(int a)\n{\n    if (a)\n        g(1,\n          2);\n"
                  "    else\n        a = 1;\n    return a;\n}\n")
        for mutant in operators.mutants_of("d/f.c", source):
            self.assertEqual(mutant.text.count("\n"), source.count("\n"))
            self.assertNotEqual(mutant.text, source)
        deletion = [m for m in operators.mutants_of("d/f.c", source) if "g(1, 2);" in m.key.change][0]
        self.assertEqual(str(deletion), "d/f.c:5:9: deletion: g(1, 2); -> nothing")
        self.assertEqual(deletion.key, Key("d/f.c", "f", "g(1,", "deletion: g(1, 2); -> nothing", 1))
        self.assertEqual(deletion.text, source.replace("g(1,\n          2);", "(void)0;\n"))

    def test_equal_changes_are_counted(self) -> None:
        keys = [m.key.number for m in operators.mutants_of("f.c", "int f(int a)\n{\n    return a + a + a;\n}\n")
                if m.key.change == "sum: + -> -"]
        self.assertEqual(keys, [1, 2])


class Equivalent(unittest.TestCase):
    def test_what_is_written_is_read(self) -> None:
        first = Key("a.c", "f", "x = 1;", "constant: 1 -> 0", 2)
        second = Key("a.c", "", "enum { X = 1 };", "constant: 1 -> 2", 1)
        text = "# comment\n\n" + equivalent.form(first, "because") + "\n" + equivalent.form(second, "so\n    what")
        self.assertEqual(equivalent.parse(text), {first: "because", second: "so what"})

    def test_several_changes_have_one_reason(self) -> None:
        found = equivalent.parse("a.c: f\n    x\n    sum: + -> -\n    sum: + -> - (2)\n    Reason: why\n")
        self.assertEqual(found, {Key("a.c", "f", "x", "sum: + -> -", number): "why" for number in (1, 2)})

    def test_reasons_are_needed(self) -> None:
        for text in ("a.c: f\n    x = 1;\n    constant: 1 -> 0\n", "a.c: f\n    x\n    y\n    Reason:\n",
                     "a.c f\n x\n y\n z"):
            with self.assertRaisesRegex(ValueError, "list:3: not"):
                equivalent.parse("# two\n\n" + text, "list")

    def test_the_list_itself(self) -> None:
        names = {key.file for key in equivalent.read(ROOT / "scripts/mutation/equivalent.txt")}
        for name in names:
            self.assertTrue((ROOT / name).is_file(), f"{name} is in equivalent.txt only")


SHOWN = """\
Counters:
  outer:
    Hash: 0x0000000000000018
    Counters: 1
    Function count: 2
  file.c:inner:
    Hash: 0x0000000000000018
    Counters: 2
    Function count: 0
Instrumentation level: Front-end
"""


class Reach(unittest.TestCase):
    def test_functions_that_ran(self) -> None:
        self.assertEqual(reach.functions_of(SHOWN), ({"outer", "file.c:inner"}, {"outer"}))

    def test_lines_that_ran(self) -> None:
        shown = "SF:/x/a/file.c\nFN:1,f\nDA:1,2\nDA:2,0\nend_of_record\nSF:../a/file.c\nDA:2,1\nDA:3,0\nend_of_record\n"
        self.assertEqual(reach.lines_of(shown), {("a", "file.c"): {1: True, 2: True, 3: False}})

    def test_who_may_notice(self) -> None:
        some = reach.Reach.__new__(reach.Reach)
        some._known, some._reached = {"outer", "file.c:inner"}, {"one": {"outer"}, "both": {"outer", "file.c:inner"}}
        lines = {("a", "file.c"): {5: True, 6: False, 7: False}}
        some._lines, some._lock = {"one": {}, "both": lines}, threading.Lock()
        for function, test, line, expected in (("outer", "one", 6, True), ("inner", "one", 5, False),
                                               ("inner", "both", 5, True), ("inner", "both", 6, False),
                                               ("inner", "both", 8, True), ("newer", "one", 6, True),
                                               ("", "one", 6, True), ("inner", "not measured", 6, True)):
            mutant = operators.Mutant(Key("a/file.c", function, "x", "sum: + -> -", 1), line, 1, line, "")
            self.assertEqual(some.may_notice(test, mutant), expected, (function, test, line))
        two_lines = operators.Mutant(Key("a/file.c", "inner", "x", "deletion: f(); -> nothing", 1), 5, 1, 6, "")
        self.assertTrue(some.may_notice("both", two_lines))


class FromEndToEnd(unittest.TestCase):
    def mutate(self, folder: str, condition: str, *options: str, listed: str = "") -> tuple[int, list[str]]:
        root = Path(folder, "toy")
        files = {"below.c": BELOW_C, "test.c": TEST_C.replace("CONDITION", condition), "meson.build": MESON_BUILD,
                 "scripts/mutation/equivalent.txt": listed}
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        environment = os.environ | {"PATH": f"{Path(MESON).parent}:{os.environ['PATH']}"}
        command = [sys.executable, "-B", str(ROOT / "scripts/mutate"), "--root", str(root), "--build",
                   str(Path(folder, "build")), "--suite", "toys", "--seconds-more", "1", *options, "below.c"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        self.assertIn("built and tested", done.stderr)
        return done.returncode, done.stdout.splitlines()

    @unittest.skipUnless(sys.argv[1:], "meson is not named")
    def test_a_toy(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            condition = "below(1, 2) == 1 && below(2, 1) == -1"
            code, lines = self.mutate(folder, condition, "--all")
            self.assertEqual(code, 1)
            self.assertEqual(lines[:8], [
                "below.c:4:11: relation: < -> <=: survived",
                "below.c:4:11: relation: < -> >=: timed out in toy",
                "below.c:5:16: result: a - 0 -> 0: killed by toy",
                "below.c:5:18: sum: - -> +: equivalent",
                "below.c:5:20: constant: 0 -> 1: timed out in toy",
                "below.c:6:12: result: -1 -> 0: killed by toy",
                "below.c:6:13: constant: 1 -> 2: killed by toy",
                "below.c:6:13: constant: 1 -> 0: killed by toy",
            ])
            self.assertIn(equivalent.form(LESS_OR_EQUAL, "?"), "\n".join(lines))
            self.assertEqual(lines[-2:], [
                "8 mutants: 6 killed (2 by time), 1 survived, 1 equivalent, 0 listed as equivalent, 0 not built",
                "85.7 % killed of those that are not equivalent"])

            listed = equivalent.form(LESS_OR_EQUAL, "nobody asks for it")
            code, lines = self.mutate(folder, condition, "--all", listed=listed)
            self.assertEqual((code, lines[0]), (0, "below.c:4:11: relation: < -> <=: listed"))

            listed += "\n" + equivalent.form(LESS_OR_EQUAL._replace(function="other"), "it was once")
            sample = self.mutate(folder, condition, "--count", "3", "--seed", "3", listed=listed)
            tried = [line for line in sample[1] if line.startswith(("below.c:4", "below.c:5", "below.c:6"))]
            self.assertEqual((sample[0], len(tried)), (1, 3))
            self.assertIn("scripts/mutation/equivalent.txt: nothing needs this entry", sample[1])
            self.assertEqual(self.mutate(folder, condition, "--count", "3", "--seed", "3", listed=listed), sample)


if __name__ == "__main__":
    MESON = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else ""
    unittest.main()
