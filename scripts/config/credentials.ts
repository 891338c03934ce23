import type { CredentialsKind, ProviderOptions } from '../../njs/credentials/choose.js'
import { UsageError } from '../../core/user-error.js'
import { awsPartition } from '../options/aws-partition.js'
import { parseEndpointUrl, type Endpoint } from '../options/endpoint.js'
import type { NginxFeatures } from '../nginx/nginx-version.js'
import { optionTable, parsed, type ConfigOptions } from './option-table.js'

/** The same, valid and with the defaults. */
export interface CredentialsSettings extends ProviderOptions {
    /**
     * How the script comes by the credentials: they are in its environment; they are in shared memory, which a script in
     * the background renews; or each request reads files, for njs before 0.8.1.
     */
    access: 'environment' | 'memory' | 'files'
    /** Whether the name of a provider has to be looked up. */
    needsDns: boolean
}

/** What the rest of the configuration decides. */
interface Surroundings {
    region: string
    /** The S3 server, where it is not AWS: Ceph and MinIO answer for STS, too. */
    endpoint: Endpoint | undefined
    nginxVersion: string
    features: NginxFeatures
    jsEngine: 'njs' | 'qjs' | undefined
}

export type CredentialsOptions = Pick<ConfigOptions, 'credentials' | 'roleArn' | 'externalId' | 'stsEndpointUrl'>

/** Throws UsageError for the first option that is wrong, or that this nginx cannot do. */
export function credentialsFrom(options: CredentialsOptions, surroundings: Surroundings): CredentialsSettings {
    const kind = options.credentials ?? optionTable.credentials.default
    const role = roleFrom(options)
    const asksSts = usesSts({ kind, role })
    if (options.stsEndpointUrl !== undefined && !asksSts) {
        throw new UsageError(
            '--sts-endpoint-url means nothing without a role',
            'Give --role-arn or --credentials web-identity, too, or leave it out.',
        )
    }
    const access = accessFor(kind, role !== undefined, surroundings)
    const sts = options.stsEndpointUrl === undefined ? surroundings.endpoint : parseEndpointUrl(options.stsEndpointUrl)
    return {
        kind,
        role,
        access,
        endpoint: asksSts && sts !== undefined ? urlOf(sts) : '',
        region: surroundings.region,
        domain: awsPartition(surroundings.region).domain,
        needsDns: asksSts && (sts === undefined || !isAddress(sts)),
    }
}

/** Whether the security token service may be asked. */
export function usesSts({ kind, role }: Pick<ProviderOptions, 'kind' | 'role'>): boolean {
    return role !== undefined || kind === 'web-identity' || kind === 'auto'
}

function accessFor(
    kind: CredentialsKind,
    hasRole: boolean,
    { nginxVersion, features, jsEngine }: Surroundings,
): CredentialsSettings['access'] {
    if (kind === 'env' && !hasRole) return 'environment'
    if (kind === 'file' && !hasRole && !features.periodic) return 'files'
    const what = hasRole ? '--role-arn' : `--credentials ${kind}`
    const otherwise = 'name a later nginx with --nginx-version, or use --credentials env or file without --role-arn.'
    if (!features.periodic) {
        throw new UsageError(
            `${what} needs nginx 1.25.3 or later (njs 0.8.1), not ${nginxVersion}: only then can njs renew sessions ` +
                'in the background',
            `If yours is later, ${otherwise}`,
        )
    }
    if (jsEngine === 'qjs' && !features.quickJsFetch) {
        throw new UsageError(
            `${what} with --js-engine qjs needs njs 0.9.1 (nginx 1.28.1, or 1.29.1 and later), not that of nginx ` +
                `${nginxVersion}: before, QuickJS had no ngx.fetch`,
            `Leave --js-engine out; or ${otherwise}`,
        )
    }
    return 'memory'
}

function roleFrom(options: CredentialsOptions): ProviderOptions['role'] {
    const arn = parsed(options, 'roleArn')
    return arn === undefined ? undefined : { arn, externalId: parsed(options, 'externalId') ?? '' }
}

/** nginx does not look up `localhost`, and over http nobody minds that it is an address. */
function urlOf({ scheme, host, port, address, authority }: Endpoint): string {
    return scheme === 'http' && address !== undefined && address !== host
        ? `http://${address}:${port}`
        : `${scheme}://${authority}`
}

function isAddress({ scheme, host, address }: Endpoint): boolean {
    return address === host || (scheme === 'http' && address !== undefined)
}
