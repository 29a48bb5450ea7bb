/* SPDX-License-Identifier: Apache-2.0 */
#include "meaning_rules.h"

#include <string.h>

/* ---- Kafka's enumerations ---- */

static const meaning_name acl_operations[] = {
    {0, "UNKNOWN"},
    {1, "ANY"},
    {2, "ALL"},
    {3, "READ"},
    {4, "WRITE"},
    {5, "CREATE"},
    {6, "DELETE"},
    {7, "ALTER"},
    {8, "DESCRIBE"},
    {9, "CLUSTER_ACTION"},
    {10, "DESCRIBE_CONFIGS"},
    {11, "ALTER_CONFIGS"},
    {12, "IDEMPOTENT_WRITE"},
    {13, "CREATE_TOKENS"},
    {14, "DESCRIBE_TOKENS"},
    {15, "TWO_PHASE_COMMIT"},
    {0, NULL},
};
static const meaning_name acl_permissions[] = {{0, "UNKNOWN"}, {1, "ANY"}, {2, "DENY"}, {3, "ALLOW"}, {0, NULL}};
static const meaning_name acl_patterns[] = {{0, "UNKNOWN"}, {1, "ANY"},      {2, "MATCH"},
                                            {3, "LITERAL"}, {4, "PREFIXED"}, {0, NULL}};
static const meaning_name acl_resources[] = {
    {0, "UNKNOWN"},          {1, "ANY"},  {2, "TOPIC"}, {3, "GROUP"}, {4, "CLUSTER"}, {5, "TRANSACTIONAL_ID"},
    {6, "DELEGATION_TOKEN"}, {7, "USER"}, {0, NULL},
};
static const meaning_name config_resources[] = {
    {0, "UNKNOWN"}, {2, "TOPIC"}, {4, "BROKER"}, {8, "BROKER_LOGGER"}, {16, "CLIENT_METRICS"}, {32, "GROUP"}, {0, NULL},
};
static const meaning_name config_operations[] = {{0, "SET"}, {1, "DELETE"}, {2, "APPEND"}, {3, "SUBTRACT"}, {0, NULL}};
static const meaning_name config_sources[] = {
    {0, "UNKNOWN"},
    {1, "TOPIC_CONFIG"},
    {2, "DYNAMIC_BROKER_CONFIG"},
    {3, "DYNAMIC_DEFAULT_BROKER_CONFIG"},
    {4, "STATIC_BROKER_CONFIG"},
    {5, "DEFAULT_CONFIG"},
    {6, "DYNAMIC_BROKER_LOGGER_CONFIG"},
    {7, "CLIENT_METRICS_CONFIG"},
    {8, "GROUP_CONFIG"},
    {0, NULL},
};
static const meaning_name config_types[] = {
    {0, "UNKNOWN"}, {1, "BOOLEAN"}, {2, "STRING"}, {3, "INT"},      {4, "SHORT"}, {5, "LONG"},
    {6, "DOUBLE"},  {7, "LIST"},    {8, "CLASS"},  {9, "PASSWORD"}, {0, NULL},
};
static const meaning_name isolation_levels[] = {{0, "READ_UNCOMMITTED"}, {1, "READ_COMMITTED"}, {0, NULL}};
static const meaning_name coordinator_types[] = {{0, "GROUP"}, {1, "TRANSACTION"}, {2, "SHARE"}, {0, NULL}};
static const meaning_name election_types[] = {{0, "PREFERRED"}, {1, "UNCLEAN"}, {0, NULL}};
static const meaning_name recovery_states[] = {{-1, "no change"}, {0, "RECOVERED"}, {1, "RECOVERING"}, {0, NULL}};
static const meaning_name scram_mechanisms[] = {{0, "UNKNOWN"}, {1, "SCRAM_SHA_256"}, {2, "SCRAM_SHA_512"}, {0, NULL}};
static const meaning_name quota_matches[] = {{0, "the name given"}, {1, "the default"}, {2, "any name"}, {0, NULL}};
static const meaning_name upgrade_types[] = {
    {0, "UNKNOWN"}, {1, "UPGRADE"}, {2, "SAFE_DOWNGRADE"}, {3, "UNSAFE_DOWNGRADE"}, {0, NULL}};
