"""A database file to write to and to look into, without Django."""

import sqlite3
from contextlib import closing


def make_database(path):
    plain = sqlite3.connect(path)
    plain.execute("PRAGMA journal_mode=WAL")
    plain.executescript(
        "CREATE TABLE counter (total INTEGER);"
        "INSERT INTO counter VALUES (0);"
        "CREATE TABLE event (id INTEGER PRIMARY KEY, note TEXT);"
        "CREATE TABLE child (event INTEGER REFERENCES event (id) DEFERRABLE INITIALLY DEFERRED);"
    )
    plain.close()
    return path


def read(path, query):
    with closing(sqlite3.connect(path)) as plain:
        (value,) = plain.execute(query).fetchone()
    return value


def count(path):
    return read(path, "SELECT COUNT(*) FROM event")
