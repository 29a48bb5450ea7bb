/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_SETTING_H
#define TESTS_SIMULATION_SETTING_H

enum { PROCESS_PORT = 9092 };

/* A setting of a broker, as in a file of properties. */
struct process_setting {
    const char *name;
    const char *value;
};

#endif
