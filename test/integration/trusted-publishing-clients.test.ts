import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeWheel } from '../support/distributions/distributions.js'
import { createAuthority } from '../support/machine/certificates.js'
import { unusedPort } from '../support/machine/ports.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'
import { environmentWith, missingFor } from '../support/python/python-clients.js'
import { githubClaims, gitlabClaims } from '../support/tokens/ci-claims.js'
import { startIssuer, type IssuerServer } from '../support/tokens/issuer-server.js'
import { describeTrusted, startTrustedIndex } from '../support/nginx/trusted-index.js'
import type { UploadIndex } from '../support/uploads/upload-index.js'

const now = () => Math.floor(Date.now() / 1000)
const audienceVariable = 'PYPI_EXAMPLE_COM_ID_TOKEN'
const pyproject = (name: string) => `[project]\nname = "${name}"\nversion = "1.0"\n`

/** A tool, as a job of CI runs it in the folder of a project with dist/. */
interface CiTool {
    name: string
    requirements: string[]
    /** @param origin of the index @param ca the file of its authority */
    command(origin: string, ca: string): string
    /** Whether it says why an exchange failed. */
    showsReason: boolean
}

const uv = (version: string): CiTool => ({
    name: `uv ${version}`,
    requirements: [`uv==${version}`],
    command: (origin, ca) =>
        `SSL_CERT_FILE=${ca} uv publish --trusted-publishing always --publish-url ${origin}/legacy/`,
    showsReason: true,
})

const tools: CiTool[] = [
    uv('0.8.0'),
    uv('0.13.9'),
    {
        name: 'pdm 2',
        requirements: ['pdm[locked]==2.*'],
        command: (origin, ca) => `python -m pdm publish --no-build --repository ${origin}/legacy/ --ca-certs ${ca}`,
        showsReason: false,
    },
    {
        name: 'twine 7 with a token that curl exchanges',
        requirements: ['twine==7.0.0'],
        command: (origin, ca) =>
            `id=$(curl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" ` +
            `"$ACTIONS_ID_TOKEN_REQUEST_URL&audience=pypi.example.com" | sed 's/.*"value":"\\([^"]*\\)".*/\\1/')\n` +
            `answer=$(curl -sS --cacert ${ca} ${origin}/_/oidc/mint-token -d "{\\"token\\":\\"$id\\"}")\n` +
            `echo "$answer" | grep -q '"success":true' || { echo "$answer"; exit 1; }\n` +
            `export TWINE_USERNAME=__token__ TWINE_PASSWORD=$(echo "$answer" | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')\n` +
            `REQUESTS_CA_BUNDLE=${ca} python -m twine upload --non-interactive --repository-url ${origin}/legacy/ dist/*`,
        showsReason: true,
    },
]

