import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { ObjectContent } from '../../../../core/index/objects.js'
import { WholeReader } from '../../../../core/index/whole-reader.js'

const md5 = (body: string | Buffer) => createHash('md5').update(body).digest('hex')
const newReader = () =>
    new WholeReader<Buffer>({ md5, areEqual: (one, other) => one.equals(other), sleep: async () => {} })
const content = (text: string, etag = md5(text)): ObjectContent<Buffer> => ({
    body: Buffer.from(text),
    etag,
    contentEncoding: undefined,
})

/** What one reader gives for answers that come one after the other, and how many it took of them. */
async function readAll(answers: (ObjectContent<Buffer> | undefined)[], reader = newReader()) {
    let reads = 0
    const result = await reader.read(async () => answers[reads++])
    return { text: result?.body.toString(), etag: result?.etag, reads }
}

const changing = Array.from({ length: 30 }, (_, count) => content(String(count), md5('other')))

test.each<[string, (ObjectContent<Buffer> | undefined)[], string | undefined, number]>([
    ['what is whole is read once', [content('page')], 'page', 1],
    ['an object of several parts is read once', [content('page', `${md5('x')}-2`)], 'page', 1],
    ['what is not there is asked for once', [undefined], undefined, 1],
    ['an old page with a new ETag is read again', [content('old', md5('new')), content('new')], 'new', 2],
    ['the page may go meanwhile', [content('old', md5('new')), undefined], undefined, 2],
    ['a page that changes with each read is read 20 times', changing, '19', 20],
    ['an ETag that stays is of another kind', Array(3).fill(content('page', md5('sealed'))), 'page', 3],
])('%s', async (_name, answers, text, reads) => {
    expect(await readAll(answers)).toMatchObject({ text, reads })
})

test('once it is known that ETags are of another kind, nothing is read twice', async () => {
    const reader = newReader()
    const sealed = content('page', md5('sealed'))
    expect(await readAll([sealed, sealed, sealed], reader)).toMatchObject({ reads: 3 })
    expect(await readAll([sealed], reader)).toMatchObject({ text: 'page', reads: 1 })
})
