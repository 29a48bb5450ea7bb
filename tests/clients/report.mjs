// SPDX-License-Identifier: Apache-2.0
// The verdict lines of the JavaScript clients.
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect, isDeepStrictEqual } from 'node:util'

export const unknownTopic = 'no-such-topic'
const settleMilliseconds = 5000

// Runs body, which throws when the broker's answer is wrong, and prints the verdict.
export async function check (what, body) {
  try {
    await body()
    console.log(`ok ${what}`)
  } catch (error) {
    process.exitCode = 1
    console.log(`FAILED ${what}: ${String(error).replace(/\s+/g, ' ')}`)
  }
}

export function same (got, wanted) {
  if (!isDeepStrictEqual(got, wanted)) {
    throw new Error(`got ${inspect(got)}, wanted ${inspect(wanted)}`)
  }
}

// Apache Kafka's broker shows a change a moment after its controller has answered.
export async function eventually (ask, wanted) {
  const deadline = Date.now() + settleMilliseconds
  let got = await ask()
  while (!isDeepStrictEqual(got, wanted) && Date.now() < deadline) {
    await sleep(50)
    got = await ask()
  }
  same(got, wanted)
}

export async function errorOf (promise) {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('no error came')
}

export function splitAddress (address) {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) }
}
