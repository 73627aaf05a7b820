# what: Unpacks an archive wherever its names say.
# policy: standard
# hosts: files.example.org (GET)
# finds: write_outside_tmp 13
import io
import zipfile


async def main(name: str) -> list[str]:
    """Unpack an archive."""
    reply = await http.get(f"https://files.example.org/{name}.zip")
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        archive.extractall("/opt/data")
        return archive.namelist()
