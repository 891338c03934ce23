import { Option, type Command } from 'commander'
import type { CredentialsKind } from '../../njs/credentials/choose.js'
import { UsageError } from '../../core/user-error.js'
import { parseRegion } from '../option-values/aws-partition.js'
import { parseBucketName } from '../option-values/bucket-name.js'
import { parseFilePath } from '../option-values/file-path.js'
import { parseKeyPrefix } from '../option-values/key-prefix.js'
import { parseExternalId, parseRoleArn } from '../option-values/role.js'
import {
    parseCacheSize,
    parseDuration,
    parseMaxConnections,
    parsePageTtl,
    parseTokenKeysPlace,
    parseUploadSize,
} from '../option-values/serving-values.js'

/** Where the configuration runs: the official image, the same in pods, Debian's nginx, or a separate nginx in the folder. */
export const targets = ['docker', 'kubernetes', 'debian', 'standalone'] as const
export type Target = (typeof targets)[number]

/** The default nginx version of each target. */
export const defaultNginxVersions: Record<Target, string> = {
    docker: '1.30.4',
    kubernetes: '1.30.4',
    // The version of Debian 12. The configuration uses no newer features, so it runs on every later nginx.
    debian: '1.22.1',
    standalone: '1.22.1',
}

/** Address families of S3's DNS names. */
export const ipFamilies = ['ipv4', 'ipv6', 'both'] as const
export type IpFamily = (typeof ipFamilies)[number]

/** How a file reaches its client. */
export const deliveries = ['stream', 'redirect', 'auto'] as const
export type Delivery = (typeof deliveries)[number]

/** Where nginx gets its credentials; docs/credentials.md says what `auto` does. */
export const credentialsKinds = [
    'env',
    'file',
    'ecs',
    'eks',
    'web-identity',
    'ec2',
    'auto',
] as const satisfies readonly CredentialsKind[]

/** One option. Its key in the table is the property that commander derives from the flag. */
interface OptionRow {
    /** `--name`, `--name <value>`, `--name <value...>` or `--name [value]`. */
    flag: string
    group: string
    help: string
    choices?: readonly string[]
    /** Throws UsageError for an invalid value. */
    parse?: (text: string) => unknown
    /** The default value. */
    default?: string
    /** The default as the help shows it, when it depends on other options. */
    defaultHelp?: string
    /** The option that this one requires. */
    needs?: string
    /** Another one that will do as well. */
    orNeeds?: string
    /** A later run refuses to drop the option unless this negation says so. */
    negation?: string
    /** Set by `npm start` itself. */
    startSets?: true
}

const bucket = 'Bucket:'
const nginx = 'nginx:'
const credentials = 'Credentials:'
const connection = 'Connection to S3:'
const delivery = 'Delivery of files:'
const cache = 'Cache:'
const missing = 'Projects that are not in the bucket:'
const people = 'Pages for people:'
const access = 'Access:'
const uploads = 'Uploads:'

/**
 * The options of `generate-config` that describe an index and its nginx, in the order in which they are written. Flags,
 * help, types, the options file and the "Made by" line are derived from this table; `settingsFrom` checks the values.
 */
