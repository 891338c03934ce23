import { defineConfig } from 'eslint/config'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import { importX } from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

const onlyHere = (name, where) => ({ name, message: `Only ${where} sees ${name}.` })
const awsSdk = { group: ['@aws-sdk/*'], message: 'Only scripts/s3/ sees the AWS SDK.' }

export default defineConfig(
    { ignores: ['dist/', 'node_modules/', 'data/', '.work/', 'nginx-s3-pypi/'] },
    tseslint.configs.recommended,
    {
        files: ['**/*.ts'],
        plugins: { 'import-x': importX },
        settings: {
            'import-x/resolver-next': [
                createTypeScriptImportResolver({ project: ['tsconfig.json', 'njs/tsconfig.json'] }),
            ],
        },
        rules: {
            'import-x/no-cycle': 'error',
            'import-x/no-restricted-paths': [
                'error',
                {
                    zones: [
                        { target: './njs', from: './scripts', message: 'njs/ runs inside nginx.' },
                        { target: './njs', from: './test' },
                        { target: './scripts', from: './test' },
                        { target: './scripts', from: './bench' },
                        {
                            target: './scripts',
                            from: './njs/nginx-s3-pypi.ts',
                            message: 'scripts/ may use the pure parts of njs/, not its entry.',
                        },
                        {
                            target: './scripts/s3-server',
                            from: './njs',
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
        // Only the entry sees nginx: the other files take values and return values.
        files: ['njs/**/*.ts'],
        ignores: [
            'njs/handlers.ts',
            'njs/nginx-s3-pypi*.ts',
            'njs/{missing-page,bucket-health,refresh-credentials}.ts',
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
        files: ['scripts/**/*.ts'],
        rules: {
            'no-restricted-imports': [
                'error',
                { paths: [onlyHere('handlebars', 'scripts/config/render.ts')], patterns: [awsSdk] },
            ],
        },
    },
    {
        files: ['scripts/s3/*.ts', 'scripts/config/render.ts'],
        rules: { 'no-restricted-imports': 'off' },
    },
)
