"""How people sign in and out, and what they do to their own account."""
