# attack: get more of the processor than others
# expect: EPERM | EACCES
# layers: seccomp capabilities
# with: syscall
def main(canary):
    syscall("setpriority", 0, 0, -5)
    return "raised"
