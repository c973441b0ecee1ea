"""What a Deployment is: its configuration, its alert e-mails, its Workspace."""
