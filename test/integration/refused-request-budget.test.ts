import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { instructionsPerRequest } from '../../bench/request-cost/instructions.js'
import type { PathPattern } from '../../bench/load.js'
import { generatedFiles, type Place } from '../../bench/nginx-configuration.js'
import { settingsFrom } from '../../scripts/config/settings.js'
import { jsEngineUnderTest, nginxUnderTest } from '../support/nginx/nginx-under-test.js'
import { describeWhere, missingPrograms } from '../support/machine/requirements.js'

const nginx = await nginxUnderTest()
const jsEngine = jsEngineUnderTest()

/**
 * The most instructions for an answer to a stranger: of an ordinary request a fraction of what a signature takes, of one
 * that was made to be slow about 0.1 ms, most of which nginx needs to read its bytes. The first took 90 ms before.
 */
const ordinary = 30_000
const slowest = 600_000
const requests = 60
const numbered = { first: 0, count: Infinity }

/** As long as what passes the first bound, and made to be tried in vain for long. */
const refused: [name: string, paths: PathPattern][] = [
    ['no password', { ...numbered, before: '/demo/demo-', after: '.whl', status: 401 }],
    ['a name to be normalised', { ...numbered, before: '/A/' + '%E6%97%A5'.repeat(330), after: '', status: 401 }],
    ['hyphens', { ...numbered, before: '/' + 'a-'.repeat(500), after: '/', status: 401 }],
    ['a name that is none', { ...numbered, before: '/' + 'A_.'.repeat(330), after: '!', status: 404 }],
    ['a path too long', { ...numbered, before: '/A/' + '%E6%97%A5'.repeat(800), after: '', status: 414 }],
    ['bytes that are no UTF-8', { ...numbered, before: '/a/' + '%E6%97'.repeat(500), after: '', status: 404 }],
    [
        'an Accept of 8 kB',
        { ...numbered, before: '/demo-', after: '/', status: 401, headers: { Accept: `text/html${';'.repeat(7900)}` } },
    ],
    [
        'an Accept that nobody sends',
        {
            ...numbered,
            before: '/demo-',
            after: '/',
            status: 401,
            headers: { Accept: `${'text/html;q=0.1,'.repeat(30)}a/b` },
        },
    ],
    [
        'conditions of 7 kB',
        {
            ...numbered,
            before: '/demo/x',
            after: '',
            status: 401,
            headers: { 'If-None-Match': `W/"${'x'.repeat(7000)}"` },
        },
    ],
]

describeWhere(
    `instructions of a refused request, nginx ${nginx.version}`,
    missingPrograms(['valgrind'], 'valgrind'),
    () => {
        const filesIn = (place: Place) => {
            const htpasswd = `${place.folder}/htpasswd`
            writeFileSync(htpasswd, 'ci:{PLAIN}right\n')
            const settings = settingsFrom(
                {
                    bucket: 'my-pypi',
                    target: 'standalone',
                    endpointUrl: `http://127.0.0.1:${place.upstreamPort}`,
                    listen: [`127.0.0.1:${place.port}`],
                    nginxVersion: nginx.version,
                    htpasswd,
                    ...(jsEngine && { jsEngine }),
                },
                () => [],
            )
            return generatedFiles(settings, nginx, place, 1)
        }

        test.each(refused)('%s', async (_name, paths) => {
            const counted = await instructionsPerRequest(nginx, { upstreamPort: 1, filesIn, paths, requests })
            expect(Math.round(counted)).toBeLessThan(paths === refused[0]![1] ? ordinary : slowest)
        })

        test('the twin: a script before the password is noticed', async () => {
            const slow = (place: Place) =>
                filesIn(place).map(({ name, content }) => ({
                    name,
                    content: content.replace('    if ($pypi_allow)', '    set $early $pypi_negotiated_form;\n$&'),
                }))
            const paths = refused[0]![1]
            const counted = await instructionsPerRequest(nginx, { upstreamPort: 1, filesIn: slow, paths, requests })
            expect(counted).toBeGreaterThan(ordinary)
        })
    },
)
