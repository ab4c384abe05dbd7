"""The Django project: settings, addresses, entry points for gunicorn and Celery."""
