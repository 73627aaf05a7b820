# attack: return more than anybody wants to read
# expect: output_too_large
# layers: supervisor
def main(canary):
    return ["x" * 1000] * 30_000
