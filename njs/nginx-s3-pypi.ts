// The script that signs with the credentials in the environment of nginx, which stay the same as long as it runs.

import { credentialsFrom, type Credentials } from './credentials.js'
import { handlers } from './handlers.js'

// QuickJS makes it anew on each access.
const environment = process.env

let credentials: Credentials | undefined

export default handlers({
    // As they are, since njs takes longer to trim and to check them than to find a signature that is kept.
    current: function () {
        return (
            (environment.AWS_ACCESS_KEY_ID || environment.AWS_ACCESS_KEY) +
            '\n' +
            (environment.AWS_SECRET_ACCESS_KEY || environment.AWS_SECRET_KEY) +
            '\n' +
            environment.AWS_SESSION_TOKEN
        )
    },
    read: function () {
        // QuickJS finds them here on the next request.
        return credentials || (credentials = credentialsFrom(environment))
    },
    missing: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of nginx',
    state: function () {
        return 'The credentials are those of the environment.'
    },
})