describeTrusted('jobs of CI publish without a secret', () => {
    const authority = createAuthority()
    let hub: IssuerServer
    let lab: IssuerServer
    let uploads: UploadIndex
    let origin: string
    beforeAll(async () => {
        hub = await startIssuer()
        lab = await startIssuer('ES256')
        const folder = await temporaryFolder()
        await chmod(folder, 0o755)
        const { key, cert } = authority.issue('localhost')
        await writeFile(`${folder}/key.pem`, key)
        await writeFile(`${folder}/cert.pem`, cert)
        const port = await unusedPort()
        uploads = await startTrustedIndex(
            `audience: pypi.example.com
issuers:
  hub: {type: github, url: "${hub.url}"}
  lab: {type: gitlab, url: "${lab.url}", algorithm: ES256}
publishers:
  - {issuer: hub, repository: acme/tools, workflow: release.yml, environment: pypi, tag: v*, projects: acme-*}
  - {issuer: lab, project: group/tool, branch: main, protected: true, projects: lab-*}
`,
            {
                ...{ tlsCert: `${folder}/cert.pem`, tlsKey: `${folder}/key.pem`, httpListen: 'off', cached: true },
                listen: [`127.0.0.1:${port}`, '127.0.0.1:PORT'],
            },
        )
        origin = `https://localhost:${port}`
    })
    afterAll(async () => {
        await uploads.stop()
        await hub.close()
        await lab.close()
    })

    /** Runs the tool as a job. @returns what it says, also when it fails */
    async function run(
        tool: CiTool,
        name: string,
        job: Record<string, string>,
        at = origin,
    ): Promise<{ ok: boolean; said: string }> {
        const home = await mkdtemp(path.join(tmpdir(), 'ci-job-'))
        await mkdir(`${home}/dist`)
        await writeFile(`${home}/pyproject.toml`, pyproject(name))
        const { filename, bytes } = makeWheel({ name, version: '1.0' })
        await writeFile(`${home}/dist/${filename}`, bytes)
        const bin = path.dirname(await environmentWith(tool.requirements))
        const env = {
            PATH: `${bin}:/usr/bin:/bin`,
            ...{ HOME: home, LC_ALL: 'C.UTF-8', NO_COLOR: '1', PDM_CHECK_UPDATE: '0', CI: 'true' },
            PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
            ...job,
        }
        const command = tool.command(at, authority.file)
        const options = { cwd: home, env, timeout: 120_000 }
        try {
            const { stdout, stderr } = await promisify(execFile)(
                'bash',
                ['--norc', '-eo', 'pipefail', '-c', command],
                options,
            )
            return { ok: true, said: stdout + stderr }
        } catch (error) {
            const { stdout, stderr } = error as { stdout: string; stderr: string }
            return { ok: false, said: stdout + stderr }
        }
    }

    const githubJob = () => ({
        GITHUB_ACTIONS: 'true',
        ACTIONS_ID_TOKEN_REQUEST_URL: `${hub.url}/id-token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'job',
    })
    const audit = async () => {
        const lines = (await readFile(`${uploads.index.folder}/uploads.log`, 'utf8')).trim().split('\n')
        return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    }

    /** The first line of the log that matches, as soon as it is written. */
    async function logged(matches: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
        for (;;) {
            const line = (await audit()).find(matches)
            if (line !== undefined) return line
            await sleep(50)
        }
    }

    for (const tool of tools) {
        const missing = missingFor(tool.requirements)
        const slug = tool.name.toLowerCase().replace(/\W+/g, '-').slice(0, 12).replace(/-$/, '')
        test.skipIf(missing !== undefined)(`${tool.name} on GitHub`, { timeout: 300_000 }, async () => {
            hub.job = () => githubClaims(now())
            const { ok, said } = await run(tool, `acme-${slug}`, githubJob())
            expect([ok, said]).toEqual([true, said])
            expect(await uploads.keys()).toContain(
                `acme-${slug}/acme_${slug.replaceAll('-', '_').replaceAll('.', '_')}-1.0-py3-none-any.whl`,
            )
            const line = await logged(({ project }) => project === `acme-${slug}`)
            expect(line).toMatchObject({
                status: 200,
                job: { issuer: 'hub', repository: 'acme/tools', run: '1234567890' },
            })

            hub.job = () => githubClaims(now(), { repository: 'evil/tools' })
            const refused = await run(tool, `acme-${slug}-evil`, githubJob())
            expect(refused.ok).toBe(false)
            if (tool.showsReason) expect(refused.said).toContain('no publisher matches: repository is')
            expect((await uploads.keys()).filter((key) => key.startsWith(`acme-${slug}-evil`))).toEqual([])
        })

        test.skipIf(missing !== undefined || tool.name.startsWith('twine') || tool.name === 'uv 0.8.0')(
            `${tool.name} on GitLab`,
            { timeout: 300_000 },
            async () => {
                const token = (changes: Record<string, unknown> = {}) => lab.token(gitlabClaims(now(), changes))
                const job = (idToken: string) => ({ GITLAB_CI: 'true', [audienceVariable]: idToken })
                const { ok, said } = await run(tool, `lab-${slug}`, job(token()))
                expect([ok, said]).toEqual([true, said])
                const refused = await run(tool, `lab-${slug}-x`, job(token({ ref_protected: 'false' })))
                expect(refused.ok).toBe(false)
                if (tool.showsReason) expect(refused.said).toContain('no publisher matches: ref_protected is')
            },
        )
    }

    /** A proxy that terminates TLS and serves the index below /pypi/. @param others paths that it passes on as they are */
    async function startProxy(others: RegExp): Promise<{ origin: string; close(): void }> {
        const proxy = https.createServer(authority.issue('localhost'), (asked, response) => {
            const path = /^\/pypi(\/.*)$/.exec(asked.url!)?.[1] ?? (others.test(asked.url!) ? asked.url! : undefined)
            if (path === undefined) return void response.writeHead(404).end()
            const { port } = uploads.index
            const { method, headers } = asked
            const to = { host: '127.0.0.1', port, path, method: method!, headers, ca: readFileSync(authority.file) }
            const passed = https.request({ ...to, servername: 'localhost' }, (answer) => {
                response.writeHead(answer.statusCode!, answer.statusMessage, answer.headers)
                answer.pipe(response)
            })
            asked.pipe(passed)
        })
        proxy.listen(0, '127.0.0.1')
        await once(proxy, 'listening')
        return {
            origin: `https://localhost:${(proxy.address() as AddressInfo).port}/pypi`,
            close: () => {
                proxy.closeAllConnections()
                proxy.close()
            },
        }
    }

    for (const tool of tools.filter(({ name }) => /^(?:uv 0\.13|pdm)/.test(name))) {
        const missing = missingFor(tool.requirements)
        test.skipIf(missing !== undefined)(
            `${tool.name} below a path: its proxy passes /_/oidc/ on, too`,
            { timeout: 300_000 },
            async () => {
                hub.job = () => githubClaims(now())
                for (const [others, expected] of [
                    [/^\/_\/oidc\//, true],
                    [/^$/, false],
                ] as const) {
                    const proxy = await startProxy(others)
                    const name = `acme-below-${tool.name.slice(0, 2)}-${expected}`
                    const { ok, said } = await run(tool, name, githubJob(), proxy.origin)
                    expect([ok, said]).toEqual([expected, said])
                    expect((await uploads.keys()).some((key) => key.startsWith(`${name}/`))).toBe(expected)
                    proxy.close()
                }
            },
        )
    }

    test.skipIf(missingFor(['uv==0.13.9']) !== undefined)('uv burns its token', async () => {
        expect(await logged(({ action }) => action === 'burn')).toMatchObject({ status: 202, result: 'burned' })
    })
})
