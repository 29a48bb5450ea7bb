// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Iterator;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.message.EndTxnMarker;
import org.apache.kafka.common.message.EndTxnMarkerJsonConverter;
import org.apache.kafka.common.message.KRaftVersionRecordJsonConverter;
import org.apache.kafka.common.message.LeaderChangeMessageJsonConverter;
import org.apache.kafka.common.message.SnapshotFooterRecordJsonConverter;
import org.apache.kafka.common.message.SnapshotHeaderRecordJsonConverter;
import org.apache.kafka.common.message.VotersRecordJsonConverter;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.ControlRecordUtils;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Kafka's reading of a records field, as JSON. */
final class RecordsReader {
    private RecordsReader() {
    }

    /** {"batches":[...],"left":N}: bytes after the last whole batch; "error" if a batch's frame is wrong. */
    static ObjectNode read(byte[] bytes) {
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        ArrayNode batches = answer.putArray("batches");
        int read = 0;
        try {
            Iterator<MutableRecordBatch> iterator =
                MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches().iterator();
            while (iterator.hasNext()) {
                MutableRecordBatch batch = iterator.next();
                read += batch.sizeInBytes();
                batches.add(batch(batch));
            }
            answer.put("left", bytes.length - read);
        } catch (RuntimeException e) {
            answer.put("error", e.getClass().getSimpleName());
        }
        return answer;
    }

    private static ObjectNode batch(RecordBatch batch) {
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        boolean v2 = batch.magic() == RecordBatch.MAGIC_VALUE_V2;
        answer.put("magic", batch.magic());
        answer.put("size", batch.sizeInBytes());
        try {
            answer.put("valid", batch.isValid());
        } catch (RuntimeException e) { // an undersized batch
            return answer.put("error", e.getClass().getSimpleName());
        }
        answer.put("codec", codec(batch));
        answer.put("lastOffset", batch.lastOffset());
        answer.put("nextOffset", batch.nextOffset());
        answer.put("appendTime", batch.timestampType() == TimestampType.LOG_APPEND_TIME);
        answer.put("maxTimestamp", batch.maxTimestamp());
        if (v2) {
            answer.put("baseOffset", batch.baseOffset());
            answer.put("count", batch.countOrNull());
            answer.put("producerId", batch.producerId());
            answer.put("producerEpoch", batch.producerEpoch());
            answer.put("baseSequence", batch.baseSequence());
            answer.put("leaderEpoch", batch.partitionLeaderEpoch());
            answer.put("transactional", batch.isTransactional());
            answer.put("control", batch.isControlBatch());
            answer.put("deleteHorizon", batch.deleteHorizonMs().orElse(-1));
        }
        try {
            ArrayNode records = JsonNodeFactory.instance.arrayNode();
            for (Record record : batch) {
                records.add(record(record, batch.isControlBatch()));
            }
            answer.set("records", records);
        } catch (RuntimeException | Error e) { // out of memory, or a codec's own error: a verdict too
            answer.put("error", e.getClass().getSimpleName());
        }
        return answer;
    }

    /** Kafka checks the codec only if there is something to decompress. */
    private static String codec(RecordBatch batch) {
        try {
            return batch.compressionType().name;
        } catch (IllegalArgumentException e) {
            return "unknown";
        }
    }

    private static ObjectNode record(Record record, boolean control) {
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.put("offset", record.offset()).put("timestamp", record.timestamp()).put("sequence", record.sequence());
        answer.put("key", hex(record.key())).put("value", hex(record.value()));
        if (record.headers().length != 0) {
            ArrayNode headers = answer.putArray("headers");
            for (Header header : record.headers()) {
                ByteBuffer value = header.value() == null ? null : ByteBuffer.wrap(header.value());
                headers.addArray().add(header.key()).add(hex(value));
            }
        }
        if (control) {
            ControlRecordType type = ControlRecordType.parse(record.key());
            answer.put("type", type == ControlRecordType.KRAFT_VOTERS ? "VOTERS" : type.name());
            answer.set("content", content(type, record));
        }
        return answer;
    }

    private static JsonNode content(ControlRecordType type, Record record) {
        short version = 0;
        return switch (type) {
            case ABORT, COMMIT -> {
                int epoch = EndTransactionMarker.deserialize(record).coordinatorEpoch();
                yield EndTxnMarkerJsonConverter.write(new EndTxnMarker().setCoordinatorEpoch(epoch), version);
            }
            case LEADER_CHANGE -> LeaderChangeMessageJsonConverter.write(
                ControlRecordUtils.deserializeLeaderChangeMessage(record), version);
            case SNAPSHOT_HEADER -> SnapshotHeaderRecordJsonConverter.write(
                ControlRecordUtils.deserializeSnapshotHeaderRecord(record), version);
            case SNAPSHOT_FOOTER -> SnapshotFooterRecordJsonConverter.write(
                ControlRecordUtils.deserializeSnapshotFooterRecord(record), version);
            case KRAFT_VERSION -> KRaftVersionRecordJsonConverter.write(
                ControlRecordUtils.deserializeKRaftVersionRecord(record), version);
            case KRAFT_VOTERS -> VotersRecordJsonConverter.write(
                ControlRecordUtils.deserializeVotersRecord(record), version);
            case UNKNOWN -> JsonNodeFactory.instance.nullNode();
        };
    }

    private static String hex(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
