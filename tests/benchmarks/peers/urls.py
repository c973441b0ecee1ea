"""The same small answer behind each peer's check of its caller, and django-oauth-toolkit's token endpoint."""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import path
from joserfc import jwt
from joserfc.jwk import OKPKey
from knox.auth import TokenAuthentication
from ninja import NinjaAPI
from ninja.security import HttpBearer
from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from oauth2_provider.views import TokenView
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework_api_key.permissions import HasAPIKey

KEY = OKPKey.import_key(json.loads((settings.DATA_DIR / "peers.jwk").read_text()))
CLAIMS = jwt.JWTClaimsRegistry(exp={"essential": True}, sub={"essential": True})


class SignedToken(HttpBearer):
    """An EdDSA token such as ours, and whether its person still stands, through the ORM."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        claims = jwt.decode(token, KEY, algorithms=["EdDSA"]).claims
        CLAIMS.validate(claims)
        return User.objects.filter(pk=claims["sub"], is_active=True).first()


ninja = NinjaAPI(docs_url=None, openapi_url=None)


@ninja.get("/whoami", auth=SignedToken())
def by_ninja(request: HttpRequest) -> dict[str, Any]:
    return _whoami()


@api_view(["GET"])
@authentication_classes([TokenAuthentication])
@permission_classes([IsAuthenticated])
def by_knox(request: HttpRequest) -> Response:
    return Response(_whoami())


@api_view(["GET"])
@authentication_classes([])
@permission_classes([HasAPIKey])
def by_api_key(request: HttpRequest) -> Response:
    return Response(_whoami())


@api_view(["GET"])
@authentication_classes([OAuth2Authentication])
@permission_classes([IsAuthenticated])
def by_oauth_toolkit(request: HttpRequest) -> Response:
    return Response(_whoami())


def _whoami() -> dict[str, Any]:
    return {"kind": "api_key", "id": "0" * 32, "name": "CI"}


urlpatterns = [
    path("oauth/token", TokenView.as_view()),
    path("ninja/", ninja.urls),
    path("knox/whoami", by_knox),
    path("api-key/whoami", by_api_key),
    path("oauth-toolkit/whoami", by_oauth_toolkit),
]
