import { environmentWith, missingFor, systemPython } from '../support/python/python-clients.js'
import type { Client } from './client.js'
import { venvModules } from './pyproject.js'
import { describeClients } from './suite.js'

function pipenv(requirement: string): Client {
    return {
        name: requirement,
        missing: missingFor([requirement]),
        prepare: async () => [await environmentWith([requirement]), '-m', 'pipenv'],
        manifest: (url, wanted) => ({
            Pipfile: `[[source]]
name = "private"
url = "${url}"
verify_ssl = true

[packages]
${wanted.map(({ name, specifier }) => `"${name}" = "${specifier}"`).join('\n')}
`,
        }),
        lock: ['--python', systemPython, 'lock'],
        lockFile: 'Pipfile.lock',
        install: ['sync'],
        modules: venvModules(),
        environment: { PIPENV_VENV_IN_PROJECT: '1', PIPENV_DONT_USE_PYENV: '1', PIPENV_NOSPIN: '1' },
        caches: true,
    }
}

describeClients([pipenv('pipenv==2022.12.19'), pipenv('pipenv==2026.*')])
