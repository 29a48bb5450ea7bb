// SPDX-License-Identifier: Apache-2.0
// groups.mjs HOST:PORT: members of kafkajs share a topic, come and go.
import kafkajs from 'kafkajs'
import { comeAndGo, partitions } from '../members.mjs'
import { check, same } from '../report.mjs'

const topic = 'kafkajs-group'
const kafka = new kafkajs.Kafka({ brokers: [process.argv[2]], logLevel: kafkajs.logLevel.NOTHING })
const admin = kafka.admin()

async function start (member) {
  const consumer = kafka.consumer({ groupId: topic, heartbeatInterval: 300, sessionTimeout: 10000 })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    member.partitions = payload.memberAssignment[topic] ?? []
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    member.problem = payload.error
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => { member.saw(message.value) } })
  return () => consumer.disconnect()
}

await admin.connect()
await check('three members come and go, each record is seen, and all is committed', async () => {
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] })
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const produced = await comeAndGo(start, messages => producer.send({ topic, messages }))
  await producer.disconnect()
  const [{ partitions: committed }] = await admin.fetchOffsets({ groupId: topic, topics: [topic] })
  same(committed.reduce((sum, { offset }) => sum + Number(offset), 0), produced)
})
await check('the group is empty then, and can be deleted', async () => {
  const { groups: [group] } = await admin.describeGroups([topic])
  same([group.state, group.protocolType, group.members], ['Empty', 'consumer', []])
  same(await admin.deleteGroups([topic]), [{ groupId: topic, errorCode: 0 }])
  await admin.deleteTopics({ topics: [topic] })
})
await admin.disconnect()
