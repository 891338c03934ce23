import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ReadToken } from '../../core/tokens/read-token.js'
import { publish } from '../../scripts/publish/publish.js'
import type { Bucket } from '../../scripts/s3/bucket.js'
import { environmentOf } from '../support/s3/bucket.js'
import { ageProject, leaveHtmlOnly } from '../support/index/older-pages.js'
import { createAuthority, type Authority } from '../support/machine/certificates.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { newTokenKey } from '../support/nginx/trusted-index.js'
import { startS3, type S3Server } from '../support/s3/s3-servers.js'
import { newBucket } from '../support/s3/test-bucket.js'
import { readTokenOf, uploadTokenOf } from '../support/tokens/signed-tokens.js'
import { makeWheel, writeDistributions } from '../support/distributions/distributions.js'
import { offer, sha256Of } from '../support/public/offered-files.js'
import { startPypi, type PypiServer } from '../support/upstreams/pypi-server.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

/**
 * Of the one user. It must be escaped in a URL, yet not with capitals: poetry's CacheControl looks for what it kept under
 * a URL that is in lower case up to its path, and does not find it under the one that was asked for.
 */
export const user = 'ci'
export const password = 'p@ss%41&w$rd'

/** A line of nginx's access log. */
export interface LoggedRequest {
    user: string
    uri: string
    /** Of nginx: HIT where S3 was not asked. */
    cache: string
    project: string
    status: number
    user_agent: string
}

/**
 * A private index behind a password, with pages of this version and of an older one, and one that plays the public one, to
 * which it redirects.
 */
export interface World {
    /** The private index, for a user or nobody: `https://USER:PASSWORD@localhost:PORT/simple/`. */
    url(userinfo?: string): string
    /** A token that reads, by the keys of its nginx. */
    token(changes?: Partial<ReadToken>): string
    /** A token that uploads. */
    uploadToken(): string
    /** The name of a reader whose tokens are revoked. */
    revoked: string
    /** The certificate that has to be trusted for it. */
    authority: string
    /** sha256 by name of the project: of what a client has to install. */
    hashes: Record<string, string>
    /** What each index was asked since the last call. */
    asked(): Promise<{ privately: LoggedRequest[]; publicly: LoggedRequest[] }>
    close(): Promise<void>
}

/** What a client has to install: versions by name of the module. */
export const expected = { acme_tools: '1.0+cu12', acme_dotted_name: '2.0', public_dep: '1.1' }

/** The private packages, with the dependency of one on the other and on a public one; two tags, for Python 2. */
export const privateFiles = [
    wheel('acme-tools', '1.0+cu12'),
    wheel('Acme.Dotted_Name', '2.0', ['acme-tools (>=1)', 'public-dep (>=1)']),
]

/** The public ones. Who takes one of the last two has been confused. */
export const publicFiles = [wheel('public-dep', '1.1'), wheel('acme-tools', '99.0'), wheel('acme-missing', '99.0')]

export function wheel(name: string, version: string, requires: string[] = []) {
    const lines = ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`, 'Summary: A tëst 日本']
    const metadata = [...lines, ...requires.map((text) => `Requires-Dist: ${text}`), '', ''].join('\n')
    return { name, version, metadata, tag: 'py2.py3-none-any' }
}

/** Publishes the packages and starts both indexes. */
export async function startWorld(): Promise<World> {
    const s3 = await startS3('embedded')
    const openly = await startIndex(await published(s3, publicFiles, (bucket) => leaveHtmlOnly(bucket, 'public-dep')))
    const authority = createAuthority()
    const { htpasswd, ...tls } = await accessFiles(authority)
    const key = newTokenKey()
    const revoked = 'lost-laptop'
    const tokens = { tokenKeys: path.join(path.dirname(htpasswd), 'keys'), revokedTokens: `${htpasswd}.revoked` }
    await writeFile(tokens.tokenKeys, key)
    await writeFile(tokens.revokedTokens, `${revoked}\n`)
    const privately = await startIndex({
        ...(await published(s3, privateFiles, (bucket) => ageProject(bucket, 'acme-dotted-name'))),
        ...{ ...tokens, readTokens: true },
        ...{ ...tls, htpasswd, fallback: `${openly.url}/simple/`, private: ['acme-*'], cached: true },
    })
    const logs = [logOf(privately), logOf(openly)] as const
    return {
        url: (userinfo = '') => `https://${userinfo && `${userinfo}@`}localhost:${privately.port}/simple/`,
        token: (changes) => readTokenOf(key, changes),
        uploadToken: () => uploadTokenOf(key),
        revoked,
        authority: authority.file,
        hashes: hashesOf([...privateFiles, publicFiles[0]!]),
        asked: async () => ({ privately: await logs[0](), publicly: await logs[1]() }),
        close: async () => {
            await privately.stop()
            await openly.stop()
            await s3.close()
        },
    }
}

