import { isIP } from 'node:net'
import { UsageError } from '../../core/user-error.js'
import { deliveryFrom } from './delivery.js'
import { credentialsFrom, type CredentialsSettings } from './credentials.js'
import { systemCaBundle } from '../option-values/file-path.js'
import { parseRoleArn } from '../option-values/role.js'
import { awsEndpoint, parseEndpointUrl, type Endpoint } from '../option-values/endpoint.js'
import { isLoopback, parseListens, parseResolver, parseServerNames } from '../option-values/listen.js'
import { nginxFeatures, type NginxFeatures } from '../nginx/nginx-version.js'
import {
    checkCompanions,
    defaultNginxVersions,
    optionTable,
    parsed,
    type ConfigOptions,
    type Delivery,
    type IpFamily,
    type Target,
} from './option-table.js'
import { needsDnsFor, publicFrom, type PublicIndex } from './public.js'
import { servingFrom, type Serving } from './serving.js'
import { issuerAddresses } from './tokens.js'
import { uploadingFrom, type Uploading } from './uploading.js'

/** Valid options with every default filled in. */
export interface Settings extends Serving {
    bucket: string
    region: string
    endpoint: Endpoint
    addressing: 'virtual' | 'path'
    signature: 'v4' | 'v2'
    /** Whether a file passes through nginx or comes from S3 by a redirect, or which of them its client decides. */
    delivery: Delivery
    prefix: string
    listen: string[]
    /** Host names that the index accepts; empty for any. */
    serverNames: string[]
    target: Target
    nginxVersion: string
    features: NginxFeatures
    jsEngine: 'njs' | 'qjs' | undefined
    /** DNS servers; empty when nginx resolves no name, or resolves it once at its start. */
    resolver: string[]
    /** Address families to connect to S3 with. */
    ipFamily: IpFamily
    caBundle: string
    credentials: CredentialsSettings
    /** The role that the pods' service account assumes on EKS. */
    serviceAccountRole: string | undefined
    /** Undefined when only packages of the bucket are served. */
    public: PublicIndex | undefined
    /** Undefined when the index takes no uploads. */
    upload: Uploading | undefined
}

/** The DNS server in Docker's user-defined networks, including those of Compose. */
const dockerDns = '127.0.0.11'

/**
 * The cluster's DNS Service as kubeadm, EKS, GKE, AKS and k3s name it. nginx resolves it with the system's resolver when it
 * starts; the pod's resolv.conf appends the cluster's domain.
 */
const clusterDns = 'kube-dns.kube-system.svc'

/** Default ports of nginx. In a pod it is not root and cannot open 80 and 443. */
function defaultPorts(target: Target): { http: string; https: string } {
    return target === 'kubernetes' ? { http: '8080', https: '8443' } : { http: '80', https: '443' }
}

/** Whether nginx runs in a container, with a separate file system and loopback. */
export function isContainer(target: Target): boolean {
    return target === 'docker' || target === 'kubernetes'
}

/**
 * Checks the options and fills in the defaults.
 *
 * @param machineResolvers the DNS servers of this machine, for an nginx outside of containers
 * @param machineHasIPv6 whether this machine can reach others by IPv6, for an nginx outside of containers
 * @throws UsageError for the first invalid option; it names the option and the cure
 */
