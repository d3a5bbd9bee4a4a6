# syntax=docker/dockerfile:1
# The book's server and worker. Build: docker build -t interlock .
# The lock file is one for all; it brings the tools of development along, too.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/interlock \
    && /opt/interlock/bin/pip install --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
COPY regimes ./regimes
COPY episodes ./episodes
COPY scenarios ./scenarios
RUN /opt/interlock/bin/pip install --no-deps .

FROM python:3.13-slim
# What letters are laid out with.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-core fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --shell /usr/sbin/nologin --home-dir /var/lib/interlock --create-home interlock
COPY --from=build /opt/interlock /opt/interlock
ENV PATH=/opt/interlock/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/var/lib/interlock/.numba \
    DATABASE_URL=sqlite:////var/lib/interlock/book.sqlite3 \
    INTERLOCK_SEAL_KEY=/var/lib/interlock/seal.key
USER interlock
WORKDIR /var/lib/interlock
VOLUME /var/lib/interlock
EXPOSE 8000
STOPSIGNAL SIGTERM
# As the proxy in front asks: under INTERLOCK_HTTPS plain HTTP is sent elsewhere. INTERLOCK_HOSTS must
# hold 127.0.0.1.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-c", \
    "from urllib.request import *; urlopen(Request('http://127.0.0.1:8000/ready', headers={'X-Forwarded-Proto': 'https'}), timeout=4)"]
ENTRYPOINT ["interlock"]
CMD ["serve", "--host", "0.0.0.0"]
