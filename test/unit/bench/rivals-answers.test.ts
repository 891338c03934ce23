import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkDelivery, checkFile, checkPage } from '../../../bench/rivals/answers.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const wheel = (filename: string) => ({ project: 'demo', path: '', filename, sha256: sha256(filename) })
const wheels = [wheel('demo-1.0-py3-none-any.whl'), wheel('demo-1.1-py3-none-any.whl')]

interface Answer {
    status?: number
    headers?: Record<string, string>
    body: string | Buffer
}

function page(files: readonly { filename: string; sha256: string }[]): string {
    const listed = files.map(({ filename, sha256 }) => ({ filename, url: `../files/${filename}`, hashes: { sha256 } }))
    return JSON.stringify({ meta: { 'api-version': '1.4' }, name: 'demo', files: listed })
}

let answers: Answer[]
let server: http.Server
let url: string
beforeEach(async () => {
    // The last answer repeats.
    server = http.createServer((_request, response) => {
        const { status = 200, headers = {}, body } = answers.length > 1 ? answers.shift()! : answers[0]!
        response.writeHead(status, headers).end(body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple/demo/`
})
afterEach(() => void server.close())

test('a compressed page with all files passes, in any order, with the length that was sent', async () => {
    const body = gzipSync(page([...wheels].reverse()))
    answers = [{ headers: { 'content-encoding': 'gzip' }, body }]
    const checked = await checkPage(url, wheels)
    expect(checked).toMatchObject({ bytes: body.length, encoding: 'gzip' })
    expect(checked.urls.get(wheels[0]!.filename)).toBe(new URL(`../files/${wheels[0]!.filename}`, url).href)
})

test('a page that is not compressed passes, and is named so', async () => {
    answers = [{ body: page(wheels) }]
    expect(await checkPage(url, wheels)).toMatchObject({ encoding: 'identity', bytes: page(wheels).length })
})

test.each<[string, Answer, string]>([
    ['a file fewer', { body: page(wheels.slice(1)) }, 'has 1 files in place of the 2 published ones'],
    ['a file more', { body: page([...wheels, wheel('demo-2.0-py3-none-any.whl')]) }, 'has 3 files'],
    ['another hash', { body: page([wheels[0]!, { ...wheels[1]!, sha256: sha256('x') }]) }, 'demo-1.1-py3-none-any.whl'],
    ['a file twice', { body: page([wheels[0]!, wheels[0]!]) }, 'the first difference: demo-1.0'],
    ['no page', { status: 404, body: 'none' }, 'is answered with 404'],
    ['an encoding that was not accepted', { headers: { 'content-encoding': 'br' }, body: 'x' }, 'the encoding br'],
    ['something else than gzip', { headers: { 'content-encoding': 'gzip' }, body: page(wheels) }, 'incorrect header'],
    ['HTML', { body: '<!DOCTYPE html>' }, 'JSON'],
])('a page fails with %s', async (_what, answer, message) => {
    answers = [answer]
    await expect(checkPage(url, wheels)).rejects.toThrow(message)
})

test('a page that follows the uploads is awaited', async () => {
    answers = [{ status: 404, body: '' }, { body: page(wheels.slice(1)) }, { body: page(wheels) }]
    await expect(checkPage(url, wheels, 10_000)).resolves.toMatchObject({ encoding: 'identity' })
})

test('a file passes with its bytes, and fails with others or when it is compressed', async () => {
    answers = [{ body: 'bytes' }]
    await expect(checkFile(url, sha256('bytes'))).resolves.toMatchObject({ bytes: 5 })
    await expect(checkFile(url, sha256('other'))).rejects.toThrow('other bytes than the published file')
    answers = [{ headers: { 'content-encoding': 'gzip' }, body: gzipSync('bytes') }]
    await expect(checkFile(url, sha256('bytes'))).rejects.toThrow('which was not accepted')
})

test('a file is delivered as the server is named, streamed or redirected, and no other way', async () => {
    const redirect = { status: 302, headers: { location: '/elsewhere' }, body: '' }
    answers = [redirect, redirect, { body: 'bytes' }]
    await expect(checkDelivery(url, sha256('bytes'), true)).resolves.toBeUndefined()
    answers = [{ body: 'bytes' }]
    await expect(checkDelivery(url, sha256('bytes'), false)).resolves.toBeUndefined()
    await expect(checkDelivery(url, sha256('bytes'), true)).rejects.toThrow('with 200, but shall be redirected')
    answers = [redirect, { body: 'bytes' }]
    await expect(checkDelivery(url, sha256('bytes'), false)).rejects.toThrow('with 302, but shall not be redirected')
})

test('a redirect to other bytes fails', async () => {
    const redirect = { status: 302, headers: { location: '/elsewhere' }, body: '' }
    answers = [redirect, redirect, { status: 403, body: 'expired' }]
    await expect(checkDelivery(url, sha256('bytes'), true)).rejects.toThrow('/elsewhere has other bytes')
})
