# The command as an image: docker run --rm -v "$PWD:/work" -e CALLRAIL_API_KEY IMAGE plan
FROM python:3.13.9-slim-trixie AS build
WORKDIR /src
RUN python -m venv /opt/reconciler
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/run.lock requirements/build.lock requirements/
RUN python -m pip install --no-deps --require-hashes --requirement requirements/build.lock \
    && /opt/reconciler/bin/python -m pip install --no-deps --require-hashes --requirement requirements/run.lock
COPY pyproject.toml README.md LICENSE ./
COPY reconciler reconciler
COPY schemas schemas
COPY examples examples
RUN hatchling build -t wheel -d /tmp/dist \
    && /opt/reconciler/bin/python -m pip install --no-deps /tmp/dist/*.whl

FROM python:3.13.9-slim-trixie
COPY --from=build /opt/reconciler /opt/reconciler
ENV PATH=/opt/reconciler/bin:$PATH PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --no-create-home reconciler
USER 10001
WORKDIR /work
ENTRYPOINT ["reconciler"]
