// SPDX-License-Identifier: Apache-2.0

// Times franz-go's kmsg on the inputs that DIR/inputs.txt lists, or on the named ones: peer DIR [NAME...]
package main

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

type input struct {
	name    string
	key     int16
	version int16
	kind    string
	data    []byte
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func number(text string) int16 {
	if text == "-" {
		return 0
	}
	return int16(must(strconv.ParseInt(text, 10, 16)))
}

func read(folder string) []input {
	var inputs []input
	for _, line := range strings.Split(string(must(os.ReadFile(filepath.Join(folder, "inputs.txt")))), "\n") {
		f := strings.Fields(line)
		if len(f) != 6 || f[0] == "#" {
			continue
		}
		data := must(os.ReadFile(filepath.Join(folder, f[4])))
		body := data[must(strconv.Atoi(f[5])):]
		inputs = append(inputs, input{f[0], number(f[1]), number(f[2]), f[3], body})
	}
	return inputs
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: peer DIR [NAME...]")
		os.Exit(2)
	}
	names := os.Args[2:]
	for _, in := range read(os.Args[1]) {
		switch {
		case len(names) > 0 && !slices.Contains(names, in.name):
		case in.kind == "batch":
			benchBatch(in)
		case in.kind == "raw":
			bench(in.name, "crc", func() { use(int(crc32.Checksum(in.data, castagnoli))) })
		default:
			benchMessage(in)
		}
	}
}
