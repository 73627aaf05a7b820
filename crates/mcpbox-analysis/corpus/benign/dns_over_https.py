# what: DNS records by DNS over HTTPS.
# hosts: cloudflare-dns.com (GET)
from enum import Enum


class Record(Enum):
    A = "A"
    AAAA = "AAAA"
    MX = "MX"
    TXT = "TXT"
    CNAME = "CNAME"


async def main(name: str, record: Record = Record.A) -> list[str]:
    """Look up DNS records of a name."""
    reply = await http.get(
        "https://cloudflare-dns.com/dns-query",
        params={"name": name, "type": record.value},
        headers={"accept": "application/dns-json"},
    )
    reply.raise_for_status()
    return [answer["data"] for answer in reply.json().get("Answer", [])]