static const meaning_name endpoint_types[] = {{0, "UNKNOWN"}, {1, "BROKER"}, {2, "CONTROLLER"}, {0, NULL}};
static const meaning_name security_protocols[] = {
    {0, "PLAINTEXT"}, {1, "SSL"}, {2, "SASL_PLAINTEXT"}, {3, "SASL_SSL"}, {0, NULL}};
static const meaning_name codecs[] = {{0, "none"}, {1, "gzip"}, {2, "snappy"}, {3, "lz4"}, {4, "zstd"}, {0, NULL}};
static const meaning_name acquire_modes[] = {{0, "BATCH_OPTIMIZED"}, {1, "RECORD_LIMIT"}, {0, NULL}};
static const meaning_name acknowledge_types[] = {{0, "gap"},    {1, "ACCEPT"}, {2, "RELEASE"},
                                                 {3, "REJECT"}, {4, "RENEW"},  {0, NULL}};
static const meaning_name delivery_states[] = {{0, "AVAILABLE"}, {1, "ACQUIRED"}, {2, "ACKNOWLEDGED"},
                                               {3, "ARCHIVING"}, {4, "ARCHIVED"}, {0, NULL}};
static const meaning_name member_types[] = {{-1, "not known"}, {0, "classic"}, {1, "consumer"}, {0, NULL}};
static const meaning_name member_states[] = {
    {0, "STABLE"}, {1, "UNREVOKED_PARTITIONS"}, {2, "UNRELEASED_PARTITIONS"}, {127, "UNKNOWN"}, {0, NULL}};
static const meaning_name streams_member_states[] = {
    {1, "STABLE"}, {2, "UNREVOKED_TASKS"}, {3, "UNRELEASED_TASKS"}, {127, "UNKNOWN"}, {0, NULL}};
static const meaning_name streams_statuses[] = {
    {0, "STALE_TOPOLOGY"},
    {1, "MISSING_SOURCE_TOPICS"},
    {2, "INCORRECTLY_PARTITIONED_TOPICS"},
    {3, "MISSING_INTERNAL_TOPICS"},
    {4, "SHUTDOWN_APPLICATION"},
    {5, "ASSIGNMENT_DELAYED"},
    {6, "MISSING_CLIENT_TAGS"},
    {0, NULL},
};
static const meaning_name transaction_results[] = {{0, "ABORT"}, {1, "COMMIT"}, {0, NULL}};
static const meaning_name transaction_states[] = {
    {0, "EMPTY"},
    {1, "ONGOING"},
    {2, "PREPARE_COMMIT"},
    {3, "PREPARE_ABORT"},
    {4, "COMPLETE_COMMIT"},
    {5, "COMPLETE_ABORT"},
    {6, "DEAD"},
    {7, "PREPARE_EPOCH_FENCE"},
    {0, NULL},
};
static const meaning_name update_types[] = {{0, "UNKNOWN"}, {1, "INCREMENTAL"}, {2, "FULL"}, {0, NULL}};
static const meaning_name migration_states[] = {
    {0, "NONE"}, {1, "PRE_MIGRATION"}, {2, "MIGRATION"}, {3, "POST_MIGRATION"}, {0, NULL}};
static const meaning_name remote_segment_states[] = {
    {0, "COPY_SEGMENT_STARTED"},
    {1, "COPY_SEGMENT_FINISHED"},
    {2, "DELETE_SEGMENT_STARTED"},
    {3, "DELETE_SEGMENT_FINISHED"},
    {0, NULL},
};
static const meaning_name remote_partition_states[] = {
    {0, "DELETE_PARTITION_MARKED"}, {1, "DELETE_PARTITION_STARTED"}, {2, "DELETE_PARTITION_FINISHED"}, {0, NULL}};
