// Signing script that reads the credentials from files on each request.

import { fileCredentials } from './file-credentials.js'
import { handlers } from './handlers.js'

export default handlers(fileCredentials)
