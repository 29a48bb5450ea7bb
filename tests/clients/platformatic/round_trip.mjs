// SPDX-License-Identifier: Apache-2.0
// round_trip.mjs HOST:PORT: @platformatic/kafka creates, produces, reads back, alters, and deletes.
import zlib from 'node:zlib'
import { Admin, Consumer, Producer } from '@platformatic/kafka'
import { oddRecords, sameRecords } from '../records.mjs'
import { check, errorOf, eventually, same } from '../report.mjs'

const codecs = ['none', 'gzip', 'snappy', 'lz4', ...(zlib.zstdCompressSync ? ['zstd'] : [])]
// 0 last: a broker that does not lead a new partition yet would drop them unseen.
const allAcks = [['all', -1], ['1', 1], ['0', 0]]
const prefix = 'platformatic'
const autoTopic = `${prefix}-auto`
const offsetsTopic = `${prefix}-offsets`
const topicResource = 2
const operations = { set: 0, remove: 1 }
const timestamps = { latest: -1n, earliest: -2n, greatest: -3n }

const options = { clientId: 'round-trip', bootstrapBrokers: [process.argv[2]] }
const admin = new Admin(options)
const consumer = new Consumer({ ...options, groupId: 'unused' })
const ends = Object.fromEntries(codecs.map(codec => [codec, 0]))
const topicOf = codec => `${prefix}-${codec}`

// Sends records to partition 0 in requests of 50 and returns the first offset of each answer.
async function produce (topic, records, settings) {
  const producer = new Producer({ ...options, ...settings })
  const offsets = []
  try {
    for (let at = 0; at < records.length; at += 50) {
      const messages = records.slice(at, at + 50).map(({ key, value, headers, timestamp }) => ({
        topic,
        key,
        value,
        headers: new Map(headers.map(([name, bytes]) => [Buffer.from(name), bytes])),
        timestamp: BigInt(timestamp),
        partition: 0
      }))
      const answer = await producer.send({ messages })
      offsets.push(answer.offsets ? Number(answer.offsets[0].offset) : null)
    }
  } finally {
    await producer.close()
  }
  return offsets
}

async function metadataOf (topic) {
  const metadata = await admin.metadata({ topics: [topic], forceUpdate: true, autocreateTopics: false })
  return metadata.topics.get(topic)
}

async function read (topic, first, count) {
  const { id, partitions } = await metadataOf(topic)
  const records = []
  while (records.length < count) {
    const next = first + records.length
    const fetched = await consumer.fetch({
      node: partitions[0].leader,
      maxWaitTime: 5000,
      topics: [{
        topicId: id,
        partitions: [{
          partition: 0,
          currentLeaderEpoch: -1,
          fetchOffset: BigInt(next),
          lastFetchedEpoch: -1,
          partitionMaxBytes: 1048576
        }]
      }]
    })
    const got = fetched.responses[0].partitions[0].records.flatMap(fromBatch).filter(({ offset }) => offset >= next)
    same(got.length > 0, true)
    got.forEach(({ offset, record }) => {
      same(offset, first + records.length)
      records.push(record)
    })
  }
  return records
}

const fromBatch = ({ firstOffset, firstTimestamp, records }) => records.map(record => ({
  offset: Number(firstOffset) + record.offsetDelta,
  record: {
    key: record.key,
    value: record.value,
    headers: record.headers.map(([name, bytes]) => [name.toString(), bytes]),
    timestamp: Number(firstTimestamp + record.timestampDelta)
  }
}))

// The first offsets of requests of 50 records.
const firsts = (first, count) => Array.from({ length: Math.ceil(count / 50) }, (_, i) => first + i * 50)

async function offsetAt (topic, timestamp) {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }]
  const [{ partitions }] = await admin.listOffsets({ topics })
  return Number(partitions[0].offset)
}

async function settings (topic, ...names) {
  const resource = { resourceType: topicResource, resourceName: topic, configurationKeys: names }
  const [{ configs }] = await admin.describeConfigs({ resources: [resource] })
  return Object.fromEntries(configs.map(({ name, value }) => [name, value]))
}

const alter = (topic, configs) =>
  admin.incrementalAlterConfigs({ resources: [{ resourceType: topicResource, resourceName: topic, configs }] })

const idsOf = error => JSON.stringify([error, ...(error.errors ?? [])].flatMap(each =>
  [each, ...(each.errors ?? []), ...(each.cause?.errors ?? [])].map(({ apiId }) => apiId)))

async function expect (id, promise) {
  const ids = idsOf(await errorOf(promise))
  same(ids.includes(`"${id}"`) ? id : ids, id)
}

