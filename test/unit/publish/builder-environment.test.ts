import { expect, test } from 'vitest'
import { builderEnvironment } from '../../../scripts/publish/builder-environment.js'

test.each([
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_ACCESS_KEY',
    'AWS_SECRET_KEY',
    'AWS_PROFILE',
    'AWS_CONFIG_FILE',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_ENDPOINT_URL_S3',
    'aws_secret_access_key',
    'BOTO_CONFIG',
    'TWINE_USERNAME',
    'TWINE_PASSWORD',
    'UV_PUBLISH_TOKEN',
    'UV_PUBLISH_URL',
    'POETRY_PYPI_TOKEN_PYPI',
    'HATCH_INDEX_AUTH',
    'PDM_PUBLISH_PASSWORD',
    'FLIT_PASSWORD',
    'MATURIN_PYPI_TOKEN',
    'GITHUB_TOKEN',
    'GH_TOKEN',
    'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
    'ACTIONS_ID_TOKEN_REQUEST_URL',
    'ACTIONS_RUNTIME_TOKEN',
    'CI_JOB_TOKEN',
    'CI_JOB_JWT_V2',
    'CI_REGISTRY_PASSWORD',
    'SYSTEM_ACCESSTOKEN',
    'CIRCLE_OIDC_TOKEN_V2',
    'BUILDKITE_AGENT_ACCESS_TOKEN',
    'NPM_TOKEN',
    'NODE_AUTH_TOKEN',
    'npm_config_//registry.npmjs.org/:_authToken',
    'CARGO_REGISTRY_TOKEN',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'AZURE_CLIENT_SECRET',
    'AZURE_STORAGE_CONNECTION_STRING',
    'B2_APPLICATION_KEY',
    'MINIO_ROOT_PASSWORD',
    'VAULT_TOKEN',
    'DOCKER_AUTH_CONFIG',
    'SSH_AUTH_SOCK',
    'MY_APIKEY',
    'MY_API_KEY_2',
    'PGPASSWORD_FILE_SECRET',
])('no builder gets %s', (name) => {
    expect(builderEnvironment({ [name]: 'value' })).toEqual({})
})

test.each([
    ['CI_REPOSITORY_URL', 'https://gitlab-ci-token:glcbt-64@gitlab.example.com/acme.git'],
    ['DATABASE_URL', 'postgres://acme:hunter2@db.example.com/acme'],
])('nor %s with a password in its URL', (name, value) => {
    expect(builderEnvironment({ [name]: value })).toEqual({})
    expect(builderEnvironment({ [name]: 'https://example.com/a@b' })).toEqual({ [name]: 'https://example.com/a@b' })
})

test.each([
    ['PATH', '/usr/bin'],
    ['HOME', '/home/acme'],
    ['PWD', '/src'],
    ['LANG', 'C.UTF-8'],
    ['CFLAGS', '-O2'],
    ['CI', 'true'],
    ['GITHUB_SHA', 'abc'],
    ['SETUPTOOLS_SCM_PRETEND_VERSION', '1.0'],
    ['SOURCE_DATE_EPOCH', '0'],
    ['KEYBOARD', 'us'],
    ['COMPASS', 'north'],
    ['PATTERN', 'x'],
    ['PIP_INDEX_URL', 'https://ci:secret@pypi.example.com/simple/'],
    ['UV_INDEX_PRIVATE_PASSWORD', 'for downloads'],
    ['HTTPS_PROXY', 'http://user:password@proxy.example.com:3128'],
])('it gets %s', (name, value) => {
    expect(builderEnvironment({ [name]: value })).toEqual({ [name]: value })
})

test('--build-env lets a secret through that is named, and never one of AWS', () => {
    const environment = { MY_TOKEN: 'a', OTHER_TOKEN: 'b' }
    expect(builderEnvironment(environment, ['MY_TOKEN'])).toEqual({ MY_TOKEN: 'a' })
    expect(() => builderEnvironment(environment, ['AWS_SECRET_ACCESS_KEY'])).toThrow('AWS_* variables are never passed')
})
