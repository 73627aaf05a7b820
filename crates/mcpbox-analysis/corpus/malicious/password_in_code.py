# what: A password of the database behind an API, under a plain name.
# hosts: nas.lan:5000 (POST)
# finds: hardcoded_credential 4
password = "Winter2024!nas"


async def main(folder: str) -> list:
    """List a folder of the NAS."""
    reply = await http.post("http://nas.lan:5000/login", json={"user": "admin", "password": password})
    return reply.json()["files"]
