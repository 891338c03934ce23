import { environmentWith, missingFor, missingVenv, oldPythons } from '../support/python/python-clients.js'
import type { Client } from './client.js'
import { describeClients } from './suite.js'

function pip(name: string, missing: string | undefined, python: () => Promise<string>): Client {
    return {
        name,
        missing,
        prepare: async () => [await python(), '-m', 'pip'],
        // With hashes every dependency has to be there, too, and pinned.
        manifest: (url, requirements) => ({
            'requirements.txt': [
                `--index-url ${url}`,
                ...requirements.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}`),
                '',
            ].join('\n'),
        }),
        lockFile: 'requirements.txt',
        install: ['install', '--require-hashes', '--requirement', 'requirements.txt', '--target', 'target'],
        modules: 'target',
        caches: true,
    }
}

const fromPyPI = (requirement: string) =>
    pip(requirement, missingFor([requirement]), () => environmentWith([requirement]))

describeClients([
    pip("pip of this machine's Python", missingVenv(), () => environmentWith([])),
    fromPyPI('pip==26.*'),
    fromPyPI('pip==22.0.4'),
    ...oldPythons().map(({ program, version, pip: own }) =>
        pip(`pip ${own} of Python ${version}`, undefined, async () => program),
    ),
])
