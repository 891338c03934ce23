import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import terser from '@rollup/plugin-terser'
import typescript from '@rollup/plugin-typescript'

/** njs 0.7.9 cannot parse `export { x as default }`, the only form in which rollup writes a default export. */
const exportDefault = {
    name: 'export-default',
    renderChunk(code) {
        const rewritten = code.replace(/export \{ (\w+) as default \};/, 'export default $1;')
        if (rewritten === code) throw new Error('the bundle has no default export to rewrite for njs 0.7.9')
        return { code: rewritten, map: null }
    },
}

/** njs 0.9.5 crashes on long non-ASCII string constants. */
const ascii = {
    name: 'ascii',
    renderChunk(code) {
        const found = /[^\n\x20-\x7e]/.exec(code)
        if (found) throw new Error(`the bundle must be ASCII, but holds ${JSON.stringify(found[0])} at ${found.index}`)
        return null
    },
}

/** Texts of pages and errors contain characters that are not ASCII; tslib has carriage returns. */
const escapeNonAscii = {
    name: 'escape-non-ascii',
    renderChunk(code) {
        const escape = (character) => '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0')
        return { code: code.replaceAll('\r\n', '\n').replace(/[^\n\x20-\x7e]/g, escape), map: null }
    },
}

/**
 * A script of nginx.
 *
 * @param target what its njs can parse: before 0.8.1 that is ES5 and little more
 * @param tsconfig that of njs/upload/ allows modern TypeScript, which is made ES5 with larger and slower code
 */
const script = (name, target, tsconfig = 'njs/tsconfig.json', plugins = []) => ({
    input: `njs/${name}.ts`,
    // What njs itself has; everything else is bundled.
    external: ['crypto', 'fs', 'querystring', 'zlib'],
    output: { file: `dist/${name}.js`, format: 'es', generatedCode: 'es5' },
    plugins: [typescript({ tsconfig, noEmitOnError: true, target }), exportDefault, ...plugins, ascii],
})

/** Finds the libraries of web/: the TypeScript plugin only resolves files of this project. */
const libraries = {
    name: 'libraries',
    resolveId(name) {
        return /^[a-z]/.test(name) && !name.includes('.') ? fileURLToPath(import.meta.resolve(name)) : null
    },
}

/** Their licences require the notices in each copy. DOMPurify has a short one, in the first line. */
const purifyNotice = readFileSync(fileURLToPath(import.meta.resolve('dompurify')), 'utf8').split('\n', 1)[0]
const notices = ['preact', 'marked'].map((name) => {
    const folder = new URL(`node_modules/${name}/`, import.meta.url)
    const license = ['LICENSE', 'LICENSE.md'].map((file) => new URL(file, folder)).find((file) => existsSync(file))
    const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'))
    return { name, version, text: readFileSync(license, 'utf8') }
})

/** A script of the pages for people: modern JavaScript for browsers. */
const page = (input, file, contained) => ({
    input: `web/${input}`,
    output: {
        file: `dist/${file}.js`,
        format: 'es',
        banner: () =>
            notices
                .filter(({ name }) => contained.includes(name))
                .map(({ name, version, text }) => `/*! ${name} ${version}\n${text.trim()}\n*/`)
                .concat(contained.includes('dompurify') ? [purifyNotice] : [])
                .join('\n'),
    },
    plugins: [
        libraries,
        typescript({ tsconfig: 'web/tsconfig.json', noEmitOnError: true }),
        // The pages have to fit into a ConfigMap that kubectl apply takes: 256 KiB.
        terser(),
    ],
})

/** What signs, and what makes presigned URLs, by where the credentials are; what decides about missing pages; what makes a page of a listing; what remembers the health of the bucket; what shows metrics; what renews credentials in the background; what checks and mints tokens; what makes pages of public packages; what takes uploads. */
export default [
    script('nginx-s3-pypi', 'es5'),
    script('nginx-s3-pypi-files', 'es5'),
    script('nginx-s3-pypi-sessions', 'es5'),
    script('presigned-url', 'es5'),
    script('presigned-url-files', 'es5'),
    script('presigned-url-sessions', 'es5'),
    script('missing-page', 'es5'),
    script('listed-page', 'es5'),
    script('bucket-health', 'es5'),
    script('metrics', 'es5'),
    script('refresh-credentials', 'es2017'),
    script('check-read-token', 'es5', 'njs/oidc/tsconfig.json', [escapeNonAscii]),
    script('check-token', 'es5', 'njs/oidc/tsconfig.json', [escapeNonAscii]),
    script('trusted-publishing', 'es5', 'njs/oidc/tsconfig.json', [escapeNonAscii]),
    script('refresh-issuers', 'es5', 'njs/oidc/tsconfig.json', [escapeNonAscii]),
    script('public-pages', 'es5', 'njs/public/tsconfig.json', [escapeNonAscii]),
    script('upload', 'es5', 'njs/upload/tsconfig.json', [escapeNonAscii]),
    script('upload-without-zlib', 'es5', 'njs/upload/tsconfig.json', [escapeNonAscii]),
    page('app.tsx', 'web-app', ['preact', 'dompurify']),
    page('markdown.ts', 'web-markdown', ['marked']),
]
