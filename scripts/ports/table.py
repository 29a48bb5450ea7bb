# SPDX-License-Identifier: Apache-2.0
"""The ports that scripts/check-ports knows."""
from __future__ import annotations

from dataclasses import dataclass, field

COMMON_PACKAGES = (
    "clang", "cmake", "g++", "gcc", "libc6-dev", "libcmocka-dev", "libjansson-dev", "liblz4-dev", "libpcap-dev",
    "libre2-dev", "libsnappy-dev", "libssl-dev", "libxxhash-dev", "libzstd-dev", "make", "meson", "netcat-openbsd",
    "ninja-build", "openssl", "pkg-config", "procps", "python3", "xxd", "zlib1g-dev",
)


@dataclass(frozen=True)
class Port:
    what: str
    packages: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)  # {build} is a folder
    options: tuple[str, ...] = ()  # of meson setup
    foreign: str = ""  # the Debian architecture that libraries are fetched for; ARCHITECTURE.ini is its cross file
    built: tuple[str, ...] = ()  # libraries to be built from Debian's sources, as Debian's own cannot be linked
    built_flags: str = ""  # what they are compiled with
    beside: tuple[str, ...] = ()  # Debian's own that are linked all the same, by their names for pkg-config
    launcher: tuple[str, ...] = ()  # what starts each program; {build} and {tools} are folders, reports go to
                                    # {build}/reports
    times: int = 1  # how often a test may take its usual time limit
    without: dict[str, str] = field(default_factory=dict)  # tests that cannot run, each with the reason


def compiler(cc: str) -> dict[str, str]:
    return {"CC": cc, "CXX": cc.replace("gcc", "g++").replace("clang", "clang++")}


def level(cc: str, number: str) -> Port:
    return Port(f"amd64, {cc} -O{number}", environment=compiler(cc), times=2,
                options=(f"-Doptimization={number}", "-Ddebug=false"))


WITHOUT_CONSUMERS = {
    "install": "it builds other projects against kwire, which would each need to be set up for cross compilation",
    "README": "it compiles a program and starts it without the launcher",
}
WITHOUT_LAUNCHED = {"one message links one message": "it reads the program's symbols, in whose place is the launcher"}


def foreign(architecture: str, triplet: str, qemu: str) -> Port:
    return Port(
        f"{architecture} by Debian's cross compiler, under {qemu}",
        packages=(f"gcc-{triplet}", f"libc6-dev-{architecture}-cross", "qemu-user"),
        foreign=architecture,
        options=("--buildtype=debugoptimized", "-Dre2=disabled"),
        launcher=(qemu, "-L", f"/usr/{triplet}"),
        environment={"KWIRE_SANITIZED": "1", "KWIRE_LAUNCHER_DESCRIPTORS": "0"},
        times=10,
        without=WITHOUT_CONSUMERS | WITHOUT_LAUNCHED,
    )


def sanitizer(what: str, name: str, version: str = "14", packages: tuple[str, ...] = (), flags: str = "",
              options: tuple[str, ...] = (), environment: dict[str, str] = {}, **more: object) -> Port:
    return Port(what, times=10,
                packages=(f"clang-{version}", f"libclang-rt-{version}-dev", f"llvm-{version}", *packages),
                environment=compiler(f"clang-{version}") | environment,
                options=("--buildtype=debugoptimized", f"-Db_sanitize={name}", "-Db_lundef=false",
                         f"-Dc_args=-fno-sanitize-recover=all {flags}".rstrip(), *options), **more)

MSAN = "-fsanitize=memory -fsanitize-memory-track-origins"  # a report says where the memory comes from



PORTS: dict[str, Port] = {f"{cc}-O{number}": level(cc, number) for cc in ("gcc", "clang") for number in "0123"} | {
    "gcc-lto": Port(
        "amd64, gcc -O2, link-time optimization",
        environment=compiler("gcc"),
        options=("-Doptimization=2", "-Ddebug=false", "-Db_lto=true"),
    ),
    "clang-lto": Port(
        "amd64, clang -O2, link-time optimization with lld",
        packages=("lld",),
        environment=compiler("clang") | {"CC_LD": "lld", "CXX_LD": "lld"},
        options=("-Doptimization=2", "-Ddebug=false", "-Db_lto=true"),
    ),
    "i386": Port(
        "i386 by Debian's cross compiler, run by this processor",
        packages=("gcc-i686-linux-gnu", "libc6-dev-i386-cross"),
        foreign="i386",
        options=("--buildtype=debugoptimized", "-Dre2=disabled"),
        times=2,
        without=WITHOUT_CONSUMERS,
    ),
    "s390x": foreign("s390x", "s390x-linux-gnu", "qemu-s390x"),
    "arm64": foreign("arm64", "aarch64-linux-gnu", "qemu-aarch64"),
    "musl": Port(
        "amd64, musl libc; without snappy, which is C++, and OpenSSL",
        packages=("bison", "flex", "musl-tools"),
        environment={"CC": "musl-gcc"},
        built=("cmocka", "jansson", "libpcap", "zlib", "lz4", "zstd"),
        options=("--buildtype=debugoptimized", "-Dtls=disabled", "-Dre2=disabled"),
        times=2,
    ),
    "asan-ubsan": sanitizer("clang, AddressSanitizer and UndefinedBehaviorSanitizer", "address,undefined"),
    # clang 14 does not know the stat() of this glibc, and takes what it writes for uninitialized.
    "msan": sanitizer("clang 16, MemorySanitizer, all libraries but libc, libstdc++ and RE2 built with it",
                      "memory", "16", ("bison", "flex", "perl"), MSAN, ("-Dre2=enabled",),
                      environment={"MSAN_OPTIONS": "exitcode=99:log_path={build}/reports/msan"},
                      built_flags=f"{MSAN} -fno-omit-frame-pointer", beside=("re2",),
                      built=("cmocka", "jansson", "libpcap", "zlib", "lz4", "zstd", "snappy", "openssl")),
    "tsan": sanitizer("clang, ThreadSanitizer", "thread"),
    "valgrind": Port(
        "amd64, gcc -O1, each program under valgrind's memcheck",
        packages=("valgrind",),
        environment=compiler("gcc") | {"KWIRE_SANITIZED": "1", "KWIRE_LAUNCHER_DESCRIPTORS": "12"},
        options=("-Doptimization=1", "-Ddebug=true"),
        launcher=("valgrind", "--quiet", "--leak-check=full", "--error-exitcode=99", "--max-threads=3000",
                  "--suppressions={tools}/valgrind.supp", "--log-file={build}/reports/%p"),
        times=30,
        without=WITHOUT_LAUNCHED,
    ),
}
