// Takes uploads of twine, uv, poetry and others, and stores pages compressed.
import './upload/stand-ins.js'
import zlib from 'zlib'
import { njsPlatform } from './upload/index-platform.js'
import { uploadHandlers } from './upload-handlers.js'

export default uploadHandlers(njsPlatform(zlib))
