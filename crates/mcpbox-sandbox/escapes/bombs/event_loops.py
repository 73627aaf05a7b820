# attack: use up the kernel's memory with epoll and its watches
# expect: EMFILE
# layers: limits
import select


def main(canary):
    kept = [select.epoll() for _ in range(600)]
    return f"{len(kept)} epolls"
