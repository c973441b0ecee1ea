"""`python raw_argon2.py SECONDS`: argon2id verifications on all cores and nothing else. Prints JSON."""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import argon2

# The parameters of apikeys.credentials.
HASHER = argon2.PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1, type=argon2.Type.ID)


def main(seconds: float) -> None:
    secret = os.urandom(32)
    encoded = HASHER.hash(secret)
    start = time.monotonic()

    def verify(_thread: int) -> int:
        count = 0
        while time.monotonic() < start + seconds:
            HASHER.verify(encoded, secret)
            count += 1
        return count

    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        requests = sum(pool.map(verify, range(threads)))
    sys.stdout.write(json.dumps({"requests": requests, "seconds": time.monotonic() - start}))


if __name__ == "__main__":
    main(float(sys.argv[1]))
