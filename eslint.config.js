import { defineConfig } from 'eslint/config'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import { importX } from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

const onlyHere = (name, where) => ({ name, message: `Only ${where} sees ${name}.` })
const awsSdk = { group: ['@aws-sdk/*'], message: 'Only scripts/s3/ sees the AWS SDK.' }

/** The rooms of the project. A file imports from its own room and from those below it. */
const rooms = [
    'test',
    'bench/{request-cost,end-to-end,publish}.ts',
    'bench/public',
    'bench/uploads',
    'bench/rivals',
    'bench/end-to-end',
    'bench/request-cost',
    'bench/servers',
    'bench/!(request-cost|end-to-end|publish).ts',
    'scripts/*.ts',
    'scripts/start',
    'scripts/setup',
    'scripts/next-steps',
    'scripts/kubernetes',
    'scripts/config',
    'scripts/publishers',
    'scripts/manage',
    'scripts/mirror',
    'scripts/downloads',
    'scripts/publish',
    'scripts/index/repair',
    'scripts/index/update',
    'scripts/index/stored',
    'scripts/distribution',
    'scripts/s3',
    'scripts/s3-server',
    'scripts/nginx',
    'scripts/option-values',
    'scripts/cli',
    'web',
    'njs/*.ts',
    'njs/upload',
    'njs/oidc',
    'njs/public',
    'njs/tokens',
    'njs/credentials',
    'njs/signing',
    'core/tokens',
    'core/public',
    'core/upload',
    'core/index',
    'core/distribution',
    'core/*.ts',
]

const noArrowUp = rooms.slice(1).map((room, above) => ({
    target: `./${room}`,
    from: rooms.slice(0, above + 1).map((upper) => `./${upper}${upper.endsWith('.ts') ? '' : '/**'}`),
    message: `${room} is below this room: see "rooms" in eslint.config.js.`,
}))

export default defineConfig(
    { ignores: ['dist/', 'node_modules/', 'data/', '.work/', 'coverage/', 'nginx-s3-pypi/'] },
    tseslint.configs.recommended,
    {
        files: ['**/*.{ts,tsx}'],
        plugins: { 'import-x': importX },
        settings: {
            'import-x/resolver-next': [
                createTypeScriptImportResolver({
                    project: [
                        'tsconfig.json',
                        'njs/tsconfig.json',
                        'njs/upload/tsconfig.json',
                        'njs/oidc/tsconfig.json',
                        'njs/public/tsconfig.json',
                        'web/tsconfig.json',
                    ],
                }),
            ],
        },
        rules: {
            'import-x/no-cycle': 'error',
            'import-x/no-restricted-paths': [
                'error',
                {
                    zones: [
                        ...noArrowUp,
                        { target: './njs', from: './scripts', message: 'njs/ runs inside nginx.' },
                        {
                            target: './scripts/s3-server',
                            from: ['./njs/**', './core/!(user-error).ts', './core/*/**'],
                            message: 'A server that verified with the signers under test would prove nothing.',
                        },
                    ],
                },
            ],
        },
    },
    {
        files: ['njs/**/*.ts'],
        rules: {
            'no-restricted-imports': [
                'error',
                {
                    patterns: [
                        {
                            regex: '^(?!\\.{1,2}/|crypto$|fs$|querystring$)',
                            message: 'njs has crypto, fs, querystring.',
                        },
                    ],
                },
            ],
        },
    },
    {
        // The only entry for an njs that has zlib, which earlier ones cannot import.
        files: ['njs/upload.ts'],
        rules: { 'no-restricted-imports': 'off' },
    },
    {
        // Only the entry sees nginx: the other files take values and return values.
        files: ['njs/**/*.ts'],
        ignores: [
            'njs/{handlers,upload-handlers,presigner}.ts',
            'njs/{environment,file,session}-credentials.ts',
            'njs/{missing-page,listed-page,bucket-health,metrics,refresh-credentials,upload}.ts',
            'njs/{check-token,check-read-token,trusted-publishing,refresh-issuers}.ts',
            'njs/public-{pages,files,answers}.ts',
            'njs/tokens/token-context.ts',
        ],
        rules: {
            'no-restricted-globals': ['error', 'ngx', 'process'],
            'no-restricted-syntax': [
                'error',
                {
                    selector:
                        'NewExpression[callee.name="Date"][arguments.length=0], MemberExpression[object.name="Date"][property.name="now"]',
                    message: 'Only the entry sees the clock.',
                },
            ],
            '@typescript-eslint/no-restricted-types': [
                'error',
                { types: { NginxHTTPRequest: 'Only the entry sees r.' } },
            ],
        },
    },
    {
        files: ['core/**/*.ts'],
        rules: {
            'no-restricted-imports': [
                'error',
                {
                    patterns: [
                        {
                            regex: '^(?!\\.{1,2}/)',
                            message: 'core/ runs in Node and in nginx: it imports its own files only.',
                        },
                    ],
                },
            ],
        },
    },
    {
        files: ['web/**/*.{ts,tsx}'],
        rules: {
            'no-restricted-imports': [
                'error',
                {
                    patterns: [
                        {
                            regex: '^(?!\\.{1,2}/|preact(?:/hooks)?$|marked$|dompurify$)',
                            message: 'Browsers run web/: each library counts in its size.',
                        },
                    ],
                },
            ],
            'no-restricted-properties': [
                'error',
                ...['innerHTML', 'outerHTML', 'insertAdjacentHTML'].map((property) => ({
                    property,
                    message: 'Content of packages is hostile: see web/sanitized.ts.',
                })),
            ],
        },
    },
    {
        files: ['scripts/**/*.ts'],
        rules: {
            'no-restricted-imports': [
                'error',
                { paths: [onlyHere('handlebars', 'scripts/config/fill-template.ts')], patterns: [awsSdk] },
            ],
        },
    },
    {
        files: ['scripts/s3/*.ts', 'scripts/config/fill-template.ts'],
        rules: { 'no-restricted-imports': 'off' },
    },
)
