import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { render } from '../../../scripts/config/render.js'
import { settingsFrom } from '../../../scripts/config/settings.js'
import type { ConfigOptions } from '../../../scripts/config/option-table.js'
import { writeFolder } from '../../../scripts/config/write-folder.js'
import { startNginx } from '../../../scripts/nginx/nginx-process.js'
import { jsEngineUnderTest, nginxUnderTest } from './nginx-under-test.js'
import { unusedPort } from '../machine/ports.js'

/** A real nginx that serves an index. */
export interface Index {
    url: string
    port: number
    /** The folder that it runs from. */
    folder: string
    /** nginx's error log so far. */
    log(): string
    /** The access log, when nginx is stopped. */
    accessLog(): string
    /** Stops nginx and fails the test when the log holds an alert or a crash. */
    stop(): Promise<void>
}

/** Options of the generator and the environment of nginx; there is nothing in it but what is given. */
export interface IndexOptions extends Partial<ConfigOptions> {
    endpointUrl: string
    environment: Record<string, string>
    /** Changes a rendered file, for what no option of the generator does. */
    edit?: (name: string, content: string) => string
    /** Addresses to listen on; PORT stands for the free port. */
    listen?: string[]
    /** A cache in a folder of the index's own, which goes with it. */
    cached?: boolean
    /** Worker processes; 1 by default. */
    workers?: number
}

/** Renders a configuration and starts the nginx under test with it, on a free port. */
export async function startIndex({
    environment,
    edit,
    cached,
    listen,
    workers = 1,
    ...options
}: IndexOptions): Promise<Index> {
    const nginx = await nginxUnderTest()
    const engine = jsEngineUnderTest()
    const port = await unusedPort()
    const folder = await mkdtemp(path.join(os.tmpdir(), 'index-'))
    // nginx's workers have no right to pass through a folder of root's.
    await chmod(folder, 0o755)
    if (cached) await mkdir(`${folder}/cache`)
    const settings = settingsFrom(
        {
            bucket: 'my-pypi',
            target: 'standalone',
            listen: [`127.0.0.1:${port}`],
            nginxVersion: nginx.version,
            ...(engine && { jsEngine: engine }),
            ...(cached && { cache: `${folder}/cache` }),
            ...options,
            ...(listen && { listen: listen.map((address) => address.replace('PORT', String(port))) }),
        },
        () => [],
    )
    const placement = { folder, command: 'test', modulePath: nginx.modulePath, workers }
    const files = render(settings, placement).map(({ name, content }) => ({
        name,
        content: edit ? edit(name, content) : content,
    }))
    await writeFolder(folder, files, true)
    let log = ''
    let accessLog = ''
    const onLog = (text: string) => void (log += text)
    const started = await startNginx(nginx, { folder, port, environment, onLog }).catch(async (error: unknown) => {
        await rm(folder, { recursive: true })
        throw error
    })
    return {
        url: `http://127.0.0.1:${port}`,
        port,
        folder,
        log: () => log,
        accessLog: () => accessLog,
        stop: async () => {
            await started.stop()
            accessLog = await readFile(`${folder}/access.log`, 'utf8')
            if (process.env.TEST_KEEP === undefined) await rm(folder, { recursive: true, force: true })
            expect(log).not.toMatch(/\[(?:alert|emerg)\]|exited on signal|open socket #\d+ left/)
        },
    }
}
