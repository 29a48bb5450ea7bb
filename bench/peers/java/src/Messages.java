// SPDX-License-Identifier: Apache-2.0

import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Readable;
import org.apache.kafka.common.protocol.SendBuilder;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;

/** Decoding and encoding of the generated message classes. */
final class Messages {
    private static final int CORRELATION_ID = 7;

    private interface Decoder {
        ApiMessage decode(Readable in, short version);
    }

    private static final Map<String, Decoder> DECODERS = Map.of(
            "0 request", ProduceRequestData::new,
            "1 response", FetchResponseData::new,
            "3 response", MetadataResponseData::new,
            "8 request", OffsetCommitRequestData::new,
            "18 response", ApiVersionsResponseData::new,
            "75 response", DescribeTopicPartitionsResponseData::new);

    private Messages() {}

    static void bench(Main.Input input) throws Exception {
        ByteBuffer in = input.data();
        short version = input.version();
        Decoder decoder = DECODERS.get(input.key() + " " + input.kind());
        Timing.bench(input.name(), "decode", () -> decoder.decode(new ByteBufferAccessor(in.rewind()), version));

        ApiMessage message = decoder.decode(new ByteBufferAccessor(in.rewind()), version);
        ByteBuffer out = ByteBuffer.allocate(in.capacity());
        Timing.Operation encode = () -> {
            ObjectSerializationCache cache = new ObjectSerializationCache();
            message.size(cache, version);
            message.write(new ByteBufferAccessor(out.clear()), cache, version);
            return out;
        };
        encode.run();
        if (!out.flip().equals(in.rewind())) {
            throw new IllegalStateException(input.name() + ": what is encoded is not what was decoded");
        }
        Timing.bench(input.name(), "encode", encode);
        if (input.key() <= 1) {
            Timing.bench(input.name(), "encode_zc", gathering(input, message));
        }
    }

    /** As clients and brokers send records: a list of buffers, the header's and the records' own among them. */
    private static Timing.Operation gathering(Main.Input input, ApiMessage message) {
        ApiKeys key = ApiKeys.forId(input.key());
        short version = input.version();
        if (input.kind().equals("request")) {
            RequestHeader header = new RequestHeader(key, version, "kwire-bench", CORRELATION_ID);
            return () -> SendBuilder.buildRequestSend(header, message);
        }
        ResponseHeader header = new ResponseHeader(CORRELATION_ID, key.responseHeaderVersion(version));
        return () -> SendBuilder.buildResponseSend(header, message, version);
    }
}
