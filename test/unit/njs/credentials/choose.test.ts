import { expect, test } from 'vitest'
import { kindOf } from '../../../../njs/credentials/choose.js'
import type { Environment } from '../../../../njs/signing/credentials.js'

const keys = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 's' }
const secrets = { AWS_ACCESS_KEY_ID_FILE: '/id', AWS_SECRET_ACCESS_KEY_FILE: '/secret' }
const web = { AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_ROLE_ARN: 'arn' }
const home = { HOME: '/home/nginx' }
const ecs = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2' }
const eks = { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials' }

test.each<[string, Environment, string]>([
    ['keys come first', { ...keys, ...secrets, ...web, ...home, ...ecs, ...eks }, 'env'],
    ['half a key is none', { AWS_ACCESS_KEY_ID: 'AKID', ...web }, 'web-identity'],
    ['then secrets in files', { ...secrets, ...web, ...home, ...ecs, ...eks }, 'file'],
    ['then a web identity', { ...web, ...home, ...ecs, ...eks }, 'web-identity'],
    ['then the shared file', { ...home, ...ecs, ...eks }, 'file'],
    ['unless it is not there', { HOME: '/none', ...ecs, ...eks }, 'ecs'],
    ['a profile that is named has to be there', { HOME: '/none', AWS_PROFILE: 'x', ...ecs }, 'file'],
    ['then ECS', { ...ecs, ...eks }, 'ecs'],
    ['then EKS', eks, 'eks'],
    ['and the instance last', {}, 'ec2'],
])('%s', (_name, environment, kind) => {
    const readFile = (path: string): string => {
        if (path !== '/home/nginx/.aws/credentials') throw new Error('No such file')
        return '[default]'
    }
    const ask = () => Promise.reject(new Error('nobody is asked'))
    expect(kindOf({ environment, readFile, ask, now: () => 0 })).toBe(kind)
})
