# what: Gives a revealed secret back to the model.
# secrets: SIGNING_KEY revealed -> api.example.com
# finds: secret_shown 11
import hashlib


def main(text: str) -> dict:
    """Sign a text."""
    key = secrets["SIGNING_KEY"]
    digest = hashlib.sha256((key + text).encode()).hexdigest()
    return {"signature": digest, "debug": {"key_used": key}}
