// Script of presigned URLs that uses the credentials in nginx's environment.

import { environmentCredentials } from './environment-credentials.js'
import { presigner } from './presigner.js'

export default presigner(environmentCredentials)
