# SPDX-License-Identifier: Apache-2.0
"""The mapping of fields of tshark's Kafka dissector to fields of messages.

A path is a leaf's name with as many of the names before it as make it unique; "*" after a name means the elements of an
array that have no names. Several paths: all of them, in the order of the message.
"""

from __future__ import annotations

# For every message.
COMMON = {
    "acl_operation": ("operation",),
    "acl_permission_type": ("permissionType",),
    "acl_principal": ("principal", "principalFilter"),
    "acl_resource_type": ("resourceType", "resourceTypeFilter"),
    "allow_auto_topic_creation": ("allowAutoTopicCreation",),
    "api_versions.api_key": ("apiKeys.apiKey",),
    "api_versions.max_version": ("apiKeys.maxVersion",),
    "api_versions.min_version": ("apiKeys.minVersion",),
    "broker_epoch": ("brokerEpoch",),
    "client_software_name": ("clientSoftwareName",),
    "client_software_version": ("clientSoftwareVersion",),
    "cluster_id": ("clusterId",),
    "config_key": ("configs.name",),
    "config_value": ("configs.value",),
    "consumer_group": ("groupId", "groups*", "results.groupId"),
    "consumer_group_instance": ("groupInstanceId",),
    "controller_epoch": ("controllerEpoch",),
    "coordinator_type": ("keyType",),
    "error": ("errorCode",),
    "error_message": ("errorMessage",),
    "generation_id": ("generationId", "generationIdOrMemberEpoch"),
    "group_state": ("groupState",),
    "host": ("host",),
    "is_internal": ("isInternal",),
    "isolation_level": ("isolationLevel",),
    "isr_id": ("isrNodes*",),
    "last_stable_offset": ("lastStableOffset",),
    "leader_epoch": ("leaderEpoch", "committedLeaderEpoch"),
    "leader_id": ("leaderId",),
    "max_wait_time": ("maxWaitMs",),
    "member_id": ("memberId",),
    "metadata": ("metadata", "committedMetadata"),
    "min_bytes": ("minBytes",),
    "node_id": ("nodeId", "brokerId"),
    "num_partitions": ("numPartitions",),
    "offline_id": ("offlineReplicas*",),
    "partition_id": ("partitionIndex", "partition", "partitionData.index", "partitionResponses.index",
                     "topics.partitions*", "topics.partitionIndexes*"),
    "port": ("port",),
    "principal_name": ("principalName",),
    "producer_epoch": ("producerEpoch",),
    "producer_id": ("producerId",),
    "protocol_name": ("protocolName", "protocols.name"),
    "protocol_type": ("protocolType",),
    "rack": ("rack", "rackId"),
    "rebalance_timeout": ("rebalanceTimeoutMs",),
    "replica_id": ("replicaId", "replicaNodes*"),
    "replication_factor": ("replicationFactor",),
    "required_acks": ("acks",),
    "retention_time": ("retentionTimeMs",),
    "sasl_mechanism": ("mechanism", "mechanisms*"),
    "session_timeout": ("sessionTimeoutMs",),
    "throttle_time": ("throttleTimeMs",),
    "timeout": ("timeoutMs",),
    "token_id": ("tokenId",),
    "topic_name": ("topicName", "topics.topic", "topics.name", "topicData.name", "responses.name", "responses.topic",
                   "topics*", "topicNames*"),
    "transactional_id": ("transactionalId",),
    "validate_only": ("validateOnly",),
}

# For one message, instead of the above. None: it has different meanings in the two.
OWN: dict[tuple[str, str], tuple[str, ...] | None] = {
    ("AddPartitionsToTxnRequest", "partition_id"): ("v3AndBelowTopics.partitions*",),
    ("AddPartitionsToTxnRequest", "producer_epoch"): ("v3AndBelowProducerEpoch",),
    ("AddPartitionsToTxnRequest", "producer_id"): ("v3AndBelowProducerId",),
    ("AddPartitionsToTxnRequest", "topic_name"): ("v3AndBelowTopics.name",),
    ("AddPartitionsToTxnRequest", "transactional_id"): ("v3AndBelowTransactionalId",),
    ("AddPartitionsToTxnResponse", "error"): ("partitionErrorCode",),
    ("AddPartitionsToTxnResponse", "topic_name"): ("resultsByTopicV3AndBelow.name",),
    ("AlterConfigsRequest", "acl_resource_type"): None,  # config_resource_type
    ("AlterConfigsResponse", "acl_resource_type"): None,
    ("AlterReplicaLogDirsResponse", "topic_name"): None,  # log_dir
    ("CreateAclsRequest", "host"): None,  # acl_host
    ("CreatePartitionsRequest", "node_id"): None,  # tshark takes the counts of arrays for brokers
    ("CreatePartitionsResponse", "topic_name"): ("results.name",),
    ("DeleteAclsResponse", "host"): None,  # acl_host
    ("DeleteGroupsRequest", "consumer_group"): ("groupsNames*",),
    ("DescribeAclsResponse", "host"): None,  # acl_host
    ("DescribeConfigsRequest", "acl_resource_type"): None,  # config_resource_type
    ("DescribeConfigsRequest", "config_key"): ("configurationKeys*",),
    ("DescribeConfigsResponse", "acl_resource_type"): None,  # config_resource_type
    ("DescribeConfigsResponse", "config_key"): ("configs.name", "synonyms.name"),
    ("DescribeConfigsResponse", "config_value"): ("configs.value", "synonyms.value"),
    ("DescribeGroupsResponse", "protocol_name"): ("protocolData",),
    ("ElectLeadersResponse", "partition_id"): ("partitionId",),
    ("ElectLeadersResponse", "topic_name"): ("replicaElectionResults.topic",),
    ("FetchRequest", "leader_epoch"): ("currentLeaderEpoch",),
    ("FetchResponse", "replica_id"): ("preferredReadReplica",),
    ("IncrementalAlterConfigsRequest", "acl_resource_type"): None,  # config_resource_type
    ("IncrementalAlterConfigsResponse", "acl_resource_type"): None,
    ("FindCoordinatorRequest", "consumer_group"): None,  # of version 0 the key
    ("JoinGroupRequest", "metadata"): None,  # protocol_metadata
    ("JoinGroupResponse", "metadata"): None,  # member_metadata
    ("LeaderAndIsrRequest", "host"): ("hostName",),
    ("LeaderAndIsrRequest", "isr_id"): ("isr*",),
    ("LeaderAndIsrRequest", "leader_id"): ("leader",),
    ("LeaderAndIsrRequest", "node_id"): ("controllerId", "brokerId"),
    ("LeaderAndIsrRequest", "replica_id"): ("replicas*", "addingReplicas*", "removingReplicas*"),
    ("ListOffsetsRequest", "leader_epoch"): ("currentLeaderEpoch",),
    ("MetadataResponse", "node_id"): ("nodeId", "controllerId"),
    ("StopReplicaRequest", "node_id"): ("controllerId",),
    ("UpdateMetadataRequest", "isr_id"): None,  # replica_id
    ("UpdateMetadataRequest", "leader_id"): ("leader",),
    ("UpdateMetadataRequest", "node_id"): ("controllerId", "liveBrokers.id"),
    ("UpdateMetadataRequest", "offline_id"): None,  # replica_id
    ("UpdateMetadataRequest", "replica_id"): ("isr*", "replicas*", "offlineReplicas*"),
}
