import { environmentWith, missingFor } from '../support/python/python-clients.js'
import { pyproject, venvModules } from './pyproject.js'
import { describeClients } from './suite.js'

// With the libraries that its authors tested: some later ones break it.
const requirements = ['pdm[locked]==2.*']

describeClients([
    {
        name: 'pdm',
        missing: missingFor(requirements),
        prepare: async () => [await environmentWith(requirements), '-m', 'pdm'],
        manifest: (url, wanted) => ({
            // "pypi" replaces PyPI; by another name the index would stand beside it.
            'pyproject.toml': pyproject(wanted, `[[tool.pdm.source]]\nname = "pypi"\nurl = "${url}"\n`),
        }),
        lock: ['lock'],
        lockFile: 'pdm.lock',
        install: ['sync', '--no-self'],
        modules: venvModules(),
        environment: { PDM_CHECK_UPDATE: '0' },
        credentials: (user, password) => ({ PDM_PYPI_USERNAME: user, PDM_PYPI_PASSWORD: password }),
        // Its HTTP cache is one that many may share: it keeps nothing that was read with a password. RFC 9111, 3.5.
        caches: false,
    },
])
