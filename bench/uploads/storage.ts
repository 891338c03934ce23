import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { stagingFolder } from '../../core/upload/staged-body.js'
import type { GeneratedFile } from '../../scripts/config/render.js'
import { openBucket, type Bucket } from '../../scripts/s3/bucket.js'
import { access, bucketName } from '../embedded-s3.js'
import { runNginx, type NginxInstallation } from '../measured-nginx.js'
import { minimalConfiguration, type Place } from '../nginx-configuration.js'

/** The S3 server behind a measured nginx that takes uploads. */
export interface UploadStorage {
    port: number
    /** The embedded server itself. */
    endpoint: string
    bucket: Bucket
    stop(): Promise<void>
}

/** Objects that readers request: a constant answers, so that the S3 server does not limit them. */
const readObjects = 'demo-project'

/** Starts the embedded S3 server in another process, behind an nginx that answers requests for `demo-project*` itself. */
export async function startUploadStorage(nginx: NginxInstallation, folder: string): Promise<UploadStorage> {
    const program = fileURLToPath(new URL('storage-task.js', import.meta.url))
    const child = spawn(process.execPath, [program, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })
    const [endpoint] = (await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [])])) as string[]
    if (endpoint === undefined) throw new Error('the embedded S3 server did not start')
    const stopServer = async () => {
        const ended = once(child, 'exit')
        child.stdin.end()
        await ended
    }
    try {
        const front = await runNginx(nginx, Number(new URL(endpoint).port), splitFiles)
        return {
            port: front.port,
            endpoint,
            bucket: openBucket({ bucket: bucketName, endpointUrl: endpoint, ...access }),
            async stop() {
                await front.stop()
                await stopServer()
            },
        }
    } catch (error) {
        await stopServer()
        throw error
    }
}

function splitFiles(place: Place): GeneratedFile[] {
    const passed = [
        '        proxy_http_version 1.1;',
        '        proxy_buffering off;',
        '        proxy_read_timeout 600s;',
        '        proxy_set_header Host $http_host;',
        '        proxy_set_header Connection "";',
        `        proxy_pass http://127.0.0.1:${place.upstreamPort};`,
    ]
    const lines = [
        'server {',
        `    listen 127.0.0.1:${place.port};`,
        '    keepalive_requests 1000000000;',
        '    client_max_body_size 0;',
        '    default_type application/octet-stream;',
        `    location /${bucketName}/${readObjects} {`,
        '        add_header Last-Modified "Sun, 01 Nov 2026 00:00:00 GMT";',
        '        add_header ETag \'"d41d8cd98f00b204e9800998ecf8427e"\';',
        `        return 200 ${'x'.repeat(1024)};`,
        '    }',
        '    location / {',
        // Otherwise an S3 server that answers before it has read a page cuts the connection.
        '        client_body_buffer_size 16m;',
        ...passed,
        '    }',
        `    location /${bucketName}/${stagingFolder}/ {`,
        '        proxy_request_buffering off;',
        ...passed,
        '    }',
        '}',
    ]
    return [{ name: 'nginx.conf', content: minimalConfiguration(place, lines) }]
}
