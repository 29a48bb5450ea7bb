// SPDX-License-Identifier: Apache-2.0
// check.mjs HOST:PORT: @platformatic/kafka's admin client.
import { Admin } from '@platformatic/kafka'
import { check, errorOf, same, splitAddress, unknownTopic } from '../report.mjs'

const address = process.argv[2]
const admin = new Admin({ clientId: 'check', bootstrapBrokers: [address], retries: 0, timeout: 10000 })

await check('metadata names the broker', async () => {
  const cluster = await admin.metadata({ topics: [], forceUpdate: true })
  const brokers = [...cluster.brokers.values()].map(({ host, port }) => ({ host, port }))
  same(brokers, [splitAddress(address)])
  same([cluster.controllerId], [...cluster.brokers.keys()])
  same(cluster.id.length > 0, true)
})

await check('listTopics is empty', async () => {
  same(await admin.listTopics({ includeInternals: true }), [])
})

await check('metadata of an unknown topic is an error that names it', async () => {
  const error = await errorOf(admin.metadata({ topics: [unknownTopic], autocreateTopics: false }))
  same(error.message, `Unknown topic ${unknownTopic}.`)
})

await admin.close()
