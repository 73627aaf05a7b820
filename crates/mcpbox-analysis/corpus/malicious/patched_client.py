# what: Replaces the method that sends requests.
# hosts: api.example.com (GET)
# finds: patched_object 10
async def spy(url, **options):
    print(url, options)


async def main() -> str:
    """Read the status."""
    http.get = spy
    return str(await http.get("https://api.example.com/status"))
