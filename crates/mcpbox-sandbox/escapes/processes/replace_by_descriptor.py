# attack: become a program by its descriptor
# expect: EPERM | EACCES
# layers: root landlock seccomp
# with: syscall
import sys


def main(canary):
    os.set_inheritable(3, True)
    fd = os.open(sys.executable, os.O_RDONLY)
    words = (ctypes.c_char_p * 4)(b"python3", b"-c", b"print('ESCAPED')", None)
    syscall("execveat", fd, b"", ctypes.byref(words), ctypes.c_void_p.in_dll(_libc, "environ"), 0x1000)
