# attack: fetch a page with the standard library, past the broker
# expect: URLError
# layers: namespaces landlock seccomp
import http.client
import urllib.request


def main(canary):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{canary['tcp']}/{canary['name']}", timeout=3).status
    except (TimeoutError, http.client.RemoteDisconnected):
        return "connected"  # the canary hears and never answers
