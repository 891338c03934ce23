import { Option, type Command } from 'commander'
import { existsSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { credentialsKinds } from './credentials.js'
import { nameservers } from '../options/listen.js'
import {
    defaultNginxVersions,
    ipFamilies,
    settingsFrom,
    targets,
    type ConfigOptions,
    type Settings,
} from './settings.js'

/** Adds the options that describe an index and its nginx: those of `generate-config` and of `npm start`. */
export function addConfigOptions(program: Command): Command {
    return program
        .option('--region <region>', 'region of the bucket (default: us-east-1)')
        .option('--endpoint-url <url>', 'an S3 server other than AWS: https://HOST[:PORT]')
        .addOption(
            new Option(
                '--addressing <style>',
                'BUCKET.HOST or HOST/BUCKET (default: virtual on AWS, path on other servers)',
            ).choices(['virtual', 'path']),
        )
        .addOption(new Option('--signature <version>', 'version of the signature (default: v4)').choices(['v4', 'v2']))
        .option('--prefix <prefix>', 'the index lies under this prefix of the bucket: team-a/')
        .option(
            '--resolver <address...>',
            'DNS servers that know S3, or "off": look it up once, at the start (default: those of Docker, the cluster or the machine)',
        )
        .addOption(
            new Option(
                '--ip-family <family>',
                'addresses of S3 that are tried (default: those of this machine, for containers ipv4)',
            ).choices(ipFamilies),
        )
        .option('--ca-bundle <file>', "certificates that S3's is verified against (default: the system's)")
        .addOption(
            new Option(
                '--credentials <source>',
                'where nginx takes the credentials for S3 from (default: env)',
            ).choices(credentialsKinds),
        )
        .option('--role-arn <arn>', 'assume this role with those credentials')
        .option('--external-id <id>', 'what the role wants to be told')
        .option('--sts-endpoint-url <url>', "the security token service (default: AWS's, or the S3 server's own)")
        .addOption(
            new Option('--js-engine <engine>', "engine of the script (default: nginx's own)").choices(['njs', 'qjs']),
        )
}

/** Adds where nginx listens and which nginx it is. */
export function addServerOptions(program: Command): Command {
    return program
        .option(
            '--listen <address...>',
            'PORT (IPv4 and IPv6), ADDRESS:PORT or [IPv6]:PORT (default: 80, in Kubernetes 8080)',
        )
        .option('--server-name <name...>', 'host names of the index; others are answered 421 (default: any)')
        .addOption(new Option('--target <target>', 'where nginx runs (default: docker)').choices(targets))
        .option(
            '--nginx-version <version>',
            `nginx that will run it (default: ${defaultNginxVersions.docker}, for debian ${defaultNginxVersions.debian})`,
        )
        .option('--service-account-role <arn>', 'in Kubernetes: role of the pods, for --credentials web-identity')
}

/** Adds who may read, what is kept, and where names go that are not in the bucket. */
export function addServingOptions(program: Command): Command {
    return program
        .option(
            '--cache <folder>',
            'keep pages and files in this folder, which nginx must find there, or "off" (default: off)',
        )
        .option('--cache-size <size>', 'room for files: 512m, 10g (default: 10g)')
        .option('--page-ttl <seconds>', 'time for which a page is taken from the cache (default: 5)')
        .option('--stale', 'serve what is cached while S3 fails')
        .option('--fallback [url]', 'send projects that are not in the bucket to this index (default url: PyPI)')
        .option('--private <pattern...>', "projects that are never looked for in the fallback: 'acme-*'")
        .option('--htpasswd <file>', 'users and passwords, as nginx sees the file')
        .option('--allow <network...>', 'addresses that may read: 10.0.0.0/8 (default: all)')
        .option('--tls-cert <file>', 'certificate chain, as nginx sees the file')
        .option('--tls-key <file>', 'its key, as nginx sees the file')
        .option('--client-ca <file>', 'authority whose client certificates may read')
        .option('--client-crl <file>', 'certificates that this authority has revoked (PEM)')
        .option('--max-connections <count>', 'connections at once of one address (default: 1000)')
        .option(
            '--http-listen <address>',
            'where plain http is redirected to https, or "off" (default: 80, in Kubernetes 8080)',
        )
}

/** Checks the options; what neither they nor a default can tell is asked of this machine. Throws UsageError. */
export function settingsOf(options: ConfigOptions): Settings {
    return settingsFrom(options, machineResolvers, machineHasIPv6)
}

/** Whether this machine has an address of IPv6 that others could answer: no loopback and no link-local one. */
function machineHasIPv6(): boolean {
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
    return addresses.some(
        ({ family, internal, address }) => family === 'IPv6' && !internal && !/^fe[89ab]/i.test(address),
    )
}

function machineResolvers(): string[] {
    const file = '/etc/resolv.conf'
    return existsSync(file) ? nameservers(readFileSync(file, 'utf8')) : []
}

/** The options that make the same files again, in one order, as words of a command line. */
export function configWords(options: ConfigOptions): string[] {
    const words: [string, string | string[] | undefined][] = [
        ['--bucket', options.bucket],
        ['--region', options.region],
        ['--endpoint-url', options.endpointUrl],
        ['--addressing', options.addressing],
        ['--signature', options.signature],
        ['--prefix', options.prefix],
        ['--listen', options.listen],
        ['--server-name', options.serverName],
        ['--target', options.target],
        ['--nginx-version', options.nginxVersion],
        ['--js-engine', options.jsEngine],
        ['--credentials', options.credentials],
        ['--role-arn', options.roleArn],
        ['--external-id', options.externalId],
        ['--sts-endpoint-url', options.stsEndpointUrl],
        ['--service-account-role', options.serviceAccountRole],
        ['--resolver', options.resolver],
        ['--ip-family', options.ipFamily],
        ['--ca-bundle', options.caBundle],
        ['--cache', options.cache],
        ['--cache-size', options.cacheSize],
        ['--page-ttl', options.pageTtl],
        ['--stale', options.stale ? [] : undefined],
        ['--fallback', options.fallback === true ? [] : options.fallback],
        ['--private', options.private],
        ['--htpasswd', options.htpasswd],
        ['--allow', options.allow],
        ['--tls-cert', options.tlsCert],
        ['--tls-key', options.tlsKey],
        ['--client-ca', options.clientCa],
        ['--client-crl', options.clientCrl],
        ['--http-listen', options.httpListen],
        ['--max-connections', options.maxConnections],
    ]
    return words.flatMap(([name, value]) => (value === undefined ? [] : [name, ...[value].flat()]))
}
