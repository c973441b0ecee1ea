"""The pages of API keys, split by what a person does there. Each dialog is a page first."""
