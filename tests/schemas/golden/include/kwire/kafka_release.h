/* SPDX-License-Identifier: Apache-2.0 */
/* Generated from schema/; do not edit. */
#ifndef KWIRE_KAFKA_RELEASE_H
#define KWIRE_KAFKA_RELEASE_H

/* The Apache Kafka release whose messages this library knows completely. */
#define KW_KAFKA_RELEASE "2.1.0"

#endif
