import { XMLParser } from 'fast-xml-parser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { encode, s3Request, type S3Answer } from '../support/s3/signed-request.js'

let server: S3Server
const many = Array.from({ length: 2345 }, (_, index) => `many/${String(index).padStart(4, '0')}`)

beforeAll(async () => {
    server = await startS3('embedded')
    await s3Request(server, { method: 'PUT', bucket: 'my-pypi' })
    for (const key of [...many, 'a/b/1', 'a/b/2', 'a/c', 'a-d', 'a+ &<é', 'z/\u0001\r']) {
        await s3Request(server, { method: 'PUT', bucket: 'my-pypi', key: encode(key), body: 'x' })
    }
})
afterAll(() => server.close())

interface Page {
    readonly Contents?: { readonly Key: string }[]
    readonly CommonPrefixes?: { readonly Prefix: string }[]
    readonly IsTruncated: string
    readonly KeyCount?: string
    readonly NextContinuationToken?: string
    readonly NextMarker?: string
}

function ask(query: Record<string, string>): Promise<S3Answer> {
    return s3Request(server, { bucket: 'my-pypi', query })
}

async function page(query: Record<string, string>): Promise<Page> {
    const parser = new XMLParser({ parseTagValue: false, isArray: (name) => /^Contents$|^CommonPrefixes$/.test(name) })
    return (parser.parse((await ask(query)).body.toString()) as { ListBucketResult: Page }).ListBucketResult
}

function namesOf({ Contents = [], CommonPrefixes = [] }: Page): string[] {
    return [...Contents.map(({ Key }) => Key), ...CommonPrefixes.map(({ Prefix }) => Prefix)]
}

describe('ListObjectsV2', () => {
    test('gives pages of 1000, whatever more is asked for', async () => {
        const sizes: number[] = []
        const keys: string[] = []
        let more = {}
        for (let count = 0; count < 4; count++) {
            const answer = await page({ 'list-type': '2', prefix: 'many/', 'max-keys': '5000', ...more })
            sizes.push(namesOf(answer).length)
            expect(answer.KeyCount).toBe(String(namesOf(answer).length))
            keys.push(...namesOf(answer))
            if (answer.IsTruncated === 'false') break
            more = { 'continuation-token': answer.NextContinuationToken }
        }
        expect(sizes).toEqual([1000, 1000, 345])
        expect(keys).toEqual(many)
    })

    test('goes on behind a key that was deleted between two pages', async () => {
        const query = { 'list-type': '2', prefix: 'a', 'max-keys': '2' }
        const first = await page(query)
        expect(namesOf(first)).toEqual(['a+ &<é', 'a-d'])
        await s3Request(server, { method: 'DELETE', bucket: 'my-pypi', key: 'a-d' })
        const second = await page({ ...query, 'continuation-token': first.NextContinuationToken as string })
        await s3Request(server, { method: 'PUT', bucket: 'my-pypi', key: 'a-d', body: 'x' })
        expect(namesOf(second)).toEqual(['a/b/1', 'a/b/2'])
    })

    test.each([
        ['delimiter /', { delimiter: '/' }, ['a+ &<é', 'a-d', 'a/', 'many/', 'z/']],
        ['a prefix and a delimiter', { prefix: 'a/', delimiter: '/' }, ['a/c', 'a/b/']],
        ['a delimiter of many characters', { prefix: 'a/', delimiter: 'b/' }, ['a/c', 'a/b/']],
        ['a prefix that is a key', { prefix: 'a/c' }, ['a/c']],
        ['start-after', { prefix: 'a/', 'start-after': 'a/b/1' }, ['a/b/2', 'a/c']],
        ['start-after what is not there', { prefix: 'a/', 'start-after': 'a/b/15' }, ['a/b/2', 'a/c']],
        ['no keys at all', { 'max-keys': '0' }, []],
    ])('%s', async (_name, query, expected) => {
        const answer = await page({ 'list-type': '2', ...query })
        expect(namesOf(answer)).toEqual(expected)
        expect(answer.IsTruncated).toBe('false')
    })

    test('control characters are written as references', async () => {
        const { body } = await ask({ 'list-type': '2', prefix: 'z/' })
        expect(body.toString()).toContain('<Key>z/&#1;&#13;</Key>')
    })

    test('encoding-type url', async () => {
        const answer = await page({ 'list-type': '2', prefix: 'a+', 'encoding-type': 'url' })
        expect(namesOf(answer)).toEqual(['a%2B%20%26%3C%C3%A9'])
    })

    test.each([
        { 'max-keys': '-1' },
        { 'max-keys': 'many' },
        { 'encoding-type': 'base64' },
        { 'continuation-token': '***' },
        { 'continuation-token': '' },
    ])('%o is refused', async (query) => {
        expect((await ask({ 'list-type': '2', ...query })).code).toBe('InvalidArgument')
    })
})

test('ListObjects gives the next marker with a delimiter, and goes on behind what it rolled up', async () => {
    const query = { delimiter: '/', 'max-keys': '3' }
    const first = await page(query)
    expect([namesOf(first), first.NextMarker]).toEqual([['a+ &<é', 'a-d', 'a/'], 'a/'])
    const second = await page({ ...query, marker: 'a/' })
    expect([namesOf(second), second.IsTruncated]).toEqual([['many/', 'z/'], 'false'])
    const plain = await page({ 'max-keys': '3' })
    expect([plain.IsTruncated, plain.NextMarker, plain.KeyCount]).toEqual(['true', undefined, undefined])
})
