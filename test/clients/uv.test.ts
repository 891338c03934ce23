import path from 'node:path'
import { environmentWith, missingFor, systemPython } from '../support/python/python-clients.js'
import { pyproject, venvModules } from './pyproject.js'
import { describeClients } from './suite.js'

const requirements = ['uv']

describeClients([
    {
        name: 'uv',
        missing: missingFor(requirements),
        prepare: async () => [path.join(path.dirname(await environmentWith(requirements)), 'uv')],
        manifest: (url, wanted) => ({
            'pyproject.toml': pyproject(
                wanted,
                `[[tool.uv.index]]\nname = "private"\nurl = "${url}"\ndefault = true\n`,
            ),
        }),
        lock: ['lock'],
        lockFile: 'uv.lock',
        install: ['sync', '--frozen'],
        modules: venvModules(),
        environment: { UV_PYTHON: systemPython, UV_PYTHON_DOWNLOADS: 'never' },
        credentials: (user, password) => ({
            UV_INDEX_PRIVATE_USERNAME: user,
            UV_INDEX_PRIVATE_PASSWORD: password,
        }),
        caches: true,
        keepsByAddress: true,
    },
])
