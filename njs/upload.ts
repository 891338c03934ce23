// Takes uploads of twine, uv, poetry and others.
import './upload/stand-ins.js'
import crypto from 'crypto'
import { partOf } from '../core/byte-source.js'
import { checkUpload } from '../core/upload/check-upload.js'
import { readClaim } from '../core/upload/claim.js'
import { readForm } from '../core/upload/form.js'
import { RefusedUpload } from '../core/upload/refused-upload.js'
import { UserError } from '../core/user-error.js'
import { bodySource, njsEngine } from './upload/body-source.js'

async function legacy(r: NginxHTTPRequest): Promise<void> {
    try {
        const path = r.variables.request_body_file
        if (!path) throw new RefusedUpload(400, 'the request has no body', 'Upload a file.')
        const hash = crypto.createHash('sha256')
        const body = bodySource(path)
        const form = await readForm(body, r.headersIn['Content-Type'] || '', njsEngine, (bytes) => {
            hash.update(bytes as Buffer)
        })
        const claim = readClaim(form)
        const file = partOf(body, claim.file.offset, claim.file.size)
        const { requiresPython, metadata } = await checkUpload(claim, file, njsEngine)
        const size = metadata === undefined ? 'none' : String(metadata.length)
        r.return(503, `${claim.filename} ${hash.digest('hex')} ${requiresPython} ${size}\n`)
    } catch (error) {
        if (!(error instanceof UserError)) throw error
        r.return(error instanceof RefusedUpload ? error.status : 400, `${error.message}\n${error.cure}\n`)
    }
}

export default { legacy }
