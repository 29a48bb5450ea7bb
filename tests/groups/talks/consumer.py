# SPDX-License-Identifier: Apache-2.0
"""Consumer groups: ConsumerGroupHeartbeat and ConsumerGroupDescribe."""


def first_consumer(talk):
    """One member from nothing to Stable, and away again."""
    a = talk.member("a")
    a.id = "a"
    a.describe_consumer()
    a.enter("two")
    a.describe_consumer()
    a.owns({"two": [0, 1]})
    a.beat()
    a.describe_consumer(version=0)
    a.describe()
    a.beat(-1)
    a.describe_consumer()
    a.list()
    a.enter("two")
    a.beat(-1)


def old_version(talk):
    """Version 0: the broker chooses the id."""
    a = talk.member("a")
    a.enter("two", version=0)
    a.owns({"two": [0, 1]}, version=0)
    a.beat(version=0)
    b = talk.member("b")
    b.id = "b"
    b.enter("two", version=0)
    b.beat(5, version=0, memberId="")
    b.beat(-1, version=0)
    a.beat(-1, version=0)


def bad_requests(talk):
    """What a request must be, and the order of these checks."""
    a = talk.member("a")
    a.id = "a"
    good = {"rebalanceTimeoutMs": 20000, "subscribedTopicNames": ["one"], "topicPartitions": []}
    for version in (0, 1):
        for epoch in (0, 1, -1, -2, -3):
            a.beat(epoch, version, **good | {"memberId": ""})
            a.beat(epoch, version, **good | {"memberId": "  "})
    for version in (0, 1):
        a.beat(0, version, **good | {"groupId": ""})
        a.beat(0, version, **good | {"groupId": "  "})
        a.beat(0, version, **good | {"instanceId": ""})
        a.beat(0, version, **good | {"instanceId": " "})
        a.beat(0, version, **good | {"rackId": ""})
        a.beat(0, version, **good | {"rebalanceTimeoutMs": -1})
        a.beat(0, version, **good | {"rebalanceTimeoutMs": -2})
        a.beat(0, version, **good | {"rebalanceTimeoutMs": 0})
        a.beat(0, version, **good | {"topicPartitions": None})
        a.beat(0, version, **good | {"topicPartitions": [{"topicId": "@one", "partitions": [0]}]})
        a.beat(0, version, **good | {"topicPartitions": [{"topicId": "@one", "partitions": []}]})
        a.beat(0, version, **good | {"subscribedTopicNames": None})
        a.beat(0, version, **good | {"serverAssignor": "none"})
        a.beat(0, version, **good | {"serverAssignor": ""})
    a.beat(-2)
    a.beat(-3)
    a.beat(-2147483648)
    a.beat(0, memberId="", groupId="", rackId="")
    a.beat(0, groupId="", instanceId="", rackId="", serverAssignor="none")
    a.beat(0, instanceId="", rackId="", serverAssignor="none")
    a.beat(0, rackId="", serverAssignor="none")
    a.beat(0, serverAssignor="none")
    a.beat(0, serverAssignor="none", rebalanceTimeoutMs=5, topicPartitions=[])
    a.beat(1)
    a.beat(-1)
    a.beat(-2, instanceId="i")
    a.beat(1, **good)
    a.describe_consumer()


def members_that_do_not_exist(talk):
    """Heartbeats of strangers to a group with one member."""
    a, b = talk.consumers("a b")
    a.enter("one")
    b.beat(1)
    b.beat(2)
    b.beat(-1)
    b.beat(-2, instanceId="i")
    b.beat(1, instanceId="i")
    b.beat(-1, instanceId="i")
    a.beat(a.epoch, instanceId="i")
    a.beat(-1, instanceId="i")


def epochs(talk):
    """Each epoch that a member may send, with and without partitions."""
    a = talk.member("a")
    a.id = "a"
    a.enter("two")
    epoch = a.epoch
    a.beat(epoch + 1)
    a.beat(epoch - 1)
    a.beat(epoch - 1, topicPartitions=[])
    a.beat(epoch - 1, topicPartitions=[{"topicId": "@two", "partitions": [0]}])
    a.beat(epoch - 2, topicPartitions=[])
    a.beat(epoch)
    a.beat(epoch, subscribedTopicNames=["two", "one"])
    a.beat(epoch, topicPartitions=[{"topicId": "@two", "partitions": [0, 1]}])
    a.beat(epoch, topicPartitions=[{"topicId": "@two", "partitions": [0, 1]}, {"topicId": "@three", "partitions": [0]}])
    a.beat(epoch, topicPartitions=None)
    a.beat(0, rebalanceTimeoutMs=20000, topicPartitions=[], subscribedTopicNames=["two"])
    a.beat(2147483647)


