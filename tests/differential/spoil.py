# SPDX-License-Identifier: Apache-2.0
"""Requests with fields that no client should send: unknown ids and kinds, names that are empty, too long or not
allowed, numbers out of range, null and empty arrays, things that are named twice."""
from __future__ import annotations

import copy
import random

Json = dict[str, object]
NO_ID = "AAAAAAAAAAAAAAAAAAAAAA"
UNKNOWN_ID = "kwireKwireKwireKwireKQ"
# The answer would depend on time, or the change would outlive the conversation. Kafka's controller resigns when an
# operation on a config is not one of the four; an id of a session far below 0 is an unexpected error for Kafka. Limits
# of bytes matter where sizes may differ.
KEPT = {"timeoutMs", "transactionTimeoutMs", "maxWaitMs", "validateOnly", "allowAutoTopicCreation",
        "includeDocumentation", "records", "transactionalId", "featureUpdates", "configOperation", "configurationKeys",
        "sessionId", "maxBytes", "partitionMaxBytes"}
NUMBERS = (-1, 0, 1, -2, 2, 100, 32767, 2147483647, -2147483648)


def places(value: object, key: str = "") -> list[tuple[object, object]]:
    """Containers and keys of all that may be spoiled."""
    if isinstance(value, dict):
        return [place for name, item in value.items() if name not in KEPT
                for place in [(value, name), *places(item, name)]]
    if isinstance(value, list):
        return [place for i, item in enumerate(value) for place in [(value, i), *places(item, key)]]
    return []


def other_text(of: random.Random, text: str, prefix: str) -> str | None:
    if text.startswith(("@id:", NO_ID[:4])):
        return of.choice((NO_ID, UNKNOWN_ID))
    long = f"{prefix}-{'l' * (249 - len(prefix) - 2)}z"
    return of.choice(("", None, f"{prefix}.x y", "x" * 250, long, "__cluster_metadata"))


def other(of: random.Random, value: object, prefix: str) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return of.choice((*NUMBERS, value + 1, value - 1))
    if isinstance(value, str):
        kept = value.startswith(("@batch", "@session", "@producer", "@epoch"))
        return value if kept else other_text(of, value, prefix)
    if isinstance(value, list):
        return of.choice(([], None, value + copy.deepcopy(value[:1]), value + copy.deepcopy(value)))
    return value


def spoiled(of: random.Random, body: Json, prefix: str) -> Json:
    """The request with one field changed, or two."""
    body = copy.deepcopy(body)
    for _ in range(of.choice((1, 1, 1, 2))):
        found = [(container, key) for container, key in places(body) if not isinstance(container[key], dict)]
        if found:
            container, key = of.choice(found)
            container[key] = other(of, container[key], prefix)
    return body
