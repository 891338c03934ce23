import { environmentWith, missingFor } from '../support/python/python-clients.js'
import type { Client } from './client.js'
import { venvModules } from './pyproject.js'
import { describeClients } from './suite.js'

/**
 * @param priority what makes the index the only one, in the words of this version
 * @param anonymous see Client
 */
function poetry(requirement: string, priority: string, anonymous?: true): Client {
    return {
        name: requirement,
        missing: missingFor([requirement]),
        prepare: async () => [await environmentWith([requirement]), '-m', 'poetry', '--no-interaction'],
        manifest: (url, wanted) => ({
            'pyproject.toml': `[tool.poetry]
name = "consumer"
version = "0"
description = ""
authors = []

[tool.poetry.dependencies]
python = ">=3.9"
${wanted.map(({ name, specifier }) => `"${name}" = "${specifier}"`).join('\n')}

[[tool.poetry.source]]
name = "private"
url = "${url}"
${priority}
`,
            'poetry.toml': '[virtualenvs]\nin-project = true\n',
        }),
        lock: ['lock'],
        lockFile: 'poetry.lock',
        install: ['install', '--no-root'],
        modules: venvModules(),
        credentials: (user, password) => ({
            POETRY_HTTP_BASIC_PRIVATE_USERNAME: user,
            POETRY_HTTP_BASIC_PRIVATE_PASSWORD: password,
        }),
        caches: true,
        keepsByAddress: true,
        ...(anonymous && { anonymous }),
    }
}

describeClients([poetry('poetry==1.3.2', 'default = true', true), poetry('poetry==2.*', 'priority = "primary"')])
