import base64

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"


@resource("test://static-text", mime_type="text/plain")
def static_text() -> str:
    """Text that is always the same."""
    return "This is the content of the static text resource."


@resource("test://static-binary", mime_type="image/png")
def static_binary() -> bytes:
    """An image of one red pixel."""
    return base64.b64decode(PIXEL)


@resource("test://template/{id}/data", mime_type="application/json")
def data_of(id: str) -> dict:
    """Data by its id."""
    return {"id": id, "templateTest": True, "data": f"Data for ID: {id}"}


async def main() -> str:
    """Tells which resources stand beside it."""
    return "test://static-text, test://static-binary, test://template/{id}/data"
