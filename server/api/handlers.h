/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_HANDLERS_H
#define SERVER_API_HANDLERS_H

/* What the broker answers: a function for each API, from the typed request to the typed response; see call.h. */

#include <kwire/arena.h>
#include <kwire/message.h>
#include <kwire/messages/add_offsets_to_txn_request.h>
#include <kwire/messages/add_offsets_to_txn_response.h>
#include <kwire/messages/add_partitions_to_txn_request.h>
#include <kwire/messages/add_partitions_to_txn_response.h>
#include <kwire/messages/alter_configs_request.h>
#include <kwire/messages/alter_configs_response.h>
#include <kwire/messages/alter_partition_reassignments_request.h>
#include <kwire/messages/alter_partition_reassignments_response.h>
#include <kwire/messages/alter_share_group_offsets_request.h>
#include <kwire/messages/alter_share_group_offsets_response.h>
#include <kwire/messages/api_versions_request.h>
#include <kwire/messages/api_versions_response.h>
#include <kwire/messages/consumer_group_describe_request.h>
#include <kwire/messages/consumer_group_describe_response.h>
#include <kwire/messages/consumer_group_heartbeat_request.h>
#include <kwire/messages/consumer_group_heartbeat_response.h>
#include <kwire/messages/create_partitions_request.h>
#include <kwire/messages/create_partitions_response.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/create_topics_response.h>
#include <kwire/messages/delete_groups_request.h>
#include <kwire/messages/delete_groups_response.h>
#include <kwire/messages/delete_records_request.h>
#include <kwire/messages/delete_records_response.h>
#include <kwire/messages/delete_share_group_offsets_request.h>
#include <kwire/messages/delete_share_group_offsets_response.h>
#include <kwire/messages/delete_share_group_state_request.h>
#include <kwire/messages/delete_share_group_state_response.h>
#include <kwire/messages/delete_topics_request.h>
#include <kwire/messages/delete_topics_response.h>
#include <kwire/messages/describe_cluster_request.h>
#include <kwire/messages/describe_cluster_response.h>
#include <kwire/messages/describe_configs_request.h>
#include <kwire/messages/describe_configs_response.h>
#include <kwire/messages/describe_groups_request.h>
#include <kwire/messages/describe_groups_response.h>
#include <kwire/messages/describe_log_dirs_request.h>
#include <kwire/messages/describe_log_dirs_response.h>
#include <kwire/messages/describe_producers_request.h>
#include <kwire/messages/describe_producers_response.h>
#include <kwire/messages/describe_quorum_request.h>
#include <kwire/messages/describe_quorum_response.h>
#include <kwire/messages/describe_share_group_offsets_request.h>
#include <kwire/messages/describe_share_group_offsets_response.h>
#include <kwire/messages/describe_topic_partitions_request.h>
#include <kwire/messages/describe_topic_partitions_response.h>
#include <kwire/messages/describe_transactions_request.h>
#include <kwire/messages/describe_transactions_response.h>
#include <kwire/messages/elect_leaders_request.h>
#include <kwire/messages/elect_leaders_response.h>
#include <kwire/messages/end_txn_request.h>
#include <kwire/messages/end_txn_response.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/fetch_response.h>
#include <kwire/messages/find_coordinator_request.h>
#include <kwire/messages/find_coordinator_response.h>
#include <kwire/messages/heartbeat_request.h>
#include <kwire/messages/heartbeat_response.h>
#include <kwire/messages/incremental_alter_configs_request.h>
#include <kwire/messages/incremental_alter_configs_response.h>
#include <kwire/messages/init_producer_id_request.h>
#include <kwire/messages/init_producer_id_response.h>
#include <kwire/messages/initialize_share_group_state_request.h>
#include <kwire/messages/initialize_share_group_state_response.h>
#include <kwire/messages/join_group_request.h>
#include <kwire/messages/join_group_response.h>
#include <kwire/messages/leave_group_request.h>
#include <kwire/messages/leave_group_response.h>
#include <kwire/messages/list_config_resources_request.h>
#include <kwire/messages/list_config_resources_response.h>
#include <kwire/messages/list_groups_request.h>
#include <kwire/messages/list_groups_response.h>
#include <kwire/messages/list_offsets_request.h>
#include <kwire/messages/list_offsets_response.h>
#include <kwire/messages/list_partition_reassignments_request.h>
#include <kwire/messages/list_partition_reassignments_response.h>
#include <kwire/messages/list_transactions_request.h>
#include <kwire/messages/list_transactions_response.h>
#include <kwire/messages/metadata_request.h>
#include <kwire/messages/metadata_response.h>
#include <kwire/messages/offset_commit_request.h>
#include <kwire/messages/offset_commit_response.h>
#include <kwire/messages/offset_delete_request.h>
#include <kwire/messages/offset_delete_response.h>
#include <kwire/messages/offset_fetch_request.h>
#include <kwire/messages/offset_fetch_response.h>
#include <kwire/messages/offset_for_leader_epoch_request.h>
#include <kwire/messages/offset_for_leader_epoch_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>
#include <kwire/messages/read_share_group_state_request.h>
#include <kwire/messages/read_share_group_state_response.h>
#include <kwire/messages/read_share_group_state_summary_request.h>
#include <kwire/messages/read_share_group_state_summary_response.h>
#include <kwire/messages/share_acknowledge_request.h>
#include <kwire/messages/share_acknowledge_response.h>
#include <kwire/messages/share_fetch_request.h>
#include <kwire/messages/share_fetch_response.h>
#include <kwire/messages/share_group_describe_request.h>
#include <kwire/messages/share_group_describe_response.h>
#include <kwire/messages/share_group_heartbeat_request.h>
#include <kwire/messages/share_group_heartbeat_response.h>
#include <kwire/messages/sync_group_request.h>
#include <kwire/messages/sync_group_response.h>
#include <kwire/messages/txn_offset_commit_request.h>
#include <kwire/messages/txn_offset_commit_response.h>
#include <kwire/messages/update_features_request.h>
#include <kwire/messages/update_features_response.h>
#include <kwire/messages/write_share_group_state_request.h>
#include <kwire/messages/write_share_group_state_response.h>
#include <kwire/messages/write_txn_markers_request.h>
#include <kwire/messages/write_txn_markers_response.h>

