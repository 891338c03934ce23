// The script that signs with the credentials in the environment of nginx, which stay the same as long as it runs.

import { credentialsFrom } from './signing/credentials.js'
import { handlers } from './handlers.js'

// QuickJS makes it anew on each access.
const environment = process.env

let serialized: string | undefined

export default handlers({
    // As they are, since njs takes longer to trim and to check them than to find a signature that is kept. QuickJS finds
    // the text here on the next request: a worker's environment stays as it is.
    serialized: function () {
        if (!serialized) {
            serialized = ''.concat(
                environment.AWS_ACCESS_KEY_ID || environment.AWS_ACCESS_KEY!,
                '\n',
                environment.AWS_SECRET_ACCESS_KEY || environment.AWS_SECRET_KEY!,
                '\n',
                environment.AWS_SESSION_TOKEN!, // "undefined" tells no less
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
})
