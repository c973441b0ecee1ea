"""Worker queues of a Deployment. A new field begins in `fields`, a rule of its own in `limits`."""
