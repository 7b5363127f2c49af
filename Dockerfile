# A small image with driftgate alone; the model server stays where it is:
#   docker build -t driftgate .
#   docker run -p 127.0.0.1:8787:8787 -v driftgate:/data -e DRIFTGATE_UPSTREAM=http://host.docker.internal:11434 driftgate
# Every package is checked against the hashes in requirements/.

FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements requirements
RUN python -m venv /tools \
    && /tools/bin/pip install --no-cache-dir -qq --require-hashes -r requirements/dev.lock
RUN python -m venv --without-pip /opt/driftgate \
    && python -m pip --python /opt/driftgate/bin/python install --no-cache-dir -qq --require-hashes -r requirements/runtime.lock
COPY . .
RUN /tools/bin/python -m build --wheel --no-isolation --outdir /dist . \
    && python -m pip --python /opt/driftgate/bin/python install --no-cache-dir -qq --no-deps --no-index /dist/*.whl

FROM python:3.13-slim
RUN useradd --system --home-dir /data driftgate && install -d -o driftgate /data
COPY --from=build /opt/driftgate /opt/driftgate
ENV PATH=/opt/driftgate/bin:$PATH PYTHONUNBUFFERED=1
USER driftgate
WORKDIR /data
VOLUME /data
EXPOSE 8787
# SIGTERM lets running calls finish and drains the journal.
STOPSIGNAL SIGTERM
ENTRYPOINT ["driftgate"]
CMD ["serve", "--listen", "0.0.0.0:8787", "--history", "/data/driftgate.duckdb"]
