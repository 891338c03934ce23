import type { GeneratedFile } from '../../scripts/config/render.js'
import { generatedFiles, generatedSettings } from '../generated-nginx.js'
import { httpOf, type Place } from '../minimal-nginx.js'
import type { JsEngine, NginxAtHand } from '../nginx-at-hand.js'
import { s3Headers } from '../upstreams.js'
import { gatewayFiles, type Gateway } from './gateway.js'
import { recipeFile } from './recipe.js'

/** How requests are answered by an nginx that is measured. */
export type Subject =
    | { kind: 'plain'; buffers?: 'ours' }
    | { kind: 'recipe' }
    | { kind: 'constant js_set'; engine: JsEngine }
    | { kind: 'signed'; engine: JsEngine; signature: 'v4' | 'v2' }
    | { kind: 'plain cache' }
    | { kind: 'cached'; engine: JsEngine }
    | { kind: 'gateway'; gateway: Gateway; cache: boolean }

/** The name of a subject in the report. */
export function subjectName(subject: Subject): string {
    if (subject.kind === 'plain') return `plain proxy_pass${subject.buffers ? ', our buffers' : ''}`
    if (subject.kind === 'recipe') return 'recipe of 2018, SigV2'
    if (subject.kind === 'constant js_set') return `constant js_set, ${subject.engine}`
    if (subject.kind === 'plain cache') return 'plain proxy_cache'
    if (subject.kind === 'cached') return `ours with cache, ${subject.engine}`
    if (subject.kind === 'gateway') return subject.cache ? gatewayName : `${gatewayName}, its cache off`
    return `SigV${subject.signature.slice(1)}, ${subject.engine}`
}

/** As in templates/site/s3-requests.hbs: with larger ones than nginx's own, a large file costs less. */
const ourBuffers = ['        proxy_buffers 16 32k;', '        proxy_busy_buffers_size 128k;']

const gatewayName = 'nginx-s3-gateway, SigV4'

/** The files of an nginx for a subject: for ours what `generate-config` makes, for plain ones the least that does it. */
export function filesFor(subject: Subject, nginx: NginxAtHand, place: Place): GeneratedFile[] {
    if (subject.kind === 'signed' || subject.kind === 'cached') return signedFiles(subject, nginx, place)
    if (subject.kind === 'gateway') return gatewayFiles(subject.gateway, nginx, place, subject.cache)
    if (subject.kind === 'recipe') return [recipeFile(nginx, place)]
    const script = {
        name: 'constant.js',
        content: "function constant() {\n    return 'x'\n}\n\nexport default { constant }\n",
    }
    const constant = subject.kind === 'constant js_set' ? subject : undefined
    const cached = subject.kind === 'plain cache'
    const configuration = httpOf(place, [
        ...(cached ? [`proxy_cache_path ${place.folder}/cache levels=1:2 keys_zone=plain:32m use_temp_path=off;`] : []),
        ...(constant && nginx.engines.includes('qjs') ? [`js_engine ${constant.engine};`] : []),
        ...(constant ? [`js_import c from ${place.folder}/constant.js;`, 'js_set $constant c.constant;'] : []),
        `upstream s3 { server 127.0.0.1:${place.upstreamPort}; keepalive 64; }`,
        'server {',
        `    listen 127.0.0.1:${place.port};`,
        '    location / {',
        '        proxy_pass http://s3;',
        '        proxy_http_version 1.1;',
        '        proxy_set_header Connection "";',
        ...(constant ? ['        proxy_set_header Authorization $constant;'] : []),
        ...(cached ? ['        proxy_cache plain;', '        proxy_cache_valid 200 1h;'] : []),
        // nginx would write to a file what the client does not take at once; what is compared is passing on.
        ...(cached ? [] : ['        proxy_max_temp_file_size 0;']),
        ...(subject.kind === 'plain' && subject.buffers ? ourBuffers : []),
        '    }',
        '}',
    ])
    // The module is loaded in each of them: what it costs by being there is no cost of signing.
    return [{ name: 'nginx.conf', content: `load_module ${nginx.modulePath};\n${configuration}` }, script]
}

function signedFiles(
    subject: Subject & { kind: 'signed' | 'cached' },
    nginx: NginxAtHand,
    place: Place,
): GeneratedFile[] {
    const settings = generatedSettings(nginx, place, {
        ...(subject.kind === 'signed' ? { signature: subject.signature } : { cache: place.folder }),
        ...(nginx.engines.includes('qjs') && { jsEngine: subject.engine }),
    })
    return generatedFiles(settings, nginx, place, 1)
}

/** In the place of S3: an answer of 1 KB with the headers that S3 sends, at a cost that is small and the same for all. */
export function upstreamConfiguration(place: Place): string {
    return httpOf(place, [
        'server {',
        `    listen 127.0.0.1:${place.port};`,
        '    keepalive_requests 1000000000;',
        '    default_type application/octet-stream;',
        '    location / {',
        ...s3Headers.map((header) => `        add_header ${header};`),
        '        add_header Last-Modified "Sun, 01 Nov 2026 00:00:00 GMT";',
        '        add_header ETag \'"d41d8cd98f00b204e9800998ecf8427e"\';',
        '        add_header Accept-Ranges bytes;',
        `        return 200 ${'x'.repeat(1024)};`,
        '    }',
        '}',
    ])
}
