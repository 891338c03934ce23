import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { publish } from '../../scripts/publish/publish.js'
import { makeWheel, writeDistributions } from '../support/distributions/distributions.js'
import { createAuthority } from '../support/machine/certificates.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { startIndex, type IndexOptions } from '../support/nginx/start-index.js'
import { startS3 } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'
import { startDatedProxy, type DatedRequest } from '../support/upstreams/dated-proxy.js'
import { startTlsTerminator } from '../support/upstreams/tls-terminator.js'
import {
    accessFiles,
    hashesOf,
    logOf,
    privateFiles,
    publicFiles,
    wheel,
    type LoggedRequest,
    type World,
} from './world.js'

/** An index with a password and one without, which redirect to an S3 server with TLS and another host name. */
export interface RedirectWorld extends Pick<World, 'authority' | 'hashes'> {
    /** The index that asks for the password: `https://USER:PASSWORD@localhost:PORT/simple/`. */
    url(userinfo?: string): string
    /** The one that does not. */
    openUrl: string
    /** What the indexes and S3 were asked since the last call; of S3 what came by a presigned URL. */
    asked(): Promise<{ index: LoggedRequest[]; s3: DatedRequest[] }>
    /** Signs with another key from now on: what was handed out stays valid, and each file gets another URL. */
    rotate(): Promise<void>
    close(): Promise<void>
}

/** A wheel without .metadata, on a page that somebody wrote by hand. */
export const handMade = wheel('acme-hand', '3.0')

/** Publishes the packages and starts both indexes. */
export async function startRedirectWorld(): Promise<RedirectWorld> {
    const known: { accessKeyId: string; secretAccessKey: string }[] = []
    const s3 = await startS3('embedded', { known })
    const proxy = await startDatedProxy(s3.endpoint, () => new Date())
    const authority = createAuthority()
    // Not localhost: a client must not take it for the host of the index.
    const terminator = await startTlsTerminator(proxy, authority.issue('127.0.0.1'))
    const bucket = await newBucket(s3)
    const recipes = [...privateFiles, publicFiles[0]!]
    await publish(bucket, await writeDistributions(...recipes.map((recipe) => makeWheel(recipe))))
    const { filename, bytes } = makeWheel(handMade)
    const page = `<!DOCTYPE html><a href="${filename}">${filename}</a>`
    await bucket.write('acme-hand/index.html', Buffer.from(page), {
        contentType: 'text/html',
        cacheControl: 'no-cache',
    })
    await bucket.write(`acme-hand/${filename}`, bytes, { contentType: 'application/zip', cacheControl: 'no-cache' })

    const folder = await temporaryFolder()
    await chmod(folder, 0o755)
    const keys = path.join(folder, 'credentials')
    const sign = (id: string, secret: string) =>
        writeFile(keys, `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`)
    await sign(s3.accessKeyId, s3.secretAccessKey)
    const { htpasswd, ...tls } = await accessFiles(authority)
    const options: IndexOptions = {
        ...{
            endpointUrl: `https://127.0.0.1:${terminator.port}`,
            caBundle: authority.file,
            bucket: bucket.name,
            ...tls,
        },
        ...{ delivery: 'redirect', credentials: 'file', environment: { AWS_SHARED_CREDENTIALS_FILE: keys } },
    }
    const [closed, open] = [await startIndex({ ...options, htpasswd }), await startIndex(options)]
    const logs = [logOf(closed), logOf(open)] as const
    let rotated = 0
    let seen = 0
    return {
        authority: authority.file,
        hashes: hashesOf(recipes),
        url: (userinfo = '') => `https://${userinfo && `${userinfo}@`}localhost:${closed.port}/simple/`,
        openUrl: `https://localhost:${open.port}/simple/`,
        asked: async () => {
            const s3 = proxy.requests.slice(seen).filter(({ target }) => target.includes('X-Amz-Signature='))
            seen = proxy.requests.length
            return { index: [...(await logs[0]()), ...(await logs[1]())], s3 }
        },
        rotate: async () => {
            const next = { accessKeyId: `AKIAROTATED${++rotated}`, secretAccessKey: `secret${rotated}` }
            known.push(next)
            await sign(next.accessKeyId, next.secretAccessKey)
        },
        close: async () => {
            await closed.stop()
            await open.stop()
            await terminator.close()
            await proxy.close()
            await s3.close()
        },
    }
}
