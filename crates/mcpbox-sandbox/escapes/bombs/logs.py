# attack: flood the client's log
# expect: returns "logged"
# layers: supervisor
def main(canary):
    for _ in range(20_000):
        ctx.log("x" * 200)
    return "logged"
