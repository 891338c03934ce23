/**
 * The headers that requests to S3 may have. upload.conf sends each from the argument of its name, with `_` for `-`; S3 gets
 * no other.
 */
export const uploadHeaders = [
    'host',
    'authorization',
    'cache-control',
    'content-encoding',
    'content-md5',
    'content-type',
    'if-match',
    'if-none-match',
    'x-amz-content-sha256',
    'x-amz-copy-source',
    'x-amz-copy-source-range',
    'x-amz-date',
    'x-amz-meta-core-metadata-md5',
    'x-amz-meta-core-metadata-sha256',
    'x-amz-meta-index-json-etag',
    'x-amz-meta-md5',
    'x-amz-meta-requires-python',
    'x-amz-meta-sha256',
    'x-amz-meta-upload-time',
    'x-amz-security-token',
]