export const optionTable = {
    bucket: {
        flag: '--bucket <name>',
        group: bucket,
        help: 'S3 bucket that holds the packages',
        startSets: true,
        parse: parseBucketName,
    },
    region: {
        flag: '--region <region>',
        group: bucket,
        help: 'region of the bucket',
        default: 'us-east-1',
        parse: parseRegion,
    },
    endpointUrl: {
        flag: '--endpoint-url <url>',
        group: bucket,
        help: 'S3 server other than AWS: https://HOST[:PORT]',
    },
    addressing: {
        flag: '--addressing <style>',
        group: bucket,
        help: 'BUCKET.HOST or HOST/BUCKET',
        choices: ['virtual', 'path'],
        defaultHelp: 'virtual on AWS, path on other servers',
    },
    signature: {
        flag: '--signature <version>',
        group: bucket,
        help: 'signature version',
        choices: ['v4', 'v2'],
        default: 'v4',
    },
    prefix: {
        flag: '--prefix <prefix>',
        group: bucket,
        help: 'prefix of the index in the bucket: team-a/',
        parse: parseKeyPrefix,
    },

    listen: {
        flag: '--listen <address...>',
        group: nginx,
        help: 'PORT (IPv4 and IPv6), ADDRESS:PORT or [IPv6]:PORT',
        defaultHelp: '80, in Kubernetes 8080',
        startSets: true,
    },
    serverName: {
        flag: '--server-name <name...>',
        group: nginx,
        help: 'host names of the index; requests for other hosts get 421',
        defaultHelp: 'any',
        startSets: true,
    },
    target: {
        flag: '--target <target>',
        group: nginx,
        help: 'where nginx runs',
        choices: targets,
        default: 'docker',
        startSets: true,
    },
    nginxVersion: {
        flag: '--nginx-version <version>',
        group: nginx,
        help: 'oldest nginx that must accept the configuration',
        defaultHelp: `${defaultNginxVersions.docker}, for debian ${defaultNginxVersions.debian}`,
        startSets: true,
    },
    jsEngine: {
        flag: '--js-engine <engine>',
        group: nginx,
        help: 'engine that runs the scripts',
        choices: ['njs', 'qjs'],
        defaultHelp: "nginx's own",
    },

    credentials: {
        flag: '--credentials <source>',
        group: credentials,
        help: 'source of the credentials that nginx signs with',
        choices: credentialsKinds,
        default: 'env',
    },
    roleArn: {
        flag: '--role-arn <arn>',
        group: credentials,
        help: 'role to assume with those credentials',
        parse: parseRoleArn,
    },
    externalId: {
        flag: '--external-id <id>',
        group: credentials,
        help: "external ID required by the role's trust policy",
        needs: 'roleArn',
        parse: parseExternalId,
    },
    stsEndpointUrl: {
        flag: '--sts-endpoint-url <url>',
        group: credentials,
        help: 'security token service',
        defaultHelp: "AWS's, or that of the S3 server",
    },
    serviceAccountRole: {
        flag: '--service-account-role <arn>',
        group: credentials,
        help: 'in Kubernetes: role of the pods, for --credentials web-identity',
        startSets: true,
    },

    resolver: {
        flag: '--resolver <address...>',
        group: connection,
        help: 'DNS servers that resolve the S3 endpoint, or "off": resolve it once, when nginx starts',
        defaultHelp: 'those of Docker, the cluster or this machine',
    },
    ipFamily: {
        flag: '--ip-family <family>',
        group: connection,
        help: 'address families to connect to',
        choices: ipFamilies,
        defaultHelp: 'those of this machine; ipv4 in containers',
    },
    caBundle: {
        flag: '--ca-bundle <file>',
        group: connection,
        help: "CA certificates that S3's certificate is verified against",
        defaultHelp: "the system's",
        parse: parseFilePath,
    },

    delivery: {
        flag: '--delivery <way>',
        group: delivery,
        help: 'files pass through nginx, or clients fetch them from S3 by presigned URLs; auto redirects uv and poetry',
        choices: deliveries,
        default: 'stream',
    },

    cache: {
        flag: '--cache <folder>',
        group: cache,
        help: 'cache pages and files in this folder on the machine of nginx, or "off"',
        default: 'off',
    },
    cacheSize: {
        flag: '--cache-size <size>',
        group: cache,
        help: 'size of the cache for files: 512m, 10g',
        default: '10g',
        needs: 'cache',
        parse: parseCacheSize,
    },
    pageTtl: {
        flag: '--page-ttl <seconds>',
        group: cache,
        help: 'time for which a cached page is served without asking S3',
        default: '5',
        needs: 'cache',
        parse: parsePageTtl,
    },
    stale: { flag: '--stale', group: cache, help: 'serve cached pages and files while S3 fails', needs: 'cache' },

    fallback: {
        flag: '--fallback [url]',
        group: missing,
        help: 'redirect them to this index (default URL: PyPI)',
        negation: '--no-fallback',
    },
    private: {
        flag: '--private <pattern...>',
        group: missing,
        help: "never look elsewhere for projects with these names: 'acme-*'",
        needs: 'fallback',
        orNeeds: 'public',
        negation: '--no-private',
    },

    public: {
        flag: '--public [url]',
        group: missing,
        help: 'serve them from this index, cached (default URL: PyPI)',
        needs: 'cache',
        negation: '--no-public',
    },
    cooldown: {
        flag: '--cooldown <duration>',
        group: missing,
        help: 'hide public files until this long after their upload: 7d, 12h',
        default: '0s',
        needs: 'public',
        negation: '--no-cooldown',
        parse: parseDuration,
    },
    cooldownExcept: {
        flag: '--cooldown-except <pattern...>',
        group: missing,
        help: "public projects without a cool-down: 'acme-partner-*'",
        needs: 'cooldown',
    },
    deny: {
        flag: '--deny <file>',
        group: missing,
        help: 'public projects and versions that are not served, a path on the machine of nginx; a line: PROJECT<2 REASON',
        needs: 'public',
        negation: '--no-deny',
        parse: parseFilePath,
    },
    allowOnly: {
        flag: '--allow-only <file>',
        group: missing,
        help: 'the only public projects and versions that are served, a file as for --deny',
        needs: 'public',
        negation: '--no-allow-only',
        parse: parseFilePath,
    },
    publicCaBundle: {
        flag: '--public-ca-bundle <file>',
        group: missing,
        help: 'CA certificates that the certificate of --public is verified against',
        defaultHelp: "the system's",
        needs: 'public',
        parse: parseFilePath,
    },

    web: {
        flag: '--no-web',
        group: people,
        help: 'serve browsers the plain index: no search, no project pages',
    },

    htpasswd: {
        flag: '--htpasswd <file>',
        group: access,
        help: 'require a password of this file, a path on the machine of nginx',
        negation: '--no-htpasswd',
        parse: parseFilePath,
    },
    readTokens: {
        flag: '--read-tokens',
        group: access,
        help: 'require a token of "manage-index token --read", or a password of --htpasswd',
        needs: 'tokenKeys',
        negation: '--no-read-tokens',
    },
    allow: {
        flag: '--allow <network...>',
        group: access,
        help: 'restrict access to these networks: 10.0.0.0/8',
        negation: '--no-allow',
    },
    tlsCert: {
        flag: '--tls-cert <file>',
        group: access,
        help: 'certificate chain, a path on the machine of nginx',
        needs: 'tlsKey',
        negation: '--no-tls',
        parse: parseFilePath,
    },
    tlsKey: {
        flag: '--tls-key <file>',
        group: access,
        help: 'key of the certificate',
        needs: 'tlsCert',
        parse: parseFilePath,
    },
    clientCa: {
        flag: '--client-ca <file>',
        group: access,
        help: 'require a client certificate of this authority',
        needs: 'tlsCert',
        negation: '--no-client-ca',
        parse: parseFilePath,
    },
    clientCrl: {
        flag: '--client-crl <file>',
        group: access,
        help: 'revoked client certificates (PEM)',
        needs: 'clientCa',
        negation: '--no-client-crl',
        parse: parseFilePath,
    },
    httpListen: {
        flag: '--http-listen <address>',
        group: access,
        help: 'address that redirects http to https, or "off"',
        defaultHelp: '80, in Kubernetes 8080',
        needs: 'tlsCert',
    },
    metricsAllow: {
        flag: '--metrics-allow <network...>',
        group: access,
        help: 'networks that may read /-/metrics, for Prometheus, or "off"',
        defaultHelp: '127.0.0.1 ::1',
        negation: '--no-metrics-allow',
    },
    maxConnections: {
        flag: '--max-connections <count>',
        group: access,
        help: 'connections of one client address',
        default: '1000',
        parse: parseMaxConnections,
    },

    upload: {
        flag: '--upload',
        group: uploads,
        help: 'take uploads of twine, uv, poetry, hatch, pdm and flit at /legacy/',
        negation: '--no-upload',
    },
    uploadHtpasswd: {
        flag: '--upload-htpasswd <file>',
        group: uploads,
        help: 'password file of uploaders, a path on the machine of nginx',
        needs: 'upload',
        negation: '--no-upload-htpasswd',
        parse: parseFilePath,
    },
    uploadRights: {
        flag: '--upload-rights <file>',
        group: uploads,
        help: "file with the projects of each uploader; a line: USER 'acme-*' ...",
        needs: 'upload',
        negation: '--no-upload-rights',
        parse: parseFilePath,
    },
    uploadAllow: {
        flag: '--upload-allow <network...>',
        group: uploads,
        help: 'restrict uploads to these networks',
        defaultHelp: 'those of --allow',
        needs: 'upload',
        negation: '--no-upload-allow',
    },
    tokenKeys: {
        flag: '--token-keys <file>',
        group: uploads,
        help: 'also take tokens, signed with the keys in this file on the machine of nginx, or "env": in PYPI_TOKEN_KEYS',
        negation: '--no-token-keys',
        parse: parseTokenKeysPlace,
    },
    revokedTokens: {
        flag: '--revoked-tokens <file>',
        group: uploads,
        help: 'tokens that are no longer valid, a path on the machine of nginx',
        needs: 'tokenKeys',
        negation: '--no-revoked-tokens',
        parse: parseFilePath,
    },
    trustedPublishers: {
        flag: '--trusted-publishers <file>',
        group: uploads,
        help: 'CI jobs that get tokens without a secret (trusted publishing): a YAML file on this machine',
        needs: 'tokenKeys',
        negation: '--no-trusted-publishers',
    },
    issuerCaBundle: {
        flag: '--issuer-ca-bundle <file>',
        group: uploads,
        help: 'CA certificates that the certificates of their OIDC issuers are verified against',
        defaultHelp: "the system's",
        needs: 'trustedPublishers',
        parse: parseFilePath,
    },
    uploadMaxSize: {
        flag: '--upload-max-size <size>',
        group: uploads,
        help: 'largest upload: 200m, 5g',
        default: '1g',
        needs: 'upload',
        parse: parseUploadSize,
    },
    only: {
        flag: '--only <part>',
        group: uploads,
        help: 'a separate nginx for uploads, which serves no files; the reading nginx then needs no right to write',
        choices: ['upload'],
        needs: 'upload',
    },
} as const satisfies Record<string, OptionRow>

