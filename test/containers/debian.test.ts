import path from 'node:path'
import { makeWheel } from '../support/distributions/distributions.js'
import { basic, sendForm, sendUpload, uploader, uploaderLine } from '../support/uploads/send-upload.js'
import { encodeForm, uploadParts } from '../support/uploads/upload-form.js'
import { readTokenOf, uploadTokenOf } from '../support/tokens/signed-tokens.js'
import { newTokenKey } from '../support/nginx/trusted-index.js'
import { pageBlocks } from '../support/programs/page-blocks.js'
import { request } from '../support/requests/raw-request.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { environmentOf } from '../support/s3/bucket.js'
import { nginxImage } from '../support/containers/container-image.js'
import { bootDebian, missingDebianMachine, type DebianMachine } from '../support/containers/debian-machine.js'
import { startPypiInNetwork } from '../support/containers/pypi-in-network.js'
import { publish } from '../support/nginx/public-index.js'
import { pypiFile, pypiFiles, pypiPage } from '../support/public/pypi-page.js'
import { pipInstall } from '../support/python/pip.js'
import { isToBeFilledIn, readmeCommands } from '../support/programs/readme.js'
import { describeWhere } from '../support/machine/requirements.js'
import { runProgram } from '../support/programs/run-program.js'
import { startSampleInNetwork, type SampleInNetwork } from '../support/containers/sample-in-network.js'
import { rebuildSample } from '../support/index/sample-index.js'
import { statusOf, untilStatus } from '../support/requests/status-of.js'
import { temporaryFolder } from '../support/machine/temporary-folder.js'

const missing = missingDebianMachine()
const found = missing === undefined ? await nginxImage() : { missing }