export function settingsFrom(
    options: ConfigOptions,
    machineResolvers: () => string[],
    machineHasIPv6: () => boolean = () => false,
): Settings {
    checkCompanions(options)
    const target = options.target ?? optionTable.target.default
    const region = parsed(options, 'region')
    const endpoint = options.endpointUrl === undefined ? awsEndpoint(region) : parseEndpointUrl(options.endpointUrl)
    const addressing = options.addressing ?? (options.endpointUrl === undefined ? 'virtual' : 'path')
    if (addressing === 'virtual' && endpoint.address === endpoint.host) {
        throw new UsageError(
            `--addressing virtual needs an endpoint with a name, not the address ${endpoint.host}`,
            'Use --addressing path.',
        )
    }
    const signature = options.signature ?? optionTable.signature.default
    if (signature === 'v2' && options.endpointUrl === undefined) {
        throw new UsageError(
            '--signature v2 is for S3 servers that do not support v4: AWS rejects it for new buckets',
            'Leave --signature out, or name the server with --endpoint-url.',
        )
    }
    const ports = defaultPorts(target)
    const serverNames = parseServerNames(options.serverName ?? [])
    const serving = servingFrom(options, ports.http)
    const nginxVersion = options.nginxVersion ?? defaultNginxVersions[target]
    const features = nginxFeatures(nginxVersion)
    if (options.jsEngine === 'qjs' && !features.quickJs) {
        throw new UsageError(
            `--js-engine qjs needs nginx 1.28.0 or later, not ${nginxVersion}`,
            'Set a later nginx with --nginx-version, or leave --js-engine out.',
        )
    }
    const listen = parseListens(options.listen ?? [options.tlsCert === undefined ? ports.http : ports.https])
    // An address cannot both serve TLS and redirect to it.
    parseListens([...listen, ...(serving.tls?.httpListen ?? [])])
    // A container that listens on the loopback, or finds S3 there, needs the host's network, and so its DNS servers.
    const isOnHost = listen.every(isLoopback) || (endpoint.address !== undefined && isLoopback(endpoint.address))
    const hasDockerDns = target === 'docker' && !isOnHost
    const itsDns = target === 'kubernetes' ? clusterDns : hasDockerDns ? dockerDns : undefined
    const credentials = credentialsFrom(options, {
        region,
        endpoint: options.endpointUrl === undefined ? undefined : endpoint,
        ...{ nginxVersion, features, jsEngine: options.jsEngine },
    })
    const upload = uploadingFrom(options, { serverNames, nginxVersion, features, jsEngine: options.jsEngine })
    const publicIndex = publicFrom(options)
    const issuersNeedDns = issuerAddresses({ upload }).some(({ hostname }) => isIP(hostname) === 0)
    const needsDns =
        endpoint.address === undefined || credentials.needsDns || issuersNeedDns || needsDnsFor(publicIndex)
    const resolver = needsDns ? resolvers(options.resolver, itsDns, machineResolvers) : []
    if (credentials.needsDns && resolver.length === 0) {
        throw new UsageError(
            '--resolver off leaves no DNS server to resolve the security token service',
            'Name a DNS server: --resolver ADDRESS.',
        )
    }
    if (issuersNeedDns && resolver.length === 0) {
        throw new UsageError(
            '--resolver off leaves no DNS server to resolve the issuers of --trusted-publishers',
            'Name a DNS server: --resolver ADDRESS.',
        )
    }
    return {
        bucket: optionTable.bucket.parse(options.bucket),
        region,
        endpoint,
        addressing,
        signature,
        delivery: deliveryFrom(options, { bucket: options.bucket, endpoint, addressing, signature, serverNames }),
        prefix: parsed(options, 'prefix') ?? '',
        listen,
        serverNames,
        target,
        nginxVersion,
        features,
        jsEngine: options.jsEngine,
        resolver,
        ipFamily: ipFamily(options.ipFamily, target, features, nginxVersion, machineHasIPv6),
        ...serving,
        caBundle: parsed(options, 'caBundle') ?? systemCaBundle,
        credentials,
        serviceAccountRole: serviceAccountRole(options.serviceAccountRole, target, credentials),
        public: publicIndex,
        upload,
    }
}

/**
 * nginx connects to all addresses of S3 in turn, so addresses of a family that the machine lacks would fail every second
 * request. Container networks have only IPv4 by default.
 */
function ipFamily(
    given: IpFamily | undefined,
    target: Target,
    features: NginxFeatures,
    nginxVersion: string,
    machineHasIPv6: () => boolean,
): IpFamily {
    if (given === 'ipv6' && !features.resolverIPv4Off) {
        throw new UsageError(
            `--ip-family ipv6 needs nginx 1.23.1 or later, not ${nginxVersion}`,
            'Use --ip-family both, or set a later nginx with --nginx-version.',
        )
    }
    return given ?? (!isContainer(target) && machineHasIPv6() ? 'both' : 'ipv4')
}

function serviceAccountRole(
    given: string | undefined,
    target: Target,
    { kind }: CredentialsSettings,
): string | undefined {
    if (given === undefined) return undefined
    if (target !== 'kubernetes' || (kind !== 'web-identity' && kind !== 'auto')) {
        throw new UsageError(
            '--service-account-role requires --target kubernetes and --credentials web-identity',
            'Add these, or leave it out. With other credentials, use --role-arn to assume a role.',
        )
    }
    return parseRoleArn(given)
}

function resolvers(
    given: string[] | undefined,
    itsDns: string | undefined,
    machineResolvers: () => string[],
): string[] {
    if (given?.join() === 'off') return []
    if (given !== undefined) return given.map(parseResolver)
    if (itsDns !== undefined) return [itsDns]
    const found = machineResolvers()
    if (found.length === 0) {
        throw new UsageError(
            '/etc/resolv.conf names no DNS server that nginx could use to resolve S3',
            'Use --resolver ADDRESS; or --resolver off, which resolves S3 once, when nginx starts.',
        )
    }
    return found
}
