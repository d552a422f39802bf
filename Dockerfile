# One image for every part that runs on Node: each container names the entry it runs.
FROM node:24.11-bookworm-slim AS build
WORKDIR /app
COPY . .
# Scripts of packages stay off but for those that package.json allows.
RUN npm ci --no-audit --no-fund \
 && node node_modules/typescript/bin/tsc -b \
 && npm prune --omit=dev --no-audit --no-fund \
 && find . -name '*.tsbuildinfo' -not -path './node_modules/*' -delete

FROM node:24.11-bookworm-slim AS runtime
ENV NODE_ENV=production
WORKDIR /app
# Owned by root and read by all: a part that is taken over cannot change its own code.
COPY --from=build /app /app
USER node
STOPSIGNAL SIGTERM
ENTRYPOINT ["node"]

# Makes the certificates: the same code, and the two programs that it runs.
FROM runtime AS certs
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends openssl openjdk-17-jre-headless \
 && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["/app/certs/compose.sh"]
