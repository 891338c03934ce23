// Script of presigned URLs that reads the credentials from files on each request.

import { fileCredentials } from './file-credentials.js'
import { presigner } from './presigner.js'

export default presigner(fileCredentials)
