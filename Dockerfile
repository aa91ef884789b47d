# One image for web, workers, beat, flower and migrate; docker-compose.yml gives each its command.
# Only requirements.txt goes in: no embedded servers, no tools, no tests.

FROM python:3.11-slim AS packages
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --require-hashes --only-binary :all: -r requirements.txt

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=maritime.settings \
    LOG_FORMAT=json
RUN useradd --system --uid 10001 --create-home --home-dir /home/maritime maritime
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
# The key is for this command only: nothing that it signs outlives it. Files are compressed here,
# once, because that takes a minute (60 times as long as copying them).
RUN SECRET_KEY=only-for-collectstatic python manage.py collectstatic --no-input -v 0 \
    && python -m compileall -q maritime ferries bookings payments notifications
USER maritime
EXPOSE 8000
# WEB_CONCURRENCY sets the number of worker processes. The heartbeat file belongs in memory: on a
# slow disk it blocks a worker long enough to be killed.
CMD ["gunicorn", "maritime.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", \
     "--access-logfile", "-"]
