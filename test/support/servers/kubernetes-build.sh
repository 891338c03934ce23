#!/bin/bash
# Builds the API server of a version of Kubernetes, its etcd and kubectl, from their Go modules, into a folder:
#   kubernetes-build.sh VERSION FOLDER
# About five minutes of two processors, and 20 seconds where Go has kept what it compiled.
set -euo pipefail
version=$1
folder=$2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
go mod init local/kubernetes 2> log
go mod download -json "k8s.io/kubernetes@$version" > download.json
go_mod=$(sed -n 's/.*"GoMod": "\(.*\)",*/\1/p' download.json)
{
    echo "require k8s.io/kubernetes $version"
    # Its own parts have no versions there: v1.N.M is v0.N.M for each of them.
    sed -n 's/^\t*\(k8s\.io\/[a-z-]*\) v0\.0\.0$/\1/p' "$go_mod" | while read -r module; do
        echo "replace $module => $module v0.${version#v1.}"
    done
} >> go.mod
cat > tools.go <<'GO'
//go:build tools

package tools

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kubectl"
)
GO
go mod tidy 2> log || { cat log >&2; exit 1; }
mkdir -p built
version_flag="-X k8s.io/component-base/version.gitVersion=$version"
go build -trimpath -ldflags="-s -w $version_flag" -o built/ k8s.io/kubernetes/cmd/{kube-apiserver,kubectl}
go build -trimpath -ldflags='-s -w' -o built/etcd go.etcd.io/etcd/server/v3
mv built/* "$folder"
