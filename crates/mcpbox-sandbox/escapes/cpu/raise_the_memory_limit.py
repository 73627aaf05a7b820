# attack: raise the limit of memory first
# expect: ValueError
# layers: limits
import resource


def main(canary):
    for which in (resource.RLIMIT_DATA, resource.RLIMIT_AS):
        resource.setrlimit(which, (1 << 40, 1 << 40))
    return "raised"
