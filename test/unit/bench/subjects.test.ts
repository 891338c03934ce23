import { mkdtemp, rm } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { gatewayFiles, readGateway } from '../../../bench/request-cost/subjects.js'
import type { NginxInstallation } from '../../../bench/measured-nginx.js'

const nginx: NginxInstallation = {
    ...{ name: '1.30.6', version: '1.30.6', program: 'nginx', arguments: [], modulePath: '/modules/js.so' },
    ...{ engines: ['njs'], recipe: undefined },
}
const place = { folder: '/f', port: 1, upstreamPort: 2 }

test('a folder that is no checkout is refused, with the file that it lacks', async () => {
    const folder = await mkdtemp('/tmp/no-gateway-')
    expect(() => readGateway(folder)).toThrow('common/etc/nginx/nginx.conf')
    await rm(folder, { recursive: true })
})

test('templates are filled as envsubst does, and paths of the container lead into the folder', () => {
    const text = [
        'include /etc/nginx/conf.d/gateway/v${AWS_SIGS_VERSION}_headers.conf;',
        'listen       80;',
        'proxy_pass ${S3_SERVER_PROTO}://storage_urls$s3uri;',
        'proxy_cache s3_cache;',
        'max_size=$PROXY_CACHE_MAX_SIZE $uri',
    ].join('\n')
    const gateway = new Map([['/etc/nginx/conf.d/default.conf', text]])
    expect(gatewayFiles(gateway, nginx, place, false)).toEqual([
        {
            name: 'default.conf',
            content: [
                'include /f/gateway-v4_headers.conf;',
                'listen 127.0.0.1:1;',
                'proxy_pass http://storage_urls$s3uri;',
                'proxy_cache off;',
                'max_size=10g $uri',
            ].join('\n'),
        },
    ])
})
