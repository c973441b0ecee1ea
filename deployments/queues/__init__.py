"""Worker queues of a Deployment."""
