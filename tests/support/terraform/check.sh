#!/usr/bin/env bash
# Formats, initializes, validates and, if there are tests, tests a Terraform configuration. Usage: check.sh DIR [--real]
# BENCHMARK_TERRAFORM_TEST selects one test file. With --real, Terraform downloads the AWS provider. Otherwise it uses a stub provider with the same schema, rebuilt from the
# typed bindings on npm, so that the check needs no provider registry. The stub finds unknown and missing arguments, wrong
# types and bad references. It does not find wrong enumeration values.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$(cd "$1" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/temporal-benchmark/terraform
version=6.66.0
bindings=@cdktn/provider-aws@25.7.0
os_arch=$(go env GOOS)_$(go env GOARCH)
plugins=$cache/plugins
binary=$plugins/registry.terraform.io/hashicorp/aws/$version/$os_arch/terraform-provider-aws_v$version
export CHECKPOINT_DISABLE=1

# Terraform writes its state beside the configuration, so the check works on a copy.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/../../../infra" "$work/infra"
target=$work/infra/${dir#"$(cd "$here/../../../infra" && pwd)"/}
cd "$target"
terraform fmt -check -recursive

use_stub() {
  mkdir -p "$(dirname "$binary")" "$cache/npm"
  [ -x "$binary" ] || (cd "$here/provider" && CGO_ENABLED=0 go build -buildvcs=false -o "$binary" .)
  [ -d "$cache/npm/node_modules/@cdktn/provider-aws" ] ||
    (cd "$cache/npm" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund --legacy-peer-deps --ignore-scripts "$bindings" >&2)
  local types
  mapfile -t types < <(cat "$work"/infra/terraform/*/*.tf "$work"/infra/terraform/modules/*/*.tf |
    sed -nE 's/^resource "(aws_[a-z0-9_]+)".*/\1/p; s/^data "(aws_[a-z0-9_]+)".*/data.\1/p' | sort -u)
  node "$here/schema.mjs" "$cache/npm/node_modules/@cdktn/provider-aws/lib" "$work/schema.json" "${types[@]}"
  export SCHEMA_FILE=$work/schema.json
  terraform init -no-color -input=false -plugin-dir="$plugins" >/dev/null
}
if [ "${2:-}" = --real ]; then
  terraform init -no-color -input=false >/dev/null
else
  use_stub
fi
terraform validate -no-color
if [ -d tests ]; then terraform test -no-color ${BENCHMARK_TERRAFORM_TEST:+"-filter=$BENCHMARK_TERRAFORM_TEST"}; fi
