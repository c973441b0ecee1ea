"""A WSGI application behind granian's RSGI protocol: a request gets a thread when its body is whole."""
