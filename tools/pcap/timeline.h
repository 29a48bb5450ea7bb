/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TIMELINE_H
#define TOOLS_TIMELINE_H

/* What a page shows of a capture of any size: counts of all exchanges by API, and over time by connection; and of a
 * limited number of exchanges everything. Which ones: each API gets an equal share, for those that failed and those
 * that took longest. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../capture/budget.h"
#include "../capture/segment.h"
#include "../explain/explain.h"
#include "activity.h"
#include "excerpt.h"
#include "sighting.h"
#include "statistics.h"
#include "topic_names.h"

enum {
    TIMELINE_LANES = 200,
    TIMELINE_ROWS = 6,          /* of a lane, for exchanges at the same time */
    TIMELINE_LANE_SLOTS = 1024, /* a power of two */
    TIMELINE_CONTENT = 1024,    /* bytes of the limits of texts, */
    TIMELINE_EXPLANATION = 3072 /* and of the explanation of a message */
};

/* A connection. Ports that are used again continue it. */
typedef struct lane {
    char client[ENDPOINT_TEXT_SIZE];
    char broker[ENDPOINT_TEXT_SIZE];
    uint64_t requests;
    uint64_t failed;
    activity activity;
    unsigned rows;                   /* used by entries, */
    int64_t row_ends[TIMELINE_ROWS]; /* and the end of the last one in each; both after timeline_sort() */
} lane;

/* A text of an entry. */
typedef struct entry_text {
    const char *data;
    size_t size;
    uint64_t lines_left_out;
} entry_text;

/* An exchange that is kept. */
typedef struct timeline_entry {
    int64_t start;        /* ns since 1970 */
    int64_t latency;      /* ns; -1: no response */
    uint64_t rank;        /* the entry with the lowest one is dropped first */
    uint32_t lane;        /* index */
    unsigned row;         /* of the lane, from 0 */
    uint32_t slot;        /* of its API, see statistics_slot() */
    const char *api_name; /* NULL: not known */
    int16_t api_key;
    int16_t api_version;
    int32_t correlation_id;
    outcome outcome;
    bool failed;
    bool has_client_id;
    size_t request_size; /* with the size field */
    size_t response_size;
    entry_text client_id;
    entry_text content;         /* as the line of this exchange ends: topics, errors, problems */
    entry_text explanations[2]; /* of request and response, by kw_message_kind; empty: none */
    size_t size;                /* of this */
    char text[];
} timeline_entry;

/* What is kept of an API. */
typedef struct timeline_share {
    uint32_t kept;
    uint64_t weakest; /* rank; UINT64_MAX: none */
} timeline_share;

typedef struct timeline {
    budget memory;
    size_t most; /* entries */
    const topic_names *names;
    statistics statistics;
    uint64_t exchanges;
    uint64_t failed;     /* of them */
    uint64_t unanswered; /* of them */
    int64_t start;       /* of the first request, ns since 1970 */
    int64_t end;         /* of the last request or response */
    lane *lanes[TIMELINE_LANES];
    uint32_t lane_count;
    uint16_t lane_slots[TIMELINE_LANE_SLOTS]; /* index of a lane plus 1; 0: free */
    uint64_t without_lane;                    /* exchanges of further connections */
    activity_scale scale;
    timeline_entry **entries;
    size_t entry_count;
    timeline_share shares[STATISTICS_KEYS];
    uint64_t without_entry;       /* exchanges with a lane */
    uint64_t without_explanation; /* entries, because memory was short */
    explainer *explainer;
    excerpt excerpt; /* that is being made */
    char excerpts[2][TIMELINE_EXPLANATION];
} timeline;

/* `most` is not 0. `names` must outlive the timeline, which must not be moved. `max_memory` limits what is kept, and
 * again what explaining a message takes. */
void timeline_init(timeline *t, const topic_names *names, size_t most, size_t max_memory);

/* Frames of requests must be kept: see exchange_sink. */
sighting_sink timeline_sink(timeline *t);

/* Nothing is added any more: sorts the entries by time, and places them in rows. */
void timeline_sort(timeline *t);

void timeline_finish(timeline *t);

#endif
