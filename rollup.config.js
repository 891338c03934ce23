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

/** A script of nginx. @param target what its njs can parse: before 0.8.1 that is ES5 and little more */
const script = (name, target) => ({
    input: `njs/${name}.ts`,
    // What njs itself has; everything else is bundled.
    external: ['crypto', 'fs', 'querystring'],
    output: { file: `dist/${name}.js`, format: 'es', generatedCode: 'es5' },
    plugins: [typescript({ tsconfig: 'njs/tsconfig.json', noEmitOnError: true, target }), exportDefault, ascii],
})

/** What signs, and what makes presigned URLs, by where the credentials are; what decides about missing pages; what makes a page of a listing; what remembers the health of the bucket; what renews credentials in the background. */
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
    script('refresh-credentials', 'es2017'),
]
