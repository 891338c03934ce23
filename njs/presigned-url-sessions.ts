// Script of presigned URLs that uses the session in shared memory.

import { sessionCredentials } from './session-credentials.js'
import { presigner } from './presigner.js'

export default presigner(sessionCredentials)
