# what: Presigned address of an object; the signing scheme needs the value itself.
# secrets: AWS_ACCESS_KEY revealed -> backup.s3.eu-central-1.amazonaws.com
# secrets: AWS_SECRET_KEY revealed -> backup.s3.eu-central-1.amazonaws.com
import hashlib
import hmac
from datetime import timezone
from urllib.parse import quote, urlencode

HOST, REGION = "backup.s3.eu-central-1.amazonaws.com", "eu-central-1"


def sign(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def main(key: str, seconds: int = 600) -> str:
    """Make an address under which an object of the backup can be fetched for some minutes."""
    now = datetime.now(timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    scope = f"{day}/{REGION}/s3/aws4_request"
    query = urlencode(
        sorted(
            {
                "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
                "X-Amz-Credential": f"{secrets['AWS_ACCESS_KEY']}/{scope}",
                "X-Amz-Date": stamp,
                "X-Amz-Expires": str(seconds),
                "X-Amz-SignedHeaders": "host",
            }.items()
        )
    )
    path = "/" + quote(key)
    canonical = f"GET\n{path}\n{query}\nhost:{HOST}\n\nhost\nUNSIGNED-PAYLOAD"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signing = sign(sign(sign(sign(b"AWS4" + secrets["AWS_SECRET_KEY"].encode(), day), REGION), "s3"), "aws4_request")
    signature = hmac.new(signing, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"https://{HOST}{path}?{query}&X-Amz-Signature={signature}"
