import path from 'node:path'
import { parseFilePath } from '../option-values/file-path.js'
import type { Target } from './option-table.js'

/** The path where nginx finds the generated folder. */
export const nginxFolder = '/etc/nginx/nginx-s3-pypi'

/**
 * The folder as nginx sees it.
 *
 * @param out where the files are written
 * @throws UserError when a standalone nginx would run from a path that nginx cannot use
 */
export function folderForNginx(target: Target, out: string): string {
    return target === 'standalone' ? parseFilePath(path.resolve(out)) : nginxFolder
}
