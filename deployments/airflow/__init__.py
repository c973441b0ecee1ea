"""The Airflow behind each Deployment."""