type Table = typeof optionTable
export type OptionName = keyof ConfigOptions

type Value<Row> = Row extends { choices: readonly (infer Choice)[] }
    ? Choice
    : Row extends { flag: `${string}...>` }
      ? string[]
      : Row extends { flag: `${string}[${string}` }
        ? string | true
        : Row extends { flag: `${string}<${string}` }
          ? string
          : boolean

/** The options as text; an option that is not given takes the default of `settingsFrom`. */
export type ConfigOptions = { bucket: string } & {
    -readonly [Name in Exclude<keyof Table, 'bucket'>]?: Value<Table[Name]>
}

const rows = Object.entries(optionTable) as [OptionName, OptionRow & { needs?: OptionName; orNeeds?: OptionName }][]

/** `--name` */
export function flagOf(name: OptionName): string {
    return optionTable[name].flag.split(' ')[0]!
}

/** Throws UsageError for an option without the one that it requires. */
export function checkCompanions(options: ConfigOptions): void {
    const isGiven = (name: OptionName) => ![undefined, false].includes(options[name] as undefined | false)
    for (const [name, { needs, orNeeds }] of rows) {
        if (needs === undefined || !isGiven(name)) continue
        if (isGiven(needs) && options[needs] !== 'off') continue
        if (orNeeds !== undefined && isGiven(orNeeds)) continue
        const flag = flagOf(name)
        const other = flagOf(needs) + (orNeeds === undefined ? '' : ` or ${flagOf(orNeeds)}`)
        throw new UsageError(`${flag} requires ${other}`, `Add ${other}, or leave ${flag} out.`)
    }
}

