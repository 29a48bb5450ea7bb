// SPDX-License-Identifier: Apache-2.0
// round_trip.mjs HOST:PORT: kafkajs creates, produces, reads back, alters, and deletes.
import kafkajs from 'kafkajs'
import { oddRecords, sameRecords } from '../records.mjs'
import { check, errorOf, eventually, same } from '../report.mjs'

const { CompressionTypes, ConfigResourceTypes, Kafka, Partitioners } = kafkajs
const codecs = { none: CompressionTypes.None, gzip: CompressionTypes.GZIP }
// 0 last: a broker that does not lead a new partition yet would drop them unseen.
const allAcks = [['all', -1], ['1', 1], ['0', 0]]
const prefix = 'kafkajs'
const autoTopic = `${prefix}-auto`
const offsetsTopic = `${prefix}-offsets`

const kafka = new Kafka({ brokers: [process.argv[2]], logLevel: kafkajs.logLevel.NOTHING })
const admin = kafka.admin()
const ends = { none: 0, gzip: 0 }
const topicOf = codec => `${prefix}-${codec}`

// Sends records to partition 0 in requests of 50 and returns the first offset of each answer.
async function produce (topic, records, settings, options) {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, ...settings })
  await producer.connect()
  const offsets = []
  try {
    for (let at = 0; at < records.length; at += 50) {
      const messages = records.slice(at, at + 50).map(({ key, value, headers, timestamp }) =>
        ({ key, value, headers: Object.fromEntries(headers), timestamp: String(timestamp), partition: 0 }))
      const [answer] = await producer.send({ topic, messages, ...options })
      offsets.push(answer && answer.baseOffset !== undefined ? Number(answer.baseOffset) : null)
    }
  } finally {
    await producer.disconnect()
  }
  return offsets
}

// The consumer of kafkajs needs a group; the connection under it fetches without one.
async function read (topic, first, count) {
  const factory = Object.getOwnPropertySymbols(kafka).find(({ description }) => description.endsWith(':createCluster'))
  const cluster = kafka[factory]({ allowAutoTopicCreation: false, metadataMaxAge: 300000 })
  await cluster.connect()
  const records = []
  try {
    await cluster.addTargetTopic(topic)
    const [{ leader }] = cluster.findTopicPartitionMetadata(topic).filter(({ partitionId }) => partitionId === 0)
    const broker = await cluster.findBroker({ nodeId: String(leader) })
    for (let next = first; records.length < count; next = first + records.length) {
      const topics = [{ topic, partitions: [{ partition: 0, fetchOffset: String(next), maxBytes: 1048576 }] }]
      const { responses } = await broker.fetch({ maxWaitTime: 5000, minBytes: 1, topics })
      const messages = responses[0].partitions[0].messages.filter(({ offset }) => Number(offset) >= next)
      same(messages.length > 0, true)
      messages.forEach(message => {
        same(Number(message.offset), first + records.length)
        records.push(fromMessage(message))
      })
    }
  } finally {
    await cluster.disconnect()
  }
  return records
}

const fromMessage = ({ key, value, headers, timestamp }) =>
  ({ key, value, headers: Object.entries(headers), timestamp: Number(timestamp) })

// The first offsets of requests of 50 records.
const firsts = (first, count) => Array.from({ length: Math.ceil(count / 50) }, (_, i) => first + i * 50)

async function offsets (topic) {
  const [{ low, high }] = (await admin.fetchTopicOffsets(topic)).filter(({ partition }) => partition === 0)
  return [Number(low), Number(high)]
}

async function setting (topic, name) {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [name] }]
  })
  return resources[0].configEntries.map(entry => [entry.configValue, entry.isDefault])
}

const alter = (topic, configEntries) => admin.alterConfigs({
  validateOnly: false,
  resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }]
})

await admin.connect()

await check('createTopics, and again: TOPIC_ALREADY_EXISTS', async () => {
  const topics = Object.keys(codecs).map(codec => ({
    topic: topicOf(codec),
    numPartitions: 2,
    replicationFactor: 1,
    configEntries: [{ name: 'max.message.bytes', value: '2000000' }]
  }))
  same(await admin.createTopics({ topics, waitForLeaders: false }), true)
  same(await admin.createTopics({ topics, waitForLeaders: false }), false)
  await eventually(async () => (await admin.listTopics()).filter(name => name.startsWith(prefix)).length, topics.length)
})

