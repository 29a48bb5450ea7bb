# SPDX-License-Identifier: Apache-2.0
"""Groups before and after the broker is stopped and started again."""
from speaker import assignment, subscription

RESTARTS = True


def simple_group(talk):
    """Offsets, one of them deleted, one overwritten."""
    a = talk.member("a")
    a.commit({"one": {0: 1}, "two": {0: 2, 1: 3}})
    a.commit({"one": {0: 4}}, metadata="text")
    a.forget({"two": [1]})
    talk.restart()
    a.fetch(None)
    a.describe()
    a.commit({"one": {0: 5}})
    a.fetch(None)


def stable_group(talk):
    """Members go on with their generation."""
    a, b = talk.members("a b")
    a.leads()
    b.instance = "i"
    b.join()
    b.waits()
    a.joins()
    b.answer()
    a.syncs({a: "for a", b: "for b"})
    b.syncs()
    talk.restart()
    a.describe()
    b.heartbeat()
    a.heartbeat()
    b.syncs()
    a.commit({"one": {0: 5}}, memberId=a.id, generationIdOrMemberEpoch=a.generation)
    a.join()
    a.waits()
    b.heartbeat()
    b.joins(memberId="")
    a.answer()


def session_after_the_restart(talk):
    """Starts anew with it."""
    a = talk.member("a")
    a.get_id(sessionTimeoutMs=1500)
    a.joins(sessionTimeoutMs=1500)
    a.syncs({a: "assigned"})
    talk.restart()
    a.describe()
    talk.sleep(3)
    a.describe()
    a.heartbeat()


def group_that_was_rebalancing(talk):
    """What was not written is gone: the last generation counts."""
    a, b = talk.members("a b")
    a.leads()
    b.get_id()
    b.join()
    b.waits()
    b.hang_up()
    talk.restart()
    a.describe()
    a.heartbeat()
    b.joins()


def group_that_was_completing(talk):
    """The leader has not sent its assignment."""
    a = talk.member("a")
    a.get_id()
    a.joins()
    talk.restart()
    a.describe()
    a.heartbeat()
    a.id = ""
    a.leads()


def emptied_and_deleted(talk):
    """Tombstones."""
    a = talk.member("a")
    a.leads()
    a.commit({"one": {0: 5}}, memberId=a.id, generationIdOrMemberEpoch=a.generation)
    a.leave()
    a.leads(groupId=talk.other("empty"))
    a.leave(groupId=talk.other("empty"))
    a.delete()
    talk.restart()
    a.describe()
    a.describe(talk.other("empty"))
    a.fetch(None)


def consumer_group(talk):
    """In the middle of a reconciliation."""
    a, b = talk.consumers("a b")
    a.enter("six", serverAssignor="range")
    b.enter("six", serverAssignor="range")
    a.beat()
    talk.restart()
    a.describe_consumer()
    b.beat()
    a.owns({"six": [0, 1, 2, 3, 4, 5]})
    a.owns({"six": [0, 1, 2]})
    b.beat()
    a.describe_consumer()
    a.commit({"six": {0: 5}}, memberId="a", generationIdOrMemberEpoch=a.epoch)


def static_consumer(talk):
    """One that has left for a while returns after the restart."""
    a, b = talk.consumers("a b")
    a.instance = b.instance = "i"
    a.enter("two")
    a.beat(-2)
    talk.restart()
    b.describe_consumer()
    b.enter("two")


def emptied_consumer_group(talk):
    """And one that is deleted."""
    a = talk.member("a")
    a.id = "a"
    a.enter("two")
    a.beat(-1)
    a.enter("two", groupId=talk.other("2"))
    a.beat(-1, groupId=talk.other("2"))
    a.delete(talk.other("2"))
    talk.restart()
    a.describe_consumer(talk.group, talk.other("2"))
    a.enter("two")


def upgraded_group(talk):
    """A consumer group that was a classic one, with a member of each protocol."""
    a, b = talk.members("a b")
    a.get_id(protocols={"range": subscription("four")})
    a.joins(protocols={"range": subscription("four")})
    a.syncs({a: assignment({"four": [0, 1, 2, 3]})})
    b.id = "b"
    b.enter("four", serverAssignor="range")
    talk.restart()
    b.describe_consumer()
    a.heartbeat()
    b.beat()


def member_that_is_to_join_again(talk):
    """With the classic protocol, in a consumer group: it has something to give up."""
    a, x = talk.members("a x")
    x.id, a.client_id = "x", "a"
    protocols = {"range": subscription("four")}
    a.get_id(protocols=protocols)
    a.joins(protocols=protocols)
    a.syncs({a: assignment({"four": [0, 1, 2, 3]})})
    x.enter("four", serverAssignor="range")
    a.heartbeat()
    a.joins(protocols={"range": subscription("four", owned={"four": [0, 1, 2, 3]}, generation=a.generation)})
    a.syncs()
    talk.restart()
    a.heartbeat()
    a.syncs()
    a.joins(protocols={"range": subscription("four", owned={"four": [0, 1]}, generation=a.generation)})
    a.syncs()
    x.beat()
    a.heartbeat()
    x.beat(-1)
    a.describe()


def downgraded_group(talk):
    """A classic group that was a consumer group; its rebalance starts with the restart anew."""
    a, x = talk.members("a x")
    x.id, a.client_id = "!", "a"  # before any id in base64
    protocols = {"range": subscription("four")}
    x.enter("four", serverAssignor="range")
    a.get_id(protocols=protocols)
    a.joins(protocols=protocols)
    a.syncs()
    x.beat(-1)
    a.heartbeat()
    talk.restart()
    a.describe()
    a.heartbeat()
    a.joins(protocols=protocols)
    a.syncs({a: assignment({"four": [0, 1, 2, 3]})})
    x.enter("four", serverAssignor="range")
    a.heartbeat()


def who_is_not_heard_of_after_it(talk):
    """The last member with the consumer protocol does not come back."""
    a, x = talk.members("a x")
    x.id, a.client_id = "!", "a"  # before any id in base64
    protocols = {"range": subscription("four")}
    talk.member("boss").ask("IncrementalAlterConfigs", 1, validateOnly=False, resources=[
        {"resourceType": 32, "resourceName": talk.group, "configs": [
            {"name": "consumer.session.timeout.ms", "configOperation": 0, "value": "1500"},
            {"name": "consumer.heartbeat.interval.ms", "configOperation": 0, "value": "500"}]}])
    x.enter("four", serverAssignor="range")
    a.get_id(protocols=protocols)
    a.joins(protocols=protocols)
    a.syncs()
    talk.restart()
    a.heartbeat()
    talk.sleep(3)
    a.describe()
    a.heartbeat()
