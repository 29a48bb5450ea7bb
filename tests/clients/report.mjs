// SPDX-License-Identifier: Apache-2.0
// The verdict lines of the JavaScript clients.
import { inspect, isDeepStrictEqual } from 'node:util'

export const unknownTopic = 'no-such-topic'

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