static const meaning_name metadata_versions[] = {
    {1, "3.0-IV1"},  {2, "3.1-IV0"},  {3, "3.2-IV0"},  {4, "3.3-IV0"},  {5, "3.3-IV1"},  {6, "3.3-IV2"},
    {7, "3.3-IV3"},  {8, "3.4-IV0"},  {9, "3.5-IV0"},  {10, "3.5-IV1"}, {11, "3.5-IV2"}, {12, "3.6-IV0"},
    {13, "3.6-IV1"}, {14, "3.6-IV2"}, {15, "3.7-IV0"}, {16, "3.7-IV1"}, {17, "3.7-IV2"}, {18, "3.7-IV3"},
    {19, "3.7-IV4"}, {20, "3.8-IV0"}, {21, "3.9-IV0"}, {22, "4.0-IV0"}, {23, "4.0-IV1"}, {24, "4.0-IV2"},
    {25, "4.0-IV3"}, {26, "4.1-IV0"}, {27, "4.1-IV1"}, {28, "4.2-IV0"}, {29, "4.2-IV1"}, {30, "4.3-IV0"},
    {31, "4.4-IV0"}, {32, "4.4-IV1"}, {33, "4.4-IV2"}, {34, "4.5-IV0"}, {0, NULL},
};

/* ---- special numbers ---- */

static const meaning_name acks[] = {
    {-1, "from all in-sync replicas"}, {0, "no response"}, {1, "from the leader"}, {0, NULL}};
static const meaning_name none[] = {{-1, "none"}, {0, NULL}};
static const meaning_name not_known[] = {{-1, "not known"}, {0, NULL}};
static const meaning_name leaders[] = {{-2, "no change"}, {-1, "none"}, {0, NULL}};
static const meaning_name replicas[] = {
    {-1, "a consumer"}, {-2, "a debugging consumer"}, {-3, "a replica in another directory"}, {0, NULL}};
static const meaning_name sessions[] = {{0, "none"}, {0, NULL}};
static const meaning_name session_epochs[] = {{-1, "no session, or its end"}, {0, "a new session"}, {0, NULL}};
static const meaning_name member_epochs[] = {
    {-2, "leaves temporarily, static"}, {-1, "leaves"}, {0, "joins"}, {0, NULL}};
static const meaning_name listed_offsets[] = {
    {-1, "LATEST"},
    {-2, "EARLIEST"},
    {-3, "MAX_TIMESTAMP"},
    {-4, "EARLIEST_LOCAL"},
    {-5, "LATEST_TIERED"},
    {-6, "EARLIEST_PENDING_UPLOAD"},
    {0, NULL},
};
static const meaning_name broker_default[] = {{-1, "the broker's default"}, {0, NULL}};
static const meaning_name fencing[] = {{-1, "UNFENCE"}, {0, "no change"}, {1, "FENCE"}, {0, NULL}};
static const meaning_name shutting_down[] = {{0, "no change"}, {1, "IN_CONTROLLED_SHUTDOWN"}, {0, NULL}};
static const meaning_name any[] = {{-1, "any"}, {0, NULL}};
static const meaning_name at_once[] = {{-1, "at once"}, {0, NULL}};

/* ---- the fields ---- */

