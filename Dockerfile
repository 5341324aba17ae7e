# syntax=docker/dockerfile:1
# Circuit Mesh: one image for every process; the command says which. Node 24 on Debian 13, as an unprivileged user.

ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress
COPY . .
RUN node scripts/build.mjs && npm prune --omit=dev && rm -rf node_modules/.cache

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/gen/descriptors.binpb ./gen/descriptors.binpb
COPY --from=build /app/dist ./dist
USER 65532:65532
# Exec form, so that signals reach the process itself.
ENTRYPOINT ["node", "--enable-source-maps", "dist/cli/circuit.js"]
CMD ["doctor"]
