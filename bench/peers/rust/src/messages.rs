// SPDX-License-Identifier: Apache-2.0

use bytes::BytesMut;
use kafka_protocol::messages::{
    ApiVersionsResponse, DescribeTopicPartitionsResponse, FetchResponse, MetadataResponse, OffsetCommitRequest,
    ProduceRequest,
};
use kafka_protocol::protocol::{Decodable, Encodable};

use crate::timing::bench;
use crate::Input;

/// Byte fields are views of the input, which is reference-counted; the output is one buffer, payloads are copied.
fn bench_type<M: Decodable + Encodable>(input: &Input) {
    let decode = || M::decode(&mut input.data.clone(), input.version).expect("a valid message");
    bench(&input.name, "decode", decode);

    let message = decode();
    let mut out = BytesMut::with_capacity(input.data.len() + 1);
    let mut encode = || {
        out.clear();
        message.encode(&mut out, input.version).expect("a message that can be encoded");
        out.len()
    };
    encode();
    bench(&input.name, "encode", encode);
    assert!(out[..] == input.data[..], "{}: what is encoded is not what was decoded", input.name);
}

pub fn bench_message(input: &Input) {
    match (input.key, input.kind.as_str()) {
        (0, "request") => bench_type::<ProduceRequest>(input),
        (1, "response") => bench_type::<FetchResponse>(input),
        (3, "response") => bench_type::<MetadataResponse>(input),
        (8, "request") => bench_type::<OffsetCommitRequest>(input),
        (18, "response") => bench_type::<ApiVersionsResponse>(input),
        (75, "response") => bench_type::<DescribeTopicPartitionsResponse>(input),
        _ => panic!("{}: a message that is not timed here", input.name),
    }
}
