# attack: use up the memory by a format width
# expect: memory
# layers: limits
def main(canary):
    return len("%150000000d" % 1)
