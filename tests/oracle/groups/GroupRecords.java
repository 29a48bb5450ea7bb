// SPDX-License-Identifier: Apache-2.0
import java.util.HexFormat;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordHelpers;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.OffsetAndMetadata;

/**
 * Records of __consumer_offsets as Kafka's group coordinator writes them, one a line; texts are in quotes and have
 * neither quotes nor spaces, "-" is none. First what they say, then the bytes of key and value:
 *
 *     offset GROUP TOPIC PARTITION OFFSET LEADER_EPOCH METADATA COMMIT_TIME EXPIRY_TIME FIRST_BYTE_OF_TOPIC_ID
 *     remove-offset GROUP TOPIC PARTITION
 *     remove TYPE GROUP [MEMBER]
 *     epoch GROUP EPOCH HASH
 *     target GROUP EPOCH TIME
 */
public final class GroupRecords {
    private static final GroupCoordinatorRecordSerde SERDE = new GroupCoordinatorRecordSerde();
    private static final String[] TEXTS = {"", "g", "group-1", "Gruppe-ä", "😀", "a".repeat(40)};

    private static String hex(byte[] bytes) {
        return bytes == null ? "-" : HexFormat.of().formatHex(bytes);
    }

    private static void print(String what, CoordinatorRecord record) {
        System.out.println(what + " " + hex(SERDE.serializeKey(record)) + " " + hex(SERDE.serializeValue(record)));
    }

    private static String quoted(String text) {
        return '"' + text + '"';
    }

    private static void offset(Random random) {
        String group = TEXTS[random.nextInt(TEXTS.length)];
        String topic = TEXTS[random.nextInt(TEXTS.length)];
        String metadata = TEXTS[random.nextInt(TEXTS.length)];
        int partition = random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(100);
        long offset = random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(1000);
        int epoch = random.nextInt(10) - 1;
        long committed = random.nextLong(2_000_000_000_000L);
        long expires = random.nextInt(3) == 0 ? committed + random.nextInt(1000) : -1;
        byte id = (byte) random.nextInt(128);
        Uuid topicId = new Uuid((long) id << 56, 0);
        print("offset " + quoted(group) + " " + quoted(topic) + " " + partition + " " + offset + " " + epoch + " "
            + quoted(metadata) + " " + committed + " " + expires + " " + id,
            GroupCoordinatorRecordHelpers.newOffsetCommitRecord(group, topic, partition, new OffsetAndMetadata(offset,
                epoch < 0 ? OptionalInt.empty() : OptionalInt.of(epoch), metadata, committed,
                expires < 0 ? OptionalLong.empty() : OptionalLong.of(expires), topicId)));
        print("remove-offset " + quoted(group) + " " + quoted(topic) + " " + partition,
            GroupCoordinatorRecordHelpers.newOffsetCommitTombstoneRecord(group, topic, partition));
    }

    private static void remove(String group, CoordinatorRecord record) {
        print("remove " + record.key().apiKey() + " " + quoted(group), record);
    }

    private static void remove(String group, String member, CoordinatorRecord record) {
        print("remove " + record.key().apiKey() + " " + quoted(group) + " " + quoted(member), record);
    }

    private static void tombstones(String group, String member) {
        remove(group, GroupCoordinatorRecordHelpers.newGroupMetadataTombstoneRecord(group));
        remove(group, GroupCoordinatorRecordHelpers.newConsumerGroupEpochTombstoneRecord(group));
        remove(group, GroupCoordinatorRecordHelpers.newConsumerGroupSubscriptionMetadataTombstoneRecord(group));
        remove(group, member,
            GroupCoordinatorRecordHelpers.newConsumerGroupMemberSubscriptionTombstoneRecord(group, member));
        remove(group, GroupCoordinatorRecordHelpers.newConsumerGroupTargetAssignmentMetadataTombstoneRecord(group));
        remove(group, member,
            GroupCoordinatorRecordHelpers.newConsumerGroupTargetAssignmentTombstoneRecord(group, member));
        remove(group, member,
            GroupCoordinatorRecordHelpers.newConsumerGroupCurrentAssignmentTombstoneRecord(group, member));
        remove(group, member, GroupCoordinatorRecordHelpers.newConsumerGroupRegularExpressionTombstone(group, member));
        remove(group, GroupCoordinatorRecordHelpers.newShareGroupEpochTombstoneRecord(group));
        remove(group, member,
            GroupCoordinatorRecordHelpers.newShareGroupMemberSubscriptionTombstoneRecord(group, member));
        remove(group, GroupCoordinatorRecordHelpers.newShareGroupTargetAssignmentMetadataTombstoneRecord(group));
        remove(group, member,
            GroupCoordinatorRecordHelpers.newShareGroupTargetAssignmentTombstoneRecord(group, member));
        remove(group, member,
            GroupCoordinatorRecordHelpers.newShareGroupCurrentAssignmentTombstoneRecord(group, member));
        remove(group, GroupCoordinatorRecordHelpers.newShareGroupStatePartitionMetadataTombstoneRecord(group));
    }

    public static void main(String[] arguments) {
        Random random = new Random(1);
        System.out.println("# SPDX-License-Identifier: Apache-2.0");
        for (int i = 0; i < 200; i++) {
            offset(random);
        }
        for (String group : TEXTS) {
            tombstones(group, TEXTS[random.nextInt(TEXTS.length)]);
            int epoch = random.nextInt();
            long number = random.nextLong();
            print("epoch " + quoted(group) + " " + epoch + " " + number,
                GroupCoordinatorRecordHelpers.newConsumerGroupEpochRecord(group, epoch, number));
            print("target " + quoted(group) + " " + epoch + " " + number,
                GroupCoordinatorRecordHelpers.newConsumerGroupTargetAssignmentMetadataRecord(group, epoch, number));
        }
    }
}