await check('createTopics, and again: TOPIC_ALREADY_EXISTS', async () => {
  const request = {
    topics: codecs.map(topicOf),
    partitions: 2,
    replicas: 1,
    configs: [{ name: 'max.message.bytes', value: '2000000' }]
  }
  const created = await admin.createTopics(request)
  const found = created.map(({ name, partitions, replicas }) => [name, partitions, replicas])
  same(found, codecs.map(codec => [topicOf(codec), 2, 1]))
  await expect('TOPIC_ALREADY_EXISTS', admin.createTopics(request))
})

for (const codec of codecs) {
  for (const [name, acks] of allAcks) {
    await check(`reads back what it produced with ${codec} and acks ${name}`, async () => {
      const records = oddRecords()
      const first = ends[codec]
      ends[codec] += records.length
      const got = await produce(topicOf(codec), records, { acks, compression: codec })
      if (acks !== 0) {
        same(got, firsts(first, records.length))
      }
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
  await expect('MESSAGE_TOO_LARGE', produce(topicOf('none'), [record], {}))
})

await check('producing creates the topic', async () => {
  const records = oddRecords().slice(0, 3)
  same(await produce(autoTopic, records, { autocreateTopics: true }), [0])
  sameRecords(await read(autoTopic, 0, 3), records)
})

await check('metadata and listTopics agree', async () => {
  for (const topic of codecs.map(topicOf)) {
    const { partitions } = await metadataOf(topic)
    const node = partitions[0].leader
    const wanted = { leader: node, replicas: [node], isr: [node] }
    same(partitions.map(({ leader, replicas, isr }) => ({ leader, replicas, isr })), [wanted, wanted])
  }
  const names = codecs.map(topicOf)
  await eventually(async () => (await admin.listTopics()).filter(name => names.includes(name)).length, names.length)
})

await check('describeConfigs and incrementalAlterConfigs', async () => {
  const topic = topicOf('none')
  const names = ['max.message.bytes', 'retention.ms']
  same(await settings(topic, ...names), { 'max.message.bytes': '2000000', 'retention.ms': '604800000' })
  await alter(topic, [
    { name: 'retention.ms', configOperation: operations.set, value: '86400000' },
    { name: 'max.message.bytes', configOperation: operations.remove }
  ])
  await eventually(() => settings(topic, ...names), { 'max.message.bytes': '1048588', 'retention.ms': '86400000' })
})

await check('an invalid setting: INVALID_CONFIG', async () => {
  const change = { name: 'retention.ms', configOperation: operations.set, value: 'soon' }
  await expect('INVALID_CONFIG', alter(topicOf('none'), [change]))
})

await check('createPartitions adds partitions and takes none away', async () => {
  const name = topicOf('gzip')
  const assignments = Array(3).fill({ brokerIds: [(await metadataOf(name)).partitions[0].leader] })
  await admin.createPartitions({ topics: [{ name, count: 5, assignments }] })
  await eventually(async () => (await metadataOf(name)).partitions.length, 5)
  await expect('INVALID_PARTITIONS', admin.createPartitions({ topics: [{ name, count: 3, assignments }] }))
})

await check('listOffsets: earliest, latest, greatest timestamp, by timestamp', async () => {
  await admin.createTopics({ topics: [offsetsTopic], partitions: 1, replicas: 1 })
  const records = oddRecords()
  await produce(offsetsTopic, records, {})
  same(await offsetAt(offsetsTopic, timestamps.earliest), 0)
  same(await offsetAt(offsetsTopic, timestamps.latest), records.length)
  same(await offsetAt(offsetsTopic, timestamps.greatest), records.length - 1)
  same(await offsetAt(offsetsTopic, BigInt(records[55].timestamp)), 55)
})

await check('deleteRecords moves the beginning', async () => {
  const count = oddRecords().length
  const request = { topics: [{ name: offsetsTopic, partitions: [{ partition: 0, offset: 40n }] }] }
  same(await admin.deleteRecords(request), [{ name: offsetsTopic, partitions: [{ partition: 0, lowWatermark: 40n }] }])
  same(await offsetAt(offsetsTopic, timestamps.earliest), 40)
  const values = (await read(offsetsTopic, 40, count - 40)).map(({ value }) => value)
  same(values, oddRecords().slice(40).map(({ value }) => value))
})

await check('deleteTopics deletes them all', async () => {
  const list = async () => (await admin.listTopics()).filter(name => name.startsWith(prefix))
  const names = await list()
  same(names.length, codecs.length + 2)
  await admin.deleteTopics({ topics: names })
  await eventually(list, [])
})

await consumer.close()
await admin.close()
