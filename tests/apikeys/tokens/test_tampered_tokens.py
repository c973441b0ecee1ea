"""Tokens that were tampered with: no algorithm, key, header, claim or character but ours is believed."""

import hmac

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import OKPKey

from apikeys.tokens import access_tokens, signing_keys
from apikeys.tokens.access_tokens import TokenRefused
from tests.apikeys.machine import claims_of, signed, unpadded

pytestmark = pytest.mark.django_db


@pytest.mark.threat("T-J1")
@pytest.mark.rfc("8725", "3.1")
def test_no_other_algorithm_is_believed(token):
    claims, keys = claims_of(token), signing_keys.keys()
    public = keys.verifiers[keys.kid].public_key
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    spki = PublicFormat.SubjectPublicKeyInfo
    texts = [
        raw,
        unpadded(raw).encode(),
        public.public_bytes(Encoding.DER, spki),
        public.public_bytes(Encoding.PEM, spki),
    ]
    tampered = [
        signed(claims, {"alg": "HS256"}, lambda data, text=text: hmac.digest(text, data, "sha256"))
        for text in texts
    ]
    tampered += [signed(claims, {"alg": name}, lambda _: b"") for name in ("none", "None", "", None)]
    tampered += [signed(claims, {"alg": name}) for name in ("Ed25519", "RS256", "eddsa", ["EdDSA"])]

    for forged in tampered:
        with pytest.raises(TokenRefused):
            access_tokens.read(forged)


@pytest.mark.threat("T-J2")
@pytest.mark.rfc("8725", "3.10")
@pytest.mark.parametrize(
    "header",
    [
        {"kid": "../../etc/passwd"},
        {"kid": "' OR 1=1 --"},
        {"kid": ""},
        {"kid": 1},
        {"kid": None},
        {"kid": ["a"]},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/key"},
        {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "a" * 43}},
        {"crit": ["b64"], "b64": True},
        {"typ": "JWT"},
        {"typ": None},
    ],
)
def test_no_other_header_is_believed(token, header):
    with pytest.raises(TokenRefused):
        access_tokens.read(signed(claims_of(token), header))


def test_that_way_of_signing_makes_good_tokens(token):
    assert access_tokens.read(signed(claims_of(token))).subject


def test_a_foreign_key_of_the_same_name_is_not_believed(token):
    with pytest.raises(TokenRefused):
        access_tokens.read(signed(claims_of(token), sign=OKPKey.generate_key("Ed25519").private_key.sign))


@pytest.mark.threat("T-J3")
@pytest.mark.rfc("9068", "4")
@pytest.mark.parametrize(
    "name", ["iss", "exp", "aud", "sub", "client_id", "iat", "nbf", "jti", "deployment", "secret", "gen"]
)
def test_a_token_without_a_claim_or_with_one_of_another_type_is_refused(token, name):
    claims = claims_of(token)

    for wrong in (
        {**claims, name: None},
        {**claims, name: {}},
        {**claims, name: 1.5},
        {**claims, name: True},
    ):
        with pytest.raises(TokenRefused):
            access_tokens.read(signed(wrong))
    del claims[name]
    with pytest.raises(TokenRefused):
        access_tokens.read(signed(claims))


@pytest.mark.threat("T-J4")
@pytest.mark.rfc("8725", "3.9")
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "http://localhost:8871"},
        {"aud": ["http://localhost:8871"]},
        {"aud": ["http://localhost:8871", "another"]},
        {"aud": []},
        {"client_id": "another"},
        {"stamp": "0" * 32},
    ],
)
def test_a_token_for_somebody_else_is_refused(token, changes):
    with pytest.raises(TokenRefused):
        access_tokens.read(signed({**claims_of(token), **changes}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "eyJ9.eyJ9.eyJ9",
        "x" * 5000,
        "é.é.é",
        "{}.{}.{}",
        "W10.W10.W10",
        "bnVsbA.e30.e30",
    ],
)
def test_nonsense_is_refused(text):
    with pytest.raises(TokenRefused):
        access_tokens.read(text)


@pytest.mark.parametrize("payload", [[], "text", 1, None, [["sub", "x"]]])
def test_claims_that_are_no_object_are_refused(payload, token):
    with pytest.raises(TokenRefused):
        access_tokens.read(signed(payload))


def test_one_changed_character_is_refused(token):
    head, body, signature = token.split(".")
    changed = ("A" if signature[0] != "A" else "B") + signature[1:]

    for tampered in (f"{head}.{body}.{changed}", f"{head}.{body[:-2]}AA.{signature}", f"{head}.{body}."):
        with pytest.raises(TokenRefused):
            access_tokens.read(tampered)
