/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_CONFIG_H
#define SERVER_CONFIG_CONFIG_H

/* What the broker does as its properties file and its options ask. settings.def says which setting goes where. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "endpoint.h"

enum { PATH_SIZE = 4096 };

struct static_config;

struct config {
    struct endpoint listen;
    struct endpoint advertised; /* host "": the address that the client came to; port 0: the one listened on */
    int32_t node_id;            /* -1: not given */
    size_t request_max_bytes;
    int32_t max_connections;
    int32_t max_connections_per_ip;
    int64_t queued_max_bytes;                 /* of large requests; -1: no limit */
    int32_t max_request_partition_size_limit; /* of DescribeTopicPartitions */
    int32_t fetch_max_bytes;
    int32_t min_session_ms; /* of members of classic groups */
    int32_t max_session_ms;
    bool auto_create_topics;     /* of Metadata */
    int32_t fetch_session_slots; /* how many fetch sessions are kept */
    int32_t send_buffer;         /* of a client's socket, bytes; -1: the system's default */
    int32_t receive_buffer;      /* the same */
    int64_t idle_ms;             /* -1: connections may be idle for ever */
    char **log_dirs;             /* distinct; the first one has the metadata */
    size_t log_dir_count;        /* 0: all data is in memory */
    bool sync;                   /* every acknowledgement waits for the disk */
    bool for_kafka_4_3;          /* a new directory has the features of Kafka 4.3, which cannot open those of 4.4 */
    struct static_config *file;  /* what the properties file says; NULL: nothing */
};

/* Kafka's defaults, but for the address: 127.0.0.1:9092. */
void config_init(struct config *config);

/* Applies a file of Kafka's property names, once. Settings that have no effect are reported; a value that is not valid,
 * and a setting that would protect something and is not implemented, is a complaint with file and line. False after a
 * complaint. */
bool config_read(struct config *config, const char *path);

/* Applies --listen and --data-dir, which win over a file. A new address also ends the advertised one of the file, which
 * was meant for the old address. False after a complaint. */
bool config_set_listen(struct config *config, const char *text);
bool config_set_data_dir(struct config *config, const char *path);

/* Applies --memory, which wins over a file as well. False after a complaint: there is --data-dir, too. */
bool config_set_memory(struct config *config, bool has_data_dir);

/* Applies --release-version: 4.3 or 4.4. False after a complaint. */
bool config_set_release(struct config *config, const char *text);

/* Puts into `file` what is in effect without being there: what options say, and the node's id. Once all options are
 * applied and the port is known. False after a complaint. */
bool config_complete(struct config *config, int32_t node_id);

void config_finish(struct config *config);

#endif
