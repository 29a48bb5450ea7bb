// SPDX-License-Identifier: Apache-2.0
// check.mjs HOST:PORT: kafkajs's admin client.
import kafkajs from 'kafkajs'
import { check, errorOf, same, splitAddress, unknownTopic } from '../report.mjs'

const address = process.argv[2]
const kafka = new kafkajs.Kafka({
  clientId: 'check',
  brokers: [address],
  connectionTimeout: 10000,
  requestTimeout: 10000,
  retry: { retries: 0 },
  logLevel: kafkajs.logLevel.NOTHING
})
const admin = kafka.admin()

await check('the admin client connects', () => admin.connect())

await check('describeCluster names the broker', async () => {
  const cluster = await admin.describeCluster()
  same(cluster.brokers.map(({ host, port }) => ({ host, port })), [splitAddress(address)])
  same(cluster.controller, cluster.brokers[0].nodeId)
  same(cluster.clusterId.length > 0, true)
})

await check('listTopics is empty', async () => {
  same(await admin.listTopics(), [])
})

await check('fetchTopicMetadata of an unknown topic: UNKNOWN_TOPIC_OR_PARTITION', async () => {
  const error = await errorOf(admin.fetchTopicMetadata({ topics: [unknownTopic] }))
  same(error.type, 'UNKNOWN_TOPIC_OR_PARTITION')
})

await admin.disconnect()
