// SPDX-License-Identifier: Apache-2.0
// Members of a consumer group that come and go while somebody produces, as in members.py. A client says how a member
// starts: it gets a member, to which it reports its partitions and what it sees, and returns what ends it.
import { setTimeout as sleep } from 'node:timers/promises'

export const partitions = 6
const patienceMilliseconds = 40000
const recordsOfAStep = 60

export async function comeAndGo (start, produce) {
  const seen = new Set()
  const members = []
  let produced = 0

  async function join () {
    const member = { partitions: [], problem: null, saw: value => seen.add(Number(value)) }
    members.push(member)
    member.end = await start(member)
    return member
  }

  async function leave (member) {
    members.splice(members.indexOf(member), 1)
    await member.end()
  }

  async function wait (what, isSo) {
    const deadline = Date.now() + patienceMilliseconds
    while (!isSo()) {
      const failed = members.find(({ problem }) => problem)
      if (failed) {
        throw failed.problem
      }
      if (Date.now() > deadline) {
        const owned = JSON.stringify(members.map(member => member.partitions))
        throw new Error(`${what} does not come: partitions ${owned}, ${seen.size} of ${produced} seen`)
      }
      await sleep(50)
    }
  }

  // Each has a part, and together they have all of it once.
  const settle = () => wait('an assignment', () => {
    const owned = members.map(member => member.partitions)
    return owned.every(({ length }) => length > 0) &&
      owned.flat().sort().join() === Array.from({ length: partitions }, (_, p) => p).join()
  })

  const read = () => wait('the last record', () => seen.size === produced)

  async function write () {
    const records = Array.from({ length: recordsOfAStep }, (_, i) => ({
      partition: (produced + i) % partitions,
      value: String(produced + i)
    }))
    await produce(records)
    produced += recordsOfAStep
  }

  try {
    const first = await join()
    await write()
    await settle()
    const [second] = await Promise.all([join(), join()])
    await write()
    await settle()
    await read()
    await write()
    await leave(second)
    await write()
    await settle()
    await leave(first)
    await join()
    await write()
    await settle()
    await read()
  } finally {
    while (members.length > 0) {
      await leave(members[0])
    }
  }
  return produced
}
