# syntax=docker/dockerfile:1
# Circuit Mesh: one image for every process; the command says which. Node 24 on Debian 13, as an unprivileged user.

# A release names it by digest, too: see "The image" in docs/kubernetes.md.
ARG NODE_IMAGE=node:24-trixie-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress
COPY . .
RUN node scripts/pack.mjs /packed

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /packed ./
USER 65532:65532
# Exec form, so that signals reach the process itself.
ENTRYPOINT ["node", "--enable-source-maps", "dist/cli/circuit.js"]
CMD ["doctor"]
