# The command as an image: docker run --rm -v "$PWD:/work" -e CALLRAIL_API_KEY IMAGE plan
# It runs as any user, also where the root is read-only, and has no pip.
FROM python:3.13.9-slim-trixie@sha256:326df678c20c78d465db501563f3492d17c42a4afe33a1f2bf5406a1d56b0e86 AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements/run.lock requirements/build.lock requirements/
RUN python -m venv --without-pip /opt/reconciler \
    && pip --python /opt/reconciler/bin/python install --no-deps --require-hashes --requirement requirements/run.lock \
    && pip install --no-deps --require-hashes --requirement requirements/build.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY docs/reconciler.1 docs/
COPY reconciler reconciler
COPY schemas schemas
COPY examples examples
# Git is not at hand here: --build-arg VERSION=1.2.3 says which version it is.
ARG VERSION=
# -I: no module that lies in the working folder, or that a variable leads to, runs beside a key.
RUN RECONCILER_VERSION="$VERSION" hatchling build -t wheel -d /tmp/dist \
    && pip --python /opt/reconciler/bin/python install --no-deps /tmp/dist/*.whl \
    && sed -i '1s/$/ -I/' /opt/reconciler/bin/reconciler

FROM python:3.13.9-slim-trixie@sha256:326df678c20c78d465db501563f3492d17c42a4afe33a1f2bf5406a1d56b0e86
ARG VERSION=
ARG REVISION=
LABEL org.opencontainers.image.title="reconciler" \
      org.opencontainers.image.description="Configuration-as-code for CallRail call tags: plan, review, apply." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/callrail-reconciler/reconciler" \
      org.opencontainers.image.documentation="https://github.com/callrail-reconciler/reconciler#readme" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13.9-slim-trixie"
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3.13/ensurepip /usr/local/lib/python3.13/site-packages/pip*
COPY --from=build /opt/reconciler /opt/reconciler
ENV PATH=/opt/reconciler/bin:$PATH HOME=/tmp
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["reconciler"]
