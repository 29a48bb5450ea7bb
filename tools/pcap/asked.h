/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ASKED_H
#define TOOLS_ASKED_H

/* A request in flight. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/frame.h>

#include "../capture/budget.h"
#include "framer.h"

typedef struct asked {
    struct asked *next; /* the next younger one */
    kw_request header;  /* its client id is in `bytes`; without tags and body */
    frame frame;        /* data is NULL, or in `bytes`, its size field before it */
    void *note;
    size_t size; /* of this */
    uint8_t bytes[];
} asked;

/* With `keep` the frame is copied too, as far as memory allows. NULL if there is too little even for the header. */
asked *asked_create(const kw_request *request, const frame *f, bool keep, budget *memory);

void asked_destroy(asked *a, budget *memory);

#endif
