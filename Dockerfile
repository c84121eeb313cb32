# Samråd in a container: `docker build -t samrad .`, or by compose.yaml.

FROM node:24-slim AS assets
WORKDIR /samrad
COPY package.json package-lock.json ./
COPY bin/setup bin/
RUN bin/setup assets

FROM python:3.13-slim AS build
RUN python -m venv /opt/samrad
ENV PATH=/opt/samrad/bin:$PATH
WORKDIR /samrad
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
COPY --from=assets /samrad/web/static/vendor web/static/vendor
RUN pip install --no-cache-dir --no-index --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --create-home --home-dir /var/lib/samrad samrad && \
    install --directory --owner=samrad --mode=0700 \
        /var/lib/samrad/ledger /var/lib/samrad/wrapping /run/samrad
COPY --from=build /opt/samrad /opt/samrad
ENV PATH=/opt/samrad/bin:$PATH PYTHONUNBUFFERED=1
USER samrad
WORKDIR /var/lib/samrad
EXPOSE 8000
ENTRYPOINT ["samrad"]
CMD ["serve"]
