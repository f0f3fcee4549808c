# syntax=docker/dockerfile:1
# docker build -t orquesta .
# Bill of materials: docker buildx build --sbom=true --provenance=true -t orquesta . (docs/deployment.md)
ARG BASE=docker.io/library/node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package has to run anything to be installed.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build \
    && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
    && npm cache clean --force

FROM ${BASE}
LABEL org.opencontainers.image.title="Orquesta" \
      org.opencontainers.image.description="One DigitalOcean droplet with one WhatsApp bot per phone number" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 LOG_FORMAT=json
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/manifests ./manifests
# The bot and the classes of `orquesta simulator`.
COPY --from=build /app/examples ./examples
COPY --from=build /app/dist ./dist
RUN ln -s /app/dist/cli/orquesta.js /usr/local/bin/orquesta && chmod 755 /app/dist/cli/orquesta.js
# The image's own user "node" is 1000; the program writes nothing to its disk.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "-e", "const tls = process.env.TLS_CERT_FILE || process.env.TLS_SELF_SIGNED_DIR; if (tls) process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; fetch(`http${tls ? 's' : ''}://127.0.0.1:${process.env.PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# node itself is process 1: it hears SIGTERM, and hands over its work within 9 s.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/cli/orquesta.js"]
CMD ["serve"]
