import type { CredentialsKind, ProviderOptions } from '../../njs/credentials/choose.js'
import { UsageError } from '../../core/user-error.js'
import { awsPartition } from '../option-values/aws-partition.js'
import { parseEndpointUrl, type Endpoint } from '../option-values/endpoint.js'
import type { NginxFeatures } from '../nginx/nginx-version.js'
import { optionTable, parsed, type ConfigOptions } from './option-table.js'

/** The provider's options, validated and with defaults. */
export interface CredentialsSettings extends ProviderOptions {
    /**
     * Where the signing script reads the credentials: from its environment; from shared memory, which a background script
     * renews; or from files on each request, for njs before 0.8.1.
     */
    access: 'environment' | 'memory' | 'files'
    /** Whether the provider's host name must be resolved. */
    needsDns: boolean
}

/** Settings that the credentials depend on. */
interface Surroundings {
    region: string
    /** The S3 server if it is not AWS: Ceph and MinIO also serve STS. */
    endpoint: Endpoint | undefined
    nginxVersion: string
    features: NginxFeatures
    jsEngine: 'njs' | 'qjs' | undefined
}

export type CredentialsOptions = Pick<ConfigOptions, 'credentials' | 'roleArn' | 'externalId' | 'stsEndpointUrl'>

/** Throws UsageError for the first option that is invalid or that this nginx does not support. */
export function credentialsFrom(options: CredentialsOptions, surroundings: Surroundings): CredentialsSettings {
    const kind = options.credentials ?? optionTable.credentials.default
    const role = roleFrom(options)
    const asksSts = usesSts({ kind, role })
    if (options.stsEndpointUrl !== undefined && !asksSts) {
        throw new UsageError(
            '--sts-endpoint-url requires a role',
            'Add --role-arn or --credentials web-identity, or leave it out.',
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

/** Whether nginx may use the security token service. */
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
    const otherwise = 'set your version with --nginx-version, or use --credentials env or file without --role-arn.'
    if (!features.periodic) {
        throw new UsageError(
            `${what} needs nginx 1.25.3 or later (njs 0.8.1), not ${nginxVersion}: earlier njs cannot renew ` +
                'sessions in the background',
            `If yours is later, ${otherwise}`,
        )
    }
    if (jsEngine === 'qjs' && !features.quickJsFetch) {
        throw new UsageError(
            `${what} with --js-engine qjs needs njs 0.9.1 (nginx 1.28.1, or 1.29.1 and later), not that of nginx ` +
                `${nginxVersion}: earlier QuickJS has no ngx.fetch`,
            `Leave --js-engine out; or ${otherwise}`,
        )
    }
    return 'memory'
}

function roleFrom(options: CredentialsOptions): ProviderOptions['role'] {
    const arn = parsed(options, 'roleArn')
    return arn === undefined ? undefined : { arn, externalId: parsed(options, 'externalId') ?? '' }
}

/** nginx does not resolve `localhost`, so it gets the address; only over http, where no certificate must match. */
function urlOf({ scheme, host, port, address, authority }: Endpoint): string {
    return scheme === 'http' && address !== undefined && address !== host
        ? `http://${address}:${port}`
        : `${scheme}://${authority}`
}

function isAddress({ scheme, host, address }: Endpoint): boolean {
    return address === host || (scheme === 'http' && address !== undefined)
}
