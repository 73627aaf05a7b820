# attack: raise the limit of processor time first
# expect: ValueError
# layers: limits
import resource


def main(canary):
    resource.setrlimit(resource.RLIMIT_CPU, (100_000, 100_000))
    return "raised"
