# attack: copy a descriptor out of a process outside the jail
# expect: EPERM
# layers: namespaces landlock seccomp
# with: syscall
def main(canary):
    handle = syscall("pidfd_open", canary["pid"], 0)
    return os.read(syscall("pidfd_getfd", handle, canary["descriptor"], 0), 200).decode()
