// SPDX-License-Identifier: Apache-2.0
// transactions.mjs HOST:PORT: kafkajs commits, aborts, and commits offsets in transactions, with the old protocol.
import kafkajs from 'kafkajs'
import { check, eventually, same } from '../report.mjs'

const topic = 'kafkajs-transactions'
const count = 8
const kafka = new kafkajs.Kafka({ brokers: [process.argv[2]], logLevel: kafkajs.logLevel.NOTHING })
const admin = kafka.admin()
const producer = kafka.producer({
  transactionalId: topic,
  maxInFlightRequests: 1,
  idempotent: true,
  createPartitioner: kafkajs.Partitioners.DefaultPartitioner
})

// Values up to the last one, which is written outside of transactions, or after it.
async function read (groupId, last, readUncommitted = false) {
  const consumer = kafka.consumer({ groupId, readUncommitted })
  const values = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value))
        if (values.at(-1) === last) {
          resolve()
        }
      }
    }).catch(reject)
  })
  await consumer.disconnect()
  return values
}

async function committed () {
  const [{ partitions: [{ offset }] }] = await admin.fetchOffsets({ groupId: `${topic}-offsets`, topics: [topic] })
  return offset
}

await admin.connect()
await producer.connect()
await check('committed transactions are seen, aborted ones are not', async () => {
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })
  for (let i = 0; i < 4; i++) {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: `a${i}`, partition: 0 }, { value: `b${i}`, partition: 0 }] })
    await (i % 2 ? transaction.abort() : transaction.commit())
  }
  const last = await producer.transaction()
  await last.send({ topic, messages: [{ value: 'last', partition: 0 }] })
  await last.commit()
  same(await read(`${topic}-committed`, 'last'), ['a0', 'b0', 'a2', 'b2', 'last'])
  same((await read(`${topic}-all`, 'last', true)).length, count + 1)
})
await check('offsets of a committed transaction hold, of an aborted one they do not', async () => {
  for (const [offset, commits] of [['3', true], ['5', false]]) {
    const transaction = await producer.transaction()
    const topics = [{ topic, partitions: [{ partition: 0, offset }] }]
    await transaction.sendOffsets({ consumerGroupId: `${topic}-offsets`, topics })
    await (commits ? transaction.commit() : transaction.abort())
  }
  await eventually(committed, '3')
})
await producer.disconnect()
await admin.disconnect()
