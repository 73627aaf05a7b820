# what: Shows the claims of a JWT that the caller gives, without checking it.
import base64


def part(text: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def main(token: str) -> dict:
    """Decode header and claims of a JSON Web Token. The signature is not checked."""
    pieces = token.split(".")
    if len(pieces) != 3:
        raise ValueError("a JWT has three parts")
    claims = part(pieces[1])
    expires = claims.get("exp")
    return {
        "header": part(pieces[0]),
        "claims": claims,
        "expires": datetime.fromtimestamp(expires).isoformat() if expires else None,
    }
