// SPDX-License-Identifier: Apache-2.0
// The records that the JavaScript clients produce and must read back equal; each is
// { key: Buffer or null, value: Buffer or null, headers: [[string, Buffer]], timestamp: number }.
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'

// The same bytes in every run, which do not compress.
function noise (seed, size) {
  const parts = []
  for (let i = 0; i * 32 < size; i++) {
    parts.push(createHash('sha256').update(`${seed} ${i}`).digest())
  }
  return Buffer.concat(parts).subarray(0, size)
}

// What is easily read back differently: nothing, null, every byte, large, many; the last timestamp is now.
export function oddRecords () {
  const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  const record = (key, value, headers = []) => ({
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: headers.map(([name, bytes]) => [name, Buffer.from(bytes)])
  })
  const records = [
    record('key', 'value'),
    record(null, 'no key'),
    record('no value', null),
    record('', ''),
    record(every, Buffer.from(every).reverse()),
    record('headers', 'three', [['a', '1'], ['empty', ''], ['\u00fc\u20ac', every]]),
    record('compressible', 'kwire'.repeat(20000)),
    record('incompressible', noise('large', 60000)),
    ...Array.from({ length: 100 }, (_, i) => record(String(i), noise('small', i), [['i', String(i)]]))
  ]
  const first = Date.now() - records.length
  return records.map((each, i) => ({ ...each, timestamp: first + i }))
}

export function sameRecords (got, wanted) {
  for (let i = 0; i < Math.min(got.length, wanted.length); i++) {
    if (!isDeepStrictEqual(got[i], wanted[i])) {
      throw new Error(`record ${i} is ${shown(got[i])}, wanted ${shown(wanted[i])}`)
    }
  }
  if (got.length !== wanted.length) {
    throw new Error(`${got.length} records, wanted ${wanted.length}`)
  }
}

function shown (record) {
  const text = JSON.stringify(record)
  return text.length <= 300 ? text : `${text.slice(0, 300)}... (of ${text.length} characters)`
}
