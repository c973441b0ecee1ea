"""`python -m tests.benchmarks.peers.seed`: what the peers' callers need. Prints it as JSON."""

import json
import sys
import time
from datetime import timedelta

import django
from django.conf import settings
from joserfc import jwt
from joserfc.jwk import OKPKey


def main() -> None:
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.utils import timezone
    from knox.models import AuthToken
    from oauth2_provider.models import AccessToken, Application
    from rest_framework_api_key.models import APIKey

    call_command("migrate", verbosity=0)
    person = User.objects.create_user("person")
    application = Application.objects.create(
        name="CI",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        client_id="pipeline",
        client_secret="x" * 43,
    )
    tomorrow = timezone.now() + timedelta(days=1)
    AccessToken.objects.create(
        user=person, application=application, token="oauth-toolkit", expires=tomorrow, scope="read"
    )
    key = OKPKey.generate_key("Ed25519")
    (settings.DATA_DIR / "peers.jwk").write_text(json.dumps(key.as_dict(private=True)))
    claims = {"sub": str(person.pk), "exp": int(time.time()) + 86400}
    headers = {
        "ninja": "Bearer " + jwt.encode({"alg": "EdDSA"}, claims, key, algorithms=["EdDSA"]),
        "knox": "Token " + AuthToken.objects.create(person)[1],
        "api-key": "Api-Key " + APIKey.objects.create_key(name="CI")[1],
        "oauth-toolkit": "Bearer oauth-toolkit",
    }
    sys.stdout.write(json.dumps(headers))


if __name__ == "__main__":
    main()
