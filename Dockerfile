# One image for every process: the web server is its command, the others are named in compose.yaml.

FROM python:3.11.15-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements/base.txt requirements/
RUN .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements/base.txt
COPY . .
# The digests in the names of static files are part of the code, so they are made with it. The keys are
# thrown away: the installation's own are made at its first start.
RUN python -m compileall -q cloudui workspaces deployments apikeys \
    && CLOUDUI_DATA_DIR=/tmp/build STATIC_ROOT=/app/collected .venv/bin/python manage.py collectstatic --no-input

FROM python:3.11.15-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home cloudui \
    && install --directory --owner=cloudui --mode=700 /data \
    && install --directory --owner=cloudui --mode=755 /dags \
    && apt-get update --quiet --quiet \
    && apt-get install --quiet --quiet --yes --no-install-recommends bubblewrap \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /app /app
WORKDIR /app
USER cloudui
ENV CLOUDUI_DATA_DIR=/data \
    DAGS_ROOT=/dags \
    STATIC_ROOT=/app/collected \
    BIND_ADDRESS=0.0.0.0 \
    PORT=8871 \
    GATEWAY_PORT=8872 \
    PYTHONUNBUFFERED=1
VOLUME /data /dags
EXPOSE 8871 8872
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD [".venv/bin/python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
CMD [".venv/bin/python", "-m", "cloudui.server"]
