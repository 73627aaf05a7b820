# attack: make the kernel start its key helper on the host
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("request_key", b"user", canary["name"].encode(), 0, 0)
