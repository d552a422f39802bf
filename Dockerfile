# One image for every part that runs on Node: each container names the entry it runs.
FROM node:24.11-bookworm-slim AS build
WORKDIR /app
COPY . .
# Scripts of packages stay off but for those that package.json allows.
RUN npm ci --no-audit --no-fund \
 && node node_modules/typescript/bin/tsc -b \
 && (cd web && node ../node_modules/vite/bin/vite.js build --logLevel warn) \
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

# The web app's files alone, and the way to the router behind the same address.
FROM nginxinc/nginx-unprivileged:1.28.0-alpine AS web
# What of the environment the templates are filled in with, and the resolver of whatever network it is in.
ENV NGINX_ENVSUBST_FILTER=^(WEB_|ROUTER_|NGINX_LOCAL_RESOLVERS) \
    NGINX_ENTRYPOINT_LOCAL_RESOLVERS=1 \
    WEB_PORT=8080 \
    WEB_HEALTH_PORT=8081 \
    WEB_ROOT=/usr/share/nginx/html \
    WEB_HEADERS_FILE=/etc/nginx/conf.d/headers.inc \
    WEB_PROXY_FILE=/etc/nginx/conf.d/proxy.inc \
    WEB_HSTS=
COPY deploy/web/ /etc/nginx/templates/
COPY --from=build /app/web/dist /usr/share/nginx/html
