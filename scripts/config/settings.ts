import { UsageError } from '../../core/user-error.js'
import { credentialsFrom, type CredentialsSettings } from './credentials.js'
import { systemCaBundle } from '../options/file-path.js'
import { parseRoleArn } from '../options/role.js'
import { awsEndpoint, parseEndpointUrl, type Endpoint } from '../options/endpoint.js'
import { isLoopback, parseListens, parseResolver, parseServerNames } from '../options/listen.js'
import { nginxFeatures, type NginxFeatures } from '../nginx/nginx-version.js'
import {
    checkCompanions,
    defaultNginxVersions,
    optionTable,
    parsed,
    type ConfigOptions,
    type IpFamily,
    type Target,
} from './option-table.js'
import { servingFrom, type Serving } from './serving.js'

/** Valid options with every default filled in. */
export interface Settings extends Serving {
    bucket: string
    region: string
    endpoint: Endpoint
    addressing: 'virtual' | 'path'
    signature: 'v4' | 'v2'
    prefix: string
    listen: string[]
    /** Names by which clients may ask for the index; empty for any. */
    serverNames: string[]
    target: Target
    nginxVersion: string
    features: NginxFeatures
    jsEngine: 'njs' | 'qjs' | undefined
    /** DNS servers; empty where there is nothing to look up, or where nginx shall ask the system once at its start. */
    resolver: string[]
    /** Of S3's addresses. */
    ipFamily: IpFamily
    caBundle: string
    credentials: CredentialsSettings
    /** The role of the pods by their service account, on EKS. */
    serviceAccountRole: string | undefined
}

/** The DNS of Docker's networks that have a name, Compose's among them. */
const dockerDns = '127.0.0.11'

/**
 * The DNS of a cluster, by the name that its Service has with kubeadm, EKS, GKE, AKS and k3s. nginx asks the system for
 * the address when it starts; without the domain of the cluster, which the pod's resolv.conf adds.
 */
const clusterDns = 'kube-dns.kube-system.svc'

/** Where nginx listens unless told. In a pod it is not root, and 443 and 80 are for root. */
function defaultPorts(target: Target): { http: string; https: string } {
    return target === 'kubernetes' ? { http: '8080', https: '8443' } : { http: '80', https: '443' }
}

/** Whether nginx has a file system and a loopback of its own. */
export function isContainer(target: Target): boolean {
    return target === 'docker' || target === 'kubernetes'
}

/**
 * Checks the options and fills in the defaults.
 *
 * @param machineResolvers the DNS servers of this machine, for an nginx outside of Docker's networks
 * @param machineHasIPv6 whether this machine reaches others by IPv6, for the same
 * @throws UsageError for the first option that is wrong, naming it and the cure
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
            '--signature v2 is for S3 servers that know nothing newer: AWS takes it from no new bucket',
            'Leave --signature out, or name the server with --endpoint-url.',
        )
    }
    const ports = defaultPorts(target)
    const serving = servingFrom(options, ports.http)
    const nginxVersion = options.nginxVersion ?? defaultNginxVersions[target]
    const features = nginxFeatures(nginxVersion)
    if (options.jsEngine === 'qjs' && !features.quickJs) {
        throw new UsageError(
            `--js-engine qjs needs nginx 1.28.0 or later, not ${nginxVersion}`,
            'Name a later nginx with --nginx-version, or leave --js-engine out.',
        )
    }
    const listen = parseListens(options.listen ?? [options.tlsCert === undefined ? ports.http : ports.https])
    // One address cannot have TLS and be redirected to it.
    parseListens([...listen, ...(serving.tls?.httpListen ?? [])])
    // A container that listens on the loopback is of use in the network of the host only, which has the host's DNS.
    const hasDockerDns = target === 'docker' && !listen.every(isLoopback)
    const itsDns = target === 'kubernetes' ? clusterDns : hasDockerDns ? dockerDns : undefined
    const credentials = credentialsFrom(options, {
        region,
        endpoint: options.endpointUrl === undefined ? undefined : endpoint,
        ...{ nginxVersion, features, jsEngine: options.jsEngine },
    })
    const needsDns = endpoint.address === undefined || credentials.needsDns
    const resolver = needsDns ? resolvers(options.resolver, itsDns, machineResolvers) : []
    if (credentials.needsDns && resolver.length === 0) {
        throw new UsageError(
            '--resolver off leaves nobody to ask for the address of the security token service',
            'Name a DNS server: --resolver ADDRESS.',
        )
    }
    return {
        bucket: optionTable.bucket.parse(options.bucket),
        region,
        endpoint,
        addressing,
        signature,
        prefix: parsed(options, 'prefix') ?? '',
        listen,
        serverNames: parseServerNames(options.serverName ?? []),
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
    }
}

/**
 * Of S3 servers that have addresses of both families, nginx tries each: those of a family that the machine lacks would fail
 * every second request. Networks of containers have IPv4 unless they are set up otherwise.
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
            'Use --ip-family both, or name a later nginx with --nginx-version.',
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
            '--service-account-role means nothing without --target kubernetes and --credentials web-identity',
            'Give these, too, or leave it out; --role-arn is a role to assume with credentials of another kind.',
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
            '/etc/resolv.conf names no DNS server that nginx could ask for the address of S3',
            'Name one: --resolver ADDRESS; or --resolver off, which looks S3 up once, when nginx starts.',
        )
    }
    return found
}
