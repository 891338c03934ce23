import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { OidcIssuer } from './oidc-issuer.js'
import type { S3Server } from '../s3/s3-servers.js'

/** Makes roles in Ceph's object gateway, with the AWS CLI. */
export class CephRoles {
    constructor(private readonly s3: S3Server) {}

    /** The ARN of a new role that may do everything with S3. @param trusted who may assume it, as in a trust policy */
    async create(name: string, action: string, trusted: object, condition: object = {}): Promise<string> {
        const trust = { Effect: 'Allow', Principal: trusted, Action: [action], ...condition }
        const created = await this.iam(
            'create-role',
            '--role-name',
            name,
            '--assume-role-policy-document',
            policy(trust),
        )
        const all = { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::*' }
        const names = ['--role-name', name, '--policy-name', 'all']
        await this.iam('put-role-policy', ...names, '--policy-document', policy(all))
        return (JSON.parse(created) as { Role: { Arn: string } }).Role.Arn
    }

    /** Lets an identity provider vouch for who assumes a role. @returns the provider's ARN */
    async trust(issuer: OidcIssuer, audience: string): Promise<string> {
        const lists = ['--client-id-list', audience, '--thumbprint-list', issuer.thumbprint]
        const created = await this.iam('create-open-id-connect-provider', '--url', issuer.url, ...lists)
        return (JSON.parse(created) as { OpenIDConnectProviderArn: string }).OpenIDConnectProviderArn
    }

    private async iam(...words: string[]): Promise<string> {
        const { endpoint, region, accessKeyId, secretAccessKey } = this.s3
        const options = ['--endpoint-url', endpoint, '--region', region, '--output', 'json']
        const { stdout } = await promisify(execFile)('aws', [...options, 'iam', ...words], {
            env: {
                PATH: process.env.PATH,
                ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
                ...{ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
            },
        })
        return stdout
    }
}

function policy(statement: object): string {
    return JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
}
