# attack: let httpx connect to a socket file, past the broker
# expect: host_denied
# layers: supervisor
async def main(canary):
    import httpx

    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=canary["unix"])) as client:
        return (await client.get("http://localhost/")).status_code
