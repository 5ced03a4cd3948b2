# syntax=docker/dockerfile:1

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY . .
# The `dist` profile optimises across crates: minutes, and only here. Without the default features there is no sandbox.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --locked --profile dist --package countersign --no-default-features --bin countersign \
    && cp target/dist/countersign /countersign \
    && mkdir /data

# glibc, the certificates of the public authorities, and no shell.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /countersign /countersign
# Made with its owner here, so that a fresh volume mounted over it can be written by that owner.
COPY --from=build --chown=nonroot:nonroot /data /data
VOLUME /data
ENV COUNTERSIGN_LISTEN=0.0.0.0:8080 \
    COUNTERSIGN_DATABASE_URL=sqlite:///data/countersign.db \
    COUNTERSIGN_LOG_KEY_FILE=/data/log-key.pem \
    COUNTERSIGN_ATTESTATION_KEY_FILE=/data/attestation-key.pem
EXPOSE 8080
# There is no HEALTHCHECK, because it would need a program inside the image that makes requests. Let the
# platform ask from outside: GET /healthz (alive) and GET /readyz (database reachable, workers running).
ENTRYPOINT ["/countersign"]
CMD ["serve"]
