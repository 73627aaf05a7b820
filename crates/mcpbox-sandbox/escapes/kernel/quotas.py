# attack: change disk quotas
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return reach("quotactl", 0x7FFFFF00, 0, 0, 0)
