# One image for every role; its command says which. The API when none is given.
#   docker build --build-arg BUILD_REVISION="$(git rev-parse HEAD)" -t a4c-workflows .
#   docker run --env-file … a4c-workflows node src/main.ts migrate

# The Node of package.json, on a glibc: the Temporal SDK's native part needs one.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# What runs. No package's install script is needed: the image brings Node, and the native parts
# come built; the Temporal SDK's for every platform, of which we keep ours.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
       ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

# Everything, to bundle the workflows with. compose.yaml runs its loopback services from here.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts --no-audit --no-fund
COPY alerts ./alerts
# A slim image has no trust store. Node brings its own; the SDK's native part looks for a file.
RUN mkdir dist \
    && node -p "require('node:tls').rootCertificates.join('\n')" > dist/ca-certificates.crt
COPY src ./src
RUN node src/main.ts bundle dist/workflows.js

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production \
    WORKER_BUNDLE_PATH=/app/dist/workflows.js \
    SSL_CERT_FILE=/app/dist/ca-certificates.crt
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
COPY sql ./sql
COPY src ./src
# Late: a new revision leaves the layers above as they are.
ARG BUILD_REVISION=unknown
ENV BUILD_REVISION=${BUILD_REVISION}
LABEL org.opencontainers.image.title="a4c-workflows" \
      org.opencontainers.image.description="The onboarding engine of the A4C platform" \
      org.opencontainers.image.revision="${BUILD_REVISION}"
# The user node, as a number: Kubernetes' runAsNonRoot cannot judge a name. Nothing is his to write.
USER 1000:1000
EXPOSE 3000 9090
CMD ["node", "--import", "./src/telemetry/register.ts", "src/main.ts", "api"]
