# attack: evict files that all calls read, to slow the next call or to watch when it reads them
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    with open(os.__file__, "rb") as file:
        syscall("fadvise64", file.fileno(), 0, 0, 4)
    return "evicted"
