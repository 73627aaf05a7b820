"""Uploads a text to an S3-compatible store with a signed request."""
import datetime
import hashlib
import hmac

REGION = "eu-central-1"
HOST = f"s3.{REGION}.example.com"


def sign(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


async def main(bucket: str, name: str, text: str) -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    key = sign(("AWS4" + secrets["S3_SECRET_KEY"]).encode(), now.strftime("%Y%m%d"))
    signature = sign(sign(key, REGION), text).hex()
    await ctx.progress(1, 2, "signed")
    response = await http.put(
        f"https://{HOST}:9000/{bucket}/{name}",
        content=text,
        headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={secrets.get('S3_ACCESS_KEY')}, Signature={signature}"},
    )
    response.raise_for_status()
    return response.headers["etag"]
