// The same for njs before 0.7.12, which has no zlib: pages are stored uncompressed.
import './upload/stand-ins.js'
import { njsPlatform } from './upload/index-platform.js'
import { uploadHandlers } from './upload-handlers.js'

export default uploadHandlers(njsPlatform(undefined))