#include "call.h"

/* Kafka's sets of operations, one bit an operation, that a client may do where nothing is forbidden. */
enum { TOPIC_OPERATIONS = 0x0df8, CLUSTER_OPERATIONS = 0x1fa0, GROUP_OPERATIONS = 0x0d48 };

enum call_outcome handle_alter_configs(struct call *call, const kw_alter_configs_request *request,
                                       kw_alter_configs_response *response);
enum call_outcome handle_alter_partition_reassignments(struct call *call,
                                                       const kw_alter_partition_reassignments_request *request,
                                                       kw_alter_partition_reassignments_response *response);
enum call_outcome handle_api_versions(struct call *call, const kw_api_versions_request *request,
                                      kw_api_versions_response *response);
enum call_outcome handle_consumer_group_describe(struct call *call, const kw_consumer_group_describe_request *request,
                                                 kw_consumer_group_describe_response *response);
enum call_outcome handle_consumer_group_heartbeat(struct call *call, const kw_consumer_group_heartbeat_request *request,
                                                  kw_consumer_group_heartbeat_response *response);
enum call_outcome handle_create_partitions(struct call *call, const kw_create_partitions_request *request,
                                           kw_create_partitions_response *response);
enum call_outcome handle_create_topics(struct call *call, const kw_create_topics_request *request,
                                       kw_create_topics_response *response);
enum call_outcome handle_delete_topics(struct call *call, const kw_delete_topics_request *request,
                                       kw_delete_topics_response *response);
enum call_outcome handle_describe_cluster(struct call *call, const kw_describe_cluster_request *request,
                                          kw_describe_cluster_response *response);
enum call_outcome handle_describe_configs(struct call *call, const kw_describe_configs_request *request,
                                          kw_describe_configs_response *response);
enum call_outcome handle_delete_records(struct call *call, const kw_delete_records_request *request,
                                        kw_delete_records_response *response);
enum call_outcome handle_describe_log_dirs(struct call *call, const kw_describe_log_dirs_request *request,
                                           kw_describe_log_dirs_response *response);
enum call_outcome handle_describe_producers(struct call *call, const kw_describe_producers_request *request,
                                            kw_describe_producers_response *response);
enum call_outcome handle_describe_quorum(struct call *call, const kw_describe_quorum_request *request,
                                         kw_describe_quorum_response *response);
enum call_outcome handle_init_producer_id(struct call *call, const kw_init_producer_id_request *request,
                                          kw_init_producer_id_response *response);
enum call_outcome handle_offset_for_leader_epoch(struct call *call, const kw_offset_for_leader_epoch_request *request,
                                                 kw_offset_for_leader_epoch_response *response);
enum call_outcome handle_describe_topic_partitions(struct call *call,
                                                   const kw_describe_topic_partitions_request *request,
                                                   kw_describe_topic_partitions_response *response);
enum call_outcome handle_elect_leaders(struct call *call, const kw_elect_leaders_request *request,
                                       kw_elect_leaders_response *response);
enum call_outcome handle_fetch(struct call *call, const kw_fetch_request *request, kw_fetch_response *response);
enum call_outcome handle_find_coordinator(struct call *call, const kw_find_coordinator_request *request,
                                          kw_find_coordinator_response *response);
enum call_outcome handle_incremental_alter_configs(struct call *call,
                                                   const kw_incremental_alter_configs_request *request,
                                                   kw_incremental_alter_configs_response *response);
enum call_outcome handle_list_config_resources(struct call *call, const kw_list_config_resources_request *request,
                                               kw_list_config_resources_response *response);
enum call_outcome handle_list_offsets(struct call *call, const kw_list_offsets_request *request,
                                      kw_list_offsets_response *response);
