// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/bits"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	checksumAt = 17 // in a batch of magic 2
	coveredAt  = 21 // by the checksum
	uncounted  = 12 // bytes that the length of a batch excludes
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// readRecords is how kgo, franz-go's client, reads the records of a batch into kmsg.Record.
func readRecords(count int32, in []byte) []kmsg.Record {
	records := make([]kmsg.Record, count)
	for i := range records {
		length, used := binary.Varint(in)
		total := used + int(length)
		if used <= 0 || length < 0 || total > len(in) {
			panic("a record is cut short")
		}
		must(0, records[i].ReadFrom(in[:total]))
		in = in[total:]
	}
	return records
}

func varintSize(v int64) int {
	zigzag := uint64(v)<<1 ^ uint64(v>>63)
	return (bits.Len64(zigzag|1) + 6) / 7
}

// appendRecord is how kgo writes one: its length is computed, then all of it is appended.
func appendRecord(out []byte, r *kmsg.Record) []byte {
	const attributesAndHeaders = 2
	r.Length = int32(attributesAndHeaders + varintSize(r.TimestampDelta64) + varintSize(int64(r.OffsetDelta)) +
		varintSize(int64(len(r.Key))) + len(r.Key) + varintSize(int64(len(r.Value))) + len(r.Value))
	return r.AppendTo(out)
}

func benchBatch(in input) {
	bench(in.name, "iter", func() {
		var batch kmsg.RecordBatch
		must(0, batch.ReadFrom(in.data))
		sum := 0
		for _, r := range readRecords(batch.NumRecords, batch.Records) {
			sum += len(r.Key) + len(r.Value)
		}
		use(sum)
	})

	var batch kmsg.RecordBatch
	must(0, batch.ReadFrom(in.data))
	bench(in.name, "crc", func() {
		if crc32.Checksum(in.data[coveredAt:], castagnoli) != uint32(batch.CRC) {
			panic("a wrong checksum")
		}
	})

	source := readRecords(batch.NumRecords, batch.Records)
	records, out := make([]byte, 0, len(in.data)), make([]byte, 0, len(in.data)+1)
	build := func() {
		records = records[:0]
		for i := range source {
			r := kmsg.Record{
				TimestampDelta64: source[i].TimestampDelta64,
				OffsetDelta:      int32(i),
				Key:              source[i].Key,
				Value:            source[i].Value,
			}
			records = appendRecord(records, &r)
		}
		b := batch
		b.LastOffsetDelta = int32(len(source) - 1)
		b.NumRecords = int32(len(source))
		b.Records = records
		out = b.AppendTo(out[:0])
		binary.BigEndian.PutUint32(out[8:], uint32(len(out)-uncounted))
		binary.BigEndian.PutUint32(out[checksumAt:], crc32.Checksum(out[coveredAt:], castagnoli))
	}
	build()
	if !bytes.Equal(out, in.data) {
		panic(in.name + ": what is built is not what was read")
	}
	bench(in.name, "build", build)
}