def three_members_range(talk):
    """Members come and go; partitions move only when their owner has given them up."""
    a, b, c = talk.consumers("a b c")
    a.enter("six", serverAssignor="range")
    a.owns({"six": [0, 1, 2, 3, 4, 5]})
    b.enter("six", serverAssignor="range")
    b.beat()
    a.beat()
    b.describe_consumer()
    a.owns({"six": [0, 1, 2, 3, 4, 5]})
    b.beat()
    c.enter("six", serverAssignor="range")
    a.owns({"six": [0, 1, 2]})
    b.beat()
    c.beat()
    a.beat()
    a.owns({"six": [0, 1]})
    b.owns({"six": [2, 3]})
    c.owns({"six": [4, 5]})
    c.beat()
    a.describe_consumer()
    b.beat(-1)
    a.beat()
    c.beat()
    a.describe_consumer()
    c.owns({"six": [3, 4, 5]})
    a.beat(-1)
    c.beat()
    c.beat(-1)


def several_topics_range(talk):
    """Topics of different sizes, one of them of one member only."""
    a, b, c = talk.consumers("a b c")
    a.enter("three", "four", serverAssignor="range")
    b.enter("four", "two", "missing", serverAssignor="range")
    a.beat()
    a.owns({"three": [0, 1, 2], "four": [0, 1]})
    b.beat()
    c.enter("missing", serverAssignor="range")
    c.beat()
    a.beat()
    b.beat()
    c.beat(subscribedTopicNames=[])
    c.beat(subscribedTopicNames=["three"])
    a.beat()
    a.owns({"three": [0, 1], "four": [0, 1]})
    c.beat()
    a.describe_consumer()


def subscription_changes(talk):
    """A member gives a topic up, and takes it again."""
    a, b = talk.consumers("a b")
    a.enter("one", "two")
    a.owns({"one": [0], "two": [0, 1]})
    a.beat(subscribedTopicNames=["two"])
    a.beat()
    a.describe_consumer()
    a.owns({"two": [0, 1]})
    a.beat(subscribedTopicNames=["one", "two"])
    a.owns({"one": [0], "two": [0, 1]})
    a.beat(subscribedTopicNames=[])
    a.owns({})
    a.beat(subscribedTopicNames=["two", "two", "one"])
    a.describe_consumer()


def metadata_of_a_member(talk):
    """Rack, rebalance timeout, assignor: what is written when they change, and when they are sent again."""
    a = talk.member("a")
    a.id = "a"
    a.enter("one", rackId="r")
    a.beat(rackId="r")
    a.beat(rackId="s")
    a.beat(rebalanceTimeoutMs=30000)
    a.beat(serverAssignor="range")
    a.beat(serverAssignor="range")
    a.beat(serverAssignor="uniform")
    a.beat(instanceId="i")
    a.client_id = "other"
    a.beat()
    a.describe_consumer()


def full_requests(talk):
    """When the assignment is in the answer."""
    a = talk.member("a")
    a.id = "a"
    a.enter("two")
    full = {"rebalanceTimeoutMs": 20000, "subscribedTopicNames": ["two"],
            "topicPartitions": [{"topicId": "@two", "partitions": [0, 1]}]}
    a.beat(**full)
    for name in full:
        a.beat(**{k: v for k, v in full.items() if k != name})
    a.beat(**full | {"topicPartitions": []})
    a.beat(**full | {"subscribedTopicRegex": ""})


def static_consumers(talk):
    """Instance ids: returning after -2, too early, with another id, twice, the wrong one."""
    a, b, c = talk.consumers("a b c")
    a.instance = b.instance = "i"
    a.enter("two")
    a.owns({"two": [0, 1]})
    b.enter("two")
    a.beat()
    b.beat(a.epoch)
    a.beat(-2)
    a.describe_consumer()
    a.beat(a.epoch)
    b.enter("two")
    b.describe_consumer()
    a.beat(2)
    a.enter("two")
    b.beat(-2)
    b.enter("two")
    b.beat(-1)
    a.enter("two")
    a.beat(-2, instanceId="other")
    a.beat(-1, memberId="me")


def static_member_returns_with_changes(talk):
    """With another subscription, and to a group with others."""
    a, b, c = talk.consumers("a b c")
    a.instance = c.instance = "i"
    a.enter("four", serverAssignor="range")
    b.enter("four", serverAssignor="range")
    a.owns({"four": [0, 1]})
    a.beat()
    b.beat()
    a.beat(-2)
    b.beat()
    c.enter("four", serverAssignor="range")
    b.beat()
    c.beat(-2)
    a.enter("two", serverAssignor="range")
    b.beat()
    b.describe_consumer()


def revocation_takes_too_long(talk):
    """A member that does not give up its partitions within its rebalance timeout is removed."""
    a, b = talk.consumers("a b")
    a.enter("two", serverAssignor="range", rebalanceTimeoutMs=1000)
    b.enter("two", serverAssignor="range")
    a.beat()
    a.beat()
    a.until("UNKNOWN_MEMBER_ID", a.beat)
    b.beat()
    b.describe_consumer()


