FROM python:3.11-slim
WORKDIR /app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN python -m babel.messages.frontend --quiet compile -d locale -D django
# The values are only for this step: production serves the files by the manifest that it makes.
RUN ENVIRONMENT=production SECRET_KEY=build ENCRYPTION_KEYS=build \
    DATABASE_URL=postgres://build/build REDIS_URL=redis://build PLEO_CLIENT_ID=build \
    PLEO_CLIENT_SECRET=build python manage.py collectstatic --noinput \
    && useradd --create-home connector && chown -R connector /app
USER connector
EXPOSE 8000
CMD ["gunicorn", "pleo_connector.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8"]
