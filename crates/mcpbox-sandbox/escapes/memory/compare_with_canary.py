# attack: learn addresses of kernel objects by comparing two processes
# expect: EPERM
# layers: namespaces landlock seccomp
# with: syscall
def main(canary):
    return syscall("kcmp", os.getpid(), canary["pid"], 0, 0, 0)
