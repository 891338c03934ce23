import { afterAll, beforeAll, expect, test } from 'vitest'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { s3Request, type S3Answer, type S3RequestOptions } from '../support/s3/signed-request.js'

let server: S3Server
beforeAll(async () => {
    server = await startS3('embedded')
    await ask({ method: 'PUT', key: undefined })
})
afterAll(() => server.close())

function ask(options: S3RequestOptions): Promise<S3Answer> {
    return s3Request(server, { bucket: 'my-pypi', key: 'object', ...options })
}

test('of many writers of one new key, one wins', async () => {
    const writers = Array.from({ length: 50 }, (_, index) => `writer ${index} ${'x'.repeat(index * 1000)}`)
    const answers = await Promise.all(
        writers.map((body) => ask({ method: 'PUT', key: 'new', body, headers: { 'if-none-match': '*' } })),
    )
    const winners = writers.filter((_, index) => answers[index]?.status === 200)
    expect(winners).toHaveLength(1)
    expect(answers.filter(({ code }) => code === 'PreconditionFailed')).toHaveLength(49)
    expect((await ask({ key: 'new' })).body.toString()).toBe(winners[0])
})

test('writers that name the tag that they read lose no update', async () => {
    await ask({ method: 'PUT', key: 'counter', body: '0' })
    const increment = async (): Promise<void> => {
        // Each round somebody succeeds: as many rounds as there are writers are enough.
        for (let attempt = 0; attempt < 20; attempt++) {
            const { body, headers } = await ask({ key: 'counter' })
            const condition = { 'if-match': headers.etag as string }
            const next = String(Number(body.toString()) + 1)
            const { status } = await ask({ method: 'PUT', key: 'counter', body: next, headers: condition })
            if (status === 200) return
        }
        throw new Error('Twenty attempts failed')
    }
    await Promise.all(Array.from({ length: 20 }, increment))
    expect((await ask({ key: 'counter' })).body.toString()).toBe('20')
})

test('without a condition updates are lost: the test above tests something', async () => {
    await ask({ method: 'PUT', key: 'lost', body: '0' })
    const increment = async (): Promise<void> => {
        const { body } = await ask({ key: 'lost' })
        await ask({ method: 'PUT', key: 'lost', body: String(Number(body.toString()) + 1) })
    }
    await Promise.all(Array.from({ length: 20 }, increment))
    expect(Number((await ask({ key: 'lost' })).body.toString())).toBeLessThan(20)
})

test('who reads while others write gets one of the contents, whole', async () => {
    const contents = ['a', 'b'].map((letter) => letter.repeat(300_000))
    await ask({ method: 'PUT', key: 'torn', body: contents[0] as string })
    const write = async (body: string): Promise<void> => {
        for (let round = 0; round < 10; round++) await ask({ method: 'PUT', key: 'torn', body })
    }
    const read = async (): Promise<void> => {
        for (let round = 0; round < 20; round++) {
            expect(contents).toContain((await ask({ key: 'torn' })).body.toString())
        }
    }
    await Promise.all([...contents.map(write), read(), read()])
})

test('a bucket that is deleted during an upload does not come back', async () => {
    await ask({ method: 'PUT', bucket: 'short-lived', key: undefined })
    const body = Buffer.alloc(20_000_000)
    const upload = ask({ method: 'PUT', bucket: 'short-lived', body })
    const answers = await Promise.all([upload, ask({ method: 'DELETE', bucket: 'short-lived', key: undefined })])
    expect(answers.map(({ status, code }) => code ?? status)).toEqual(['NoSuchBucket', 204])
    expect((await ask({ bucket: 'short-lived', key: undefined })).code).toBe('NoSuchBucket')
})
