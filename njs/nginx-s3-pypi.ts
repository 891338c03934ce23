// The script that signs with the credentials in the environment of nginx, which stay the same as long as it runs.

import { credentialsFrom } from './credentials.js'
import { handlers } from './handlers.js'

const credentials = credentialsFrom(process.env)

export default handlers({
    current: () => credentials,
    missing: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of nginx',
    state: () => 'The credentials are those of the environment.',
})
