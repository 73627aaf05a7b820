# attack: compute for ever in C, where no signal handler of Python runs
# expect: cpu
# layers: limits supervisor
def main(canary):
    return (10**9) ** (10**8) % 7
