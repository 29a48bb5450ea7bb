/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_NO_APPENDERS_H
#define TESTS_SERVER_SUPPORT_NO_APPENDERS_H

#include <stdlib.h>

#include "log/appender.h"
#include "log/log_manager.h"

/* Who appends waits for the disk itself from now on, so that nothing of it happens on other threads. To be called
 * before anything is appended. False: there is no memory. */
static inline bool remove_appenders(struct log_manager *logs)
{
    struct log_list list;
    if (!log_manager_list(logs, &list))
        return false;
    for (size_t i = 0; i < list.len; i++)
        list.items[i]->appender = NULL;
    log_list_release(&list);
    for (size_t i = 0; i < logs->dir_count; i++) {
        struct log_dir *dir = logs->dirs[i];
        if (dir->appender != NULL)
            appender_finish(dir->appender);
        free(dir->appender);
        dir->appender = NULL;
    }
    return true;
}

#endif
