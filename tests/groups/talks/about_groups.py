# SPDX-License-Identifier: Apache-2.0
"""DescribeGroups, ListGroups, DeleteGroups and FindCoordinator."""


def describe_versions(talk):
    """Every version, of a group in Stable, an empty one and one that does not exist."""
    a, b = talk.members("a b")
    a.leads()
    b.commit({"one": {0: 1}}, groupId=talk.other("empty"))
    for version in range(7):
        a.describe(talk.group, talk.other("empty"), talk.other("none"), version=version)
    a.describe(talk.group, talk.group, "")
    a.ask("DescribeGroups", 6, groups=[])
    a.ask("DescribeGroups", 3, groups=[talk.group, talk.other("none")], includeAuthorizedOperations=True)
    a.ask("DescribeGroups", 6, groups=[talk.group, talk.other("none")], includeAuthorizedOperations=True)


def list_versions(talk):
    """Every version, and the filters."""
    a, b, c = talk.members("a b c")
    a.leads()
    b.commit({"one": {0: 1}}, groupId=talk.other("simple"))
    c.get_id(groupId=talk.other("pending"))
    d = talk.member("d")
    d.joins(protocolType="connect", groupId=talk.other("connect"))
    d.joins(protocolType="connect", groupId=talk.other("connect"))
    for version in range(6):
        a.list(version)
    for states in (["Stable"], ["stable"], [" empty "], ["Empty", "Stable"], ["None"], [""], ["CompletingRebalance"],
                   ["completing_rebalance"], ["Dead"], ["Assigning"], ["Empty", "None"]):
        a.list(states=states)
        a.list(4, states=states)
    for types in (["classic"], ["Classic"], [" classic "], ["consumer"], ["share"], ["none"], [""], ["classic", "none"],
                  ["streams"]):
        a.list(types=types)
    a.list(types=["classic"], states=["Empty"])
    a.list(types=["classic"], states=["None"])


def delete_versions(talk):
    """Groups in each state; one that does not exist, one twice, the one without a name."""
    a, b = talk.members("a b")
    a.leads()
    a.delete()
    a.delete(version=3)
    b.get_id()
    b.join()
    b.waits()
    a.delete()
    a.joins()
    b.answer()
    a.delete()
    a.leave()
    b.leave()
    a.commit({"one": {0: 1}, "two": {0: 1, 1: 1}})
    a.delete(talk.group, talk.group, talk.other("none"))
    for version in range(4):
        a.commit({"one": {0: 1}})
        a.delete(talk.group, talk.other("none"), version=version)
    a.ask("DeleteGroups", 2, groupsNames=[])
    a.get_id()
    a.delete()
    a.joins()


def find_versions(talk):
    """FindCoordinator in every version, of every key type."""
    a = talk.member("a")
    for version in range(4):
        a.ask("FindCoordinator", version, key="any", keyType=0)
        a.ask("FindCoordinator", version, key="", keyType=0)
    for version in range(4, 7):
        a.ask("FindCoordinator", version, keyType=0, coordinatorKeys=["any", "", "any"])
        a.ask("FindCoordinator", version, keyType=0, coordinatorKeys=[])
    for version in range(1, 4):
        a.ask("FindCoordinator", version, key="any", keyType=3)
    for version in range(4, 7):
        a.ask("FindCoordinator", version, keyType=-1, coordinatorKeys=["any"])
        a.ask("FindCoordinator", version, keyType=3, coordinatorKeys=["any"])
    a.ask("FindCoordinator", 5, keyType=2, coordinatorKeys=["any"])
    a.ask("FindCoordinator", 1, key="any", keyType=2)
    no_id = "AAAAAAAAAAAAAAAAAAAAAA"
    for key in ("any", f"g:{no_id}", f"g:{no_id}:x", f":{no_id}:0", "g:x:0", ""):
        a.ask("FindCoordinator", 6, keyType=2, coordinatorKeys=[key])
