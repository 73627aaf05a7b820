# attack: return a small value that is huge when written out
# expect: output_too_large
# layers: supervisor
def main(canary):
    value = ["x"] * 10
    for _ in range(20):
        value = [value] * 10
    return value
