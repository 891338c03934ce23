import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startIndex } from '../support/nginx/start-index.js'
import { jsEngineUnderTest, nginxUnderTest } from '../support/nginx/nginx-under-test.js'
import { request } from '../support/requests/raw-request.js'

/** In the words of both engines; njs 0.7.9 has no engine but its own, and no name for it. */
const tellVersion = "function (r) { r.return(200, JSON.stringify({ njs: njs.version, engine: njs.engine || 'njs' })) }"

test('nginx and its script tell which they are', async ({ task }) => {
    const nginx = await nginxUnderTest()
    const index = await startIndex({
        endpointUrl: 'http://127.0.0.1:9',
        environment: {},
        edit: (name, content) => {
            if (name.endsWith('.js'))
                return content.replace(/export default (\w+);/, `$1.tellVersion = ${tellVersion};\n$&`)
            const location = 'location = /version { js_content s3.tellVersion; }\n\n'
            return name === 'locations.conf' ? content.replace(/^location /m, `${location}location `) : content
        },
    })
    const answer = await request(index.port, '/version')
    await index.stop()
    const { njs, engine } = JSON.parse(answer.body.toString()) as { njs: string; engine: string }
    const { stderr } = await promisify(execFile)(nginx.program, [...nginx.arguments, '-V'])
    const [, version, tls] = /^nginx version: nginx\/(\S+)[^]*^built with (OpenSSL \S+)/m.exec(stderr)!
    expect(njs).toMatch(/^\d+\.\d+\.\d+$/)
    expect(engine).toBe(jsEngineUnderTest() === 'qjs' ? 'QuickJS' : 'njs')
    task.meta.tested = { what: 'nginx', version: version!, njs, engine, tls: tls! }
})
