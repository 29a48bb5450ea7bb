# SPDX-License-Identifier: Apache-2.0
"""scripts/serve as a developer uses it: the ready line, what to try, Ctrl-C, a second start."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import support

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVE = ROOT / "scripts" / "serve"
PACKAGES = ("g++", "gcc", "libc6-dev", "liblz4-dev", "libre2-dev", "libsnappy-dev", "libxxhash-dev", "libzstd-dev",
            "meson", "ninja-build", "pkg-config", "python3", "zlib1g-dev")


def are_installed() -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    command = ["dpkg-query", "-W", "-f", "${db:Status-Abbrev}\n", *PACKAGES]
    found = subprocess.run(command, capture_output=True, text=True)
    return found.stdout.split() == ["ii"] * len(PACKAGES)


@unittest.skipUnless(are_installed(), "scripts/serve would install packages")
@unittest.skipUnless(os.environ.get("SERVE_BUILD"), "needs SERVE_BUILD, a build directory")
class Serve(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.data = self.root / "data"

    def start(self, *arguments: str) -> subprocess.Popen:
        process = subprocess.Popen([SERVE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   start_new_session=True, cwd=self.root)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def kill(process: subprocess.Popen):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def end(self, process: subprocess.Popen):
        self.kill(process)
        process.wait()
        process.stdout.close()

    def line(self, process: subprocess.Popen) -> str:
        timer = threading.Timer(6 * support.TIMEOUT, self.kill, (process,))
        timer.start()
        line = process.stdout.readline()
        timer.cancel()
        return line.rstrip("\n")

    def ready(self, process: subprocess.Popen) -> tuple[str, str, list[str]]:
        """The address, where the data is, what to try. Standard error is read with standard output here."""
        address = where = None
        while not (address and where):
            line = self.line(process)
            self.assertNotEqual(line, "", "it has ended")
            if found := re.fullmatch(r"kwire-broker listening on (127\.0\.0\.1:\d+)", line):
                address = found[1]
            elif found := re.fullmatch(r"The data is (.*)\. To try it \(kcat, and Kafka's own tools\):", line):
                where = found[1]
        commands: list[str] = []
        while len(commands) < 3:
            line = self.line(process)
            if line.startswith("  "):  # the broker's own line may come between
                commands.append(line.strip())
        return address, where, commands

    def profile(self, process: subprocess.Popen) -> str:
        while "serve.properties" not in (line := self.line(process)) or "without effect" in line:
            self.assertNotEqual(line, "", "it has ended")
        return line

    def interrupt(self, process: subprocess.Popen):
        """Ctrl-C reaches all that the terminal started."""
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(6 * support.TIMEOUT), 0)
        deadline = time.monotonic() + support.TIMEOUT
        while time.monotonic() < deadline:
            try:
                os.killpg(process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.01)
        self.fail("something of it still runs")

    def try_kcat(self, command: str):
        if shutil.which("kcat"):
            done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=6 * support.TIMEOUT)
            self.assertEqual((done.returncode, done.stdout), (0, "hello\n"), done.stderr)

    def test_from_start_to_end(self):
        broker = self.start("--listen", "127.0.0.1:0", "--data-dir", str(self.data))
        address, where, commands = self.ready(broker)
        self.assertEqual(where, f"in {self.data}")
        self.assertEqual(commands, [
            f"echo hello | kcat -b {address} -P -t test; kcat -b {address} -C -t test -e",
            f"kafka-console-producer.sh --bootstrap-server {address} --topic test",
            f"kafka-topics.sh --bootstrap-server {address} --describe"])
        self.try_kcat(commands[0])

        second = self.start("--listen", "127.0.0.1:0", f"--data-dir={self.data}")
        said, _ = second.communicate(timeout=6 * support.TIMEOUT)
        self.assertEqual(second.returncode, 1)
        self.assertNotIn("listening", said)
        self.assertEqual(said.splitlines()[-1], f"kwire-broker: {self.data}: another broker uses this directory: "
                                                "stop it, or choose another directory")

        self.interrupt(broker)
        self.assertTrue((self.data / ".kafka_cleanshutdown").exists())
        again = self.start("--listen", "127.0.0.1:0", f"--data-dir={self.data}")
        address, where, _ = self.ready(again)
        self.assertEqual(where, f"in {self.data}")
        self.try_kcat(f"kcat -b {address} -C -t test -e")
        self.interrupt(again)

    def test_in_memory(self):
        broker = self.start("--memory", "--listen", "127.0.0.1:0")
        _, where, commands = self.ready(broker)
        self.assertEqual(where, "in memory, and ends with the broker")
        self.assertEqual(self.profile(broker), "Consumer groups start without waiting 3 s for more members, as "
                                               f"{ROOT}/scripts/serve.properties says.")
        self.try_kcat(commands[0])
        self.interrupt(broker)

    def test_with_properties(self):
        """Neither address nor directory of the script win over those of a file."""
        file = self.root / "server.properties"
        file.write_text(f"listeners=PLAINTEXT://127.0.0.1:0\nlog.dirs={self.data}\n")
        broker = self.start(str(file))
        _, where, _ = self.ready(broker)
        self.assertEqual(where, f"where {file} says")
        self.assertTrue((self.data / "meta.properties").exists())
        self.interrupt(broker)

    def test_it_can_be_configured(self):
        """Without what only tests and the command need."""
        options = re.search(r'meson setup "\$build" (.*) >&2', SERVE.read_text())[1].split()
        done = subprocess.run(["meson", "setup", str(self.root / "build"), str(ROOT), *options], capture_output=True,
                              text=True, timeout=12 * support.TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stdout[-1000:] + done.stderr)

    def test_an_error_ends_it(self):
        broker = self.start("--data-dir", str(self.data), "--no-such-option")
        said, _ = broker.communicate(timeout=6 * support.TIMEOUT)
        self.assertEqual((broker.returncode, said.splitlines()[-1]), (2, "try kwire-broker --help"))


if __name__ == "__main__":
    unittest.main()
