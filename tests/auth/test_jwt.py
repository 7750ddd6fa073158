"""What is read of a token before its signature is verified."""

import base64
import json

import pytest

from auth.jwt import LONGEST_TOKEN, InvalidTokenError, Jwt, issuer_of


def b64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def token(length: int) -> str:
    """A JWT of that many characters, with an issuer and a signature that is wrong."""
    claims = {"iss": "https://issuer.test", "more": "x" * (length * 3 // 4 - 200)}
    start = f"{b64({'alg': 'ES256'})}.{b64(claims)}."
    return start + "A" * (length - len(start))


def test_a_token_is_decoded_up_to_its_longest_length() -> None:
    longest = token(LONGEST_TOKEN)
    assert issuer_of(longest) == "https://issuer.test"
    assert Jwt(longest).unverified["iss"] == "https://issuer.test"


def test_a_longer_token_is_not_decoded() -> None:
    longer = token(LONGEST_TOKEN + 4)
    assert issuer_of(longer) is None
    with pytest.raises(InvalidTokenError):
        Jwt(longer)


@pytest.mark.parametrize("text", ["." * LONGEST_TOKEN, "a." + "W1tb" * 2000 + ".b", "..", ""])
def test_what_is_no_token_has_no_issuer(text: str) -> None:
    assert issuer_of(text) is None
