// Credentials in files that are read on each request, for njs before 0.8.1, which cannot renew credentials in shared memory.

import { fileCredentials as credentialsInFiles } from './credentials/files.js'
import { decodeSession, encodeSession, sessionUntil, type Session } from './credentials/session.js'
import type { CredentialSource } from './credentials/source.js'
import fs from 'fs'

const environment = process.env

function read(): Session {
    const found = credentialsInFiles(environment, function (path) {
        return fs.readFileSync(path, 'utf8')
    })
    return sessionUntil(0, found)
}

export const fileCredentials: CredentialSource = {
    // Throws when the files cannot be used: nginx logs the error and sends nothing.
    serialized: function () {
        return encodeSession(read())
    },
    parse: decodeSession,
    missing: '',
    state: function () {
        try {
            read()
            return 'The credentials are in files and do not say when they expire.'
        } catch {
            return 'There are no credentials: the files cannot be used.'
        }
    },
}
