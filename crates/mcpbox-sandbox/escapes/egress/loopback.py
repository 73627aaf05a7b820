# attack: let the broker fetch from the host's own services
# expect: host_denied
# layers: supervisor
async def main(canary):
    return (await http.get(f"http://127.0.0.1:{canary['tcp']}/{canary['name']}")).status_code
