"""The way to the Airflow behind a Deployment: an ASGI application that authorizes each call and passes it on."""
