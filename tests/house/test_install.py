#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The files that `meson install` installs, and that other projects can be built with them.

    test_install.py MESON BUILD_DIR PREFIX LIBDIR INCLUDEDIR SOVERSION VERSION CC [FLAG...]

FLAG...: additional flags for compiling and linking, e.g. those of a sanitizer or of another linker.
"""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parents[2]
MESON = BUILD = PREFIX = LIBDIR = INCLUDEDIR = SOVERSION = VERSION = CC = ""
FLAGS: list[str] = []


def run(*command: object, **options: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.temporary = Path(directory.name)
        cls.destination = cls.temporary / "root"
        run(MESON, "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", cls.destination)
        cls.lib = cls.installed(Path(PREFIX, LIBDIR))
        cls.include = cls.installed(Path(PREFIX, INCLUDEDIR))
        cls.env = {name: value for name, value in os.environ.items()
                   if name not in ("DESTDIR", "LD_LIBRARY_PATH", "MAKEFLAGS")}
        cls.env |= {"PKG_CONFIG_PATH": str(cls.relocated()), "CC": CC, "CFLAGS": " ".join(["-O1", *FLAGS]),
                    "LDFLAGS": " ".join(FLAGS)}

    @classmethod
    def installed(cls, path: Path) -> Path:
        return cls.destination / path.relative_to("/")

    @classmethod
    def relocated(cls) -> Path:
        """A folder with kwire.pc whose prefix is below the destination; its requirements are still the system's."""
        folder = cls.temporary / "pkgconfig"
        folder.mkdir()
        text = (cls.lib / "pkgconfig" / "kwire.pc").read_text(encoding="utf-8")
        (folder / "kwire.pc").write_text(text.replace(f"prefix={PREFIX}\n", f"prefix={cls.installed(Path(PREFIX))}\n"),
                                         encoding="utf-8")
        return folder

    @contextmanager
    def only_static(self) -> Iterator[None]:
        """Hides the shared library from the linker."""
        with tempfile.TemporaryDirectory(dir=self.temporary) as hidden:
            paths = list(self.lib.glob("libkwire.so*"))
            for path in paths:
                path.rename(Path(hidden, path.name))
            try:
                yield
            finally:
                for path in paths:
                    Path(hidden, path.name).rename(path)

    def needed(self, program: Path) -> set[str]:
        lines = run("readelf", "-d", program).splitlines()
        return {line.split("[")[1].rstrip("]") for line in lines if "(NEEDED)" in line}

    def consume(self, program: Path, shared: bool) -> None:
        """The consumer's program works, and loads the library from the expected folder."""
        self.assertEqual(f"libkwire.so.{SOVERSION}" in self.needed(program), shared)
        env = self.env | ({"LD_LIBRARY_PATH": str(self.lib)} if shared else {})
        self.assertRegex(run(program, "3", env=env), r"^Metadata, versions 0 to \d+\n$")

    def test_headers(self) -> None:
        expected = {path.relative_to(directory) for directory in (ROOT / "include", Path(BUILD, "include"))
                    for path in directory.rglob("*.h")}
        found = {path.relative_to(self.include) for path in self.include.rglob("*") if path.is_file()}
        self.assertEqual(found, expected)
        self.assertGreater(len(found), 200)

    def test_libraries(self) -> None:
        names = {path.name for path in self.lib.glob("libkwire*")}
        soname = f"libkwire.so.{SOVERSION}"
        self.assertTrue({"libkwire.a", "libkwire.so", soname} < names, names)
        self.assertIn(f"[{soname}]", next(line for line in run("readelf", "-d", self.lib / "libkwire.so").splitlines()
                                           if "(SONAME)" in line))
        self.assertEqual((self.lib / "libkwire.so").resolve(), (self.lib / soname).resolve())

    def test_pkg_config(self) -> None:
        def ask(*options: str, of: tuple[str, ...] = ("kwire",)) -> str:
            return run("pkg-config", *options, *of, env=self.env).strip()

        codecs = tuple(ask("--print-requires-private").split())
        flags_of_codecs = ask("--cflags", of=codecs).split() if codecs else []
        self.assertEqual(ask("--modversion"), VERSION)
        self.assertEqual(ask("--cflags").split(), [f"-I{self.include}", *flags_of_codecs])
        self.assertEqual(ask("--libs").split(), [f"-L{self.lib}", "-lkwire"])
        text = (self.lib / "pkgconfig" / "kwire.pc").read_text(encoding="utf-8")
        for line in (f"prefix={PREFIX}", "Name: kwire", f"Version: {VERSION}", "Cflags: -I${includedir}"):
            self.assertIn(line + "\n", text)
        self.assertRegex(text, r"(?m)^Description: .")
        self.assertNotIn(str(ROOT), text)

    def copy(self, name: str) -> Path:
        target = self.temporary / self.id() / name
        shutil.copytree(ROOT / "examples" / name, target)
        return target

    def make(self, *variables: str) -> Path:
        project = self.copy("pkgconfig")
        run("make", "-C", project, *(f"{name}={self.env[name]}" for name in ("CC", "CFLAGS")), *variables, env=self.env)
        return project / "api-name"

    def test_make_shared(self) -> None:
        self.consume(self.make(f"LDFLAGS={self.env['LDFLAGS']}"), shared=True)

    def test_make_static(self) -> None:
        whole = "" if any(flag.startswith("-fsanitize") for flag in FLAGS) else "-static"  # sanitizers cannot do that
        with self.only_static():
            program = self.make("PKG_CONFIG=pkg-config --static", f"LDFLAGS={self.env['LDFLAGS']} {whole}")
        self.consume(program, shared=False)

    def cmake(self) -> Path:
        if shutil.which("cmake") is None:
            self.skipTest("cmake is not installed")
        project = self.copy("cmake")
        run("cmake", "-S", project, "-B", project / "build", env=self.env)
        run("cmake", "--build", project / "build", env=self.env)
        return project / "build" / "api-name"

    def test_cmake_shared(self) -> None:
        self.consume(self.cmake(), shared=True)

    def test_cmake_static(self) -> None:
        with self.only_static():
            program = self.cmake()
        self.consume(program, shared=False)


if __name__ == "__main__":
    MESON, BUILD, PREFIX, LIBDIR, INCLUDEDIR, SOVERSION, VERSION, CC, *FLAGS = sys.argv[1:]
    del sys.argv[1:]
    unittest.main()
