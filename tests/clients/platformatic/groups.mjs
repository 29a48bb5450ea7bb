// SPDX-License-Identifier: Apache-2.0
// groups.mjs HOST:PORT: members of @platformatic/kafka share a topic, come and go.
import { Admin, Consumer, MessagesStreamModes, Producer } from '@platformatic/kafka'
import { comeAndGo, partitions } from '../members.mjs'
import { check, same } from '../report.mjs'

const topic = 'platformatic-group'
const options = { clientId: 'groups', bootstrapBrokers: [process.argv[2]] }
const admin = new Admin(options)

async function start (member) {
  const consumer = new Consumer({
    ...options,
    groupId: topic,
    sessionTimeout: 10000,
    rebalanceTimeout: 20000,
    heartbeatInterval: 300
  })
  consumer.on('consumer:group:join', ({ assignments }) => {
    member.partitions = (assignments ?? []).flatMap(assignment => assignment.partitions)
  })
  const stream = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.COMMITTED,
    fallbackMode: 'earliest',
    autocommit: 100
  })
  stream.on('data', message => member.saw(message.value))
  stream.on('error', error => { member.problem = error })
  return async () => {
    await stream.close()
    await consumer.close(true)
  }
}

await check('three members come and go, and each record is seen', async () => {
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 })
  const producer = new Producer(options)
  const produced = await comeAndGo(start, records => producer.send({
    messages: records.map(({ partition, value }) => ({ topic, partition, value: Buffer.from(value) }))
  }))
  await producer.close()
  same(produced > 0, true)
})
await check('the group is empty then, and can be deleted', async () => {
  const group = (await admin.describeGroups({ groups: [topic] })).get(topic)
  same([group.state, group.protocolType, group.members.size], ['EMPTY', 'consumer', 0])
  await admin.deleteGroups({ groups: [topic] })
  await admin.deleteTopics({ topics: [topic] })
})
await admin.close()
