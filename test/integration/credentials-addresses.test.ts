import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { render } from '../../scripts/config/render.js'
import { settingsFrom } from '../../scripts/config/settings.js'
import type { ConfigOptions } from '../../scripts/config/option-table.js'
import { writeFolder } from '../../scripts/config/write-folder.js'
import { jsEngineUnderTest, nginxUnderTest } from '../support/nginx/nginx-under-test.js'
import { describeRenewal } from '../support/nginx/renewing-nginx.js'
import { describeWhere, missingPrograms } from '../support/machine/requirements.js'

const session = JSON.stringify({
    ...{ Code: 'Success', AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'secret', Token: 'token' },
    Expiration: '2099-01-01T00:00:00Z',
})

/** In the place of AWS, at its own addresses: a server of the same nginx. */
const atAws = (listen: string, locations: string): string =>
    `\nserver {\n    listen ${listen}:80;\n    default_type application/json;\n${locations}\n}\n`

const container = (path: string, condition = ''): string =>
    `    location = ${path} { ${condition} return 200 '${session}'; }`

const roles = '/latest/meta-data/iam/security-credentials/'
const needsToken = 'if ($http_x_aws_ec2_metadata_token != "t0ken") { return 401; }'
const metadata = `
    location = /latest/api/token { if ($request_method != PUT) { return 405; } return 200 "t0ken"; }
    location = ${roles} { ${needsToken} return 200 "role"; }
    location = ${roles}role { ${needsToken} return 200 '${session}'; }`

const cases: [name: string, options: Partial<ConfigOptions>, environment: Record<string, string>, server: string][] = [
    [
        'a task of ECS',
        { credentials: 'ecs' },
        { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/1' },
        atAws('169.254.170.2', container('/v2/credentials/1')),
    ],
    [
        'a pod of EKS',
        { credentials: 'eks' },
        {
            AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
            AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'token',
        },
        atAws(
            '169.254.170.23',
            container('/v1/credentials', 'if ($http_authorization != "of-the-pod") { return 401; }'),
        ),
    ],
    [
        'a pod of EKS with IPv6',
        { credentials: 'eks' },
        { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://[fd00:ec2::23]/v1/credentials' },
        atAws('[fd00:ec2::23]', container('/v1/credentials')),
    ],
    ['an instance of EC2', { credentials: 'ec2' }, {}, atAws('169.254.169.254', metadata)],
    [
        'an instance of EC2 with IPv6',
        { credentials: 'ec2' },
        { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' },
        atAws('[fd00:ec2::254]', metadata),
    ],
]

/** Runs nginx in a network of its own, which has AWS's link-local addresses, and prints what it says of readiness. */
const inNetwork = `
ip link set lo up
for address in 169.254.170.2/32 169.254.170.23/32 169.254.169.254/32; do ip address add $address dev lo; done
for address in fd00:ec2::23/128 fd00:ec2::254/128; do ip address add $address dev lo nodad; done
"$@" &
for attempt in $(seq 50); do
    answer=$(curl --silent --noproxy '*' http://127.0.0.1:8080/-/readyz)
    case $answer in *expire*) break ;; esac
    sleep 0.1
done
echo "$answer"
kill -QUIT $!
wait $!
`

const isRoot = process.getuid?.() === 0
const missing = missingPrograms(['unshare', 'ip', 'curl'], 'util-linux iproute2 curl')

describeWhere('the addresses of AWS', isRoot ? missing : 'only root makes a network: run it with sudo', () => {
    describeRenewal('are known for', { credentials: 'ec2' }, () => {
        test.each(cases)('%s', async (_name, options, environment, server) => {
            const { folder, answer } = await ready(options, environment, server)
            await rm(folder, { recursive: true })
            expect(answer).toContain('The credentials expire at 2099-01-01T00:00:00.000Z.')
        })

        test.each(cases)('%s; the twin: where nobody is', async (_name, options, environment) => {
            const { folder, answer } = await ready(options, environment, '')
            await rm(folder, { recursive: true })
            expect(answer).toContain('There are no credentials yet')
        })
    })
})

async function ready(options: Partial<ConfigOptions>, environment: Record<string, string>, server: string) {
    const nginx = await nginxUnderTest()
    const engine = jsEngineUnderTest()
    const folder = await mkdtemp(path.join(os.tmpdir(), 'addresses-'))
    await chmod(folder, 0o755)
    await writeFile(path.join(folder, 'token'), 'of-the-pod\n')
    const settings = settingsFrom(
        {
            ...{ bucket: 'my-pypi', target: 'standalone', listen: ['127.0.0.1:8080'], nginxVersion: nginx.version },
            ...{ endpointUrl: 'http://127.0.0.1:9000', ...(engine && { jsEngine: engine }), ...options },
        },
        () => [],
    )
    const files = render(settings, { folder, command: 'test', modulePath: nginx.modulePath, workers: 1 })
    await writeFolder(
        folder,
        files.map(({ name, content }) => ({ name, content: name === 'site.conf' ? content + server : content })),
        true,
    )
    const command = [nginx.program, ...nginx.arguments, '-p', folder, '-c', `${folder}/nginx.conf`, '-e', 'stderr']
    const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, ...environment }
    if (env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE !== undefined)
        env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = path.join(folder, 'token')
    const words = ['--net', 'bash', '-c', inNetwork, 'bash', ...command, '-g', 'daemon off;']
    const { stdout } = await promisify(execFile)('unshare', words, { env, timeout: 40_000 })
    return { folder, answer: stdout }
}
