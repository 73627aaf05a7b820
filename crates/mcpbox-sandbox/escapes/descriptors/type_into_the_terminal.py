# attack: type commands into the terminal of whoever started the server
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("ioctl", 0, 0x5412, b"x")
