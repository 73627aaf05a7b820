# attack: let the broker fetch the cloud's credentials
# expect: host_denied
# layers: supervisor
async def main(canary):
    return (await http.get("http://169.254.169.254/latest/meta-data/")).status_code
