import path from 'node:path'
import { expect, test } from 'vitest'
import { folderForNginx } from '../../../scripts/config/placement.js'
import { commandLine } from '../../../scripts/cli/shell-words.js'
import { expectRefusal } from './refusal.js'

test('a command line is quoted where it needs it', () => {
    const words = ['--bucket', 'my-pypi', '--out', "it's here"]
    expect(commandLine('generate-config', words)).toBe("generate-config --bucket my-pypi --out 'it'\\''s here'")
})

test('nginx of the image and of Debian finds the files in one place, wherever they are written', () => {
    expect(folderForNginx('docker', 'a b')).toBe('/etc/nginx/nginx-s3-pypi')
    expect(folderForNginx('debian', '/srv/$x')).toBe('/etc/nginx/nginx-s3-pypi')
})

test('an nginx of its own runs from where they are written', () => {
    expect(folderForNginx('standalone', 'index')).toBe(path.resolve('index'))
    for (const out of ['a b', 'a;b', '/srv/$x', "it's", 'a{b', 'a\nb']) {
        expectRefusal(() => folderForNginx('standalone', out), 'nginx cannot use the path', 'Use an absolute path')
    }
})
