"""Deploys of a Deployment: its DAGs, their versions and their history."""
