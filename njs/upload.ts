// Takes uploads of twine, uv, poetry and others.
import './upload/stand-ins.js'
import crypto from 'crypto'
import { readForm } from '../core/upload/form.js'
import { UserError } from '../core/user-error.js'
import { RefusedUpload } from '../core/upload/refused-upload.js'
import { bodySource, njsEngine } from './upload/body-source.js'

async function legacy(r: NginxHTTPRequest): Promise<void> {
    try {
        const path = r.variables.request_body_file
        if (!path) throw new RefusedUpload(400, 'the request has no body', 'Upload a file.')
        const hash = crypto.createHash('sha256')
        const form = await readForm(bodySource(path), r.headersIn['Content-Type'] || '', njsEngine, (bytes) => {
            hash.update(bytes as Buffer)
        })
        const { file, fields } = form
        r.return(200, `${file.filename} ${file.size} ${hash.digest('hex')} ${JSON.stringify([...fields])}\n`)
    } catch (error) {
        if (!(error instanceof UserError)) throw error
        r.return(error instanceof RefusedUpload ? error.status : 400, `${error.message}\n${error.cure}\n`)
    }
}

export default { legacy }
