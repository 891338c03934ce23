// Signing script that uses the credentials in nginx's environment.

import { environmentCredentials } from './environment-credentials.js'
import { handlers } from './handlers.js'

export default handlers(environmentCredentials)
