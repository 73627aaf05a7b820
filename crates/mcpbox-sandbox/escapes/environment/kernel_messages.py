# attack: read the kernel's messages with the system call
# expect: EPERM
# layers: seccomp capabilities
# with: syscall
def main(canary):
    buffer = ctypes.create_string_buffer(512)
    return syscall("syslog", 3, buffer, 512)
