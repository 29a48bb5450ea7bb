# SPDX-License-Identifier: Apache-2.0
"""kwire-broker from start to stop: options, properties, the data directory, signals."""

import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import unittest

import support
from support import Client, Process, api_versions, broker_of_metadata_v1, correlation_of, metadata_v1


class Start(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.data = self.root / "some" / "data"
        self.properties = self.root / "server.properties"

    def run_to_end(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([support.program("KWIRE_BROKER"), *arguments], capture_output=True, text=True,
                              timeout=support.TIMEOUT)

    def start(self, *arguments: str, listen: str = "127.0.0.1:0") -> Process:
        broker = Process(support.program("KWIRE_BROKER"), *arguments, *(["--listen", listen] if listen else []))
        self.addCleanup(broker.stop)
        return broker

    def assert_refused(self, reason: str, *arguments: str, code: int = 1):
        done = self.run_to_end(*arguments)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertRegex(done.stderr, reason)
        if code == 1:
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def write(self, *lines: str) -> str:
        self.properties.write_text("\n".join(lines) + "\n")
        return str(self.properties)

    def cluster_id(self) -> str:
        return re.search(r"^cluster\.id=(.*)$", (self.data / "meta.properties").read_text(), re.M)[1]

    # ---- options and signals ----

    def test_help_and_version(self):
        shown = self.run_to_end("--help")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertIn("usage: kwire-broker [server.properties] [--listen HOST:PORT] [--data-dir DIR]", shown.stdout)
        lines = shown.stdout.splitlines()
        self.assertLess(len(lines), 24, "with the command it fits a screen")
        self.assertLessEqual(max(map(len, lines)), 80)
        self.assertRegex(self.run_to_end("--version").stdout, r"^kwire-broker \d+\.\d+\.\d+\n$")

    def test_what_is_served(self):
        said = r"data: topics: %d, partitions: %d, bytes: %d; ready after \d+ ms$"
        broker = self.start("--data-dir", str(self.data))
        with broker.connect() as c:
            c.ask(metadata_v1(1, [b"a", b"b"]))
        broker.stop()
        self.assertRegex(broker.everything_said()[0], said % (0, 0, 0))
        broker = self.start("--data-dir", str(self.data))
        broker.stop()
        self.assertRegex(broker.everything_said()[0], said % (2, 2, 0))

    def test_bad_options(self):
        self.assert_refused("--help", "--no-such-option", code=2)
        self.assert_refused("one properties file, not 2", "a", "b", code=2)
        for address in ("127.0.0.1", "127.0.0.1:65536", "127.0.0.1:", "::1:9092", "127.0.0.1:9092x"):
            self.assert_refused("not HOST:PORT", "--listen", address)
        self.assert_refused("cannot listen on no-such-host.invalid:0: ", "--listen", "no-such-host.invalid:0")

    def test_port_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.assert_refused(f"cannot listen on {address}: Address (already )?in use", "--listen", address)

    def test_port_taken_changes_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = f"127.0.0.1:{other.getsockname()[1]}"
            self.assert_refused("Address already in use", "--listen", address, "--data-dir", str(self.data))
        self.assertFalse(self.data.exists())

    def test_new_directory(self):
        """With what kafka-storage and the first start of Kafka leave."""
        broker = self.start("--data-dir", str(self.data))
        names = {str(p.relative_to(self.data)) for p in self.data.rglob("*") if p.is_file()}
        log = {f"__cluster_metadata-0/{n}" for n in ("00000000000000000000-0000000000.checkpoint",
                                                     "00000000000000000000.log", "leader-epoch-checkpoint",
                                                     "partition.metadata", "quorum-state")}
        self.assertEqual(names, log | {".lock", "meta.properties", "cleaner-offset-checkpoint"})
        self.assertEqual(broker.stop(), 0)
        self.assertEqual(broker.log(), [])
        self.assertTrue((self.data / ".kafka_cleanshutdown").exists())

    def test_release_of_a_new_directory(self):
        self.assert_refused("--release-version 4: expected 4.3 or 4.4", "--release-version", "4")

    def test_signals_stop_it(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            broker = self.start()
            with broker.connect() as idle, broker.connect() as half:
                idle.ask(api_versions(1))
                half.ask(api_versions(1) + b"\0\0\0\x30")
                self.assertEqual(broker.stop(number), 0)
                self.assertEqual((idle.rest(), half.rest(), broker.log()), (b"", b"", []))

    def test_port_is_free_again_at_once(self):
        first = self.start()
        with first.connect() as c:
            c.ask(api_versions(1))
            first.stop()
            again = self.start(listen=f"127.0.0.1:{first.port}")
            with again.connect() as other:
                self.assertEqual(correlation_of(other.ask(api_versions(2))), 2)

    # ---- addresses ----

    def test_every_interface(self):
        """Clients get the address that they connected to, which is the one that they can reach."""
        broker = self.start(listen=":0")
        with Client("127.0.0.1", broker.port) as c:
            self.assertEqual(broker_of_metadata_v1(c.ask(metadata_v1(1, None))), (1, "127.0.0.1", broker.port))

    @unittest.skipUnless(socket.has_ipv6, "needs IPv6")
    def test_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
        except OSError:
            self.skipTest("no IPv6 here")
        broker = self.start(listen="[::1]:0")
        self.assertEqual(broker.line, f"kwire-broker listening on [::1]:{broker.port}\n")
        with Client("::1", broker.port) as c:
            self.assertEqual(broker_of_metadata_v1(c.ask(metadata_v1(1, None))), (1, "::1", broker.port))

    def test_host_name(self):
        broker = self.start(listen="localhost:0")
        self.assertEqual(broker.line, f"kwire-broker listening on localhost:{broker.port}\n")
        with Client("127.0.0.1", broker.port) as c:
            self.assertEqual(broker_of_metadata_v1(c.ask(metadata_v1(1, None))), (1, "localhost", broker.port))

    # ---- properties ----

    def test_file_as_kafka_ships_it(self):
        port = support.free_port()
        broker = self.start(self.write(
            "# a comment", "", "process.roles=broker,controller", "node.id=7",
            "controller.quorum.bootstrap.servers=localhost:9093",
            f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://:9093", "inter.broker.listener.name=PLAINTEXT",
            "advertised.listeners=PLAINTEXT://broker.example:19092,CONTROLLER://broker.example:9093",
            "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL",
            f"log.dirs = {self.data}  "), listen="")
        self.assertEqual(broker.line, f"kwire-broker listening on 127.0.0.1:{port}\n")
        with broker.connect() as c:
            self.assertEqual(broker_of_metadata_v1(c.ask(metadata_v1(1, None))), (7, "broker.example", 19092))
        self.assertIn("node.id=7", (self.data / "meta.properties").read_text())
        self.assertEqual(len(broker.log()), 1, broker.log())
        self.assertTrue(broker.log()[0].endswith(
            ": without effect on this broker: controller.quorum.bootstrap.servers, inter.broker.listener.name"),
            broker.log())

    def test_files_that_kafka_ships(self):
        """The settings of Kafka's config/*.properties, with other ports and directories."""
        common = [
            "controller.quorum.bootstrap.servers=localhost:9093", "controller.listener.names=CONTROLLER",
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,"
            "SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL", "num.network.threads=3", "num.io.threads=8",
            "socket.send.buffer.bytes=102400", "socket.receive.buffer.bytes=102400",
            "socket.request.max.bytes=104857600", f"log.dirs={self.data}", "num.partitions=1",
            "num.recovery.threads.per.data.dir=2", "offsets.topic.replication.factor=1",
            "transaction.state.log.replication.factor=1", "transaction.state.log.min.isr=1",
            "share.coordinator.state.topic.replication.factor=1", "share.coordinator.state.topic.min.isr=1",
            "log.retention.hours=168", "log.segment.bytes=1073741824", "log.retention.check.interval.ms=300000"]
        port = support.free_port()
        both = self.start(self.write(
            "process.roles=broker,controller", "node.id=1", f"listeners=PLAINTEXT://:{port},CONTROLLER://:9093",
            "inter.broker.listener.name=PLAINTEXT",
            f"advertised.listeners=PLAINTEXT://localhost:{port},CONTROLLER://localhost:9093", *common), listen="")
        with Client("127.0.0.1", port) as c:
            self.assertEqual(broker_of_metadata_v1(c.ask(metadata_v1(1, None))), (1, "localhost", port))
        log = " ".join(both.log())
        for line in common:
            name = line.split("=")[0]
            honoured = name.startswith(("controller.listener", "listener.", "log.dirs", "log.retention",
                                        "log.segment.bytes", "num.partitions", "num.recovery", "offsets.", "share.",
                                        "socket.", "transaction.state.log."))
            self.assertEqual(name in log, not honoured, log)
        both.stop()
        self.start(self.write(
            "process.roles=broker", "node.id=1", f"listeners=PLAINTEXT://localhost:{port}",
            "inter.broker.listener.name=PLAINTEXT", f"advertised.listeners=PLAINTEXT://localhost:{port}", *common),
            listen="").stop()
        file = self.write("process.roles=controller", "node.id=1", "listeners=CONTROLLER://:9093",
                          "advertised.listeners=CONTROLLER://localhost:9093", *common)
        self.assert_refused("properties:1: process.roles=controller: a node without the role broker", file)

    def test_protection_is_not_ignored(self):
        """A setting that would protect something and is not implemented stops the start, however much is before it."""
        many = [f"some.long.name.of.a.setting.that.nobody.knows.{i}=1" for i in range(500)]
        file = self.write(*many, "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer")
        self.assert_refused(re.escape(f"{file}:501: authorizer.class.name is not implemented"), file)

    def test_page_on_settings(self):
        """docs/settings.md is what the program prints; regenerate it with `kwire-broker --help-settings`."""
        page = pathlib.Path(__file__).parents[2] / "docs" / "settings.md"
        shown = self.run_to_end("--help-settings")
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertEqual(shown.stdout, page.read_text(encoding="utf-8"))

    def test_options_win(self):
        file = self.write("listeners=PLAINTEXT://127.0.0.1:1", f"log.dirs={self.root / 'other'}",
                          "advertised.listeners=PLAINTEXT://broker.example:9092")
        broker = self.start(file, "--data-dir", str(self.data))
        with broker.connect() as c:
            self.assertEqual(broker_of_metadata_v1(c.ask(metadata_v1(1, None))), (1, "127.0.0.1", broker.port))
        self.assertTrue((self.data / "meta.properties").exists())
        self.assertFalse((self.root / "other").exists())

    def test_format_of_properties(self):
        port = support.free_port()
        broker = self.start(self.write(
            "! another comment \\", "  listeners : PLAINTEXT://\\", f"     127.0.0.1\\:{port}", "node.id\t41\r",
            "node\\.id=42"), listen="")
        with broker.connect() as c:
            self.assertEqual(broker_of_metadata_v1(c.ask(metadata_v1(1, None))), (42, "127.0.0.1", port))

    def test_java_properties(self):
        """CR alone ends a line, \\u escapes are characters, also across lines, and the last of equal keys counts."""
        self.properties.write_bytes(b"# comment\rnode.id=41\rnode.\\u0069d \\\n  = \\u00\\\r\n  34\\\n2 \r")
        broker = self.start(str(self.properties))
        with broker.connect() as c:
            self.assertEqual(broker_of_metadata_v1(c.ask(metadata_v1(1, None)))[0], 42)

    def test_meta_properties_as_kafka_reads_them(self):
        """What dump-log reads the broker reads: escapes, CR, version 0; a cluster id is any text."""
        self.data.mkdir(parents=True)
        cases = {"#\rversion=1\rnode.id=1\rcluster.id=\\u0041bc\r": "Abc",
                 "version=0\nbroker.id=7\ncluster.id=old\n": "old",
                 "broker.id=7\ncluster.id=older\n": "older",
                 "version=1\nnode.id=x\nnode.id=2\ncluster.id=9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab\n":
                     "9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab"}
        for text, cluster in cases.items():
            with self.subTest(text):
                (self.data / "meta.properties").write_text(text, newline="")
                broker = self.start("--data-dir", str(self.data))
                with broker.connect() as c:
                    self.assertIn(cluster.encode(), c.ask(support.request(60, 0, 1, b"\0\0", flexible=True)))
                broker.stop()

    def test_bad_properties(self):
        cases = {
            "node.id=x": "Invalid value x for configuration node.id: Not a number of type INT",
            "node.id=-1": "Value must be at least 0",
            "node.id=": "Not a number of type INT",
            "socket.request.max.bytes=0": "Value must be at least 1",
            "socket.request.max.bytes=2147483648": "Not a number of type INT",
            "max.connections=-1": "Value must be at least 0",
            "max.connections.per.ip=-1": "Value must be at least 0",
            "queued.max.request.bytes=much": "Not a number of type LONG",
            "fetch.max.bytes=1023": "Value must be at least 1024",
            "max.request.partition.size.limit=0": "Value must be at least 1",
            "connections.max.idle.ms=0": "not -1",
            "connections.max.idle.ms=9223372036854775808": "Not a number of type LONG",
            "listeners=127.0.0.1:9092": "127.0.0.1:9092 is not NAME://HOST:PORT",
            "listeners=PLAINTEXT://:99999": "PLAINTEXT://:99999 is not NAME://HOST:PORT",
            "listeners=SSL://:0": "SSL://:0 does not speak PLAINTEXT",
            "listeners=PLAINTEXT://:0,PLAINTEXT://:1": "PLAINTEXT://:1 is a second listener",
            "listeners=": "'listeners' must not be empty",
            "advertised.listeners=PLAINTEXT://:9092": "clients cannot connect to PLAINTEXT://:9092",
            "advertised.listeners=broker": "broker is not NAME://HOST:PORT",
            "log.dirs=/a,/b,/a": "'log.dirs' values must not be duplicated",
            "log.dirs=/a,/b,/a/": "a directory is named twice",
            "log.dirs=": "'log.dirs' must not be empty",
            "x=\\u004": "\\u without four hexadecimal digits",
            "node.id=1\\u0000": "\\u0000 in a property",
        }
        for line, reason in cases.items():
            with self.subTest(line):
                file = self.write("# line 1", "", line)
                self.assert_refused(re.escape(f"{file}:3: ") + ".*" + re.escape(reason), file)
        self.assert_refused("No such file", str(self.root / "missing.properties"))
        self.assert_refused("Is a directory|not a properties file", str(self.root))

    # ---- the data directory ----

    def test_cluster_id_is_stable(self):
        broker = self.start("--data-dir", str(self.data))
        written = (self.data / "meta.properties").read_text()
        self.assertRegex(written, r"^#\n#\w{3} \w{3} \d\d [\d:]{8} UTC \d{4}\nnode\.id=1\n"
                                  r"directory\.id=[\w-]{22}\nversion=1\ncluster\.id=[\w-]{22}\n$")
        with broker.connect() as c:
            self.assertIn(self.cluster_id().encode(), c.ask(support.request(60, 0, 1, b"\0\0", flexible=True)))
        broker.stop()
        again = self.start("--data-dir", str(self.data))
        self.assertEqual((self.data / "meta.properties").read_text(), written)
        with again.connect() as c:
            self.assertIn(self.cluster_id().encode(), c.ask(support.request(60, 0, 1, b"\0\0", flexible=True)))

    def test_memory(self):
        """Whatever the file says; nothing is left afterwards."""
        file = self.write(f"log.dirs={self.data}")
        ids = set()
        for arguments in ((file, "--memory"), ()):
            broker = self.start(*arguments)
            with broker.connect() as c:
                ids.add(c.ask(support.request(60, 0, 1, b"\0\0", flexible=True)))
            broker.stop()
            self.assertRegex("\n".join(broker.everything_said()),
                             r" all data is in memory, at most \d+ MiB, and ends with the broker")
        self.assertFalse(self.data.exists())
        self.assertFalse(pathlib.Path("memory").exists())
        self.assertEqual(len(ids), 2)  # each time it is another cluster
        self.assert_refused("--memory and --data-dir exclude each other", "--memory", "--data-dir", str(self.data))

    def test_directory_in_use(self):
        self.start("--data-dir", str(self.data))
        self.assert_refused("another broker uses this directory", "--data-dir", str(self.data), "--listen",
                            "127.0.0.1:0")

    def test_bad_data_directory(self):
        (self.root / "file").write_text("")
        self.assert_refused("Not a directory|not a directory", "--data-dir", str(self.root / "file"))
        self.assert_refused("Not a directory", "--data-dir", str(self.root / "file" / "below"))
        self.assert_refused("the path is empty", "--data-dir", "")
        self.data.mkdir(parents=True)
        cases = {
            "version=2\nnode.id=1\ncluster.id=x\n": r"meta\.properties:1: version=2: expected 0 or 1",
            "version=1\nnode.id=x\n": r"meta\.properties:2: node\.id=x: expected an integer from 0 to 2147483647",
            "version=1\ncluster.id=x\n": "node.id is missing: expected an integer",
            "version=1\nnode.id=1\n": "cluster.id is missing",
            "broker.id=1\n": "cluster.id is missing",
            "cluster.id=x\n": "broker.id is missing",
            "version=1\nnode.id=1\ncluster.id=\n": r"cluster\.id=: expected 1 to 127 bytes",
            "version=1\n\nnode.id=1\ncluster.id=\\u00g1\n": r"meta\.properties:4: expected four hexadecimal digits",
            "version=1\nnode.id=1\ncluster.id=x\ndirectory.id=9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab\n":
                r"meta\.properties:4: directory\.id=9f6a1c3e-2b4d-4f5a-8c7e-0123456789ab: expected a Kafka UUID: 22",
        }
        for text, reason in cases.items():
            with self.subTest(text):
                (self.data / "meta.properties").write_text(text)
                self.assert_refused(reason, "--data-dir", str(self.data))
        (self.data / "meta.properties").write_text("version=1\nnode.id=3\ncluster.id=x\n")
        self.assert_refused("the data is of node 3, but node.id is 4", self.write("node.id=4"), "--data-dir",
                            str(self.data))


if __name__ == "__main__":
    unittest.main()
