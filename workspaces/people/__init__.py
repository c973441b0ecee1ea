"""Accounts, members, and who must stay in charge."""
