# One image for the three programs. Builds unchanged with docker, podman and buildah:
#   docker build -t plimsoll .      podman build -t plimsoll .      buildah build -t plimsoll .
# The final stage holds the programs, the shared libraries that they use, CA certificates and the licences: no
# shell, no package manager.
ARG DEBIAN=docker.io/library/debian:bookworm-slim

FROM ${DEBIAN} AS build
ENV DEBIAN_FRONTEND=noninteractive
COPY scripts/lib/packages.sh /tmp/packages.sh
RUN apt-get update && \
    bash -c '. /tmp/packages.sh && apt-get install -y --no-install-recommends ca-certificates "${packages_build[@]}"' && \
    rm -rf /var/lib/apt/lists/*
# A compiler cache that is mounted at /root/.cache/ccache is used; without one everything is compiled.
ENV CCACHE_BASEDIR=/src CCACHE_NOHASHDIR=1
WORKDIR /src
COPY . .
RUN cmake --preset release && \
    cmake --build build/release --target plimsoll-controller plimsoll-webhook plimsoll
RUN scripts/lib/image-root.sh build/release/bin /image

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="plimsoll" \
      org.opencontainers.image.description="Knows who signs the images of a cluster, and tells when that changes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /image /
ENV PATH=/usr/bin
USER 65532:65532
ENTRYPOINT ["/usr/bin/plimsoll"]
