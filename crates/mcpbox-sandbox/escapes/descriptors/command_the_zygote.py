# attack: ask the zygote for a child over whatever descriptor may be its control socket
# expect: EBADF
# layers: always
import os


def main(canary):
    for fd in range(4, 256):
        try:
            os.write(fd, b"F1")
        except OSError as error:
            if error.errno == 9:
                continue
        return f"descriptor {fd} is open"
    raise OSError(9, "every one is closed")
