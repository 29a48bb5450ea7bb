/* SPDX-License-Identifier: Apache-2.0 */

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.function.Function;

/** Prints the names that Kafka has for the numbers of its protocol: a line "ENUMERATION NUMBER NAME" for each. */
public class KafkaNames {
    private static final String CLIENTS = "org.apache.kafka.clients.";
    private static final String COMMON = "org.apache.kafka.common.";
    private static final String GROUP = "org.apache.kafka.coordinator.group.";
    private static final String METADATA = "org.apache.kafka.metadata.";
    private static final String REMOTE = "org.apache.kafka.server.log.remote.storage.";

    private static final String[] ACCESSORS = {"id", "code", "value", "featureLevel", "type"};

    /** The number of a constant of Kafka's enumerations is in a method or a field, or it is the ordinal. */
    private static Object number(Object constant) throws ReflectiveOperationException {
        Class<?> type = ((Enum<?>) constant).getDeclaringClass();
        for (String name : ACCESSORS) {
            AccessibleObject found = find(type, name);
            if (found == null)
                continue;
            found.setAccessible(true);
            return found instanceof Method ? ((Method) found).invoke(constant) : ((Field) found).get(constant);
        }
        return ((Enum<?>) constant).ordinal();
    }

    private static AccessibleObject find(Class<?> type, String name) {
        try {
            return type.getDeclaredMethod(name);
        } catch (NoSuchMethodException noMethod) {
            try {
                return type.getDeclaredField(name);
            } catch (NoSuchFieldException noField) {
                return null;
            }
        }
    }

    private static void print(String title, String className, Function<Object, String> name)
            throws ReflectiveOperationException {
        for (Object constant : Class.forName(className).getEnumConstants())
            System.out.println(title + " " + number(constant) + " " + name.apply(constant));
    }

    private static void print(String title, String className) throws ReflectiveOperationException {
        print(title, className, constant -> ((Enum<?>) constant).name());
    }

    /** Timestamps that select an offset by another property. */
    private static void printListOffsets() throws ReflectiveOperationException {
        for (Field field : Class.forName(COMMON + "requests.ListOffsetsRequest").getDeclaredFields())
            if (Modifier.isStatic(field.getModifiers()) && field.getName().endsWith("_TIMESTAMP")) {
                field.setAccessible(true);
                System.out.println("ListOffsets " + field.get(null) + " " + field.getName());
            }
    }

    public static void main(String[] arguments) throws ReflectiveOperationException {
        print("AclOperation", COMMON + "acl.AclOperation");
        print("AclPermissionType", COMMON + "acl.AclPermissionType");
        print("AcknowledgeType", CLIENTS + "consumer.AcknowledgeType");
        print("AlterConfigOp", CLIENTS + "admin.AlterConfigOp$OpType");
        print("CompressionType", COMMON + "record.internal.CompressionType", Object::toString);
        print("ConfigResourceType", COMMON + "config.ConfigResource$Type");
        print("ConfigSource", COMMON + "requests.DescribeConfigsResponse$ConfigSource");
        print("ConfigType", COMMON + "requests.DescribeConfigsResponse$ConfigType");
        print("ConsumerMemberState", GROUP + "modern.MemberState");
        print("CoordinatorType", COMMON + "requests.FindCoordinatorRequest$CoordinatorType");
        print("ElectionType", COMMON + "ElectionType");
        print("EndpointType", CLIENTS + "admin.EndpointType");
        print("FencingChange", METADATA + "BrokerRegistrationFencingChange");
        print("InControlledShutdownChange", METADATA + "BrokerRegistrationInControlledShutdownChange");
        print("IsolationLevel", COMMON + "IsolationLevel");
        print("LeaderRecoveryState", METADATA + "LeaderRecoveryState");
        printListOffsets();
        print("MetadataVersion", "org.apache.kafka.server.common.MetadataVersion", Object::toString);
        print("PatternType", COMMON + "resource.PatternType");
        print("RecordState", "org.apache.kafka.server.share.fetch.RecordState");
        print("RemoteLogSegmentState", REMOTE + "RemoteLogSegmentState");
        print("RemotePartitionDeleteState", REMOTE + "RemotePartitionDeleteState");
        print("ResourceType", COMMON + "resource.ResourceType");
        print("ScramMechanism", CLIENTS + "admin.ScramMechanism");
        print("SecurityProtocol", COMMON + "security.auth.SecurityProtocol");
        print("ShareAcquireMode", CLIENTS + "consumer.internals.ShareAcquireMode");
        print("StreamsMemberState", GROUP + "streams.MemberState");
        print("StreamsStatus", COMMON + "requests.StreamsGroupHeartbeatResponse$Status");
        print("TransactionState", "org.apache.kafka.coordinator.transaction.TransactionState");
        print("UpgradeType", CLIENTS + "admin.FeatureUpdate$UpgradeType");
    }
}
