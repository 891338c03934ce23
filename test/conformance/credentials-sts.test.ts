import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ConfigOptions } from '../../scripts/config/option-table.js'
import { makeBucket } from '../support/s3/bucket.js'
import { CephRoles } from '../support/credentials/ceph-roles.js'
import { startIndex, type Index } from '../support/nginx/start-index.js'
import { startOidcIssuer, type OidcIssuer } from '../support/credentials/oidc-issuer.js'
import { request } from '../support/requests/raw-request.js'
import { describeRenewal } from '../support/nginx/renewing-nginx.js'
import { describeWhere, missingPrograms, missingRgw } from '../support/machine/requirements.js'
import { startS3, uniqueBucket, type S3Server } from '../support/s3/s3-servers.js'

const file = '/demo/demo-1.0%2Bx.tar.gz'
const audience = 'nginx-s3-pypi'

// The security token service of Ceph's object gateway verifies signatures and tokens as AWS's does.
describeWhere('roles of Ceph', missingRgw() ?? missingPrograms(['aws', 'openssl'], 'awscli openssl'), () => {
    describeRenewal('assumed by nginx', { credentials: 'web-identity' }, () => {
        let s3: S3Server
        let bucket: string
        let issuer: OidcIssuer
        let webRole: string
        let userRole: string
        let folder: string
        let index: Index | undefined

        beforeAll(async () => {
            s3 = await startS3('rgw')
            bucket = await makeBucket(s3, { 'demo/demo-1.0+x.tar.gz': 'bytes' })
            issuer = await startOidcIssuer()
            const roles = new CephRoles(s3)
            const provider = await roles.trust(issuer, audience)
            const host = issuer.url.replace(/^.*\/\//, '')
            webRole = await roles.create(
                uniqueBucket(),
                'sts:AssumeRoleWithWebIdentity',
                { Federated: [provider] },
                {
                    Condition: { StringEquals: { [`${host}:app_id`]: audience } },
                },
            )
            userRole = await roles.create(uniqueBucket(), 'sts:AssumeRole', { AWS: ['arn:aws:iam:::user/main'] })
            folder = await mkdtemp(path.join(os.tmpdir(), 'sts-'))
            await chmod(folder, 0o755)
        })
        afterEach(async () => {
            await index?.stop()
            index = undefined
        })
        afterAll(async () => {
            await issuer.close()
            await s3.close()
            await rm(folder, { recursive: true })
        })

        const webIdentity = async (token: string, role = webRole): Promise<Record<string, string>> => {
            const tokenFile = path.join(folder, 'token')
            await writeFile(tokenFile, token)
            return { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile }
        }
        const keys = (secretAccessKey = s3.secretAccessKey): Record<string, string> => ({
            AWS_ACCESS_KEY_ID: s3.accessKeyId,
            AWS_SECRET_ACCESS_KEY: secretAccessKey,
        })

        /** The status of a file when the credentials are there, or are known to be refused. */
        async function statusOf(options: Partial<ConfigOptions>, environment: Record<string, string>): Promise<number> {
            // The S3 server's own token service is asked where none is named.
            index = await startIndex({ endpointUrl: s3.endpoint, bucket, ...options, environment })
            for (let attempt = 0; attempt < 200 && !index.log().includes('no new credentials'); attempt++) {
                const { status } = await request(index.port, file)
                if (status !== 503) return status
                await sleep(50)
            }
            return (await request(index.port, file)).status
        }

        const sessionEnd = /The credentials expire at \d{4}-\d\d-\d\dT/

        test('a web identity: V4 and V2', async () => {
            for (const signature of ['v4', 'v2'] as const) {
                const environment = await webIdentity(issuer.token(audience))
                expect(await statusOf({ credentials: 'web-identity', signature }, environment)).toBe(200)
                expect((await request(index!.port, '/-/readyz')).body.toString()).toMatch(sessionEnd)
                await index!.stop()
            }
            index = undefined
        })

        test.each([
            ['signed by somebody else', () => issuer.forgedToken(audience)],
            ['for somebody else', () => issuer.token('another')],
            ['that has expired', () => issuer.token(audience, -60)],
            ['that is none', () => 'not-a-token'],
        ])('the twin: a token %s', async (_name, token) => {
            expect(await statusOf({ credentials: 'web-identity' }, await webIdentity(await token()))).toBe(503)
            expect(index!.log()).toMatch(/no new credentials for S3: .* refused with status 4\d\d/)
        })

        test('a role from keys, also with a session name and an external id', async () => {
            // Ceph takes no "+" in an external id.
            for (const externalId of [undefined, 'of/the:customer=1']) {
                const more = externalId === undefined ? {} : { externalId }
                const environment = { ...keys(), AWS_ROLE_SESSION_NAME: 'index@host' }
                expect(await statusOf({ roleArn: userRole, ...more }, environment)).toBe(200)
                expect((await request(index!.port, '/-/readyz')).body.toString()).toMatch(sessionEnd)
                await index!.stop()
            }
            index = undefined
        })

        test.each([
            ['with a wrong secret', () => keys('wrong'), () => userRole],
            ['that does not trust the user', keys, () => webRole],
            ['that does not exist', keys, () => 'arn:aws:iam:::role/none'],
        ])('the twin: a role %s', async (_name, environment, roleArn) => {
            expect(await statusOf({ roleArn: roleArn() }, environment())).toBe(503)
            expect(index!.log()).toMatch(/no new credentials for S3: .* refused with status 4\d\d/)
        })

        test('a role from a file', async () => {
            const shared = path.join(folder, 'credentials')
            const { accessKeyId, secretAccessKey } = s3
            const lines = ['[default]', `aws_access_key_id=${accessKeyId}`, `aws_secret_access_key=${secretAccessKey}`]
            await writeFile(shared, lines.join('\n'))
            const environment = { AWS_SHARED_CREDENTIALS_FILE: shared }
            expect(await statusOf({ credentials: 'file', roleArn: userRole }, environment)).toBe(200)
        })
    })
})
