#!/bin/bash
# Builds the image of this folder from the packages of a Debian suite, unless it is there:
#   build.sh TAG [SUITE]
set -euo pipefail
tag=$1
suite=${2:-forky}

# Test files run at the same time; the first one builds.
exec 9> "${TMPDIR:-/tmp}/nginx-s3-pypi-image.lock"
flock 9
if docker image inspect "$tag" > /dev/null 2>&1; then exit 0; fi

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "$(dirname "$0")"/{Dockerfile,nginx.conf,default.conf,docker-entrypoint.sh} "$context"
chmod 755 "$context/docker-entrypoint.sh"
# Without the check, since a testing suite's index can expire before the next one is made. In a session of its own:
# when mmdebstrap fails it ends its whole process group.
setsid --wait mmdebstrap --quiet --variant=minbase --include=nginx,libnginx-mod-http-js,curl,ca-certificates \
    --aptopt='Acquire::Check-Valid-Until "false"' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$context/root.tar" http://deb.debian.org/debian 9>&-
docker build --quiet --tag "$tag" "$context" 9>&-
