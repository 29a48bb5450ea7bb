#!/bin/bash -eu
# SPDX-License-Identifier: Apache-2.0
# Builds the targets, their seed corpora and dictionaries into $OUT. The environment is OSS-Fuzz's: CC, CXX, CFLAGS,
# CXXFLAGS, LIB_FUZZING_ENGINE and OUT. Libraries are linked statically, as the machines that fuzz have none;
# libsnappy is left out, as the distribution's is built for another C++ library than the engine.
build=$(mktemp -d)
meson setup "$build" --default-library=static --prefer-static --buildtype=plain -Dfuzzing_engine=oss-fuzz \
    -Dfuzzer_ldflags="$LIB_FUZZING_ENGINE" -Db_lundef=false -Dtests=false -Dexamples=false -Dsnappy=disabled
ninja -C "$build"

for program in "$build"/fuzz/*; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    target=$(basename "$program")
    cp "$program" "$OUT/"
    seeds=$(mktemp -d)
    [ ! -f "fuzz/corpus/$target.tar.gz" ] || tar -xzf "fuzz/corpus/$target.tar.gz" -C "$seeds"
    [ ! -d "fuzz/regressions/$target" ] || cp "fuzz/regressions/$target"/* "$seeds/"
    (cd "$seeds" && find . -type f -printf '%f\n' | zip -q "$OUT/${target}_seed_corpus.zip" -@)
    for dictionary in "fuzz/dictionaries/$target.dict" fuzz/dictionaries/wire.dict; do
        [ ! -f "$dictionary" ] || [ -f "$OUT/$target.dict" ] || cp "$dictionary" "$OUT/$target.dict"
    done
done
