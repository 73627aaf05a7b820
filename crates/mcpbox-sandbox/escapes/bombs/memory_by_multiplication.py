# attack: use up the memory by doubling
# expect: memory
# layers: limits cgroup
def main(canary):
    values = [0]
    while len(values) < 20_000_000:
        values *= 2
    return len(values)
