// Takes uploads of twine, uv, poetry and others, and stores pages compressed.
import './upload/stand-ins.js'
import zlib from 'zlib'
import { gzipOf } from './upload/gzip.js'
import { uploadHandlers } from './upload-handlers.js'

export default uploadHandlers((page) => gzipOf(page, (bytes) => zlib.deflateRawSync(bytes, { level: 9 }) as Buffer))
