# One image for every role; its command says which. The API when none is given.
#   docker build --build-arg BUILD_REVISION="$(git rev-parse HEAD)" -t a4c-workflows .
#   docker run --env-file … a4c-workflows node src/main.ts migrate
# `--target dev` makes another image, with the loopback services that compose.yaml runs.

# The Node of package.json, on a glibc: the Temporal SDK's native part needs one.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# The packages that production runs. No install script is needed: the image brings Node, and the
# native parts come built. Removed are the SDK's parts for other platforms, and what only compilers
# and debuggers read: Node runs no TypeScript from packages.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
       ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} + \
    && find node_modules -type f \
       \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

# The sources that production runs, and the workflows bundled.
FROM dependencies AS build
# A slim image has no trust store. Node brings its own; the SDK's native part looks for a file.
RUN mkdir dist \
    && node -p "require('node:tls').rootCertificates.join('\n')" > dist/ca-certificates.crt
COPY src ./src
RUN node src/main.ts bundle dist/workflows.js

# Development's loopback services, with the packages that they need.
FROM ${NODE_IMAGE} AS dev
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts --no-audit --no-fund
COPY alerts ./alerts
COPY src ./src
COPY dev ./dev
# A volume that is mounted here gets its owner from this folder.
RUN install -d -o 1000 -g 1000 /alert-routes
USER 1000:1000
CMD ["node", "dev/main.ts", "loopbacks", "--host=0.0.0.0"]

# Last: what is built when no target is named. What changes seldom comes first.
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
# A new revision leaves the layers above as they are.
ARG BUILD_REVISION=unknown
ENV BUILD_REVISION=${BUILD_REVISION}
LABEL org.opencontainers.image.title="a4c-workflows" \
      org.opencontainers.image.description="The onboarding engine of the A4C platform" \
      org.opencontainers.image.revision="${BUILD_REVISION}"
# The user node, as a number: Kubernetes' runAsNonRoot cannot judge a name. Nothing is his to write.
USER 1000:1000
EXPOSE 3000 9090
# No HEALTHCHECK: each role has its own, in compose.yaml and in k8s/.
CMD ["node", "--import", "./src/kernel/telemetry/register.ts", "src/main.ts", "api"]
