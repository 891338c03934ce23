// Credentials in nginx's environment, which do not change while it runs.

import type { CredentialSource } from './credentials/source.js'
import { credentialsFrom } from './signing/credentials.js'

// QuickJS creates a new object on each access.
const environment = process.env

let serialized: string | undefined

export const environmentCredentials: CredentialSource = {
    // Unchecked, since njs takes longer to trim and check them than to find a cached signature. QuickJS keeps the string
    // for the next request: a worker's environment does not change.
    serialized: function () {
        if (!serialized) {
            serialized = ''.concat(
                environment.AWS_ACCESS_KEY_ID || environment.AWS_ACCESS_KEY!,
                '\n',
                environment.AWS_SECRET_ACCESS_KEY || environment.AWS_SECRET_KEY!,
                '\n',
                environment.AWS_SESSION_TOKEN!, // "undefined" is as distinct as ""
            )
        }
        return serialized
    },
    parse: function () {
        return credentialsFrom(environment)
    },
    missing: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of nginx',
    state: function () {
        return 'The credentials are those of the environment.'
    },
}
