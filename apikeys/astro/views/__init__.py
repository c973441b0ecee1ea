"""What the `astro` client v1.15.1 does with Workspaces and people, under `/v1alpha1/organizations/...`."""
