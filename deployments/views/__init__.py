"""The pages of Deployments, split by what a person does there. Each dialog is a page first."""
