import { afterAll, beforeAll, expect, test } from 'vitest'
import { runNginx, type JsEngine, type RunningNginx } from '../../bench/measured-nginx.js'
import { constantUpstream } from '../../bench/nginx-configuration.js'
import { instructionsPerRequest } from '../../bench/request-cost/instructions.js'
import { subjectFiles } from '../../bench/request-cost/subjects.js'
import type { GeneratedFile } from '../../scripts/config/render.js'
import { nginxFeatures } from '../../scripts/nginx/nginx-version.js'
import budgets from '../fixtures/instruction-budgets.json' with { type: 'json' }
import { jsEngineUnderTest, nginxUnderTest } from '../support/nginx/nginx-under-test.js'
import { describeWhere, missingPrograms } from '../support/machine/requirements.js'

const nginx = await nginxUnderTest()
const engine = jsEngineUnderTest() ?? 'njs'
const engines: JsEngine[] = nginxFeatures(nginx.version).quickJs ? ['njs', 'qjs'] : ['njs']
const place = `${nginx.version.replace(/\.\d+$/, '')} ${engine}`

/** By how much a request may cost more than what was recorded: compilers and libraries differ a little. */
const margin = 1.1

const requests = 60

/** Requests for as many paths, twice: the second time they were asked for a moment before. */
const recent = { before: '/demo-project/demo_project-1.0.', after: '-py3-none-any.whl', first: 0, count: requests }
const kinds = { recent, new: { ...recent, first: 1_000_000, count: Infinity } }

/** A signed request, or the redirect of a file to a presigned URL. */
type What = 'v4' | 'v2' | 'redirect'

const budget: Record<string, Record<string, number>> = budgets

// What was not recorded is held to the highest that was.
const limits = budget[place] ?? budget['any other']!

describeWhere(`instructions of a signed request, nginx ${place}`, missingPrograms(['valgrind'], 'valgrind'), () => {
    let upstream: RunningNginx
    beforeAll(async () => {
        upstream = await runNginx(nginx, 0, constantUpstream)
    })
    afterAll(() => upstream.stop())

    const count = (what: What, kind: keyof typeof kinds, edit = (files: GeneratedFile[]) => files) =>
        instructionsPerRequest(nginx, {
            upstreamPort: upstream.port,
            filesIn: (where) =>
                edit(
                    subjectFiles(
                        what === 'redirect'
                            ? { kind: 'redirected', engine }
                            : { kind: 'signed', engine, signature: what },
                        { ...nginx, name: place, engines, recipe: undefined },
                        where,
                    ),
                ),
            paths: { ...kinds[kind], ...(what === 'redirect' && { status: 302 }) },
            requests,
        })

    test.each([
        ['v4', 'recent'],
        ['v4', 'new'],
        ['v2', 'new'],
        ['redirect', 'recent'],
        ['redirect', 'new'],
        // When a minute ends in the middle, what was kept is signed anew.
    ] as const)('%s, %s path', { retry: 2 }, async (what, kind) => {
        const limit = limits[`${what} ${kind}`]!
        const counted = Math.round(await count(what, kind))
        expect(counted, `recorded: ${limit}`).toBeLessThan(limit * margin)
        // A request that got much cheaper leaves room for one that gets dearer: record it.
        if (budget[place] !== undefined) expect(counted, `recorded: ${limit}`).toBeGreaterThan(limit / margin)
    })

    test('the twin: work that is done in vain is noticed', async () => {
        const slow = (files: GeneratedFile[]) =>
            files.map(({ name, content }) => ({
                name,
                content: content.replace(
                    /function signed\(.*\) \{/,
                    '$& for (var wasted = 0; wasted < 2000; wasted++) {}',
                ),
            }))
        expect(await count('v4', 'recent', slow)).toBeGreaterThan(limits['v4 recent']! * margin)
    })
})
