# attack: let the broker read a file
# expect: host_denied
# layers: supervisor
async def main(canary):
    return (await http.get("file://" + canary["public"])).text
