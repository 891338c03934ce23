import { expect, test } from 'vitest'
import { iamPolicy } from '../../../scripts/next-steps/iam-policy.js'

test('reading the objects and asking what exists, nothing else', () => {
    expect(JSON.parse(iamPolicy('my-pypi', '', 'eu-central-1'))).toEqual({
        Version: '2012-10-17',
        Statement: [
            {
                Sid: 'ReadTheIndex',
                Effect: 'Allow',
                Action: 's3:GetObject',
                Resource: 'arn:aws:s3:::my-pypi/*',
            },
            {
                Sid: 'TellMissingFromForbidden',
                Effect: 'Allow',
                Action: 's3:ListBucket',
                Resource: 'arn:aws:s3:::my-pypi',
            },
        ],
    })
})

test('with uploads: finding and aborting open uploads', () => {
    const { Statement: statements } = JSON.parse(iamPolicy('my-pypi', 'team-a/', 'eu-central-1', true)) as {
        Statement: { Action: string | string[]; Resource: string | string[] }[]
    }
    const resourceOf = (action: string) => statements.find(({ Action: actions }) => actions.includes(action))?.Resource
    expect(resourceOf('s3:ListBucketMultipartUploads')).toBe('arn:aws:s3:::my-pypi')
    expect(resourceOf('s3:AbortMultipartUpload')).toBe('arn:aws:s3:::my-pypi/team-a/*')
    expect(iamPolicy('my-pypi', 'team-a/', 'eu-central-1')).not.toContain('Multipart')
})

test('only the objects under the prefix', () => {
    const policy = iamPolicy('my-pypi', 'team-a/', 'eu-central-1')
    expect(policy).toContain('"arn:aws:s3:::my-pypi/team-a/*"')
    expect(policy).not.toContain('my-pypi/*')
})

test.each([
    ['us-east-1', 'aws'],
    ['cn-northwest-1', 'aws-cn'],
    ['us-gov-east-1', 'aws-us-gov'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eu-isoe-west-1', 'aws-iso-e'],
    ['us-isof-south-1', 'aws-iso-f'],
])('%s is in the partition %s', (region, partition) => {
    const { Statement: statements } = JSON.parse(iamPolicy('my-pypi', '', region)) as {
        Statement: { Resource: string }[]
    }
    expect(statements.map(({ Resource: resource }) => resource)).toEqual([
        `arn:${partition}:s3:::my-pypi/*`,
        `arn:${partition}:s3:::my-pypi`,
    ])
})
