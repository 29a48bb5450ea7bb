# SPDX-License-Identifier: Apache-2.0
"""Settings of a group."""
SETTINGS = {"group.consumer.heartbeat.interval.ms": "500", "group.consumer.session.timeout.ms": "20000"}


def _set(speaker, **settings):
    listed = [{"name": name.replace("_", "."), "configOperation": 0 if value is not None else 1, "value": value}
              for name, value in settings.items()]
    resource = {"resourceType": 32, "resourceName": speaker.talk.group, "configs": listed}
    speaker.ask("IncrementalAlterConfigs", 1, resources=[resource], validateOnly=False)


def _get(speaker, *names):
    resource = {"resourceType": 32, "resourceName": speaker.talk.group, "configurationKeys": list(names) or None}
    speaker.ask("DescribeConfigs", 4, resources=[resource])


def heartbeat_interval(talk):
    """It is in the next answers; and it is the broker's again when it is deleted."""
    a = talk.member("a")
    a.id = "a"
    name = "consumer.heartbeat.interval.ms"
    _get(a, name)
    _set(a, consumer_heartbeat_interval_ms="700")
    talk.sleep(0.5)
    _get(a, name)
    a.enter("one")
    _set(a, consumer_heartbeat_interval_ms="900")
    talk.sleep(0.5)
    a.beat()
    _set(a, consumer_heartbeat_interval_ms=None)
    talk.sleep(0.5)
    a.beat()


def session_timeout(talk):
    """A shorter one."""
    a, b = talk.consumers("a b")
    _set(a, consumer_session_timeout_ms="1000")
    talk.sleep(0.5)
    a.enter("one")
    talk.sleep(3)
    a.beat()


def assignment_interval(talk):
    """A longer one."""
    a, b = talk.consumers("a b")
    _set(a, consumer_assignment_interval_ms="15000")
    talk.sleep(0.5)
    a.enter("two", serverAssignor="range")
    b.enter("two", serverAssignor="range")
    a.beat()


def bad_values(talk):
    """Out of range, no number, unknown names, an empty group id."""
    a = talk.member("a")
    _set(a, consumer_heartbeat_interval_ms="1")
    _set(a, consumer_heartbeat_interval_ms="16000")
    _set(a, consumer_session_timeout_ms="99")
    _set(a, consumer_session_timeout_ms="60001")
    _set(a, consumer_assignment_interval_ms="-1")
    _set(a, consumer_heartbeat_interval_ms="many")
    _set(a, consumer_heartbeat_interval_ms="5000", consumer_session_timeout_ms="4000")
    _set(a, nothing="5")
    _set(a, consumer_session_timeout_ms="")
    _get(a)
