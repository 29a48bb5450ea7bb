# SPDX-License-Identifier: Apache-2.0
"""Consumer groups whose members subscribe with patterns."""
AT_A_TIME = 4


def one_pattern(talk):
    """First without its topics, then with them; a topic that is created later; the pattern goes."""
    a = talk.member("a")
    a.id = "a"
    prefix = talk.group
    talk.create_topic(f"{prefix}-1", 1)
    a.enter(subscribedTopicRegex=f"{prefix}-[0-9]")
    talk.sleep(1)
    a.beat()
    a.describe_consumer()
    a.beat(subscribedTopicRegex=f"{prefix}-1")
    talk.sleep(1)
    a.beat()
    talk.sleep(1)
    a.beat(subscribedTopicRegex="")
    a.beat()
    a.describe_consumer()
    a.beat(-1)


def same_pattern_of_two(talk):
    """Resolved once, and both have its topics."""
    a, b = talk.consumers("a b")
    a.enter(subscribedTopicRegex="t(wo|hree)", serverAssignor="range")
    talk.sleep(1)
    a.beat()
    b.enter(subscribedTopicRegex="t(wo|hree)", serverAssignor="range")
    b.beat()
    a.beat()
    b.beat(subscribedTopicRegex="two")
    talk.sleep(1)
    b.beat()
    a.beat(-1)
    b.beat(-1)


def patterns_that_are_refused(talk):
    """What cannot be compiled, with the message; and what can."""
    patterns = ("[", "(", ")", "*", "a{1001}", "a{1000}", "\\", "(?=a)", "(a)\\1", "a++", "(?<n>a)", "(?P<n>a)",
                "[[:alpha:]]+", "\\pL", "\\Q..\\E", "a|", "", " ", "(?i)ONE", "x{2,1}", "[b-a]", "\\C", "(?z)a", "\\8",
                "\\x{110000}", "**", "a" * 300)
    for number, pattern in enumerate(patterns):
        a = talk.member(f"a{number}")
        a.id = "a"
        a.enter(subscribedTopicRegex=pattern, groupId=talk.other(str(number)))


def patterns_that_match(talk):
    """The whole name must match."""
    patterns = ("on", "one", "^one$", "o.e", "(?i)ONE", "one|two", "[[:alpha:]]ne", "\\w+e", "\\pLne", "on\\x65",
                "\\Qone\\E", "on.?", "one\\z", "\\bone\\b", "(?s)o.e", "o\\Ce")
    found = []
    for number, pattern in enumerate(patterns):
        a = talk.member(f"a{number}")
        a.id = "a"
        a.enter(subscribedTopicRegex=pattern, groupId=talk.other(str(number)))
        found.append(a)
    talk.sleep(2)
    for number, a in enumerate(found):
        a.beat(groupId=talk.other(str(number)))
