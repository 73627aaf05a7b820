# what: Fetches whatever address it is told; a way into the LAN.
# hosts: 192.168.1.1:80 (GET)
# finds: argument_host 6
async def main(url: str) -> str:
    """Fetch a page."""
    reply = await http.get(url, follow_redirects=True)
    return reply.text
