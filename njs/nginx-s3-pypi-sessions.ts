// Signing script that uses the session in shared memory.

import { sessionCredentials } from './session-credentials.js'
import { handlers } from './handlers.js'

export default handlers(sessionCredentials)
