# attack: make a ruleset of one's own
# expect: EPERM
# layers: seccomp
# with: syscall
def main(canary):
    return syscall("landlock_create_ruleset", 0, 0, 1)
