"""Environment variables of a Deployment."""