type RowWithParser = { [Name in keyof Table]: Table[Name] extends { parse: unknown } ? Name : never }[keyof Table]
type Parsed<Row> = Row extends { parse: (text: string) => infer Result }
    ? Row extends { default: string }
        ? Result
        : Result | undefined
    : never

/** The parsed value of an option, or of its default; undefined for neither. Throws UsageError. */
export function parsed<Name extends RowWithParser>(options: Partial<ConfigOptions>, name: Name): Parsed<Table[Name]> {
    const { parse, default: byDefault } = optionTable[name] as OptionRow
    const text = (options[name] as string | undefined) ?? byDefault
    return (text === undefined ? undefined : parse!(text)) as Parsed<Table[Name]>
}

/** The negations, each with the option that it drops. */
export const negations = rows.flatMap(([name, { negation }]) => (negation === undefined ? [] : [{ name, negation }]))

/** Adds the options to a program. @param forStart leaves out those that `npm start` sets itself */
export function addConfigOptions(program: Command, forStart = false): Command {
    for (const [, row] of rows) {
        if (forStart && row.startSets) continue
        const defaultHelp = row.defaultHelp ?? row.default
        const option = new Option(row.flag, row.help + (defaultHelp === undefined ? '' : ` (default: ${defaultHelp})`))
        if (row.choices !== undefined) option.choices(row.choices)
        // With the positive flag, commander leaves the property undefined; it also undoes a remembered --no-….
        if (option.negate) program.addOption(new Option(row.flag.replace('--no-', '--')).hideHelp())
        program.addOption(option.helpGroup(row.group))
    }
    return program
}

/** Adds the negations of the options that a later run refuses to drop. */
export function addNegations(program: Command): Command {
    for (const { negation } of negations) {
        const option = new Option(negation, `drop ${negation.replace('--no-', '--')} of the folder`)
        program.addOption(option.helpGroup('Dropping options that the folder remembers:'))
    }
    return program
}

/** The values of each given option, in the order of the table; an empty list for a flag. */
export function optionValues(options: ConfigOptions): Map<string, string[]> {
    return new Map(
        rows.flatMap(([name]): [string, string[]][] => {
            const value = options[name]
            if (flagOf(name).startsWith('--no-')) return value === false ? [[flagOf(name), []]] : []
            if (value === undefined || value === false) return []
            return [[flagOf(name), value === true ? [] : [value].flat()]]
        }),
    )
}

/** The options as command-line words, which generate the same files again. */
export function configWords(options: ConfigOptions): string[] {
    return [...optionValues(options)].flatMap(([flag, values]) => [flag, ...values])
}
