/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BROKER_H
#define SERVER_BROKER_H

/* What is the same for all connections. Nothing in it changes after the start but the topics, and
 * what is counted. */

#include "catalogue.h"
#include "config.h"
#include "data_dir.h"
#include "request_memory.h"
#include "store.h"

struct broker {
    struct config config;
    struct identity identity;
    struct catalogue catalogue;
    struct store store;
    struct request_memory request_memory;
};

#endif
