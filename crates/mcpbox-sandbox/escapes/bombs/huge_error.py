# attack: raise an error whose text is huge
# expect: exception
# layers: supervisor
def main(canary):
    raise ValueError("x" * 20_000_000)