/** The private index with the public packages of a local PyPI behind it, which clients cannot reach. */
export interface PublicWorld extends Pick<World, 'url' | 'authority' | 'hashes' | 'close'> {
    pypi: PypiServer
}

/** Publishes the private packages, and starts the index with --public. */
export async function startPublicWorld(): Promise<PublicWorld> {
    const s3 = await startS3('embedded')
    const pypi = await startPypi()
    for (const recipe of publicFiles) {
        const made = makeWheel(recipe)
        const sha256 = sha256Of(Buffer.from(recipe.metadata))
        const other = { 'core-metadata': { sha256 }, 'data-dist-info-metadata': { sha256 } }
        const page = offer(pypi, recipe.name, [{ ...made, other }])
        pypi.files[`${page.files[0]!.url.split('/packages/')[1]!}.metadata`] = recipe.metadata
    }
    const authority = createAuthority()
    const index = await startIndex({
        ...(await published(s3, privateFiles, async () => {})),
        ...(await accessFiles(authority)),
        ...{ public: pypi.url, private: ['acme-*'], cooldown: '7d', cached: true },
    })
    return {
        url: (userinfo = '') => `https://${userinfo && `${userinfo}@`}localhost:${index.port}/simple/`,
        authority: authority.file,
        hashes: hashesOf([...privateFiles, publicFiles[0]!]),
        pypi,
        close: async () => {
            await index.stop()
            await pypi.close()
            await s3.close()
        },
    }
}

/** Options for TLS as localhost and for the one user. pip keeps nothing that came without TLS. */
export async function accessFiles(authority: Authority) {
    const folder = await temporaryFolder()
    const htpasswd = path.join(folder, 'htpasswd')
    const hash = execFileSync('openssl', ['passwd', '-6', password], { encoding: 'utf8' })
    await writeFile(htpasswd, `${user}:${hash}`)
    await chmod(folder, 0o755)
    const { key, cert } = authority.issue('localhost')
    await writeFile(path.join(folder, 'key.pem'), key)
    await writeFile(path.join(folder, 'cert.pem'), cert)
    return {
        htpasswd,
        tlsCert: path.join(folder, 'cert.pem'),
        tlsKey: path.join(folder, 'key.pem'),
        httpListen: 'off',
    }
}

/** sha256 of wheels by the name of their module. */
export function hashesOf(recipes: ReturnType<typeof wheel>[]): Record<string, string> {
    const entries = recipes.map((recipe): [string, string] => {
        const { filename, bytes } = makeWheel(recipe)
        const name = Object.keys(expected).find((module) => filename.startsWith(module))!
        return [name, createHash('sha256').update(bytes).digest('hex')]
    })
    return Object.fromEntries(entries)
}

/** @param age changes pages to those of an older publisher */
async function published(s3: S3Server, recipes: ReturnType<typeof wheel>[], age: (bucket: Bucket) => Promise<void>) {
    const bucket = await newBucket(s3)
    await publish(bucket, await writeDistributions(...recipes.map((recipe) => makeWheel(recipe))))
    await age(bucket)
    return { endpointUrl: s3.endpoint, bucket: bucket.name, environment: environmentOf(s3) }
}

/** Reads what is new in an access log. */
export function logOf(index: Index): () => Promise<LoggedRequest[]> {
    let seen = 0
    return async () => {
        const lines = (await readFile(`${index.folder}/access.log`, 'utf8')).trim().split('\n')
        const fresh = lines.slice(seen).filter(Boolean)
        seen = lines.length
        return fresh.map((line) => JSON.parse(line) as LoggedRequest)
    }
}
