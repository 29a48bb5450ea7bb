/* SPDX-License-Identifier: Apache-2.0 */
#include "txn_value.h"

#include <stdlib.h>
#include <string.h>

static size_t length_of(kw_string text)
{
    return text.len > 0 ? (size_t)text.len : 0;
}

static size_t size_of_texts(const struct txn_partitions *partitions)
{
    size_t size = 0;
    for (size_t i = 0; i < partitions->count; i++)
        size += length_of(partitions->items[i].topic);
    return size;
}

static char *copy_text(char *to, kw_string from, kw_string *copy)
{
    size_t len = length_of(from);
    if (len != 0)
        memcpy(to, from.data, len);
    *copy = (kw_string){to, (int32_t)len};
    return to + len;
}

struct txn_value *txn_value_create(const struct txn_fields *from)
{
    size_t count = from->partitions.count;
    size_t size = sizeof(struct txn_value) + count * sizeof(struct txn_partition) + size_of_texts(&from->partitions);
    struct txn_value *value = malloc(size);
    if (value == NULL)
        return NULL;
    value->is = *from;
    value->size = size;
    value->is.partitions.items = value->partitions;
    char *text = (char *)(value->partitions + count);
    for (size_t i = 0; i < count; i++) {
        value->partitions[i].partition = from->partitions.items[i].partition;
        text = copy_text(text, from->partitions.items[i].topic, &value->partitions[i].topic);
    }
    return value;
}

void txn_value_free(struct txn_value *value)
{
    free(value);
}

const char *txn_state_text(enum txn_state state)
{
    static const char *const texts[TXN_STATES] = {"Empty",        "Ongoing",        "PrepareCommit",
                                                  "PrepareAbort", "CompleteCommit", "CompleteAbort"};
    return texts[state];
}

int txn_compare_partitions(const void *a, const void *b)
{
    const struct txn_partition *x = a, *y = b;
    size_t x_len = length_of(x->topic), y_len = length_of(y->topic), shorter = x_len < y_len ? x_len : y_len;
    int order = shorter != 0 ? memcmp(x->topic.data, y->topic.data, shorter) : 0;
    if (order == 0)
        order = (x_len > y_len) - (x_len < y_len);
    if (order == 0)
        order = (x->partition > y->partition) - (x->partition < y->partition);
    return order;
}

bool txn_has_partition(const struct txn_partitions *partitions, const struct txn_partition *partition)
{
    return partitions->count != 0 &&
           bsearch(partition, partitions->items, partitions->count, sizeof *partition, txn_compare_partitions) != NULL;
}
