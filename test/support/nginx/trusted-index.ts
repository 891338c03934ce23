import { randomBytes } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { nginxFeatures } from '../../../scripts/nginx/nginx-version.js'
import { settingsFrom } from '../../../scripts/config/settings.js'
import { temporaryFolder } from '../machine/temporary-folder.js'
import { jsEngineUnderTest, nginxUnderTest } from './nginx-under-test.js'
import type { IndexOptions } from './start-index.js'
import { request } from '../requests/raw-request.js'
import { startUploadIndex, type UploadIndex } from '../uploads/upload-index.js'

const { version } = await nginxUnderTest()
const engine = jsEngineUnderTest()
const features = nginxFeatures(version)

/** Whether the nginx under test can verify ID tokens. */
export const canTrust = features.periodic && (engine !== 'qjs' || features.quickJsFetch)

/** Tests of trusted publishing. An nginx that cannot do it has one test instead: that the generator says so. */
export function describeTrusted(name: string, body: () => void): void {
    if (canTrust) return void describe(name, body)
    test(`${name}: nginx ${version} is refused`, () => {
        const options = {
            ...{ bucket: 'my-pypi', nginxVersion: version, upload: true, tokenKeys: 'env', trustedPublishers: 'none' },
            ...(engine && { jsEngine: engine }),
        }
        expect(() => settingsFrom(options, () => ['127.0.0.1'])).toThrow(/ needs (?:nginx 1\.25\.3|njs 0\.9\.1)/)
    })
}

/** A key of tokens. */
export const newTokenKey = () => randomBytes(32).toString('base64')

/** Starts an index that trusts the publishers. @param yaml the file of --trusted-publishers */
export async function startTrustedIndex(yaml: string, options: Partial<IndexOptions> = {}): Promise<UploadIndex> {
    const folder = await temporaryFolder()
    await writeFile(path.join(folder, 'publishers.yaml'), yaml)
    await chmod(folder, 0o755)
    await writeFile(path.join(folder, 'token-keys'), newTokenKey() + '\n')
    return startUploadIndex({
        tokenKeys: path.join(folder, 'token-keys'),
        trustedPublishers: path.join(folder, 'publishers.yaml'),
        ...options,
    })
}

/** POSTs JSON, as uv does. @param body an object, or a text to send as it is */
export async function post(port: number, path: string, body: unknown, headers: Record<string, string> = {}) {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await request(port, path, { method: 'POST', headers, body: text })
    return { status: answer.status, headers: answer.headers, text: answer.body.toString() }
}

/** Exchanges an ID token, again while the keys of the issuer have not been fetched. */
export async function mint(port: number, token: unknown, path = '/_/oidc/mint-token') {
    for (;;) {
        const answer = await post(port, path, { token })
        if (answer.status !== 503) return answer
        await sleep(100)
    }
}

/** The token of a successful exchange. */
export async function mintedToken(port: number, idToken: string): Promise<string> {
    const answer = await mint(port, idToken)
    expect(answer).toMatchObject({ status: 200 })
    return (JSON.parse(answer.text) as { token: string }).token
}
