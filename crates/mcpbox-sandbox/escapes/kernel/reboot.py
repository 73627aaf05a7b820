# attack: restart the machine
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    return reach("reboot", 0, 0, 0, 0)
