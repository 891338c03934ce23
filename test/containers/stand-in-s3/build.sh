#!/bin/bash
# Builds the image of this folder with a version of versitygw, unless it is there:
#   build.sh TAG VERSION
set -euo pipefail
tag=$1
version=$2

# Test files run at the same time; the first one builds.
exec 9> "${TMPDIR:-/tmp}/nginx-s3-pypi-s3-image.lock"
flock 9
if docker image inspect "$tag" > /dev/null 2>&1; then exit 0; fi

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp "$(dirname "$0")/Dockerfile" "$context"
CGO_ENABLED=0 GOBIN=$context go install -ldflags='-s -w' "github.com/versity/versitygw/cmd/versitygw@$version" 9>&- 2> "$context/log" ||
    { cat "$context/log" >&2; exit 1; }
setsid --wait mmdebstrap --quiet --variant=extract --include=busybox-static --dpkgopt='path-exclude=/usr/share/*' \
    bookworm "$context/root.tar" http://deb.debian.org/debian 9>&-
docker build --quiet --tag "$tag" "$context" 9>&-
