FROM python:3.11-slim
WORKDIR /app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN ENVIRONMENT=test WITHOUT_SERVERS=1 python manage.py collectstatic --noinput \
    && useradd --create-home connector && chown -R connector /app
USER connector
EXPOSE 8000
CMD ["gunicorn", "pleo_connector.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8"]
