// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"

	"github.com/twmb/franz-go/pkg/kmsg"
)

type message interface {
	AppendTo([]byte) []byte
	ReadFrom([]byte) error
	UnsafeReadFrom([]byte) error
	SetVersion(int16)
}

func (in input) empty() message {
	var m any
	if in.kind == "request" {
		m = kmsg.RequestForKey(in.key)
	} else {
		m = kmsg.ResponseForKey(in.key)
	}
	empty := m.(message)
	empty.SetVersion(in.version)
	return empty
}

func benchMessage(in input) {
	bench(in.name, "decode", func() {
		m := in.empty()
		must(m, m.ReadFrom(in.data))
		keep(m)
	})
	bench(in.name, "decode_views", func() { // strings stay in the input, as kwire's do
		m := in.empty()
		must(m, m.UnsafeReadFrom(in.data))
		keep(m)
	})
	m := in.empty()
	must(m, m.ReadFrom(in.data))
	out := make([]byte, 0, len(in.data)+1)
	if !bytes.Equal(m.AppendTo(out), in.data) {
		panic(in.name + ": what is encoded is not what was decoded")
	}
	bench(in.name, "encode", func() { use(len(m.AppendTo(out))) })
}
