# One image for all roles; the command chooses the role, by default the API.
#   docker build --build-arg BUILD_REVISION="$(git rev-parse HEAD)" -t a4c-workflows .
#   docker run --env-file … a4c-workflows node src/main.ts migrate
# `--target dev` builds another image, with the loopback services that compose.yaml runs.

# The Node version of package.json, on glibc: the Temporal SDK's native part requires it.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# The packages for production. No install script is needed: the image contains Node, and the native
# parts are prebuilt. Removed are the SDK's parts for other platforms, and files for compilers and
# debuggers only: Node runs no TypeScript from packages.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
       ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} + \
    && find node_modules -type f \
       \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

# The sources for production, and the bundled workflows.
FROM dependencies AS build
# A slim image has no root certificates. Node has its own; the SDK's native part reads a file.
RUN mkdir dist \
    && node -p "require('node:tls').rootCertificates.join('\n')" > dist/ca-certificates.crt
COPY src ./src
RUN node src/main.ts bundle dist/workflows.js

# The loopback services for development, with their packages.
FROM ${NODE_IMAGE} AS dev
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts --no-audit --no-fund
COPY alerts ./alerts
COPY src ./src
COPY dev ./dev
# A volume mounted here gets its owner from this folder.
RUN install -d -o 1000 -g 1000 /alert-routes
USER 1000:1000
CMD ["node", "dev/main.ts", "loopbacks", "--host=0.0.0.0"]

# The last stage is built when no target is named. What changes seldom comes first.
FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production \
    WORKER_BUNDLE_PATH=/app/dist/workflows.js \
    SSL_CERT_FILE=/app/dist/ca-certificates.crt
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY sql ./sql
COPY --from=build /app/dist ./dist
COPY --from=build /app/src ./src
# A new revision does not change the layers above.
ARG BUILD_REVISION=unknown
ENV BUILD_REVISION=${BUILD_REVISION}
LABEL org.opencontainers.image.title="a4c-workflows" \
      org.opencontainers.image.description="The onboarding engine of the A4C platform" \
      org.opencontainers.image.revision="${BUILD_REVISION}"
# The user node by number: Kubernetes' runAsNonRoot cannot check a name. It may write nothing.
USER 1000:1000
EXPOSE 3000 9090
# No HEALTHCHECK: each role has its own, in compose.yaml and in k8s/.
CMD ["node", "--import", "./src/kernel/telemetry/register.ts", "src/main.ts", "api"]