def emptied_and_joined_again(talk):
    """The epochs of a group that was empty."""
    a, b = talk.consumers("a b")
    a.enter("one")
    a.beat(-1)
    a.describe_consumer()
    b.enter("one")
    b.beat(-1)
    b.delete()
    b.enter("one")


def topics_come_and_go(talk):
    """Partitions are added, a subscribed topic is created, and deleted."""
    a = talk.member("a")
    a.id = "a"
    name = f"{talk.group}-topic"
    a.enter(name)
    talk.create_topic(name, 1)
    talk.sleep(1)
    a.beat()
    a.describe_consumer()
    talk.delete_topic(name)
    talk.sleep(1)
    a.beat()
    a.describe_consumer()
    a.owns({})


def names_and_a_pattern(talk):
    """Both; neither; an empty pattern; one that cannot be compiled."""
    a, b = talk.consumers("a b")
    both = {"rebalanceTimeoutMs": 20000, "topicPartitions": []}
    a.beat(0, subscribedTopicNames=[], **both)
    a.beat(-1)
    a.beat(0, subscribedTopicRegex="", **both)
    a.beat(-1)
    a.beat(0, subscribedTopicNames=[], subscribedTopicRegex="", **both)
    a.beat(-1)
    a.beat(0, subscribedTopicRegex="[", **both)
    a.beat(0, subscribedTopicNames=["one"], subscribedTopicRegex="(", **both)
    a.beat(0, subscribedTopicNames=["one"], subscribedTopicRegex="tw.", **both)
    talk.sleep(1)
    a.beat()
    a.describe_consumer()
    a.beat(subscribedTopicRegex="")
    a.describe_consumer()


def describe_several(talk):
    """Groups of each kind, one twice, none, with authorized operations."""
    a, b = talk.members("a b")
    a.id = "a"
    a.enter("one")
    b.commit({"one": {0: 1}}, groupId=talk.other("simple"))
    b.describe_consumer(talk.group, talk.other("simple"), talk.other("none"), "", talk.group)
    b.ask("ConsumerGroupDescribe", 1, groupIds=[])
    b.ask("ConsumerGroupDescribe", 0, groupIds=[talk.group], includeAuthorizedOperations=True)


def odd_partitions(talk):
    """Partitions that the member does not have, negative ones, unknown topics, one twice."""
    a, b = talk.consumers("a b")
    a.enter("two", serverAssignor="range")
    for listed in ([{"topicId": "@unknown", "partitions": [0]}], [{"topicId": "@two", "partitions": [-1, 99]}],
                   [{"topicId": "@two", "partitions": [0, 0]}, {"topicId": "@two", "partitions": [0]}],
                   [{"topicId": "@two", "partitions": []}], [{"topicId": "@three", "partitions": [0]}]):
        a.beat(topicPartitions=listed)
    b.enter("two", serverAssignor="range")
    a.beat(topicPartitions=[{"topicId": "@unknown", "partitions": [1]}])
    a.beat(topicPartitions=[{"topicId": "@two", "partitions": [-1, 99]}])
    a.describe_consumer()


def odd_topic_names(talk):
    """Names that no topic can have, and the name of an internal one."""
    a = talk.member("a")
    a.id = "a"
    a.enter("", "a b", ".", "x" * 300, "\u20ac", "__consumer_offsets", "two", serverAssignor="range")
    a.describe_consumer()


def odd_member_ids(talk):
    """Ids that are no ASCII, long, or look like those of others."""
    for number, name in enumerate(("\u00fc\u20ac\U0001f600", "a\0b", "x" * 300, "null", "\"\\")):
        a = talk.member(f"a{number}")
        a.id, a.instance = name, f"i{name}"
        a.enter("one", groupId=talk.other(str(number)), rackId=f"r{name}")
        a.describe_consumer(talk.other(str(number)))


def no_time_to_revoke(talk):
    """A rebalance timeout of 0."""
    a, b = talk.consumers("a b")
    a.enter("two", serverAssignor="range", rebalanceTimeoutMs=0)
    b.enter("two", serverAssignor="range")
    a.beat()
    a.until("UNKNOWN_MEMBER_ID", a.beat)
    b.beat()


def most_named_assignor(talk):
    """The assignor of most members; it changes with one that comes and one that goes."""
    a, b, c = talk.consumers("a b c")
    a.enter("six", serverAssignor="range")
    b.enter("six", serverAssignor="uniform")
    c.enter("six", serverAssignor="uniform")
    a.describe_consumer(version=0)
    c.beat(-1)
    b.beat(serverAssignor="range")
    with_names = b.describe_consumer()["groups"][0]
    talk.note(f"the assignor is {with_names['assignorName']}")
