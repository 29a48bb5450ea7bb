#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# size.sh BUILD_DIR    prints the sizes of the library, and of a program that decodes one message (one_message.c).
#
# The sizes depend on the build's flags: measure a build with --buildtype=release.
set -eu

[ $# -eq 1 ] || { sed -n '3,5s/^# //p' "$0" >&2; exit 2; }
build=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
static=$build/lib/libkwire.a
shared=$(ls "$build"/lib/libkwire.so.*.*.* 2>/dev/null | head -n 1)
[ -f "$static" ] && [ -n "$shared" ] || { echo "size.sh: no libkwire.a and libkwire.so in $build/lib" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

link() {
    output=$work/$1
    shift
    "${CC:-cc}" -std=c11 -O2 -I"$root/include" -I"$build/include" "$root/tests/house/one_message.c" "$static" "$@" \
        -o "$output"
}

# row NAME FILE    text, rodata and data as the ELF sections have them, then the file
row() {
    size -A -d "$2" | awk -v name="$1" -v file="$(wc -c <"$2")" '
        $1 == ".text" { text = $2 }
        $1 == ".rodata" { rodata = $2 }
        $1 == ".data" || $1 == ".data.rel.ro" { data += $2 }
        END { printf "%-46s %9d %9d %9d %9d\n", name, text, rodata, data, file }'
}

printf '%-46s %9s %9s %9s %9s\n' bytes text rodata data file
cp "$shared" "$work/shared"
row "libkwire.so" "$work/shared"
strip "$work/shared"
row "libkwire.so, stripped" "$work/shared"
link plain
row "one message" "$work/plain"
link gc -Wl,--gc-sections -s
row "one message, --gc-sections, stripped" "$work/gc"
link static -static -Wl,--gc-sections -s
row "one message, with a static libc, stripped" "$work/static"
printf 'int main(void)\n{\n    return 0;\n}\n' >"$work/nothing.c"
"${CC:-cc}" -O2 -s "$work/nothing.c" -o "$work/nothing"
row "a program that does nothing, stripped" "$work/nothing"
