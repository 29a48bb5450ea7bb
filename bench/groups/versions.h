/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_GROUPS_VERSIONS_H
#define BENCH_GROUPS_VERSIONS_H

/* The versions that the programs use: with names of topics, where there are such. */
enum { JOIN_VERSION = 9, SYNC_VERSION = 5, HEARTBEAT_VERSION = 4, COMMIT_VERSION = 9, CONSUMER_HEARTBEAT_VERSION = 1 };

#endif