static const meaning_rule rules[] = {
    {"acceptedCompressionTypes", "", MEANING_NUMBER, codecs},
    {"acknowledgeErrorCode", "", MEANING_ERROR, NULL},
    {"acknowledgeTypes", "", MEANING_NUMBER, acknowledge_types},
    {"acks", "", MEANING_NUMBER, acks},
    {"acquisitionLockTimeoutMs", "", MEANING_DURATION, NULL},
    {"apiKey", "", MEANING_API, NULL},
    {"assignmentTimestamp", "", MEANING_TIME, none},
    {"authorizedOperations", "", MEANING_ACLS, NULL},
    {"baseOffset", "ProduceResponse", MEANING_NUMBER, none},
    {"brokerEpoch", "", MEANING_NUMBER, none},
    {"candidateDirectoryId", "", MEANING_ID, NULL},
    {"clientHostAddress", "", MEANING_ADDRESS, NULL},
    {"clientInstanceId", "", MEANING_ID, NULL},
    {"clusterAuthorizedOperations", "", MEANING_ACLS, NULL},
    {"commitTimestamp", "", MEANING_TIME, none},
    {"committed", "", MEANING_NUMBER, transaction_results},
    {"committedLeaderEpoch", "", MEANING_NUMBER, not_known},
    {"committedOffset", "", MEANING_NUMBER, none},
    {"compressionType", "", MEANING_NUMBER, codecs},
    {"configOperation", "", MEANING_NUMBER, config_operations},
    {"configSource", "", MEANING_NUMBER, config_sources},
    {"configType", "", MEANING_NUMBER, config_types},
    {"controllerId", "", MEANING_NUMBER, none},
    {"cordonedLogDirs", "", MEANING_DIRECTORY, NULL},
    {"createTimestamp", "", MEANING_TIME, none},
    {"currentLeaderEpoch", "", MEANING_NUMBER, not_known},
    {"currentStateTimestamp", "", MEANING_TIME, none},
    {"currentTxnFirstOffset", "", MEANING_NUMBER, none},
    {"currentTxnStartOffset", "", MEANING_NUMBER, none},
    {"deliveryState", "", MEANING_NUMBER, delivery_states},
    {"directories", "", MEANING_DIRECTORY, NULL},
    {"durationFilter", "", MEANING_DURATION, any},
    {"electionType", "", MEANING_NUMBER, election_types},
    {"endOffset", "", MEANING_NUMBER, not_known},
    {"endpointType", "", MEANING_NUMBER, endpoint_types},
    {"errorCode", "", MEANING_ERROR, NULL},
    {"eventTimestampMs", "", MEANING_TIME, none},
    {"expirationTimestamp", "", MEANING_TIME, none},
    {"expireTimestamp", "", MEANING_TIME, none},
    {"expiryTimePeriodMs", "", MEANING_DURATION, at_once},
    {"expiryTimestamp", "", MEANING_TIME, none},
    {"expiryTimestampMs", "", MEANING_TIME, none},
    {"featureLevel", "", MEANING_FEATURE, NULL},
    {"fenced", "BrokerRegistrationChangeRecord", MEANING_NUMBER, fencing},
    {"finalizedFeaturesEpoch", "", MEANING_NUMBER, not_known},
    {"generationId", "", MEANING_NUMBER, none},
    {"generationIdOrMemberEpoch", "", MEANING_NUMBER, none},
    {"heartbeatIntervalMs", "", MEANING_DURATION, NULL},
    {"highWatermark", "", MEANING_NUMBER, not_known},
    {"id", "AssignReplicasToDirs", MEANING_DIRECTORY, NULL},
    {"inControlledShutdown", "BrokerRegistrationChangeRecord", MEANING_NUMBER, shutting_down},
    {"incarnationId", "", MEANING_ID, NULL},
    {"isolationLevel", "", MEANING_NUMBER, isolation_levels},
    {"issueTimestamp", "", MEANING_TIME, none},
    {"issueTimestampMs", "", MEANING_TIME, none},
    {"keyType", "", MEANING_NUMBER, coordinator_types},
    {"lag", "", MEANING_NUMBER, not_known},
    {"lastCaughtUpTimestamp", "", MEANING_TIME, not_known},
    {"lastContainedLogTimestamp", "", MEANING_TIME, none},
    {"lastFetchTimestamp", "", MEANING_TIME, not_known},
    {"lastFetchedEpoch", "", MEANING_NUMBER, not_known},
    {"lastSequence", "", MEANING_NUMBER, none},
    {"lastStableOffset", "", MEANING_NUMBER, not_known},
    {"lastTimestamp", "", MEANING_TIME, none},
    {"leader", "", MEANING_NUMBER, leaders},
    {"leaderEpoch", "", MEANING_NUMBER, not_known},
    {"leaderId", "", MEANING_NUMBER, none},
    {"leaderRecoveryState", "", MEANING_NUMBER, recovery_states},
    {"logAppendTimeMs", "", MEANING_TIME, none},
    {"logDirs", "", MEANING_DIRECTORY, NULL},
    {"logStartOffset", "", MEANING_NUMBER, not_known},
    {"matchType", "", MEANING_NUMBER, quota_matches},
    {"maxBytes", "", MEANING_SIZE, NULL},
    {"maxLifetimeMs", "", MEANING_DURATION, broker_default},
    {"maxTimestamp", "", MEANING_TIME, none},
    {"maxTimestampMs", "", MEANING_TIME, none},
    {"maxVersionLevel", "", MEANING_FEATURE, NULL},
    {"maxWaitMs", "", MEANING_DURATION, NULL},
    {"mechanism", "", MEANING_NUMBER, scram_mechanisms},
    {"memberEpoch", "ConsumerGroupHeartbeat", MEANING_NUMBER, member_epochs},
    {"memberEpoch", "OffsetFetch", MEANING_NUMBER, none},
    {"memberEpoch", "ShareGroupHeartbeat", MEANING_NUMBER, member_epochs},
    {"memberEpoch", "StreamsGroupHeartbeat", MEANING_NUMBER, member_epochs},
    {"memberType", "", MEANING_NUMBER, member_types},
    {"minVersionLevel", "", MEANING_FEATURE, NULL},
    {"numPartitions", "CreateTopics", MEANING_NUMBER, broker_default},
    {"offlineLogDirs", "", MEANING_DIRECTORY, NULL},
    {"offset", "ListOffsetsResponse", MEANING_NUMBER, none},
    {"ongoingTxnProducerEpoch", "", MEANING_NUMBER, none},
    {"ongoingTxnProducerId", "", MEANING_NUMBER, none},
    {"operation", "", MEANING_NUMBER, acl_operations},
    {"partitionErrorCode", "", MEANING_ERROR, NULL},
    {"partitionMaxBytes", "", MEANING_SIZE, NULL},
    {"partitionSize", "", MEANING_SIZE, NULL},
    {"patternType", "", MEANING_NUMBER, acl_patterns},
    {"patternTypeFilter", "", MEANING_NUMBER, acl_patterns},
    {"permissionType", "", MEANING_NUMBER, acl_permissions},
    {"preferredReadReplica", "", MEANING_NUMBER, none},
    {"previousBrokerEpoch", "", MEANING_NUMBER, none},
    {"producerEpoch", "", MEANING_NUMBER, none},
    {"producerId", "", MEANING_NUMBER, none},
    {"pushIntervalMs", "", MEANING_DURATION, NULL},
    {"rebalanceTimeout", "", MEANING_DURATION, none},
    {"rebalanceTimeoutMs", "", MEANING_DURATION, none},
    {"remoteLogSegmentState", "", MEANING_NUMBER, remote_segment_states},
    {"remotePartitionDeleteState", "", MEANING_NUMBER, remote_partition_states},
    {"renewPeriodMs", "", MEANING_DURATION, broker_default},
    {"replicaDirectoryId", "", MEANING_ID, NULL},
    {"replicaId", "Fetch", MEANING_NUMBER, replicas},
    {"replicaId", "ListOffsets", MEANING_NUMBER, replicas},
    {"replicaId", "OffsetForLeaderEpoch", MEANING_NUMBER, replicas},
    {"replicationFactor", "CreateTopics", MEANING_NUMBER, broker_default},
    {"requestApiKey", "", MEANING_API, NULL},
    {"resourcePatternType", "", MEANING_NUMBER, acl_patterns},
    {"resourceType", "AlterConfigs", MEANING_NUMBER, config_resources},
    {"resourceType", "ConfigRecord", MEANING_NUMBER, config_resources},
    {"resourceType", "DescribeConfigs", MEANING_NUMBER, config_resources},
    {"resourceType", "IncrementalAlterConfigs", MEANING_NUMBER, config_resources},
    {"resourceType", "ListConfigResources", MEANING_NUMBER, config_resources},
    {"resourceType", "", MEANING_NUMBER, acl_resources},
    {"resourceTypeFilter", "", MEANING_NUMBER, acl_resources},
    {"resourceTypes", "ListConfigResources", MEANING_NUMBER, config_resources},
    {"retentionTimeMs", "", MEANING_DURATION, broker_default},
    {"securityProtocol", "", MEANING_NUMBER, security_protocols},
    {"segmentSizeInBytes", "", MEANING_SIZE, NULL},
    {"sessionEpoch", "", MEANING_NUMBER, session_epochs},
    {"sessionId", "", MEANING_NUMBER, sessions},
    {"sessionLifetimeMs", "", MEANING_DURATION, NULL},
    {"sessionTimeout", "", MEANING_DURATION, NULL},
    {"sessionTimeoutMs", "", MEANING_DURATION, NULL},
    {"shareAcquireMode", "", MEANING_NUMBER, acquire_modes},
    {"shareSessionEpoch", "", MEANING_NUMBER, session_epochs},
    {"size", "FetchSnapshot", MEANING_SIZE, NULL},
    {"source", "DescribeConfigs", MEANING_NUMBER, config_sources},
    {"startOffset", "", MEANING_NUMBER, not_known},
    {"state", "ConsumerGroup", MEANING_NUMBER, member_states},
    {"state", "ShareGroup", MEANING_NUMBER, member_states},
    {"state", "StreamsGroup", MEANING_NUMBER, streams_member_states},
    {"statusCode", "", MEANING_NUMBER, streams_statuses},
    {"taskOffsetIntervalMs", "", MEANING_DURATION, NULL},
    {"telemetryMaxBytes", "", MEANING_SIZE, NULL},
    {"throttleTimeMs", "", MEANING_DURATION, NULL},
    {"timeoutMs", "", MEANING_DURATION, NULL},
    {"timestamp", "ListOffsetsRequest", MEANING_TIME, listed_offsets},
    {"timestamp", "", MEANING_TIME, none},
    {"topicAuthorizedOperations", "", MEANING_ACLS, NULL},
    {"topicConfigErrorCode", "", MEANING_ERROR, NULL},
    {"topicId", "", MEANING_TOPIC, NULL},
    {"totalBytes", "", MEANING_SIZE, not_known},
    {"transactionLastUpdateTimestampMs", "", MEANING_TIME, none},
    {"transactionResult", "", MEANING_NUMBER, transaction_results},
    {"transactionStartTimeMs", "", MEANING_TIME, none},
    {"transactionStartTimestampMs", "", MEANING_TIME, none},
    {"transactionStatus", "", MEANING_NUMBER, transaction_states},
    {"transactionTimeoutMs", "", MEANING_DURATION, NULL},
    {"type", "ControlRecordTypeSchema", MEANING_CONTROL, NULL},
    {"type", "LeaderAndIsr", MEANING_NUMBER, update_types},
    {"type", "UpdateMetadata", MEANING_NUMBER, update_types},
    {"upgradeType", "", MEANING_NUMBER, upgrade_types},
    {"usableBytes", "", MEANING_SIZE, not_known},
    {"votedDirectoryId", "", MEANING_ID, NULL},
    {"votedId", "", MEANING_NUMBER, none},
    {"voterDirectoryId", "", MEANING_ID, NULL},
    {"writeTimestamp", "", MEANING_TIME, none},
    {"zkMigrationState", "", MEANING_NUMBER, migration_states},
};

static bool fits(const meaning_rule *rule, const char *message, const kw_field *field)
{
    return strcmp(rule->field, field->name) == 0 && strncmp(rule->message, message, strlen(rule->message)) == 0;
}

const meaning_rule *meaning_rule_find(const char *message, const kw_field *field)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (fits(&rules[i], message, field))
            return &rules[i];
    return NULL;
}

const char *meaning_name_of(const meaning_name *names, int64_t number)
{
    for (; names != NULL && names->name != NULL; names++)
        if (names->number == number)
            return names->name;
    return NULL;
}

const char *meaning_acl_operation(unsigned number)
{
    return meaning_name_of(acl_operations, number);
}

const char *meaning_metadata_version(int64_t level)
{
    return meaning_name_of(metadata_versions, level);
}