enum call_outcome handle_list_partition_reassignments(struct call *call,
                                                      const kw_list_partition_reassignments_request *request,
                                                      kw_list_partition_reassignments_response *response);
enum call_outcome handle_metadata(struct call *call, const kw_metadata_request *request,
                                  kw_metadata_response *response);
enum call_outcome handle_produce(struct call *call, const kw_produce_request *request, kw_produce_response *response);
enum call_outcome handle_delete_groups(struct call *call, const kw_delete_groups_request *request,
                                       kw_delete_groups_response *response);
enum call_outcome handle_describe_groups(struct call *call, const kw_describe_groups_request *request,
                                         kw_describe_groups_response *response);
enum call_outcome handle_heartbeat(struct call *call, const kw_heartbeat_request *request,
                                   kw_heartbeat_response *response);
enum call_outcome handle_join_group(struct call *call, const kw_join_group_request *request,
                                    kw_join_group_response *response);
enum call_outcome handle_leave_group(struct call *call, const kw_leave_group_request *request,
                                     kw_leave_group_response *response);
enum call_outcome handle_list_groups(struct call *call, const kw_list_groups_request *request,
                                     kw_list_groups_response *response);
enum call_outcome handle_offset_commit(struct call *call, const kw_offset_commit_request *request,
                                       kw_offset_commit_response *response);
enum call_outcome handle_offset_delete(struct call *call, const kw_offset_delete_request *request,
                                       kw_offset_delete_response *response);
enum call_outcome handle_offset_fetch(struct call *call, const kw_offset_fetch_request *request,
                                      kw_offset_fetch_response *response);
enum call_outcome handle_sync_group(struct call *call, const kw_sync_group_request *request,
                                    kw_sync_group_response *response);
enum call_outcome handle_txn_offset_commit(struct call *call, const kw_txn_offset_commit_request *request,
                                           kw_txn_offset_commit_response *response);
enum call_outcome handle_update_features(struct call *call, const kw_update_features_request *request,
                                         kw_update_features_response *response);

/* The answer to a version of ApiVersions that is not served, to be encoded in version 0. */
enum call_outcome refuse_api_versions(struct call *call);
enum call_outcome handle_delete_share_group_state(struct call *call, const kw_delete_share_group_state_request *request,
                                                  kw_delete_share_group_state_response *response);
enum call_outcome handle_initialize_share_group_state(struct call *call,
                                                      const kw_initialize_share_group_state_request *request,
                                                      kw_initialize_share_group_state_response *response);
enum call_outcome handle_read_share_group_state(struct call *call, const kw_read_share_group_state_request *request,
                                                kw_read_share_group_state_response *response);
enum call_outcome handle_read_share_group_state_summary(struct call *call,
                                                        const kw_read_share_group_state_summary_request *request,
                                                        kw_read_share_group_state_summary_response *response);
enum call_outcome handle_write_share_group_state(struct call *call, const kw_write_share_group_state_request *request,
                                                 kw_write_share_group_state_response *response);
enum call_outcome handle_share_group_describe(struct call *call, const kw_share_group_describe_request *request,
                                              kw_share_group_describe_response *response);
enum call_outcome handle_share_group_heartbeat(struct call *call, const kw_share_group_heartbeat_request *request,
                                               kw_share_group_heartbeat_response *response);
enum call_outcome handle_share_acknowledge(struct call *call, const kw_share_acknowledge_request *request,
                                           kw_share_acknowledge_response *response);
enum call_outcome handle_share_fetch(struct call *call, const kw_share_fetch_request *request,
                                     kw_share_fetch_response *response);
enum call_outcome handle_describe_share_group_offsets(struct call *call,
                                                      const kw_describe_share_group_offsets_request *request,
                                                      kw_describe_share_group_offsets_response *response);
enum call_outcome handle_alter_share_group_offsets(struct call *call,
                                                   const kw_alter_share_group_offsets_request *request,
                                                   kw_alter_share_group_offsets_response *response);
enum call_outcome handle_delete_share_group_offsets(struct call *call,
                                                    const kw_delete_share_group_offsets_request *request,
                                                    kw_delete_share_group_offsets_response *response);
enum call_outcome handle_add_partitions_to_txn(struct call *call, const kw_add_partitions_to_txn_request *request,
                                               kw_add_partitions_to_txn_response *response);
enum call_outcome handle_add_offsets_to_txn(struct call *call, const kw_add_offsets_to_txn_request *request,
                                            kw_add_offsets_to_txn_response *response);
enum call_outcome handle_end_txn(struct call *call, const kw_end_txn_request *request, kw_end_txn_response *response);
enum call_outcome handle_describe_transactions(struct call *call, const kw_describe_transactions_request *request,
                                               kw_describe_transactions_response *response);
enum call_outcome handle_list_transactions(struct call *call, const kw_list_transactions_request *request,
                                           kw_list_transactions_response *response);
enum call_outcome handle_write_txn_markers(struct call *call, const kw_write_txn_markers_request *request,
                                           kw_write_txn_markers_response *response);

#endif
