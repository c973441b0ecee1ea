"""Mails are rows of the database before they are mails: written with the change that they tell of, sent after it.

A mail server that refuses, hangs or is gone so makes no request slow, and none fails for it. Right after the commit one
thread of the web process sends what is due (`background`); whatever it cannot send, or leaves because its process ends,
housekeeping sends. The thread is short-lived, so it holds no connection and nothing of it outlives a worker, whenever
the server ends that; there is one in a process at most, however slow the mail server is. Without EMAIL_URL a mail is a
file, which is written by the request itself, after the commit.
"""
