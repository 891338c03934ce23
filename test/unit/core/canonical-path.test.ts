import { expect, test } from 'vitest'
import { canonicalPath } from '../../../core/canonical-path.js'

test.each([
    ['arrow/arrow-1.3.0-py3-none-any.whl', 'arrow/arrow-1.3.0-py3-none-any.whl'],
    ['foo-1.0+cu121.whl', 'foo-1.0%2Bcu121.whl'],
    ['a b', 'a%20b'],
    ['~', '~'],
    ["(x)!*'", '%28x%29%21%2A%27'],
    ['a%2Bb', 'a%252Bb'],
    ['ü/日本', '%C3%BC/%E6%97%A5%E6%9C%AC'],
    ['\u{1f40d}', '%F0%9F%90%8D'],
    ['a\r\nb\0', 'a%0D%0Ab%00'],
    // In njs, "$" of a pattern also matches before a line break at the end.
    ['a\n', 'a%0A'],
    ['a\\b', 'a%5Cb'],
])('%j is sent and signed as %s', (key, path) => {
    expect(decodeURIComponent(path)).toBe(key)
    expect(canonicalPath(key)).toBe(path)
})
