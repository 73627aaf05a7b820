# attack: smuggle a second request into the first by line breaks in a header
# expect: exception | host_denied
# layers: supervisor
async def main(canary):
    headers = {"x": f"1\r\n\r\nGET /{canary['name']} HTTP/1.1\r\nhost: localhost"}
    return (await http.get(f"http://localhost:{canary['tcp']}/", headers=headers)).status_code
