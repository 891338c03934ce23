// Takes uploads of twine, uv, poetry and others.
import './upload/stand-ins.js'
import { UserError } from '../core/user-error.js'

function legacy(r: NginxHTTPRequest): void {
    try {
        throw new UserError('this index takes no uploads yet', 'Use publish-package.')
    } catch (error) {
        if (!(error instanceof UserError)) throw error
        r.return(503, `${error.message}\n${error.cure}\n`)
    }
}

export default { legacy }
