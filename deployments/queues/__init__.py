"""Worker queues of a Deployment.

A new field begins in `fields` and deployments.models.queue (with its migration); a rule of its own stands in `limits`.
Then it is shown: one line in each of `forms` and `schemas`, templates/deployments/queues, and the client's
schema.graphql. tests/deployments/queues/test_fields.py fails until all of them have it.
"""
