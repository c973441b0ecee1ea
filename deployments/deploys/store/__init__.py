"""The store of DAG bundles: archives are checked while they arrive, and kept as versions that Airflow reads."""
