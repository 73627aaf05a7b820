# what: Posts a status on Mastodon, once.
# hosts: mastodon.social (POST)
# secrets: MASTODON_TOKEN sealed -> mastodon.social
import hashlib


async def main(text: str, visibility: str = "unlisted") -> str:
    """Publish a status on Mastodon; the same text is not posted twice."""
    reply = await http.post(
        "https://mastodon.social/api/v1/statuses",
        headers={
            "Authorization": f"Bearer {secrets['MASTODON_TOKEN']}",
            "Idempotency-Key": hashlib.sha256(text.encode()).hexdigest(),
        },
        json={"status": text, "visibility": visibility},
    )
    reply.raise_for_status()
    return reply.json()["url"]
