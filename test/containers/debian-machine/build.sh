#!/bin/bash
# Builds the image of this folder from the packages of a Debian suite, unless it is there:
#   build.sh TAG SUITE
set -euo pipefail
tag=$1
suite=$2

# Test files run at the same time; the first one builds.
exec 9> "${TMPDIR:-/tmp}/nginx-s3-pypi-debian-$suite.lock"
flock 9
if docker image inspect "$tag" > /dev/null 2>&1; then exit 0; fi

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "$(dirname "$0")/Dockerfile" "$context"
# In a session of its own: when mmdebstrap fails it ends its whole process group.
setsid --wait mmdebstrap --quiet --variant=minbase --include=systemd-sysv,nginx,libnginx-mod-http-js,ca-certificates \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$context/root.tar" http://deb.debian.org/debian 9>&-
docker build --quiet --tag "$tag" "$context" 9>&-