describeWhere('Debian’s nginx under systemd', found.missing, () => {
    const image = found.missing === undefined ? found.image : ''
    let world: SampleInNetwork

    beforeAll(async () => {
        world = await startSampleInNetwork(image)
    })
    afterAll(async () => {
        await world?.close()
    })

    describe.each(['bookworm', 'trixie'])('%s', (suite) => {
        let machine: DebianMachine
        let cwd: string
        /** In the place of a bucket of AWS in a region: the one that is here, and the DNS that knows it. */
        const standIns = () => ['--bucket', world.sample.bucket, '--region', 'us-east-1', '--endpoint-url', 'http://s3']
        const dns = ['--resolver', '127.0.0.11']

        beforeAll(async () => {
            cwd = await temporaryFolder()
            machine = await bootDebian(suite, world.network)
        }, 600_000)
        afterAll(() => machine?.remove())

        const readyz = () => statusOf(`${machine.url}/-/readyz`)

        test('README, word for word: a package index', async () => {
            const commands = readmeCommands('Debian').filter((command) => !isToBeFilledIn(command))
            const generate = commands.find((command) => command.startsWith('generate-config '))!
            const pip = commands.at(-1)!
            // The program itself runs outside, where Node.js is.
            const words = [...generate.split(' ').slice(1), ...standIns(), ...dns]
            expect(await runProgram('generate-config', words, { cwd })).toMatchObject({ status: 0 })
            await machine.copy(path.join(cwd, 'nginx-s3-pypi'))
            const inside = commands.filter((command) => command !== generate && command !== pip)
            expect(inside.length).toBe(commands.length - 2)
            await machine.run(inside.join('\n'), environmentOf(world.s3))

            expect(pip).toBe('pip install --index-url http://localhost/simple/ PACKAGE')
            await untilStatus(`${machine.url}/-/readyz`, 200)
            expect(await pipInstall(machine.url, world.sample)).toBe(world.sample.version)
        })

        test('the credentials are for root and nginx only, and nothing went wrong', async () => {
            expect(await machine.run('stat -c "%a %U" /etc/nginx-s3-pypi.env')).toBe('600 root\n')
            expect(await machine.run('systemctl show nginx --property=Environment')).not.toContain(
                world.s3.secretAccessKey,
            )
            const log = await machine.run('journalctl --unit nginx --no-pager; cat /var/log/nginx/error.log')
            expect(log).not.toMatch(/\[(?:warn|error|crit|alert|emerg)\]/)
            expect(log).not.toContain(world.s3.secretAccessKey)
            const found = await machine.run('systemd-analyze verify nginx.service 2>&1 | grep nginx-s3-pypi || true')
            expect(found).toBe('')
        })

        test('systemctl reload takes up a folder that was generated anew', async () => {
            const words = ['--target', 'debian', ...standIns(), ...dns, '--bucket', 'another-bucket']
            expect(await runProgram('generate-config', words, { cwd })).toMatchObject({ status: 0 })
            await machine.copy(path.join(cwd, 'nginx-s3-pypi'))
            const install = readmeCommands('Debian').find((command) => command.startsWith('install '))!
            await machine.run(`${install}\nsystemctl reload nginx`)
            await untilStatus(machine.url + world.sample.file, 503)
        })

        test('the printed steps, with a cache; nginx that was killed starts again', async () => {
            const cache = ['--cache', '/var/cache/nginx-s3-pypi', '--cache-size', '64m']
            const words = ['--target', 'debian', ...standIns(), ...dns, ...cache]
            const { status, stdout } = await runProgram('generate-config', words, { cwd })
            expect(status).toBe(0)
            await machine.copy(path.join(cwd, 'nginx-s3-pypi'))
            const steps = stdout.match(/^ {2}.*$/gm)!.join('\n')
            await machine.run(steps, environmentOf(world.s3))
            await untilStatus(`${machine.url}/-/readyz`, 200)
            for (let count = 0; count < 2; count++)
                expect(await pipInstall(machine.url, world.sample)).toBe(world.sample.version)
            expect(await machine.run('cat /var/log/nginx/access.log')).toContain('"cache":"HIT"')

            await machine.run(
                'systemctl kill --signal KILL nginx; sleep 1; systemctl reset-failed; systemctl start nginx',
            )
            await untilStatus(`${machine.url}/-/readyz`, 200)
            expect(await pipInstall(machine.url, world.sample)).toBe(world.sample.version)
        })

        test('the printed steps, with public packages; nginx that was killed starts again', async () => {
            const { pypi, authority, close } = await startPypiInNetwork(image, world.network)
            try {
                const six = pypiPage('six', [
                    pypiFile('six-1.16.0.tar.gz', '2020-01-02T03:04:05Z'),
                    pypiFile('six-1.17.0.tar.gz', '2021-01-02T03:04:05Z'),
                ])
                publish(pypi, six)
                const own = await temporaryFolder()
                const rules = ['--deny', '/etc/nginx/rules/deny.txt', '--public-ca-bundle', '/etc/nginx/rules/ca.pem']
                const options = ['--cache', '/var/cache/nginx-s3-pypi', '--public', pypi.url, ...rules]
                const words = ['--target', 'debian', ...standIns(), ...dns, ...options]
                const { status, stdout } = await runProgram('generate-config', words, { cwd: own })
                expect(status).toBe(0)
                await machine.copy(path.join(own, 'nginx-s3-pypi'))
                await machine.run(
                    `rm -f /var/log/nginx/error.log
                    mkdir -p /etc/nginx/rules
                    printf '%s' "$CA" > /etc/nginx/rules/ca.pem
                    echo 'six==1.17 CVE-2026-1' > /etc/nginx/rules/deny.txt`,
                    { CA: authority },
                )
                await machine.run(stdout.match(/^ {2}.*$/gm)!.join('\n'), environmentOf(world.s3))
                const [file, denied] = six.files.map(({ url }) => url.replace(pypiFiles, '/packages/'))
                const works = async () => {
                    await untilStatus(`${machine.url}/-/readyz`, 200)
                    const page = await (await fetch(`${machine.url}/simple/six/`)).text()
                    expect(page.match(/six-[\d.]*[\d]/g)).toContain('six-1.16.0')
                    expect(page).not.toContain('1.17.0')
                    expect(await statusOf(machine.url + file)).toBe(200)
                    expect(await statusOf(machine.url + denied)).toBe(403)
                    expect(await statusOf(machine.url + world.sample.file)).toBe(200)
                }
                await works()
                expect(await machine.run('cat /var/log/nginx/error.log')).toBe('')
                const socket = '/var/cache/nginx-s3-pypi/pypi-private/public.sock'
                expect(await machine.run(`stat -c '%F %U' ${socket} $(dirname ${socket})`)).toBe(
                    'socket root\ndirectory www-data\n',
                )

                await machine.run(
                    'systemctl kill --signal KILL nginx; sleep 1; systemctl reset-failed; systemctl start nginx',
                )
                pypi.failure = 500
                await works()
            } finally {
                await close()
            }
        })

        test('the printed steps, with uploads; nginx that was killed takes them again', async () => {
            await rebuildSample(world.s3, world.sample)
            const cache = ['--cache', '/var/cache/nginx-s3-pypi', '--cache-size', '64m']
            const upload = ['--upload', '--upload-htpasswd', '/etc/nginx/secrets/uploaders']
            const words = ['--target', 'debian', ...standIns(), ...dns, ...cache, ...upload]
            const { status, stdout } = await runProgram('generate-config', words, { cwd })
            expect(status).toBe(0)
            await machine.copy(path.join(cwd, 'nginx-s3-pypi'))
            await machine.run(
                `rm -f /var/log/nginx/error.log
                mkdir -p /etc/nginx/secrets
                printf '%s' "$LINE" > /etc/nginx/secrets/uploaders`,
                { LINE: uploaderLine },
            )
            await machine.run(stdout.match(/^ {2}.*$/gm)!.join('\n'), environmentOf(world.s3))
            await untilStatus(`${machine.url}/-/readyz`, 200)
            const name = `uploaded-${suite}`
            const send = (version: string, ballast: number) =>
                sendUpload(Number(new URL(machine.url).port), makeWheel({ name, version, ballast }), { name })
            expect(await send('1.0', 0)).toMatchObject({ status: 200 })
            expect(await send('2.0', 9 * 1024 * 1024)).toMatchObject({ status: 200 })
            const page = await (await fetch(`${machine.url}/simple/${name}/`)).text()
            expect(page.match(/<h2>.*<\/h2>/g)).toEqual(['<h2>2.0</h2>', '<h2>1.0</h2>'])

            const folder = '/var/lib/nginx/pypi-upload'
            expect(await machine.run(`stat -c '%U %a' ${folder}; find ${folder} -type f`)).toBe('www-data 700\n')
            const audit = await machine.run('cat /var/log/nginx/uploads.log')
            expect(audit.match(/"user":"release-bot"/g)).toHaveLength(2)
            expect(audit).not.toContain(uploader.password)
            expect(await machine.run('cat /var/log/nginx/error.log')).toBe('')

            await machine.run(
                'systemctl kill --signal KILL nginx; sleep 1; systemctl reset-failed; systemctl start nginx',
            )
            await untilStatus(`${machine.url}/-/readyz`, 200)
            expect(await send('3.0', 0)).toMatchObject({ status: 200 })
        })

        test('the printed steps, with tokens; their keys outlive a restart, and their files of reading do not', async () => {
            await rebuildSample(world.s3, world.sample)
            // A folder with no options before: generate-config refuses to drop those that control access.
            const own = await temporaryFolder()
            const [key, old] = [newTokenKey(), newTokenKey()]
            const tokens = ['--upload', '--read-tokens', '--token-keys', 'env']
            const words = ['--target', 'debian', ...standIns(), ...dns, ...tokens]
            const { status, stdout } = await runProgram('generate-config', words, { cwd: own })
            expect(status).toBe(0)
            await machine.copy(path.join(own, 'nginx-s3-pypi'))
            await machine.run('rm -f /var/log/nginx/error.log')
            const given = { ...environmentOf(world.s3), PYPI_TOKEN_KEYS: `${key} ${old}` }
            await machine.run(stdout.match(/^ {2}.*$/gm)!.join('\n'), given)
            await untilStatus(`${machine.url}/-/readyz`, 200)

            const port = Number(new URL(machine.url).port)
            const withToken = (scope: 'read' | 'upload', keyText: string) => {
                const token = scope === 'read' ? readTokenOf(keyText) : uploadTokenOf(keyText)
                return { headers: { Authorization: basic({ user: '__token__', password: token }) } }
            }
            const read = async (keyText: string) =>
                (await request(port, world.sample.file, withToken('read', keyText))).status
            const form = encodeForm(uploadParts(makeWheel({ name: `token-${suite}`, version: '1.0' })))
            const folder = '/run/nginx-pypi-tokens'
            const works = async () => {
                for (const keyText of [key, old]) expect(await read(keyText)).toBe(200)
                expect(await sendForm(port, form, withToken('upload', key))).toMatchObject({ status: 200 })
                expect(await machine.run(`stat -c '%U %a' ${folder}; ls ${folder} | wc -l`)).toMatch(
                    /^www-data 700\n[12]\n$/,
                )
            }
            await works()
            expect(await machine.run('cat /var/log/nginx/error.log')).toBe('')
            expect(await machine.run('stat -c "%a %U" /etc/nginx-s3-pypi.env')).toBe('600 root\n')
            expect(await read(newTokenKey())).toBe(401)

            // As a reboot does: /run is empty.
            await machine.run(`systemctl stop nginx; rm -r ${folder}; systemctl start nginx`)
            await untilStatus(`${machine.url}/-/readyz`, 200)
            await works()

            // A file that the workers cannot read admits nobody; the one of the manual does.
            const keyFile = '/etc/nginx/secrets/token-keys'
            const again = words.map((word) => (word === 'env' ? keyFile : word))
            expect(await runProgram('generate-config', again, { cwd: own })).toMatchObject({ status: 0 })
            await machine.copy(path.join(own, 'nginx-s3-pypi'))
            const install = readmeCommands('Debian').find((command) => command.startsWith('install '))!
            await machine.run(
                `rm -f ${keyFile}; (umask 077; mkdir -p /etc/nginx/secrets; openssl rand -base64 32 > ${keyFile})`,
            )
            await machine.run(`chmod 755 /etc/nginx/secrets; ${install}\nsystemctl reload nginx`)
            const made = () => machine.run(`cat ${keyFile}`)
            const log = async () => {
                expect(await read(await made())).toBe(401)
                return machine.run('cat /var/log/nginx/error.log')
            }
            // The old worker may take the first requests.
            const named = `${keyFile} cannot be read by the workers of nginx`
            await expect.poll(log, { timeout: 20_000, interval: 500 }).toContain(named)
            const { text } = pageBlocks('trusted-publishing.md', 'Set-up')[0]!
            await machine.run(`rm -r /etc/nginx/secrets\n${text.slice(0, text.indexOf('generate-config'))}`)
            expect(await machine.run(`stat -c '%U:%G %a' ${keyFile}`)).toBe('root:www-data 640\n')
            await expect.poll(async () => read(await made()), { timeout: 20_000 }).toBe(200)
        })

        test('it is the drop-in that brings the credentials', async () => {
            const dropIn = '/etc/systemd/system/nginx.service.d/nginx-s3-pypi.conf'
            await machine.run(`mv ${dropIn} /root/; systemctl daemon-reload; systemctl restart nginx`)
            await untilStatus(`${machine.url}/-/healthz`, 200)
            expect(await readyz()).toBe(503)
        })
    })
})
