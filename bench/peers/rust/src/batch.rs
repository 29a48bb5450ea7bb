// SPDX-License-Identifier: Apache-2.0

use bytes::BytesMut;
use kafka_protocol::records::{Compression, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions};

use crate::timing::bench;
use crate::Input;

const COVERED_AT: usize = 21; // by the checksum

fn size_of(field: &Option<bytes::Bytes>) -> usize {
    field.as_ref().map_or(0, |bytes| bytes.len())
}

fn decode(input: &Input) -> Vec<Record> {
    RecordBatchDecoder::decode(&mut input.data.clone()).expect("a valid batch").records
}

pub fn bench_batch(input: &Input) {
    // This decoder always checks the checksum.
    bench(&input.name, "iter+crc", || {
        decode(input).iter().map(|record| size_of(&record.key) + size_of(&record.value)).sum::<usize>()
    });
    bench(&input.name, "crc", || crc32c::crc32c(&input.data[COVERED_AT..]));

    let records = decode(input);
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    let mut out = BytesMut::with_capacity(input.data.len() + 1);
    let mut build = || {
        out.clear();
        RecordBatchEncoder::encode(&mut out, &records, &options).expect("records that can be encoded");
        out.len()
    };
    build();
    bench(&input.name, "build", build);
    assert!(out[..] == input.data[..], "{}: what is built is not what was read", input.name);
}