for (const codec of Object.keys(codecs)) {
  for (const [name, acks] of allAcks) {
    await check(`reads back what it produced with ${codec} and acks ${name}`, async () => {
      const records = oddRecords()
      const first = ends[codec]
      ends[codec] += records.length
      const got = await produce(topicOf(codec), records, {}, { acks, compression: codecs[codec] })
      same(got, acks === 0 ? firsts(0, records.length).map(() => null) : firsts(first, records.length))
      sameRecords(await read(topicOf(codec), first, records.length), records)
    })
  }
}

await check('reads back what an idempotent producer produced', async () => {
  const records = [...oddRecords(), ...oddRecords()]
  const first = ends.none
  ends.none += records.length
  same(await produce(topicOf('none'), records, { idempotent: true }), firsts(first, records.length))
  sameRecords(await read(topicOf('none'), first, records.length), records)
})

await check('a batch larger than max.message.bytes: MESSAGE_TOO_LARGE', async () => {
  const record = { key: null, value: Buffer.alloc(3000000), headers: [], timestamp: Date.now() }
  const error = await errorOf(produce(topicOf('none'), [record], {}))
  same(error.type, 'MESSAGE_TOO_LARGE')
})

await check('producing creates the topic', async () => {
  const records = oddRecords().slice(0, 3)
  same(await produce(autoTopic, records, {}), [0])
  sameRecords(await read(autoTopic, 0, 3), records)
})

await check('fetchTopicMetadata and listTopics agree', async () => {
  const names = Object.keys(codecs).map(topicOf)
  const { topics } = await admin.fetchTopicMetadata({ topics: names })
  for (const { partitions } of topics) {
    const node = partitions[0].leader
    const partition = partitionId =>
      ({ partitionErrorCode: 0, partitionId, leader: node, replicas: [node], isr: [node], offlineReplicas: [] })
    same(partitions.sort((a, b) => a.partitionId - b.partitionId), [partition(0), partition(1)])
  }
  await eventually(async () => (await admin.listTopics()).filter(name => names.includes(name)).length, names.length)
})

await check('describeConfigs and alterConfigs', async () => {
  const topic = topicOf('none')
  same(await setting(topic, 'max.message.bytes'), [['2000000', false]])
  await alter(topic, [{ name: 'retention.ms', value: '86400000' }])
  await eventually(() => setting(topic, 'retention.ms'), [['86400000', false]])
  await eventually(() => setting(topic, 'max.message.bytes'), [['1048588', true]])
})

await check('an invalid setting: INVALID_CONFIG', async () => {
  const error = await errorOf(alter(topicOf('none'), [{ name: 'retention.ms', value: 'soon' }]))
  same(error.type, 'INVALID_CONFIG')
})

await check('createPartitions adds partitions and takes none away', async () => {
  const topic = topicOf('gzip')
  await admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] })
  await eventually(async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length, 5)
  const error = await errorOf(admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] }))
  same(error.errors ? error.errors[0].type : error.type, 'INVALID_PARTITIONS')
})

await check('fetchTopicOffsets, and by timestamp', async () => {
  await admin.createTopics({ topics: [{ topic: offsetsTopic, numPartitions: 1 }], waitForLeaders: false })
  await eventually(async () => (await admin.listTopics()).includes(offsetsTopic), true)
  const records = oddRecords()
  await produce(offsetsTopic, records, {})
  same(await offsets(offsetsTopic), [0, records.length])
  const found = await admin.fetchTopicOffsetsByTimestamp(offsetsTopic, records[55].timestamp)
  same(found, [{ partition: 0, offset: '55' }])
})

await check('deleteTopicRecords moves the beginning', async () => {
  const count = oddRecords().length
  await admin.deleteTopicRecords({ topic: offsetsTopic, partitions: [{ partition: 0, offset: '40' }] })
  same(await offsets(offsetsTopic), [40, count])
  const values = (await read(offsetsTopic, 40, count - 40)).map(({ value }) => value)
  same(values, oddRecords().slice(40).map(({ value }) => value))
})

await check('deleteTopics deletes them all', async () => {
  const list = async () => (await admin.listTopics()).filter(name => name.startsWith(prefix))
  const names = await list()
  same(names.length, 4)
  await admin.deleteTopics({ topics: names })
  await eventually(list, [])
})

await admin.disconnect()
